"""A workspace as it is after months of work, written straight into its database: no server, nothing collected twice.

What is written is what the steps would have written: decisions follow from the votes, the ledger's chain holds, and the
snapshot has the bytes that judging the ledger gives.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from toolkit.labelconfig import ruling_config
from toolkit.labelstudio.convert import results_from_answers
from toolkit.models import (
    Annotation,
    ControlKind,
    Evidence,
    Judgment,
    LabelConfig,
    Modality,
    ProjectKey,
    ProjectRecord,
    Queue,
    Route,
    Task,
    Tier,
)

from .bigpacks import DOMAINS, Domain, Member, make_team, write_packs, write_team
from .bigstory import Answer, Placed, Story, ruled

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

PASSAGES = 4  # of a document
AT_ONCE = 5_000
DAYS = 60
FIRST_ACCOUNT = 10
URL = "http://label.example"
WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "r", "st", "nd", "l")]


def big_workspace(
    folder: Path,
    n_tasks: int,
    per_task: int = 3,
    n_annotators: int = 200,
    *,
    until: datetime | None = None,
    seed: int = 1,
) -> int:
    """Make a workspace with so many tasks in a new folder; return how many judgments it has.

    Parameters
    ----------
    folder : Path
        Where there is nothing yet.
    n_tasks : int
        Tasks, four of a document; a few at the end are not routed, sent, answered or settled yet.
    per_task : int
        Answers a task gets at its first tier.
    n_annotators : int
        People in the team, at least 20; no simulated ones.
    until : datetime, optional
        When the last answer was given, 60 days after the first; yesterday if not said.
    seed : int
        The same seed and moment give the same answers.
    """
    from toolkit.storage.database import open_database
    from toolkit.storage.snapshots import count_judgments, snapshot_path, write_snapshot
    from toolkit.workflow.collection import NOTED
    from toolkit.workspace import init_workspace, open_workspace

    end = until or datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rng = Random(seed)
    team = make_team(n_annotators, rng)
    init_workspace(folder)
    write_packs(folder, per_task)
    write_team(folder, team)
    with open_workspace(folder) as operation:
        configs = {name: pack.configs[0] for name, pack in operation.packs.items()}
        settings, snapshots = operation.settings, operation.snapshots
        _register(operation.state, configs, team, end - timedelta(days=DAYS))
    story = Story(
        rng,
        team,
        configs,
        n_tasks=n_tasks,
        per_task=per_task,
        begin=end - timedelta(days=DAYS),
        end=end - timedelta(days=4),  # what goes up is answered later
        review_share=settings.escalation.review.share,
        seed=settings.seed,
    )
    engine = open_database(f"sqlite:///{folder / '.toolkit' / 'state.sqlite'}")
    with engine.begin() as connection:
        answers = sorted(_fill(connection, story, rng, n_tasks), key=lambda one: one.created_at)
        seq, head = _write_ledger(connection, answers, configs)
    engine.dispose()
    path = snapshot_path(snapshots, seq, head)
    write_snapshot(path, _judgments(answers, configs))
    with open_workspace(folder) as operation:
        operation.state.registry.remember(NOTED, str(seq))
    return count_judgments(path)


def _register(state: Any, configs: dict[str, LabelConfig], team: Sequence[Member], since: datetime) -> None:
    """Remember projects, people and views as if they were on a server."""
    from toolkit.storage.people import Person

    state.registry.remember("server", URL)
    for number, member in enumerate(team):
        state.people.save(Person(member.name, added_at=since))
        state.registry.save_account(FIRST_ACCOUNT + number, member.name, simulated=False)
    views = itertools.count(1)
    for key, number in _projects().items():
        shown = _shown(configs, key)
        record = ProjectRecord(key, number, shown.version, f"{shown.title} ({key.tier})", cursor=since)
        state.registry.save_project(record, shown)
        for member in team:
            if member.tiers.get(key.domain, member.tiers.get("*")) is key.tier:
                state.registry.save_view(number, member.name, next(views))


@cache
def _projects() -> dict[ProjectKey, int]:
    """Return each project's id on the server."""
    order = list(Tier)
    keys = [ProjectKey(one.name, one.config, tier) for one in DOMAINS for tier in order[order.index(one.tier) :]]
    return {key: number for number, key in enumerate(keys, 1)}


