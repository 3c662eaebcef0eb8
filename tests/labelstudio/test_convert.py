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
    judgments_from_export,
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


# --- reading


def choices(name: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "from_name": name,
        "to_name": "text",
        "type": "choices",
        "value": {"choices": [*labels]},
        **more,
    }


def labelled(start: Any, end: Any, *labels: str, name: str = "s1") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": "x", "labels": [*labels]}
    return {"id": name, "from_name": "spans", "to_name": "text", "type": "labels", "value": value}


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (choices("mood", "low"), "result 1 is on control 'mood', which the label config does not have"),
        (choices("risk", "mid"), "risk: label 'mid' is not declared; there are: low, high"),
        (choices("risk", "low", "high"), "risk: 2 labels where one is allowed"),
        ({**choices("risk"), "value": "low"}, "risk: result 1 has no value"),
        ({**choices("risk"), "value": {"rating": 2}}, "risk: choices is not a list of texts"),
        ({**choices("quality"), "value": {"rating": 9}}, "quality: rating 9 is not a step of the scale"),
        ({**choices("quality"), "value": {"rating": 1.5}}, "quality: rating 1.5 is not a step of the scale"),
        ({**choices("amount"), "value": {"number": True}}, "amount: number is not a number"),
        ({**choices("amount"), "value": {"number": float("nan")}}, "amount: number is not a number"),
        ({**choices("due"), "value": {}}, "due: no datetime in its value"),
        (
            {**choices("better"), "value": {"selected": "top"}},
            "better: label 'top' is not declared; there are: left, right",
        ),
        ({**choices("better"), "value": {}}, "better: no selected side in its value"),
        ({**choices("order"), "value": {"ranker": []}}, "order: no ranker in its value"),
        ({**choices("topic"), "value": {"taxonomy": [["Art", "Film"]]}}, "topic: path 'Art > Film' cannot be chosen"),
        ({**choices("topic"), "value": {}}, "topic: no taxonomy in its value"),
        (labelled(5, 5, "year"), "spans: a region from 5 to 5"),
        (labelled(-1, 5, "year"), "spans: a region from -1 to 5"),
        (labelled("0", 5, "year"), "spans: start is not a number"),
        (labelled(0.5, 5, "year"), "spans: start is not a whole number"),
        (labelled(0, 5, "planet"), "spans: label 'planet' is not declared; there are: person, year"),
        (labelled(0, 5), "spans: a region without a label"),
        ({**choices("note"), "value": {"text": ["x"]}}, "note: answered for a region that is not there"),
        ("garbage", "result 1 is not an object"),
    ],
)
def test_a_result_that_cannot_be_used_is_a_problem_and_no_answer(result: Any, problem: str) -> None:
    answers, problems = answers_from_results([result], CONTROLS)
    assert problems == [problem]
    assert [answer for answer in answers.values() if answer != []] == []


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (K.TURNS, {"start": "x", "end": "0", "startOffset": 0, "endOffset": 2}, "turns 'x' to '0' are not numbers of"),
        (K.TURNS, {"start": "1", "end": "0", "startOffset": 0, "endOffset": 2}, "a region from 1 to 1"),
        (K.TURNS, {"start": "0", "end": "0", "startOffset": 3, "endOffset": 2}, "a region from 3 to 2"),
        (K.TURNS, {"start": "0", "end": "1", "startOffset": 3, "endOffset": -2}, "a region from -2 to -1"),
        (K.SEGMENTS, {"start": 2.0, "end": 1.0}, "a region from 2 to 1"),
        (K.SEGMENTS, {"ranges": [{"start": 9, "end": 3}]}, "a region from 9 to 4"),
        (K.SEGMENTS, {"start": -0.5, "end": 1.0}, "a region from -0.5 to 1"),
        (K.SEGMENTS, {"ranges": []}, "ranges is not a list of ranges"),
        (K.BOXES, {"x": 0, "y": 0, "width": 0, "height": 9}, "a box without an area"),
        (K.BOXES, {"x": 90, "y": 0, "width": 20, "height": 9}, "a box outside its image"),
        (K.BOXES, {"x": 0, "y": -1, "width": 20, "height": 9}, "a box outside its image"),
        (K.SPANS, {"globalOffsets": 3}, "globalOffsets is not an object"),
    ],
)
def test_a_region_that_cannot_be_is_a_problem(kind: ControlKind, value: dict[str, Any], problem: str) -> None:
    result = {"id": "r", "from_name": "it", "type": "labels", "value": {**value, "labels": ["x"]}}
    answers, problems = answers_from_results([result], [Control("it", kind, "text")])
    assert answers == {}
    assert problems[0].startswith(f"it: {problem}")


