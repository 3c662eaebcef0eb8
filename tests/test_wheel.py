"""The built wheel, in an environment that has nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parents[1]


def run(*command, **options):
    found = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `toolkit` command of a fresh environment with the wheel in it."""
    venv = tmp_path_factory.mktemp("env") / "venv"
    run(find_uv_bin(), "venv", "--quiet", "--python", sys.executable, venv)
    python = venv / "bin" / "python"
    install = [find_uv_bin(), "pip", "install", "--quiet", "--python", python, "--constraint", ROOT / "constraints.txt"]
    try:
        run(*install, wheel)
    except AssertionError as error:
        if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"no package index can be reached to install the wheel's dependencies: {error}")
    return venv / "bin" / "toolkit"


def test_the_wheel_holds_the_packs_and_nothing_of_the_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "configs").rglob("*"):
        if path.is_file():
            assert f"toolkit/configs/{path.relative_to(ROOT / 'configs')}" in names
    assert "toolkit/storage/migrations/versions/0001_first.py" in names
    assert "toolkit/labelstudio/server-constraints.txt" in names
    assert not [name for name in names if name.startswith(("tests", "examples", "seeds", "benchmarks"))]


def test_the_installed_command_makes_a_workspace_and_works_on_files(installed, tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    options = {"cwd": tmp_path, "env": environment}
    assert "files written" in run(installed, "init", "w", **options)
    assert (tmp_path / "w" / "configs" / "domains" / "finance" / "labels" / "claims.xml").is_file()
    assert "all right" in run(installed, "config", "check", "-w", "w", **options)
    (tmp_path / "votes.csv").write_bytes((ROOT / "examples" / "votes.csv").read_bytes())
    (tmp_path / "docs.jsonl").write_text(json.dumps({"text": "The patient has hypertension and takes amlodipine."}))
    report = json.loads(run(installed, "agreement", "--input", "votes.csv", "--json", **options))
    assert report["n_judgments"] == 37
    run(installed, "consensus", "--input", "votes.csv", "--output", "out.csv", **options)
    assert (tmp_path / "out.csv").stat().st_size > 0
    (route,) = json.loads(run(installed, "route", "--input", "docs.jsonl", "--json", **options))["routes"]
    assert route["domain"] == "medicine"
    assert "1 new documents" in run(installed, "ingest", "docs.jsonl", "-w", "w", **options)
    assert "1 tasks routed" in run(installed, "route", "-w", "w", **options)