def _shown(configs: dict[str, LabelConfig], key: ProjectKey) -> LabelConfig:
    return ruling_config(configs[key.domain]) if key.tier is Tier.ADJUDICATOR else configs[key.domain]


# --- documents, tasks, and what became of them


def _fill(connection: Connection, story: Story, rng: Random, n_tasks: int) -> Iterator[Answer]:
    """Write everything but the ledger, some tasks at a time; yield the answers."""
    from toolkit.storage import schema as s

    tables = s.documents, s.tasks, s.routes, s.placements, s.assignments, s.decisions, s.reviews
    for numbers in _batches(range(n_tasks)):
        rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in tables}
        for number in numbers:
            task, domain = _task(number, rng)
            told = story.tell(number, task.id, domain)
            if number % PASSAGES == 0:
                rows[s.documents].append(_document_row(task))
            _add_task(rows, task, domain, told, rng)
            for placed in told:
                _add_placed(rows, placed)
                yield from placed.answers
        for table in tables:
            if rows[table]:
                connection.execute(table.insert(), rows[table])


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    from toolkit.storage.rows import batches

    return batches(items, AT_ONCE)


def _task(number: int, rng: Random) -> tuple[Task, Domain]:
    document = hashlib.sha256(f"document {number // PASSAGES}".encode()).hexdigest()[:16]
    (domain,) = rng.choices(DOMAINS, [one.share for one in DOMAINS])
    text = " ".join([*rng.choices(WORDS, k=rng.randrange(25, 70)), rng.choice(domain.terms)])
    start = number % PASSAGES * 500
    source = f"batch-{number // 20_000:03d}.jsonl#{number // PASSAGES}"
    id_ = f"{document}-{start}-{start + len(text)}"
    fields = {"text": text}
    return Task(id_, document, source, Modality.TEXT, fields, "", "en", start, start + len(text)), domain


def _document_row(task: Task) -> dict[str, Any]:
    return {
        "id": task.document,
        "source": task.source,
        "title": task.title,
        "modality": task.modality.value,
        "language": task.language,
        "metadata": "{}",
        "ingested_at": datetime.now(UTC),
    }


def _add_task(
    rows: dict[Table, list[dict[str, Any]]], task: Task, domain: Domain, told: Sequence[Placed], rng: Random
) -> None:
    from toolkit.storage import schema as s
    from toolkit.storage.rows import route_row, task_row

    rows[s.tasks].append(task_row(task))
    if told:
        sure = rng.uniform(0.35, 1) if domain.name == "general" else rng.uniform(0.5, 1)
        queue = Queue.DOMAIN if sure >= 0.5 else Queue.TRIAGE
        others = [one.name for one in DOMAINS if one is not domain]
        ranking = ((domain.name, round(sure, 4)), *((name, round((1 - sure) / 2, 4)) for name in others))
        found = tuple(Evidence(domain.name, term, 1, 2.0) for term in domain.terms if term in task.fields["text"])
        route = Route(
            task.id,
            domain.name,
            round(sure, 4),
            queue,
            domain.tier,
            "en",
            Modality.TEXT,
            ranking,
            found,
            f"{domain.name} {sure:.2f}, {len(found)} of its terms",
            round(rng.random(), 3),
        )
        rows[s.routes].append({"revision": 1, "routed_at": told[0].placed_at, **route_row(route)})


def _add_placed(rows: dict[Table, list[dict[str, Any]]], placed: Placed) -> None:
    from dataclasses import asdict

    from toolkit.storage import schema as s
    from toolkit.storage.rows import decision_row, placement_row
    from toolkit.workflow.staffing import joined

    item, asked = placed.placement, list(placed.assignments())
    rows[s.placements].append(
        placement_row(item)
        | {"status": placed.status.value, "outcome": placed.outcome, "placed_at": placed.placed_at}
        | {"server_task": placed.server_task, "server_assignees": joined([name for name, _ in asked])}
    )
    rows[s.assignments] += [
        {
            "placement": item.id,
            "annotator": name,
            "reason": f"works in {item.project.domain} as {item.project.tier}",
            "status": status.value,
            "assigned_at": placed.placed_at,
        }
        for name, status in asked
    ]
    rows[s.decisions] += [decision_row(decision) for decision in placed.decisions]
    rows[s.reviews] += [asdict(outcome) for outcome in placed.outcomes]


