"""How well labelled texts are routed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.labelled_examples import packs, texts
from toolkit.routing import TaskRouter
from toolkit.routing.calibration import Trial
from toolkit.routing.evaluation import Outcome, evaluate, hold_out, macro_f1, measure, route_all
from toolkit.routing.labelled import LabelledText


def test_macro_f1_by_hand():
    # law: 3 found of 4, one other taken for it: 2·3/(4+4); finance: 1 of 2, 2·1/(2+1); stem is never right
    confusion = {"law": {"law": 3, "stem": 1}, "finance": {"finance": 1, "law": 1}}
    assert macro_f1(confusion) == pytest.approx((6 / 8 + 2 / 3) / 2)


@settings(deadline=None)  # the first example imports scikit-learn
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_macro_f1_is_that_of_scikit_learn(pairs):
    from sklearn.metrics import f1_score

    confusion = {}
    for truth, best in pairs:
        row = confusion.setdefault(truth, {})
        row[best] = row.get(best, 0) + 1
    truths, bests = zip(*pairs, strict=True)
    expected = f1_score(truths, bests, labels=sorted(set(truths)), average="macro", zero_division=0)
    assert macro_f1(confusion) == pytest.approx(expected)


def outcome(truth, best, confidence, sent, group="g"):
    return Outcome(LabelledText("x", truth, "en", group), Trial(best, confidence, truth, group), sent)


def test_measures_by_hand():
    found = measure(
        [
            outcome("law", "law", 0.9, True),
            outcome("law", "finance", 0.8, True),
            outcome("finance", "finance", 0.4, False),
            outcome("finance", "general", 0.3, False),
        ]
    )
    assert (found.n_texts, found.accuracy, found.coverage, found.precision) == (4, 0.5, 0.5, 0.5)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.calibration_error == pytest.approx((0.1 + 0.8 + 0.6 + 0.3) / 4)
    assert found.confusion == {"finance": {"finance": 1, "general": 1}, "law": {"finance": 1, "law": 1}}


def test_nothing_routed_has_no_precision():
    assert measure([outcome("law", "law", 0.9, False)]).precision is None


def test_routes_are_those_of_the_router_and_parts_add_up():
    labelled, router = texts(12), TaskRouter(packs())
    outcomes = route_all(router, labelled, grouped=True)
    for one in outcomes:
        route = router.route_text(one.text.text, "en")
        assert (one.trial.domain, one.trial.confidence) == route.ranking[0]
    found = evaluate("lexicon", outcomes, 0.9, grouped=True)
    assert sorted(found.by_group) == ["g0", "g1", "g2", "g3"]
    assert sum(part.n_texts for part in found.by_group.values()) == found.overall.n_texts == 36
    right = sum(part.accuracy * part.n_texts for part in found.by_group.values())
    assert right == pytest.approx(found.overall.accuracy * 36)
    assert evaluate("lexicon", outcomes, 0.9, grouped=False).by_group == {}


def test_a_threshold_is_tried_on_groups_it_was_not_chosen_on():
    good = [Trial("law", 0.9, "law", f"g{n}") for n in range(4) for _ in range(30)]
    bad = [Trial("law", 0.9, "finance", "odd") for _ in range(5)]
    found = hold_out(good + bad, 0.9, grouped=False)
    # without "odd" all are right and its five are sent; with it, 90 of 95 are not enough
    assert (found.n_folds, found.precision, found.coverage) == (5, 0.0, 5 / 125)
    assert hold_out(good, 0.9, grouped=True).precision == 1.0
    assert hold_out([Trial("law", 0.9, "law", "only")], 0.9, grouped=True).precision is None
