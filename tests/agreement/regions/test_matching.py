from __future__ import annotations

from itertools import permutations
from random import Random

import numpy as np
import pytest

from tests.agreement.regions.conftest import random_answer, random_table, span, table
from toolkit.agreement.regions import span_f1
from toolkit.agreement.regions.matching import match_exactly, match_overlapping
from toolkit.agreement.regions.reading import answers_of
from toolkit.errors import InputError

PAIR = np.array([0]), np.array([1])


def answers(*values, kind="spans"):
    return answers_of(kind, values, [float("nan")] * len(values))


def overlap(one, other):
    shared = max(0, min(one["end"], other["end"]) - max(one["start"], other["start"]))
    return shared / (one["end"] - one["start"] + other["end"] - other["start"] - shared)


def best(ones, others, least):
    """Try every way to match: (matches, total overlap) of the best."""
    if len(ones) > len(others):
        return best(others, ones, least)
    found = (0, 0.0)
    for order in permutations(range(len(others)), len(ones)):
        pairs = [(one, others[j]) for one, j in zip(ones, order, strict=True)]
        scores = [overlap(*pair) for pair in pairs if set(pair[0]["labels"]) == set(pair[1]["labels"])]
        scores = [score for score in scores if score >= least]
        found = max(found, (len(scores), sum(scores)))
    return found


@pytest.mark.parametrize("least", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("seed", range(40))
def test_the_matching_is_the_best_there_is(seed, least):
    rng = Random(seed)
    ones, others = random_answer(rng, most=5, labels="xy"), random_answer(rng, most=5, labels="xy")
    found = match_overlapping(answers(ones, others), *PAIR, least)
    matches, total = best(ones, others, least)
    assert found.matched[0] == matches
    assert found.overlaps[0] == pytest.approx(total)


def test_one_region_is_not_matched_twice():
    whole, halves = [span(0, 10, "x")], [span(0, 5, "x"), span(5, 10, "x")]
    found = match_overlapping(answers(whole, halves), *PAIR, 0.5)
    assert (found.matched[0], found.regions[0]) == (1, 3)
    assert found.f1[0] == pytest.approx(2 / 3)


def test_more_matches_come_before_more_overlap():
    # Alone, [0, 10] and [1, 11] overlap most, but then [0, 7] and [4, 11] are left without a partner.
    ones, others = [span(0, 10, "x"), span(4, 11, "x")], [span(1, 11, "x"), span(0, 7, "x")]
    assert match_overlapping(answers(ones, others), *PAIR, 0.5).matched[0] == 2


def test_labels_have_to_be_the_same_set():
    one, other = [span(0, 4, "x", "y")], [span(0, 4, "y", "x")]
    assert span_f1(table(one, other)) == 1
    assert span_f1(table(one, [span(0, 4, "x")]), iou=0.5) == 0


def test_a_repeated_region_needs_a_repeated_partner():
    twice, once = [span(0, 4, "x")] * 2, [span(0, 4, "x")]
    assert match_exactly(answers(twice, once), *PAIR).f1[0] == pytest.approx(2 / 3)
    assert match_overlapping(answers(twice, once), *PAIR, 0.5).f1[0] == pytest.approx(2 / 3)


def test_empty_answers_agree_with_each_other_only():
    assert span_f1(table([], [])) == 1
    assert span_f1(table([], [span(0, 4, "x")])) == 0
    assert span_f1(table([], [span(0, 4, "x")]), iou=0.5) == 0


def test_a_region_without_length_matches_its_equal():
    assert span_f1(table([span(3, 3, "x")], [span(3, 3, "x")]), iou=0.5) == 1
    assert span_f1(table([span(3, 3, "x")], [span(2, 4, "x")]), iou=0.5) == 0


def test_turns_are_laid_one_after_the_other():
    def turn(first, begin, last, end):
        return {"start": first, "end": last, "startOffset": begin, "endOffset": end, "labels": ["x"]}

    # Turn 0 is 10 long and turn 1 is 20 as far as anybody marked: [5, 30) and [10, 30) on one line.
    both = table([turn("0", 5, "1", 20)], [turn("0", 10, "1", 20)])
    assert span_f1(both, kind="turns", iou=0.8) == 1
    assert span_f1(both, kind="turns", iou=0.81) == 0
    assert span_f1(table([turn("0", 0, "0", 5)], [turn("1", 0, "1", 5)]), kind="turns", iou=0.5) == 0


def test_the_last_frame_counts():
    one, other = [span(1, 4, "x")], [span(3, 6, "x")]
    frames, seconds = table(one, other), table(one, other, extent=[10.0, 10.0])
    assert span_f1(frames, kind="segments", iou=0.333) == 1  # 2 of 6 frames
    assert span_f1(seconds, kind="segments", iou=0.333) == 0  # 1 of 5 seconds
    assert span_f1(table([span(7, 7, "x")], [span(7, 8, "x")]), kind="segments", iou=0.5) == 1


def test_white_space_at_the_ends_does_not_count():
    one, other = [span(0, 5, "x", text="word ")], [span(0, 4, "x", text="word")]
    assert span_f1(table(one, other)) == 1
    assert span_f1(table([span(0, 2, "x", text="  ")], other)) == 0


@pytest.mark.parametrize("iou", [None, 0.5])
def test_nobody_is_the_reference_and_no_order_matters(spans, iou):
    value = span_f1(spans, iou=iou)
    turned = spans.iloc[::-1].assign(
        annotator=lambda rows: rows["annotator"].map({"a": "z", "b": "y", "c": "x"}),
        value=lambda rows: [list(reversed(answer)) for answer in rows["value"]],
    )
    assert span_f1(turned, iou=iou) == pytest.approx(value)


@pytest.mark.parametrize("iou", [None, 0.5, 1.0])
def test_a_perfect_copy_agrees_fully(spans, iou):
    copied = spans.assign(value=spans.groupby("task")["value"].transform("first"))
    assert span_f1(copied, iou=iou) == 1


def test_many_pairs_at_once_are_what_they_are_alone():
    values = list(random_table(3, tasks=40)["value"])
    read = answers(*values)
    first, second = (part.ravel() for part in np.meshgrid(np.arange(len(values)), np.arange(len(values))))
    together = match_overlapping(read, first, second, 0.5)
    alone = [match_overlapping(read, first[[i]], second[[i]], 0.5).overlaps[0] for i in range(0, len(first), 37)]
    assert together.overlaps[::37] == pytest.approx(alone)


def test_an_overlap_out_of_range_is_refused():
    with pytest.raises(InputError, match="above 0 and at most 1"):
        span_f1(table([], []), iou=0)
