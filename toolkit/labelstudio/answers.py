"""Between Label Studio's results and answers by control, both ways."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolkit.errors import InputError
from toolkit.labelstudio.values import UnusableValueError, read_regions, read_value
from toolkit.models import REGIONS, Control, ControlKind

EMPTY_IS_AN_ANSWER = REGIONS | {ControlKind.CHOICES}
TYPES = {  # kind → type of the result, key of its value
    ControlKind.CHOICE: ("choices", "choices"),
    ControlKind.CHOICES: ("choices", "choices"),
    ControlKind.TAXONOMY: ("taxonomy", "taxonomy"),
    ControlKind.RATING: ("rating", "rating"),
    ControlKind.NUMBER: ("number", "number"),
    ControlKind.DATETIME: ("datetime", "datetime"),
    ControlKind.PAIRWISE: ("pairwise", "selected"),
    ControlKind.RANKING: ("ranker", "ranker"),
    ControlKind.TEXT: ("textarea", "text"),
    ControlKind.SPANS: ("labels", "labels"),
    ControlKind.TURNS: ("paragraphlabels", "paragraphlabels"),
    ControlKind.BOXES: ("rectanglelabels", "rectanglelabels"),
    ControlKind.POLYGONS: ("polygonlabels", "polygonlabels"),
}
NOTHING: tuple[Any, ...] = (None, [], {})
Result = Mapping[str, Any]
Found = Sequence[tuple[str, Mapping[str, Any]]]  # id and value of the results on one control


def answers_from_results(
    results: Sequence[Result], controls: Sequence[Control], *, fields: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Return what an annotation says, by control, and what is wrong with it.

    Parameters
    ----------
    results : sequence of mappings
        The result list of one annotation, as the server has it; the server checks nothing of it.
    controls : sequence of Control
        What the label config asks.
    fields : mapping, optional
        What the task shows. With it, spans and turns that lie outside of it, or name another text than is there, are
        problems as well; of controls that do not tell their field, nothing more is checked.

    Returns
    -------
    answers : dict
        Control name → answer, as :class:`~toolkit.models.ControlKind` describes it. Answers to per-region controls are
        in their region, under ``attributes``. A control for a set that was left empty has the empty set for its
        answer, unless it is required or may not have been shown; any other control left empty is not here.
    problems : list of str
        One per result that cannot be used; what is named here is not among the answers. Relations are passed over.

    Examples
    --------
    >>> risk = Control("risk", ControlKind.CHOICE, "text", labels=("low", "high"))
    >>> answers_from_results([{"from_name": "risk", "type": "choices", "value": {"choices": ["low"]}}], [risk])
    ({'risk': 'low'}, [])
    >>> answers_from_results([{"from_name": "risk", "type": "choices", "value": {"choices": ["mid"]}}], [risk])
    ({}, ["risk: label 'mid' is not declared; there are: low, high"])
    """
    by_control, problems = _sorted_out(results, controls)
    answers: dict[str, Any] = {}
    regions: dict[str, list[dict[str, Any]]] = {}  # id of the result → its regions
    for control in controls:
        found = by_control.get(control.name, [])
        if control.per_region:
            continue
        if control.kind in REGIONS:
            shown = fields.get(control.field) if fields is not None else None
            answer, wrong = _regions(control, found, regions, shown)
        else:
            answer, wrong = _once(control, found)
        if answer not in NOTHING:
            answers[control.name] = answer
        elif not wrong and _may_be_empty(control):
            answers[control.name] = []
        problems += [f"{control.name}: {problem}" for problem in wrong]
    for control in controls:
        if control.per_region:
            problems += _attach(control, by_control.get(control.name, []), regions)
    return answers, problems


