"""A share of what was decided is judged once more, blind, by a higher tier."""

import threading
import time

import pytest
from scipy.stats import binomtest, hypergeom

from tests.releasing import release, rows_in
from tests.workflow.answering import assigned, choose, general, user
from tests.workflow.disputes import (
    PEOPLE,
    at,
    dispute,
    disputed_bonds,
    go_on,
    person,
    ruling,
    say,
    set_escalation,
    settle,
)
from tests.workflow.screens import XML, answer, step, write_pack
from toolkit.errors import WorkspaceLockedError
from toolkit.models import ConsensusStatus, PlacementStatus, Tier
from toolkit.workflow import apply, collect, predict, publish, resolve, review_error, run, status, why
from toolkit.workflow.exchange import PredictionContent
from toolkit.workflow.reviews import is_chosen, wilson_interval
from toolkit.workspace import open_workspace


@pytest.fixture
def platform(fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    return fake


def agree(operation, fake, n=0, risk="low"):
    """Let both specialists say the same of a task."""
    state = at(operation, "specialist", n)
    for name in ("ada", "bea"):
        say(operation, fake, name, state, *answer(risk, ["price"]))


@pytest.fixture
def decided(folder, tmp_path, platform):
    """One task that two specialists decided to be low, opened for a review."""
    with disputed_bonds(folder, tmp_path, share=1) as operation:
        agree(operation, platform)
        settle(operation)
        yield operation


def test_the_threshold_is_of_the_task_alone():
    chosen = [n for n in range(20_000) if is_chosen(f"task-{n}", 0.1, seed=7)]
    assert 0.09 < len(chosen) / 20_000 < 0.11
    assert [n for n in range(20_000) if is_chosen(f"task-{n}", 0.2, seed=7) and n in set(chosen)] == chosen
    assert not any(is_chosen(f"task-{n}", 0, seed=7) for n in range(1000))


@pytest.mark.parametrize(("hits", "n"), [(0, 8), (1, 10), (5, 10), (10, 10), (3, 400)])
def test_wilson_without_end_is_scipys(hits, n):
    found = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson_interval(hits, n, 10**12) == pytest.approx((found.low, found.high), abs=1e-6)


def test_a_smaller_rest_leaves_less_doubt():
    widths = [high - low for low, high in (wilson_interval(2, 20, size) for size in (20, 21, 40, 200, 10**6))]
    assert widths == sorted(widths)
    assert widths[0] == 0


@pytest.mark.parametrize(("n", "population"), [(5, 50), (15, 50), (45, 50), (60, 200), (100, 1000)])
def test_the_interval_holds_the_right_share_as_often_as_it_says(n, population):
    intervals = [wilson_interval(hits, n, population) for hits in range(n + 1)]
    held = []
    for wrong in range(population + 1):
        share, chances = wrong / population, hypergeom(population, wrong, n)
        inside = [hits for hits, (low, high) in enumerate(intervals) if low - 1e-9 <= share <= high + 1e-9]
        held.append(sum(chances.pmf(hits) for hits in inside))
    assert sum(held) / len(held) >= 0.95
    assert min(held) > 0.9


def test_what_was_drawn_bounds_what_can_be():
    assert wilson_interval(1, 1, 4) == (0.25, 1.0)
    assert wilson_interval(0, 10, 11) == (0.0, pytest.approx(1 / 11))


def test_simulated_reviews_are_told(folder, tmp_path, platform):
    cai = person("cai", "adjudicator", simulated=True)
    with disputed_bonds(folder, tmp_path, share=1, people=[*PEOPLE[:2], cai]) as operation:
        agree(operation, platform)
        settle(operation)
        run(operation)
        found = review_error(operation).overall
        assert (found.n_reviewed, found.n_simulated) == (1, 1)
        assert found.reason == "1 of the reviews are simulated"


def test_a_decided_task_is_opened_blind_for_the_next_tier_once(decided, fake):
    review = at(decided, "adjudicator")
    assert (review.placement.purpose, review.placement.overlap) == ("review", 1)
    assert review.placement.reason == "a review of what specialists decided"
    assert fake.guessed == {}
    assert "review" not in str(fake.stored[review.server_task].data)
    assert resolve(decided).reviews == ()
    writes = list(fake.writes)
    report = go_on(decided)
    assert (report.n_shown, fake.writes) == (0, writes)
    found = status(decided).reviews.overall
    assert (found.n_decided, found.n_reviewed, found.n_open, found.error) == (1, 0, 1, None)
    assert found.reason == "the reviews are still open"


def test_nothing_that_a_model_says_stands_beside_a_review(decided, fake):
    review, lower = at(decided, "adjudicator"), at(decided, "specialist")
    assert (
        predict(decided, [{"task": lower.placement.task, "answers": {"risk": "mid"}, "model_version": "m1"}]).n_sent
        == 1
    )
    assert {one.server_task for _, one in fake.guessed.values()} == {lower.server_task}
    fake.import_predictions(2, [(review.server_task, PredictionContent(answer("mid"), "m1"))])
    publish(decided)
    assert {one.server_task for _, one in fake.guessed.values()} == {lower.server_task}


def test_another_label_takes_the_place_of_the_one_before(decided, fake):
    say(decided, fake, "cai", at(decided, "adjudicator"), *ruling("high", "Read the last line.", kinds=["fraud"]))
    (resolution,) = settle(decided)
    said = "review by an adjudicator: high, not low (Read the last line.)"
    assert (resolution.status, resolution.reason) == (PlacementStatus.DECIDED, f"risk: {said}")
    story = why(decided, at(decided, "specialist").placement.task)
    found = {d.consensus.control: d for d in story.decisions if d.placement == at(decided, "specialist").placement.id}
    better = found["risk"]
    assert (better.consensus.label, better.value, better.consensus.method) == ("high", "high", "review")
    assert (better.consensus.support, better.consensus.n_judgments) == (0.0, 2)
    assert found["kinds"].consensus.method == "vote"
    (outcome,) = story.reviews
    assert (outcome.decided, outcome.label, outcome.wrong) == ("low", "high", True)
    assert len([one for one in story.judgments if one.control == "risk"]) == 3
    assert resolve(decided).resolutions == ()
    (row,) = rows_in(release(decided, "one").release.path)
    assert row["labels"]["risk"] == "high"
    assert row["provenance"] == "adjudicated"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("general", "a review found law, not general"),
        ("finance", "a review found law, not finance, where what was asked stays as it is"),
    ],
)
def test_a_review_that_finds_another_domain_sends_the_task_there(published, folder, fake, before, told):
    news = general(published)
    for name in assigned(published, news):
        fake.annotate(news.server_task, user(published, fake, name), choose(domain=before, sensitivity="public"))
    collect(published)
    published.state.close()
    set_escalation(folder, review={"share": 1})
    with open_workspace(folder, writing=False) as operation:
        resolve(operation)
        go_on(operation)
        (review,) = [s for s in operation.state.work.placements() if s.placement.purpose == "review"]
        (name,) = assigned(operation, review)
        answers = choose(domain="law", sensitivity="public")
        fake.annotate(review.server_task, user(operation, fake, name), answers)
        (resolution,) = settle(operation)
        assert resolution.next == (f"{news.placement.task}@law/clauses/specialist",)
        asked = {s.placement.project.domain for s in operation.state.work.placements(task=news.placement.task)}
        assert asked == {"general", "law", before}
        assert [route.reason for _, route in why(operation, news.placement.task).routes][-1] == told
        assert resolve(operation).resolutions == ()


