"""A router learns what holds on texts that were held back, and nothing else."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.routing.labelled_examples import OWN, packs, texts
from toolkit.errors import InputError
from toolkit.routing import TaskRouter
from toolkit.routing.evaluation import measure, route_all
from toolkit.routing.folds import folds_of
from toolkit.routing.labelled import LabelledText, labelled_texts
from toolkit.routing.stacking import PartScores, choose_parts, fit_parts
from toolkit.routing.terms import words_of
from toolkit.routing.trained import TrainedRouter
from toolkit.routing.training import train
from toolkit.routing.wordmodel import entries_in, fit_words


def accuracy(router, labelled):
    return measure(route_all(router, labelled, grouped=False)).accuracy


def learnt(model):
    router = TrainedRouter(packs(), model)
    return TaskRouter(packs(), [router], router.promise)


def test_in_house_labels_teach_words_that_no_pack_has():
    model = train(texts(30), packs(), 0.9, grouped=False)
    unseen = texts(60, seed=2)
    assert accuracy(learnt(model), unseen) > 0.95 > accuracy(TaskRouter(packs()), unseen) + 0.1
    found = measure(route_all(learnt(model), unseen, grouped=False))
    assert found.coverage > 0.6
    assert found.precision >= 0.85
    assert len(model.figures.chosen) > 1


def test_the_lexicon_alone_keeps_its_order_of_domains():
    alone = [replace(text, group=text.domain) for text in texts(20)]  # every group is one domain: nothing transfers
    model = train(alone, packs(), 0.9, grouped=True)
    assert model.figures.chosen == ("lexicon",)
    before, after = TaskRouter(packs()), learnt(model)
    for text in texts(20, seed=5):
        assert before.route_text(text.text, "en").ranking[0][0] == after.route_text(text.text, "en").ranking[0][0]


def test_the_order_of_rows_changes_nothing():
    labelled = texts(20)
    shuffled = random.Random(3).sample(labelled, len(labelled))
    first, second = (train(one, packs(), 0.9, grouped=True) for one in (labelled, shuffled))
    assert (first.parts, first.promise, first.figures, first.data) == (
        second.parts,
        second.promise,
        second.figures,
        second.data,
    )
    assert first.words.vocabulary == second.words.vocabulary
    for name in ("bayes", "linear", "rarity", "intercept"):
        assert getattr(first.words, name).tobytes() == getattr(second.words, name).tobytes()


def test_a_text_given_twice_counts_once():
    labelled = texts(15)
    assert train(labelled * 2, packs(), 0.9, grouped=False).data == train(labelled, packs(), 0.9, grouped=False).data


def test_a_domain_without_labels_keeps_the_lexicons_score():
    model = train(texts(20, domains=("finance", "general")), packs(), 0.9, grouped=False)
    law = model.domains.index("law")
    assert not model.words.bayes[:, law].any()
    assert not model.words.linear[:, law].any()
    assert model.parts.bias[law] == 0
    assert "no labels: law" in model.figures.notes[0]
    router = learnt(model)
    assert router.route_text("The plaintiff took the contract to the tribunal.", "en").ranking[0][0] == "law"


@pytest.mark.parametrize("per_domain", [10, 11, 20, 55])
@pytest.mark.parametrize("grouped", [True, False])
def test_any_number_of_labels_will_do_from_ten_on(per_domain, grouped):
    model = train(texts(per_domain), packs(), 0.9, grouped=grouped)
    assert sum(model.figures.by_domain.values()) == 3 * per_domain
    assert learnt(model).route_text("A bond and its interest.", "en").ranking


def test_odd_texts_are_learned_from():
    odd = ["word " * 200_000, "bell\x07 \x00 tab\t statute", "Le tribunal 裁判所 суд apelación", "7 7 7"]
    labelled = texts(12) + [LabelledText(text, "law", None, "g1", "odd") for text in odd]
    assert train(labelled, packs(), 0.9, grouped=True).figures.n_texts == 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found[:16], "finance has 4"),
        (lambda found: [text for text in found if text.domain == "law"], "All labels are of one domain (law)"),
        (lambda found: [replace(text, group="only") for text in found], "All texts are of one group (only)"),
        (
            lambda found: [*found, replace(found[0], domain="law", where="b.csv: row 7")],
            "says law",
        ),
    ],
)
def test_what_nothing_can_be_learned_from_is_said(change, message):
    with pytest.raises(InputError) as caught:
        train(change(texts(12)), packs(), 0.9, grouped=True)
    assert message.split("|")[-1] in str(caught.value)
    assert "Hint:" in str(caught.value)


# --- labelled texts

ROW = {"text": "A bond pays interest.", "domain": "finance", "source": "x"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "a.csv: has no rows"),
        ([{"text": "x", "label": "law"}], 'no column domain, source; found: text, label.\n  Hint: rename "label" to'),
        ([{"text": "x", "domain": "law"}], "no column source"),
        ([ROW, {**ROW, "text": " \n"}], "a.csv: row 2: its text holds no word"),
        ([ROW, {**ROW, "text": None}], "a.csv: row 2: has no text"),
        ([ROW, {**ROW, "source": ""}], "a.csv: row 2: the column source is empty"),
        ([{**ROW, "domain": None}], "a.csv: row 1: the column domain is empty"),
        ([{**ROW, "domain": "math"}] * 3 + [{**ROW, "domain": "art"}], "math (3), art (1); the packs are finance, law"),
        ([{**ROW, "domain": "math"}], "--map math=finance"),
    ],
)
def test_wrong_rows_are_named(rows, message):
    with pytest.raises(InputError) as caught:
        labelled_texts(rows, "a.csv", ["finance", "law"], lambda _: None, group="source")
    assert message in str(caught.value)


def test_the_language_is_the_rows_or_detected():
    rows = [{**ROW, "language": "fr-FR"}, {**ROW, "lang": "PT_br"}, {**ROW, "language": ""}]
    found = labelled_texts(rows, "a.csv", ["finance"], lambda _: "xx")
    assert [text.language for text in found] == ["fr", "pt", "xx"]


# --- folds, words, weights


def test_units_stay_together_and_folds_are_even():
    units = [f"u{n // 3}" for n in range(90)]
    folds = folds_of(units)
    assert len({*zip(units, folds, strict=True)}) == 30
    assert sorted(folds.count(fold) for fold in range(10)) == [9] * 10


def test_naive_bayes_by_hand():
    model = fit_words([entries_in(["a"]), entries_in(["b"])], [0, 1], 3)
    # damped counts are ln 2 for the own word; added are 0.3 · 2 · 0.5 for both words
    own, other = np.log((np.log(2) + 0.3) / (np.log(2) + 0.6)), np.log(0.3 / (np.log(2) + 0.6))
    half = (own - other) / 2
    assert model.bayes == pytest.approx(np.array([[half, -half, 0], [-half, half, 0]]), abs=1e-6)


def test_the_linear_model_is_scikit_learns():
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    labelled = texts(15)
    names = sorted(OWN)
    words = [words_of(text.text) for text in labelled]
    truth = [names.index(text.domain) for text in labelled]
    model = fit_words([entries_in(one) for one in words], truth, 3)
    bag = TfidfVectorizer(analyzer=lambda one: list(entries_in(one).elements()), sublinear_tf=True)
    table = csr_matrix(bag.fit_transform(words))
    referee = LogisticRegression(C=10, class_weight="balanced", max_iter=2000, tol=1e-8).fit(table, truth)
    ours = np.array([model.scores(one)[1] for one in words])
    theirs = referee.decision_function(table)
    assert ours == pytest.approx(theirs - theirs.mean(axis=1, keepdims=True), abs=0.02)


def test_weights_fall_to_what_the_scores_are_worth():
    chance = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], 60)
    signal = np.eye(3)[truth] * 2 + chance.normal(size=(180, 3))
    noise = chance.normal(size=(180, 3))
    scores = PartScores(signal, noise, noise[::-1], truth, np.arange(180) % 5)
    parts = fit_parts(scores, ("lexicon", "naive Bayes", "TF-IDF"))
    assert parts.lexicon > 1
    assert max(parts.bayes, parts.linear) < 0.3


def test_what_is_no_better_by_a_standard_error_is_not_used():
    truth = np.tile([0, 1, 2], 40)
    lexicon = np.eye(3)[truth] * 3
    scores = PartScores(lexicon, np.zeros((120, 3)), np.zeros((120, 3)), truth, np.arange(120) % 5)
    candidates, chosen, parts, _ = choose_parts(scores, grouped=False)
    assert (chosen, candidates[1].verdict) == (0, "does not lower the loss by a standard error")
    assert parts.bias == (0, 0, 0)


def test_what_makes_one_group_worse_is_used_in_house_only():
    chance = np.random.default_rng(2)
    truth, folds = np.tile([0, 1, 2], 80), np.arange(240) // 30
    lexicon = np.eye(3)[truth] * 1.5 + chance.normal(size=(240, 3))
    bayes = np.eye(3)[truth] * 3 + chance.normal(size=(240, 3))
    bayes[folds == 7] = np.eye(3)[(truth[folds == 7] + 1) % 3]
    scores = PartScores(lexicon, bayes, np.zeros((240, 3)), truth, folds)
    candidates, chosen, parts, _ = choose_parts(scores, grouped=True)
    assert (chosen, parts.bayes, parts.linear, parts.bias) == (0, 0, 0, (0, 0, 0))
    assert candidates[1].accuracy > candidates[0].accuracy
    assert candidates[1].worst < 0
    assert choose_parts(scores, grouped=False)[1] == 1


def test_two_groups_are_too_few_to_use_more_than_the_lexicon():
    truth = np.tile([0, 1], 30)
    scores = PartScores(np.zeros((60, 2)), np.eye(2)[truth] * 5, np.zeros((60, 2)), truth, np.arange(60) // 30)
    candidates, chosen, _, _ = choose_parts(scores, grouped=True)
    assert (chosen, candidates[1].verdict) == (0, "too few groups to tell: 2 of 3")
