"""Models of annotators: a published table first, properties second, crowd-kit as referee third."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.consensus.published import fitness
from toolkit.consensus.annotatormodels import IBCC, DawidSkene, OneCoin, fit, posterior_of, shares_of
from toolkit.consensus.blocks import Block, JudgedHere, block_tasks
from toolkit.consensus.weighting import weighted_shares, weights_of


def posteriors(judged, fitted, correlation=0.0):
    return np.concatenate([posterior_of(fitted.parameters, block, correlation) for block in judged.blocks])


def crowd(seed, n_tasks=60, n_annotators=12, n_labels=3, per_task=5, ability=0.7):
    """Tasks, annotators and labels of a crowd whose members differ, and what is right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_labels, n_tasks)
    abilities = np.clip(rng.normal(ability, 0.15, n_annotators), 0.1, 0.98)
    tasks = np.repeat(np.arange(n_tasks), per_task)
    annotators = np.concatenate([rng.choice(n_annotators, per_task, replace=False) for _ in range(n_tasks)])
    right = rng.random(len(tasks)) < abilities[annotators]
    wrong = (truth[tasks] + rng.integers(1, n_labels, len(tasks))) % n_labels
    return tasks, annotators, np.where(right, truth[tasks], wrong), truth, (n_tasks, n_annotators, n_labels)


def test_the_marginals_of_dawid_and_skene_1979():
    """Table 2 of the paper: .40, .42, .11, .07, and the first observer's confusion matrix."""
    fitted = fit(fitness(), DawidSkene(), tolerance=1e-12, iterations=500)
    assert np.exp(fitted.parameters.log_prevalence) == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=5e-3)
    first = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    assert fitted.parameters.confusion()[0] == pytest.approx(np.array(first), abs=5e-3)


