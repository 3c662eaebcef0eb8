"""Consensus on whole tables: every kind of answer by what fits it."""

import json

import numpy as np
import pandas as pd
import pytest

from toolkit.consensus.categorical import Rules
from toolkit.consensus.estimating import estimate
from toolkit.consensus.methods import Method
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus


def answered(table, rules=Rules(), **options):  # noqa: B008 - frozen
    """The consensus on every task, and the report of every control."""
    with estimate(pd.DataFrame(table), engine=DuckDBEngine(), **options) as report:
        return {(c.control, one.task): one for c in report.controls for one in c.consensus(rules)}, report.controls


def judgments(*rows, kind="choice", control="label"):
    names = ("task", "annotator", "label")
    return [{**dict(zip(names, row.split(" ", 2), strict=True)), "kind": kind, "control": control} for row in rows]


def crowd(n_tasks=120, n_annotators=9, per_task=5, seed=0):
    """Judgments of annotators of whom two of nine always say the opposite, and what is right."""
    rng = np.random.default_rng(seed)
    truth = {f"t{i:03}": "yn"[int(rng.integers(2))] for i in range(n_tasks)}
    rows = []
    for task, right in truth.items():
        for a in rng.choice(n_annotators, per_task, replace=False):
            said = right if rng.random() < 0.85 else "yn"[right == "y"]
            rows.append({"task": task, "annotator": f"a{a}", "label": "yn"[said == "y"] if a < 2 else said})
    return rows, truth


def accuracy(found, truth):
    return sum(found["label", task].label == right for task, right in truth.items()) / len(truth)


def test_auto_takes_dawid_skene_where_it_can_and_beats_the_vote():
    rows, truth = crowd()
    found, (control,) = answered(rows)
    voted, _ = answered(rows, method=Method.VOTE)
    assert control.method == "dawid-skene"
    assert accuracy(found, truth) > accuracy(voted, truth) + 0.05
    opposite, _, usual, *_ = sorted(control_annotators(rows), key=lambda one: one.reliability)
    assert opposite.reliability < 0.3 < 0.7 < usual.reliability


def control_annotators(rows):
    with estimate(pd.DataFrame(rows), engine=DuckDBEngine()) as report:
        return list(report.controls[0].annotators())


def test_two_judgments_a_task_are_voted_on_and_told_so():
    found, (control,) = answered(judgments("1 p x", "1 q x", "2 p x", "2 q y"))
    assert control.method == "vote"
    assert "2.0 judgments a task" in control.reason
    assert (found["label", "1"].label, found["label", "1"].confidence) == ("x", 0.75)  # (2 + 1) / (2 + 2)
    assert found["label", "2"].status is ConsensusStatus.TIE
    assert found["label", "2"].label is None


@pytest.mark.parametrize("method", list(Method))
def test_one_judgment_all_ties_one_label_and_one_annotator_are_no_trouble(method):
    one, _ = answered(judgments("1 p x"), method=method)
    assert one["label", "1"].n_judgments == 1
    tied, _ = answered(judgments("1 p x", "1 q y", "2 p y", "2 q x"), method=method)
    assert {item.status for item in tied.values()} == {ConsensusStatus.TIE}
    same, _ = answered(judgments("1 p x", "1 q x", "2 q x"), method=method)
    assert {item.label for item in same.values()} == {"x"}
    alone, _ = answered(judgments("1 p x", "2 p y", "3 p x"), method=method)
    assert all(0 <= item.confidence <= 1 for item in alone.values())


def test_a_switched_model_falls_back_to_the_vote(monkeypatch):
    monkeypatch.setattr("toolkit.consensus.choosing.agreement_with_vote", lambda *_: 0.3)
    rows, _truth = crowd()
    _found, (control,) = answered(rows)
    assert control.method == "vote"
    assert "30% of the tasks only" in control.reason
    _asked, (control,) = answered(rows, method=Method.DAWID_SKENE)
    assert control.method == "dawid-skene"
    assert "agrees with the vote on 30%" in control.reason


def test_too_many_labels_are_voted_on():
    rows = [{"task": f"{t}", "annotator": a, "label": f"{t}{a if t % 2 else ''}"} for t in range(250) for a in "pqr"]
    _, (control,) = answered(rows)
    assert control.method == "vote"
    assert "too many for confusion matrices" in control.reason


def test_gold_teaches_confidence_and_is_no_judgment():
    rows, truth = crowd()
    plain, _ = answered(rows)
    taught, (control,) = answered(rows, gold={"label": dict(list(truth.items())[:60])})
    assert control.calibration.source == "gold"
    assert control.calibration.reliability.n == 60
    assert {key: one.label for key, one in plain.items()} == {key: one.label for key, one in taught.items()}
    assert all(one.n_judgments == 5 for one in taught.values())


