"""What a label config asks: its controls, their kinds and labels, read from Label Studio's XML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from xml.etree import ElementTree

from toolkit.errors import ConfigError
from toolkit.models import CATEGORICAL, Control, ControlKind, LabelConfig

KINDS = {
    "Taxonomy": ControlKind.TAXONOMY,
    "Rating": ControlKind.RATING,
    "Number": ControlKind.NUMBER,
    "DateTime": ControlKind.DATETIME,
    "Pairwise": ControlKind.PAIRWISE,
    "Ranker": ControlKind.RANKING,
    "TextArea": ControlKind.TEXT,
    "HyperTextLabels": ControlKind.SPANS,
    "ParagraphLabels": ControlKind.TURNS,
    "TimelineLabels": ControlKind.SEGMENTS,
    "RectangleLabels": ControlKind.BOXES,
    "PolygonLabels": ControlKind.POLYGONS,
}
DEFAULT_MAX_RATING = 5

# What an adjudicator's screen asks besides the question itself.
RULING_REASON, RULING_REWORK = "ruling_reason", "ruling_rework"
RULING_CONTROLS = (RULING_REASON, RULING_REWORK)
_END = re.compile(r"</View\s*>(?:\s|<!--.*?-->)*\Z", re.DOTALL)  # the last tag, and comments after it
_RULED = "+r1"  # ends the version of a label config with these controls; another number when they change
_RULING = """  <View className="tk-card" style="grid-column: 1 / -1">
    <Header value="Your ruling: why is this the answer?" size="4"/>
    <TextArea name="{reason}" toName="{to}" rows="2" maxSubmissions="1" editable="true" showSubmitButton="false" \
required="true" requiredMessage="Give the reason for your ruling." placeholder="What decides it, for \
those who answered otherwise"/>
    <Choices name="{rework}" toName="{to}" choice="multiple">
      <Choice value="send back to who answered otherwise"/>
    </Choices>
  </View>
"""
_Objects = Mapping[str | None, ElementTree.Element]  # what the screen shows, by name


def read_controls(xml: str) -> tuple[Control, ...]:
    """Return the controls of a label config in the order of the screen.

    Parameters
    ----------
    xml : str
        A label config as Label Studio takes it.

    Returns
    -------
    tuple of Control
        One per control tag that the toolkit knows; drawing aids without answers (relations, headers) are left out.

    Raises
    ------
    ConfigError
        The text is not well-formed XML, its root is not ``View``, a control lacks ``name`` or ``toName``, or the
        ``maxRating`` of a rating is not a whole number from 1.

    Examples
    --------
    >>> xml = '''<View><Text name="t" value="$text"/>
    ...   <Choices name="risk" toName="t"><Choice value="low"/><Choice value="high"/></Choices></View>'''
    >>> [(control.name, control.kind.value, control.labels) for control in read_controls(xml)]
    [('risk', 'choice', ('low', 'high'))]
    """
    root = _parse(xml)
    objects = {node.get("name"): node for node in root.iter() if _field(node) is not None}
    found = (_control(node, conditional, objects) for node, conditional in _walk(root, False))
    return tuple(control for control in found if control is not None)


def config_version(xml: str) -> str:
    """Return the version of a label config: the first 12 hex digits of its SHA-256."""
    return hashlib.sha256(xml.encode()).hexdigest()[:12]


def referenced_fields(xml: str) -> tuple[str, ...]:
    """Return the task fields that a label config shows, sorted: ``$text`` gives ``text``."""
    values = (node.get(key, "") for node in _parse(xml).iter() for key in ("value", "valueList"))
    return tuple(sorted({value[1:] for value in values if value.startswith("$")}))


def control_tags(xml: str) -> dict[str, str]:
    """Return the tag of every control by its name, also of those that :func:`read_controls` leaves out."""
    nodes = ((node.get("name"), node) for node in _parse(xml).iter() if node.get("toName"))
    return {name: node.tag for name, node in nodes if name}


def _field(node: ElementTree.Element) -> str | None:
    """Return the task field that an object shows."""
    value = node.get("value") or node.get("valueList") or ""
    return value[1:] if value.startswith("$") else None


@lru_cache(maxsize=256)
def ruling_config(config: LabelConfig) -> LabelConfig:
    """Return what adjudicators see of a label config: the same questions, then the reason of the ruling.

    Its version is that of the config with an ending, so that migrations of the one are known to be those of the other.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> xml = '<View><Text name="t" value="$text"/><Rating name="stars" toName="t"/></View>'
    >>> stars = LabelConfig("x", "law", "X", xml, Modality.TEXT, ("text",), read_controls(xml), ("stars",), 2, "1f")
    >>> [control.name for control in ruling_config(stars).controls], ruling_config(stars).version
    (['stars', 'ruling_reason', 'ruling_rework'], '1f+r1')
    """
    ends = _END.search(config.xml)
    if ends is None:
        raise ConfigError(f"The label config {config.key} does not end with </View>.")
    end = ends.start()
    to_name = config.controls[0].to_name
    added = _RULING.format(reason=RULING_REASON, rework=RULING_REWORK, to=to_name)
    xml = f"{config.xml[:end]}{added}{config.xml[end:]}"
    return replace(config, xml=xml, controls=read_controls(xml), version=ruling_version(config.version))


def ruling_version(version: str) -> str:
    """Return the version that adjudicators see of a label config's version."""
    return version + _RULED


def plain_version(version: str) -> str:
    """Return the version of the label config itself, whoever sees it."""
    return version.partition("+")[0]


