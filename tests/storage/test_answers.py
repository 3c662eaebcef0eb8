"""Answers behind judgments: one each, whatever their controls and wherever the snapshot's row groups end."""

from datetime import UTC, datetime, timedelta

import pytest

from toolkit.models import Judgment
from toolkit.storage import snapshots
from toolkit.storage.answers import read_answers

START = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)


def judged(task, annotator, controls="ab", **more):
    """One answer's judgments."""
    values = {"domain": "law", "config": "c", "tier": "specialist", "lead_time_s": 5.0, "created_at": START} | more
    return [Judgment(task, annotator, control, "x", annotation=f"{task}-{annotator}", **values) for control in controls]


@pytest.fixture(params=[1, 2, 3, 7, 50_000])
def rows_in_a_group(request, monkeypatch):
    monkeypatch.setattr(snapshots, "ROWS_IN_A_GROUP", request.param)


def write(folder, tasks):
    snapshots.write_snapshot(folder / "s.parquet", tasks)
    return folder / "s.parquet"


def test_an_answer_to_several_controls_is_one(tmp_path, rows_in_a_group):
    later = START + timedelta(hours=2)
    tasks = [
        [*judged("t1", "ada"), *judged("t1", "bea", "b", lead_time_s=None), *judged("t1", "cai", "abc")],
        [*judged("t2", "ada", created_at=later), *judged("t2", "sim", domain="general", simulated=True)],
        judged("t3", "bea", "abcd", lead_time_s=float("nan")),
    ]
    found = read_answers(write(tmp_path, tasks))
    names = [found.annotators[place] for place in found.annotator]
    assert sorted(names) == ["ada", "ada", "bea", "bea", "cai", "sim"]
    assert {str(key): n for key, n in found.by_project().items()} == {"law/c/specialist": 5, "general/c/specialist": 1}
    assert found.simulated.sum() == 1
    assert sorted(found.day - found.day.min()) == [0, 0, 0, 0, 0, 1]  # days are UTC's
    assert sum(found.lead_time_s != found.lead_time_s) == 2


def test_what_came_since_takes_the_place_of_what_was_there(tmp_path, rows_in_a_group):
    path = write(tmp_path, [judged("t1", "ada"), judged("t2", "ada"), judged("t3", "ada")])
    news = [snapshots.judgments_table([*judged("t2", "bea"), *judged("t2", "cai")])]
    found = read_answers(path, news, replaced={"t2", "t4"})
    assert sorted(found.annotators[place] for place in found.annotator) == ["ada", "ada", "bea", "cai"]


def test_nothing_at_all_is_no_answers():
    assert len(read_answers(None)) == 0
    assert read_answers(None).by_project() == {}
