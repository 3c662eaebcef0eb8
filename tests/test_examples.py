"""Every example is run as a newcomer would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
BIN = Path(sys.executable).parent


def run(tmp_path, *command):
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("TOOLKIT_WORKSPACE", None)
    found = subprocess.run(list(map(str, command)), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_agreement_of_a_csv(tmp_path):
    out = run(tmp_path, "sh", EXAMPLES / "agreement_of_a_csv.sh")
    assert "37 judgments of 3 annotators on 10 tasks" in out
    assert "ticket-04" in out


def test_agreement_of_a_label_studio_export(tmp_path):
    out = run(tmp_path, sys.executable, EXAMPLES / "agreement_of_an_export.py")
    assert "sentiment" in out
    assert "alpha 0." in out


@pytest.mark.labelstudio
def test_a_domain_pack_of_ones_own_from_nothing_to_labelled_tasks(tmp_path, label_studio_environment):
    out = run(tmp_path, "sh", EXAMPLES / "own_pack.sh", "w")
    assert "7 domain packs" in out
    assert "recipes/method" in out
    assert "recipes v1 written" in out
    assert list((tmp_path / "w" / "releases" / "recipes" / "v1" / "data").glob("*/recipes.method/*"))


@pytest.mark.labelstudio
def test_the_cycle_as_a_python_script(tmp_path, label_studio_environment):
    out = run(tmp_path, sys.executable, EXAMPLES / "cycle.py", "w")
    assert "5 tasks" in out
    assert "rows in v1, 0 placements open" in out


def test_every_example_is_run_here():
    named = Path(__file__).read_text("utf-8")
    scripts = [path.name for path in EXAMPLES.iterdir() if path.suffix in (".sh", ".py")]
    assert [name for name in scripts if name not in named and name != "demo.sh"] == []
