from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from toolkit.models import Annotation
from toolkit.storage import schema
from toolkit.storage.ledger import DELETED, EVENT, GENESIS, MIGRATED, RESTORED, SEEN
from toolkit.storage.sightings import Appended

MOMENT = datetime(2025, 9, 12, 18, 30, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)


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


def look(state, annotations, *, project=7, version="v1", tasks=(101, 102, 103, 104)):
    """Observe four tasks with nothing but these annotations on them."""
    there = {task: [one for one in annotations if one.server_task == task] for task in tasks}
    return state.sightings.observe(project, version, list(there.items()))


def kinds(state):
    return [(entry.kind, entry.server_id) for entry in state.ledger.entries()]


def test_what_is_new_changed_and_gone_is_appended_and_nothing_twice(state):
    assert state.ledger.head() == (0, GENESIS)
    first = look(state, [annotation(1), annotation(2)])
    again = look(state, [annotation(1), annotation(2)])
    later = look(state, [annotation(1, "high", updated_at=LATER)], version="v2")
    assert first == Appended(n_new=2)
    assert again == Appended()
    assert later == Appended(n_changed=1, n_deleted=1)
    assert sorted(kinds(state)) == sorted([(SEEN, 1), (SEEN, 2), (SEEN, 1), (DELETED, 2)])
    assert state.ledger.count(DELETED) == 1
    assert state.ledger.verify() == []


def test_an_annotation_is_of_the_config_version_it_was_last_edited_under(state):
    look(state, [annotation(1), annotation(2)])
    high = annotation(1, "high", updated_at=LATER)
    look(state, [high, annotation(2), annotation(3)], version="v2")
    look(state, [high, annotation(2, member=False), annotation(3)], version="v3")
    versions = [(entry.server_id, entry.config_version) for entry in state.ledger.entries()]
    assert versions == [(1, "v1"), (2, "v1"), (1, "v2"), (3, "v2"), (2, "v1")]


def test_saving_an_annotation_again_without_a_change_is_no_news(state):
    look(state, [annotation(1)])
    assert look(state, [annotation(1, updated_at=LATER)]) == Appended()


def test_whose_an_annotation_is_belongs_to_what_was_seen(state):
    look(state, [annotation(1, annotator="unknown-9", member=False)])
    assert look(state, [annotation(1)]) == Appended(n_changed=1)
    assert [entry.annotator for entry in state.ledger.entries()] == ["unknown-9", "ada"]


def test_an_annotation_that_comes_back_after_its_deletion_is_the_same(state):
    for seen in ([annotation(1)], [], [annotation(1)]):
        look(state, seen)
    assert [kind for kind, _ in kinds(state)] == [SEEN, DELETED, RESTORED]


def test_an_annotation_put_back_on_another_task_and_project_is_the_same(state):
    look(state, [annotation(1)])
    look(state, [])
    back = annotation(1, server_id=55, server_task=900, created_at=LATER, updated_at=LATER, edited_by="unknown-1")
    assert look(state, [back], project=8, tasks=[900]) == Appended(n_restored=1)
    assert look(state, [back], project=8, tasks=[900]) == Appended()
    first, second = state.sightings.of_placements([back.placement])
    assert first.lineage == second.lineage
    changed = replace(back, results=(), updated_at=LATER + timedelta(hours=1), edited_by=None)
    assert look(state, [changed], project=8, tasks=[900]) == Appended(n_changed=1)


def test_an_id_that_the_server_gives_away_again_is_another_annotation(state):
    look(state, [annotation(1)])
    other = annotation(1, "high", annotator="bea", created_at=LATER, updated_at=LATER)
    assert look(state, [other]) == Appended(n_new=1, n_deleted=1)
    assert [kind for kind, _ in kinds(state)] == [SEEN, DELETED, SEEN]
    assert [(one.annotator, one.deleted) for one in state.sightings.alive(7)] == [("bea", False)]


def test_a_project_says_nothing_about_what_is_gone_from_another(state):
    look(state, [annotation(1)])
    assert look(state, [annotation(2)], project=8) == Appended(n_new=1)


def test_ids_are_compared_with_what_was_seen(state):
    look(state, [annotation(1), annotation(2), annotation(3)])
    found = [(90, (7,)), (101, (1,)), (102, (2, 9)), (104, (8,))]
    compared = state.sightings.compare(7, found, ours={101, 102, 103, 104})
    assert (compared.stale, compared.gone) == ({102: (2, 9), 104: (8,)}, [103])
    assert (compared.n_annotations, compared.n_ours) == (5, 4)


def test_the_index_is_made_anew_from_the_ledger(state):
    look(state, [annotation(1), annotation(2), annotation(3)])
    look(state, [annotation(1, "high", updated_at=LATER), annotation(3)])
    known = next(one for one in state.sightings.alive(7) if one.server_id == 3)
    payload = state.ledger.entry(known.seq).payload
    state.sightings.append(MIGRATED, 7, [(known, {**payload, "results": []})])
    state.ledger.note("project made", project="finance/claims/specialist")
    before = state.sightings.of_placements(state.sightings.placements())
    with state._engine.begin() as connection:
        connection.execute(text("delete from sightings"))
    state.sightings.ensure()
    after = state.sightings.of_placements(state.sightings.placements())
    assert sorted(before, key=str) == sorted(after, key=str)


def test_events_are_entries_like_others(state):
    state.ledger.note("offboarded", annotator="ada", ways=["token"])
    (entry,) = state.ledger.entries(annotator="ada")
    assert (entry.kind, entry.payload) == (EVENT, {"event": "offboarded", "ways": ["token"]})
    assert state.ledger.verify() == []


@pytest.mark.parametrize("broken", ["altered", "removed", "reordered"])
def test_verify_names_an_entry_that_was_tampered_with(state, broken):
    look(state, [annotation(number) for number in range(1, 5)])
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
    look(state, [annotation(number) for number in range(1, 5)])
    found = state.ledger.entries(placements=["t3@finance/claims/specialist"])
    assert [entry.server_id for entry in found] == [3]
    assert [entry.seq for entry in state.ledger.entries(after=2)] == [3, 4]
    assert state.ledger.touched(3) == ["t4@finance/claims/specialist"]