def test_gold_that_is_no_label_or_on_no_control_is_named():
    rows, _ = crowd()
    with pytest.raises(InputError, match="gold label 'maybe' of task t000 is none of label's labels: n, y"):
        answered(rows, gold={"label": {"t000": "maybe"}})
    with pytest.raises(InputError, match="Gold is on 'colour', which has no judgments; there are: label"):
        answered(rows, gold={"colour": {"t000": "y"}})


def test_declared_labels_that_nobody_used_can_be_gold():
    rows, truth = crowd()
    gold = {"label": {**dict(list(truth.items())[:40]), "t050": "maybe"}}
    _, (control,) = answered(rows, gold=gold, labels={"label": ["y", "n", "maybe"]})
    assert control.labels == ("n", "y", "maybe")
    assert control.calibration.n_gold == 41


def test_sets_are_settled_label_by_label():
    """a is in all three sets, b in two, c in one: a and b have more than half."""
    rows = judgments("1 p a | b", "1 q a | b | c", "1 r a", kind="choices")
    found, (control,) = answered(rows)
    assert found["label", "1"].label == "a | b"
    assert found["label", "1"].shares == pytest.approx({"a": 1, "b": 2 / 3, "c": 1 / 3}, abs=1e-6)
    assert control.reason.startswith("each label by itself")


def test_an_empty_set_is_an_answer_and_an_even_label_a_tie():
    found, _ = answered(judgments("1 p []", "1 q []", "1 r a", "2 p a", "2 q []", kind="choices"))
    assert found["label", "1"].label == "[]"
    assert found["label", "2"].status is ConsensusStatus.TIE
    assert "as likely as not: a" in found["label", "2"].reason


def test_a_taxonomy_is_settled_at_the_deepest_node_with_more_than_half():
    rows = judgments(
        "1 p Science > Physics",
        "1 q Science > Physics > Optics",
        "1 r Science > Biology",
        "2 p Science > Physics",
        "2 q Science > Biology",
        "3 p Art",
        "3 q Science > Biology",
        kind="taxonomy",
    )
    found, _ = answered(rows)
    assert found["label", "1"].label == "Science > Physics"
    assert found["label", "2"].label == "Science"
    assert found["label", "3"].status is ConsensusStatus.TIE


def test_other_kinds_have_methods_of_their_own():
    region = [{"start": 0, "end": 5, "labels": ["x"]}]
    rows = [
        *judgments("1 p 4", "1 q 4", "1 r 2", kind="rating", control="score"),
        *judgments(*(f"1 {a} {json.dumps(region)}" for a in "pqr"), kind="spans", control="marks"),
        *judgments('1 p ["a red fox"]', '1 q ["a red fox"]', '1 r ["the fox"]', kind="text", control="words"),
    ]
    found, controls = answered(rows)
    assert found["score", "1"].label == "4"
    assert json.loads(found["marks", "1"].label) == region
    assert found["words", "1"].label == '["a red fox"]'
    assert {one.control: one.method for one in controls} == {"marks": "clusters", "score": "median", "words": "medoid"}


def test_groups_share_what_is_known_of_their_members():
    rows, truth = crowd()
    tiers = {f"a{i}": "specialist" if i > 4 else "generalist" for i in range(9)}
    found, _ = answered(rows, group_of=tiers.__getitem__)
    assert accuracy(found, truth) > 0.9


def test_thresholds_leave_labels_open():
    rows, _ = crowd()
    found, _ = answered(rows, Rules(min_confidence=0.99))
    assert {one.status for one in found.values()} == {ConsensusStatus.DECIDED, ConsensusStatus.UNDECIDED}
    assert all((one.confidence >= 0.99) is (one.label is not None) for one in found.values())
    few, _ = answered(rows, Rules(min_judgments=6))
    assert {one.status for one in few.values()} == {ConsensusStatus.TOO_FEW}
    for wrong in ({"min_support": 1.2}, {"min_confidence": -0.1}, {"min_judgments": 0}):
        with pytest.raises(InputError):
            Rules(**wrong)


def test_an_unknown_kind_is_named():
    with pytest.raises(InputError, match="no kind of control 'chioce'"):
        answered(judgments("1 p x", kind="chioce"))


def spans(n_tasks):
    """Three annotators mark one word a task."""
    rows = []
    for t in range(n_tasks):
        word = json.dumps([{"start": t % 5, "end": t % 5 + 4, "labels": ["name"]}])
        own = {"task": f"t{t:03}", "control": "marks", "kind": "spans", "label": word}
        rows += [{**own, "annotator": who} for who in "pqr"]
    return rows


