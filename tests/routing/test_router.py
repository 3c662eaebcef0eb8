"""Scores of several routers are added; what they suffice for, and how hard a task looks, is decided in one place."""

from dataclasses import dataclass, field

import pytest

from tests.routing.test_lexicon import packs, task
from toolkit.models import Evidence, Modality, Queue, Tier
from toolkit.routing import LexiconRouter, Promise, Scores, Surroundings, TaskRouter
from toolkit.routing.difficulty import difficulty

UNDECIDED = "The patient is a plaintiff."


@dataclass
class Says:
    """A router that always says the same."""

    scores: Scores | None
    asked_last: bool = False
    name: str = "parrot"
    asked: list[str] = field(default_factory=list)

    def score(self, task, text):
        self.asked.append(text)
        return self.scores


def test_log_odds_of_several_routers_are_added_and_all_of_them_sign():
    law = Says(Scores({"law": 3.0}, (Evidence("law", "it sounds like a court", 1, 3.0),), note="I heard it"))
    route = TaskRouter(packs(), [LexiconRouter(packs()), law]).route(task({"text": UNDECIDED}))
    alone = TaskRouter(packs()).route(task({"text": UNDECIDED}))
    assert (alone.queue, route.queue, route.domain) == (Queue.TRIAGE, Queue.DOMAIN, "law")
    before, after = dict(alone.ranking), dict(route.ranking)
    assert after["law"] / after["medicine"] == pytest.approx(20.0855 * before["law"] / before["medicine"], rel=1e-3)
    assert route.router == "lexicon + parrot"
    assert "it sounds like a court" in route.reason
    assert "I heard it" in route.reason


def test_a_router_that_is_asked_last_sees_only_what_the_others_leave_undecided():
    last = Says(Scores({"medicine": 2.0}), asked_last=True)
    router = TaskRouter(packs(), [LexiconRouter(packs()), last])
    decided = router.route(task({"text": "The patient received a second dose."}))
    assert (decided.router, last.asked) == ("lexicon", [])
    settled = router.route(task({"text": UNDECIDED}))
    assert (settled.domain, settled.router, last.asked) == ("medicine", "lexicon + parrot", [UNDECIDED])


def test_a_router_with_nothing_to_say_changes_nothing():
    silent = TaskRouter(packs(), [LexiconRouter(packs()), Says(None)])
    assert silent.route(task({"text": UNDECIDED})) == TaskRouter(packs()).route(task({"text": UNDECIDED}))


def test_where_nothing_was_heard_a_generalist_decides():
    route = TaskRouter(packs(), [Says(Scores({"law": 9.0}, heard=False))]).route(task({"text": "Quoi donc."}))
    assert (route.domain, route.queue) == ("general", Queue.TRIAGE)


def test_a_promise_takes_the_place_of_the_packs_thresholds():
    text = task({"text": "The patient received a second dose."})
    strict = TaskRouter(packs(), promise=Promise(0.9, {"medicine": 0.999})).route(text)
    assert strict.queue is Queue.TRIAGE
    assert "1.00 wanted" in strict.reason
    assert TaskRouter(packs(route=0.99), promise=Promise(0.9, {"medicine": 0.2})).route(text).queue is Queue.DOMAIN
    nothing = TaskRouter(packs(), promise=Promise(0.9, {"law": 0.5})).route(text)
    assert nothing.queue is Queue.TRIAGE
    assert "nothing keeps a precision of 0.9" in nothing.reason


def test_hard_texts_of_a_generalists_domain_go_to_specialists():
    long = "Everybody went home and had a quiet dinner with friends. " * 120
    easy, hard = (TaskRouter(packs()).route(task({"text": text})) for text in (long[:600], long))
    assert (easy.domain, easy.tier) == ("general", Tier.GENERALIST)
    assert (hard.domain, hard.tier) == ("general", Tier.SPECIALIST)
    assert easy.difficulty < 0.7 < hard.difficulty
    assert "too hard for generalists" in hard.reason


def test_disagreement_so_far_makes_a_task_harder_and_can_send_it_up():
    text = task({"text": "Everybody went home. " * 60})
    calm = TaskRouter(packs()).route(text, Surroundings(n_settled=20, n_disputed=0))
    torn = TaskRouter(packs()).route(text, Surroundings(n_settled=20, n_disputed=18))
    assert (calm.tier, torn.tier) == (Tier.GENERALIST, Tier.SPECIALIST)


def test_difficulty_is_that_of_the_formula_and_never_falls():
    assert difficulty(400, 48) == 0.75
    assert difficulty(0, 0) == 0
    assert difficulty(400, 0, n_settled=4, n_disputed=4) == 0.75
    for more in ({"n_words": 500}, {"n_terms": 40}, {"n_disputed": 3}):
        base = {"n_words": 100, "n_terms": 8, "n_settled": 5, "n_disputed": 1}
        assert difficulty(**{**base, **more}) > difficulty(**base)
    assert 0.99 < difficulty(1_000_000, 0) < 1


def test_metadata_that_tell_something_count_for_a_whole_document():
    silent = task({"audio": "/clips/a.wav"}, Modality.AUDIO, document="t1")
    route = TaskRouter(packs()).route(silent, Surroundings({"keywords": ["patient", "dose"], "sha256": "ab"}))
    assert (route.domain, route.queue) == ("medicine", Queue.DOMAIN)
    passage = task({"text": "Everybody went home."}, document="whole")
    assert TaskRouter(packs()).route(passage, Surroundings({"keywords": ["patient", "dose"]})).domain == "general"
