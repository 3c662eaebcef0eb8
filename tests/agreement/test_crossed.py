from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.agreement.published import COHEN_1968, COHEN_1968_WEIGHTS, SAS_KAPPA, of_cross
from toolkit.agreement.counts import PairCells, Vectors
from toolkit.agreement.crossed import CongerKappa, Crossing, ScottPi, kappas_of_pairs
from toolkit.agreement.kappas import cohen_kappa, conger_kappa, scott_pi
from toolkit.agreement.weighted import agreement_weights


def vectors(table: np.ndarray) -> Vectors:
    """Two annotators, from how often the first gave label i and the second label j."""
    first, second = np.nonzero(table)
    return Vectors(("p", "q"), np.column_stack([first, second]), table[first, second].astype(np.int64))


def kappa_of(table: np.ndarray, weights: np.ndarray | None = None) -> tuple[CongerKappa, np.ndarray]:
    counted = vectors(table)
    return CongerKappa(Crossing.of_vectors(counted, len(table), weights)), counted.tasks


def value(statistic, tasks: np.ndarray) -> float:
    return float(statistic.values(tasks[None, :].astype(float))[0])


def test_weighted_kappa_of_cohen_1968_table_1() -> None:
    agreed = 1 - COHEN_1968_WEIGHTS / 6
    assert value(*kappa_of(COHEN_1968, agreed)) == pytest.approx(0.348, abs=5e-4)


def test_kappa_of_cohen_1960_over_vectors() -> None:
    assert value(*kappa_of(COHEN_1968)) == pytest.approx(0.492, abs=5e-4)


def test_standard_errors_of_fleiss_cohen_and_everitt_are_those_that_sas_prints() -> None:
    plain, tasks = kappa_of(SAS_KAPPA)
    assert value(plain, tasks) == pytest.approx(0.4842, abs=5e-5)
    found = plain.analytic(tasks)
    assert found.standard_error == pytest.approx(0.1380, abs=5e-5)
    assert (found.low, found.high) == (pytest.approx(0.2137, abs=5e-5), pytest.approx(0.7547, abs=5e-5))
    weighted, tasks = kappa_of(SAS_KAPPA, agreement_weights("linear", np.arange(3.0)))
    assert value(weighted, tasks) == pytest.approx(0.4701, abs=5e-5)
    assert weighted.analytic(tasks).standard_error == pytest.approx(0.1457, abs=5e-5)


def test_the_standard_error_is_near_that_of_a_bootstrap() -> None:
    statistic, tasks = kappa_of(COHEN_1968)
    drawn = np.random.default_rng(0).multinomial(200, tasks / 200, 4000).astype(float)
    assert statistic.analytic(tasks).standard_error == pytest.approx(statistic.values(drawn).std(), rel=0.05)


def test_kappa_with_weights_over_vectors_is_that_of_the_table() -> None:
    table = of_cross(SAS_KAPPA)
    for weighting in ("linear", "quadratic"):
        agreed = agreement_weights(weighting, np.arange(3.0))
        assert cohen_kappa(table, weights=weighting) == pytest.approx(value(*kappa_of(SAS_KAPPA, agreed)))


def test_congers_chance_is_the_mean_of_that_of_all_pairs_of_annotators() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (60, 4))
    agreed = agreement_weights("quadratic", np.arange(4.0))
    for weights in (np.eye(4), agreed):
        shares = np.array([np.bincount(column, minlength=4) / 60 for column in labels.T])
        pairs = list(combinations(range(4), 2))
        by_chance = np.mean([shares[one] @ weights @ shares[two] for one, two in pairs])
        observed = np.mean([weights[labels[:, one], labels[:, two]].mean() for one, two in pairs])
        counted = Vectors(tuple("pqrs"), labels, np.ones(60, dtype=np.int64))
        statistic = CongerKappa(Crossing.of_vectors(counted, 4, None if weights[0, 1] == 0 else weights))
        assert value(statistic, counted.tasks) == pytest.approx((observed - by_chance) / (1 - by_chance))


def test_weighting_vectors_is_the_same_as_repeating_tasks() -> None:
    weightings = np.array([[3.0, 1, 4, 1], [0, 2, 0, 2], [5, 0, 0, 0]])
    rows = np.array([[0, 0], [0, 1], [1, 1], [2, 1]])
    crossing = Crossing.of_vectors(Vectors(("p", "q"), rows, np.ones(4, dtype=np.int64)), 3)
    for statistic, whole in ((CongerKappa(crossing), cohen_kappa), (ScottPi(crossing), scott_pi)):
        found = statistic.values(weightings)
        for weighting, one in zip(weightings, found, strict=True):
            table = np.zeros((3, 3), dtype=int)
            np.add.at(table, tuple(rows.T), weighting.astype(int))
            expected = whole(of_cross(table))
            assert np.isnan(one) if expected is None else one == pytest.approx(expected)


