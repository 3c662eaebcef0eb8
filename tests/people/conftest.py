"""A workspace with two people in its team, on a server in memory."""

import json

import pytest

from tests.people.server import NEWS, TEAM, Server
from toolkit.models import ProjectRecord
from toolkit.workflow import (
    ingest,
    invite,
    publish,
    route,
)
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def folder(tmp_path):
    init_workspace(tmp_path / "ws")
    (tmp_path / "ws" / "team.yaml").write_text(TEAM, encoding="utf-8")
    general = tmp_path / "ws" / "configs" / "domains" / "general" / "domain.yaml"
    general.write_text(general.read_text("utf-8").replace("overlap: 3", "overlap: 2"), encoding="utf-8")
    return tmp_path / "ws"


@pytest.fixture
def opened(folder, server, monkeypatch):
    """Open the workspace, on the server in memory."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: server)
    return lambda: open_workspace(folder)


@pytest.fixture
def working(opened, tmp_path):
    """Two tasks, each with ada and bea, who both have accounts; ada has finished the first one, unseen as yet."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join(json.dumps({"text": f"{NEWS} Numéro {n}."}) for n in (1, 2)), encoding="utf-8")
    with opened() as operation:
        ingest(operation, [texts])
        route(operation)
        invite(operation, "ada", "ada@lab.example")
        invite(operation, "bea", "bea@lab.example")
        for number, key in enumerate(operation.state.work.projects_in_use(), 1):
            config = operation.config(key)
            record = ProjectRecord(key, number, config.version, config.title)
            operation.state.registry.save_project(record, config)
        publish(operation)
        first = operation.state.work.placements()[0].placement.id
        operation.platform.answer(operation, first, "ada")
    return opened