SHOWN = {
    "text": Control("it", K.SPANS, "t", labels=("x",), field="body"),
    "turns": Control("it", K.TURNS, "t", labels=("x",), field="talk"),
}
TASK = {
    "body": "Ada wrote\nthe first  program. 😀 In 1843!",
    "talk": [{"author": "A", "text": "Hello there"}, {"text": "Good 😀 day\nto you"}, {"words": "no text"}],
}


def marked(control: str, value: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": "r", "from_name": "it", "to_name": "t", "type": "labels", "value": {**value, "labels": ["x"]}}]


def turns(first: int, last: int, start: int, end: int, text: str = "") -> dict[str, Any]:
    return {"start": str(first), "end": str(last), "startOffset": start, "endOffset": end, "text": text}


@pytest.mark.parametrize(
    ("control", "value", "problem"),
    [
        ("text", {"start": 5, "end": 99}, "span 5–99 lies outside the text of 40 characters"),
        ("text", {"start": 5, "end": 41, "text": "x"}, "span 5–41 lies outside the text of 40 characters"),
        ("text", {"start": 0, "end": 3, "text": "Bea"}, "the text under the span is not the task's"),
        ("text", {"start": 0, "end": 9, "text": "Ada"}, "the text under the span is not the task's"),
        ("turns", turns(0, 3, 0, 2), "turn 3 is not there; the dialogue has 3, counted from 0"),
        ("turns", turns(0, 0, 0, 12), "offset 12 lies outside turn 0 of 11 characters"),
        ("turns", turns(0, 1, 12, 3), "offset 12 lies outside turn 0 of 11 characters"),
        ("turns", turns(0, 1, 2, 99), "offset 99 lies outside turn 1 of 17 characters"),
        ("turns", turns(0, 0, 0, 5, "Howdy"), "the text under the span is not the task's"),
    ],
)
def test_a_region_that_is_not_in_its_task_is_a_problem(control: str, value: dict[str, Any], problem: str) -> None:
    results = marked(control, value)
    assert answers_from_results(results, [SHOWN[control]], fields=TASK) == ({}, [f"it: {problem}"])
    answers, problems = answers_from_results(results, [SHOWN[control]])
    assert (len(answers["it"]), problems) == (1, [])


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("text", {"start": 0, "end": 40}),
        ("text", {"start": 4, "end": 13, "text": "wrote\\nthe"}),
        ("text", {"start": 4, "end": 13, "text": "wrote the"}),
        ("text", {"start": 14, "end": 29, "text": "first program."}),
        ("text", {"start": 32, "end": 39, "text": "In 1843"}),  # offsets in characters, as Text has them
        ("text", {"globalOffsets": {"start": 900, "end": 903}, "text": "Ada"}),  # HTML: not the text of the task
        ("turns", turns(1, 1, 7, 10, "day")),
        ("turns", turns(1, 1, 8, 11, "day")),  # offsets as JavaScript counts
        ("turns", turns(1, 1, 8, 18, "day\\nto you")),
        ("turns", turns(0, 1, 6, 4, "there\\n\\nB\\nGood")),  # browsers put in what stands between turns
        ("turns", turns(2, 2, 0, 99, "no text")),
    ],
)
def test_a_region_that_is_in_its_task_is_none(control: str, value: dict[str, Any]) -> None:
    answers, problems = answers_from_results(marked(control, value), [SHOWN[control]], fields=TASK)
    assert (len(answers["it"]), problems) == (1, [])


