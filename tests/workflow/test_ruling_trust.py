"""Every member of the server can post what they like where adjudicators rule; only their rulings count."""

import pytest

from tests.workflow.disputes import PEOPLE, at, dispute, disputed_bonds, person, ruling, say, settle, write_people
from tests.workflow.screens import answer
from toolkit.models import ProjectKey, Tier
from toolkit.storage.findings import FindingKind
from toolkit.workflow import collect, publish, resolve
from toolkit.workflow.exchange import PredictionContent
from toolkit.workspace import open_workspace

KEY = ProjectKey("bonds", "risk", Tier.ADJUDICATOR)


@pytest.fixture
def bonds(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path) as operation:
        yield operation


def shown(fake, state):
    """What stands beside the form: name → labels of `risk`."""
    found = [one for _, one in fake.guessed.values() if one.server_task == state.server_task]
    return {one.model_version: one.results[0]["value"]["choices"] for one in found}


def test_what_others_put_beside_the_answers_is_taken_away(bonds, fake):
    dispute(bonds, fake)
    state = at(bonds, "adjudicator")
    before, project = shown(fake, state), bonds.state.registry.projects()[0]
    record = next(one for one in bonds.state.registry.projects() if one.key == KEY)
    made_up = [
        PredictionContent(answer("none"), version, 0.9) for version in ("m1", "Answer C", "answer Z", "answer A")
    ]
    fake.import_predictions(record.server_id, [(state.server_task, one) for one in made_up])
    fake.import_predictions(project.server_id, [(at(bonds, "specialist").server_task, made_up[0])])
    assert publish(bonds, dry_run=True).n_shown == 4
    assert publish(bonds).n_shown == 4
    assert shown(fake, state) == before
    assert len(fake.guessed) == 3  # the model's prediction stays where people answer
    assert publish(bonds).n_shown == 0


def test_nobody_but_adjudicators_rules(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path, people=[*PEOPLE, person("eve", "specialist")]) as operation:
        lower = at(operation, "specialist")
        first, second = sorted(one.assignment.annotator for one in operation.state.work.assignments())
        (rest,) = {"ada", "bea", "eve"} - {first, second}
        say(operation, fake, first, lower, *answer("low"))
        say(operation, fake, second, lower, *answer("high"))
        settle(operation)
        state = at(operation, "adjudicator")
        say(operation, fake, rest, state, *ruling("mid", "I say so.", send_back=True))
        (finding,) = collect(operation).uncounted
        assert (finding.annotator, finding.kind) == (rest, FindingKind.UNASKED)
        assert "no adjudicator" in finding.reason
        assert resolve(operation).resolutions == ()
        say(operation, fake, "cai", state, *ruling("low", "The state pays."))
        assert settle(operation)[0].reason == "ruled: The state pays."


def test_who_was_an_adjudicator_when_asked_has_ruled(bonds, fake, folder):
    dispute(bonds, fake)
    say(bonds, fake, "cai", at(bonds, "adjudicator"), *ruling("low", "The state pays."))
    bonds.state.close()
    write_people(folder, [*PEOPLE[:2], person("cai", "specialist")])
    with open_workspace(folder, writing=False) as operation:
        assert collect(operation).uncounted == ()
        assert resolve(operation).resolutions[0].reason == "ruled: The state pays."


def test_an_adjudicator_in_whose_name_others_ruled_still_rules(bonds, fake):
    dispute(bonds, fake)
    state, cai = at(bonds, "adjudicator"), fake.accounts["cai"].server_user
    number = fake.annotate(state.server_task, cai, ruling("mid", "Forged."), editor=fake.accounts["ada"].server_user)
    assert [finding.kind for finding in collect(bonds).quarantined] == [FindingKind.FORGED]
    assert resolve(bonds).resolutions == ()
    assert "|cai|" in fake.stored[state.server_task].data["assignees"]
    assert publish(bonds).unmet == ()
    fake.change(number, editor=cai, results=tuple(ruling("low", "The state pays.")))
    assert settle(bonds)[0].reason == "ruled: The state pays."


def test_a_ruling_that_cannot_be_used_leaves_the_question_open(bonds, fake):
    dispute(bonds, fake)
    state, cai = at(bonds, "adjudicator"), fake.accounts["cai"].server_user
    number = say(bonds, fake, "cai", state, *ruling("purple", "So it is."))
    assert [finding.kind for finding in collect(bonds).quarantined] == [FindingKind.INVALID]
    assert resolve(bonds).resolutions == ()
    fake.change(number, editor=cai, results=tuple(ruling("low", "So it is.")))
    assert settle(bonds)[0].reason == "ruled: So it is."
