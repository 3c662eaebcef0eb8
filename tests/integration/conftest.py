"""A workspace on the session's real server."""

import pytest
import yaml

from toolkit.workspace import init_workspace


@pytest.fixture
def folder(tmp_path, label_studio, monkeypatch):
    """A workspace on the session's server, as on a company's own one."""
    path = tmp_path / "workspace"
    init_workspace(path)
    settings = yaml.safe_load((path / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["url"] = label_studio.url
    (path / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    return path