def has_closed_answers(config: LabelConfig) -> bool:
    """Say whether everything decisive is answered with labels of a closed set, or sets of them."""
    kinds = {control.name: control.kind for control in config.controls}
    return bool(config.decisive) and all(kinds.get(name) in CATEGORICAL for name in config.decisive)


def plain_config(config: LabelConfig) -> LabelConfig:
    """Return a label config without what adjudicators are asked besides; the text of its screen stays."""
    controls = tuple(control for control in config.controls if control.name not in RULING_CONTROLS)
    return replace(config, controls=controls)


def taken_names(xml: str) -> tuple[str, ...]:
    """Return what a label config calls by the names that adjudicators' screens need."""
    return tuple(name for name in RULING_CONTROLS if any(node.get("name") == name for node in _parse(xml).iter()))


def dead_conditions(xml: str) -> tuple[str, ...]:
    """Return what parts of the screen wait for that can never be answered: "risk: severe", or "risk" for no control.

    Examples
    --------
    >>> dead_conditions('<View visibleWhen="choice-selected" whenTagName="risk" whenChoiceValue="low"/>')
    ('risk',)
    """
    controls = {control.name: control for control in read_controls(xml)}
    dead = []
    for node in _parse(xml).iter():
        name = node.get("whenTagName")
        if node.get("visibleWhen") is None or name is None:
            continue
        if name not in controls:
            dead.append(name)
            continue
        if controls[name].kind is ControlKind.TAXONOMY:  # waited for by a part of its path
            continue
        waited = [value for key in ("whenChoiceValue", "whenLabelValue") for value in node.get(key, "").split(",")]
        known = set(controls[name].labels)
        dead += [f"{name}: {value}" for value in waited if value and known and value not in known]
    return tuple(dict.fromkeys(dead))


def unanswered(controls: Sequence[Control], answers: Collection[str]) -> tuple[str, ...]:
    """Return the required controls that have no answer, though they were shown.

    Examples
    --------
    >>> unanswered([Control("risk", ControlKind.CHOICE, "text", required=True)], {"topic": "bonds"})
    ('risk',)
    """
    return tuple(
        control.name
        for control in controls
        if control.required and not (control.conditional or control.per_region) and control.name not in answers
    )


def _parse(xml: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - expat refuses entity bombs; packs are the user's own files
    except ElementTree.ParseError as error:
        raise ConfigError(f"The label config is not well-formed XML: {error}.") from error
    if root.tag != "View":
        raise ConfigError(f"The label config starts with <{root.tag}>; Label Studio wants <View>.")
    return root


def _walk(node: ElementTree.Element, conditional: bool) -> Iterator[tuple[ElementTree.Element, bool]]:
    conditional = conditional or node.get("visibleWhen") is not None
    yield node, conditional
    for child in node:
        yield from _walk(child, conditional)


def _control(node: ElementTree.Element, conditional: bool, objects: _Objects) -> Control | None:
    kind = _kind(node, objects)
    if kind is None:
        return None
    name, to_name = node.get("name"), node.get("toName")
    if not name or not to_name:
        raise ConfigError(f"<{node.tag}> needs both name and toName; found name={name!r}, toName={to_name!r}.")
    paths = tuple(_paths(node)) if kind is ControlKind.TAXONOMY else ()
    to_name = to_name.partition(",")[0]  # a pair is compared under the name of its first half
    return Control(
        name=name,
        kind=kind,
        to_name=to_name,
        labels=_labels(node, kind, paths),
        required=node.get("required") == "true",
        per_region=node.get("perRegion") == "true",
        conditional=conditional,
        paths=paths,
        field=_field_shown(objects.get(to_name)),
    )


def _field_shown(node: ElementTree.Element | None) -> str:
    """Return the field whose content annotators see; where it holds an address, what is there is not in the task."""
    if node is None or (node.get("valueType") or node.get("valuetype")) == "url":
        return ""
    return _field(node) or ""


def _kind(node: ElementTree.Element, objects: _Objects) -> ControlKind | None:
    if node.tag == "Choices":
        return ControlKind.CHOICES if node.get("choice") == "multiple" else ControlKind.CHOICE
    if node.tag == "Labels":
        shown = objects.get(node.get("toName"))
        on_medium = shown is not None and shown.tag in ("Audio", "Video")
        return ControlKind.SEGMENTS if on_medium else ControlKind.SPANS
    return KINDS.get(node.tag)


def _labels(node: ElementTree.Element, kind: ControlKind, paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    if kind is ControlKind.RATING:
        return tuple(str(step) for step in range(1, _max_rating(node) + 1))
    if kind is ControlKind.PAIRWISE:
        return ("left", "right")
    if kind is ControlKind.TAXONOMY:
        return tuple(" > ".join(path) for path in paths)
    return tuple(_value(child) for child in node.iter() if child.tag in ("Choice", "Label"))


def _max_rating(node: ElementTree.Element) -> int:
    given = node.get("maxRating", str(DEFAULT_MAX_RATING))
    if not (given.isascii() and given.isdecimal() and int(given) >= 1):
        raise ConfigError(f"<Rating> {node.get('name')!r}: maxRating={given!r} is not a whole number from 1.")
    return int(given)


def _value(node: ElementTree.Element) -> str:
    return node.get("alias") or node.get("value") or ""


def _paths(taxonomy: ElementTree.Element) -> Iterator[tuple[str, ...]]:
    """Every path that can be chosen: leaves only where the taxonomy says so, else every node."""
    leaves_only = taxonomy.get("leafsOnly") == "true"

    def below(parent: ElementTree.Element, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for child in parent.findall("Choice"):
            here = (*path, _value(child))
            if not leaves_only or child.find("Choice") is None:
                yield here
            yield from below(child, here)

    return below(taxonomy, ())
