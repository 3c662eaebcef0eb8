from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.agreement.test_categorical import patterns
from toolkit.agreement.categorical import Columns, GwetAC
from toolkit.agreement.longtable import scaled
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.scale import Scale, scale_of
from toolkit.agreement.statistic import Level
from toolkit.agreement.taskmeans import MeanOverTasks
from toolkit.agreement.weighted import (
    IntervalAlpha,
    OrdinalAlpha,
    SampledAlpha,
    agreement_weights,
    alpha_of_distance,
    alpha_of_scale,
    gwet_ac2,
)

WORDS = {"aab": 3, "ad": 2, "bbc": 4, "abcd": 1, "ccc": 2, "dd": 5, "aaaa": 3}
WEIGHTINGS = np.array([[3, 2, 4, 1, 2, 5, 3], [0, 2, 0, 4, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1], [0, 3, 0, 0, 0, 1, 0]])
VALUES = {"a": 1.0, "b": 2.0, "c": 5.0, "d": 9.0}


def reference(words: list[str], distance) -> float:
    """Krippendorff's alpha by its definition, pair by pair."""
    judgments = [label for word in words for label in word]
    total = len(judgments)
    observed = sum(
        2 * sum(distance(one, two) for one, two in combinations(word, 2)) / (len(word) - 1) for word in words
    )
    by_chance = 2 * sum(distance(one, two) for one, two in combinations(judgments, 2))
    return 1 - (total - 1) * observed / by_chance


def ranks(words: list[str]):
    """Return the ordinal distance, which depends on how often each label was used."""
    totals = {label: sum(word.count(label) for word in words) for label in "abcd"}

    def distance(one: str, two: str) -> float:
        low, high = sorted((one, two))
        between = sum(count for label, count in totals.items() if low <= label <= high)
        return (between - (totals[low] + totals[high]) / 2) ** 2

    return distance


def scale(level: Level) -> Scale:
    labels = [str(VALUES[label]) for label in "abcd"]
    found = scale_of(labels, [], level)
    assert isinstance(found, Scale)
    return found


def ratio(one: str, two: str) -> float:
    return ((VALUES[one] - VALUES[two]) / (VALUES[one] + VALUES[two])) ** 2


DISTANCES = {
    Level.NOMINAL: lambda one, two: float(one != two),
    Level.INTERVAL: lambda one, two: (VALUES[one] - VALUES[two]) ** 2,
    Level.RATIO: ratio,
    Level.CIRCULAR: lambda one, two: np.sin(np.pi * (ord(one) - ord(two)) / 4) ** 2,
}


@pytest.mark.parametrize("level", list(Level))
def test_alpha_of_every_level_and_weighting_is_that_of_its_definition(level: Level) -> None:
    statistic = alpha_of_scale(Pairable.of(patterns(WORDS, "abcd"), 4), scale(level))
    found = statistic.values(WEIGHTINGS.astype(float))
    for weighting, value in zip(WEIGHTINGS, found, strict=True):
        words = [word for word, count in zip(WORDS, weighting, strict=True) for _ in range(count)]
        distance = ranks(words) if level is Level.ORDINAL else DISTANCES[level]
        assert value == pytest.approx(reference(words, distance), rel=1e-9)


@pytest.mark.parametrize("level", list(Level))
def test_a_weighting_without_variation_is_undefined_and_one_without_disagreement_is_one(level: Level) -> None:
    statistic = alpha_of_scale(Pairable.of(patterns(WORDS, "abcd"), 4), scale(level))
    found = statistic.values(np.array([[0, 0, 0, 0, 2, 0, 0], [0, 0, 0, 0, 2, 5, 3], [0, 0, 0, 0, 0, 0, 0]], float))
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == 1.0


def test_interval_alpha_stands_large_numbers_that_hardly_differ_and_huge_ones() -> None:
    pairable = Pairable.of(patterns(WORDS, "abcd"), 4)
    plain = np.array([1.0, 2.0, 5.0, 9.0])
    weights = WEIGHTINGS.astype(float)
    expected = IntervalAlpha.of(pairable, plain).values(weights)
    assert IntervalAlpha.of(pairable, plain + 1e9).values(weights) == pytest.approx(expected, rel=1e-9)
    assert IntervalAlpha.of(pairable, plain * 1e300).values(weights) == pytest.approx(expected, rel=1e-9)
    one_value = np.array([[0.0, 0, 0, 0, 2, 0, 0]])
    assert np.isnan(IntervalAlpha.of(pairable, plain + 1e9).values(one_value)).all()


