from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.labelconfig import read_controls
from toolkit.labelstudio.convert import (
    answers_from_results,
    canonical_label,
    results_from_answers,
)
from toolkit.models import Control, ControlKind

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "tests" / "samples").glob("*/*.json"))
K = ControlKind
TEXT = "Ada wrote the first program in 1843."
DIALOGUE = [{"author": "A", "text": "Hello there"}, {"author": "B", "text": "Good day"}]

CONTROLS = (
    Control("risk", K.CHOICE, "text", labels=("low", "high")),
    Control("reasons", K.CHOICES, "text", labels=("a", "b", "c")),
    Control("topic", K.TAXONOMY, "text", paths=(("Science", "Physics"), ("Science",), ("Art",))),
    Control("quality", K.RATING, "text", labels=("1", "2", "3")),
    Control("amount", K.NUMBER, "text"),
    Control("due", K.DATETIME, "text"),
    Control("better", K.PAIRWISE, "a", labels=("left", "right")),
    Control("order", K.RANKING, "text"),
    Control("comment", K.TEXT, "text"),
    Control("spans", K.SPANS, "text", labels=("person", "year")),
    Control("turns", K.TURNS, "dialogue", labels=("kind", "rude")),
    Control("speech", K.SEGMENTS, "audio", labels=("one", "two")),
    Control("events", K.SEGMENTS, "video", labels=("cut",)),
    Control("boxes", K.BOXES, "image", labels=("cat",)),
    Control("outlines", K.POLYGONS, "image", labels=("cat", "dog")),
    Control("note", K.TEXT, "text", per_region=True),
    Control("sure", K.RATING, "text", labels=("1", "2", "3"), per_region=True),
)
NAMED = {control.name: control for control in CONTROLS}
FIELDS = {"text": TEXT, "dialogue": DIALOGUE, "audio": "a.wav", "video": "v.mp4", "image": "i.png"}

words = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
texts = st.lists(words, min_size=1, max_size=3)
percents = st.floats(0, 50, allow_nan=False)
pairs = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).filter(lambda pair: pair[0] < pair[1])
attributes = st.fixed_dictionaries({}, optional={"note": texts, "sure": st.integers(1, 3)})


def region(place: dict[str, Any], label: str, hung: dict[str, Any]) -> dict[str, Any]:
    return {**place, "labels": [label], **({"attributes": hung} if hung else {})}


def span(pair: tuple[int, int]) -> dict[str, Any]:
    return {"start": pair[0], "end": pair[1], "text": TEXT[pair[0] : pair[1]]}


def turn(number: int, end: int) -> dict[str, Any]:
    text = DIALOGUE[number]["text"][:end]
    return {"start": str(number), "end": str(number), "startOffset": 0, "endOffset": end, "text": text}


def box(x: float, y: float) -> dict[str, Any]:
    return {"x": x, "y": y, "width": 20.5, "height": 10, "rotation": 0}


ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "risk": st.sampled_from(["low", "high"]),
    "reasons": st.lists(st.sampled_from("abc"), unique=True),
    "topic": st.lists(st.sampled_from([["Science", "Physics"], ["Science"], ["Art"]]), min_size=1, max_size=2),
    "quality": st.integers(1, 3),
    "amount": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "due": st.dates().map(str),
    "better": st.sampled_from(["left", "right"]),
    "order": st.dictionaries(words, st.lists(words), min_size=1, max_size=3),
    "comment": texts,
    "spans": st.lists(st.builds(region, pairs.map(span), st.sampled_from(["person", "year"]), attributes), max_size=3),
    "turns": st.lists(
        st.builds(
            region, st.builds(turn, st.integers(0, 1), st.integers(1, 8)), st.sampled_from(["kind", "rude"]), attributes
        ),
        max_size=3,
    ),
    "speech": st.lists(
        st.builds(
            region, percents.map(lambda at: {"start": at, "end": at + 1.5}), st.sampled_from(["one", "two"]), attributes
        ),
        max_size=3,
    ),
    "events": st.lists(
        st.builds(region, st.integers(1, 90).map(lambda at: {"start": at, "end": at + 3}), st.just("cut"), attributes),
        max_size=3,
    ),
    "boxes": st.lists(st.builds(region, st.builds(box, percents, percents), st.just("cat"), attributes), max_size=3),
    "outlines": st.lists(
        st.builds(
            region,
            st.lists(st.tuples(percents, percents).map(list), min_size=3, max_size=5).map(lambda at: {"points": at}),
            st.sampled_from(["cat", "dog"]),
            attributes,
        ),
        max_size=3,
    ),
}


def asked(name: str) -> list[Control]:
    return [NAMED[name], NAMED["note"], NAMED["sure"]]


@pytest.mark.parametrize("name", ANSWERS)
@given(data=st.data())
def test_answers_of_each_kind_come_back_from_their_results(name: str, data: st.DataObject) -> None:
    answers = {name: data.draw(ANSWERS[name])}
    results = results_from_answers(answers, asked(name), fields=FIELDS)
    assert answers_from_results(json.loads(json.dumps(results)), asked(name)) == (answers, [])
    assert results_from_answers(answers, asked(name), fields=FIELDS) == results


def test_the_round_trips_cover_every_kind() -> None:
    assert {NAMED[name].kind for name in ANSWERS} == set(ControlKind)


@given(st.fixed_dictionaries(ANSWERS))
def test_a_whole_annotation_comes_back_from_its_results(answers: dict[str, Any]) -> None:
    results = results_from_answers(answers, CONTROLS, fields=FIELDS)
    assert answers_from_results(results, CONTROLS) == (answers, [])


