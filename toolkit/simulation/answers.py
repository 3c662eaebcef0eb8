"""A whole answer to one control: plain values, and regions with their labels and per-region answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from toolkit.models import REGIONS, Control, LabelConfig, Task
from toolkit.simulation.plain import Question, draw, mistake
from toolkit.simulation.regions import Material, draw_places, move_place
from toolkit.simulation.screen import screen_of

Region = dict[str, Any]


def drawn_answer(control: Control, config: LabelConfig, task: Task, rng: Random) -> Any:
    """Return a valid answer to a control, or None where it offers nothing to answer."""
    question = Question(control, screen_of(config), task)
    if control.kind not in REGIONS:
        return draw(question, rng)
    if not control.labels:
        return None
    places = draw_places(control.kind, _material(question), rng)
    return [_labelled(place, rng.choice(control.labels), {}, question, config, rng) for place in places]


def wrong_answer(value: Any, control: Control, config: LabelConfig, task: Task, rng: Random) -> Any:
    """Return a valid answer that differs from the given one, or the same where the control allows no other."""
    question = Question(control, screen_of(config), task)
    if control.kind not in REGIONS:
        return mistake(value, question, rng)
    return _wrong_regions(value, question, config, rng)


def region_questions(region: Region, control: Control, config: LabelConfig) -> tuple[Control, ...]:
    """Return the controls that are asked once a region with these labels is selected."""
    screen = screen_of(config)
    return tuple(other for other in config.controls if screen.asks(other, control, region["labels"]))


def _material(question: Question) -> Material:
    shown = question.screen.shown(question.control)
    if shown is None:
        return Material(None)
    return Material(question.material, shown.text_key, in_frames=shown.tag == "Video")


def _labelled(
    place: Mapping[str, Any],
    label: str,
    known: Mapping[str, Any],
    question: Question,
    config: LabelConfig,
    rng: Random,
) -> Region:
    """Label a place; per-region answers that are known stay, the other ones asked for are drawn."""
    region: Region = {**place, "labels": [label]}
    attributes = {}
    for control in region_questions(region, question.control, config):
        # Only the region's own words can answer a question about it.
        own = replace(question.task, fields=_of_region(region, control, question))
        value = known.get(control.name, draw(Question(control, question.screen, own), rng))
        if value is not None:
            attributes[control.name] = value
    return {**region, "attributes": attributes} if attributes else region


def _of_region(region: Region, control: Control, question: Question) -> Mapping[str, Any]:
    shown = question.screen.shown(control)
    fields = question.task.fields
    return fields if shown is None or "text" not in region else {**fields, shown.field: region["text"]}


def _wrong_regions(regions: Sequence[Region], question: Question, config: LabelConfig, rng: Random) -> list[Region]:
    """One region moved, mislabelled or missed; where there is none, one too many."""
    if not regions:
        return drawn_answer(question.control, config, question.task, rng) or []
    i = rng.randrange(len(regions))
    before, after = list(regions[:i]), list(regions[i + 1 :])
    changed = [
        [*before, *instead, *after]
        for instead in (_moved(regions[i], question, config, rng), _mislabelled(regions[i], question, config, rng))
        if instead and instead[0] not in regions
    ]
    if before or after or not question.control.required:
        changed.append([*before, *after])
    return rng.choice(changed) if changed else list(regions)


def _moved(region: Region, question: Question, config: LabelConfig, rng: Random) -> list[Region]:
    place = {key: value for key, value in region.items() if key not in ("labels", "attributes")}
    moved = move_place(question.control.kind, place, _material(question), rng)
    if moved is None:
        return []
    return [_labelled(moved, region["labels"][0], region.get("attributes", {}), question, config, rng)]


def _mislabelled(region: Region, question: Question, config: LabelConfig, rng: Random) -> list[Region]:
    place = {key: value for key, value in region.items() if key not in ("labels", "attributes")}
    others = [label for label in question.control.labels if label not in region["labels"]]
    if not others:
        return []
    return [_labelled(place, rng.choice(others), region.get("attributes", {}), question, config, rng)]
