"""Other implementations as referees, on random tables."""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.agreement.published import of_counts, of_cross
from toolkit.agreement.categorical import Columns, FleissKappa, GwetAC
from toolkit.agreement.coefficients import (
    brennan_prediger,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    krippendorff_alpha,
    krippendorff_alpha_of_counts,
)
from toolkit.agreement.crossed import CongerKappa, Crossing
from toolkit.agreement.kappas import cohen_kappa, conger_kappa
from toolkit.agreement.longtable import LongTable, scaled
from toolkit.agreement.statistic import Level
from toolkit.agreement.weighted import agreement_weights
from toolkit.agreement.weighted import gwet_ac2 as ac2_of


def referee(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1":
            raise
        return pytest.skip(f"{module} is not installed")


def counts(seed: int, n_labels: int = 5) -> np.ndarray:
    """Thirty tasks with one to six judgments each, more or less alike."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(n_labels, 0.6), 30)
    return np.array([rng.multinomial(rng.integers(1, 7), share) for share in shares])


def crossed(seed: int, n_labels: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 9, (n_labels, n_labels)) + 8 * np.eye(n_labels, dtype=int)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff_agrees_on_alpha(level: str, seed: int) -> None:
    table, values = counts(seed), [0.0, 1.0, 2.5, 4.0, 10.0]
    paired = table[table.sum(axis=1) >= 2]
    expected = referee("krippendorff").alpha(value_counts=paired, value_domain=values, level_of_measurement=level)
    assert krippendorff_alpha_of_counts(table, level=level, values=values) == pytest.approx(expected)
    named = of_counts(table, [str(value) for value in values])
    assert krippendorff_alpha(named, level=level) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_statsmodels_agrees_on_fleiss_kappa(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = np.array([rng.multinomial(4, share) for share in rng.dirichlet(np.full(3, 0.5), 20)])
    expected = referee("statsmodels.stats.inter_rater").fleiss_kappa(table)
    assert fleiss_kappa(of_counts(table)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighting", [None, "linear", "quadratic"])
def test_statsmodels_agrees_on_cohens_kappa_and_its_error(weighting, seed: int) -> None:
    table = crossed(seed)
    expected = referee("statsmodels.stats.inter_rater").cohens_kappa(table, wt=weighting)
    found = LongTable.of(of_cross(table))
    weights = None if weighting is None else agreement_weights(weighting, np.arange(4.0))
    order = np.argsort(np.array(found.label_names, dtype=int))
    assert cohen_kappa(of_cross(table), weights=weighting) == pytest.approx(expected.kappa)
    placed = found.moved(np.argsort(order), [found.label_names[place] for place in order])
    statistic = CongerKappa(Crossing.of(placed.said(), 4, weights))
    assert statistic.analytic(found.ones()).standard_error == pytest.approx(expected.std_kappa)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighting", [None, "linear", "quadratic"])
def test_scikit_learn_agrees_on_cohens_kappa(weighting, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 5, 60)
    second = np.where(rng.random(60) < 0.5, first, rng.integers(0, 5, 60))
    order = list(range(6))
    expected = referee("sklearn.metrics").cohen_kappa_score(first, second, weights=weighting, labels=order)
    table = pd.DataFrame({"task": [*range(60)] * 2, "annotator": ["p"] * 60 + ["q"] * 60})
    table["label"] = [*first, *second]
    assert cohen_kappa(table, weights=weighting, order=order) == pytest.approx(expected)


# What irrCAC 0.4.4 says of three tables, one word a task and one letter an annotator: value and standard error. It is
# not asked here, since it wants an older NumPy.
IRRCAC = {
    "414 133 333 411 214 442 114 111 411 444 334 424 333 133 443 333 333 313 433 444 122 313 313 141 342": {
        "ac identity": (0.337979094, 0.090897407),
        "fleiss": (0.28030303, 0.086888446),
        "conger": (0.286786787, 0.084819016),
        "bp": (0.324444444, 0.089332228),
        "krippendorff": (0.28989899, 0.086888446),
        "ac quadratic": (0.199632015, 0.185507401),
        "ac linear": (0.253438114, 0.13004543),
        "ac ordinal": (0.21679198, 0.1664969),
        "ac ratio": (0.196431637, 0.174622154),
    },
    (
        ".2.2. ...13 3.33. 3...2 31..1 ..11. .3.33 .23.. 1.23. 11312 ...22 2.3.. .2223 2313. "
        "121.1 322.. ..1.1 .11.. 11.12 .3..3 323.3 .33.. 2223. 3.313 1.111 32.22 2.313 1111. 123.."
    ): {
        "ac identity": (0.318779391, 0.111931957),
        "fleiss": (0.314144427, 0.111904056),
        "conger": (0.321418068, 0.108624732),
        "bp": (0.317241379, 0.111783456),
        "krippendorff": (0.294550063, 0.097667003),
        "ac quadratic": (0.369487211, 0.13760809),
        "ac linear": (0.344218682, 0.117858765),
        "ac ordinal": (0.359400181, 0.12837002),
        "ac ratio": (0.428413757, 0.132468397),
    },
    "51 21 44 22 33 55 31 13 22 44 43 34 55 11 54 11 33 22 22 54 11 32 25 11": {
        "ac identity": (0.480097482, 0.128731955),
        "fleiss": (0.475409836, 0.127879325),
        "conger": (0.479392625, 0.125092128),
        "bp": (0.479166667, 0.128498741),
        "krippendorff": (0.486338798, 0.127879325),
        "ac quadratic": (0.602294455, 0.18501862),
        "ac linear": (0.561996779, 0.137848472),
        "ac ordinal": (0.59086758, 0.16965814),
        "ac ratio": (0.568716786, 0.177414073),
    },
}


def of_words(words: str) -> pd.DataFrame:
    rows = [
        (task, annotator, label)
        for task, word in enumerate(words.split())
        for annotator, label in enumerate(word)
        if label != "."
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


@pytest.mark.parametrize(("words", "said"), IRRCAC.items(), ids=["three", "some of five", "two"])
def test_irrcac_agrees_on_values(words: str, said: dict[str, tuple[float, float]]) -> None:
    table = of_words(words)
    found = {
        "fleiss": fleiss_kappa(table),
        "conger": conger_kappa(table),
        "bp": brennan_prediger(table),
        "krippendorff": krippendorff_alpha(table),
        "ac identity": gwet_ac1(table),
    }
    found |= {f"ac {name}": gwet_ac2(table, weights=name) for name in ("linear", "quadratic", "ordinal", "ratio")}
    assert found == pytest.approx({name: value for name, (value, _) in said.items()}, abs=1e-8)


@pytest.mark.parametrize(("words", "said"), IRRCAC.items(), ids=["three", "some of five", "two"])
def test_irrcac_agrees_on_standard_errors(words: str, said: dict[str, tuple[float, float]]) -> None:
    pairable, scale = scaled(of_words(words), Level.ORDINAL)
    columns, n_labels = Columns.of(pairable), len(scale.labels)
    statistics = {"fleiss": FleissKappa(columns), "ac identity": GwetAC.one(columns, n_labels)}
    for name in ("linear", "quadratic", "ordinal", "ratio"):
        statistics[f"ac {name}"] = ac2_of(pairable, agreement_weights(name, scale.scores()))
    for name, statistic in statistics.items():
        assert statistic.analytic(pairable.tasks).standard_error == pytest.approx(said[name][1], abs=1e-8)
