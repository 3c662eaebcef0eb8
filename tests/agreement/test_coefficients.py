from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agreement.published import COHEN_1968, FLEISS_1971, PREVALENCE, of_counts, of_cross
from toolkit.agreement.coefficients import (
    brennan_prediger,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    krippendorff_alpha,
    krippendorff_alpha_of_counts,
    percent_agreement,
)
from toolkit.agreement.kappas import cohen_kappa, conger_kappa, scott_pi
from toolkit.errors import InputError

NOMINAL = (percent_agreement, krippendorff_alpha, fleiss_kappa, gwet_ac1, brennan_prediger, conger_kappa)
CHANCE_CORRECTED = NOMINAL[1:]


@st.composite
def annotation_tables(draw: st.DrawFn, labels: str = "abc", annotators: str = "pqrs") -> pd.DataFrame:
    """Up to eight tasks; who answers what is left to chance."""
    cells = [(str(task), annotator) for task in range(draw(st.integers(1, 8))) for annotator in annotators]
    given = draw(st.lists(st.sampled_from([*labels, None]), min_size=len(cells), max_size=len(cells)))
    rows = [(*cell, label) for cell, label in zip(cells, given, strict=True) if label is not None]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def two_annotators(first: str, second: str) -> pd.DataFrame:
    rows = [
        (str(task), annotator, label)
        for annotator, labels in (("p", first), ("q", second))
        for task, label in enumerate(labels)
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


@pytest.mark.parametrize(
    ("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_section_c_of_krippendorff_2011(krippendorff_2011: pd.DataFrame, level, printed: float) -> None:
    assert krippendorff_alpha(krippendorff_2011, level=level) == pytest.approx(printed, abs=5e-4)
    counts = pd.crosstab(krippendorff_2011["task"], krippendorff_2011["label"]).to_numpy()
    of_counted = krippendorff_alpha_of_counts(counts, level=level, values=[1, 2, 3, 4, 5])
    assert of_counted == pytest.approx(printed, abs=5e-4)


def test_alpha_of_section_a_of_krippendorff_2011_two_observers_binary_data() -> None:
    assert krippendorff_alpha(two_annotators("0100000000", "1110010100")) == pytest.approx(0.095, abs=5e-4)


def test_fleiss_kappa_of_the_diagnoses_of_fleiss_1971() -> None:
    assert fleiss_kappa(of_counts(FLEISS_1971)) == pytest.approx(0.430, abs=5e-4)


def test_cohen_kappa_of_cohen_1960() -> None:
    assert cohen_kappa(of_cross(COHEN_1968)) == pytest.approx(0.492, abs=5e-4)


def test_ac1_of_gwets_four_raters_which_are_those_of_krippendorff_2011(krippendorff_2011: pd.DataFrame) -> None:
    assert gwet_ac1(krippendorff_2011) == pytest.approx(0.775, abs=5e-4)


def test_rare_labels_agree_in_percent_and_not_beyond_chance() -> None:
    table = of_cross(PREVALENCE)
    assert percent_agreement(table) == pytest.approx(0.90)
    assert cohen_kappa(table) == pytest.approx(-0.05, abs=5e-3)
    assert gwet_ac1(table) == pytest.approx(0.89, abs=5e-3)


def test_percent_agreement_is_the_mean_over_tasks_not_over_pairs() -> None:
    table = pd.DataFrame(
        {"task": list("1111122"), "annotator": list("pqrstpq"), "label": ["a", "a", "a", "a", "b", "a", "b"]}
    )
    assert percent_agreement(table) == pytest.approx((6 / 10 + 0) / 2)


@pytest.mark.parametrize("coefficient", CHANCE_CORRECTED)
def test_undefined_is_none_where_only_one_label_was_used(coefficient) -> None:
    assert coefficient(two_annotators("aaa", "aaa")) is None


@pytest.mark.parametrize("coefficient", [gwet_ac1, brennan_prediger])
def test_a_label_nobody_chose_makes_agreement_on_the_other_one_count(coefficient) -> None:
    assert coefficient(two_annotators("aaa", "aaa"), n_labels=2) == 1.0


def test_percent_agreement_is_defined_where_only_one_label_was_used() -> None:
    assert percent_agreement(two_annotators("aaa", "aaa")) == 1.0


@pytest.mark.parametrize("coefficient", [*NOMINAL, cohen_kappa, scott_pi, gwet_ac2])
@pytest.mark.parametrize("rows", [[], [("1", "p", "1"), ("2", "q", "2")]], ids=["empty", "no two on a task"])
def test_all_are_undefined_without_two_annotations_of_a_task(coefficient, rows: list[tuple[str, str, str]]) -> None:
    assert coefficient(pd.DataFrame(rows, columns=["task", "annotator", "label"])) is None


@pytest.mark.parametrize("level", ["ordinal", "interval", "ratio", "circular"])
def test_alphas_of_all_levels_are_undefined_without_variation_and_one_of_a_perfect_copy(level) -> None:
    assert krippendorff_alpha(two_annotators("333", "333"), level=level) is None
    assert krippendorff_alpha(two_annotators("1273", "1273"), level=level) == 1.0


def test_a_label_that_is_missing_counts_as_no_annotation() -> None:
    table = two_annotators("ab", "ab")
    more = pd.concat([table, pd.DataFrame([("0", "r", None)], columns=table.columns)])
    assert krippendorff_alpha(more) == krippendorff_alpha(table)


def test_labels_are_compared_as_text() -> None:
    table = two_annotators("1212", "1212").assign(label=[1, 2, "1", "2", "1", "2", 1, 2])
    assert krippendorff_alpha(table) == 1.0


def test_labels_of_pandas_categories_and_numbers_are_taken_as_they_are(krippendorff_2011: pd.DataFrame) -> None:
    expected = krippendorff_alpha(krippendorff_2011, level="ordinal")
    assert krippendorff_alpha(krippendorff_2011.astype("category"), level="ordinal") == pytest.approx(expected)
    numbers = krippendorff_2011.astype({"label": float})
    assert krippendorff_alpha(numbers, level="ordinal") == pytest.approx(expected)


@pytest.mark.parametrize("coefficient", NOMINAL)
def test_an_annotator_who_labelled_a_task_twice_is_refused_by_name(coefficient) -> None:
    table = pd.DataFrame({"task": ["7", "7"], "annotator": ["p", "p"], "label": ["a", "b"]})
    with pytest.raises(InputError, match="Annotator p labelled task 7 more than once"):
        coefficient(table)


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(InputError, match="no column annotator; found: task, worker, label"):
        krippendorff_alpha(pd.DataFrame({"task": [1], "worker": [1], "label": ["a"]}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: krippendorff_alpha(two_annotators("ab", "ab"), level="ordinal"), "order of labels such as 'a'"),
        (lambda: krippendorff_alpha(two_annotators("1b", "1b"), level="interval"), "Label 'b' is no number"),
        (lambda: krippendorff_alpha(two_annotators("1x", "1x").replace("x", "-1"), level="ratio"), "negative numbers"),
        (
            lambda: krippendorff_alpha(two_annotators("12", "12").replace("2", "NaN"), level="ratio"),
            "'NaN' is no number",
        ),
        (lambda: krippendorff_alpha(two_annotators("ab", "ab"), level="odd"), "no level odd"),
        (lambda: krippendorff_alpha(two_annotators("abc", "abc"), level="ordinal", order=["b", "a"]), "'c' is used"),
        (lambda: gwet_ac1(two_annotators("abc", "abc"), n_labels=2), "3 labels were used, more than the 2"),
        (lambda: gwet_ac2(two_annotators("12", "12"), weights="odd"), "no odd weights"),
        (lambda: cohen_kappa(two_annotators("12", "12"), weights="cubic"), "no cubic weights"),
        (lambda: cohen_kappa(of_counts(np.array([[2, 1], [3, 0]]))), "3 annotators labelled tasks together"),
        (lambda: krippendorff_alpha_of_counts(np.array([[0.5, 2.0]])), "is no table of counts"),
        (lambda: krippendorff_alpha_of_counts(np.array([[-1, 2]])), "is no table of counts"),
        (lambda: krippendorff_alpha_of_counts(np.array([[1, 2]]), values=[1.0]), "1 values do not fit 2 columns"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_an_order_takes_the_place_of_that_of_numbers_and_text() -> None:
    table = two_annotators("lmhlmhml", "lmhmhhll")
    named = table.assign(label=table["label"].map({"l": "1", "m": "2", "h": "3"}))
    expected = krippendorff_alpha(named, level="ordinal")
    assert krippendorff_alpha(table, level="ordinal", order=["l", "m", "h"]) == pytest.approx(expected)
    assert krippendorff_alpha(table, level="ordinal", order=["h", "m", "l"]) == pytest.approx(expected)
    assert krippendorff_alpha(table, level="ordinal", order=["m", "l", "h"]) != pytest.approx(expected)


def test_on_a_circle_the_last_label_is_next_to_the_first() -> None:
    days = [str(day) for day in range(7)]
    far = two_annotators("0123456", "0123456").assign(label=list("0123456") + list("6123456"))
    near = two_annotators("0123456", "0123456").assign(label=list("0123456") + list("1123456"))
    apart = two_annotators("0123456", "0123456").assign(label=list("0123456") + list("3123456"))
    one, two, three = (krippendorff_alpha(table, level="circular", order=days) for table in (far, near, apart))
    assert one == pytest.approx(two)
    assert one is not None
    assert three is not None
    assert one > three


def test_a_distance_of_ones_own_gives_the_alpha_of_the_level_it_is_the_distance_of(
    krippendorff_2011: pd.DataFrame,
) -> None:
    found = krippendorff_alpha(krippendorff_2011, distance=lambda one, two: (float(one) - float(two)) ** 2)
    assert found == pytest.approx(krippendorff_alpha(krippendorff_2011, level="interval"))


@pytest.mark.parametrize("coefficient", NOMINAL)
@settings(max_examples=25, deadline=None)
@given(table=annotation_tables(), names=st.permutations("abc"))
def test_label_names_do_not_matter(coefficient, table: pd.DataFrame, names: list[str]) -> None:
    renamed = table.assign(label=table["label"].map(dict(zip("abc", names, strict=True))))
    assert coefficient(renamed) == pytest.approx(coefficient(table))


@pytest.mark.parametrize("coefficient", NOMINAL)
@settings(max_examples=25, deadline=None)
@given(table=annotation_tables(), names=st.permutations("pqrs"), dice=st.randoms())
def test_neither_annotators_names_nor_the_order_of_rows_matter(coefficient, table, names: list[str], dice) -> None:
    order = list(range(len(table)))
    dice.shuffle(order)
    other = table.iloc[order].assign(annotator=table["annotator"].map(dict(zip("pqrs", names, strict=True))))
    assert coefficient(other) == pytest.approx(coefficient(table))


@pytest.mark.parametrize("coefficient", [*NOMINAL, cohen_kappa, scott_pi])
@settings(max_examples=25, deadline=None)
@given(labels=st.lists(st.sampled_from("abc"), min_size=2, max_size=12).filter(lambda labels: len(set(labels)) > 1))
def test_a_perfect_copy_gives_exactly_one(coefficient, labels: list[str]) -> None:
    assert coefficient(two_annotators("".join(labels), "".join(labels))) == 1.0


@pytest.mark.parametrize("coefficient", NOMINAL)
@settings(max_examples=25, deadline=None)
@given(table=annotation_tables(), label=st.sampled_from("abcd"))
def test_a_task_that_only_one_annotator_labelled_changes_nothing(coefficient, table, label: str) -> None:
    alone = pd.DataFrame([("alone", "p", label), ("too", "z", label)], columns=["task", "annotator", "label"])
    assert coefficient(pd.concat([table, alone])) == pytest.approx(coefficient(table))


@settings(max_examples=40, deadline=None)
@given(annotation_tables(labels="1234"))
def test_counts_and_the_long_table_give_the_same_alpha(table: pd.DataFrame) -> None:
    counts = np.array(pd.crosstab(table["task"], table["label"]).reindex(columns=list("1234"), fill_value=0))
    counts = counts.astype(np.int64).reshape(-1, 4)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        found = krippendorff_alpha_of_counts(counts, level=level, values=[1, 2, 3, 4])
        assert found == pytest.approx(krippendorff_alpha(table, level=level))


def test_ten_thousand_labels_that_hardly_recur_are_no_trouble() -> None:
    n = 20_000
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"task": np.repeat(np.arange(n), 2), "annotator": ["p", "q"] * n})
    table["label"] = rng.integers(0, 10_000, 2 * n)
    for coefficient in NOMINAL:
        value = coefficient(table)
        assert value is not None
        assert abs(value) < 0.01