@given(st.fixed_dictionaries(ANSWERS))
def test_what_is_written_for_a_task_lies_within_it(answers: dict[str, Any]) -> None:
    shown = [replace(control, field=control.to_name) for control in CONTROLS]
    results = results_from_answers(answers, shown, fields=FIELDS)
    assert answers_from_results(results, shown, fields=FIELDS) == (answers, [])


@given(st.fixed_dictionaries(ANSWERS), st.randoms())
def test_the_order_of_results_changes_no_label(answers: dict[str, Any], dice) -> None:
    results = results_from_answers(answers, CONTROLS, fields=FIELDS)
    dice.shuffle(results)
    shuffled, problems = answers_from_results(results, CONTROLS)
    assert problems == []
    for name, answer in answers.items():
        assert canonical_label(NAMED[name].kind, shuffled[name]) == canonical_label(NAMED[name].kind, answer)


# --- samples of real screens


def xml_of(sample: Path) -> str:
    return (ROOT / "configs" / "domains" / sample.parent.name / "labels" / f"{sample.stem}.xml").read_text("utf-8")


def test_there_are_samples() -> None:
    assert SAMPLES


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_is_understood_and_written_again(sample: Path) -> None:
    content, controls = json.loads(sample.read_text("utf-8")), read_controls(xml_of(sample))
    answers, problems = answers_from_results(content["result"], controls)
    assert problems == []
    assert {result["from_name"] for result in content["result"]} <= {control.name for control in controls}
    assert all(answers.get(result["from_name"]) for result in content["result"] if not _hangs(result, controls))
    again = results_from_answers(answers, controls, fields=content["task"])
    assert answers_from_results(again, controls) == (answers, [])
    assert answers_from_results(content["result"], controls, fields=content["task"]) == (answers, [])
    assert sorted(_essence(result) for result in again) == sorted(_essence(result) for result in content["result"])


def _hangs(result: dict[str, Any], controls: tuple[Control, ...]) -> bool:
    return any(control.per_region for control in controls if control.name == result["from_name"])


def _essence(result: dict[str, Any]) -> str:
    return json.dumps([result[key] for key in ("from_name", "to_name", "type", "value")], sort_keys=True)


def test_the_sdk_finds_nothing_wrong_with_the_results_written_for_the_samples() -> None:
    from label_studio_sdk.label_interface import LabelInterface

    for sample in SAMPLES:
        content, xml = json.loads(sample.read_text("utf-8")), xml_of(sample)
        controls = read_controls(xml)
        answers, _ = answers_from_results(content["result"], controls)
        results = results_from_answers(answers, controls, fields=content["task"])
        assert LabelInterface(xml).validate_prediction({"result": results}, return_errors=True) == []


# --- writing


def test_the_text_under_spans_and_turns_is_filled_in() -> None:
    answers = {
        "spans": [{"start": 0, "end": 3, "labels": ["person"]}],
        "turns": [{"start": 0, "end": 1, "startOffset": 6, "endOffset": 4, "labels": ["kind"]}],
    }
    spans, turns = results_from_answers(answers, CONTROLS, fields=FIELDS)
    assert spans["value"]["text"] == "Ada"
    assert turns["value"] == {
        "start": "0",
        "end": "1",
        "startOffset": 6,
        "endOffset": 4,
        "text": "there\nGood",
        "paragraphlabels": ["kind"],
    }


def test_the_text_under_a_span_is_that_of_the_field_its_object_shows() -> None:
    control = Control("spans", K.SPANS, "title", field="body")
    answers = {"spans": [{"start": 0, "end": 3, "labels": ["person"]}]}
    (result,) = results_from_answers(answers, [control], fields={"title": "Bea", "body": "Ada"})
    assert result["value"]["text"] == "Ada"


def test_the_text_of_an_answer_stays_where_the_task_does_not_show_one() -> None:
    answers = {"spans": [{"start": 0, "end": 3, "text": "Bea", "labels": ["person"]}]}
    (result,) = results_from_answers(answers, CONTROLS, fields={"title": "Ada", "source": "file"})
    assert result["value"]["text"] == "Bea"


@pytest.mark.parametrize(
    ("to_name", "fields", "expected"),
    [
        ("audio", {"audio": "call.mp4"}, "labels"),
        ("video", {}, "timelinelabels"),
        ("clip", {"clip": "/data/upload/1/clip.mp4?x=1"}, "timelinelabels"),
        ("clip", {"recording": "call.wav"}, "labels"),
    ],
)
def test_segments_are_written_as_their_medium_wants_them(to_name: str, fields: dict[str, str], expected: str) -> None:
    control = Control("segments", K.SEGMENTS, to_name)
    answers = {"segments": [{"start": 1, "end": 2, "labels": ["x"]}]}
    (result,) = results_from_answers(answers, [control], fields=fields)
    assert result["type"] == expected


def test_an_answer_to_an_unknown_control_is_refused() -> None:
    with pytest.raises(InputError, match="No control takes an answer to mood; there are: risk"):
        results_from_answers({"mood": "low"}, [NAMED["risk"]], fields={})
    spans = [{"start": 0, "end": 3, "labels": ["person"], "attributes": {"mood": "low"}}]
    with pytest.raises(InputError, match="No per-region control named 'mood'"):
        results_from_answers({"spans": spans}, CONTROLS, fields=FIELDS)