@pytest.mark.parametrize(
    ("field", "shown"), [("body", {}), ("body", {"body": ["Ada"]}), ("", {"t": "Ada"}), ("", {"text": "Ada"})]
)
def test_where_nobody_tells_what_is_shown_regions_are_taken(field: str, shown: dict[str, Any]) -> None:
    control = replace(SHOWN["text"], field=field)
    answers, problems = answers_from_results(marked("text", {"start": 5, "end": 99}), [control], fields=shown)
    assert (len(answers["it"]), problems) == (1, [])


def test_of_two_answers_to_one_question_none_is_taken() -> None:
    answers, problems = answers_from_results([choices("risk", "low"), choices("risk", "high")], [NAMED["risk"]])
    assert (answers, problems) == ({}, ["risk: answered 2 times"])


def test_a_faulty_region_does_not_take_the_others_with_it() -> None:
    answers, problems = answers_from_results([labelled(0, 3, "person"), labelled(9, 2, "year")], [NAMED["spans"]])
    assert [one["end"] for one in answers["spans"]] == [3]
    assert problems == ["spans: a region from 9 to 2"]


def test_a_span_of_html_is_read_in_characters() -> None:
    result = labelled("/p[1]/text()[1]", "/p[1]/text()[1]", "year")
    result["value"] = {**result["value"], "globalOffsets": {"start": 31, "end": 35}, "hypertextlabels": ["year"]}
    del result["value"]["labels"]
    answers, problems = answers_from_results([{**result, "type": "hypertextlabels"}], [NAMED["spans"]])
    assert problems == []
    assert (answers["spans"][0]["start"], answers["spans"][0]["end"]) == (31, 35)


@pytest.mark.parametrize(
    ("end", "text", "expected"), [(4, r"ab\nc", "ab\nc"), (5, r"ab\nc", r"ab\nc"), (9, r"ab\nc", r"ab\nc")]
)
def test_line_ends_that_the_browser_escaped_are_restored_where_the_length_tells(
    end: int, text: str, expected: str
) -> None:
    result = labelled(0, end, "person")
    result["value"]["text"] = text
    answers, _ = answers_from_results([result], [NAMED["spans"]])
    assert answers["spans"][0]["text"] == expected


def test_a_faulty_answer_about_a_region_leaves_the_region() -> None:
    note = {**choices("note"), "id": "s1"}
    answers, problems = answers_from_results([labelled(0, 3, "person"), note], [NAMED["spans"], NAMED["note"]])
    assert "attributes" not in answers["spans"][0]
    assert problems == ["note: text is not a list of texts"]


def test_a_timeline_region_with_two_ranges_is_two_segments() -> None:
    value = {"ranges": [{"start": 1, "end": 9}, {"start": 20, "end": 20}], "timelinelabels": ["cut"]}
    result = {"id": "t", "from_name": "events", "to_name": "video", "type": "timelinelabels", "value": value}
    answers, _ = answers_from_results([result], [NAMED["events"]])
    assert [(one["start"], one["end"]) for one in answers["events"]] == [(1, 9), (20, 20)]


def test_a_set_left_empty_is_an_answer_unless_it_may_not_have_been_shown() -> None:
    hidden = Control("hidden", K.CHOICES, "text", conditional=True)
    assert answers_from_results([], [NAMED["reasons"], NAMED["spans"], NAMED["risk"], hidden]) == (
        {"reasons": [], "spans": []},
        [],
    )


def test_a_required_control_without_an_answer_is_a_problem() -> None:
    needed = [
        Control("risk", K.CHOICE, "text", required=True),
        Control("spans", K.SPANS, "text", required=True),
        Control("hidden", K.CHOICE, "text", required=True, conditional=True),
    ]
    task = {"id": 7, "annotations": [{"id": 1, "completed_by": 3, "result": []}]}
    found = judgments_from_export([task], needed).attrs["problems"]
    assert [problem.partition(", annotation 1: ")[2] for problem in found] == [
        "risk: required, but not answered",
        "spans: required, but not answered",
    ]


def test_relations_are_passed_over() -> None:
    assert answers_from_results([{"type": "relation", "from_id": "a", "to_id": "b"}], [NAMED["risk"]]) == ({}, [])


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
