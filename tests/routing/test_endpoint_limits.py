"""What a chat model costs is written down first, and a failing one holds up nobody."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from tests.routing.chat_server import (
    ANSWER,
    COST,
    KEY,
    LOST,
    TEXT,
    completion,
    options,
    refusal,
    router,
    spent,
    task,
)
from toolkit.errors import ConfigError, StorageError
from toolkit.routing.endpoint import PURCHASES
from toolkit.routing.spending import Spending

# --- money


def test_the_same_text_is_paid_for_once_for_all_runs(endpoint, tmp_path):
    first = router(endpoint, tmp_path).score(task(), TEXT)
    assert router(endpoint, tmp_path).score(task(), TEXT) == first
    assert len(endpoint.seen) == 1
    router(endpoint, tmp_path, model="other").score(task(), TEXT)
    assert len(endpoint.seen) == 2
    assert stat.S_IMODE((tmp_path / PURCHASES).stat().st_mode) == 0o600


def test_without_a_folder_the_limit_and_the_answers_hold_for_the_run(endpoint):
    asked = router(endpoint)
    assert asked.score(task(), TEXT) == asked.score(task(), TEXT)
    assert len(endpoint.seen) == 1


def ask_until_stopped(asked, run):
    for number in range(100):
        found = asked.score(task(), f"{run} {number}. {TEXT}")
        if not found.heard:
            return found.note
    return None


def test_the_limit_holds_across_runs_and_can_be_raised(endpoint, tmp_path):
    note = ask_until_stopped(router(endpoint, tmp_path, limit=0.1), "first")
    asked = len(endpoint.seen)
    costs = [cost for cost, _ in spent(tmp_path)]
    assert costs == [pytest.approx(COST)] * asked
    assert 0.1 - 0.05 < sum(costs) <= 0.1  # what one request may cost is less than 0.05
    assert note == f"openai m was not asked: {sum(costs):.4g} of 0.1 is spent, the next could pass it"
    again = router(endpoint, tmp_path, limit=0.1)
    assert "was not asked" in ask_until_stopped(again, "second")
    assert len(endpoint.seen) == asked
    assert again.score(task(), f"first 0. {TEXT}").heard  # what was paid for is still there
    ask_until_stopped(router(endpoint, tmp_path, limit=0.2), "third")
    assert len(endpoint.seen) > asked
    assert sum(cost for cost, _ in spent(tmp_path)) <= 0.2


def test_a_server_of_ones_own_costs_nothing(endpoint, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert router(endpoint, tmp_path, limit=0, price_in=0, price_out=0).score(task(), TEXT).heard
    assert spent(tmp_path)[0][0] == 0
    assert endpoint.keys[0][1] == "Bearer none"


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -5, "completion_tokens": 1}, {"prompt_tokens": 10**30}])
def test_a_server_that_counts_no_tokens_is_believed_to_have_used_the_most(endpoint, tmp_path, usage):
    endpoint.answers = [completion(ANSWER, usage)]
    assert router(endpoint, tmp_path).score(task(), TEXT).heard
    ((cost, _),) = spent(tmp_path)
    n_chars = sum(len(message["content"]) for message in endpoint.seen[0]["messages"])
    assert cost == pytest.approx(((n_chars / 3 + 20) * 10 + 200 * 20) / 1_000_000, rel=0.01)


KILLED = """
import json, sys
from pathlib import Path
from tests.routing.test_lexicon import packs
from toolkit.models import Modality, Task
from toolkit.routing.plugins import load_routers

