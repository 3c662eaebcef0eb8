from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.agreement.published import FLEISS_1971, of_counts
from tests.agreement.test_categorical import patterns
from toolkit.agreement.coefficients import fleiss_kappa, krippendorff_alpha
from toolkit.agreement.longtable import scaled
from toolkit.agreement.pairable import Pairable
from toolkit.agreement.perlabel import LabelAgreement, PerLabel

WORDS = {"aab": 3, "ac": 2, "bbc": 4, "abcc": 1, "ccc": 2, "bb": 6}


def values(pairable: Pairable) -> LabelAgreement:
    return PerLabel.of(pairable).values(pairable.tasks[None, :].astype(float))


def test_kappas_of_the_categories_of_fleiss_1971() -> None:
    pairable, _ = scaled(of_counts(FLEISS_1971))
    found = values(pairable)
    assert found.fleiss_kappa[0] == pytest.approx([0.245, 0.245, 0.520, 0.471, 0.566], abs=5e-4)
    assert found.share[0] == pytest.approx([0.144, 0.144, 0.167, 0.306, 0.239], abs=5e-4)  # p of his table 1


def test_a_label_is_measured_as_if_all_others_were_one() -> None:
    table = pd.DataFrame(
        [(f"{word}{i}", who, label) for word, n in WORDS.items() for i in range(n) for who, label in enumerate(word)],
        columns=["task", "annotator", "label"],
    )
    found = values(Pairable.of(patterns(WORDS), 3))
    for place, label in enumerate("abc"):
        binary = table.assign(label=np.where(table["label"] == label, "in", "out"))
        assert found.krippendorff_alpha[0, place] == pytest.approx(krippendorff_alpha(binary))
        assert found.fleiss_kappa[0, place] == pytest.approx(fleiss_kappa(binary))


def test_specific_agreement_is_the_share_of_meetings_with_the_label_on_both_sides() -> None:
    pairable = Pairable.of(patterns({"aab": 1, "ab": 1, "bb": 2}), 2)
    found = values(pairable)
    # a meets 4 + 1 others, of which 2 carry a; b meets 2 + 1 + 4 others, of which 4 carry b
    assert found.specific_agreement[0] == pytest.approx([2 / 5, 4 / 7])


def test_positive_agreement_of_two_annotators_is_that_of_their_table() -> None:
    pairable = Pairable.of(patterns({"aa": 40, "ab": 15, "bb": 25}), 2)
    assert values(pairable).specific_agreement[0] == pytest.approx([80 / (80 + 15), 50 / (50 + 15)])


def test_counts_and_shares_are_those_of_the_judgments() -> None:
    found = values(Pairable.of(patterns(WORDS), 3))
    assert found.n_judgments[0].tolist() == [9, 24, 14]
    assert found.share[0] == pytest.approx([9 / 47, 24 / 47, 14 / 47])


def test_a_label_that_nobody_or_everybody_gave_has_no_coefficient() -> None:
    found = values(Pairable.of(patterns({"aa": 3, "aaa": 2}), 2))
    for name in ("krippendorff_alpha", "fleiss_kappa"):
        assert np.isnan(getattr(found, name)).all()
    assert found.specific_agreement[0, 0] == 1.0
    assert np.isnan(found.specific_agreement[0, 1])


def test_many_rare_labels_are_measured_without_a_table_of_all() -> None:
    n = 30_000
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 10_000, n)
    table = pd.DataFrame({"task": np.repeat(np.arange(n), 2), "annotator": ["p", "q"] * n, "label": labels.repeat(2)})
    pairable, scale = scaled(table)
    columns = PerLabel.of(pairable)
    assert not isinstance(columns.counts, np.ndarray)
    found = columns.values(pairable.tasks[None, :].astype(float))
    assert found.krippendorff_alpha.shape == (1, len(scale.labels))
    assert (found.krippendorff_alpha == 1.0).all()
