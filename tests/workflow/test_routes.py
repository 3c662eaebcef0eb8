"""Routing a workspace's tasks: in batches, once, and again where nobody was given them yet."""

import json

import pytest

from tests.workflow.screens import TEXT, write_bond_team, write_pack
from toolkit.models import PlacementStatus
from toolkit.workflow import apply, ingest, publish, route, routes
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def folder(tmp_path, fake, monkeypatch):
    """A workspace with five documents about bonds, of which its packs have no term yet."""
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    path = tmp_path / "ws"
    init_workspace(path)
    write_pack(path, terms={"de": {3: ["nichtsdergleichen"]}})
    write_bond_team(path, "ada", "bea")
    lines = [json.dumps({"id": f"d{n}", "text": TEXT.format(n), "language": "de"}) for n in range(5)]
    (tmp_path / "bonds.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with open_workspace(path) as operation:
        ingest(operation, [tmp_path / "bonds.jsonl"])
    return path


def domains(operation):
    latest = {found.task: found for _, found in operation.state.corpus.routes()}
    return sorted(found.domain for found in latest.values())


def test_tasks_are_routed_once_whatever_the_batches(folder, monkeypatch):
    monkeypatch.setattr(routes, "AT_A_TIME", 2)
    with open_workspace(folder) as operation:
        report = route(operation)
        assert (len(report.routes), report.n_placements) == (5, 5)
        assert route(operation) == routes.RouteReport((), 0, ())
        assert domains(operation) == ["finance"] * 5


def test_what_nobody_was_given_is_routed_again_when_the_packs_know_better(folder):
    with open_workspace(folder) as operation:
        route(operation)
        assert route(operation, again=True).routes == ()
    write_pack(folder)
    with open_workspace(folder) as operation:
        assert route(operation).routes == ()
        report = route(operation, again=True)
        assert (len(report.routes), report.n_placements, report.n_again) == (5, 5, 5)
        assert domains(operation) == ["bonds"] * 5
        placements = operation.state.work.placements()
        assert {str(state.placement.project) for state in placements} == {"bonds/risk/specialist"}
        assert len(operation.state.corpus.routes()) == 10  # the first ones stay as history


def test_what_somebody_was_given_stays_where_it_is(folder):
    write_pack(folder)
    with open_workspace(folder) as operation:
        route(operation)
        apply(operation)
        publish(operation)
    write_pack(folder, terms={"de": {3: ["nichtsdergleichen"]}})
    with open_workspace(folder) as operation:
        assert route(operation, again=True).n_again == 0
        assert domains(operation) == ["bonds"] * 5


def test_disagreement_on_a_file_makes_what_comes_later_from_it_harder(folder, tmp_path):
    with open_workspace(folder) as operation:
        route(operation)
        before = {found.difficulty for _, found in operation.state.corpus.routes()}
        for state in operation.state.work.placements()[:4]:
            operation.state.work.close(state.placement.id, PlacementStatus.UNDECIDED, "torn", ())
        assert operation.state.corpus.disputes() == {
            f"bonds.jsonl#{n}": (1, 1) for n in range(1, 6) if n in _closed(operation)
        }
        with (tmp_path / "bonds.jsonl").open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps({"id": "d9", "text": TEXT.format(9) + " Mehr.", "language": "de"}))
        ingest(operation, [tmp_path / "bonds.jsonl"])
        [late] = route(operation).routes
    assert late.difficulty > max(before) + 0.3


def _closed(operation):
    closed = {state.placement.task for state in operation.state.work.placements() if state.outcome == "torn"}
    return {int(task.source.partition("#")[2]) for task in operation.state.corpus.tasks(closed)}