def test_ordinal_alpha_of_a_thousand_labels_is_that_of_their_ranks() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"task": np.repeat(np.arange(600), 3), "annotator": ["p", "q", "r"] * 600})
    table["label"] = (np.repeat(rng.integers(0, 900, 600), 3) + rng.integers(0, 100, 1800)).astype(str)
    pairable, found = scaled(table, Level.ORDINAL)
    totals = np.bincount(pairable.labels, weights=pairable.counts, minlength=len(found.labels))
    middle = totals.cumsum() - totals / 2
    by_ranks = IntervalAlpha.of(pairable, middle).values(np.ones((1, 600)))
    assert OrdinalAlpha.of(pairable).values(np.ones((1, 600))) == pytest.approx(by_ranks, rel=1e-9)


def test_a_sample_of_distances_gives_nearly_the_same_alpha_and_spread() -> None:
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"task": np.repeat(np.arange(1500), 2), "annotator": ["p", "q"] * 1500})
    table["label"] = np.repeat(rng.normal(0, 2, 1500), 2) + rng.normal(0, 1, 3000)
    pairable, found = scaled(table, Level.INTERVAL)
    numbers = found.scores()

    def distance(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return (numbers[one] - numbers[two]) ** 2

    sampled = alpha_of_distance(pairable, distance)
    assert isinstance(sampled, SampledAlpha)
    assert sampled.flags == ("expected_sampled",)
    drawn = np.vstack([np.ones(1500), rng.multinomial(1500, np.full(1500, 1 / 1500), 200)])
    exact = IntervalAlpha.of(pairable, numbers).values(drawn)
    assert sampled.values(drawn) == pytest.approx(exact, abs=0.005)
    assert sampled.values(drawn[1:]).std() == pytest.approx(exact[1:].std(), rel=0.05)
    assert alpha_of_distance(pairable, distance).values(drawn).tolist() == sampled.values(drawn).tolist()


def test_distances_as_a_matrix_and_as_a_function_give_the_same_for_few_labels_and_for_many() -> None:
    rng = np.random.default_rng(7)
    for n_labels in (6, 60):
        table = pd.DataFrame({"task": np.repeat(np.arange(200), 3), "annotator": ["p", "q", "r"] * 200})
        table["label"] = [f"{label:02}" for label in rng.integers(0, n_labels, 600)]
        pairable, found = scaled(table)
        apart = rng.random((len(found.labels), len(found.labels)))
        matrix = np.triu(apart, 1) + np.triu(apart, 1).T
        weights = np.ones((1, 200))
        words = table.groupby("task")["label"].agg(list).tolist()
        places = {label: place for place, label in enumerate(found.labels)}
        expected = reference(words, lambda one, two, at=places, by=matrix: by[at[one], at[two]])
        assert alpha_of_distance(pairable, matrix).values(weights)[0] == pytest.approx(expected)
        as_function = alpha_of_distance(pairable, lambda one, two, by=matrix: by[one, two])
        assert as_function.values(weights)[0] == pytest.approx(expected)


def test_ac2_with_identity_weights_is_ac1() -> None:
    pairable = Pairable.of(patterns(WORDS, "abcd"), 4)
    weights = WEIGHTINGS.astype(float)
    one = GwetAC.one(Columns.of(pairable), 4).values(weights)
    assert gwet_ac2(pairable, agreement_weights("identity", np.arange(4.0))).values(weights) == pytest.approx(one)


def test_mean_similarity_with_nothing_between_equal_and_not_is_percent_agreement() -> None:
    pairable = Pairable.of(patterns({"aa": 3, "ab": 2, "bbc": 4}), 3)
    found = MeanOverTasks(pairable.mean_similarity(lambda one, two: (one == two).astype(float)))
    assert found.values(np.array([[3.0, 2, 4], [0, 0, 0]]))[0] == pytest.approx((3 + 0 + 4 / 3) / 9)
    assert np.isnan(found.values(np.zeros((1, 3)))).all()


@pytest.mark.parametrize(
    ("weighting", "printed"),
    [
        ("linear", [1, 2 / 3, 1 / 3, 0]),
        ("quadratic", [1, 8 / 9, 5 / 9, 0]),
        ("ordinal", [1, 5 / 6, 3 / 6, 0]),
        ("ratio", [1, 1 - (1 / 9) / (9 / 25), 1 - (4 / 16) / (9 / 25), 0]),
        ("identity", [1, 0, 0, 0]),
    ],
)
def test_agreement_weights_of_four_scores_are_those_of_gwets_formulas(weighting, printed: list[float]) -> None:
    found = agreement_weights(weighting, np.array([1.0, 2.0, 3.0, 4.0]))
    assert found[0] == pytest.approx(printed)
    assert (found == found.T).all()
    assert (np.diag(found) == 1).all()