def test_the_same_label_stays_as_it_was_voted(decided, fake):
    say(decided, fake, "cai", at(decided, "adjudicator"), *ruling("low", "Plain."))
    (resolution,) = settle(decided)
    assert resolution.reason == "review: the same label"
    decision = next(d for d in decided.state.work.decisions() if d.placement == at(decided, "specialist").placement.id)
    assert decision.consensus.method == "vote"
    assert review_error(decided).overall.n_wrong == 0


def test_a_review_that_is_skipped_reviews_nothing(decided, fake):
    state = at(decided, "adjudicator")
    fake.annotate(state.server_task, fake.accounts["cai"].server_user, [], skipped=True)
    (resolution,) = settle(decided)
    assert (resolution.status, resolution.reason) == (
        PlacementStatus.UNDECIDED,
        "not reviewed: the reviewer left it open",
    )
    assert decided.state.reviews.all() == []
    assert resolve(decided).reviews == ()
    assert decided.state.corpus.disputes() == {"bonds.jsonl#1": (1, 0)}
    assert review_error(decided).overall.reason == "nobody above to ask who was not asked before"


def test_what_an_adjudicator_ruled_is_not_reviewed(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path, share=1) as operation:
        dispute(operation, platform)
        say(operation, platform, "cai", at(operation, "adjudicator"), *ruling("low", "So it is."))
        settle(operation)
        assert len(operation.state.work.placements()) == 2
        assert review_error(operation).overall.n_decided == 0


def test_without_anybody_above_no_review_is_opened_and_status_says_so(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path, share=1, people=PEOPLE[:2]) as operation:
        agree(operation, platform)
        settle(operation)
        assert [one.placement.purpose for one in operation.state.work.placements()] == ["answer"]
        found = status(operation).reviews.overall
        assert (found.n_unstaffed, found.error) == (1, None)
        assert found.reason == "nobody above to ask who was not asked before"


