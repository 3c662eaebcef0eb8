from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.agreement.published import FLEISS_1971, of_counts
from toolkit.agreement.categorical import (
    BrennanPrediger,
    Columns,
    FleissKappa,
    GwetAC,
    NominalAlpha,
    PercentAgreement,
    nominal_alpha_of_counts,
    singles_of,
)
from toolkit.agreement.counts import Patterns
from toolkit.agreement.longtable import LongTable, scaled
from toolkit.agreement.pairable import Pairable


def patterns(tasks: dict[str, int], labels: str = "abc") -> Patterns:
    """Patterns of labels, one letter an annotator, each on so many tasks."""
    cells = [[(labels.index(label), word.count(label)) for label in sorted(set(word))] for word in tasks]
    flat = [cell for word in cells for cell in word]
    starts = np.cumsum([0, *(len(word) for word in cells)])
    found, counts = (np.array([cell[i] for cell in flat], dtype=np.int64) for i in (0, 1))
    return Patterns(starts.astype(np.int64), found, counts, np.array(list(tasks.values()), dtype=np.int64))


def statistics(pairable: Pairable) -> list:
    columns = Columns.of(pairable)
    return [
        PercentAgreement(columns),
        NominalAlpha(columns),
        FleissKappa(columns),
        GwetAC.one(columns, 3),
        BrennanPrediger(columns, 3),
    ]


def test_the_standard_error_of_ac1_is_that_of_gwets_four_raters(krippendorff_2011: pd.DataFrame) -> None:
    """Gwet (2008), and his handbook's table of twelve subjects: AC1 .775, SE .143; subject 12 has one judgment."""
    pairable, scale = scaled(krippendorff_2011)
    singles = np.array([label == "3" for label in scale.labels]).astype(np.int64)
    statistic = GwetAC.one(Columns.of(pairable), 5)
    found = statistic.analytic(pairable.tasks, singles)
    assert found.standard_error == pytest.approx(0.143, abs=5e-4)
    assert found.low is not None
    assert found.low == pytest.approx(0.461, abs=1e-3)  # Student's t with 11 degrees of freedom, as irrCAC 0.4.4 has it
    assert found.high == 1.0
    alone = statistic.analytic(pairable.tasks)
    assert alone.standard_error == pytest.approx(0.12527, abs=1e-5)  # irrCAC 0.4.4 without subject 12


def test_single_judgments_are_counted_by_their_label() -> None:
    counted = patterns({"a": 50, "aa": 20, "ab": 11, "c": 4, "b": 1})
    assert singles_of(counted, 3).tolist() == [50, 1, 4]
    assert singles_of(counted, 3, np.array([2, -1, 0])).tolist() == [4, 0, 50]


def test_the_test_of_no_agreement_is_that_of_fleiss_nee_and_landis() -> None:
    """R's irr, kappam.fleiss(diagnoses): z 17.65183, quoted by the tests of statsmodels."""
    pairable, _ = scaled(of_counts(FLEISS_1971))
    found = FleissKappa(Columns.of(pairable)).analytic(pairable.tasks)
    assert found.test["z"] == pytest.approx(17.65183, abs=1e-5)
    assert found.test["p"] < 1e-60


def test_there_is_no_such_test_where_tasks_differ_in_judgments(krippendorff_2011: pd.DataFrame) -> None:
    pairable, _ = scaled(krippendorff_2011)
    assert FleissKappa(Columns.of(pairable)).analytic(pairable.tasks).test == {}


def test_a_formula_without_two_tasks_or_without_variation_says_nothing() -> None:
    for tasks in ({"ab": 1}, {"a": 3}, {"aa": 9}):
        pairable = Pairable.of(patterns(tasks), 3)
        assert FleissKappa(Columns.of(pairable)).analytic(pairable.tasks).standard_error is None
    assert GwetAC.one(Columns.of(pairable), 1).analytic(pairable.tasks).standard_error is None


