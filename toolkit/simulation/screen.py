"""What a simulated annotator sees: which task field a control is about, and which questions a region opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from toolkit.models import Control, LabelConfig, Task

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One object of the screen: its tag, the task field it shows, and where a turn keeps its words."""

    tag: str
    field: str
    text_key: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A label config's XML as far as answering needs it."""

    objects: Mapping[str, Shown]
    attributes: Mapping[str, Attributes]  # control → its XML attributes
    conditions: Mapping[str, tuple[Attributes, ...]]  # control → attributes of every visibleWhen around it
    buckets: Mapping[str, tuple[str, ...]]  # ranker → its buckets

    def shown(self, control: Control) -> Shown | None:
        """Return the object a control is about, or None where it shows no task field."""
        return self.objects.get(control.to_name)

    def material(self, control: Control, task: Task) -> Any:
        """Return what the task holds for the object a control is about, or None."""
        shown = self.shown(control)
        return None if shown is None else task.fields.get(shown.field)

    def shows_text(self, control: Control) -> bool:
        """Whether a control is about words rather than sound, film or a picture."""
        shown = self.shown(control)
        return shown is not None and shown.tag in ("Text", "HyperText")

    def setting(self, control: Control, name: str, default: str = "") -> str:
        """Return an XML attribute of a control."""
        return self.attributes.get(control.name, {}).get(name, default)

    def asks(self, control: Control, region: Control, labels: Sequence[str]) -> bool:
        """Whether a per-region control is shown for a region with these labels.

        Conditions on anything but the selected region (other answers, no region) count as not met.
        """
        if not control.per_region or control.to_name != region.to_name:
            return False
        return all(_met(condition, region.name, labels) for condition in self.conditions.get(control.name, ()))


def screen_of(config: LabelConfig) -> Screen:
    """Return the screen of a label config.

    Examples
    --------
    >>> _read('<View><Text name="t" value="$text"/></View>').objects["t"].field
    'text'
    """
    return _read(config.xml)


@lru_cache(maxsize=256)
def _read(xml: str) -> Screen:
    root = ElementTree.fromstring(xml)  # noqa: S314 - the same text was read into a LabelConfig before
    named = [(node, conditions) for node, conditions in _walk(root, ()) if node.get("name")]
    controls = [(node, conditions) for node, conditions in named if node.get("toName")]
    return Screen(
        objects={node.get("name", ""): _shown(node) for node, _ in named if node.get("value", "").startswith("$")},
        attributes={node.get("name", ""): dict(node.attrib) for node, _ in controls},
        conditions={node.get("name", ""): conditions for node, conditions in controls},
        buckets={node.get("name", ""): _buckets(node) for node, _ in controls if node.tag == "Ranker"},
    )


def _walk(
    node: ElementTree.Element, conditions: tuple[Attributes, ...]
) -> Iterator[tuple[ElementTree.Element, tuple[Attributes, ...]]]:
    if node.get("visibleWhen") is not None:
        conditions = (*conditions, dict(node.attrib))
    yield node, conditions
    for child in node:
        yield from _walk(child, conditions)


def _shown(node: ElementTree.Element) -> Shown:
    return Shown(node.tag, node.get("value", "")[1:], node.get("textKey", "text"))


def _buckets(ranker: ElementTree.Element) -> tuple[str, ...]:
    return tuple(bucket.get("name", "") for bucket in ranker.findall("Bucket"))


def _met(condition: Attributes, region: str, labels: Sequence[str]) -> bool:
    if condition["visibleWhen"] != "region-selected" or "whenChoiceValue" in condition:
        return False
    if condition.get("whenTagName", region) != region:
        return False
    wanted = condition.get("whenLabelValue")
    return wanted is None or any(label in wanted.split(",") for label in labels)
