from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from toolkit.agreement import krippendorff_alpha, percent_agreement
from toolkit.errors import InputError


@st.composite
def annotation_tables(draw: st.DrawFn) -> pd.DataFrame:
    """Up to eight tasks and four annotators; who answers what is left to chance."""
    cells = [(str(task), annotator) for task in range(draw(st.integers(1, 8))) for annotator in "pqrs"]
    labels = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=len(cells), max_size=len(cells)))
    rows = [(*cell, label) for cell, label in zip(cells, labels, strict=True) if label is not None]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def two_annotators(first: str, second: str) -> pd.DataFrame:
    rows = [
        (str(task), annotator, label)
        for annotator, labels in (("p", first), ("q", second))
        for task, label in enumerate(labels)
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def test_alpha_of_section_c_of_krippendorff_2011(krippendorff_2011: pd.DataFrame) -> None:
    assert krippendorff_alpha(krippendorff_2011) == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_section_a_of_krippendorff_2011_two_observers_binary_data() -> None:
    assert krippendorff_alpha(two_annotators("0100000000", "1110010100")) == pytest.approx(0.095, abs=5e-4)


def test_percent_agreement_is_the_mean_over_tasks_not_over_pairs() -> None:
    table = pd.DataFrame(
        {"task": list("1111122"), "annotator": list("pqrstpq"), "label": ["a", "a", "a", "a", "b", "a", "b"]}
    )
    assert percent_agreement(table) == pytest.approx((6 / 10 + 0) / 2)


def test_rare_labels_agree_in_percent_and_not_beyond_chance() -> None:
    table = two_annotators("a" * 18 + "ab", "a" * 18 + "ba")
    assert percent_agreement(table) == pytest.approx(0.9)
    alpha = krippendorff_alpha(table)
    assert alpha is not None
    assert alpha < 0


def test_undefined_is_none_where_only_one_label_was_used() -> None:
    assert krippendorff_alpha(two_annotators("aaa", "aaa")) is None
    assert percent_agreement(two_annotators("aaa", "aaa")) == 1.0


def test_both_are_undefined_where_no_task_has_two_annotations() -> None:
    table = pd.DataFrame({"task": ["1", "2"], "annotator": ["p", "q"], "label": ["a", "b"]})
    assert (percent_agreement(table), krippendorff_alpha(table)) == (None, None)


def test_both_are_undefined_for_an_empty_table() -> None:
    table = pd.DataFrame({"task": [], "annotator": [], "label": []})
    assert (percent_agreement(table), krippendorff_alpha(table)) == (None, None)


def test_a_label_that_is_missing_counts_as_no_annotation() -> None:
    table = two_annotators("ab", "ab")
    more = pd.concat([table, pd.DataFrame([("0", "r", None)], columns=table.columns)])
    assert krippendorff_alpha(more) == krippendorff_alpha(table)


def test_an_annotator_who_labelled_a_task_twice_is_refused_by_name() -> None:
    table = pd.DataFrame({"task": ["7", "7"], "annotator": ["p", "p"], "label": ["a", "b"]})
    with pytest.raises(InputError, match="Annotator p labelled task 7 more than once"):
        percent_agreement(table)


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(InputError, match="no column annotator; found: task, worker, label"):
        krippendorff_alpha(pd.DataFrame({"task": [1], "worker": [1], "label": ["a"]}))


@given(annotation_tables(), st.permutations("abc"))
def test_label_names_do_not_matter(table: pd.DataFrame, names: list[str]) -> None:
    renamed = table.assign(label=table["label"].map(dict(zip("abc", names, strict=True))))
    assert krippendorff_alpha(renamed) == pytest.approx(krippendorff_alpha(table))
    assert percent_agreement(renamed) == pytest.approx(percent_agreement(table))


@given(annotation_tables(), st.permutations("pqrs"), st.randoms())
def test_neither_annotators_names_nor_the_order_of_rows_matter(table: pd.DataFrame, names: list[str], dice) -> None:
    order = list(range(len(table)))
    dice.shuffle(order)
    other = table.iloc[order].assign(annotator=table["annotator"].map(dict(zip("pqrs", names, strict=True))))
    assert krippendorff_alpha(other) == pytest.approx(krippendorff_alpha(table))
    assert percent_agreement(other) == pytest.approx(percent_agreement(table))


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=12))
def test_a_perfect_copy_gives_exactly_one(labels: list[str]) -> None:
    table = two_annotators("".join(labels), "".join(labels))
    assert percent_agreement(table) == 1.0
    assert krippendorff_alpha(table) == (1.0 if len(set(labels)) > 1 else None)


@given(annotation_tables(), st.sampled_from("abc"))
def test_a_task_that_only_one_annotator_labelled_changes_nothing(table: pd.DataFrame, label: str) -> None:
    alone = pd.DataFrame([("alone", "p", label)], columns=["task", "annotator", "label"])
    more = pd.concat([table, alone])
    assert krippendorff_alpha(more) == pytest.approx(krippendorff_alpha(table))
    assert percent_agreement(more) == pytest.approx(percent_agreement(table))


@settings(max_examples=60)
@given(annotation_tables())
def test_another_implementation_gives_the_same_alpha(table: pd.DataFrame) -> None:
    counts = pd.crosstab(table["task"], table["label"]).to_numpy()
    pairable = counts[counts.sum(axis=1) >= 2] if counts.size else np.zeros((0, 0))
    assume(pairable.size and (pairable.sum(axis=0) > 0).sum() > 1)
    expected = krippendorff.alpha(value_counts=pairable, level_of_measurement="nominal")
    assert krippendorff_alpha(table) == pytest.approx(expected)
