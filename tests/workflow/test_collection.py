"""collect reads what changed, misses nothing, and counts what the server does not enforce."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from tests.workflow.screens import annotate_all, answer, assigned, result, snapshot, states
from toolkit.errors import LabelStudioError
from toolkit.models import AssignmentStatus, ControlKind
from toolkit.storage.findings import FindingKind
from toolkit.workflow import collect, publish, resolve, simulate
from toolkit.workflow.collection import freeze, judgments_of


class Reads:
    """Counts which tasks are read with their annotations."""

    def __init__(self, fake, monkeypatch):
        self.tasks = []
        plain = fake.annotations

        def counted(*args, **kwargs):
            for task in plain(*args, **kwargs):
                self.tasks.append(task.server_id)
                yield task

        monkeypatch.setattr(fake, "annotations", counted)


def say(fake, operation, state, name, *args, **kwargs):
    return fake.annotate(state.server_task, fake.accounts[name].server_user, *args, **kwargs)


def test_only_what_changed_is_read_again(bonds, fake, monkeypatch):
    annotate_all(bonds, fake)
    fake.clock += 60
    one = states(bonds)[0]
    number = next(a.server_id for a, _ in fake.found.values() if a.server_task == one.server_task)
    fake.change(number, editor=fake.found[number][0].author, results=tuple(answer("none")))
    reads = Reads(fake, monkeypatch)
    report = collect(bonds)
    assert (report.n_changed, report.n_new, report.n_annotations) == (1, 0, 8)
    others = [state.server_task for state in states(bonds)[1:-1]]  # the last one is within the margin
    assert one.server_task in reads.tasks
    assert not set(others) & set(reads.tasks)


def test_deletions_show_though_no_task_was_touched(bonds, fake, monkeypatch):
    annotate_all(bonds, fake)
    fake.clock += 60
    collect(bonds)
    before = snapshot(bonds)
    first, second = list(fake.found)[:2]
    del fake.found[first]
    fake.stored.pop(fake.found[list(fake.found)[-1]][0].server_task)
    for number in [n for n, (a, _) in fake.found.items() if a.server_task not in fake.stored]:
        del fake.found[number]
    report = collect(bonds)
    assert report.n_deleted == 3
    assert snapshot(bonds) == before
    assert second in fake.found


def test_an_annotation_that_moved_no_moment_is_found_by_its_id(bonds, fake):
    annotate_all(bonds, fake, risks=("low",))
    fake.clock += 60
    collect(bonds)
    state = states(bonds)[1]
    moment = fake.stored[state.server_task].updated_at
    say(fake, bonds, state, assigned(bonds, state)[0], answer("low"))
    fake.stored[state.server_task].updated_at = moment
    assert collect(bonds).n_new == 1


def test_a_server_that_holds_back_is_not_taken_for_complete(bonds, fake, monkeypatch):
    annotate_all(bonds, fake, risks=("low",))
    state = states(bonds)[1]
    say(fake, bonds, state, assigned(bonds, state)[0], answer("low"))
    monkeypatch.setattr(fake, "annotations", lambda *_, **__: iter(()))
    with pytest.raises(LabelStudioError, match="held back"):
        collect(bonds)


def test_without_news_nothing_is_written(bonds, fake):
    annotate_all(bonds, fake)
    before = bonds.state.ledger.head(), sorted(bonds.snapshots.iterdir())
    writes = len(fake.writes)
    collect(bonds)
    assert (bonds.state.ledger.head(), sorted(bonds.snapshots.iterdir())) == before
    assert len(fake.writes) == writes


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([result("nonsense", ["low"])], "nonsense"),
        ([result("risk", ["purple"])], "purple"),
        ([result("risk", ["low"]), {**result("risk", ["high"]), "id": "b"}], "answered 2 times"),
        ([result("risk", ["low", "high"])], "2 labels where one is allowed"),
    ],
)
def test_what_does_not_fit_is_quarantined_and_somebody_else_is_asked(bonds, fake, results, reason):
    state = states(bonds)[0]
    name, other = assigned(bonds, state)
    say(fake, bonds, state, name, results)
    say(fake, bonds, state, other, answer("low"))
    report = collect(bonds)
    assert [finding.kind for finding in report.quarantined] == [FindingKind.INVALID]
    assert reason in str(report.quarantined[0])
    assert {judgment.annotator for judgment in judgments_of(bonds)} == {other}
    assert not resolve(bonds).resolutions
    publish(bonds)
    found = {item.assignment.annotator: item.status for item in bonds.state.work.assignments(task=state.placement.task)}
    assert found[name] is AssignmentStatus.QUARANTINED
    assert len(found) == 3
    number = next(a.server_id for a, _ in fake.found.values() if a.author == fake.accounts[name].server_user)
    fake.change(number, editor=fake.accounts[name].server_user, results=tuple(answer("low")))
    assert collect(bonds).quarantined == ()
    assert {judgment.annotator for judgment in judgments_of(bonds)} == {name, other}


def test_a_surplus_answer_does_not_count_whoever_comes_last(bonds, fake):
    state = states(bonds)[0]
    for name in ("ada", "bea", "cai"):
        say(fake, bonds, state, name, answer("low"))
        collect(bonds)
    report = collect(bonds)
    assert [(f.annotator, f.kind) for f in report.uncounted] == [("cai", FindingKind.SURPLUS)]
    assert {judgment.annotator for judgment in judgments_of(bonds)} == {"ada", "bea"}


def test_of_two_answers_by_one_annotator_the_later_counts(bonds, fake):
    state = states(bonds)[0]
    name = assigned(bonds, state)[0]
    say(fake, bonds, state, name, answer("low"))
    say(fake, bonds, state, name, answer("high"))
    report = collect(bonds)
    assert [finding.kind for finding in report.uncounted] == [FindingKind.REPEATED]
    assert [judgment.label for judgment in judgments_of(bonds) if judgment.control == "risk"] == ["high"]


def test_a_missing_required_answer_leaves_the_others_standing(bonds, fake):
    state = states(bonds)[0]
    say(fake, bonds, state, assigned(bonds, state)[0], answer(kinds=["price"]))
    report = collect(bonds)
    assert report.quarantined == ()
    assert [finding.kind for finding in bonds.state.findings.all()] == [FindingKind.INCOMPLETE]
    assert [judgment.control for judgment in judgments_of(bonds)] == ["kinds"]


def test_skips_and_drafts_are_counted_and_are_no_answers(bonds, fake):
    first, second = states(bonds)[:2]
    say(fake, bonds, first, assigned(bonds, first)[0], [], skipped=True)
    fake.draft(second.server_task, 10, answer("low"))
    report = collect(bonds)
    assert (report.n_skipped, report.n_drafts, report.n_judgments) == (1, 1, 0)


def test_a_snapshot_made_from_the_one_before_has_the_same_bytes_as_one_made_anew(bonds, fake, monkeypatch):
    monkeypatch.setattr("toolkit.storage.snapshots.ROWS_IN_A_GROUP", 3)
    sizes = []
    for state, risk in zip(reversed(states(bonds)), ("low", "high", "mid", "none"), strict=True):
        for name in assigned(bonds, state):
            say(fake, bonds, state, name, answer(risk))
            sizes.append(collect(bonds).n_judgments)
    one = next(iter(fake.found))
    fake.change(one, editor=fake.found[one][0].author, results=tuple(answer("none", ["price"])))
    collect(bonds)
    assert sizes == [2, 4, 6, 8, 10, 12, 14, 16]
    stepwise = snapshot(bonds)
    for path in bonds.snapshots.iterdir():
        path.unlink()
    assert snapshot(bonds) == stepwise


def test_judgments_of_spans_tell_how_long_the_text_is(published):
    simulate(published)
    collect(published)
    texts = {task.id: task.fields["text"] for task in published.state.corpus.tasks()}
    judgments = judgments_of(published)
    spans = [one for one in judgments if one.kind is ControlKind.SPANS]
    assert spans
    assert all(one.extent == str(len(texts[one.task])) for one in spans)
    table = pq.read_table(freeze(published)).to_pylist()
    frozen = {(row["task"], row["annotator"], row["control"]): row["extent"] for row in table}
    assert frozen == {(one.task, one.annotator, one.control): one.extent or None for one in judgments}
    assert None in frozen.values()


def test_a_project_that_is_gone_is_named_and_its_answers_kept(bonds, fake):
    annotate_all(bonds, fake)
    before = snapshot(bonds)
    fake.delete_project(1)
    report = collect(bonds)
    assert report.missing == ("bonds/risk/specialist",)
    assert report.n_deleted == 8
    assert snapshot(bonds) == before


def test_a_killed_collect_notes_what_it_missed_the_next_time(bonds, fake, monkeypatch):
    state = states(bonds)[0]
    name = assigned(bonds, state)[0]
    say(fake, bonds, state, name, answer("low"))
    with monkeypatch.context() as patched:
        patched.setattr("toolkit.workflow.collection.freeze", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            collect(bonds)
    collect(bonds)
    found = {item.assignment.annotator: item.status for item in bonds.state.work.assignments(task=state.placement.task)}
    assert found[name] is AssignmentStatus.DONE


def test_a_publish_killed_while_the_server_still_imports_sends_nothing_twice(bonds, fake, monkeypatch):
    """The import arrives after the next publish has begun to look."""
    late = list(states(bonds))
    for state in late:
        fake.stored.pop(state.server_task)
    bonds.state.work.set_published({state.placement.id: (None, None) for state in late})
    held, plain = [], fake.import_tasks

    def dies(project, payloads):
        held.append((project, payloads))
        raise KeyboardInterrupt

    monkeypatch.setattr(fake, "import_tasks", dies)
    with pytest.raises(KeyboardInterrupt):
        publish(bonds)
    monkeypatch.setattr(fake, "import_tasks", plain)
    looks, tasks = [], fake.tasks

    def arrives_late(project):
        looks.append(project)
        if len(looks) == 3:
            plain(*held[0])
        yield from tasks(project)

    monkeypatch.setattr(fake, "tasks", arrives_late)
    publish(bonds)
    names = [task.data["external_id"] for task in fake.stored.values()]
    assert len(names) == len(set(names)) == 4


def test_answers_of_a_stranger_count_from_when_they_are_registered(bonds, fake):
    """Their place is not the one of somebody whose answer counted before."""
    state = states(bonds)[0]
    fake.annotate(state.server_task, 77, answer("high"))
    for name in assigned(bonds, state):
        say(fake, bonds, state, name, answer("low"))
    collect(bonds)
    fake.clock += 60
    collect(bonds)
    bonds.state.registry.save_account(77, "zoe", simulated=False)
    report = collect(bonds)
    assert [(f.annotator, f.kind) for f in report.uncounted] == [("zoe", FindingKind.SURPLUS)]
    assert {j.label for j in judgments_of(bonds) if j.control == "risk"} == {"low"}


def test_an_answer_on_a_copy_stays_with_its_text_whatever_the_copy_is_called_later(bonds, fake):
    first, second = states(bonds)[:2]
    fake.stored[99] = replace(fake.stored[first.server_task], data=dict(fake.stored[first.server_task].data))
    name = assigned(bonds, first)[0]
    fake.annotate(99, fake.accounts[name].server_user, answer("low"))
    collect(bonds)
    fake.stored[99].data["external_id"] = second.placement.id
    fake.touch(99, 1)
    collect(bonds, full=True)
    assert {j.task for j in judgments_of(bonds)} == {first.placement.task}
