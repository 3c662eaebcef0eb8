"""Label configs change on a real server while people work: what they said follows, and everything can go back."""

import uuid
from collections import Counter

import httpx
import pytest

from tests.integration.bonds import (
    NAMES,
    XML,
    accounts,
    annotations_on,
    answer_all,
    bonds_workspace,
    choice,
    held,
    nothing_new,
    placements_of,
    record_of,
    snapshot,
    span,
    write_bonds,
)
from tests.workflow.screens import step
from toolkit.models import PlacementStatus
from toolkit.storage.label_migrations import MigrationStatus
from toolkit.workflow import apply, collect, plan, publish, resolve, rollback
from toolkit.workflow.collection import judgments_of
from toolkit.workflow.exchange import PredictionContent, Submission
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio

N_TASKS = 100
RISKS = ("none", "low", "mid", "high")
AFTER = """<View>
  <Labels name="pieces" toName="text">
    <Label value="debtor"/><Label value="amount"/><Label value="currency"/><Label value="date"/>
  </Labels>
  <Text name="text" value="$text"/>
  <Choices name="danger" toName="text" required="true">
    <Choice value="none"/><Choice value="slight"/><Choice value="high"/>
  </Choices>
  <Choices name="kinds" toName="text" choice="multiple">
    <Choice value="price"/><Choice value="fraud"/>
  </Choices>
</View>
"""
EVERYTHING = step(
    XML,
    AFTER,
    rename_controls={"risk": "danger", "parts": "pieces"},
    rename_labels={"danger": {"low": "slight"}, "pieces": {"issuer": "debtor"}},
    merge_labels={"danger": {"high": ["mid"]}},
    retire_labels={"kinds": ["rumour"], "pieces": ["place"]},
    split_labels={"pieces": {"sum": ["amount", "currency"]}},
)
# What becomes of each label, put down by hand; None for what is dropped. "sum" takes the whole annotation with it.
BECOMES = {
    ("parts", "issuer"): ("pieces", "debtor"),
    ("parts", "date"): ("pieces", "date"),
    ("parts", "place"): None,
    ("risk", "none"): ("danger", "none"),
    ("risk", "low"): ("danger", "slight"),
    ("risk", "mid"): ("danger", "high"),
    ("risk", "high"): ("danger", "high"),
    ("kinds", "price"): ("kinds", "price"),
    ("kinds", "rumour"): None,
}
RENAMED = XML.replace('value="low"', 'value="slight"').replace('value="issuer"', 'value="debtor"')
LABELS_ONLY = step(XML, RENAMED, rename_labels={"risk": {"low": "slight"}, "parts": {"issuer": "debtor"}})


def answers(_, task, person):
    """Everybody agrees on the risk; one in thirty uses the label that is split."""
    kinds = ("price", "rumour") if task % 3 == 0 else ("price",)
    more = ("date", "place", "sum" if task % 10 == 0 else "date")[person]
    return [span("issuer"), span(more, 1), choice("risk", RISKS[task % 4]), choice("kinds", *kinds)]


def used(results):
    """The labels of results, each with its control."""
    for one in results:
        value = one["value"]
        yield from ((one["from_name"], label) for label in value.get("labels") or value["choices"])


def on_server(operation):
    """How often each label is used by annotations, and who wrote how many of them."""
    (record,) = operation.state.registry.projects()
    found = [one for task in operation.platform.annotations(record.server_id) for one in task.annotations]
    names = {user: account.pseudonym for user, account in operation.state.registry.accounts().items()}
    labels = Counter(label for one in found for label in used(one.results))
    return labels, Counter(names[one.author] for one in found)


def as_migrated(operation):
    """What :func:`on_server` is to be after the migration, from the ledger's judgments before it."""
    labels, authors = Counter(), Counter()
    for task in range(N_TASKS):
        for person, name in enumerate(NAMES):
            given = list(used(answers("risk", task, person)))
            if ("parts", "sum") not in given:
                authors[name] += 1
                labels.update(BECOMES[label] for label in given if BECOMES[label])
    return labels, authors


def config_on_server(operation):
    (record,) = operation.state.registry.projects()
    return operation.platform.find_project("", record.server_id).settings["label_config"].strip()


def beside(operation):
    """Results of the predictions and drafts on the server; drafts with their authors."""
    (record,) = operation.state.registry.projects()
    predictions = [(one.server_id, one.results) for one in operation.platform.predictions(record.server_id)]
    return predictions, [
        (one.server_id, one.author, one.results) for one in operation.platform.drafts(record.server_id)
    ]


def begin_draft(operation, account, state, results):
    """Leave a draft as somebody whose answer is not finished."""
    url = f"{operation.platform.url}/api/tasks/{state.server_task}/drafts"
    headers = {"Authorization": f"Token {account.token}"}
    body = {"result": results, "lead_time": 1.0}
    assert httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60).status_code == 201


def dies_after(method, calls):
    """A method that works so many times, and then not any more."""
    left = iter(range(calls))

    def broken(*args, **kwargs):
        if next(left, None) is None:
            raise ConnectionResetError
        return method(*args, **kwargs)

    return broken


def interrupted(operation, monkeypatch, name, calls, do):
    with monkeypatch.context() as patched:
        patched.setattr(operation.platform, name, dies_after(getattr(operation.platform, name), calls))
        with pytest.raises(ConnectionResetError):
            do(operation)


