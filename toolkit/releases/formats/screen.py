"""What a label config shows beside its controls: read from its XML, for the formats that need it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from xml.etree import ElementTree

from toolkit.labelconfig import read_controls
from toolkit.models import Control, ControlKind
from toolkit.releases.sheets import Sheet

DIALOGUE_TAGS = ("Paragraphs", "Chat")


@lru_cache(maxsize=64)
def _nodes(xml: str) -> Mapping[str, ElementTree.Element]:
    root = ElementTree.fromstring(xml)  # noqa: S314 - expat refuses entity bombs; packs are the user's own files
    return {name: node for node in root.iter() if (name := node.get("name"))}


@lru_cache(maxsize=64)
def _per_region(xml: str) -> tuple[Control, ...]:
    return tuple(control for control in read_controls(xml) if control.per_region)


def object_tag(sheet: Sheet, control: Control) -> str:
    """Return the tag of what a control is about, as "Text" or "Audio"; empty where it is not on the screen."""
    node = _nodes(sheet.xml).get(control.to_name)
    return "" if node is None else node.tag


def object_attribute(sheet: Sheet, control: Control, name: str) -> str | None:
    """Return an attribute of what a control is about, its name in whatever case."""
    node = _nodes(sheet.xml).get(control.to_name)
    found = {} if node is None else {key.lower(): value for key, value in node.items()}
    return found.get(name.lower())


def region_texts(sheet: Sheet, control: Control) -> tuple[str, ...]:
    """Return the text areas that are answered once per region of a control, in the order of the screen."""
    asked = (one for one in _per_region(sheet.xml) if one.kind is ControlKind.TEXT and one.to_name == control.to_name)
    return tuple(one.name for one in asked)


def compared_fields(sheet: Sheet, control: Control) -> tuple[str, str] | None:
    """Return the task fields that a pairwise control compares, left and right; None where that cannot be told.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> xml = '''<View><Text name="a" value="$answer_a"/><Text name="b" value="$answer_b"/>
    ...   <Pairwise name="better" toName="a,b"/></View>'''
    >>> sheet = Sheet("law", "pairs", "Pairs", Modality.TEXT, ("answer_a", "answer_b"), read_controls(xml), xml)
    >>> compared_fields(sheet, sheet.controls[0])
    ('answer_a', 'answer_b')
    """
    nodes = _nodes(sheet.xml)
    asked = nodes.get(control.name)
    names = [] if asked is None else [name.strip() for name in asked.get("toName", "").split(",")]
    fields = [nodes[name].get("value", "") for name in names if name in nodes]
    if len(fields) != 2 or not all(field.startswith("$") for field in fields):
        return None
    return fields[0][1:], fields[1][1:]


def dialogue_keys(sheet: Sheet, field: str) -> tuple[str, str] | None:
    """Return what the author and the text of a turn are called, where the screen shows a field as a dialogue."""
    for node in _nodes(sheet.xml).values():
        if node.tag in DIALOGUE_TAGS and node.get("value") == f"${field}":
            return node.get("nameKey") or "author", node.get("textKey") or "text"
    return None
