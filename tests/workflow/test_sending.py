"""What a killed publish leaves behind, and a collect among people who go on annotating."""

import pytest

from tests.workflow.screens import answer, states
from toolkit.workflow import apply, collect, ingest, publish, route
from toolkit.workflow.collection import ROUNDS, judgments_of


def test_tasks_are_not_put_back_into_the_queues_where_only_the_note_about_whom_they_were_sent_to_is_missing(
    operation, texts, fake, monkeypatch
):
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    with monkeypatch.context() as patched:
        patched.setattr("toolkit.workflow.sending.Sending._put_right", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish(operation)
    report = publish(operation)
    assert report.n_updated == 0
    assert "reopen" not in {write[0] for write in fake.writes}


def test_an_import_under_way_is_waited_for_though_another_project_imports_first(operation, texts, fake, monkeypatch):
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    plain, tasks, held, looks = fake.import_tasks, fake.tasks, [], []
    first, second = [record.server_id for record in operation.state.registry.projects()][:2]

    def dies(project, payloads):
        if project == second:
            held.append((project, payloads))
            raise KeyboardInterrupt
        plain(project, payloads)

    monkeypatch.setattr(fake, "import_tasks", dies)
    with pytest.raises(KeyboardInterrupt):
        publish(operation)
    monkeypatch.setattr(fake, "import_tasks", plain)

    def arrives_late(project):
        looks.append(project)
        if looks.count(second) == 2 and held:
            plain(*held.pop())
        yield from tasks(project)

    monkeypatch.setattr(fake, "tasks", arrives_late)
    gone = next(number for number, task in fake.stored.items() if task.project == first)
    fake.delete_task(gone)
    publish(operation)
    assert not held
    late = [task.data["external_id"] for task in fake.stored.values() if task.project == second]
    sent = [name for kind, name, *_ in fake.writes if kind == "import" and name in late]
    assert sorted(sent) == sorted(late)


def test_collect_does_not_take_those_who_annotate_meanwhile_for_a_server_that_holds_back(bonds, fake, monkeypatch):
    """Before and after each look at the ids there is an answer more on every task."""
    plain, authors = fake.annotation_ids, [account.server_user for account in fake.accounts.values()]
    looks = []
    fake.annotate(states(bonds)[0].server_task, authors[0], answer("low"))
    collect(bonds)  # of what nothing is known, nothing is compared

    def all_answer():
        for state in states(bonds):
            fake.annotate(state.server_task, authors[len(looks) % len(authors)], answer("low"))

    def busy(project):
        all_answer()
        found = list(plain(project))
        all_answer()
        looks.append(project)
        yield from found

    monkeypatch.setattr(fake, "annotation_ids", busy)
    first = collect(bonds)
    assert len(looks) == 1 + ROUNDS
    monkeypatch.setattr(fake, "annotation_ids", plain)
    last = collect(bonds)
    assert first.n_new + last.n_new == len(fake.found) - 1 == 4 * 2 * (1 + ROUNDS)
    found = [(one.task, one.annotator) for one in judgments_of(bonds) if one.control == "risk"]
    assert len(set(found)) == len(found)
