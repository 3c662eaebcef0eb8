from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.agreement.counts import Vectors
from toolkit.agreement.intraclass import IccForm, IntraclassCorrelation, Ratings, icc, icc_measures
from toolkit.agreement.statistic import Undefined
from toolkit.errors import InputError

# Shrout and Fleiss (1979), table 2: six targets, four judges.
TABLE_2 = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
SINGLE_LEAST = pytest.approx(-1 / 3)


def table_of(rows: list[list[float]]) -> pd.DataFrame:
    cells = [(str(task), f"p{i}", value) for task, row in enumerate(rows) for i, value in enumerate(row)]
    return pd.DataFrame(cells, columns=["task", "annotator", "label"])


def vectors_of(rows: list[list[int]], tasks: list[int]) -> Vectors:
    return Vectors(tuple(f"p{i}" for i in range(len(rows[0]))), np.array(rows), np.array(tasks))


def weighted(vectors: Vectors, values: np.ndarray, weights: list[list[float]]) -> dict[str, list[float]]:
    ratings = Ratings.of(vectors, values)
    assert isinstance(ratings, Ratings)
    return {form: IntraclassCorrelation(ratings, form).values(np.array(weights)).tolist() for form in IccForm}


def by_definition(rows: list[list[int]]) -> dict[str, float | None]:
    """The mean squares as sums over all cells, as a textbook has them."""
    x = np.array(rows, dtype=float)
    n, k = x.shape
    grand, of_tasks, of_people = x.mean(), x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    b = k * ((of_tasks - grand) ** 2).sum() / (n - 1)
    j = n * ((of_people - grand) ** 2).sum() / (k - 1)
    e = ((x - of_tasks - of_people + grand) ** 2).sum() / ((n - 1) * (k - 1))
    w = ((x - of_tasks) ** 2).sum() / (n * (k - 1))
    fractions = {
        "icc_1_1": (b - w, b + (k - 1) * w),
        "icc_2_1": (b - e, b + (k - 1) * e + k * (j - e) / n),
        "icc_3_1": (b - e, b + (k - 1) * e),
        "icc_1_k": (b - w, b),
        "icc_2_k": (b - e, b + (j - e) / n),
        "icc_3_k": (b - e, b),
    }
    return {name: above / below if below > 1e-9 else None for name, (above, below) in fractions.items()}


def test_the_six_forms_of_shrout_and_fleiss_1979_table_4() -> None:
    found = icc(table_of(TABLE_2))
    assert {name: round(one.value or 0, 2) for name, one in found.items()} == {
        "icc_1_1": 0.17,
        "icc_2_1": 0.29,
        "icc_3_1": 0.71,
        "icc_1_k": 0.44,
        "icc_2_k": 0.62,
        "icc_3_k": 0.91,
    }


def test_the_f_tests_of_shrout_and_fleiss_1979_table_3() -> None:
    found = icc(table_of(TABLE_2))
    for name in ("icc_2_1", "icc_3_1", "icc_2_k", "icc_3_k"):
        one = found[name]
        assert (round(one.f or 0, 2), one.df1, one.df2) == (11.03, 5, 15)
        assert one.p == pytest.approx(1.3457e-4, rel=1e-4)
    # F, p and limits of the one-way form: NAG Library, example of g04ga, on the same table
    one = found["icc_1_1"]
    assert (round(one.f or 0, 2), one.df1, one.df2, round(one.p or 0, 3)) == (1.79, 5, 18, 0.165)
    assert (round(one.low or 0, 2), round(one.high or 0, 2)) == (-0.13, 0.72)


def test_the_intervals_that_other_programs_print_for_the_table_of_shrout_and_fleiss() -> None:
    """As psych::ICC 2.4 in R prints them."""
    limits = {name: (one.low, one.high) for name, one in icc(table_of(TABLE_2)).items()}
    for name, expected in {
        "icc_2_1": (0.019, 0.76),
        "icc_3_1": (0.342, 0.95),
        "icc_1_k": (-0.884, 0.91),
        "icc_2_k": (0.071, 0.93),
        "icc_3_k": (0.676, 0.99),
    }.items():
        low, high = limits[name]
        assert (round(low or 0, 3), round(high or 0, 2)) == expected


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=7))
def test_sums_per_vector_give_what_the_definition_gives(rows: list[list[int]]) -> None:
    """Another way to the same numbers: mean squares from residuals, cell by cell."""
    expected = by_definition(rows)
    for name, one in icc(table_of(rows)).items():
        assert one.value == (None if expected[name] is None else pytest.approx(expected[name], abs=1e-9))


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=5),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_weighting_vectors_is_repeating_tasks(rows: list[list[int]], times: list[int]) -> None:
    weights = times[: len(rows)]
    repeated = [row for row, n in zip(rows, weights, strict=True) for _ in range(n)]
    values = np.array([0.0, 1.0, 2.5, 7.0])
    if isinstance(Ratings.of(vectors_of(rows, [1] * len(rows)), values), Undefined):
        return
    found = weighted(vectors_of(rows, [1] * len(rows)), values, [list(map(float, weights))])
    same = icc(table_of([[values[i] for i in row] for row in repeated])) if repeated else {}
    for name, value in found.items():
        expected = same[name].value if name in same else None
        assert value[0] == pytest.approx(np.nan if expected is None else expected, abs=1e-9, nan_ok=True)


