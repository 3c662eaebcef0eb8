"""How sure a label is: what comes true of what is stated."""

import numpy as np
import pytest

from toolkit.consensus.calibration import (
    independent_share,
    reliability,
    sharpened,
    sharpened_by_folds,
    sharpness_on_gold,
)
from toolkit.errors import InputError


def boasting(seed, n=2_000, sharpness=3.0):
    """Posteriors of two labels that are to the third power of what comes true, and what came true."""
    rng = np.random.default_rng(seed)
    true = rng.uniform(0.5, 1, n)
    right = (rng.random(n) >= true).astype(int)  # label 0 is right with its true chance
    return sharpened(np.stack([true, 1 - true], axis=1), sharpness), right


def test_kishs_design_effect():
    """Ten judgments that correlate by .15 are worth 10 / (1 + 9 * .15) = 4.26 independent ones."""
    assert 10 * independent_share(np.array([10]), 0.15)[0] == pytest.approx(4.255, abs=5e-4)
    assert independent_share(np.array([1, 5]), 0.0).tolist() == [1, 1]
    assert independent_share(np.array([0]))[0] == 1


def test_a_power_leaves_the_order_of_labels():
    chances = np.random.default_rng(1).dirichlet(np.ones(5), 50)
    for sharpness in (0.2, 1.0, 4.0):
        found = sharpened(chances, sharpness)
        assert found.sum(axis=1) == pytest.approx(np.ones(50))
        assert (found.argsort(axis=1) == chances.argsort(axis=1)).all()
    assert sharpened(np.array([[1.0, 0.0]]), 0.5)[0] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("seed", range(3))
def test_gold_finds_the_power_that_posteriors_were_taken_to(seed):
    posterior, right = boasting(seed)
    assert sharpness_on_gold(posterior, right) == pytest.approx(1 / 3, rel=0.15)


def test_few_gold_tasks_change_little():
    """One task that came out wrong does not make all others doubtful."""
    found = sharpness_on_gold(np.array([[0.9, 0.1]]), np.array([1]))
    assert 0.6 < found < 1


def test_confidence_comes_true_after_calibration_and_not_before():
    posterior, right = boasting(3)
    hits = (posterior.argmax(axis=1) == right).astype(float)
    before = reliability(posterior.max(axis=1), hits)
    after = reliability(sharpened_by_folds(posterior, right).max(axis=1), hits)
    assert before.expected_calibration_error > 0.1
    assert after.expected_calibration_error < 0.03


def test_a_reliability_table_by_hand():
    """Two bins: .95 and .92 are stated and both right, twice .55 and one of two is right.

    The error is 2/4 * (1 - .935) + 2/4 * (.55 - .5) = .0575.
    """
    found = reliability(np.array([0.95, 0.92, 0.55, 0.55]), np.array([1.0, 1.0, 1.0, 0.0]))
    assert [(one.n, round(one.stated, 3), one.right) for one in found.bins] == [(2, 0.55, 0.5), (2, 0.935, 1.0)]
    assert found.expected_calibration_error == pytest.approx(0.0575)
    assert (found.n, found.accuracy) == (4, 0.75)


def test_nothing_to_compare_is_no_table_and_nonsense_is_refused():
    assert reliability(np.array([]), np.array([])) is None
    with pytest.raises(InputError, match="within 0 and 1"):
        reliability(np.array([1.2]), np.array([1.0]))
    with pytest.raises(InputError, match="1 confidences and 2 outcomes"):
        reliability(np.array([0.5]), np.array([1.0, 0.0]))
