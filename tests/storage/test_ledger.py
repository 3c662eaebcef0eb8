from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from toolkit.models import Annotation
from toolkit.storage import schema
from toolkit.storage.ledger import DELETED, GENESIS, SEEN

MOMENT = datetime(2025, 9, 12, 18, 30, tzinfo=UTC)


def annotation(number, choice="low", **changes):
    made = Annotation(
        placement=f"t{number}@finance/claims/specialist",
        annotator="ada",
        server_id=number,
        server_task=number + 100,
        results=({"from_name": "risk", "type": "choices", "value": {"choices": [choice]}},),
        skipped=False,
        created_at=MOMENT,
        updated_at=MOMENT,
        lead_time_s=3.5,
    )
    return replace(made, **changes)


def test_what_is_new_changed_and_gone_is_appended_and_nothing_twice(state):
    ledger = state.ledger
    assert ledger.head() == (0, GENESIS)
    first = ledger.append(7, "v1", [annotation(1), annotation(2)])
    again = ledger.append(7, "v1", [annotation(1), annotation(2)])
    later = ledger.append(7, "v2", [annotation(1, "high", updated_at=MOMENT + timedelta(hours=1))])
    assert (first.n_new, first.n_changed, first.n_deleted) == (2, 0, 0)
    assert (again.n_new, again.n_changed, again.n_deleted) == (0, 0, 0)
    assert (later.n_new, later.n_changed, later.n_deleted) == (0, 1, 1)
    assert [(entry.kind, entry.server_id) for entry in ledger.entries()] == [
        (SEEN, 1),
        (SEEN, 2),
        (SEEN, 1),
        (DELETED, 2),
    ]
    assert ledger.count(DELETED) == 1
    assert ledger.verify() == []


def test_an_annotation_is_of_the_config_version_it_was_last_edited_under(state):
    later = MOMENT + timedelta(hours=1)
    state.ledger.append(7, "v1", [annotation(1), annotation(2)])
    state.ledger.append(7, "v2", [annotation(1, "high", updated_at=later), annotation(2), annotation(3)])
    state.ledger.append(7, "v3", [annotation(1, "high", updated_at=later), annotation(2, member=False), annotation(3)])
    versions = [(entry.server_id, entry.config_version) for entry in state.ledger.entries()]
    assert versions == [(1, "v1"), (2, "v1"), (1, "v2"), (3, "v2"), (2, "v1")]


def test_whose_an_annotation_is_belongs_to_what_was_seen(state):
    state.ledger.append(7, "v1", [annotation(1, annotator="unknown-9", member=False)])
    appended = state.ledger.append(7, "v1", [annotation(1)])
    assert appended.n_changed == 1
    assert [entry.annotator for entry in state.ledger.entries()] == ["unknown-9", "ada"]


def test_an_annotation_that_comes_back_after_its_deletion_is_seen_again(state):
    for seen in ([annotation(1)], [], [annotation(1)]):
        state.ledger.append(7, "v1", seen)
    assert [entry.kind for entry in state.ledger.entries()] == [SEEN, DELETED, SEEN]
    assert [entry.config_version for entry in state.ledger.entries()] == ["v1", "", "v1"]


def test_a_project_says_nothing_about_what_is_gone_from_another(state):
    state.ledger.append(7, "v1", [annotation(1)])
    other = state.ledger.append(8, "v1", [annotation(2)])
    assert other.n_deleted == 0


@pytest.mark.parametrize("broken", ["altered", "removed", "reordered"])
def test_verify_names_an_entry_that_was_tampered_with(state, broken):
    state.ledger.append(7, "v1", [annotation(number) for number in range(1, 5)])
    table = schema.ledger
    with state._engine.begin() as connection:
        if broken == "altered":
            connection.execute(update(table).where(table.c.seq == 2).values(annotator="eve"))
        elif broken == "removed":
            connection.execute(delete(table).where(table.c.seq == 2))
        else:
            for old, new in ((2, 99), (3, 2), (99, 3)):
                connection.execute(update(table).where(table.c.seq == old).values(seq=new))
    problems = state.ledger.verify()
    assert "entry 2 " in problems[0]


def test_entries_of_some_placements_come_alone(state):
    state.ledger.append(7, "v1", [annotation(number) for number in range(1, 5)])
    found = state.ledger.entries(placements=["t3@finance/claims/specialist"])
    assert [entry.server_id for entry in found] == [3]
