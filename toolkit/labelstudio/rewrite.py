"""Label Studio's results, rewritten as migrations say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolkit.labelstudio.canonical import BELOW
from toolkit.labelstudio.values import LABEL_KEYS
from toolkit.models import REGIONS, Control, ControlKind, Migration

KEYS = {  # kind → keys of a value that hold labels
    ControlKind.CHOICE: ("choices",),
    ControlKind.CHOICES: ("choices",),
    ControlKind.TAXONOMY: ("taxonomy",),
    ControlKind.RATING: ("rating",),
    ControlKind.PAIRWISE: ("selected",),
    **dict.fromkeys(REGIONS, LABEL_KEYS),
}
Becomes = Mapping[str, tuple[str, ...]]  # old label → new ones, as in Migration.labels


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A result list after migrations."""

    results: list[dict[str, Any]]
    changed: bool
    again: bool  # a label was used that is split, so that somebody has to answer again


def rewrite_results(
    results: Sequence[Mapping[str, Any]], migrations: Sequence[Migration], before_controls: Sequence[Control]
) -> Rewritten:
    """Return the results of an annotation as they are after a chain of migrations.

    Parameters
    ----------
    results : sequence of mappings
        The result list of one annotation, as the server has it.
    migrations : sequence of Migration
        In the order in which they apply.
    before_controls : sequence of Control
        What the label config asked before the first of them.

    Returns
    -------
    Rewritten
        The results in their order. A result whose labels are all retired is left out, so is one with a label that is
        split, and with a region all that hangs on it: the answers about it and its relations. Whatever no migration
        names stays as it is, results on controls that the label config does not have among it.

    Examples
    --------
    >>> risk = Control("risk", ControlKind.CHOICE, "text", labels=("low", "high"))
    >>> step = Migration("claims", "a", "b", {"risk": "severity"}, {"risk": {"high": ("severe",)}})
    >>> result = {"from_name": "risk", "to_name": "text", "type": "choices", "value": {"choices": ["high"]}}
    >>> rewrite_results([result], [step], [risk]).results
    [{'from_name': 'severity', 'to_name': 'text', 'type': 'choices', 'value': {'choices': ['severe']}}]
    """
    found: list[Any] = [*results]
    again = False
    controls = {control.name: control for control in before_controls}
    for migration in migrations:
        found, split = _step(found, migration, controls)
        again = again or split
        controls = _called_after(controls, migration)
    return Rewritten(found, changed=found != [*results], again=again)


def _step(results: Sequence[Any], migration: Migration, controls: Mapping[str, Control]) -> tuple[list[Any], bool]:
    """Apply one migration; return the results and whether a label was used that is split."""
    kept: list[tuple[Any, Control | None]] = []
    dropped: list[tuple[Any, Control]] = []
    again = False
    for result in results:
        control = _control_of(result, controls)
        if control is None:
            kept.append((result, None))
            continue
        becomes = migration.labels.get(control.name, {})
        split = any(len(becomes.get(label, ())) > 1 for label in _labels_in(control, result.get("value")))
        new = None if split or control.name in migration.retired_controls else _rewritten(result, control, migration)
        again = again or split
        if new is None:
            dropped.append((result, control))
        else:
            kept.append((new, control))
    return _without_orphans(kept, dropped), again


def _called_after(controls: Mapping[str, Control], migration: Migration) -> dict[str, Control]:
    """Return the controls as they are called after a migration, without those that are retired."""
    renamed = {name: migration.rename_controls.get(name, name) for name in controls}
    return {
        renamed[name]: replace(control, name=renamed[name])
        for name, control in controls.items()
        if name not in migration.retired_controls
    }


def _control_of(result: Any, controls: Mapping[str, Control]) -> Control | None:
    name = result.get("from_name") if isinstance(result, Mapping) and result.get("type") != "relation" else None
    return controls.get(name) if isinstance(name, str) else None


# --- one result


def _rewritten(result: Mapping[str, Any], control: Control, migration: Migration) -> Mapping[str, Any] | None:
    """Return a result with its new names; None where none of its labels is left."""
    new = {**result, "from_name": migration.rename_controls.get(control.name, control.name)}
    value = result.get("value")
    if not isinstance(value, Mapping):
        return new
    becomes = migration.labels.get(control.name, {})
    keys = [key for key in KEYS.get(control.kind, ()) if key in value]
    left = {key: _left(value[key], becomes, control) for key in keys}
    if left != {key: value[key] for key in keys}:
        if all(found in (None, []) for found in left.values()):
            return None
        new["value"] = {**value, **left}
    return new


def _labels_in(control: Control, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return []
    items = [item for key in KEYS.get(control.kind, ()) for item in _items(value.get(key))]
    return [label for item in items if (label := _label(item)) is not None]


def _items(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _left(found: Any, becomes: Becomes, control: Control) -> Any:
    """Return what labels become: of a list a list, of a rating or a side one or None; itself where none is named."""
    items = [(item, becomes.get(_label(item) or "")) for item in _items(found)]
    if all(new is None for _, new in items):
        return found
    left: list[Any] = []
    for item, new in items:
        named = [item] if new is None else [_like(item, label, control) for label in new]
        left += [one for one in named if one not in left]
    if isinstance(found, list):
        return left
    return left[0] if left else None


def _label(item: Any) -> str | None:
    """Return a label as Control.labels has it: itself, a path of a taxonomy, or a step of a scale."""
    if isinstance(item, str):
        return item
    if isinstance(item, list) and all(isinstance(part, str) for part in item):
        return BELOW.join(item)
    whole = isinstance(item, int | float) and not isinstance(item, bool) and item == item // 1
    return str(int(item)) if whole else None


def _like(item: Any, label: str, control: Control) -> Any:
    """Write a label as the one that it takes the place of."""
    if isinstance(item, str):
        return label
    if isinstance(item, list):
        known = (list(path) for path in control.paths if BELOW.join(path) == label)  # a step may hold the separator
        return next(known, label.split(BELOW))
    return int(label) if label.isdecimal() else label


# --- what hangs on a result


def _without_orphans(kept: Sequence[tuple[Any, Control | None]], dropped: Sequence[tuple[Any, Control]]) -> list[Any]:
    """Leave out answers about regions that were dropped, and relations to what was dropped.

    Two controls may label one region; it is there while a result of either is.
    """
    regions = _ids(result for result, control in kept if control is not None and control.kind in REGIONS)
    lost = _ids(result for result, control in dropped if control.kind in REGIONS) - regions
    left, gone = [], _ids(result for result, _ in dropped)
    for result, control in kept:
        if control is not None and control.per_region and _ids([result]) & lost:
            continue
        left.append(result)
    gone -= _ids(result for result in left if not _is_relation(result))
    return [result for result in left if not (_is_relation(result) and _ends(result) & gone)]


def _ids(results: Iterable[Any]) -> set[str]:
    return {result["id"] for result in results if isinstance(result, Mapping) and isinstance(result.get("id"), str)}


def _is_relation(result: Any) -> bool:
    return isinstance(result, Mapping) and result.get("type") == "relation"


def _ends(relation: Mapping[str, Any]) -> set[str]:
    return {end for key in ("from_id", "to_id") if isinstance(end := relation.get(key), str)}
