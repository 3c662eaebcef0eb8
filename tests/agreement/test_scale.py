from __future__ import annotations

import numpy as np
import pytest

from toolkit.agreement.scale import Scale, number_of, scale_of, similarity_of
from toolkit.agreement.statistic import Level, Undefined


def scale(found: list[str], level: Level, declared: tuple[str, ...] = ()) -> Scale:
    result = scale_of(found, declared, level)
    assert isinstance(result, Scale)
    return result


def test_declared_labels_come_first_in_their_order_and_others_after_them() -> None:
    found = scale(["zeta", "good", "alpha"], Level.ORDINAL, ("bad", "good"))
    assert found.labels == ("bad", "good", "alpha", "zeta")
    assert found.undeclared == ("alpha", "zeta")
    assert found.positions(["zeta", "nobody's", "bad"]).tolist() == [3, -1, 0]


def test_nothing_is_undeclared_where_nothing_is_declared() -> None:
    assert scale(["b", "a"], Level.NOMINAL).undeclared == ()


def test_numbers_are_in_their_own_order_and_text_in_that_of_text() -> None:
    assert scale(["10", "9", "-1", "2.5"], Level.INTERVAL).labels == ("-1", "2.5", "9", "10")
    assert scale(["10", "9", "x"], Level.NOMINAL).labels == ("10", "9", "x")


def test_the_order_of_the_label_config_goes_before_that_of_numbers() -> None:
    found = scale(["3", "1", "2"], Level.ORDINAL, ("3", "2", "1"))
    assert found.labels == ("3", "2", "1")
    assert found.values == (3.0, 2.0, 1.0)


@pytest.mark.parametrize(
    ("found", "level", "reason"),
    [
        (["a", "b"], Level.ORDINAL, "order_unknown"),
        (["a", "1"], Level.CIRCULAR, "order_unknown"),
        (["a", "1"], Level.INTERVAL, "not_numeric"),
        (["NaN", "1"], Level.INTERVAL, "not_numeric"),
        (["inf", "1"], Level.RATIO, "not_numeric"),
        (["-1", "1"], Level.RATIO, "negative_values"),
    ],
)
def test_a_level_that_does_not_fit_the_labels_says_why(found: list[str], level: Level, reason: str) -> None:
    assert scale_of(found, [], level) == Undefined(reason)


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e999", "1_000", "", " ", "1,5", "0x1", "٣", "1 2"])
def test_what_only_python_or_nobody_takes_for_a_number_is_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(("text", "number"), [("4", 4.0), ("-.5", -0.5), ("1E3", 1000.0), (" 7 ", 7.0), ("2.", 2.0)])
def test_numbers_are_read(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("level", list(Level))
def test_similarity_is_one_to_itself_symmetric_and_never_outside_zero_and_one(level: Level) -> None:
    similarity = similarity_of(scale(["0", "1", "2", "10", "1e300"], level))
    one, two = (places.ravel() for places in np.indices((5, 5)))
    found = similarity(one, two)
    assert found[one == two] == pytest.approx(1.0)
    assert found == pytest.approx(similarity(two, one))
    assert ((found >= 0) & (found <= 1)).all()


def test_similarity_falls_with_the_steps_the_difference_and_the_proportion() -> None:
    labels, first, second = ["1", "2", "5"], np.array([0, 0, 1]), np.array([1, 2, 2])
    assert similarity_of(scale(labels, Level.NOMINAL))(first, second) == pytest.approx([0, 0, 0])
    assert similarity_of(scale(labels, Level.ORDINAL))(first, second) == pytest.approx([0.5, 0, 0.5])
    assert similarity_of(scale(labels, Level.INTERVAL))(first, second) == pytest.approx([3 / 4, 0, 1 / 4])
    assert similarity_of(scale(labels, Level.RATIO))(first, second) == pytest.approx([2 / 3, 1 / 3, 4 / 7])
    assert similarity_of(scale(labels, Level.CIRCULAR))(first, second) == pytest.approx([0.25, 0.25, 0.25])


def test_a_single_label_is_like_itself() -> None:
    for level in Level:
        assert similarity_of(scale(["3"], level))(np.array([0]), np.array([0])).tolist() == [1.0]
