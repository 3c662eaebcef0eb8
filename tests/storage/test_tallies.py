"""What the database counts is what loops over all rows count, on both databases and whatever the rows say."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import insert

from toolkit.models import AssignmentStatus, Placement, PlacementStatus, ProjectKey, Queue, Tier
from toolkit.storage import schema as s
from toolkit.storage.database import open_database
from toolkit.storage.rows import placement_row
from toolkit.storage.state import State

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # near midnight, where days are easily mistaken
DOMAINS, ANNOTATORS = ("finance", "law"), ("ada", "bea", "cai", "dov")


class Rows:
    """Rows of every table that is counted, drawn at random."""

    def __init__(self, seed):
        self.rng = rng = Random(seed)
        self.of = defaultdict(list)
        self.of[s.documents] = [
            {"id": "d", "source": "d", "title": "", "modality": "text", "metadata": "{}", "ingested_at": START}
        ]
        for number in range(rng.randrange(1, 25)):
            self.add_task(f"t{number:02d}")

    def moment(self):
        return START + timedelta(minutes=self.rng.randrange(6000))

    def add_task(self, task):
        rng = self.rng
        language = rng.choice(["fr", "en", None])
        self.of[s.tasks].append(
            {"id": task, "document": "d", "source": "d", "title": "", "modality": "text", "fields": "{}"}
            | {"language": language}
        )
        for revision in range(1, rng.choice([1, 2, 2, 2, 3, 4])):
            self.of[s.routes].append(
                {"task": task, "revision": revision, "domain": rng.choice(DOMAINS), "queue": rng.choice(list(Queue))}
                | {"tier": rng.choice(list(Tier)), "modality": "text", "ranking": "[]", "evidence": "[]"}
                | {"reason": "", "routed_at": START, "router": rng.choice(["lexicon", "annotators"])}
            )
        if self.of[s.routes] and self.of[s.routes][-1]["task"] == task and rng.random() < 0.8:
            for tier in rng.sample(list(Tier), rng.randrange(1, 4)):
                self.add_placement(task, ProjectKey(rng.choice(DOMAINS), "c", tier))
        for name in ("one", "two"):
            for version in (1, 2):
                if rng.random() < 0.3:
                    row = {"name": name, "version": version, "task": task, "config": "law/c", "split": "train"}
                    self.of[s.releases].append(row)

    def add_placement(self, task, key):
        rng = self.rng
        item = Placement(f"{task}@{key}", task, key, rng.randrange(1, 4), "", rng.choice(["answer"] * 4 + ["review"]))
        row = placement_row(item) | {"status": rng.choice(list(PlacementStatus)).value}
        self.of[s.placements].append(row | {"server_task": rng.choice([None, 7])})
        for name in rng.sample(ANNOTATORS, rng.randrange(5)):
            self.add_assignment(item.id, name)
        for control in rng.sample("ab", rng.randrange(3)):
            self.of[s.decisions].append(
                {"placement": item.id, "control": control, "status": "decided", "n_judgments": 2, "shares": "{}"}
                | {"reason": "", "decided_at": self.moment()}
            )

    def add_assignment(self, placement, name):
        status = self.rng.choice(list(AssignmentStatus))
        row = {"placement": placement, "annotator": name, "reason": "", "status": status.value, "assigned_at": START}
        self.of[s.assignments].append(row)
        number = len(self.of[s.sightings]) + 1
        self.of[s.sightings].append(
            {"project": 1, "server_id": number, "lineage": f"{number:016x}", "placement": placement, "seq": number}
            | {"annotator": name, "server_task": 7, "created_at": self.moment().isoformat(), "content": ""}
            | {"kind": "annotation", "deleted": False}
        )

    def given(self, placement):
        """How many answers a placement has."""
        return sum(row["placement"] == placement and row["status"] == "done" for row in self.of[s.assignments])


@pytest.fixture(params=range(8))
def filled(request, database_url):
    """A state with random rows, and the rows."""
    rows, engine = Rows(request.param), open_database(database_url)
    with engine.begin() as connection:
        for table, some in rows.of.items():
            if some:
                connection.execute(insert(table), some)
    state = State(engine)
    yield state.tallies, rows, state
    state.close()


def test_routes_are_counted_by_the_last_one_of_each_task(filled):
    tallies, rows, _ = filled
    latest = {row["task"]: row for row in rows.of[s.routes]}
    assert tallies.routes() == Counter((row["domain"], row["queue"], row["tier"]) for row in latest.values())
    assert tallies.n_unplaced() == len(latest.keys() - {row["task"] for row in rows.of[s.placements]})


def test_placements_are_counted_with_the_answers_they_want_and_lack(filled):
    tallies, rows, _ = filled
    expected = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows.of[s.placements]:
        kind = ProjectKey(row["domain"], row["config"], Tier(row["tier"])), row["status"], row["purpose"] == "review"
        lacking = max(0, row["overlap"] - rows.given(row["id"])) if row["status"] == "open" else 0
        for place, n in enumerate((1, row["server_task"] == 7, row["overlap"], lacking)):
            expected[kind][place] += n
    found = tallies.placements()
    assert {
        (one.key, one.status, one.review): [one.n, one.n_published, one.n_wanted, one.n_missing] for one in found
    } == expected
    assert len(found) == len(expected)


def test_open_placements_are_counted_by_language_and_no_language_of_a_domain_is_missing(filled):
    tallies, rows, _ = filled
    languages = {row["id"]: row["language"] or "" for row in rows.of[s.tasks]}
    expected = {}
    for row in rows.of[s.placements]:
        for tier in Tier:
            of_tier = expected.setdefault(row["domain"], {}).setdefault(tier, {})
            here = row["status"] == "open" and row["tier"] == tier
            of_tier[languages[row["task"]]] = of_tier.get(languages[row["task"]], 0) + here
    assert tallies.languages() == expected


def test_tasks_are_counted_by_how_far_all_of_their_placements_have_come(filled):
    tallies, rows, _ = filled
    newest = {}
    for row in rows.of[s.releases]:
        newest[row["name"]] = max(row["version"], newest.get(row["name"], 0))
    released = {row["task"] for row in rows.of[s.releases] if row["version"] == newest[row["name"]]}
    by_task = defaultdict(list)
    for row in rows.of[s.placements]:
        by_task[row["task"]].append(row)
    expected = Counter()
    for task, own in by_task.items():
        answers = [row["status"] for row in own if row["purpose"] == "answer"]
        sent = any(row["server_task"] for row in own)
        answered = any(row["status"] == "decided" or rows.given(row["id"]) for row in own)
        expected[sent, answered, "open" not in answers, "decided" in answers, task in released] += 1
    found = {(one.sent, one.answered, one.settled, one.decided, one.released): one.n for one in tallies.tasks()}
    assert found == expected


def test_assignments_days_and_skips_are_counted(filled):
    tallies, rows, _ = filled
    asked = rows.of[s.assignments]
    assert tallies.assignments() == Counter((row["annotator"], row["status"]) for row in asked)
    decided = {row["id"] for row in rows.of[s.placements] if row["status"] == "decided"}
    moments = defaultdict(list)
    for row in rows.of[s.decisions]:
        moments[row["placement"]].append(row["decided_at"])
    days = Counter(max(own).date() for placement, own in moments.items() if placement in decided)
    assert tallies.decided_by_day() == days
    where = {row["id"]: ProjectKey(row["domain"], row["config"], Tier(row["tier"])) for row in rows.of[s.placements]}
    skipped = [(row["annotator"], where[row["placement"]]) for row in asked if row["status"] == "skipped"]
    assert tallies.skipped() == Counter(skipped)
    seen = {(row["placement"], row["annotator"]): row["created_at"] for row in rows.of[s.sightings]}
    assert sorted(tallies.skips()) == sorted(
        (row["annotator"], datetime.fromisoformat(seen[row["placement"], row["annotator"]]).date())
        for row in asked
        if row["status"] == "skipped"
    )


def test_what_moved_is_found_as_a_loop_finds_it(filled):
    _, rows, state = filled
    routes = sorted(rows.of[s.routes], key=lambda row: (row["task"], row["revision"]))
    assert state.corpus.reroutes("annotators") == [
        (after["task"], before["domain"], before["queue"], after["domain"], after["reason"])
        for before, after in pairwise(routes)
        if before["task"] == after["task"] and after["router"] == "annotators"
    ]
    tiers = defaultdict(set)
    for row in rows.of[s.placements]:
        tiers[row["task"], row["domain"]].add(row["tier"])
    up = sorted((row for row in rows.of[s.placements] if row["status"] == "escalated"), key=lambda row: row["id"])
    found = state.work.escalated()
    assert [f"{one.task}@{one.project}" for one in found] == [row["id"] for row in up]
    assert [one.tiers for one in found] == [tiers[row["task"], row["domain"]] for row in up]
