"""An adjudicator sees the answers so far without names, and rules with a reason."""

import json

import pytest

from tests.releasing import release, rows_in
from tests.workflow.disputes import (
    ADJUDICATOR,
    PEOPLE,
    at,
    dispute,
    disputed_bonds,
    enrol,
    go_on,
    person,
    ruling,
    say,
    settle,
    write_people,
)
from tests.workflow.screens import XML, answer, step, write_pack
from toolkit.errors import ConfigError, InputError, LabelStudioError
from toolkit.labelconfig import dead_conditions, ruling_config
from toolkit.labelstudio.validation import check_label_config
from toolkit.models import AssignmentStatus, PlacementStatus, ProjectKey, Tier
from toolkit.packs import bundled_configs, load_packs
from toolkit.releases import verify_release
from toolkit.storage.findings import FindingKind
from toolkit.workflow import apply, collect, plan, predict, publish, resolve, restore, simulate, why
from toolkit.workflow.collection import judgments_of
from toolkit.workspace import open_workspace

KEY = ProjectKey("bonds", "risk", Tier.ADJUDICATOR)


@pytest.fixture
def bonds(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        yield operation


def shown(fake, state):
    """What the adjudicator sees beside the form: letter → {control: labels}."""
    return {
        one.model_version: {r["from_name"]: r["value"]["choices"] for r in one.results}
        for _, one in fake.guessed.values()
        if one.server_task == state.server_task
    }


def test_the_screen_of_adjudicators_asks_for_a_reason_at_its_end(bonds, fake):
    dispute(bonds, fake)
    (screen,) = [one["label_config"] for one in fake.projects.values() if "adjudicator" in one["title"]]
    assert screen.index('name="ruling_reason"') > screen.index('name="kinds"')
    assert [control.name for control in bonds.applied(KEY).controls] == [
        "risk",
        "kinds",
        "ruling_reason",
        "ruling_rework",
    ]
    assert bonds.applied(KEY).version == f"{bonds.packs['bonds'].configs[0].version}+r1"
    assert not plan(bonds).differs


@pytest.mark.parametrize("name", ["ruling_reason", "ruling_rework"])
def test_a_pack_that_uses_the_names_of_the_ruling_is_refused(folder, name):
    write_pack(folder, XML.replace('name="kinds"', f'name="{name}"'))
    with pytest.raises(ConfigError, match=f"{name} is what adjudicators are asked besides"):
        load_packs(folder / "configs" / "domains")


def test_the_answers_so_far_are_shown_once_and_without_names(bonds, fake):
    dispute(bonds, fake)
    state = at(bonds, "adjudicator")
    answers = shown(fake, state)
    assert sorted(answers) == ["answer A", "answer B"]
    assert sorted(answers.values(), key=str) == [{"risk": ["high"], "kinds": ["fraud"]}, {"risk": ["low"]}]
    sent = json.dumps([(one.model_version, one.results, one.score) for _, one in fake.guessed.values()])
    assert not {"ada", "bea", "specialist"} & set(sent.replace('"', " ").split())
    assert {one.score for _, one in fake.guessed.values()} == {None}
    writes = list(fake.writes)
    report = publish(bonds)
    assert (report.n_shown, fake.writes) == (0, writes)


def test_the_order_of_the_answers_tells_nothing_of_who_gave_them(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path, n_tasks=12) as operation:
        for n in range(12):
            state = at(operation, "specialist", n)
            say(operation, fake, "ada", state, *answer("low"))
            say(operation, fake, "bea", state, *answer("high"))
        settle(operation)
        firsts = [shown(fake, at(operation, "adjudicator", n))["answer A"]["risk"][0] for n in range(12)]
    assert 2 <= firsts.count("low") <= 10


def test_an_answer_that_changes_before_the_ruling_is_shown_as_it_is_now(bonds, fake):
    first, _ = dispute(bonds, fake)
    state = at(bonds, "adjudicator")
    fake.change(first, editor=fake.accounts["ada"].server_user, results=tuple(answer("mid")))
    collect(bonds)
    assert publish(bonds).n_shown == 1
    assert {"risk": ["mid"]} in shown(fake, state).values()
    assert publish(bonds).n_shown == 0


def test_answers_that_were_deleted_from_the_screen_come_back(bonds, fake):
    dispute(bonds, fake)
    fake.guessed.pop(min(fake.guessed))
    assert publish(bonds).n_shown == 1
    assert len(shown(fake, at(bonds, "adjudicator"))) == 2


def test_a_publish_killed_while_it_sent_the_answers_goes_on(bonds, fake, monkeypatch):
    state = at(bonds, "specialist")
    say(bonds, fake, "ada", state, *answer("low"))
    say(bonds, fake, "bea", state, *answer("high"))
    collect(bonds)
    resolve(bonds)
    apply(bonds)
    real = fake.import_predictions

    def broken(project, predictions):
        real(project, predictions[:1])
        raise LabelStudioError("The connection broke.")

    monkeypatch.setattr(fake, "import_predictions", broken)
    monkeypatch.setattr("toolkit.workflow.guesses.PATIENCE_S", 0)
    with pytest.raises(LabelStudioError):
        publish(bonds)
    monkeypatch.setattr(fake, "import_predictions", real)
    assert publish(bonds).n_shown == 1
    assert sorted(shown(fake, at(bonds, "adjudicator"))) == ["answer A", "answer B"]
    assert publish(bonds).n_shown == 0


def test_a_ruling_is_the_label_and_its_reason_is_no_answer(bonds, fake, tmp_path):
    dispute(bonds, fake)
    say(bonds, fake, "cai", at(bonds, "adjudicator"), *ruling("low", "The yield is guaranteed by the state."))
    (resolution,) = settle(bonds)
    reason = "ruled: The yield is guaranteed by the state."
    assert (resolution.status, resolution.reason) == (PlacementStatus.DECIDED, reason)
    story = why(bonds, at(bonds, "adjudicator").placement.task)
    ruled = {d.consensus.control: d.consensus for d in story.decisions if d.placement.endswith("adjudicator")}
    assert set(ruled) == {"risk", "kinds"}
    assert (ruled["risk"].label, ruled["risk"].method, ruled["risk"].reason) == ("low", "ruling", reason)
    said = {(one.annotator, one.control, one.label) for one in story.judgments}
    assert {("ada", "risk", "low"), ("bea", "risk", "high"), ("cai", "risk", "low")} <= said
    assert not any("ruling" in one.control for one in judgments_of(bonds))
    report = release(bonds, "first")
    assert verify_release(report.release.path).passed
    (record,) = rows_in(report.release.path)
    assert record["labels"] == {"risk": "low", "kinds": []}
    assert "ruling_" not in json.dumps(record)
    assert record["provenance"] == "adjudicated"
    assert record["dissent"]["risk"] == pytest.approx(1 / 3)
    assert record["config_version"] == bonds.packs["bonds"].configs[0].version
    payloads = [entry.payload for entry in bonds.state.ledger.history([at(bonds, "adjudicator").placement.id])]
    assert "guaranteed by the state" in json.dumps(payloads)


def test_a_ruling_without_a_reason_counts_and_is_found_out(bonds, fake):
    dispute(bonds, fake)
    say(bonds, fake, "cai", at(bonds, "adjudicator"), *ruling("low"))
    (resolution,) = settle(bonds)
    assert (resolution.status, resolution.reason) == (PlacementStatus.DECIDED, "ruled: no reason given")
    (finding,) = why(bonds, at(bonds, "adjudicator").placement.task).findings
    assert (finding.kind, finding.reason) == (FindingKind.INCOMPLETE, "no reason was given for the ruling")


def test_who_answered_the_question_before_does_not_rule_on_it(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        dispute(operation, fake)
    write_people(folder, [person("ada", "adjudicator"), *PEOPLE[1:]])
    with open_workspace(folder) as operation:
        publish(operation)
        asked = {
            s.assignment.annotator for s in operation.state.work.assignments() if ADJUDICATOR in s.assignment.placement
        }
        assert asked == {"cai"}
        say(operation, fake, "ada", at(operation, "adjudicator"), *ruling("low", "I said so before."))
        collect(operation)
        assert resolve(operation).resolutions == ()
        assert [f.kind for f in operation.state.findings.all() if f.annotator == "ada"] == [FindingKind.LOWER]


def test_without_an_adjudicator_the_task_waits_and_it_is_said_whom_to_hire(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path, people=PEOPLE[:2]) as operation:
        dispute(operation, fake)
        state = at(operation, "adjudicator")
        assert (state.status, state.server_task, fake.guessed) == (PlacementStatus.OPEN, None, {})
        (unmet,) = publish(operation).unmet
        assert unmet.placement == state.placement.id
    write_people(folder)
    with open_workspace(folder) as operation:
        enrol(operation, "cai")
        assert go_on(operation).n_shown == 2


def test_what_the_only_adjudicator_leaves_behind_waits_for_the_next(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        dispute(operation, fake)
    write_people(folder, PEOPLE[:2])
    with open_workspace(folder) as operation:
        assert settle(operation) == ()
        assert at(operation, "adjudicator").status is PlacementStatus.OPEN
        assert [one.placement for one in publish(operation).unmet] == [at(operation, "adjudicator").placement.id]
    write_people(folder, [*PEOPLE[:2], person("dan", "adjudicator")])
    with open_workspace(folder) as operation:
        enrol(operation, "dan")
        go_on(operation)
        say(operation, fake, "dan", at(operation, "adjudicator"), *ruling("low", "The state pays."))
        assert settle(operation)[0].reason == "ruled: The state pays."


def test_a_task_that_was_deleted_while_it_waits_for_a_ruling_is_sent_again_with_its_answers(bonds, fake):
    dispute(bonds, fake)
    state = at(bonds, "adjudicator")
    fake.delete_task(state.server_task)
    fake.guessed.clear()
    report = publish(bonds)
    assert (report.n_imported, report.n_shown) == (1, 2)
    assert len(shown(fake, at(bonds, "adjudicator"))) == 2


def test_two_adjudicators_who_differ_leave_the_question_open(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    people = [*PEOPLE, person("dan", "adjudicator")]
    with disputed_bonds(folder, tmp_path, people=people, rulings=2) as operation:
        dispute(operation, fake)
        state = at(operation, "adjudicator")
        say(operation, fake, "cai", state, *ruling("low", "One."))
        say(operation, fake, "dan", state, *ruling("high", "Another."))
        (resolution,) = settle(operation)
        assert resolution.status is PlacementStatus.UNDECIDED


def test_models_cannot_speak_as_people(bonds, fake):
    task = at(bonds, "specialist").placement.task
    with pytest.raises(InputError, match="kept for what adjudicators are shown"):
        predict(bonds, [{"task": task, "answers": {"risk": "low"}, "model_version": "answer A"}])


def test_models_answers_do_not_reach_adjudicators(bonds, fake):
    dispute(bonds, fake)
    lower, upper = at(bonds, "specialist"), at(bonds, "adjudicator")
    row = {"task": lower.placement.task, "answers": {"risk": "none"}, "model_version": "m1"}
    assert predict(bonds, [row]).n_sent == 1
    assert {one.server_task for _, one in fake.guessed.values() if one.model_version == "m1"} == {lower.server_task}
    with pytest.raises(InputError, match="waits for a ruling or a review"):
        predict(bonds, [row | {"task": upper.placement.id}])


def test_an_answer_that_was_deleted_counts_and_is_said_to_be_deleted(bonds, fake):
    first, _ = dispute(bonds, fake)
    state = at(bonds, "adjudicator")
    letters = {answers["risk"][0]: letter for letter, answers in shown(fake, state).items()}
    fake.delete_annotation(first, fake.accounts["bea"].server_user)
    collect(bonds)
    assert publish(bonds).n_shown > 0
    assert {answers["risk"][0]: letter for letter, answers in shown(fake, state).items()} == {
        "low": f"{letters['low']} (deleted)",
        "high": letters["high"],
    }
    assert publish(bonds).n_shown == 0
    restore(bonds)
    collect(bonds)
    publish(bonds)
    assert {answers["risk"][0]: letter for letter, answers in shown(fake, state).items()} == letters


def test_simulated_adjudicators_give_a_reason_and_do_not_look_at_the_answers(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    people = [*PEOPLE[:2], person("cai", "adjudicator", simulated=True, ability={"*": 1.0})]
    with disputed_bonds(folder, tmp_path, people=people) as operation:
        dispute(operation, fake)
        monkeypatch.setattr(fake, "predictions", None)
        assert simulate(operation).n_submitted == 1
        monkeypatch.undo()
        monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
        (resolution,) = settle(operation)
        assert resolution.reason == "ruled: made up by a simulated adjudicator"


def test_a_migration_of_the_pack_carries_the_adjudicators_screen_along(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        dispute(operation, fake)
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("low", "The state pays."))
        settle(operation)
    renamed = XML.replace('"low"', '"small"')
    write_pack(folder, renamed, migrations=[step(XML, renamed, rename_labels={"risk": {"low": "small"}})])
    with open_workspace(folder) as operation:
        assert apply(operation).n_rewritten == 2
        assert operation.applied(KEY).version == ruling_config(operation.packs["bonds"].configs[0]).version
        decided = {d.placement: d.consensus for d in operation.state.work.decisions()}
        found = decided[at(operation, "adjudicator").placement.id]
        assert (found.label, found.reason, found.method) == ("small", "ruled: The state pays.", "ruling")
        assert not plan(operation).differs


def test_a_project_from_before_there_were_reasons_gets_the_new_screen(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with monkeypatch.context() as before:
        before.setattr("toolkit.workflow.operation.ruling_config", lambda config: config)
        with disputed_bonds(folder, tmp_path) as operation:
            dispute(operation, fake)
    renamed = XML.replace('"low"', '"small"')
    write_pack(folder, renamed, migrations=[step(XML, renamed, rename_labels={"risk": {"low": "small"}})])
    with open_workspace(folder) as operation:
        (project,) = [one for one in plan(operation).projects if one.key == KEY]
        assert (project.action, project.losses, len(project.migrations)) == ("update", (), 1)
        go_on(operation)
        assert not plan(operation).differs
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("small", "The state pays."))
        assert settle(operation)[0].reason == "ruled: The state pays."
        done = operation.state.work.assignments(annotator="cai", status=AssignmentStatus.DONE)
        assert len(done) == 1


@pytest.mark.parametrize(
    "config",
    [config for pack in load_packs(bundled_configs() / "domains").values() for config in pack.configs],
    ids=lambda config: config.key,
)
def test_label_studio_takes_the_adjudicators_screen_of_every_pack(config):
    ruled = ruling_config(config)
    check_label_config(config.key, ruled.xml)
    assert ruled.controls[: len(config.controls)] == config.controls
    assert [control.name for control in ruled.controls[len(config.controls) :]] == ["ruling_reason", "ruling_rework"]
    assert dead_conditions(ruled.xml) == ()
