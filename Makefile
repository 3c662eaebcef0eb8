# `make help` lists what there is. Every target sets up what it needs and can be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= demo
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder  # each half has servers of its own: two fit a laptop

.DEFAULT_GOAL := help
.PHONY: help demo test lint types docs docs-check bench integration wheel clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; say which with PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is incomplete; on Debian: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable . --group dev
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --no-deps trl  # without PyTorch
	@touch $@

demo: $(READY)  ## Run the whole cycle on the seed documents, with a Label Studio of its own
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh $(DEMO)

test: $(READY)  ## Run all tests, against a real Label Studio; skip only what the machine lacks
	$(BIN)/pytest $(SIDE_BY_SIDE) --durations=20 --cov --cov-report=term:skip-covered --cov-fail-under=90 toolkit tests

integration: $(READY)  ## Run only the tests that need a real server or browser
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "labelstudio or browser or postgresql" tests

lint: $(READY)  ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## Check types
	$(BIN)/mypy

docs: $(READY)  ## Write the generated pages of docs/
	$(BIN)/python docs/generate.py

docs-check: $(READY)  ## Fail where a generated page is out of date
	$(BIN)/python docs/generate.py --check

bench: $(READY)  ## Run the benchmarks
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

wheel: $(READY)  ## Build the wheel into dist/
	$(BIN)/uv build --quiet --wheel --out-dir dist .

clean:  ## Remove the environment and the caches (not the demo)
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
