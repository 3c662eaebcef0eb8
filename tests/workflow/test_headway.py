"""How far the work has come: the funnel, the days, the forecast and the cost, held against naive counts."""

from datetime import date

import pytest

from tests.workflow.conftest import SEEDS
from toolkit.models import PlacementStatus
from toolkit.simulation import Reference
from toolkit.workflow import ingest, progress, run
from toolkit.workflow.collection import judgments_of


def stages(found):
    return {stage.name: stage.n for stage in found.funnel}


@pytest.fixture
def finished(operation):
    """Two seed documents, simulated to the end."""
    ingest(operation, sorted(SEEDS.glob("xai-*.fr.md"))[:2])
    run(operation, Reference.load(SEEDS / "reference.jsonl"))
    return operation


def test_an_empty_workspace_has_come_nowhere(operation):
    found = progress(operation)
    assert set(stages(found).values()) == {0}
    assert found.projects == found.days == ()
    assert found.finish.reason == "nothing is open"
    assert (found.finish.day, found.finish.per_day, found.cost.so_far) == (None, None, None)


def test_published_tasks_wait_for_answers(published):
    found = progress(published)
    assert stages(found) == {
        **dict.fromkeys(("documents", "tasks", "routed", "placed", "sent"), 2),
        **dict.fromkeys(("answered", "settled", "decided", "released"), 0),
    }
    assert [(stage.name, stage.n_short, stage.reason) for stage in found.funnel if stage.n_short] == [
        ("answered", 2, "no answer yet")
    ]
    states = published.state.work.placements()
    assert found.finish.n_missing == sum(state.placement.overlap for state in states)
    assert found.finish.reason == "nobody has answered yet"


def test_the_whole_cycle_is_counted_as_a_loop_over_everything_does(finished):
    found = progress(finished)
    states = finished.state.work.placements()
    tasks = {task.id for task in finished.state.corpus.tasks()}
    judgments = judgments_of(finished)
    of_task = {task: {s.status for s in states if s.placement.task == task} for task in tasks}
    settled = {task for task, found in of_task.items() if found and PlacementStatus.OPEN not in found}
    assert stages(found) == {
        "documents": 2,
        "tasks": len(tasks),
        "routed": len(tasks),
        "placed": len({state.placement.task for state in states}),
        "sent": len({state.placement.task for state in states if state.server_task is not None}),
        "answered": len({judgment.task for judgment in judgments}),
        "settled": len(settled),
        "decided": sum(PlacementStatus.DECIDED in of_task[task] for task in settled),
        "released": 0,
    }
    assert sum(day.n_simulated for day in found.days) == len({judgment.annotation for judgment in judgments})
    assert sum(day.n_answers for day in found.days) == 0
    assert sum(day.n_decided for day in found.days) == sum(s.status is PlacementStatus.DECIDED for s in states)
    assert {day.day for day in found.days if day.n_simulated} == {j.created_at.date() for j in judgments}


def test_the_same_workspace_gives_the_same_progress(finished):
    day = date(2026, 1, 5)
    assert repr(progress(finished, today=day)) == repr(progress(finished, today=day))
