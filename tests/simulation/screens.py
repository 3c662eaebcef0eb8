"""Small screens of every kind of control, tasks for them, and what makes an answer valid."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from toolkit.labelconfig import config_version, read_controls, referenced_fields
from toolkit.models import CATEGORICAL, REGIONS, Control, ControlKind, LabelConfig, Modality, Task

ROOT = Path(__file__).resolve().parents[2]

TEXT = "Ada’s firm paid 3.5 million euros; nobody at the bank – or so they say – had noticed it before Tuesday."
FIELDS: dict[str, Any] = {
    "text": TEXT,
    "prompt": "Which of the two is better?",
    "answer_a": "The first one.",
    "answer_b": "The second one, of course.",
    "question": "What is 2 + 2?",
    "solution": "Two and two make five. So it is five.",
    "response": "I will not help with that, but here is a hint.",
    "dialogue": [
        {"author": "user", "text": "Where is my parcel?"},
        {"author": "agent", "text": "It is on its way; it should reach you on Friday."},
        {"author": "user", "text": "Thank you."},
    ],
    "audio": "/data/upload/1/a.wav",
    "video": "/data/upload/1/a.mp4",
    "image": "/data/upload/1/a.png",
    "items": [{"id": "x", "title": "X"}, {"id": "y", "title": "Y"}, {"id": "z", "title": "Z"}],
}

KINDS = """<View>
  <Text name="t" value="$text"/><Text name="a" value="$answer_a"/><Text name="b" value="$answer_b"/>
  <Paragraphs name="d" value="$dialogue" layout="dialogue"/><List name="l" value="$items"/>
  <Audio name="s" value="$audio"/><Video name="v" value="$video"/><Image name="i" value="$image"/>
  <Choices name="choice" toName="t" required="true">
    <Choice value="yes"/><Choice value="no"/><Choice value="?"/></Choices>
  <Choices name="choices" toName="t" choice="multiple">
    <Choice value="p"/><Choice value="q"/><Choice value="r"/></Choices>
  <Taxonomy name="taxonomy" toName="t" leafsOnly="true">
    <Choice value="A"><Choice value="A1"/><Choice value="A2"/></Choice><Choice value="B"/></Taxonomy>
  <Rating name="rating" toName="t" maxRating="5"/>
  <Number name="number" toName="t" min="0" max="1" step="0.25"/>
  <DateTime name="date" toName="t" only="date"/>
  <Pairwise name="pairwise" toName="a,b"/>
  <Ranker name="ranking" toName="l"/>
  <Ranker name="sorting" toName="l"><Bucket name="good"/><Bucket name="bad"/></Ranker>
  <TextArea name="words" toName="t"/>
  <Labels name="spans" toName="t"><Label value="who"/><Label value="what"/></Labels>
  <ParagraphLabels name="turns" toName="d"><Label value="kind"/><Label value="rude"/></ParagraphLabels>
  <Labels name="segments" toName="s"><Label value="speech"/><Label value="noise"/></Labels>
  <TextArea name="transcript" toName="s" perRegion="true" required="true"
    visibleWhen="region-selected" whenTagName="segments" whenLabelValue="speech"/>
  <TimelineLabels name="frames" toName="v"><Label value="cut"/><Label value="fade"/></TimelineLabels>
  <RectangleLabels name="boxes" toName="i"><Label value="cat"/><Label value="dog"/></RectangleLabels>
  <PolygonLabels name="outlines" toName="i"><Label value="cat"/><Label value="dog"/></PolygonLabels>
  <Rating name="certainty" toName="i" perRegion="true"/>
  <Choices name="why" toName="t" visibleWhen="choice-selected" whenTagName="choice" whenChoiceValue="no">
    <Choice value="w1"/><Choice value="w2"/></Choices>
  <Choices name="must" toName="t" visibleWhen="choice-selected" whenTagName="choice" whenChoiceValue="yes">
    <Choice value="m1"/><Choice value="m2"/></Choices>
</View>"""


def config_of(xml: str = KINDS, *, name: str = "kinds", domain: str = "general", decisive: tuple[str, ...] = ("must",)):
    """Return a label config as a pack would hold it."""
    return LabelConfig(
        name=name,
        domain=domain,
        title="A title",
        xml=xml,
        modality=Modality.TEXT,
        fields=referenced_fields(xml),
        controls=read_controls(xml),
        decisive=decisive,
        overlap=2,
        version=config_version(xml),
    )


def task_of(number: int, **fields: Any) -> Task:
    """Return one of as many tasks as wanted."""
    return Task(f"task-{number}", f"doc-{number // 3}", "a.txt", Modality.TEXT, {**FIELDS, **fields})


def pack_configs() -> list[Any]:
    """Return (id, label config) of every screen of every pack, with a sample task where one exists."""
    found = []
    for path in sorted((ROOT / "configs" / "domains").glob("*/labels/*.xml")):
        domain = path.parents[1].name
        found.append(config_of(path.read_text(encoding="utf-8"), name=path.stem, domain=domain, decisive=()))
    return found


def sample_task(config: LabelConfig, number: int) -> Task:
    """Return a task with the material of the config's sample, or made-up material."""
    path = ROOT / "tests" / "samples" / config.domain / f"{config.name}.json"
    fields = json.loads(path.read_text(encoding="utf-8"))["task"] if path.is_file() else {}
    return task_of(number, **fields)


