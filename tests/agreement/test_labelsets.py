from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.agreement.categorical import Columns, NominalAlpha
from toolkit.agreement.counts import Patterns
from toolkit.agreement.labelsets import LabelSets, Paths, mean_jaccard, mean_path_similarity, paths_of, set_of
from toolkit.agreement.longtable import value_of
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.perlabel import PerLabel
from toolkit.agreement.taskmeans import counted_table
from toolkit.agreement.weighted import alpha_of_distance
from toolkit.labelstudio.canonical import canonical_label
from toolkit.models import ControlKind

names = st.sampled_from(["a", "b", "c", "a | b", "[]", '["a"]', "x > y", ""])
sets = st.lists(names, max_size=4).map(frozenset)
paths = st.lists(st.lists(names, min_size=1, max_size=3).map(tuple), max_size=3).map(frozenset)


def table_of(*tasks: Sequence[str]) -> pd.DataFrame:
    rows = [(task, f"p{i}", label) for task, labels in enumerate(tasks) for i, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def compared(measure, n: int) -> np.ndarray:
    """Every position with every other, (n, n)."""
    first, second = (side.ravel() for side in np.indices((n, n)))
    return measure(first, second).reshape(n, n)


@settings(deadline=None)
@given(sets)
def test_a_set_is_read_as_it_is_written(answer: frozenset[str]) -> None:
    assert set_of(canonical_label(ControlKind.CHOICES, sorted(answer))) == answer


@settings(deadline=None)
@given(paths)
def test_paths_are_read_as_they_are_written(answer: frozenset[tuple[str, ...]]) -> None:
    assert paths_of(canonical_label(ControlKind.TAXONOMY, sorted(answer))) == answer


@pytest.mark.parametrize("label", ['["a"', '["a", 1]', '[["a"], "b"]', '[["a"]', "[]x"])
def test_what_only_looks_like_json_is_a_label(label: str) -> None:
    assert set_of(label) == {label}
    assert paths_of(label) == {(label,)}


def test_masi_by_the_definition_of_passonneau_2006() -> None:
    """Jaccard times 1 (equal), 2/3 (one within the other), 1/3 (overlapping), 0 (disjoint)."""
    found = LabelSets.of(["a | b | c", "a | b", "b | c | d", "d"])
    first, second = np.array([0, 0, 0, 0]), np.array([0, 1, 2, 3])
    assert found.masi(first, second).tolist() == pytest.approx([1, 2 / 3 * 2 / 3, 2 / 4 * 1 / 3, 0])
    assert found.masi_distance(first, second).tolist() == pytest.approx([0, 5 / 9, 5 / 6, 1])


def test_the_empty_set_is_like_itself_and_like_no_other() -> None:
    found = LabelSets.of(["[]", "a"])
    for distance in (found.masi_distance, found.jaccard_distance):
        assert compared(distance, 2).tolist() == [[0, 1], [1, 0]]


@settings(deadline=None)
@given(st.lists(sets, min_size=1, max_size=6))
def test_distances_are_symmetric_and_zero_for_equal_sets_only(answers: list[frozenset[str]]) -> None:
    found = LabelSets.of([canonical_label(ControlKind.CHOICES, sorted(one)) for one in answers])
    for distance in (found.masi_distance, found.jaccard_distance):
        matrix = compared(distance, len(answers))
        assert (matrix == matrix.T).all()
        assert ((matrix == 0) == [[one == other for other in answers] for one in answers]).all()
        assert (matrix <= 1).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1).map(frozenset), min_size=2, max_size=6))
def test_nltk_and_scikit_learn_measure_the_same(answers: list[frozenset[str]]) -> None:
    distance = pytest.importorskip("nltk.metrics.distance")
    metrics = pytest.importorskip("sklearn.metrics")
    found = LabelSets.of([" | ".join(sorted(one)) for one in answers])
    masi, jaccard = compared(found.masi_distance, len(answers)), compared(found.jaccard, len(answers))
    for i, one in enumerate(answers):
        for j, other in enumerate(answers):
            # nltk rounds Passonneau's weights to .67 and .33
            assert masi[i, j] == pytest.approx(distance.masi_distance(one, other), abs=0.0034)
            held = [[name in answer for name in "abcde"] for answer in (one, other)]
            assert jaccard[i, j] == pytest.approx(metrics.jaccard_score(*held))


def test_alpha_with_masi_is_that_of_nltk() -> None:
    agreement = pytest.importorskip("nltk.metrics.agreement")
    dice = np.random.default_rng(3)
    answers = ["a", "b", "a | b", "a | b | c", "c | d", "d"]
    tasks = [[str(dice.choice(answers)) for _ in range(3)] for _ in range(40)]
    rows = [(f"p{i}", task, set_of(label)) for task, labels in enumerate(tasks) for i, label in enumerate(labels)]

    def masi(one: frozenset[str], other: frozenset[str]) -> float:
        within = one == other, one <= other or one >= other, bool(one & other)
        return 1 - len(one & other) / len(one | other) * next(
            (weight for weight, fits in zip((1, 2 / 3, 1 / 3), within, strict=True) if fits), 0
        )

    pairable, labels = counted_table(table_of(*tasks))
    found = value_of(alpha_of_distance(pairable, LabelSets.of(labels).masi_distance), pairable.tasks)
    assert found == pytest.approx(agreement.AnnotationTask(rows, distance=masi).alpha())


