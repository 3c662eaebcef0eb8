"""What differs between two versions of a release: rows that came, went, changed or moved, never their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from toolkit.errors import InputError
from toolkit.releases.metadata.markdown import code, table
from toolkit.releases.rowstreams import StoredRow, formats_in, stems_in, stored_rows
from toolkit.wording import count

EXAMPLES = 10  # of each kind that are named


@dataclass(frozen=True, slots=True)
class SheetChanges:
    """What differs in the rows of one label config."""

    key: str  # "finance/claims"
    before: Mapping[str, int]  # split → rows
    after: Mapping[str, int]
    versions_before: Mapping[str, int]  # version of the label config → rows
    versions_after: Mapping[str, int]
    n_added: int
    n_removed: int
    n_changed: int
    columns: Mapping[str, int]  # column → rows in which it differs, by the names that tables have
    moves: Mapping[tuple[str, str], int]  # (split before, split after) → rows
    added: tuple[str, ...] = ()  # the first of them, by row: "7d865e959b246691-0-80@finance/claims"
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def n_same(self) -> int:
        """Rows that are as they were."""
        return sum(self.after.values()) - self.n_added - self.n_changed

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.n_added or self.n_removed or self.n_changed)


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two releases."""

    before: str  # what the older one's folder is called, as "v1"
    after: str
    compared: str  # the format that was read
    sheets: tuple[SheetChanges, ...]  # by the names of their files

    @property
    def same(self) -> bool:
        """Whether no row differs."""
        return all(sheet.same for sheet in self.sheets)


def diff_releases(before: Path, after: Path, *, n_examples: int = EXAMPLES) -> Changes:
    """Compare the rows of two releases.

    Parameters
    ----------
    before, after : Path
        Their folders, as ``releases/demo/v1`` and ``releases/demo/v2``. Both are read once, as streams that are merged
        by task, so that memory does not grow with the number of rows and a row is found in whichever split it is.
    n_examples : int
        Most rows that are named per label config and kind of change.

    Raises
    ------
    InputError
        The releases have neither JSON Lines nor Parquet in common, or a file is not one of a release.
    """
    form = _format(before, after)
    stems = sorted({*stems_in(before, form), *stems_in(after, form)})
    sheets = [_diff(before, after, form, stem, n_examples) for stem in stems]
    return Changes(before.resolve().name, after.resolve().name, form, tuple(sheet for sheet in sheets if sheet))


def changes_text(changes: Changes) -> str:
    """Return the changes as Markdown, what ``CHANGES.md`` holds; rows are named by their ids and nothing else.

    Examples
    --------
    >>> print(changes_text(Changes("v1", "v2", "jsonl", ())), end="")
    # Changes since v1
    <BLANKLINE>
    No row differs.
    """
    parts = [f"# Changes since {changes.before}"]
    parts.append("No row differs." if changes.same else _overview(changes))
    for sheet in changes.sheets:
        parts += _sheet(sheet)
    return "\n\n".join(parts) + "\n"


def _format(before: Path, after: Path) -> str:
    found = {folder: formats_in(folder) for folder in (before, after)}
    for folder, formats in found.items():
        if not formats:
            raise InputError(
                f"{folder} has neither JSON Lines nor Parquet, so its rows cannot be compared.",
                hint="is this the folder of a release? Then write it with the format jsonl or parquet, too.",
            )
    common = next((form for form in found[before] if form in found[after]), None)
    if common is None:
        raise InputError(
            f"{before} and {after} have no format in common that can be compared.",
            hint="write one of them again, with the format jsonl.",
        )
    return common


# --- comparing