def test_positions_are_settled_by_a_model_where_tasks_and_judgments_are_many():
    _, (control,) = answered(spans(40))
    assert control.method == "positions by dawid-skene"
    _, (few,) = answered(spans(10))
    assert few.method == "clusters"
    _, (asked,) = answered(spans(10), method=Method.IBCC)
    assert asked.method == "positions by ibcc"
    _, (voted,) = answered(spans(40), method=Method.VOTE)
    assert voted.method == "clusters"


def test_both_ways_find_the_regions_that_all_marked():
    rows = spans(30)
    by_model, _ = answered(rows)
    by_clusters, _ = answered(rows, method=Method.VOTE)
    assert {k: v.label for k, v in by_model.items()} == {k: v.label for k, v in by_clusters.items()}
    assert by_model["marks", "t003"].label == '[{"end": 7, "labels": ["name"], "start": 3}]'


def test_an_answer_that_cannot_be_read_leaves_only_its_task_open():
    rows = judgments("1 p 4", "1 q 4", "2 p four", "2 q 4", kind="rating", control="score")
    found, _ = answered(rows)
    assert found["score", "1"].label == "4"
    assert found["score", "2"].label is None
    assert found["score", "2"].status is ConsensusStatus.UNDECIDED


def test_a_unanimous_nothing_in_a_taxonomy_is_an_answer():
    rows = judgments(
        *(f"{t} {a} {'[]' if t % 3 else 'Art > Film'}" for t in range(30) for a in "pqrs"), kind="taxonomy"
    )
    for method in (Method.AUTO, Method.VOTE):
        found, _ = answered(rows, method=method)
        assert {one.label for one in found.values()} == {"[]", "Art > Film"}


def test_labels_that_nobody_chose_do_not_make_a_voted_set_less_sure():
    few = judgments("1 p a", "1 q a", kind="choices")
    many = [*few, *judgments(*(f"2 {who} l{i}" for i, who in enumerate("pqrstu")), kind="choices")]
    sure = [answered(rows, method=Method.VOTE)[0]["label", "1"].confidence for rows in (few, many)]
    assert sure == [0.75, 0.75]  # (2 + 1) / (2 + 2)


@pytest.mark.parametrize("method", [Method.ONE_COIN, Method.IBCC, Method.DAWID_SKENE])
def test_a_label_that_nobody_gave_is_never_the_consensus(method):
    rows = [{"task": f"{t}", "annotator": "a", "label": "x"} for t in range(30)]
    rows.append({"task": "odd", "annotator": "a", "label": "y"})
    found, _ = answered(rows, method=method)
    assert found["label", "odd"].label in (None, "y")
    assert {found["label", f"{t}"].label for t in range(30)} == {"x"}


def test_what_is_told_of_a_vote_is_one_number():
    found, _ = answered(judgments("1 p x", "1 q x", "1 r y", "2 p z"), method=Method.WEIGHTED)
    for one in found.values():
        assert one.confidence == pytest.approx(max(one.distribution.values()), abs=1e-6)


def test_ten_thousand_labels_are_told_of_in_part():
    rows = [{"task": f"{t}", "annotator": a, "label": f"l{t}{a}"} for t in range(3_000) for a in "pq"]
    found, _ = answered(rows, method=Method.VOTE)
    assert all(len(one.distribution) <= 50 for one in found.values())
    assert {one.status for one in found.values()} == {ConsensusStatus.TIE}


def test_gold_that_is_about_other_tasks_is_refused():
    rows, _ = crowd()
    with pytest.raises(InputError, match="None of the 1 tasks with gold has judgments on label"):
        answered(rows, gold={"label": {"elsewhere": "y"}})


def test_a_region_that_cannot_be_read_leaves_only_its_task_open():
    rows = spans(30)
    rows[0]["label"] = json.dumps([{"start": 5, "end": 1, "labels": ["name"]}])
    found, (control,) = answered(rows)
    assert control.method == "positions by dawid-skene"
    assert found["marks", "t000"].status is ConsensusStatus.UNDECIDED
    assert "cannot be read" in found["marks", "t000"].reason
    assert found["marks", "t001"].label is not None


def test_a_region_as_long_as_a_library_takes_no_memory():
    word = json.dumps([{"start": 0, "end": 10**12, "labels": ["name"]}])
    found, _ = answered(judgments(f"1 p {word}", f"1 q {word}", kind="spans"))
    assert json.loads(found["label", "1"].label) == json.loads(word)


def test_text_that_cannot_be_written_leaves_its_task_open():
    rows = judgments('1 p ["\\ud800"]', '1 q ["\\ud800"]', '2 p ["a"]', '2 q ["a"]', kind="text")
    found, _ = answered(rows)
    assert found["label", "1"].label is None
    assert found["label", "2"].label == '["a"]'
