"""A workspace with the bundled packs and a small simulated team, on a platform in memory."""

from pathlib import Path

import pytest
import yaml

from tests.workflow.fake import FakePlatform
from tests.workflow.screens import published_bonds
from toolkit.workflow import apply, ingest, publish, route
from toolkit.workspace import init_workspace, open_workspace

SEEDS = Path(__file__).parents[2] / "seeds"
BOND = (
    "La banque centrale relève son taux directeur. Les obligations souveraines et les produits dérivés reculent, "
    "tandis que les smart contracts de la finance décentralisée attirent des liquidités vers le staking de jetons."
)
NEWS = "La ville inaugure samedi une nouvelle médiathèque, avec un concert gratuit et une exposition de photographies."


def write_team(folder, *members):
    (folder / "team.yaml").write_text(yaml.safe_dump({"version": 1, "members": list(members)}), encoding="utf-8")


def member(pseudonym, tier="generalist", domain="general", **more):
    return {"pseudonym": pseudonym, "languages": ["fr", "en"], "domains": {domain: tier}, "simulated": True} | more


@pytest.fixture
def folder(tmp_path):
    """A workspace's folder, with everybody in the team simulated."""
    path = tmp_path / "work space"
    init_workspace(path)
    return path


@pytest.fixture
def fake():
    return FakePlatform()


@pytest.fixture
def operation(folder, fake, monkeypatch):
    """The workspace, opened, on a platform in memory."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with open_workspace(folder) as opened:
        yield opened


@pytest.fixture
def texts(tmp_path):
    """Two documents: one plainly financial, one plainly general."""
    path = tmp_path / "texts"
    path.mkdir()
    (path / "bond.txt").write_text(BOND, encoding="utf-8")
    (path / "news.txt").write_text(NEWS, encoding="utf-8")
    return path


@pytest.fixture
def bonds(folder, tmp_path, fake, monkeypatch):
    """A workspace with four tasks of a small domain of its own, published to two of three simulated specialists."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with published_bonds(folder, tmp_path) as opened:
        yield opened


@pytest.fixture
def published(operation, texts):
    """The workspace with its two tasks published."""
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    publish(operation)
    return operation
