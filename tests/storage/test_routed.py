"""What the database counts of routes is what loops over all rows count, on both databases."""

from collections import Counter, defaultdict

import pytest
from sqlalchemy import insert

from tests.storage.test_tallies import Rows
from toolkit.models import ANNOTATORS, Queue
from toolkit.storage import schema as s
from toolkit.storage.database import open_database
from toolkit.storage.routed import N_BINS, UNKNOWN
from toolkit.storage.state import State


@pytest.fixture(params=range(8))
def filled(request, database_url):
    """What is counted of random rows, and the rows."""
    rows, engine = Rows(request.param), open_database(database_url)
    for row in rows.of[s.routes]:
        row["confidence"] = rows.rng.choice([None, 0.0, 0.05, 0.051, 0.9, 0.95, 1.0])
        row["queue"], row["tier"] = row["queue"].value, row["tier"].value
        row["ranking"] = rows.rng.choice(["[]", '[["law",0.4],["stem",0.2]]'])
    with engine.begin() as connection:
        for table, some in rows.of.items():
            if some:
                connection.execute(insert(table), some)
    state = State(engine)
    yield state.routed, rows
    state.close()


def test_routes_are_counted_as_loops_count_them(filled):
    routed, rows = filled
    by_routers, latest = {}, {}
    for row in sorted(rows.of[s.routes], key=lambda row: row["revision"]):
        latest[row["task"]] = row
        if row["router"] != ANNOTATORS:
            by_routers[row["task"]] = row
    bins = Counter()
    for row in by_routers.values():
        value = row["confidence"]
        at = UNKNOWN if value is None else next((n for n in range(N_BINS) if value < (n + 1) / N_BINS), N_BINS - 1)
        bins[Queue(row["queue"]), at] += 1
    counted, tallies = Counter(), routed.tallies()
    for one in tallies:
        counted[one.queue, one.confidence] += one.n
    assert counted == bins
    counted_past = Counter()
    for one in tallies:
        if one.queue is Queue.DOMAIN:
            counted_past[one.domain] += one.n
    past = Counter(row["domain"] for row in by_routers.values() if row["queue"] == Queue.DOMAIN.value)
    assert counted_past == past
    waiting = defaultdict(int)
    n_open = {row["task"] for row in rows.of[s.placements] if row["status"] == "open"}
    for row in latest.values():
        if row["queue"] == Queue.TRIAGE.value:
            waiting["law" if row["ranking"] != "[]" else ""] += row["task"] in n_open
    found = defaultdict(int)
    for one in routed.triage():
        found[one.guess] += one.n_waiting
        assert (one.since is None) is (one.n_waiting == 0)
    assert found == waiting