def faults(answers: dict[str, Any], config: LabelConfig, task: Task) -> list[str]:
    """Return what is wrong with a set of answers, control by control."""
    objects = {node.get("name"): node for node in ElementTree.fromstring(config.xml).iter() if node.get("value")}
    problems = []
    for name, value in answers.items():
        control = config.control(name)
        if control is None or control.per_region:
            problems.append(f"{name}: not a control of the task")
        elif control.kind in REGIONS:
            node = objects[control.to_name]
            material = task.fields[node.get("value")[1:]]
            problems += [f"{name}: {fault}" for region in value for fault in _region(region, control, node, material)]
            problems += [f"{name}: {fault}" for region in value for fault in _attributes(region, control, config)]
            if len(value) != len({json.dumps(region, sort_keys=True) for region in value}):
                problems.append(f"{name}: the same region twice")
        else:
            problems += _plain(value, control, config, task)
    return problems


def _plain(value: Any, control: Control, config: LabelConfig, task: Task) -> list[str]:
    if control.kind in CATEGORICAL:
        return [] if _declared(value, control) else [f"{control.name}: {value!r} is not offered"]
    if control.kind is ControlKind.TEXT:
        fine = isinstance(value, list) and len(value) == 1 and bool(value[0].strip())
    elif control.kind is ControlKind.NUMBER:
        fine = value in (0, 0.25, 0.5, 0.75, 1)
    elif control.kind is ControlKind.DATETIME:
        fine = date.fromisoformat(value).isoformat() == value
    else:
        buckets = {"good", "bad"} if control.name == "sorting" else {control.name}
        ids = sorted(item for ids in value.values() for item in ids)
        fine = set(value) == buckets and ids == sorted(item["id"] for item in task.fields["items"])
    return [] if fine else [f"{control.name}: {value!r} cannot be"]


def _declared(value: Any, control: Control) -> bool:
    if control.kind is ControlKind.CHOICES:
        wanted = [label for label in control.labels if label in value]
        return value == wanted and (bool(value) or not control.required)
    if control.kind is ControlKind.TAXONOMY:
        return bool(value) and all(tuple(path) in control.paths for path in value)
    if control.kind is ControlKind.RATING:
        return type(value) is int and str(value) in control.labels
    return value in control.labels


def _region(region: dict[str, Any], control: Control, node: ElementTree.Element, material: Any) -> list[str]:
    problems = [] if set(region["labels"]) <= set(control.labels) and region["labels"] else ["labels not declared"]
    if control.kind is ControlKind.SPANS:
        fine = 0 <= region["start"] < region["end"] <= len(material)
        fine = fine and material[region["start"] : region["end"]] == region["text"] == region["text"].strip()
    elif control.kind is ControlKind.TURNS:
        said = material[int(region["start"])][node.get("textKey", "text")]
        fine = region["start"] == region["end"] and region["startOffset"] < region["endOffset"] <= len(said)
        fine = fine and region["text"] == said[region["startOffset"] : region["endOffset"]]
    elif control.kind is ControlKind.SEGMENTS:
        last, number = (50, int) if node.tag == "Video" else (2.0, float)
        fine = 0 <= region["start"] < region["end"] <= last and type(region["start"]) is number
    elif control.kind is ControlKind.POLYGONS:
        fine = len(region["points"]) >= 3 and all(0 <= at <= 100 for point in region["points"] for at in point)
    else:
        fine = min(region["x"], region["y"], region["width"], region["height"]) >= 0
        fine = fine and region["x"] + region["width"] <= 100 and region["y"] + region["height"] <= 100
    return problems if fine else [*problems, f"{region} is outside the material"]


def _attributes(region: dict[str, Any], control: Control, config: LabelConfig) -> list[str]:
    problems = []
    for name, value in region.get("attributes", {}).items():
        asked = config.control(name)
        if asked is None or not asked.per_region or asked.to_name != control.to_name:
            problems.append(f"{name} is not asked about its regions")
        elif asked.kind in CATEGORICAL and not _declared(value, asked):
            problems.append(f"{name}: {value!r} is not offered")
    return problems