def results_from_answers(
    answers: Mapping[str, Any], controls: Sequence[Control], *, fields: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return answers as Label Studio's result list: the inverse of :func:`answers_from_results`.

    Parameters
    ----------
    answers : mapping
        Control name → answer, as :class:`~toolkit.models.ControlKind` describes it.
    controls : sequence of Control
        What the label config asks.
    fields : mapping
        What the task shows: the text under a span is taken from the field its object shows, and a medium tells by its
        name whether segments are on audio or video.

    Returns
    -------
    list of dict
        In the order of the controls; ids follow from the content, so that the same answers give the same results.

    Raises
    ------
    InputError
        An answer is to a control that the label config does not have.

    Examples
    --------
    >>> risk = Control("risk", ControlKind.CHOICE, "text", labels=("low", "high"))
    >>> results_from_answers({"risk": "low"}, [risk], fields={})[0]["value"]
    {'choices': ['low']}
    """
    known = {control.name: control for control in controls}
    if unknown := sorted(set(answers) - {name for name, control in known.items() if not control.per_region}):
        raise InputError(
            f"No control takes an answer to {', '.join(unknown)}; there are: {', '.join(known) or 'none'}.",
            hint="answers to per-region controls belong into their region, under attributes.",
        )
    results: list[dict[str, Any]] = []
    for control in controls:
        answer: Any = answers.get(control.name)
        if answer in NOTHING:
            continue
        if control.kind not in REGIONS:
            results.append(_result(control, _written(control, answer), _id(control.name, answer)))
            continue
        for number, region in enumerate(answer):
            results += _region_results(control, region, known, fields, _id(f"{control.name}/{number}", region))
    return results


# --- reading


def _sorted_out(
    results: Iterable[Result], controls: Sequence[Control]
) -> tuple[dict[str, list[tuple[str, Mapping[str, Any]]]], list[str]]:
    """Return (id, value) of the results by control name, and problems with the others."""
    known = {control.name for control in controls}
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    problems = []
    for number, result in enumerate(results, start=1):
        if not isinstance(result, Mapping):
            problems.append(f"result {number} is not an object")
        elif result.get("type") == "relation":
            continue
        elif (name := result.get("from_name")) not in known:
            problems.append(f"result {number} is on control {name!r}, which the label config does not have")
        elif not isinstance(result.get("value"), Mapping):
            problems.append(f"{name}: result {number} has no value")
        else:
            found.setdefault(str(name), []).append((str(result.get("id", f"#{number}")), result["value"]))
    return found, problems


def _once(control: Control, found: Found) -> tuple[Any, list[str]]:
    """Read the only answer to a control; of several none is taken, for nobody can say which is meant."""
    if len(found) > 1:
        return None, [f"answered {len(found)} times"]
    try:
        return (read_value(control, found[0][1]) if found else None), []
    except UnusableValueError as error:
        return None, [str(error)]


def _regions(
    control: Control, found: Found, regions: dict[str, list[dict[str, Any]]], shown: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    answer, wrong = [], []
    for name, value in found:
        try:
            read = read_regions(control, value, shown)
        except UnusableValueError as error:
            wrong.append(str(error))
            continue
        regions.setdefault(name, []).extend(read)
        answer += read
    return answer, wrong


def _may_be_empty(control: Control) -> bool:
    return control.kind in EMPTY_IS_AN_ANSWER and not control.required and not control.conditional


def _attach(
    control: Control,
    found: Found,
    regions: Mapping[str, Sequence[dict[str, Any]]],
) -> list[str]:
    """Put the answers to a per-region control into their regions; return the problems."""
    problems = []
    for name, value in found:
        try:
            answer = read_value(control, value)
        except UnusableValueError as error:
            problems.append(f"{control.name}: {error}")
            continue
        if name not in regions:
            problems.append(f"{control.name}: answered for a region that is not there")
        for region in regions.get(name, ()) if answer is not None else ():
            region.setdefault("attributes", {})[control.name] = answer
    return problems


# --- writing


def _region_results(
    control: Control, region: Mapping[str, Any], known: Mapping[str, Control], fields: Mapping[str, Any], name: str
) -> list[dict[str, Any]]:
    kind, key = _region_type(control, fields)
    place = _place(control, region, fields, kind)
    results = [_result(control, (kind, {**place, key: list(region["labels"])}), name)]
    for asked, answer in region.get("attributes", {}).items():
        if asked not in known or not known[asked].per_region:
            raise InputError(f"No per-region control named {asked!r}, which a region of {control.name!r} answers.")
        other, value = _written(known[asked], answer)
        results.append(_result(known[asked], (other, {**place, **value}), name))
    return results


def _region_type(control: Control, fields: Mapping[str, Any]) -> tuple[str, str]:
    if control.kind is not ControlKind.SEGMENTS:
        return TYPES[control.kind]
    return ("timelinelabels", "timelinelabels") if _on_video(control, fields) else ("labels", "labels")


def _on_video(control: Control, fields: Mapping[str, Any]) -> bool:
    """Tell video from audio by the name of the object, else by that of the medium: a control does not say it."""
    for medium in ("audio", "video"):
        if medium in control.to_name.lower():
            return medium == "video"
    guessed, _ = mimetypes.guess_type(str(_field(control, fields) or "").partition("?")[0])
    return (guessed or "").startswith("video/")


def _place(control: Control, region: Mapping[str, Any], fields: Mapping[str, Any], kind: str) -> dict[str, Any]:
    place = {name: value for name, value in region.items() if name not in ("labels", "attributes")}
    if kind == "timelinelabels":
        return {"ranges": [place]}
    if control.kind is ControlKind.SEGMENTS:
        return {**place, "channel": 0}
    if control.kind is ControlKind.POLYGONS:
        return {**place, "closed": True}
    if control.kind is ControlKind.TURNS:  # Label Studio writes the numbers of turns as text
        place = {**place, "start": str(region["start"]), "end": str(region["end"])}
    if control.kind in (ControlKind.SPANS, ControlKind.TURNS):
        return {**place, "text": _text_under(control, region, fields)}
    return place


def _text_under(control: Control, region: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    shown = _field(control, fields)
    if control.kind is ControlKind.SPANS and isinstance(shown, str):
        return shown[region["start"] : region["end"]]
    if control.kind is ControlKind.TURNS and isinstance(shown, list) and int(region["end"]) < len(shown):
        texts = [str(turn.get("text", "")) for turn in shown[int(region["start"]) : int(region["end"]) + 1]]
        texts[-1] = texts[-1][: region["endOffset"]]
        texts[0] = texts[0][region["startOffset"] :]
        return "\n".join(texts)
    return str(region.get("text", ""))


def _field(control: Control, fields: Mapping[str, Any]) -> Any:
    """Return what the control's object shows; where it does not tell, the field of its name or the only one."""
    if control.field:
        return fields.get(control.field)
    only = next(iter(fields.values())) if len(fields) == 1 else None
    return fields.get(control.to_name, only)


def _written(control: Control, answer: Any) -> tuple[str, dict[str, Any]]:
    kind, key = TYPES[control.kind]
    return kind, {key: [answer] if control.kind is ControlKind.CHOICE else answer}


def _result(control: Control, written: tuple[str, dict[str, Any]], name: str) -> dict[str, Any]:
    kind, value = written
    return {
        "id": name,
        "from_name": control.name,
        "to_name": control.to_name,
        "type": kind,
        "origin": "manual",
        "value": value,
    }


def _id(name: str, content: Any) -> str:
    text = json.dumps([name, content], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
