"""A workspace in which a simulated team has labelled the seed documents, on a platform in memory; made once."""

import json

import pytest
from typer.testing import CliRunner

from tests.reports.reading import read_tables
from tests.reports.workspaces import annotated_workspace
from toolkit.cli import app


@pytest.fixture(scope="session")
def annotated(tmp_path_factory):
    """The folder of a workspace with judgments; tests look and change nothing."""
    return annotated_workspace(tmp_path_factory.mktemp("report") / "workspace")


@pytest.fixture(scope="session")
def command(annotated):
    """Run a command on that workspace that prints JSON, and return what it says."""

    def run_command(*words):
        result = CliRunner().invoke(app, [*map(str, words), "-w", str(annotated), "--json"])
        assert result.exit_code in (0, 1), result.stderr
        return json.loads(result.stdout)

    return run_command


@pytest.fixture(scope="session")
def page(annotated, tmp_path_factory):
    """The report on that workspace, as HTML."""
    path = tmp_path_factory.mktemp("pages") / "report.html"
    result = CliRunner().invoke(app, ["report", "-w", str(annotated), "--out", str(path)])
    assert result.exit_code == 0, result.stderr
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def tables(page):
    """The tables of that report by figure."""
    return read_tables(page)