def test_analytic_errors_are_near_those_of_a_bootstrap() -> None:
    pairable = Pairable.of(patterns({"aaa": 120, "aab": 60, "abc": 20, "bbb": 90, "bbc": 45, "ccc": 65}), 3)
    columns = Columns.of(pairable)
    drawn = np.random.default_rng(0).multinomial(400, pairable.tasks / 400, 4000).astype(float)
    for statistic in (FleissKappa(columns), GwetAC.one(columns, 3)):
        error = statistic.analytic(pairable.tasks).standard_error
        assert error == pytest.approx(statistic.values(drawn).std(), rel=0.05)


@pytest.mark.parametrize("number", range(5))
def test_weighting_patterns_is_the_same_as_repeating_tasks(number: int) -> None:
    words = {"aa": 3, "ab": 2, "bbc": 4, "abc": 1, "ccc": 2}
    statistic = statistics(Pairable.of(patterns(words), 3))[number]
    weightings = np.array([[3, 2, 4, 1, 2], [1, 0, 0, 5, 0], [0, 2, 2, 0, 9]])
    found = statistic.values(weightings.astype(float))
    for weighting, value in zip(weightings, found, strict=True):
        once = {f"{word}": int(count) for word, count in zip(words, weighting, strict=True) if count}
        alone = Pairable.of(patterns(once), 3)
        assert value == pytest.approx(statistics(alone)[number].values(alone.tasks[None, :].astype(float))[0])


def test_a_weighting_without_variation_is_undefined_and_one_without_tasks_too() -> None:
    percent, *corrected = statistics(Pairable.of(patterns({"aa": 3, "ab": 2, "bbb": 4}), 3))
    weightings = np.array([[5.0, 0, 0], [0, 0, 2], [0, 0, 0]])
    assert percent.values(weightings)[:2].tolist() == [1.0, 1.0]
    assert np.isnan(percent.values(weightings)[2])
    alpha, fleiss, ac1, brennan = corrected
    assert np.isnan(alpha.values(weightings)).all()
    assert np.isnan(fleiss.values(weightings)).all()
    assert ac1.values(weightings)[:2].tolist() == [1.0, 1.0]  # three labels could have been chosen
    assert brennan.values(weightings)[:2].tolist() == [1.0, 1.0]


def test_sparse_and_dense_columns_give_the_same() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"task": np.repeat(np.arange(300), 3), "annotator": ["p", "q", "r"] * 300})
    table["label"] = rng.integers(0, 8, 900)
    few, _ = scaled(table)
    many = Pairable(few.positions, few.tasks, few.sizes, few.rows, few.labels * 50, few.counts, 400)
    assert isinstance(Columns.of(few).counts, np.ndarray)
    assert not isinstance(Columns.of(many).counts, np.ndarray)
    drawn = rng.multinomial(300, few.tasks / 300, 5).astype(float)
    for dense, sparse in zip(statistics(few), statistics(many), strict=True):
        assert sparse.values(drawn) == pytest.approx(dense.values(drawn), rel=1e-12)


def test_no_tasks_at_all_give_nothing_but_undefined() -> None:
    table = LongTable.of(pd.DataFrame({"task": ["1"], "annotator": ["p"], "label": ["a"]})).paired()
    pairable = Pairable.of(table.patterns(), 3)
    for statistic in statistics(pairable):
        assert np.isnan(statistic.values(np.zeros((2, 0)))).all()


def test_answers_that_hardly_recur_have_the_alpha_of_all_their_pairs() -> None:
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"task": np.repeat(np.arange(400), 3), "annotator": ["p", "q", "r"] * 400})
    table["label"] = np.where(rng.random(1200) < 0.3, table["task"], rng.integers(1000, 4000, 1200))
    pairable, _ = scaled(table)
    columns = Columns.of(pairable)
    assert columns.counts.shape[1] < pairable.n_labels
    drawn = np.vstack([np.ones(400), rng.multinomial(400, np.full(400, 1 / 400), 3)])
    for weighting, value in zip(drawn, NominalAlpha(columns).values(drawn), strict=True):
        drawn_tasks = np.repeat(np.arange(400), weighting.astype(int))
        words = table["label"].to_numpy().reshape(400, 3)[drawn_tasks]
        codes = np.unique(words, return_inverse=True)[1].reshape(words.shape)
        expected = nominal_alpha_of_counts((codes[:, :, None] == np.arange(codes.max() + 1)).sum(axis=1))
        assert value == pytest.approx(expected)
