"""A model's answers are on the server once, fit their label config, and never count as annotations."""

import pytest

from tests.workflow.screens import annotate_all, states
from toolkit.errors import InputError
from toolkit.workflow import collect, predict
from toolkit.workflow.collection import judgments_of


def row(state, risk="low", version="m1", **more):
    return {"task": state.placement.task, "answers": {"risk": risk}, "model_version": version, "score": 0.8} | more


def said(fake):
    return sorted((p.server_task, p.model_version, p.results[0]["value"]["choices"][0]) for p in fake.predictions(1))


def test_each_prediction_is_sent_once_and_a_new_answer_replaces_it(bonds, fake):
    first, second = states(bonds)[:2]
    rows = [row(first), row(second, "high"), row(second, "mid", "m2")]
    assert predict(bonds, rows, dry_run=True).n_sent == 3
    assert fake.guessed == {}
    assert predict(bonds, rows).n_sent == 3
    again = predict(bonds, rows)
    assert (again.n_sent, again.n_changed, again.n_known) == (0, 0, 3)
    changed = predict(bonds, [row(first, "none")])
    assert (changed.n_sent, changed.n_changed) == (0, 1)
    assert said(fake) == [
        (first.server_task, "m1", "none"),
        (second.server_task, "m1", "high"),
        (second.server_task, "m2", "mid"),
    ]


def test_predictions_are_no_judgments(bonds, fake):
    annotate_all(bonds, fake, risks=("low",))
    before = judgments_of(bonds)
    predict(bonds, [row(state, "high") for state in states(bonds)])
    collect(bonds)
    assert judgments_of(bonds) == before


def test_everything_that_is_wrong_is_named_and_nothing_sent(bonds, fake):
    good, *_ = states(bonds)
    rows = [
        row(good),
        row(good, "purple"),
        row(good) | {"task": "nobody"},
        row(good) | {"answers": {"colour": "red"}},
        row(good) | {"model_version": ""},
        row(good) | {"score": 7},
        row(good) | {"answers": "low"},
    ]
    with pytest.raises(InputError) as caught:
        predict(bonds, rows)
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == [f"row {number}" for number in range(2, 8)]
    assert fake.guessed == {}


def test_a_killed_import_that_arrives_late_is_waited_for(bonds, fake, monkeypatch):
    rows = [row(state) for state in states(bonds)]
    held, plain = [], fake.import_predictions

    def dies(*arguments):
        held.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(fake, "import_predictions", dies)
    with pytest.raises(KeyboardInterrupt):
        predict(bonds, rows)
    looks, predictions = [], fake.predictions

    def arrives_late(project):
        looks.append(project)
        if len(looks) == 2:
            plain(*held[0])
        return predictions(project)

    monkeypatch.setattr(fake, "predictions", arrives_late)
    monkeypatch.setattr(fake, "import_predictions", plain)
    predict(bonds, rows)
    assert len(fake.guessed) == 4