@pytest.mark.parametrize(
    "who",
    [
        person("cai", "adjudicator") | {"languages": ["en"]},
        person("cai", "adjudicator", conflicts=["bonds.jsonl*"]),
        person("cai", "adjudicator", capacity_per_week=0),
    ],
)
def test_who_could_not_take_it_is_nobody_above(folder, tmp_path, platform, who):
    with disputed_bonds(folder, tmp_path, share=1, people=[*PEOPLE[:2], who]) as operation:
        agree(operation, platform)
        settle(operation)
        assert status(operation).reviews.overall.n_unstaffed == 1


def test_old_workspaces_are_not_reviewed(folder, tmp_path, platform):
    set_escalation(folder)
    with disputed_bonds(folder, tmp_path, share=0) as operation:
        agree(operation, platform)
        settle(operation)
        assert len(operation.state.work.placements()) == 1
        found = review_error(operation)
        assert (found.share, found.overall.error) == (0, None)
        assert found.overall.reason == "nothing is reviewed: escalation.review.share is 0"


def test_switched_on_later_what_is_decided_already_is_reviewed(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path) as operation:
        agree(operation, platform)
        settle(operation)
    set_escalation(folder, review={"share": 1})
    with open_workspace(folder) as operation:
        assert len(resolve(operation, dry_run=True).reviews) == 1
        assert len(operation.state.work.placements()) == 1
        run(operation)
        assert at(operation, "adjudicator").server_task is not None


def test_the_error_is_a_share_with_an_interval(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path, share=1, n_tasks=8) as operation:
        for n in range(8):
            agree(operation, platform, n)
        settle(operation)
        for n in range(5):
            risk = "high" if n == 0 else "low"
            say(operation, platform, "cai", at(operation, "adjudicator", n), *ruling(risk, "Because."))
        settle(operation)
        found = review_error(operation)
        (bonds,) = found.domains
        assert (bonds.domain, bonds.n_decided, bonds.n_reviewed, bonds.n_open, bonds.n_wrong) == ("bonds", 8, 5, 3, 1)
        assert bonds.error == 0.2
        assert (bonds.low, bonds.high) == wilson_interval(1, 5, 8)
        assert found.overall.error == 0.2


def test_a_migration_keeps_what_a_review_put_right(folder, tmp_path, platform):
    with disputed_bonds(folder, tmp_path, share=1) as operation:
        agree(operation, platform)
        settle(operation)
        say(operation, platform, "cai", at(operation, "adjudicator"), *ruling("high", "Because."))
        settle(operation)
    renamed = XML.replace('"low"', '"small"').replace('"high"', '"large"')
    labels = {"risk": {"low": "small", "high": "large"}}
    write_pack(folder, renamed, migrations=[step(XML, renamed, rename_labels=labels)])
    with open_workspace(folder) as operation:
        apply(operation)
        found = {(d.placement, d.consensus.control): d.consensus for d in operation.state.work.decisions()}
        better = found[at(operation, "specialist").placement.id, "risk"]
        assert (better.label, better.method, better.status) == ("large", "review", ConsensusStatus.DECIDED)
        assert at(operation, "specialist").status is PlacementStatus.DECIDED
        assert review_error(operation).overall.n_wrong == 1
        assert publish(operation).n_shown == 0


def test_a_second_resolve_waits_for_the_first_and_nothing_doubles(folder, tmp_path, platform, monkeypatch):
    with disputed_bonds(folder, tmp_path, share=1, n_tasks=2) as operation:
        agree(operation, platform, 0)
        state = at(operation, "specialist", 1)
        say(operation, platform, "ada", state, *answer("low"))
        say(operation, platform, "bea", state, *answer("high"))
        collect(operation)
    counts, told = [], []

    def settle_alone():
        with open_workspace(folder, say=told.append) as operation:
            time.sleep(0.3)
            counts.append(len(resolve(operation).resolutions))

    threads = [threading.Thread(target=settle_alone) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 2]
    assert len(told) == 1
    with open_workspace(folder) as operation:
        assert [one.placement.purpose for one in operation.state.work.placements()].count("review") == 1
        assert len(operation.state.work.placements()) == 4
        monkeypatch.setattr("toolkit.workspace.LOCK_WAIT_S", 0.1)
        with pytest.raises(WorkspaceLockedError), open_workspace(folder):
            pass


def test_the_next_higher_tier_reviews_where_one_was_asked_already(folder, tmp_path, platform):
    people = [
        person("ada", "generalist"),
        person("bea", "generalist"),
        person("cai", "specialist"),
        person("dan", "adjudicator"),
    ]
    with disputed_bonds(folder, tmp_path, share=1, people=people, tier="generalist") as operation:
        for name in ("ada", "bea"):
            say(operation, platform, name, at(operation, "generalist"), *answer("low"))
        settle(operation)
        review = at(operation, "specialist")
        assert review.placement.purpose == "review"
        platform.annotate(review.server_task, platform.accounts["cai"].server_user, [], skipped=True)
        settle(operation)
        assert at(operation, "adjudicator").placement.purpose == "review"
        assert at(operation, Tier.SPECIALIST).status is PlacementStatus.UNDECIDED
