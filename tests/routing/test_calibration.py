"""Thresholds that keep a promised precision, and how far confidences are off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.routing.calibration import (
    Trial,
    calibration_error,
    clopper_pearson_lower,
    design_effect,
    keep_promise,
    kept,
    least_confidence,
)

DOMAINS = ("finance", "general", "law")


def trials(domain, confidence, n_right, n_wrong, group="", wrong="law"):
    truths = [domain] * n_right + [wrong] * n_wrong
    return [Trial(domain, confidence, truth, group) for truth in truths]


# One-sided 95 % limits are the lower ends of two-sided 90 % ones; 0.025 gives the usual two-sided 95 % tables.
@pytest.mark.parametrize(
    ("right", "n", "bound", "expected"),
    [
        (10, 10, 0.975, 0.6915),
        (5, 10, 0.975, 0.1871),
        (1, 10, 0.975, 0.0025),
        (81, 263, 0.975, 0.2527),
        (29, 29, 0.95, 0.05 ** (1 / 29)),
        (1, 1, 0.95, 0.05),
        (0, 7, 0.95, 0.0),
    ],
)
def test_clopper_pearson_as_tabulated(right, n, bound, expected):
    assert clopper_pearson_lower(right, n, bound) == pytest.approx(expected, abs=5e-5)


@settings(deadline=None)  # the first example imports scipy
@given(st.integers(1, 200), st.integers(0, 200))
def test_the_bound_is_where_so_many_right_ones_have_five_percent_left(n_right, n_wrong):
    from scipy.stats import binom

    low = clopper_pearson_lower(n_right, n_right + n_wrong)
    assert 0 < low < n_right / (n_right + n_wrong) + 1e-12
    assert binom.sf(n_right - 1, n_right + n_wrong, low) == pytest.approx(0.05, abs=1e-9)


def test_calibration_error_by_hand():
    # ten bins of two: in nine of them 0.9 and both right, off by 0.1; in one 0.5 and none right, off by 0.5
    found = trials("law", 0.9, 18, 0) + trials("law", 0.5, 0, 2, wrong="finance")
    assert calibration_error(found) == pytest.approx((9 * 0.1 + 0.5) / 10)
    assert calibration_error([]) is None


def test_groups_that_are_all_right_or_all_wrong_count_as_one_text_each():
    right, groups = np.array([True] * 10 + [False] * 10), np.array(["a"] * 10 + ["b"] * 10)
    assert design_effect(right, groups) == pytest.approx(20.0)  # (5² + 5²) / (20 / 4) · 2
    assert design_effect(right, np.array(["a", "b"] * 10)) == 1.0


def test_the_lowest_confidence_that_keeps_the_bound_is_the_threshold():
    sure, unsure = trials("law", 0.9, 60, 1, wrong="finance"), trials("law", 0.6, 30, 30, wrong="finance")
    assert least_confidence(sure + unsure, 0.9, grouped=False) == 0.9
    assert least_confidence(sure, 0.99, grouped=False) is None
    assert least_confidence([], 0.9, grouped=False) is None
    assert least_confidence(trials("law", 0.7, 28, 0), 0.9, grouped=False) is None  # 29 of 29 are the fewest
    assert least_confidence(trials("law", 0.7, 29, 0), 0.9, grouped=False) == 0.7


def test_groups_that_differ_promise_less():
    found = [trial for n in range(6) for trial in trials("law", 0.8, 20, 0, f"g{n}")]
    found += trials("law", 0.8, 4, 3, "odd", wrong="finance")
    assert least_confidence(found, 0.9, grouped=False) == 0.8
    assert least_confidence(found, 0.9, grouped=True) is None


def test_a_domain_whose_own_texts_contradict_the_common_threshold_needs_more_or_gets_none():
    good = trials("finance", 0.6, 300, 0)
    mixed = trials("law", 0.9, 60, 0) + trials("law", 0.7, 5, 20, wrong="finance")
    promise = keep_promise(good + mixed, 0.9, DOMAINS, grouped=False)
    assert promise.thresholds == {"finance": 0.6, "law": 0.9, "general": 0.6}
    hopeless = trials("law", 0.9, 5, 10, wrong="finance")
    assert "law" not in keep_promise(good + hopeless, 0.9, DOMAINS, grouped=False).thresholds


def test_general_stands_by_itself_where_groups_were_left_out():
    good = [trial for n in range(8) for trial in trials("finance", 0.6, 20, 0, f"g{n}")]
    missed = [trial for n in range(4) for trial in trials("general", 0.7, 10, 0, f"g{n}")]
    missed += trials("general", 0.7, 0, 8, "g9", wrong="finance")
    assert set(keep_promise(good + missed, 0.9, DOMAINS, grouped=True).thresholds) == {"finance"} | {"law"}


def test_nothing_is_sent_where_nothing_keeps_the_promise():
    found = trials("law", 0.9, 5, 5, wrong="finance")
    promise = keep_promise(found, 0.9, DOMAINS, grouped=False)
    assert (dict(promise.thresholds), kept(found, promise)) == ({}, [])


TRIALS = st.lists(
    st.builds(
        Trial,
        st.sampled_from(DOMAINS),
        st.integers(20, 100).map(lambda n: n / 100),
        st.sampled_from(DOMAINS),
        st.sampled_from("abcde"),
    ),
    min_size=1,
    max_size=80,
)


@given(TRIALS, st.booleans(), st.randoms())
def test_order_changes_no_threshold(found, grouped, chance):
    shuffled = chance.sample(found, len(found))
    again = keep_promise(shuffled, 0.8, DOMAINS, grouped=grouped)
    assert again == keep_promise(found, 0.8, DOMAINS, grouped=grouped)


@given(TRIALS, st.booleans())
def test_what_all_share_keeps_the_promise_on_its_own_texts(found, grouped):
    threshold = least_confidence(found, 0.6, grouped=grouped)
    if threshold is not None:
        sent = [trial.right for trial in found if trial.confidence >= threshold]
        assert sum(sent) / len(sent) >= 0.6


def test_texts_of_one_source_promise_nothing_of_others():
    sure = [Trial("law", 0.99, "law", "one") for _ in range(200)]
    others = [Trial("law", 0.5, "law" if n % 2 else "finance", f"g{n % 9}") for n in range(90)]
    assert least_confidence(sure + others, 0.9, grouped=True) is None
    assert least_confidence(sure + others, 0.9, grouped=False) == 0.99


def test_equal_confidences_make_no_calibration_error_of_their_own():
    trials = [Trial("law", 0.67, "law" if n % 3 else "finance") for n in range(300)]
    assert calibration_error(trials) == pytest.approx(0.67 - 2 / 3, abs=1e-9)


def test_a_domain_without_labels_gets_no_threshold_that_its_texts_contradict():
    right = [Trial("finance", 0.95, "finance") for _ in range(1000)]
    wrong = [Trial("medicine", 0.95, "finance") for _ in range(60)]
    promise = keep_promise(right + wrong, 0.9, ["finance", "medicine"], grouped=False)
    assert promise.thresholds == {"finance": 0.95}