@pytest.mark.parametrize("seed", range(4))
def test_posteriors_equal_crowd_kits(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crowdkit.aggregation import DawidSkene as Referee

        tasks, annotators, labels, _, shape = crowd(seed, n_labels=2 + seed)
        frame = pd.DataFrame({"task": tasks, "worker": annotators, "label": labels})
        referee = Referee()  # its own settings
        expected = referee.fit_predict_proba(frame).sort_index()
    judged = JudgedHere.of(tasks, annotators, labels, shape)
    fitted = fit(judged, DawidSkene(), iterations=len(referee.loss_history_), tolerance=-np.inf)
    found = posteriors(judged, fitted)
    assert found[:, list(expected.columns)] == pytest.approx(expected.to_numpy(), abs=1e-6)


def test_weighted_votes_by_hand():
    """Tasks a, b, c; p sides with the majority on all, q on two, r on one; s judged c alone with p, a tie.

    On a and b the majority is p's and q's; on c p says 0 and s says 1. p: 2.5 of 3, q: 2 of 2, r: 0 of 2, s: .5 of 1.
    """
    tasks = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    annotators = np.array([0, 1, 2, 0, 1, 2, 0, 3])
    labels = np.array([0, 0, 1, 1, 1, 0, 0, 1])
    judged = JudgedHere.of(tasks, annotators, labels, (3, 4, 2))
    weights = weights_of(judged)
    assert weights == pytest.approx([2.5 / 3, 1, 0, 0.5])
    (block,) = judged.blocks
    shares = [[1, 0], [0, 1], [(2.5 / 3) / (2.5 / 3 + 0.5), 0.5 / (2.5 / 3 + 0.5)]]
    assert weighted_shares(weights, 2, block) == pytest.approx(np.array(shares))


@pytest.mark.parametrize("model", [DawidSkene(), DawidSkene(3.0), OneCoin(), IBCC()], ids=str)
def test_annotators_who_differ_are_told_apart(model):
    tasks, annotators, labels, truth, shape = crowd(7, n_tasks=400, per_task=6, ability=0.65)
    judged = JudgedHere.of(tasks, annotators, labels, shape)
    fitted = fit(judged, model)
    vote = (shares_of(judged.blocks[0], 3).argmax(axis=1) == truth).mean()
    assert (posteriors(judged, fitted).argmax(axis=1) == truth).mean() > vote + 0.01


@given(st.integers(0, 10_000), st.permutations(range(4)), st.permutations(range(12)))
@settings(max_examples=25, deadline=None)
def test_names_of_labels_and_annotators_do_not_matter(seed, labels_as, annotators_as):
    tasks, annotators, labels, _, _ = crowd(seed, n_tasks=25, n_labels=4)
    shape = (25, 12, 4)
    first = JudgedHere.of(tasks, annotators, labels, shape)
    second = JudgedHere.of(tasks, np.array(annotators_as)[annotators], np.array(labels_as)[labels], shape)
    one, other = (posteriors(judged, fit(judged, DawidSkene(3.0))) for judged in (first, second))
    assert other[:, labels_as] == pytest.approx(one, abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_rows_in_any_order_give_the_same_digits(seed):
    tasks, annotators, labels, _, shape = crowd(seed, n_tasks=25)
    order = np.random.default_rng(seed).permutation(len(tasks))
    one, other = (
        posteriors(judged, fit(judged, DawidSkene(3.0)))
        for judged in (
            JudgedHere.of(tasks, annotators, labels, shape),
            JudgedHere.of(tasks[order], annotators[order], labels[order], shape),
        )
    )
    assert (one == other).all()


def test_blocks_of_any_size_add_up_to_the_same():
    tasks, annotators, labels, _, shape = crowd(3)
    whole = JudgedHere.of(tasks, annotators, labels, shape)
    (block,) = whole.blocks
    cuts = [0, 7, 8, 40, block.n_tasks]
    pieces = tuple(
        Block(block.starts[a : b + 1] - block.starts[a], block.cells[block.starts[a] : block.starts[b]])
        for a, b in itertools.pairwise(cuts)
    )
    cut = JudgedHere(pieces, whole.n_annotators, whole.n_labels)
    assert posteriors(cut, fit(cut, DawidSkene(3.0))) == pytest.approx(
        posteriors(whole, fit(whole, DawidSkene(3.0))), abs=1e-9
    )


def test_a_block_is_smaller_where_labels_are_many():
    assert block_tasks(2) == 100_000
    assert block_tasks(10_000) == 400
    assert block_tasks(10**9) == 1


def test_somebody_with_one_judgment_counts_like_others_of_their_group():
    """Nine experts who always agree and ten novices who never do; one more of each group has judged one task."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200)
    rows = [(t, a, int(truth[t])) for t in range(200) for a in range(9)]
    rows += [(t, 9 + a, int(rng.integers(0, 2))) for t in range(200) for a in range(10)]
    rows += [(0, 19, int(truth[0])), (1, 20, int(truth[1]))]
    tasks, annotators, labels = np.array(rows).T
    judged = JudgedHere.of(tasks, annotators, labels, (200, 21, 2))
    groups = np.array([0] * 9 + [1] * 10 + [0, 1])
    confusion = fit(judged, DawidSkene(3.0, groups)).parameters.confusion()
    expert, novice = (float(np.diagonal(confusion[a]).mean()) for a in (19, 20))
    assert expert > 0.9
    assert 0.35 < novice < 0.65


def test_correlated_judgments_count_as_fewer_and_the_label_stays():
    tasks, annotators, labels, _, shape = crowd(5, per_task=6)
    judged = JudgedHere.of(tasks, annotators, labels, shape)
    fitted = fit(judged, DawidSkene(3.0))
    raw, shrunk = posteriors(judged, fitted), posteriors(judged, fitted, correlation=0.15)
    assert (raw.argmax(axis=1) == shrunk.argmax(axis=1)).all()
    assert (shrunk.max(axis=1) <= raw.max(axis=1) + 1e-12).all()
    assert shrunk.max(axis=1).mean() < raw.max(axis=1).mean() - 0.005


@pytest.mark.parametrize("model", [DawidSkene(2.0), IBCC(), OneCoin()], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_what_has_settled_stays_where_it_is(model, seed):
    tasks, annotators, labels, _, shape = crowd(seed, n_tasks=30, n_annotators=6, per_task=3)
    judged = JudgedHere.of(tasks, annotators, labels, shape)
    fitted = fit(judged, model)
    further = fit(judged, model, iterations=fitted.n_iterations + 20, tolerance=-np.inf)
    assert not further.converged
    if fitted.converged:
        assert posteriors(judged, further) == pytest.approx(posteriors(judged, fitted), abs=0.02)
