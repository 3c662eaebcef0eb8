from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from toolkit.agreement.numeric import datetime_values
from toolkit.consensus.answers import Answer, Settled
from toolkit.consensus.numbers import settle_datetime, settle_number, settle_rating
from toolkit.errors import InputError
from toolkit.models import Control, ControlKind

numbers = st.integers(-50, 50) | st.floats(-1e6, 1e6)
days = st.dates().map(str) | st.datetimes().map(lambda moment: moment.isoformat())


def answers(*values: Any) -> list[Answer]:
    return [Answer(f"annotator {i}", value) for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("ratings", "status", "value", "support"),
    [
        ([4, 4, 2], "decided", 4, 2 / 3),
        ([1, 3, 5], "undecided", None, 1 / 3),  # in the middle, with one of three behind it
        ([5, 2, 2, 2], "decided", 2, 3 / 4),
        ([4, 3], "tie", None, 1 / 2),
        ([1, 3, 4, 4], "tie", None, 2 / 4),  # between 3 and 4, and two gave 4
        ([5, 5, 5, 5], "decided", 5, 1),
    ],
)
def test_the_middle_rating_counts_and_half_steps_are_ties(
    ratings: list[int], status: str, value: int | None, support: float
) -> None:
    found = settle_rating(answers(*ratings))
    assert (found.status.value, found.value, found.support) == (status, value, pytest.approx(support))
    assert (found.n_judgments, found.method) == (len(ratings), "median")


def test_neighbouring_ratings_stand_behind_the_value_within_a_tolerance() -> None:
    found = settle_rating(answers(2, 3, 4, 4, 1), tolerance=1)
    assert (found.value, found.support) == (3, 4 / 5)


def test_the_mean_of_ratings_lies_between_steps() -> None:
    found = settle_rating(answers(3, 4, 4, 4), method="mean", tolerance=0.5)
    assert (found.value, found.support) == (3.75, 3 / 4)


def test_ratings_off_the_scale_leave_it_undecided() -> None:
    control = Control("quality", ControlKind.RATING, "text", labels=tuple("12345"))
    assert settle_rating(answers(5, 5), control=control).value == 5
    found = settle_rating(answers(5, 7, 7), control=control)
    assert (found.value, found.status.value) == (None, "undecided")
    assert found.reason == "7 is not among the ratings of quality: 1, 2, 3, 4, 5"
    assert settle_rating(answers(7), control=Control("quality", ControlKind.RATING, "text")).value == 7


def test_of_an_even_number_the_mean_of_the_middle_two_counts() -> None:
    # middle two of 1, 2, 4, 100: (2 + 4) / 2 = 3; within 2 of it are 1, 2 and 4
    found = settle_number(answers(100, 1, 4, 2), tolerance=2)
    assert (found.value, found.support, found.status.value) == (3, 3 / 4, "decided")


def test_numbers_that_differ_are_not_behind_what_lies_between_them() -> None:
    found = settle_number(answers(7, 8))
    assert (found.value, found.status.value, found.support) == (None, "undecided", 0)
    assert found.reason.startswith("median; 0 of 2 answers equal to it; no interval, which takes 6 answers")


def test_a_tolerance_of_a_tenth_reaches_a_tenth() -> None:
    assert settle_number(answers(0.3, 0.4, 0.2), tolerance=0.1).support == 1


@pytest.mark.parametrize(
    ("n", "places"),
    [
        (5, None),  # 2 · P(X ≤ 0) = 2 / 32 > .05
        (6, (1, 6)),  # 2 · 1 / 64 = .031
        (8, (1, 8)),  # 2 · (1 + 8) / 256 = .070 is too much for the second
        (9, (2, 8)),  # 2 · (1 + 9) / 512 = .039
        (10, (2, 9)),  # 2 · (1 + 10) / 1024 = .021, and with the third .109
    ],
)
def test_the_interval_of_the_median_is_one_of_order_statistics(n: int, places: tuple[int, int] | None) -> None:
    values = list(range(1, n + 1))
    Random(0).shuffle(values)
    assert settle_number(answers(*values), min_support=0).interval == places


@given(st.lists(st.floats(-100, 100), min_size=6, max_size=40, unique=True))
def test_the_interval_of_the_median_is_that_of_scipys_quantile_test(values: list[float]) -> None:
    theirs = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    assert settle_number(answers(*values), min_support=0).interval == (theirs.low, theirs.high)


def test_the_interval_of_the_mean_is_students() -> None:
    # mean 3, s² = 10 / 4, standard error √(2.5 / 5) = .7071, t(.975; 4) = 2.7764: 3 ± 1.963
    found = settle_number(answers(1, 2, 3, 4, 5), method="mean")
    assert found.interval == pytest.approx((3 - 1.963, 3 + 1.963), abs=1e-3)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30, unique=True))
def test_the_interval_of_the_mean_is_that_of_scipy(values: list[int]) -> None:
    theirs = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    found = settle_number(answers(*values), method="mean", min_support=0)
    assert found.interval == pytest.approx(theirs, abs=1e-9)


def test_one_number_has_no_interval_of_the_mean() -> None:
    found = settle_number(answers(2.5), method="mean")
    assert (found.value, found.interval) == (2.5, None)
    assert found.reason == "mean; 1 of 1 answers equal to it; no interval, which takes 2 answers"


