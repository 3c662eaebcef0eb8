"""What may be wrong is found by the database as loops would find it, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from tests.storage.test_tallies import START, Rows
from toolkit.models import ProjectKey, Tier
from toolkit.storage import schema as s
from toolkit.storage.database import open_database
from toolkit.storage.findings import FindingKind
from toolkit.storage.state import State

ANSWERED = ("done", "skipped", "quarantined")


@pytest.fixture(params=range(6))
def filled(request, database_url):
    """A state with random rows, some of which were deleted on the server, and the rows."""
    rows, engine = Rows(request.param), open_database(database_url)
    for number, row in enumerate(rows.of[s.placements]):
        row["server_task"] = rows.rng.choice([None, 100 + number])
        row["placed_at"] = START + timedelta(days=rows.rng.randrange(5))
    for row in rows.of[s.assignments]:
        row["assigned_at"] = START + timedelta(days=rows.rng.randrange(5))
    for row in rows.of[s.sightings]:
        row |= rows.rng.choice([{}, {"deleted": True, "kind": "deletion"}, {"deleted": True, "kind": "migration"}])
    with engine.begin() as connection:
        for table, some in rows.of.items():
            if some:
                connection.execute(insert(table), some)
    state = State(engine)
    yield state, rows
    state.close()


def key_of(row):
    return ProjectKey(row["domain"], row["config"], Tier(row["tier"]))


def test_what_is_stuck_is_open_on_the_server_and_unanswered(filled):
    state, rows = filled
    before, expected = START + timedelta(days=3), {}
    for row in rows.of[s.placements]:
        asked = [one for one in rows.of[s.assignments] if one["placement"] == row["id"]]
        since = min((one["assigned_at"] for one in asked), default=row["placed_at"])
        answered = any(one["status"] in ANSWERED for one in asked)
        if row["status"] == "open" and row["server_task"] and not answered and since < before:
            expected.setdefault(key_of(row), []).append((since, row["server_task"]))
    found = {one.key: (one.n, one.since, one.server_task) for one in state.concerns.stuck(before)}
    assert found == {key: (len(some), *min(some)) for key, some in expected.items()}


def test_what_was_deleted_is_counted_by_project(filled):
    state, rows = filled
    placements, expected = {row["id"]: key_of(row) for row in rows.of[s.placements]}, {}
    for row in rows.of[s.sightings]:
        if row["kind"] == "deletion":
            key = placements[row["placement"]]
            expected[key] = expected.get(key, 0) + 1
    assert dict(state.concerns.deleted()) == expected
    with state.concerns._engine.begin() as connection:  # put back under another id: nothing is missing
        for row in rows.of[s.sightings]:
            again = {"server_id": row["server_id"] + 9000, "deleted": False, "kind": "restoration"}
            connection.execute(insert(s.sightings).values(**(row | again)))
    assert state.concerns.deleted() == []


def test_findings_and_open_sources_are_counted(filled):
    state, rows = filled
    n_open = sum(row["status"] == "open" for row in rows.of[s.placements])
    assert dict(state.concerns.open_sources()) == ({"d": n_open} if n_open else {})
    for row in rows.of[s.placements][:1]:
        found = {"placement": row["id"], "annotator": "ada", "kind": "invalid", "reason": "", "lineage": "1"}
        with state.concerns._engine.begin() as connection:
            connection.execute(insert(s.findings).values(**found))
        assert state.concerns.findings() == [(FindingKind.INVALID, key_of(row), 1)]


@pytest.mark.parametrize(
    ("harm", "newest", "said"),
    [
        (update(s.ledger).where(s.ledger.c.seq == 18).values(payload="{}"), 5, ["entry 18 was altered"]),
        (update(s.ledger).where(s.ledger.c.seq == 3).values(payload="{}"), 5, []),  # too old to be looked at
        (update(s.ledger).where(s.ledger.c.seq == 3).values(payload="{}"), 50, ["entry 3 was altered"]),
        (delete(s.ledger).where(s.ledger.c.seq == 3), 5, ["entry 3 is missing"]),
        (delete(s.ledger).where(s.ledger.c.seq == 1), 5, ["entry 1 is missing"]),
        (
            update(s.ledger).where(s.ledger.c.seq == 3).values(hash="x"),
            5,
            ["entry 4 does not follow the one before it"],
        ),
    ],
)
def test_a_broken_chain(database_url, harm, newest, said):
    engine = open_database(database_url)
    state = State(engine)
    for number in range(20):
        state.ledger.note("something", annotator="é", number=number)
    assert state.concerns.broken(newest) == []
    with engine.begin() as connection:
        connection.execute(harm)
    assert state.concerns.broken(newest) == said
    state.close()
