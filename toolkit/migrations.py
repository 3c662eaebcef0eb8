"""Migrations: what becomes of answers when a label config changes, read from a domain pack's ``migrations.yaml``."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from toolkit.config import MigrationFile, MigrationsFile, read_yaml
from toolkit.models import CATEGORICAL, REGIONS, Control, Migration

Item = TypeVar("Item", bound=Hashable)
Becomes = Mapping[str, tuple[str, ...]]  # old label → new ones, as in Migration.labels


def load_migrations(path: Path) -> tuple[tuple[Migration, ...], list[str]]:
    """Read a pack's migrations.

    Parameters
    ----------
    path : Path
        A ``migrations.yaml``.

    Returns
    -------
    migrations : tuple of Migration
        In the order of the file; empty where anything in it is wrong.
    problems : list of str
        Everything that is wrong, one item a problem, as ``file: path.to.key: message``.
    """
    parsed, problems = read_yaml(path, MigrationsFile)
    if parsed is None:
        return (), problems
    for number, entry in enumerate(parsed.migrations):
        problems += [f"{path}: migrations.{number}{problem}" for problem in _problems(entry)]
    problems += [f"{path}: {problem}" for problem in _forks(parsed.migrations)]
    return (() if problems else tuple(_migration(entry) for entry in parsed.migrations)), problems


def path(migrations: Sequence[Migration], config: str, before: str, after: str) -> tuple[Migration, ...] | None:
    """Return the shortest chain of migrations from one version of a label config to another.

    Empty where the versions are the same; None where no chain leads there.

    Examples
    --------
    >>> steps = [Migration("claims", "a", "b"), Migration("claims", "b", "c")]
    >>> [step.after for step in path(steps, "claims", "a", "c")]
    ['b', 'c']
    >>> path(steps, "claims", "c", "a") is None
    True
    """
    trails: deque[tuple[str, tuple[Migration, ...]]] = deque([(before, ())])
    seen = {before}
    while trails:
        version, trail = trails.popleft()
        if version == after:
            return trail
        for step in migrations:
            if (step.config, step.before) == (config, version) and step.after not in seen:
                seen.add(step.after)
                trails.append((step.after, (*trail, step)))
    return None


def composed(chain: Sequence[Migration], before: Sequence[Control]) -> Migration:
    """Return one migration that says what a chain says of the label config before it.

    Parameters
    ----------
    chain : sequence of Migration
        At least one, each from the version to which the one before it leads.
    before : sequence of Control
        What the label config asks before the first. What later ones say of controls and labels that came in between is
        left out, for no answer from before can have them.

    Examples
    --------
    >>> from toolkit.models import ControlKind
    >>> risk = Control("risk", ControlKind.CHOICE, "text", labels=("high", "low"))
    >>> steps = [Migration("claims", "a", "b", {"risk": "harm"}, {"risk": {"high": ("severe",)}}),
    ...          Migration("claims", "b", "c", {}, {"harm": {"severe": (), "new": ("grave",)}})]
    >>> one = composed(steps, [risk])
    >>> one.rename_controls, one.labels
    ({'risk': 'harm'}, {'risk': {'high': ()}})
    """
    known = {control.name: control for control in before}
    found = chain[0]
    for step in chain[1:]:
        found = _joined(found, step, known)
    return found


def misfits(
    migration: Migration, *, before: Sequence[Control] | None = None, after: Sequence[Control] | None = None
) -> list[str]:
    """Return what a migration names that a label config does not have; a side that is not given is not checked."""
    old = None if before is None else {control.name: control for control in before}
    new = None if after is None else {control.name: control for control in after}
    return [
        *(_old_misfits(migration, old) if old is not None else ()),
        *(_new_misfits(migration, new) if new is not None else ()),
    ]


# --- joining


def _joined(first: Migration, second: Migration, known: Mapping[str, Control]) -> Migration:
    """Join two migrations by what the controls are called before the first."""
    named = dict.fromkeys([*known, *first.rename_controls, *first.labels])
    kept = [name for name in named if name not in first.retired_controls]
    between = {name: first.rename_controls.get(name, name) for name in kept}
    retired = [name for name in kept if between[name] in second.retired_controls]
    after = {name: second.rename_controls.get(between[name], between[name]) for name in kept if name not in retired}
    labels = {
        name: _joined_labels(first.labels.get(name, {}), second.labels.get(between[name], {}), known.get(name))
        for name in after
    }
    return Migration(
        config=first.config,
        before=first.before,
        after=second.after,
        rename_controls={old: new for old, new in after.items() if old != new},
        labels={name: becomes for name, becomes in labels.items() if becomes},
        retired_controls=(*first.retired_controls, *retired),
    )


def _joined_labels(first: Becomes, second: Becomes, control: Control | None) -> Becomes:
    joined = {
        label: tuple(dict.fromkeys(new for one in becomes for new in second.get(one, (one,))))
        for label, becomes in first.items()
    }
    untouched = [label for label in second if label not in first]
    there = [label for label in untouched if control is not None and not _lacks(control, label)]
    return joined | {label: second[label] for label in there}


# --- reading


@dataclass(frozen=True, slots=True)
class _Operation:
    """What is said of one old label."""

    key: str
    control: str  # as it is called after
    label: str
    becomes: tuple[str, ...]


def _operations(entry: MigrationFile) -> Iterator[_Operation]:
    for control, renamed in entry.rename_labels.items():
        yield from (_Operation("rename_labels", control, old, (new,)) for old, new in renamed.items())
    for control, merged in entry.merge_labels.items():
        yield from (_Operation("merge_labels", control, old, (new,)) for new, olds in merged.items() for old in olds)
    for control, retired in entry.retire_labels.items():
        yield from (_Operation("retire_labels", control, old, ()) for old in retired)
    for control, split in entry.split_labels.items():
        yield from (_Operation("split_labels", control, old, news) for old, news in split.items())


def _migration(entry: MigrationFile) -> Migration:
    old_names = {new: old for old, new in entry.rename_controls.items()}
    labels: dict[str, dict[str, tuple[str, ...]]] = {}
    for operation in _operations(entry):
        name = old_names.get(operation.control, operation.control)
        labels.setdefault(name, {})[operation.label] = operation.becomes
    return Migration(
        config=entry.config,
        before=entry.before,
        after=entry.after,
        rename_controls=dict(entry.rename_controls),
        labels=labels,
        retired_controls=entry.retire_controls,
    )


# --- what is wrong in itself


def _problems(entry: MigrationFile) -> Iterator[str]:
    """Yield what is wrong with one migration, each starting with its key or with a colon."""
    operations = list(_operations(entry))
    if entry.before == entry.after:
        yield ".to: is the same version as from"
    if not (operations or entry.rename_controls or entry.retire_controls):
        yield ": says nothing of any control or label"
    yield from _control_problems(entry, {operation.control for operation in operations})
    yield from _label_problems(operations)


def _control_problems(entry: MigrationFile, named: set[str]) -> Iterator[str]:
    renamed = entry.rename_controls
    for name in _twice(renamed.values()):
        yield f".rename_controls: two controls become {name!r}"
    for name in _twice(entry.retire_controls):
        yield f".retire_controls: {name!r} is given twice"
    for name in sorted(set(entry.retire_controls) & set(renamed)):
        yield f".retire_controls: {name!r} is in rename_controls as well"
    for name in sorted(named - set(renamed.values())):
        if name in renamed:
            yield f": labels of {name!r}, which is called {renamed[name]!r} after; name it so"
        elif name in entry.retire_controls:
            yield f": labels of {name!r}, which retire_controls drops"


def _label_problems(operations: Sequence[_Operation]) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for one in operations:
        place = f".{one.key}.{one.control}: label {one.label!r}"
        other = seen.get((one.control, one.label))
        if other is not None:
            yield f"{place} is given twice" if other == one.key else f"{place} is in {other} as well"
        seen.setdefault((one.control, one.label), one.key)
        for label in _twice(one.becomes):
            yield f"{place} becomes {label!r} twice"
    renamed = [(one.control, one.becomes[0]) for one in operations if one.key == "rename_labels"]
    for control, label in _twice(renamed):
        yield f".rename_labels.{control}: two labels become {label!r}; use merge_labels"


def _forks(entries: Sequence[MigrationFile]) -> Iterator[str]:
    seen: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(entries):
        first = seen.setdefault((entry.config, entry.before), number)
        if first != number:
            yield f"migrations.{number}.from: migrations.{first} starts at this version of {entry.config!r} as well"


# --- what does not fit a label config


def _old_misfits(migration: Migration, old: Mapping[str, Control]) -> Iterator[str]:
    named = dict.fromkeys([*migration.rename_controls, *migration.labels, *migration.retired_controls])
    yield from (f"control {name!r} is not in the label config before" for name in named if name not in old)
    for name, labels in migration.labels.items():
        if name in old:
            lacking = (label for label in labels if _lacks(old[name], label))
            yield from (f"label {label!r} of {name!r} is not in the label config before" for label in lacking)
    kept = [migration.rename_controls.get(name, name) for name in old if name not in migration.retired_controls]
    yield from (f"two controls are called {name!r} after" for name in _twice(kept))


def _new_misfits(migration: Migration, new: Mapping[str, Control]) -> Iterator[str]:
    renamed = {name: migration.rename_controls.get(name, name) for name in migration.labels}
    named = dict.fromkeys([*migration.rename_controls.values(), *renamed.values()])
    yield from (f"control {name!r} is not in the label config after" for name in named if name not in new)
    for old_name, labels in migration.labels.items():
        name = renamed[old_name]
        if name in new:
            wanted = dict.fromkeys(label for becomes in labels.values() for label in becomes)
            lacking = (label for label in wanted if _lacks(new[name], label))
            yield from (f"label {label!r} of {name!r} is not in the label config after" for label in lacking)


def _lacks(control: Control, label: str) -> bool:
    """Say whether a control cannot have a label; where its labels come from the task, nobody can tell."""
    from_task = not control.labels and control.kind in CATEGORICAL | REGIONS
    return not from_task and label not in control.labels


def _twice(items: Iterable[Item]) -> list[Item]:
    return [item for item, count in Counter(items).items() if count > 1]
