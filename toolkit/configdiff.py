"""What differs between two versions of a label config, and what of it existing annotations cannot follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any

import yaml

from toolkit.labelconfig import control_tags, read_controls, referenced_fields
from toolkit.migrations import misfits
from toolkit.models import REGIONS, Control, ControlKind, Migration

Pair = tuple[Control, Control]  # before, after
NOTHING_SAID = Migration("", "", "")
GUESS = "# A guess from the two label configs: check every line, then put it into migrations.yaml, under migrations."


@dataclass(frozen=True, slots=True)
class Screen:
    """What one version of a label config asks and shows."""

    controls: Mapping[str, Control]  # by name
    tags: Mapping[str, str]  # of the controls: two tags of one kind write different results
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """The differences between two versions of a label config that mean something; see :func:`config_diff`."""

    before: Screen
    after: Screen
    screen: bool  # only layout, hints, colours or hotkeys differ

    @property
    def empty(self) -> bool:
        """Whether nothing at all differs."""
        return not self.lines()

    @property
    def added_controls(self) -> tuple[str, ...]:
        """Controls that are new."""
        return tuple(name for name in self.after.controls if name not in self.before.controls)

    @property
    def removed_controls(self) -> tuple[str, ...]:
        """Controls that are gone."""
        return tuple(name for name in self.before.controls if name not in self.after.controls)

    @property
    def kept_controls(self) -> tuple[str, ...]:
        """Controls that both have, changed or not."""
        return tuple(name for name in self.before.controls if name in self.after.controls)

    @property
    def added_labels(self) -> tuple[tuple[str, str], ...]:
        """Control and label, for each new label of a control that both have."""
        return tuple((name, label) for name in self.kept_controls for label in _new(self._pair(name)))

    @property
    def removed_labels(self) -> tuple[tuple[str, str], ...]:
        """Control and label, for each label that is gone from a control that both have."""
        return tuple((name, label) for name in self.kept_controls for label in _gone(self._pair(name)))

    @property
    def reordered(self) -> tuple[str, ...]:
        """Controls whose common labels stand in another order."""
        return tuple(name for name in self.kept_controls if _reordered(self._pair(name)))

    @property
    def added_fields(self) -> tuple[str, ...]:
        """Task fields that are shown from now on."""
        return tuple(name for name in self.after.fields if name not in self.before.fields)

    @property
    def removed_fields(self) -> tuple[str, ...]:
        """Task fields that are no longer shown."""
        return tuple(name for name in self.before.fields if name not in self.after.fields)

    @property
    def loses(self) -> tuple[tuple[str, str | None], ...]:
        """What annotations may hold and the new version cannot: control and label; None for the control as a whole."""
        return tuple((control, label) for control, label, _ in _losses(self, NOTHING_SAID))

    def lines(self) -> tuple[str, ...]:
        """Return the differences for people, one a line: ``+`` new, ``-`` gone, ``~`` changed.

        Examples
        --------
        >>> old = '<View><Text name="t" value="$text"/><Rating name="quality" toName="t" maxRating="3"/></View>'
        >>> config_diff(old, old.replace("3", "2")).lines()
        ('- label quality: 3',)
        """
        return (
            *(f"- field {name}" for name in self.removed_fields),
            *(f"+ field {name}" for name in self.added_fields),
            *(f"- control {_described(self.before.controls[name])}" for name in self.removed_controls),
            *(f"+ control {_described(self.after.controls[name])}" for name in self.added_controls),
            *(f"~ control {name}: {change}" for name in self.kept_controls for change in _changes(self, name)),
            *(f"- label {name}: {label}" for name, label in self.removed_labels),
            *(f"+ label {name}: {label}" for name, label in self.added_labels),
            *(f"~ order of labels {name}" for name in self.reordered),
            *(["~ screen"] if self.screen else []),
        )

    def _pair(self, name: str) -> tuple[Control, Control]:
        return self.before.controls[name], self.after.controls[name]


def config_diff(before: str, after: str) -> ConfigDiff:
    """Return what differs between two versions of a label config, in what it asks and not in how it is written.

    Parameters
    ----------
    before, after : str
        The XML of both.

    Returns
    -------
    ConfigDiff
        Controls of kinds that the toolkit does not know are not compared; a change to them is one of the screen.

    Raises
    ------
    ConfigError
        One of them cannot be read.

    Examples
    --------
    >>> old = '''<View><Text name="t" value="$text"/>
    ...   <Choices name="risk" toName="t"><Choice value="low"/><Choice value="high"/></Choices></View>'''
    >>> diff = config_diff(old, old.replace("high", "severe"))
    >>> diff.lines()
    ('- label risk: high', '+ label risk: severe')
    >>> diff.loses
    (('risk', 'high'),)
    """
    diff = ConfigDiff(_screen(before), _screen(after), screen=False)
    return ConfigDiff(diff.before, diff.after, screen=diff.empty and before != after)


def uncovered(diff: ConfigDiff, migration: Migration | None) -> list[str]:
    """Return why annotations cannot follow a change: what it loses without a word of the migration, what does not fit.

    Parameters
    ----------
    diff : ConfigDiff
        What changes.
    migration : Migration or None
        What is said to become of the answers; None where nothing is said.

    Returns
    -------
    list of str
        Empty where every annotation can be rewritten, or is made again on purpose.
    """
    said = migration or NOTHING_SAID
    wrong = misfits(said, before=tuple(diff.before.controls.values()), after=tuple(diff.after.controls.values()))
    return [*(reason for _, _, reason in _losses(diff, said)), *wrong]


def suggestion(config: str, before: str, after: str, diff: ConfigDiff) -> str:
    """Return an item for ``migrations.yaml`` that says what may have been meant; empty where nothing is lost.

    Parameters
    ----------
    config : str
        Name of the label config in its pack.
    before, after : str
        Its versions.
    diff : ConfigDiff
        What changes.

    Returns
    -------
    str
        YAML, indented to stand below ``migrations:``, after a line that says it is a guess.
    """
    lost = diff.loses
    if not lost:
        return ""
    renames = _renames(diff)
    whole = [name for name, label in lost if label is None and name not in renames]
    same = {name: name for name in diff.kept_controls if name not in whole}
    item: dict[str, Any] = {"config": config, "from": before, "to": after, "rename_controls": renames}
    item |= {"rename_labels": {}, "retire_labels": {}, "retire_controls": whole}
    for name, new_name in {**same, **renames}.items():
        pair = diff.before.controls[name], diff.after.controls[new_name]
        gone, new = _gone(pair), _new(pair)
        if len(gone) == len(new) == 1:
            item["rename_labels"][new_name] = {gone[0]: new[0]}
        elif gone and pair[1].labels:
            item["retire_labels"][new_name] = gone
    filled = {key: value for key, value in item.items() if value}
    text = yaml.safe_dump([filled], allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    return indent(f"{GUESS}\n{text}", "  ")


# --- what differs


def _screen(xml: str) -> Screen:
    return Screen({control.name: control for control in read_controls(xml)}, control_tags(xml), referenced_fields(xml))


def _described(control: Control) -> str:
    return f"{control.name}: {control.kind}" + (f" ({', '.join(control.labels)})" if control.labels else "")


def _changes(diff: ConfigDiff, name: str) -> Iterator[str]:
    """Yield what changed of a control besides its labels."""
    old, new = diff.before.controls[name], diff.after.controls[name]
    if old.kind != new.kind:
        yield f"{old.kind} → {new.kind}"
    elif diff.before.tags[name] != diff.after.tags[name]:
        yield f"{diff.before.tags[name]} → {diff.after.tags[name]}"
    if (old.to_name, old.field) != (new.to_name, new.field):
        yield f"on {_object(old)} → on {_object(new)}"
    for changed, words in (
        (new.required - old.required, ("no longer required", "required")),
        (new.conditional - old.conditional, ("always shown", "shown at times only")),
        (new.per_region - old.per_region, ("asked once", "asked per region")),
    ):
        if changed:
            yield words[changed > 0]


def _object(control: Control) -> str:
    return f"{control.to_name} (${control.field})" if control.field else control.to_name


def _gone(pair: Pair) -> list[str]:
    return [label for label in pair[0].labels if label not in pair[1].labels]


def _new(pair: Pair) -> list[str]:
    return [label for label in pair[1].labels if label not in pair[0].labels]


def _reordered(pair: Pair) -> bool:
    old, new = pair
    return [label for label in old.labels if label in new.labels] != [
        label for label in new.labels if label in old.labels
    ]


# --- what is lost


def _losses(diff: ConfigDiff, migration: Migration) -> Iterator[tuple[str, str | None, str]]:
    """Yield control, label (None for all) and why it is lost, of what the migration leaves without a word."""
    for name, old in diff.before.controls.items():
        if name in migration.retired_controls:
            continue
        new_name = migration.rename_controls.get(name, name)
        new = diff.after.controls.get(new_name)
        if new is None:
            yield name, None, f"control {name!r} is gone: rename_controls or retire_controls has to name it"
        elif reason := _unlike(diff, old, new):
            yield name, None, f"control {name!r} {reason}: only retire_controls can drop its answers"
        else:
            known = migration.labels.get(name, {})
            for label in _gone((old, new)) if new.labels else ():  # without labels of its own it takes any
                if label not in known:
                    yield name, label, f"label {label!r} of {name!r} is gone: the migration has to say what it becomes"


def _unlike(diff: ConfigDiff, old: Control, new: Control) -> str | None:
    """Return why the answers to a control cannot be answers to another."""
    wider = (old.kind, new.kind) == (ControlKind.CHOICE, ControlKind.CHOICES)
    if old.kind != new.kind and not wider:
        return f"turns from {old.kind} to {new.kind}"
    if diff.before.tags[old.name] != diff.after.tags[new.name]:
        return f"turns from {diff.before.tags[old.name]} to {diff.after.tags[new.name]}"
    if old.to_name != new.to_name:  # the server finds results by the name of their object, too
        return f"moves from {old.to_name!r} to {new.to_name!r}"
    if old.field != new.field and old.kind in REGIONS:
        return f"marks ${new.field} where it marked ${old.field}"
    if old.per_region != new.per_region:
        return "is asked per region" if new.per_region else "is no longer asked per region"
    return None


def _renames(diff: ConfigDiff) -> dict[str, str]:
    """Pair controls that are gone with new ones where only one of each would do."""
    fits = {
        name: [new_name for new_name in diff.added_controls if _alike(diff, name, new_name)]
        for name in diff.removed_controls
    }
    wanted = [name for names in fits.values() for name in names]
    return {name: names[0] for name, names in fits.items() if len(names) == 1 and wanted.count(names[0]) == 1}


def _alike(diff: ConfigDiff, name: str, new_name: str) -> bool:
    old, new = diff.before.controls[name], diff.after.controls[new_name]
    common = set(old.labels) & set(new.labels)
    return _unlike(diff, old, new) is None and (bool(common) or old.labels == new.labels)