def test_many_resamples_are_done_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    statistic, tasks = kappa_of(COHEN_1968)
    drawn = np.random.default_rng(0).multinomial(200, tasks / 200, 50).astype(float)
    whole = statistic.values(drawn)
    monkeypatch.setattr("toolkit.agreement.crossed.BLOCK", 40)
    assert statistic.values(drawn) == pytest.approx(whole, rel=1e-12)


def test_for_two_annotators_conger_is_cohen() -> None:
    table = of_cross(COHEN_1968)
    assert conger_kappa(table) == pytest.approx(cohen_kappa(table))


def test_there_is_no_standard_error_for_three_annotators_nor_without_variation() -> None:
    three = Vectors(tuple("pqr"), np.array([[0, 1, 0], [1, 1, 1]]), np.array([4, 5]))
    assert CongerKappa(Crossing.of_vectors(three, 2)).analytic(three.tasks).standard_error is None
    constant, tasks = kappa_of(np.array([[9, 0], [0, 0]]))
    assert constant.analytic(tasks).standard_error is None


def cells_of(table: pd.DataFrame) -> PairCells:
    """All pairs of annotators of a table whose names are numbers, as an engine counts them."""
    met = table.merge(table, on="task").query("annotator_x < annotator_y")
    keys = ["annotator_x", "annotator_y", "label_x", "label_y"]
    counted = met.groupby(keys).size().reset_index(name="tasks")
    return PairCells(*(counted[name].to_numpy(np.int64) for name in [*keys, "tasks"]))


def crowd(n_annotators: int, n_labels: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (task, int(who), int(label))
        for task, truth in enumerate(rng.integers(0, n_labels, 150))
        for who in rng.choice(n_annotators, 4, replace=False)
        for label in [truth if rng.random() < 0.6 else rng.integers(0, n_labels)]
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


@pytest.mark.parametrize("n_labels", [4, 80])
def test_kappas_of_pairs_are_those_of_each_pair_by_itself(n_labels: int) -> None:
    table = crowd(7, n_labels)
    found = kappas_of_pairs(cells_of(table), n_labels)
    assert len(found.first) == 21
    for place, (one, two) in enumerate(zip(found.first, found.second, strict=True)):
        pair = table[table["annotator"].isin([one, two])]
        both = pair.groupby("task")["label"].agg(list).loc[lambda labels: labels.str.len() == 2]
        assert found.n_shared[place] == len(both)
        assert found.agreement[place] == pytest.approx(np.mean([one == two for one, two in both]))
        assert found.kappa[place] == pytest.approx(cohen_kappa(pair))


def test_kappas_of_pairs_with_a_similarity_are_weighted_kappas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.agreement.crossed.BLOCK", 15)  # several blocks of pairs
    table = crowd(6, 5)
    found = kappas_of_pairs(cells_of(table), 5, lambda one, two: 1 - np.abs(one - two) / 4)
    for place, (one, two) in enumerate(zip(found.first, found.second, strict=True)):
        pair = table[table["annotator"].isin([one, two])]
        expected = cohen_kappa(pair, weights="linear", order=list("01234"))
        assert found.kappa[place] == pytest.approx(expected)


def test_a_pair_without_variation_has_no_kappa_and_a_perfect_copy_has_one() -> None:
    same = PairCells(*(np.array(column) for column in ([0, 0, 1], [1, 2, 2], [0, 0, 0], [0, 0, 0], [3, 2, 4])))
    assert np.isnan(kappas_of_pairs(same, 2).kappa).all()
    copy = PairCells(*(np.array(column) for column in ([0, 0], [1, 1], [0, 1], [0, 1], [3, 4])))
    for n_labels in (2, 100):
        found = kappas_of_pairs(copy, n_labels)
        assert (found.agreement.tolist(), found.kappa.tolist()) == ([1.0], [1.0])


def test_with_a_similarity_between_many_labels_there_is_agreement_but_no_kappa() -> None:
    found = kappas_of_pairs(cells_of(crowd(4, 80)), 80, lambda one, two: 1 - np.abs(one - two) / 80)
    assert np.isnan(found.kappa).all()
    assert (found.agreement > 0).all()


def test_no_pairs_give_no_kappas() -> None:
    nothing = PairCells(*(np.array([], dtype=np.int64) for _ in range(5)))
    for n_labels in (0, 3, 100):
        assert len(kappas_of_pairs(nothing, n_labels).kappa) == 0