options, folder, text = json.loads(sys.argv[1])
(router,) = load_routers({"openai": options}, packs(), Path(folder))
router.score(Task("t1", "d1", "a.md", Modality.TEXT, {}), text)
"""


def test_a_request_that_was_killed_halfway_counts_in_full(endpoint, tmp_path):
    endpoint.may_answer.clear()
    limit = 0.04  # enough for one request at its highest price and not for two
    arguments = json.dumps([options(endpoint, limit=limit), str(tmp_path), TEXT])
    run = subprocess.Popen([sys.executable, "-c", KILLED, arguments])
    try:
        assert endpoint.asked.wait(60)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    endpoint.may_answer.set()
    ((reserved, answer),) = spent(tmp_path)
    assert answer is None
    assert limit / 2 < reserved <= limit
    assert "was not asked" in router(endpoint, tmp_path, limit=limit).score(task(), TEXT).note
    assert len(endpoint.seen) == 1
    assert router(endpoint, tmp_path, limit=1).score(task(), TEXT).heard
    assert sum(cost for cost, _ in spent(tmp_path)) == pytest.approx(reserved + COST)


def test_what_cannot_be_written_down_is_not_asked(endpoint, tmp_path):
    asked = router(endpoint, tmp_path)
    with sqlite3.connect(tmp_path / PURCHASES) as database:
        database.execute("drop table requests")
    assert "openai m failed: StorageError" in asked.score(task(), TEXT).note
    assert endpoint.seen == []


def test_two_runs_at_once_share_the_limit(tmp_path):
    one, other = (Spending(tmp_path / PURCHASES, limit=1.0) for _ in range(2))
    number = one.reserve("a", "m", 0.7)
    assert other.reserve("b", "m", 0.7) is None
    one.settle(number, 0.2, "x")
    assert other.reserve("b", "m", 0.7) is not None
    assert one.spent() == pytest.approx(0.9)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / PURCHASES).write_text("no database, but long enough to be taken for one at first " * 20)
    with pytest.raises(StorageError, match=PURCHASES):
        Spending(tmp_path / PURCHASES, limit=1.0)


# --- failures


def test_a_busy_server_is_asked_again_and_its_refusal_is_not_paid_for(endpoint, tmp_path):
    endpoint.answers = [refusal(429), completion(ANSWER)]
    assert router(endpoint, tmp_path).score(task(), TEXT).heard
    assert len(endpoint.seen) == 2
    assert spent(tmp_path)[0][0] == pytest.approx(COST)


def test_after_three_failures_in_a_row_nobody_is_asked_in_this_run(endpoint, tmp_path):
    endpoint.answers = [refusal(500, f"down; your key was {KEY}")]
    asked = router(endpoint, tmp_path)
    notes = [asked.score(task(), f"{number} {TEXT}").note for number in range(4)]
    assert len(endpoint.seen) == 3 * 3
    assert notes[0].startswith("openai m did not answer: HTTP 500")
    assert notes[3].startswith("openai m was not asked: it failed 3 times in a row, last with HTTP 500")
    assert KEY not in "".join(notes)
    assert sum(cost for cost, _ in spent(tmp_path)) == 0
    endpoint.answers = [completion(ANSWER)]
    assert not asked.score(task(), TEXT).heard
    assert router(endpoint, tmp_path).score(task(), TEXT).heard


def test_failures_that_are_not_in_a_row_stop_nothing(endpoint):
    down, well = refusal(400, "too long"), completion(ANSWER)  # 400 is not tried again
    endpoint.answers = [down, down, well, down, down, well]
    asked = router(endpoint)
    heard = [asked.score(task(), f"{number} {TEXT}").heard for number in range(6)]
    assert heard == [False, False, True, False, False, True]


def test_a_try_that_got_no_answer_in_time_may_have_been_billed(endpoint, tmp_path):
    endpoint.may_answer.clear()
    found = router(endpoint, tmp_path, timeout_s=0.2).score(task(), TEXT)
    assert found.note == "openai m did not answer: APITimeoutError"
    ((cost, answer),) = spent(tmp_path)
    with sqlite3.connect(tmp_path / PURCHASES) as database:
        assert database.execute("select worst from requests").fetchone()[0] == pytest.approx(cost)
    assert answer is None


def test_a_try_that_was_lost_counts_beside_the_one_that_succeeded(endpoint, tmp_path):
    endpoint.answers = [(LOST, None), completion(ANSWER)]
    assert router(endpoint, tmp_path).score(task(), TEXT).heard
    ((cost, _),) = spent(tmp_path)
    with sqlite3.connect(tmp_path / PURCHASES) as database:
        (worst,) = database.execute("select worst from requests").fetchone()
    assert cost == pytest.approx(COST + worst / 3)


@pytest.mark.parametrize("payload", [b"<html>welcome</html>", {"choices": []}, {"ok": True}, b"\xff"])
def test_what_is_no_chat_completion_is_a_failure_and_not_kept(endpoint, tmp_path, payload):
    endpoint.answers = [(200, payload), completion(ANSWER)]
    asked = router(endpoint, tmp_path)
    assert asked.score(task(), TEXT).note == "openai m did not answer: its answer is no chat completion"
    assert asked.score(task(), TEXT).heard


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_model_or_address_stops_the_run(endpoint, tmp_path, status):
    endpoint.answers = [refusal(status, f"wrong: {KEY}")]
    with pytest.raises(ConfigError) as caught:
        router(endpoint, tmp_path).score(task(), TEXT)
    assert f"openai m: the endpoint says HTTP {status}." in str(caught.value)
    assert "the key in OPENAI_API_KEY" in str(caught.value)
    assert len(endpoint.seen) == 1
    assert spent(tmp_path)[0] == (0, None)