# --- the ledger and the snapshot


def _write_ledger(
    connection: Connection, answers: Sequence[Answer], configs: dict[str, LabelConfig]
) -> tuple[int, str]:
    """Write an entry and a sighting for each answer, in order; return how many there are and the last one's hash."""
    from dataclasses import replace

    from toolkit.storage import schema as s
    from toolkit.storage.ledger import GENESIS, SEEN, LedgerEntry, entry_hash
    from toolkit.storage.lineages import Sighting, content_of, payload_of, row_of
    from toolkit.storage.schema import to_json

    previous, seq = GENESIS, 0
    for some in _batches(answers):
        entries, sightings = [], []
        for one in some:
            seq += 1
            seen = _annotation(one, seq, configs)
            project, version = _projects()[_key(one)], _shown(configs, _key(one)).version
            payload, at = payload_of(seen, version), one.created_at + timedelta(minutes=20)
            entry = LedgerEntry(
                seq, at.isoformat(), SEEN, project, one.placement, one.annotator, seq, payload, previous, ""
            )
            entry = replace(entry, hash=entry_hash(previous, entry))
            entries.append({name: getattr(entry, name) for name in entry.__slots__} | {"payload": to_json(payload)})
            previous, one.lineage = entry.hash, entry.hash[:16]
            moment = payload["created_at"]
            sightings.append(
                Sighting(
                    *(project, seq, one.lineage, one.placement, one.annotator, one.server_task, moment),
                    *(content_of(payload), None, SEEN, seq, False),
                )
            )
        connection.execute(s.ledger.insert(), entries)
        connection.execute(s.sightings.insert(), [row_of(one) for one in sightings])
    return seq, previous


def _key(one: Answer) -> ProjectKey:
    return _split(one.placement.rpartition("@")[2])


@cache
def _split(key: str) -> ProjectKey:
    domain, config, tier = key.split("/")
    return ProjectKey(domain, config, Tier(tier))


def _annotation(one: Answer, number: int, configs: dict[str, LabelConfig]) -> Annotation:
    key = _key(one)
    config = _shown(configs, key)
    results: tuple[Any, ...] = ()
    if one.label is not None:
        given = ruled({config.decisive[0]: one.label}, key.tier)
        results = tuple(results_from_answers(given, config.controls, fields={}))
    return Annotation(
        placement=one.placement,
        annotator=one.annotator,
        server_id=number,
        server_task=one.server_task,
        results=results,
        skipped=one.label is None,
        created_at=one.created_at,
        updated_at=one.created_at,
        lead_time_s=one.lead_time_s,
    )


def _judgments(answers: Sequence[Answer], configs: dict[str, LabelConfig]) -> Iterator[list[Judgment]]:
    """Yield the judgments of some tasks at a time, by task."""
    by_task: dict[str, list[Answer]] = {}
    for one in answers:
        if one.label is not None:
            by_task.setdefault(one.placement.rpartition("@")[0], []).append(one)
    for tasks in _batches(sorted(by_task)):
        yield [_judgment(task, one, configs) for task in tasks for one in by_task[task]]


def _judgment(task: str, one: Answer, configs: dict[str, LabelConfig]) -> Judgment:
    key = _key(one)
    return Judgment(
        task=task,
        annotator=one.annotator,
        control=configs[key.domain].decisive[0],
        label=str(one.label),
        kind=ControlKind.CHOICE,
        value=one.label,
        domain=key.domain,
        config=key.config,
        tier=key.tier.value,
        config_version=_shown(configs, key).version,
        lead_time_s=one.lead_time_s,
        created_at=one.created_at,
        annotation=one.lineage,
    )