@dataclass(slots=True)
class _Tally:
    """What was found so far."""

    n_examples: int
    key: str = ""
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    versions_before: Counter[str] = field(default_factory=Counter)
    versions_after: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, old: StoredRow | None, new: StoredRow | None) -> None:
        """Count a task that is in one of the releases or in both."""
        if old is not None:
            self.before[old.split] += 1
            self.versions_before[old.version()] += 1
        if new is not None:
            self.after[new.split] += 1
            self.versions_after[new.version()] += 1
        row = old or new
        if row is not None and not self.key:
            columns = row.columns()
            self.key = f"{columns.get('domain')}/{columns.get('config')}"
        if old is not None and new is not None:
            if old.line is None or old.line != new.line:
                self._compare(old.columns(), new.columns())
        elif row is not None:
            self._note("added" if old is None else "removed", row.task)

    def _compare(self, was: Mapping[str, object], now: Mapping[str, object]) -> None:
        differing = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        if differing:
            self.columns.update(differing)
            self._note("changed", str(was.get("task")))
        if was["split"] != now["split"]:
            self.moves[str(was["split"]), str(now["split"])] += 1

    def _note(self, kind: str, task: str) -> None:
        self.kinds[kind] += 1
        named = self.examples.setdefault(kind, [])
        if len(named) < self.n_examples:
            named.append(f"{task}@{self.key}")

    def changes(self) -> SheetChanges:
        """Return what was found, everything sorted."""
        return SheetChanges(
            key=self.key,
            before=dict(sorted(self.before.items())),
            after=dict(sorted(self.after.items())),
            versions_before=dict(sorted(self.versions_before.items())),
            versions_after=dict(sorted(self.versions_after.items())),
            n_added=self.kinds["added"],
            n_removed=self.kinds["removed"],
            n_changed=self.kinds["changed"],
            columns=dict(sorted(self.columns.items(), key=lambda pair: (-pair[1], pair[0]))),
            moves=dict(sorted(self.moves.items())),
            **{kind: tuple(named) for kind, named in self.examples.items()},
        )


def _diff(before: Path, after: Path, form: str, stem: str, n_examples: int) -> SheetChanges | None:
    """Compare one label config; None where neither release has a row of it."""
    tally = _Tally(n_examples)
    for old, new in _pairs(stored_rows(before, form, stem), stored_rows(after, form, stem)):
        tally.add(old, new)
    return tally.changes() if tally.key else None


def _pairs(
    before: Iterator[StoredRow], after: Iterator[StoredRow]
) -> Iterator[tuple[StoredRow | None, StoredRow | None]]:
    """Yield every task once, with its row on either side."""
    old, new = next(before, None), next(after, None)
    while old is not None and new is not None:
        if old.task == new.task:
            yield old, new
            old, new = next(before, None), next(after, None)
        elif old.task < new.task:
            yield old, None
            old = next(before, None)
        else:
            yield None, new
            new = next(after, None)
    for row in chain([] if old is None else [old], before):
        yield row, None
    for row in chain([] if new is None else [new], after):
        yield None, row


# --- telling


def _overview(changes: Changes) -> str:
    rows = [
        [code(one.key), f"{one.n_added:,}", f"{one.n_removed:,}", f"{one.n_changed:,}", f"{one.n_same:,}"]
        for one in changes.sheets
    ]
    return table(["label config", "rows added", "removed", "changed", "as they were"], rows)


def _sheet(sheet: SheetChanges) -> Iterator[str]:
    if sheet.same and sheet.versions_before == sheet.versions_after:
        return
    yield f"## {code(sheet.key)}"
    yield _side_by_side("split", sheet.before, sheet.after)
    yield _side_by_side("version of the label config", sheet.versions_before, sheet.versions_after)
    if sheet.columns:
        yield table(
            ["column", "rows in which it differs"], [[code(name), f"{n:,}"] for name, n in sheet.columns.items()]
        )
    if sheet.moves:
        moves = [[code(old), code(new), f"{n:,}"] for (old, new), n in sheet.moves.items()]
        yield table(["from split", "to split", "rows"], moves)
    for kind in ("added", "removed", "changed"):
        yield from _examples(kind, getattr(sheet, f"n_{kind}"), getattr(sheet, kind))


def _side_by_side(what: str, before: Mapping[str, int], after: Mapping[str, int]) -> str:
    names = sorted({*before, *after})
    rows = [[code(name), f"{before.get(name, 0):,}", f"{after.get(name, 0):,}"] for name in names]
    return table([what, "rows before", "rows after"], rows)


def _examples(kind: str, n: int, named: tuple[str, ...]) -> Iterator[str]:
    if named:
        more = "" if n == len(named) else f", the first {len(named)} of them"
        yield f"{count(n, 'row')} {kind}{more}:"
        yield "\n".join(f"- {code(row)}" for row in named)