def test_everything_follows_a_migration_and_comes_back_though_both_are_killed(tmp_path, label_studio, monkeypatch):
    folder = tmp_path / "ws"
    with bonds_workspace(folder, label_studio, n_tasks=N_TASKS, overlap=3, tone=False):
        with open_workspace(folder) as operation:
            answer_all(operation, answers)
            resolve(operation)
            states = placements_of(operation, "risk")
            assert {state.status for state in states} == {PlacementStatus.DECIDED}
            project = record_of(operation, "risk").server_id
            guess = PredictionContent([choice("risk", "low"), span("issuer")], "m1", 0.5)
            operation.platform.import_predictions(project, [(state.server_task, guess) for state in states[:3]])
            begin_draft(operation, accounts(operation)["ada"], states[1], [choice("risk", "mid"), span("place")])
            before, there, nearby = snapshot(operation), held(operation), beside(operation)
            decided, assigned = operation.state.work.decisions(), operation.state.work.assignments()
            assert sum(map(len, there.values())) == 3 * N_TASKS

        write_bonds(folder, AFTER, overlap=3, tone=False, decisive="danger", migrations=[EVERYTHING])
        with open_workspace(folder) as operation:
            interrupted(operation, monkeypatch, "update_annotation", N_TASKS, apply)
            assert config_on_server(operation) == XML.strip()
        with open_workspace(folder) as operation:
            apply(operation)
            assert on_server(operation) == as_migrated(operation)
            assert config_on_server(operation) == AFTER.strip()
            said = Counter(judgment.label for judgment in judgments_of(operation) if judgment.control == "danger")
            assert said == Counter({"none": 70, "slight": 75, "high": 145})
            predictions, ((_, author, draft),) = beside(operation)
            assert [set(used(results)) for _, results in predictions] == [
                {("danger", "slight"), ("pieces", "debtor")}
            ] * 3
            assert (author, set(used(draft))) == (nearby[1][0][1], {("danger", "high")})
            again = [state for state in placements_of(operation, "risk") if state.status is PlacementStatus.OPEN]
            assert len(again) == 10
            assert not plan(operation).differs
            assert not apply(operation).done
            assert publish(operation).n_updated == 10
            assert nothing_new(collect(operation, full=True))

            interrupted(operation, monkeypatch, "update_annotation", N_TASKS, rollback)
        with open_workspace(folder) as operation:
            rollback(operation)
            assert snapshot(operation) == before
            assert held(operation) == there
            assert beside(operation) == nearby
            assert config_on_server(operation) == XML.strip()
            assert operation.state.work.decisions() == decided
            assert operation.state.work.assignments() == assigned
        write_bonds(folder, overlap=3, tone=False)
        with open_workspace(folder) as operation:
            assert not plan(operation).differs
            assert nothing_new(collect(operation, full=True))
            assert snapshot(operation) == before
            assert operation.state.ledger.verify() == []


@pytest.mark.parametrize(
    ("xml", "migration", "controls", "n_tries"),
    [
        (RENAMED, LABELS_ONLY, {"risk": "slight", "parts": "debtor"}, 1),
        # The server refuses to take a control away that has an answer.
        (AFTER, EVERYTHING, {"danger": "slight", "pieces": "debtor"}, 2),
    ],
    ids=["labels", "controls"],
)
def test_what_is_answered_on_the_old_screen_meanwhile_follows(
    tmp_path, label_studio, monkeypatch, xml, migration, controls, n_tries
):
    folder, decisive = tmp_path / "ws", next(iter(controls))
    with bonds_workspace(folder, label_studio, n_tasks=4, overlap=3, tone=False):
        write_bonds(folder, xml, overlap=3, tone=False, decisive=decisive, migrations=[migration])
        with open_workspace(folder) as operation:
            first, other, *_ = placements_of(operation, "risk")
            people = accounts(operation)

            def submit(name):
                results = [choice("risk", "low"), span("issuer")]
                made = Submission(people[name].token, first.server_task, results, str(uuid.uuid4()), 9.0)
                assert operation.platform.submit(made)

            submit("ada")
            change, tried = operation.platform.update_project, []

            def answered_first(*args):
                if not tried:
                    submit("bea")
                    begin_draft(operation, people["cai"], other, [choice("risk", "low")])
                tried.append(args)
                change(*args)

            with monkeypatch.context() as patched:
                patched.setattr(operation.platform, "update_project", answered_first)
                apply(operation)
            assert len(tried) == n_tries
            assert [set(used(one.results)) for one in annotations_on(operation, first)] == [set(controls.items())] * 2
            found = judgments_of(operation, [first.placement.id])
            said = [(judgment.annotator, judgment.label) for judgment in found if judgment.control == decisive]
            assert said == [("ada", "slight"), ("bea", "slight")]
            ((_, _, draft),) = beside(operation)[1]
            assert set(used(draft)) == {(decisive, "slight")}
            assert [item.status for item in operation.state.migrations.all()] == [MigrationStatus.DONE]
            assert not plan(operation).differs
            assert nothing_new(collect(operation, full=True))

            rollback(operation)
            assert set(on_server(operation)[0]) == {("risk", "low"), ("parts", "issuer")}
            assert {judgment.label for judgment in judgments_of(operation) if judgment.control == "risk"} == {"low"}