def test_mean_jaccard_is_over_the_pairs_of_a_task_and_then_over_tasks() -> None:
    table = table_of(["a | b", "b", "c"], ["[]", "[]"], ["a"])
    assert mean_jaccard(table) == pytest.approx(((1 / 2 + 0 + 0) / 3 + 1) / 2)
    assert mean_jaccard(table_of(["a"], ["b"])) is None


def test_by_name_each_name_is_one_against_its_absence() -> None:
    """Three tasks with {a b, b}, two with {a, nothing, nothing}."""
    labels = ["a | b", "b", "a", "[]"]
    patterns = Patterns(np.array([0, 2, 4]), np.array([0, 1, 2, 3]), np.array([1, 1, 1, 2]), np.array([3, 2]))
    pairable = Pairable.of(patterns, 4)
    found = LabelSets.of(labels)
    named = found.by_name(pairable)
    assert found.names == ("a", "b")
    assert named.n_labels == 2
    assert named.sizes.tolist() == [2, 3]
    assert named.matrix().tolist() == [[1, 2], [1, 0]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(sets, min_size=2, max_size=4), min_size=1, max_size=6))
def test_alpha_of_a_name_is_nominal_alpha_of_having_it_or_not(tasks: list[list[frozenset[str]]]) -> None:
    labels = [[canonical_label(ControlKind.CHOICES, sorted(one)) for one in task] for task in tasks]
    pairable, found = counted_table(table_of(*labels))
    read = LabelSets.of(found)
    weights = pairable.tasks[None, :].astype(float)
    by_name = PerLabel.of(read.by_name(pairable)).values(weights)
    for i, name in enumerate(read.names):
        plain, _ = counted_table(table_of(*[["yes" if name in one else "no" for one in task] for task in tasks]))
        expected = NominalAlpha(Columns.of(plain)).values(weights)[0]
        assert by_name.krippendorff_alpha[0, i] == pytest.approx(expected, nan_ok=True)


# --- taxonomy


def test_paths_are_alike_as_far_as_they_run_together() -> None:
    """Wu and Palmer (1994): twice the depth of the last common step by both depths."""
    found = Paths.of(["a > b > c", "a > b > d", "a > b", "a", "x > b > c"])
    alike = found.similarity(np.zeros(5, dtype=np.int64), np.arange(5))
    assert alike.tolist() == pytest.approx([1, 4 / 6, 4 / 5, 2 / 4, 0])


def test_sets_of_paths_are_matched_both_ways() -> None:
    """a>b meets a>c (1/2); of the other, a>c meets a>b (1/2) and x nothing."""
    found = Paths.of(["a > b", "a > c | x"])
    assert found.similarity(np.array([0]), np.array([1])).tolist() == pytest.approx([(1 / 2 + 1 / 2 + 0) / 3])


def test_no_path_at_all_is_an_answer() -> None:
    found = Paths.of(["[]", "a"])
    assert compared(found.distance, 2).tolist() == [[0, 1], [1, 0]]
    assert compared(Paths.of(["[]"]).distance, 1).tolist() == [[0]]


def likeness(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """The definition, path by path."""

    def shared(a: tuple[str, ...], b: tuple[str, ...]) -> float:
        n = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        return 2 * n / (len(a) + len(b))

    if not one or not other:
        return float(one == other)
    best = [max(shared(a, b) for b in there) for here, there in ((one, other), (other, one)) for a in here]
    return sum(best) / len(best)


@settings(max_examples=60, deadline=None)
@given(st.lists(paths, min_size=1, max_size=6))
def test_path_similarity_is_the_definition_and_a_distance_of_zero_means_equal(
    answers: list[frozenset[tuple[str, ...]]],
) -> None:
    found = Paths.of([canonical_label(ControlKind.TAXONOMY, sorted(one)) for one in answers])
    matrix = compared(found.similarity, len(answers))
    assert matrix.tolist() == [[pytest.approx(likeness(one, other)) for other in answers] for one in answers]
    assert (compared(found.distance, len(answers)) == compared(found.distance, len(answers)).T).all()
    assert [matrix[i, i] for i in range(len(answers))] == [1.0] * len(answers)


def test_mean_path_similarity_is_over_pairs_and_tasks() -> None:
    assert mean_path_similarity(table_of(["a > b", "a > c"], ["x", "x"], ["y"])) == pytest.approx((1 / 2 + 1) / 2)


def test_on_leaves_the_way_to_a_leaf_does_not_count() -> None:
    pairable, labels = counted_table(table_of(["a > b", "a | a > b", "a"], ["a > b", "x"]))
    found = Paths.of(labels).on_leaves(pairable)
    assert found.n_labels == 3  # a > b, a, x
    assert found.sizes.tolist() == [3, 2]
    assert sorted(map(sorted, found.matrix().tolist())) == [[0, 1, 1], [0, 1, 2]]


def test_much_work_is_done_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(0)
    labels = [
        " | ".join({f"{dice.choice(list('ab'))} > {dice.choice(list('cd'))}" for _ in range(3)}) for _ in range(30)
    ]
    read, known = Paths.of([*labels, "[]"]), LabelSets.of([*labels, "[]"])
    measures = (read.similarity, known.masi)
    whole = [compared(one, 31).tolist() for one in measures]
    monkeypatch.setattr("toolkit.agreement.labelsets.AT_ONCE", 40)
    monkeypatch.setattr("toolkit.agreement.runs.blocks.__defaults__", (20,))
    assert [compared(one, 31).tolist() for one in measures] == whole