def test_a_moment_is_given_as_most_wrote_it() -> None:
    texts = ["2025-09-12T00:00", "2025-09-12T00:00", "2025-09-12", "2025-10-01", "2024-01-01"]
    found = settle_datetime(answers(*texts))
    assert (found.value, found.support) == ("2025-09-12T00:00", 3 / 5)


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["2025-01-01T01:00+01:00", "2025-01-01T00:00Z"], "2025-01-01T00:00Z"),  # shorter
        (["2025", "2025-01", "2025-01-01"], "2025"),
        (["18:30", "18:30:00", "06:15"], "18:30"),
    ],
)
def test_of_forms_of_the_same_moment_the_shortest_counts(texts: list[str], value: str) -> None:
    assert settle_datetime(answers(*texts)).value == value


def test_days_apart_are_a_tie_and_not_a_day_nobody_named() -> None:
    found = settle_datetime(answers("2025-09-14", "2025-09-12"))
    assert (found.status.value, found.value, found.support) == ("tie", None, 1 / 2)
    assert found.reason == "the middle of 2 answers is between 2025-09-12 and 2025-09-14"


@pytest.mark.parametrize("strange", ["soon", "18:30"])
def test_what_is_no_date_leaves_dates_undecided(strange: str) -> None:
    found = settle_datetime(answers("2025-09-14", "2025-09-14", strange))
    assert (found.status.value, found.support) == ("undecided", None)
    assert found.reason == f"'{strange}' is no date, or a time of day among dates"


def test_days_within_a_tolerance_stand_behind_the_middle_one() -> None:
    found = settle_datetime(answers("2025-09-11", "2025-09-12", "2025-09-20"), tolerance=86400)
    assert (found.value, found.support) == ("2025-09-12", pytest.approx(2 / 3))


Settle = Callable[..., Settled]
CASES = [(settle_rating, st.integers(1, 5)), (settle_number, numbers), (settle_datetime, days)]


@pytest.mark.parametrize(("function", "values"), CASES)
@given(st.data())
def test_neither_order_nor_names_of_annotators_matter(function: Settle, values: Any, data: st.DataObject) -> None:
    given_ = data.draw(st.lists(values, min_size=1, max_size=9))
    shuffled = data.draw(st.permutations(given_))
    renamed = [Answer(name, value) for name, value in zip("zyxwvutsr", shuffled, strict=False)]
    assert function(renamed) == function(answers(*given_))


@pytest.mark.parametrize(("function", "values"), CASES)
@given(st.data())
def test_equal_answers_give_themselves_back(function: Settle, values: Any, data: st.DataObject) -> None:
    value, n = data.draw(values), data.draw(st.integers(1, 9))
    found = function(answers(*[value] * n))
    assert (found.value, found.support, found.status.value) == (value, 1, "decided")


@given(st.lists(numbers, min_size=1, max_size=9), st.floats(0, 100))
def test_one_more_who_gives_the_median_never_lowers_the_support(values: list[float], tolerance: float) -> None:
    before = settle_number(answers(*values), tolerance=tolerance, min_support=0)
    after = settle_number(answers(*values, before.value), tolerance=tolerance, min_support=0)
    assert after.value == before.value
    assert after.support >= before.support


@given(st.lists(days, min_size=1, max_size=9))
def test_a_date_that_is_decided_on_is_one_that_was_given_and_in_the_middle(texts: list[str]) -> None:
    found = settle_datetime(answers(*texts), min_support=0)
    moments = sorted(datetime_values(texts))
    if found.value is None:
        assert len(texts) % 2 == 0
    else:
        assert found.value in texts
        assert datetime_values([found.value]) == [moments[len(moments) // 2]]


@pytest.mark.parametrize("function", [settle_rating, settle_number, settle_datetime])
def test_fewer_answers_than_demanded_are_too_few(function: Settle) -> None:
    found = function(answers(4) if function is not settle_datetime else answers("2025"), min_judgments=2)
    assert (found.status.value, found.value, found.support) == ("too_few", None, None)
    assert (found.n_judgments, found.reason) == (1, "1 of 2 judgments needed")
    assert function([]).reason == "0 of 1 judgments needed"


@pytest.mark.parametrize(
    ("given_", "options", "message"),
    [
        (answers(math.nan), {}, "nan, is no number"),
        (answers("4"), {}, "'4', is no number"),
        (answers(True), {}, "True, is no number"),
        ([Answer("ada", 4), Answer("ada", 5)], {}, "Annotator ada answered the same question 2 times"),
        (answers(4), {"tolerance": -1}, "tolerance must be 0 or more, not -1"),
        (answers(4), {"tolerance": math.nan}, "tolerance must be 0 or more, not nan"),
        (answers(4), {"method": "mode"}, "There is no method mode"),
        (answers(4), {"min_support": 60}, "least support must lie within 0 and 1, not 60"),
        (answers(4), {"min_judgments": 0}, "At least 1 judgment is needed"),
    ],
)
def test_what_cannot_be_meant_is_refused(given_: Sequence[Answer], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settle_number(given_, **options)
