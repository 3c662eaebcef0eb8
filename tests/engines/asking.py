"""Everything an engine says about a table, in a form that can be compared; and the same worked out row by row."""

import dataclasses
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from statistics import median

import numpy as np

from toolkit.agreement.counts import BEYOND_LABEL

MIN_SHARED = 2


def plain(value):
    """Turn arrays and dataclasses into lists and dicts; the engine's name is left out."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        names = [
            field.name.removeprefix("load_") for field in dataclasses.fields(value)
        ]  # patterns are loaded when asked
        return {name: plain(getattr(value, name)) for name in names} | (
            {"engine": None} if hasattr(value, "engine") else {}
        )
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def rows(batches):
    """The rows of batches of arrays."""
    found = []
    for batch in batches:
        columns = [getattr(batch, field.name).tolist() for field in dataclasses.fields(batch)]
        found += zip(*columns, strict=True)
    return found


def everything(engine, source, **options):
    """All answers of an engine."""
    with engine.open(source, **options) as counted:
        groups = range(len(counted.counts.groups))
        patterns = [range(len(group.patterns.tasks))[::-1] for group in counted.counts.groups]
        return {
            "counts": plain(counted.counts),
            "vectors": [plain(counted.vectors(i)) for i in groups],
            "shares": [rows(counted.shares(i)) for i in groups],
            "pairs": [rows(counted.pairs(i, MIN_SHARED)) for i in groups],
            "work": plain(counted.work()),
            "tasks": [[tuple(item) for item in counted.tasks(i, patterns[i], 7)] for i in groups],
            "weeks": [list(counted.periods(i, "week")) for i in groups],
            "config_versions": [list(counted.periods(i, "config_version")) for i in groups],
        }


def text(value):
    return None if value is None else str(value)


def by_hand(table, by=()):
    """What every engine should say about a list of rows, worked out in the plainest way."""
    judged = [judgment(i, row, by) for i, row in enumerate(table)]
    labelled = [one for one in judged if one["label"] is not None]
    members = {(one["task"], one["annotator"], one["control"]): one for one in sorted(labelled, key=recency)}
    annotators = sorted({one["annotator"] for one in judged})
    keys = sorted({one["group"] for one in members.values()}, key=lambda key: [(v is None, v or "") for v in key])
    own = [[one for one in members.values() if one["group"] == key] for key in keys]
    groups = [group_by_hand(i, key, own[i], by, annotators) for i, key in enumerate(keys)]
    place = {name: i for i, name in enumerate(annotators)}
    return {
        "counts": {
            "engine": None,
            "n_tasks": len({one["task"] for one in members.values()}),
            "n_annotators": len({one["annotator"] for one in members.values()}),
            "n_judgments": len(members),
            "n_repeats_dropped": len(labelled) - len(members),
            "n_without_label": len(judged) - len(labelled),
            "annotators": annotators,
            "groups": [group["counts"] for group in groups],
        },
        "vectors": [group["vectors"] for group in groups],
        "shares": [group["shares"] for group in groups],
        "pairs": [group["pairs"] for group in groups],
        "work": [
            work_by_hand(i, a, judged, key, own[i], place)
            for i, key in enumerate(keys)
            for a in sorted({one["annotator"] for one in judged if one["group"] == key})
        ],
        "tasks": [group["tasks"] for group in groups],
        "weeks": [group["weeks"] for group in groups],
        "config_versions": [group["config_versions"] for group in groups],
    }


def judgment(i, row, by):
    label, extent = text(row["label"]), text(row.get("extent"))
    return {
        "task": str(row["task"]),
        "annotator": str(row["annotator"]),
        "control": text(row.get("control")) or "label",
        "label": label if label is None or extent is None else label + BEYOND_LABEL + extent,
        "group": (text(row.get("control")) or "label", text(row.get("kind")) or "choice", *(text(row[b]) for b in by)),
        "moment": moment(row.get("created_at")),
        "lead": row.get("lead_time_s"),
        "config": text(row.get("config_version")),
        "row": i,
    }


def moment(value):
    try:
        found = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def recency(one):
    return (one["moment"] is not None, one["moment"] or datetime(1, 1, 1, tzinfo=UTC), one["row"])


def group_by_hand(i, key, own, by, annotators):
    labels = sorted({one["label"] for one in own})
    place, person = {name: k for k, name in enumerate(labels)}, {name: k for k, name in enumerate(annotators)}
    tasks = defaultdict(dict)
    for one in own:
        tasks[one["task"]][person[one["annotator"]]] = place[one["label"]]
    pattern = {task: tuple(sorted(Counter(given.values()).items())) for task, given in tasks.items()}
    known = sorted(set(pattern.values()))
    number = {task: known.index(cells) for task, cells in pattern.items()}
    per_pattern = Counter(number.values())
    paired = {task: given for task, given in tasks.items() if len(given) > 1}
    people = sorted({a for given in paired.values() for a in given})
    complete = bool(paired) and all(sorted(given) == people for given in paired.values())
    alike = Counter(tuple(given[a] for a in people) for given in paired.values()) if complete else Counter()
    cells = [cell for found in known for cell in found]
    shares = Counter((a, number[task], label) for task, given in tasks.items() for a, label in given.items())
    ordered = sorted(tasks, key=lambda task: (-number[task], task))
    return {
        "counts": {
            "number": i,
            "control": key[0],
            "kind": key[1],
            "by": dict(zip(by, key[2:], strict=True)),
            "n_tasks": len(tasks),
            "n_annotators": len({one["annotator"] for one in own}),
            "labels": {name: sum(one["label"] == name for one in own) for name in labels},
            "patterns": {
                "starts": [0, *np.cumsum([len(found) for found in known]).tolist()],
                "labels": [label for label, _ in cells],
                "counts": [count for _, count in cells],
                "tasks": [per_pattern[k] for k in range(len(known))],
            },
        },
        "vectors": {
            "annotators": [annotators[a] for a in people] if complete else [],
            "labels": [list(labels) for labels in sorted(alike)],
            "tasks": [alike[labels] for labels in sorted(alike)],
        },
        "shares": [(*found, shares[found]) for found in sorted(shares)],
        "pairs": pairs_by_hand(tasks),
        "tasks": [(task, number[task]) for task in ordered][:7],
        **periods_by_hand(own, number),
    }


def pairs_by_hand(tasks):
    cells, shared = Counter(), Counter()
    for given in tasks.values():
        for a, b in combinations(sorted(given), 2):
            cells[a, b, given[a], given[b]] += 1
            shared[a, b] += 1
    return [(*found, cells[found]) for found in sorted(cells) if shared[found[:2]] >= MIN_SHARED]


def periods_by_hand(own, number):
    latest = {one["task"]: one for one in sorted(own, key=recency)}
    weeks, versions = Counter(), Counter()
    for task, one in latest.items():
        if one["moment"] is not None:
            monday = one["moment"].date() - timedelta(days=one["moment"].weekday())
            weeks[monday.isoformat(), number[task]] += 1
        if one["config"] is not None:
            versions[one["config"], number[task]] += 1
    return {
        "weeks": [(*found, weeks[found]) for found in sorted(weeks)],
        "config_versions": [(*found, versions[found]) for found in sorted(versions)],
    }


def work_by_hand(i, annotator, judged, key, own, place):
    mine = [one for one in judged if one["group"] == key and one["annotator"] == annotator]
    answers, leads = defaultdict(list), defaultdict(list)
    for one in sorted(mine, key=recency):
        if one["label"] is not None:
            answers[one["task"]].append(one["label"])
            if one["lead"] is not None and one["lead"] >= 0:
                leads[one["task"]].append(int(one["lead"] * 10 + 0.5))
    followed = [(before, after) for given in answers.values() for before, after in pairwise(given)]
    return {
        "group": i,
        "annotator": place[annotator],
        "n_judgments": sum(one["annotator"] == annotator for one in own),
        "n_skipped": sum(one["label"] is None for one in mine),
        "n_repeats": len(followed),
        "n_repeats_alike": sum(before == after for before, after in followed),
        "median_lead_time_s": median(map(max, leads.values())) / 10 if leads else None,
    }
