"""Who takes what is the same whether what is over is only counted or every assignment is walked through."""

from collections import Counter, defaultdict
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import insert

from tests.storage.test_tallies import START
from toolkit.config import AssignmentSettings, WorkflowFile
from toolkit.models import Annotator, AssignmentStatus, Placement, PlacementStatus, ProjectKey, Tier
from toolkit.routing.assignment.anchors import shared_by
from toolkit.routing.assignment.exposure import seen_by
from toolkit.routing.assignment.workload import Workload
from toolkit.storage import schema as s
from toolkit.storage.database import open_database
from toolkit.storage.rows import now, placement_row
from toolkit.storage.state import State
from toolkit.workflow import assigning, choices, staffing
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of
from toolkit.workflow.staffing import Present

DOMAINS, SOURCES = ("finance", "law"), ("acme/a", "acme/b", "beta/a", "loose")
PEOPLE = tuple(f"p{n}" for n in range(9))
CLOSED = [one for one in PlacementStatus if one is not PlacementStatus.OPEN]
ENDED = (AssignmentStatus.SKIPPED, AssignmentStatus.QUARANTINED, AssignmentStatus.WITHDRAWN, AssignmentStatus.OPEN)


def filled(rng, url):
    """A state whose tasks have placements at several tiers, most of them closed, with assignments of all kinds."""
    rows, engine = defaultdict(list), open_database(url)
    document = {"id": "d", "source": "d", "title": "", "modality": "text", "metadata": "{}", "ingested_at": START}
    languages = rng.choice([["fr"], [None], ["fr", "fr", "en", None]])
    for number in range(rng.randrange(60)):
        task = {"id": f"t{number}", "document": "d", "title": "", "modality": "text", "fields": "{}"}
        rows[s.tasks].append(task | {"source": rng.choice(SOURCES), "language": rng.choice(languages)})
        for tier in rng.sample(list(Tier), rng.randrange(3)):
            key = ProjectKey(rng.choice(DOMAINS), rng.choice("cd"), tier)
            item = Placement(f"t{number}@{key}", f"t{number}", key, rng.randrange(1, 4), "")
            status = PlacementStatus.OPEN if rng.random() < 0.3 else rng.choice(CLOSED)
            rows[s.placements].append(placement_row(item) | {"status": status.value})
            for name in rng.sample(PEOPLE, rng.randrange(4)):
                had = AssignmentStatus.DONE if rng.random() < 0.8 else rng.choice(ENDED)
                row = {"placement": item.id, "annotator": name, "reason": "", "assigned_at": START}
                rows[s.assignments].append(row | {"status": had.value})
    with engine.begin() as connection:
        connection.execute(insert(s.documents), document)
        for table in (s.tasks, s.placements, s.assignments):
            if rows[table]:
                connection.execute(insert(table), rows[table])
    return State(engine)


def team(rng):
    """Some of the people, who may have left a domain or be barred from a source."""
    return tuple(
        Annotator(
            pseudonym=name,
            languages=tuple(rng.sample(["fr", "en"], rng.randrange(1, 3))),
            domains={domain: rng.choice(list(Tier)) for domain in rng.sample(DOMAINS, rng.randrange(1, 3))},
            capacity_per_week=rng.choice([None, 0, 0.5, 10]),
            cost_per_hour=rng.choice([None, 10, 25]),
            conflicts=rng.choice([(), (), ("acme/*",), ("domain:law",)]),
        )
        for name in PEOPLE
        if rng.random() < 0.8
    )


def rules(rng):
    orders = [{"sources": "acme/*", "priority": 2}, {"sources": "gone/*", "due": "2999-01-01"}]
    limits = [{"sources": "acme/*", "annotators": 3}, {"sources": "*/a", "annotators": 6}]
    return AssignmentSettings.model_validate(
        {"anchors": rng.choice([0, 2, 10]), "orders": orders[: rng.randrange(3)]}
        | {"confidential": limits[: rng.randrange(3)]}
    )


@pytest.fixture(params=range(14))
def operation(request, database_url, folder):
    rng = Random(request.param)
    state = filled(rng, database_url)
    settings = WorkflowFile(version=1, assignment=rules(rng))
    yield Operation(folder, "0" * 8, settings, team(rng), {}, state, None, lambda: None)
    state.close()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "team.yaml").write_text("version: 1\nmembers: []\n", encoding="utf-8")
    return tmp_path


def walked(operation, placements):
    """The workload with a name for each assignment there is."""
    done, open_, asked, skipped = defaultdict(set), defaultdict(set), defaultdict(set), Counter()
    present, traits = Present(operation), operation.state.corpus.traits()
    for state in operation.state.work.assignments():
        placement, name = state.assignment.placement, state.assignment.annotator
        asked[question_of(placement)].add(name)
        if state.status is AssignmentStatus.OPEN and present(state):
            open_[placement].add(name)
            done[placement].add(name)
        elif state.status not in (AssignmentStatus.OPEN, AssignmentStatus.WITHDRAWN):
            done[placement].add(name)
            skipped[placement] += state.status is not AssignmentStatus.DONE
    wanted = [replace(one.placement, overlap=one.placement.overlap + skipped[one.placement.id]) for one in placements]
    return Workload(
        placements=wanted,
        languages={task: language for task, (language, _) in traits.items()},
        team=operation.team,
        done=done,
        exclude=asked,
        seed=operation.settings.seed,
        sources={task: source for task, (_, source) in traits.items()},
        open=open_,
        minutes={},
        settings=operation.settings.assignment,
        today=now().date(),
    )


def test_plans_loads_and_reasons_are_those_of_all_assignments(operation, monkeypatch):
    opened = operation.state.work.placements(status=PlacementStatus.OPEN)

    def told():
        every = operation.state.work.placements()
        beside = [
            choices.choices(operation, [one], operation.state.work.assignments(task=one.placement.task))
            for one in every
        ]
        taken = staffing.takeable(operation, opened)
        return (
            assigning.assign(operation, dry_run=True),
            assigning.what_if(operation, assigning.WhatIf(without=tuple(one.pseudonym for one in operation.team[:2]))),
            staffing.plan_assignments(operation, opened),
            taken,
            beside,
        )

    counted = told()
    for module in (assigning, staffing, choices):
        monkeypatch.setattr(module, "workload_of", walked)
    for found, expected in zip(counted, told(), strict=True):
        assert found == expected


def test_what_people_had_is_that_of_all_assignments(operation):
    opened = operation.state.work.placements(status=PlacementStatus.OPEN)
    counted, plain = staffing.workload_of(operation, opened), walked(operation, opened)
    assert (counted.n_had, counted.had, counted.taken) == (plain.n_had, plain.had, plain.taken)
    assert counted.spare == plain.spare
    assert shared_by(counted) == shared_by(plain)
    for number in range(len(plain.rules.limits)):
        assert seen_by(counted, number) == seen_by(plain, number)
    unanswered = {row.assignment.placement for row in operation.state.work.assignments() if row.status in ENDED[2:]}
    of_open = {one.placement.task for one in opened}
    assert all(placement in unanswered or placement.partition("@")[0] in of_open for placement in counted.done)
