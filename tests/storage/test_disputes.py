"""A dispute from the first answers to a second look and a review, on both databases."""

import pytest
import yaml

from tests.releasing import release
from tests.workflow.disputes import at, disputed_bonds, ruling, say, settle
from tests.workflow.fake import FakePlatform
from tests.workflow.screens import answer
from toolkit.models import AssignmentStatus
from toolkit.workflow import collect, publish, review_error, status, why
from toolkit.workspace import init_workspace


@pytest.fixture
def operation(tmp_path, database_url, monkeypatch):
    fake, folder = FakePlatform(), tmp_path / "ws"
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    init_workspace(folder)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8")) | {"database": database_url}
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with disputed_bonds(folder, tmp_path, n_tasks=2, share=1) as opened:
        yield opened


def test_rulings_reworks_and_reviews_are_stored(operation):
    fake = operation.platform
    agreed, disputed = at(operation, "specialist", 0), at(operation, "specialist", 1)
    for state, other in ((agreed, "low"), (disputed, "high")):
        say(operation, fake, "ada", state, *answer("low"))
        number = say(operation, fake, "bea", state, *answer(other))
    settle(operation)
    for n in range(2):
        state = at(operation, "adjudicator", n)
        reviewed = state.placement.purpose == "review"
        say(operation, fake, "cai", state, *ruling("mid" if reviewed else "low", "So.", send_back=not reviewed))
    settle(operation)
    (item,) = status(operation).sent_back
    assert (item.annotator, item.task) == ("bea", disputed.placement.task)
    fake.change(number, editor=fake.accounts["bea"].server_user, results=tuple(answer("low")))
    collect(operation)
    assert publish(operation).sent_back == ()
    (rework,) = operation.state.reworks.all(task=disputed.placement.task)
    assert rework.done_at > rework.asked_at
    assert not rework.shown
    assert {one.status for one in operation.state.work.assignments()} == {AssignmentStatus.DONE}
    (outcome,) = why(operation, agreed.placement.task).reviews
    assert (outcome.decided, outcome.label) == ("low", "mid")
    assert outcome.reviewed_at.tzinfo is not None
    found = review_error(operation).overall
    assert (found.n_decided, found.n_reviewed, found.n_wrong) == (1, 1, 1)
    assert release(operation, "both").n_records == 2
