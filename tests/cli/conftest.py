"""Commands on plain files."""

import pytest
from typer.testing import CliRunner

from toolkit.cli import app


@pytest.fixture
def toolkit(tmp_path, monkeypatch):
    """Run a command in an empty folder; return exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        result = CliRunner().invoke(app, list(map(str, words)))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run
