"""What can and cannot be read from a result list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.labelstudio.test_convert import CONTROLS, NAMED, K
from toolkit.labelstudio.convert import (
    answers_from_results,
    judgments_from_export,
)
from toolkit.models import Control, ControlKind


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
        (K.POLYGONS, {}, "points is not a list of pairs of numbers"),
        (K.POLYGONS, {"points": [[0, 0], [9, 9, 9], [0, 9]]}, "points is not a list of pairs of numbers"),
        (K.POLYGONS, {"points": [[0, 0], [9, "9"], [0, 9]]}, "y is not a number"),
        (K.POLYGONS, {"points": [[0, 0], [9, 9]]}, "a polygon with 2 points"),
        (K.POLYGONS, {"points": [[0, 0], [9, 101], [0, 9]]}, "a polygon outside its image"),
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
