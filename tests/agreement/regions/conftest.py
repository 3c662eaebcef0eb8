"""Random answers and the long tables they make."""

from __future__ import annotations

import json
from random import Random

import pandas as pd
import pytest

LENGTH = 30


def span(start, end, *labels, **more):
    return {"start": start, "end": end, "labels": list(labels), **more}


def table(*answers, task="t", **columns):
    """One task, answered by a, b, c, …"""
    names = [chr(ord("a") + i) for i in range(len(answers))]
    return pd.DataFrame({"task": task, "annotator": names, "value": list(answers), **columns})


def random_answer(rng: Random, most=4, labels="xyz"):
    """Regions that may touch, overlap and nest, with one label or two."""
    found = []
    for _ in range(rng.randint(0, most)):
        start, end = sorted(rng.sample(range(LENGTH + 1), 2))
        found.append(span(start, end, *rng.sample(labels, rng.choice([1, 1, 1, 2]))))
    return found


def random_table(seed: int, tasks=6, annotators="abc", **options):
    """Some annotators miss some tasks."""
    rng = Random(seed)
    rows = [
        (task, annotator, random_answer(rng, **options), float(LENGTH))
        for task in range(tasks)
        for annotator in annotators
        if rng.random() < 0.9
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "value", "extent"])


@pytest.fixture(params=range(5))
def spans(request):
    return random_table(request.param)


def as_labels(values, extents=None):
    """Canonical labels, without an order of keys that anything depends on."""
    texts = [json.dumps(value, sort_keys=True) for value in values]
    return texts if extents is None else [f"{text}\x1f{extent:g}" for text, extent in zip(texts, extents, strict=True)]
