"""Routing a workspace's tasks: in batches, once, and again where nobody was given them yet."""

import json
from dataclasses import replace

import pytest

from tests.routing.labelled_examples import packs as labelled_packs
from tests.routing.labelled_examples import texts
from tests.workflow.screens import TEXT, write_bond_team, write_pack
from toolkit.cli.routing import source_of
from toolkit.errors import ConfigError
from toolkit.models import PlacementStatus
from toolkit.routing.assignment.patterns import Patterns
from toolkit.routing.trained import save_trained
from toolkit.routing.training import train
from toolkit.workflow import apply, ingest, publish, route, routes
from toolkit.workflow.routers import make_router
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
        assert sorted(operation.state.corpus.disputes().values()) == [(1, 1)] * 4
        torn = operation.state.work.placements(status=PlacementStatus.UNDECIDED)[0].placement
        above = replace(torn, id=f"{torn.id.rpartition('/')[0]}/adjudicator")
        operation.state.work.add([above])
        operation.state.work.close(above.id, PlacementStatus.DECIDED, "settled", ())
        assert sorted(operation.state.corpus.disputes().values()) == [(1, 1)] * 4  # of tasks, not of placements
        with (tmp_path / "bonds.jsonl").open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps({"id": "d9", "text": TEXT.format(9) + " Mehr.", "language": "de"}))
        ingest(operation, [tmp_path / "bonds.jsonl"])
        [late] = route(operation).routes
    assert late.difficulty > max(before) + 0.3


def test_a_router_trained_for_another_precision_is_refused_and_says_what_to_do(folder):
    with open_workspace(folder) as operation:
        save_trained(train(texts(25), labelled_packs(), 0.9, grouped=False), folder / "router")
        asked = operation.settings.routing.model_copy(update={"precision": 0.97})
        settings = operation.settings.model_copy(update={"routing": asked})
        with pytest.raises(ConfigError, match=r"promises a precision of 0\.9, and workflow\.yaml asks for 0\.97"):
            make_router(labelled_packs(), settings, folder)
        assert make_router(labelled_packs(), operation.settings, folder) is not None


def test_patterns_that_fit_no_source_are_said_and_others_are_not(folder):
    limits = "\nassignment: {confidential: [{sources: 'typo/*', annotators: 2}, {sources: 'bonds*', annotators: 2}]}\n"
    with (folder / "workflow.yaml").open("a", encoding="utf-8") as file:
        file.write(limits)
    with open_workspace(folder) as operation:
        assert route(operation).notes == ("assignment.confidential.0 (typo/*) fits no source",)


def test_a_file_below_a_confidential_folder_is_confidential(tmp_path):
    path = tmp_path / "acme" / "deep" / "a.jsonl"
    assert source_of("a.jsonl#3", path, Patterns(["acme/*"])) == "acme/deep/a.jsonl#3"
    assert source_of("a.jsonl#3", path, Patterns(["other/*"])) == "a.jsonl#3"
