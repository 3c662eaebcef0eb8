from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.agreement.counts import Patterns
from toolkit.agreement.numeric import absolute_difference, datetime_values, mean_absolute_difference, numbers_of
from toolkit.agreement.pairable import Pairable
from toolkit.errors import InputError


def table_of(rows: list[list[float | None]]) -> pd.DataFrame:
    """One list per task, one place per annotator; None where there is no judgment."""
    cells = [(task, f"p{i}", value) for task, row in enumerate(rows) for i, value in enumerate(row)]
    return pd.DataFrame([cell for cell in cells if cell[2] is not None], columns=["task", "annotator", "label"])


numbers = st.one_of(st.none(), st.integers(-5, 5), st.floats(-100, 100).map(lambda x: round(x, 2)))


def test_differences_are_averaged_over_the_pairs_of_a_task_and_then_over_tasks() -> None:
    assert mean_absolute_difference(table_of([[1, 2, 4], [5, 5, None]])) == pytest.approx(((1 + 3 + 2) / 3 + 0) / 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=6))
def test_differences_are_those_of_all_pairs_taken_one_by_one(rows: list[list[float | None]]) -> None:
    tasks = [[value for value in row if value is not None] for row in rows]
    expected = [np.mean([abs(a - b) for a, b in itertools.combinations(task, 2)]) for task in tasks if len(task) >= 2]
    found = mean_absolute_difference(table_of(rows))
    assert found == (pytest.approx(np.mean(expected), abs=1e-9) if expected else None)


def test_equal_numbers_differ_by_exactly_nothing_however_large_they_are() -> None:
    assert mean_absolute_difference(table_of([[1e15 / 3] * 3, [0.1] * 3])) == 0.0


def test_a_small_difference_between_large_numbers_is_not_lost() -> None:
    assert mean_absolute_difference(table_of([[1e15, 1e15 + 1]])) == 1.0


def test_numbers_too_far_apart_for_a_difference_have_none() -> None:
    assert mean_absolute_difference(table_of([[1e308, -1e308]])) is None


def test_a_label_that_is_no_number_is_named() -> None:
    table = pd.DataFrame({"task": [1, 1], "annotator": ["p", "q"], "label": ["4", "four"]})
    with pytest.raises(InputError, match="Label 'four' is no number"):
        mean_absolute_difference(table)


def test_judgments_without_a_number_are_left_out_of_patterns() -> None:
    # 3 tasks with {1, 3, nothing}, 2 with {1, nothing}
    patterns = Patterns(np.array([0, 3, 5]), np.array([0, 1, 2, 0, 2]), np.ones(5, dtype=np.int64), np.array([3, 2]))
    mean = absolute_difference(Pairable.of(patterns, 3), np.array([1.0, 3.0, np.nan]))
    assert mean.figures[0] == 2.0
    assert np.isnan(mean.figures[1])
    assert mean.values(np.array([[3.0, 2.0], [0.0, 5.0]])).tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_what_stands_for_no_number_is_not_one() -> None:
    assert numbers_of(["4", "-2.5e1", "nan", "inf", "four", ""]).tolist() == pytest.approx(
        [4, -25, *[np.nan] * 4], nan_ok=True
    )


def test_moments_are_seconds_in_utc_whatever_their_form() -> None:
    day = 24 * 3600.0
    assert datetime_values(
        ["1970", "1970-02", "1970-01-02", "1970-01-01T00:01", "1970-01-01T00:00:00.5Z", "1970-01-01T01:00:00+02:00"]
    ) == [0.0, 31 * day, day, 60.0, 0.5, -3600.0]


def test_times_of_day_among_dates_are_no_moment() -> None:
    assert datetime_values(["1970-01-01", "18:30", "25:00", "2025-13-01", "soon", ""]) == [0.0, *[None] * 5]
    assert datetime_values(["18:30", "25:00"]) == [66600.0, None]