@settings(deadline=None)
@given(st.permutations(range(4)), st.permutations(range(6)))
def test_the_order_of_annotators_and_tasks_does_not_matter(people: list[int], tasks: list[int]) -> None:
    found = icc(table_of([[TABLE_2[task][person] for person in people] for task in tasks]))
    for name, one in icc(table_of(TABLE_2)).items():
        assert found[name].value == pytest.approx(one.value)


def test_a_copy_gives_one_in_every_form() -> None:
    found = icc(table_of([[x / 3] * 3 for x in (1, 2, 3, 4.1)]))
    assert {one.value for one in found.values()} == {1.0}
    assert {(one.f, one.p, one.low) for one in found.values()} == {(None, None, None)}  # no error to test against


def test_a_constant_shift_of_one_annotator_is_agreement_in_consistency_only() -> None:
    found = icc(table_of([[x, x + 0.1] for x in (0.1, 0.2, 0.3, 0.7)]))
    assert found["icc_3_1"].value == 1.0
    assert (found["icc_2_1"].value or 0) < 0.95


def test_large_offsets_change_nothing() -> None:
    moved = icc(table_of([[x + 1e12 for x in row] for row in TABLE_2]))
    assert moved["icc_2_1"].value == pytest.approx(icc(table_of(TABLE_2))["icc_2_1"].value)


def test_numbers_whose_squares_overflow_are_measured_all_the_same() -> None:
    found = icc(table_of([[x * 1e300 for x in row] for row in TABLE_2]))
    assert found["icc_3_k"].value == pytest.approx(icc(table_of(TABLE_2))["icc_3_k"].value)


def test_tasks_with_one_judgment_change_nothing() -> None:
    more = pd.concat([table_of(TABLE_2), pd.DataFrame([("alone", "p1", 900)], columns=["task", "annotator", "label"])])
    assert icc(more) == icc(table_of(TABLE_2))


def test_all_forms_are_undefined_where_annotators_judged_different_tasks() -> None:
    table = table_of(TABLE_2).iloc[1:]
    assert {one.value for one in icc(table).values()} == {None}


@pytest.mark.parametrize("rows", [[[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]], [[1, 2]], [[1], [2]]])
def test_all_forms_are_undefined_without_variation_or_with_one_task_or_annotator(rows: list[list[float]]) -> None:
    assert {one.value for one in icc(table_of(rows)).values()} == {None}


def test_resamples_of_one_vector_are_undefined_or_at_the_least_value_never_infinite() -> None:
    found = weighted(vectors_of([[0, 1, 2, 2], [1, 1, 2, 0]], [3, 4]), np.array([0.1, 0.2, 0.7]), [[7, 0], [0, 1]])
    assert found["icc_1_1"][0] == SINGLE_LEAST
    assert found["icc_2_1"][0] == pytest.approx(0)
    assert all(np.isnan(found[name][0]) for name in ("icc_3_1", "icc_1_k", "icc_3_k"))
    assert all(np.isnan(values[1]) for values in found.values())  # a single task


def test_vectors_with_a_label_that_is_no_number_do_not_count() -> None:
    values = np.array([1.0, 2.0, 4.0, np.nan])
    some = vectors_of([[0, 1], [2, 1], [1, 1], [3, 0]], [2, 1, 1, 9])
    without = replace(some, labels=some.labels[:3], tasks=some.tasks[:3])
    assert weighted(some, values, [[2, 1, 1, 9]]) == weighted(without, values, [[2, 1, 1]])


@pytest.mark.parametrize(
    ("rows", "values", "reason"),
    [
        ([[0], [1]], [1.0, 2.0], "single_annotator"),
        ([[0, 1]], [1.0, 2.0], "single_task"),
        ([[0, 1], [1, 1]], [np.nan, np.nan], "no_pairable_tasks"),
        ([[0, 1], [1, 1]], [0.1, 0.1], "no_variation"),
    ],
)
def test_measures_say_why_they_are_undefined(rows: list[list[int]], values: list[float], reason: str) -> None:
    measures = icc_measures(vectors_of(rows, [1] * len(rows)), np.array(values))
    assert {one.statistic for one in measures} == {Undefined(reason)}
    assert [one.name for one in measures] == [form.value for form in IccForm]


def test_a_measure_brings_its_own_interval() -> None:
    measures = {one.name: one for one in icc_measures(vectors_of(TABLE_2, [1] * 6), np.arange(11.0))}
    told = measures["icc_2_1"].analytic
    assert told is not None
    assert told().low == pytest.approx(0.01879, abs=5e-5)


def test_a_label_that_is_no_number_is_named_even_where_tasks_differ() -> None:
    table = pd.DataFrame({"task": list("aabb"), "annotator": list("pqpr"), "label": ["1", "2", "3", "many"]})
    with pytest.raises(InputError, match="Label 'many' is no number"):
        icc(table)
