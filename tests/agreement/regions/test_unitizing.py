from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.agreement.regions.conftest import LENGTH, random_table, span, table
from toolkit.agreement.regions import alpha_u


def stretched(answer, by):
    return [{**region, "start": region["start"] * by, "end": region["end"] * by} for region in answer]


# --- published examples


def krippendorff_2004(label=None):
    """The example of Krippendorff (2004), p. 254: a continuum from 150 to 450, two observers, categories c and k."""
    one = [(225, 295, "c"), (370, 400, "c"), (180, 240, "k"), (300, 350, "k")]
    other = [(220, 300, "c"), (355, 375, "c"), (400, 420, "c"), (180, 240, "k"), (300, 350, "k")]
    answers = [
        [span(b - 150, e - 150, name) for b, e, name in given if label in (None, name)] for given in (one, other)
    ]
    return table(*answers, extent=[300, 300])


# As transcribed in the tests of DKPro Statistics (Krippendorff2004Test); the last is from rounded disagreements.
PUBLISHED_2004 = [("c", 0.7286, 5e-5), ("k", 1.0, 5e-5), (None, 0.8591, 5e-4)]


@pytest.mark.parametrize(("label", "published", "digits"), PUBLISHED_2004)
def test_the_example_of_krippendorff_2004(label, published, digits):
    assert alpha_u(krippendorff_2004(label)) == pytest.approx(published, abs=digits)


KRIPPENDORFF_1995 = {  # (1995), p. 57: pairs of observers on 24 units of length, as in DKPro's Krippendorff1995Test
    "A": ([(2, 10), (14, 20)], [(4, 8), (15, 17)], 0.553),
    "B": ([(0, 18)], [(0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 9), (9, 10)], -0.926),
    "C": ([(2, 8), (10, 12), (14, 18), (20, 22)], [(0, 2), (4, 8), (10, 14), (16, 18), (20, 22)], 0.679),
    "D": (
        [(0, 2), (2, 10), (10, 14), (14, 20), (20, 24)],
        [(0, 4), (4, 8), (8, 15), (15, 17), (17, 24)],
        0.066,
    ),
}


@pytest.mark.parametrize(("one", "other", "published"), KRIPPENDORFF_1995.values(), ids=KRIPPENDORFF_1995)
def test_the_examples_of_krippendorff_1995_in_the_limit(one, other, published):
    # The paper's expected disagreement is slightly off, which the book of 2004 corrects: hence to two hundredths.
    answers = [[span(begin, end, "x") for begin, end in given] for given in (one, other)]
    assert alpha_u(table(*answers, extent=[24, 24]), kind="segments") == pytest.approx(published, abs=0.02)


# --- the formulas, term by term


def units(answer, label):
    """Sections of a continuum as (begin, length, whether it is a unit); overlapping units are one."""
    found = []
    for region in sorted((one for one in answer if label in one["labels"]), key=lambda one: one["start"]):
        if found and region["start"] < found[-1][1]:
            found[-1][1] = max(found[-1][1], region["end"])
        else:
            found.append([region["start"], region["end"]])
    sections, at = [], 0
    for begin, end in found:
        sections += [(at, begin - at, 0)] * (begin > at) + [(begin, end - begin, 1)]
        at = end
    return sections + [(at, LENGTH - at, 0)] * (at < LENGTH)


def distance(one, other):
    (b, n, w), (c, k, v) = one, other
    if w and v and -n < b - c < k:
        return (b - c) ** 2 + (b + n - c - k) ** 2
    if w and not v and k - n >= b - c >= 0:
        return n**2
    if v and not w and k - n <= b - c <= 0:
        return k**2
    return 0


def term_by_term(labels: pd.DataFrame) -> float:
    observed = expected = 0.0
    for _, rows in labels.groupby("task"):
        m = len(rows)
        for label in "xyz" if m > 1 else "":
            given = [units(answer, label) for answer in rows["value"]]
            for i, one in enumerate(given):
                for j, other in enumerate(given):
                    observed += sum(distance(u, v) for u in one for v in other if i != j) / (m * (m - 1))
            every = [section for one in given for section in one]
            lengths = [n for _, n, w in every if w]
            chance = sum(
                (len(lengths) - 1) / 3 * (2 * n**3 - 3 * n**2 + n)
                + n**2 * sum(gap - n + 1 for _, gap, w in every if not w and gap >= n)
                for n in lengths
            )
            total = m * LENGTH
            expected += 2 * LENGTH * chance / (total * (total - 1) - sum(n * (n - 1) for n in lengths))
    return 1 - observed / expected


@pytest.mark.parametrize("seed", range(8))
def test_sums_are_those_of_the_formulas(seed):
    labels = random_table(seed, tasks=5, annotators="abcd", most=5)
    assert alpha_u(labels) == pytest.approx(term_by_term(labels), abs=1e-12)


# --- what it should do


def test_seconds_are_the_limit_of_ever_shorter_units():
    one, other = [span(0.5, 2.25, "x"), span(3, 4, "y")], [span(0.75, 2, "x"), span(3.5, 4, "x")]
    fine = table(stretched(one, 4e6), stretched(other, 4e6), extent=[4e7, 4e7])
    assert alpha_u(table(one, other, extent=[10.0, 10.0]), kind="segments") == pytest.approx(alpha_u(fine), abs=1e-6)


def test_a_perfect_copy_agrees_fully(spans):
    copied = spans.assign(value=spans.groupby("task")["value"].transform("first"))
    assert alpha_u(copied) == pytest.approx(1)


def test_a_border_that_moves_away_agrees_less():
    values = [alpha_u(table([span(5, 10, "x")], [span(5, end, "x")], extent=[30, 30])) for end in (10, 11, 13, 17)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


def test_touching_units_are_two_and_overlapping_ones_are_one():
    whole = [span(0, 10, "x")]
    assert alpha_u(table(whole, [span(0, 6, "x"), span(4, 10, "x")], extent=[30, 30])) == pytest.approx(1)
    assert alpha_u(table(whole, [span(0, 5, "x"), span(5, 10, "x")], extent=[30, 30])) < 1


def test_it_is_undefined_where_nobody_marked_anything():
    assert alpha_u(table([], [], extent=[9.0, 9.0])) is None
    assert alpha_u(table([span(0, 3, "x")])) is None
    assert alpha_u(table([span(3, 3, "x")], [span(3, 3, "x")], extent=[9.0, 9.0])) is None


def test_the_same_pattern_twice_weighs_twice():
    from toolkit.agreement.regions.continuum import rows_of
    from toolkit.agreement.regions.tables import _read
    from toolkit.agreement.regions.unitizing import alpha_u_of

    labels = random_table(5, tasks=4, annotators="ab")
    answers, pairable = _read(labels, "spans")
    again = pd.concat([labels, labels.assign(task=labels["task"] + 100)])
    statistic = alpha_u_of(answers, rows_of(answers, pairable))
    assert statistic.values(np.full((1, len(pairable.tasks)), 2.0))[0] == pytest.approx(alpha_u(again))
