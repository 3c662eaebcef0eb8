"""Writing a release: all of it or nothing, once, never changed afterwards."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from toolkit.errors import InputError, StorageError
from toolkit.releases.evidence import FOLDER, JUDGMENTS, LEDGER, EvidenceWriter, write_ledger
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.manifest import DIGEST, MANIFEST, changed_files, file_entry, manifest_text, read_manifest
from toolkit.releases.metadata.about import Facts, texts_about
from toolkit.releases.metadata.description import AgreementSummary
from toolkit.releases.metadata.tally import Tally
from toolkit.releases.plan import Dataset, Gate, Plan, chosen_rows, plan_release
from toolkit.releases.settings import ReleaseSettings
from toolkit.releases.sheets import Sheet
from toolkit.wording import agreeing, count

READ_ONLY = 0o444
RESERVED = ("make", "list", "verify", "explain", "diff", "identify")  # commands of the same noun
_UNFINISHED = ".unfinished-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Measure = Callable[[Path, Mapping[str, Sheet]], Mapping[tuple[str, str], Sequence[AgreementSummary]]]


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a published dataset."""

    name: str
    version: int
    path: Path
    manifest: Mapping[str, Any]
    created: bool  # False where a version with this content was there already
    content: str  # SHA-256 of all that makes it this version and no other
    notes: Sequence[str] = ()  # what a person should know: formats that hold less, splits that are empty

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, which has that of every file: who has it can tell whether a copy is the original."""
        return str(self.manifest[DIGEST])


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release's contents come from."""

    dataset: Dataset
    facts: Facts  # what its card tells that no row does
    ledger: Callable[[], Iterable[tuple[int, str]]]  # (number, hash) of the entries up to the head
    measure: Measure  # agreement, of the judgments behind the rows
    progress: Callable[..., Iterable[Any]] = field(default=lambda items, *_: items)


def write_release(
    source: Source,
    folder: Path,
    *,
    name: str,
    settings: ReleaseSettings,
    gate: Gate,
    kept: Iterable[tuple[str, str]] = (),
    known: Mapping[str, int] | None = None,
    home: Path | None = None,
    version: int | None = None,
    remember: Callable[[Release], None] = lambda _: None,
) -> Release:
    """Write a dataset as ``<folder>/<name>/v<version>/``.

    The version is written aside and renamed when it is complete, so a run that is killed leaves no half release. Files
    are read-only. If there is a version of this name that holds the same content, made from the same ledger entry with
    the same settings, it is returned and nothing is written.

    Parameters
    ----------
    source : Source
        Rows and all else; the rows are read twice.
    folder : Path
        Holds all releases; made if need be.
    name : str
        Lower-case letters, digits, dots, hyphens and underscores.
    settings : ReleaseSettings
        Formats, splits, and what the manifest says about where it comes from.
    gate : Gate
        Sees every row and every text before anything is written.
    kept : iterable of (row, split)
        Rows of the version before, which stay in their split.
    known : mapping of str to int, optional
        Content → version, of versions that were written elsewhere: the same content gets the same number.
    home : Path, optional
        Where earlier versions are, if it is another folder: what changed is told against those there first, so that a
        copy has the same bytes wherever it is written.
    version : int, optional
        The number wanted; the next free one without it.
    remember : callable
        Takes down what the version holds, as often as it is asked for. It is given the version before that has its
        place, with the path where it lies till then: what people can see was remembered, whenever this was killed.

    Raises
    ------
    InputError
        The name cannot be a folder, there is nothing to release, a value cannot be stored, a format cannot express a
        row, or that version exists with another content.
    LeakError
        The gate found something that nobody allowed.
    StorageError
        The files cannot be written, or the version that holds this content was changed.
    """
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise InputError(
            f"A release cannot be named {name!r}.",
            hint="use up to 64 lower-case letters, digits, dots, hyphens and underscores, and no command's name.",
        )
    known, parent = known or {}, folder / name
    try:
        plan = plan_release(source.dataset, settings, gate, kept=kept)
        number = _number(parent, plan.content, known, version)
        if (parent / f"v{number}").exists():
            written = _same(parent / f"v{number}", name, number, plan)
            remember(written)
            return written
        before = {**versions_in(parent), **versions_in((home or folder) / name)}
        before = {n: path for n, path in before.items() if n < number}
        return _write(source, parent / f"v{number}", (name, number), settings, gate, plan, before, remember)
    except OSError as error:
        raise StorageError(
            f"Release {name} could not be written to {parent}: {error.strerror or error}.",
            hint="free some space or allow writing there, then run the command again; no half release was left.",
        ) from error


def versions_in(parent: Path) -> dict[int, Path]:
    """Return the versions of a release that are in its folder, by number."""
    found = parent.iterdir() if parent.is_dir() else ()
    numbered = ((re.fullmatch(r"v([1-9][0-9]*)", path.name), path) for path in found if path.is_dir())
    return {int(match[1]): path for match, path in numbered if match}


def _number(parent: Path, content: str, known: Mapping[str, int], wanted: int | None) -> int:
    """Return the number of the version: that of the same content, the one wanted, or the next."""
    there = versions_in(parent)
    contents = {**_contents(there), **known}
    if content in contents:
        number = contents[content]
        if wanted not in (None, number):
            raise InputError(f"That is version {number} of {parent.name} already.", hint="leave --version out.")
        return number
    taken = {*there, *known.values()}
    if wanted in taken:
        raise InputError(
            f"{parent.name} has a version {wanted} with another content; a release never changes.",
            hint=f"the next one is {max(taken) + 1}; leave --version out to take it.",
        )
    return wanted or max(taken, default=0) + 1


def _contents(there: Mapping[int, Path]) -> dict[str, int]:
    found = {}
    for number, path in there.items():
        try:
            found[str(read_manifest(path).get("content"))] = number
        except InputError:  # cannot be told to be the same; `release verify` says what is wrong with it
            continue
    return found


def _same(path: Path, name: str, number: int, plan: Plan) -> Release:
    """Return the version that holds this content."""
    if problems := changed_files(path):
        raise StorageError(
            f"{path} holds this content but is not as it was written:\n" + "\n".join(problems),
            hint="bring the files back or remove that folder, then run the command again.",
        )
    return Release(name, number, path, read_manifest(path), False, plan.content, plan.misfits)


def _write(
    source: Source,
    final: Path,
    named: tuple[str, int],
    settings: ReleaseSettings,
    gate: Gate,
    plan: Plan,
    before: Mapping[int, Path],
    remember: Callable[[Release], None],
) -> Release:
    parent = final.parent
    parent.mkdir(parents=True, exist_ok=True)
    for leftover in parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover)
    aside = parent / f"{_UNFINISHED}{final.name}"
    try:
        manifest, notes = _fill(source, aside, named, settings, gate, plan, before)
        written = Release(*named, aside, manifest, True, plan.content, notes)
        remember(written)
        aside.rename(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # that it is not empty
            parent.rmdir()
    return replace(written, path=final)


def _fill(
    source: Source,
    folder: Path,
    named: tuple[str, int],
    settings: ReleaseSettings,
    gate: Gate,
    plan: Plan,
    before: Mapping[int, Path],
) -> tuple[dict[str, Any], Sequence[str]]:
    """Write every file of a version and return its manifest, with what a person should know."""
    tally = Tally(source.dataset.sheets)
    with _Files(folder, source.dataset.sheets, plan) as files:
        rows = chosen_rows(source.dataset, settings, gate, plan)
        for row, split in source.progress(rows, "Writing rows", len(plan.splits.splits)):
            tally.add(row, split)
            files.write(row, split)
    agreement = source.measure(folder / FOLDER / JUDGMENTS, source.dataset.sheets)
    chain = None
    if settings.with_judgments:
        chain = write_ledger(folder / FOLDER / LEDGER, source.ledger())
    else:
        (folder / FOLDER / JUDGMENTS).unlink()
    data = [file_entry(folder, path, files.rows_of(path)) for path in _all_files(folder)]
    about = texts_about(
        folder,
        named,
        settings,
        source.facts,
        source.dataset.sheets,
        tally,
        plan,
        agreement,
        data,
        before,
        gate.summary(),
    )
    for path, text in about.texts.items():
        gate.examine_text(path, text)
    gate.check()
    for path, text in about.texts.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    texts = [file_entry(folder, folder / path, None) for path in about.texts]
    manifest = about.manifest(sorted([*data, *texts], key=lambda one: one.path), plan.content, chain, gate.summary())
    text = manifest_text(manifest)
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    for file in _all_files(folder):
        _seal(file)
    return read_manifest(folder), (*plan.misfits, *files.notes(), *plan.splits.notes)


def _all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


class _Files:
    """The data files of a version, one set per format, label config and split, opened when their first row comes."""

    def __init__(self, folder: Path, sheets: Mapping[str, Sheet], plan: Plan) -> None:
        self._folder, self._sheets, self._formats, self._splits = folder, sheets, plan.formats, plan.splits.names
        self._begun: set[str] = set()
        self._open: dict[tuple[str, str, str], RowWriter] = {}
        self._rows: Counter[tuple[str, str, str]] = Counter()
        self._evidence = EvidenceWriter(folder / FOLDER)

    def __enter__(self) -> Self:
        return self

    def write(self, row: Any, split: str) -> None:
        """Write a row in every format that can hold it."""
        sheet = self._sheets[row.record.config_key]
        if sheet.key not in self._begun:
            self._begin(sheet)
        for one in self._formats[sheet.key]:
            key = one.name, sheet.stem, split
            self._open[key].write(row.record)
            self._rows[key] += 1
        self._evidence.write(row)

    def _begin(self, sheet: Sheet) -> None:
        """Open the files of a label config; a split without rows has some, too."""
        self._begun.add(sheet.key)
        for one in self._formats[sheet.key]:
            folder = self._folder / "data" / one.name
            folder.mkdir(parents=True, exist_ok=True)
            for split in self._splits:
                self._open[one.name, sheet.stem, split] = one.writer(folder, sheet, split)
                self._rows[one.name, sheet.stem, split] = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for writer in self._open.values():
            writer.close()
        self._evidence.close()

    def rows_of(self, path: Path) -> int | None:
        """Return how many rows a file has that is the only one of its split and label config; None of others."""
        parts = path.relative_to(self._folder).parts
        found = [
            n - self._open[key].n_skipped
            for key, n in self._rows.items()
            if parts[:2] == ("data", key[0]) and key[1] in parts[2:] and Path(parts[-1]).stem == key[2]
        ]
        return found[0] if len(found) == 1 else None

    def notes(self) -> Iterator[str]:
        """Yield which rows had nothing that a format could say."""
        skipped: Counter[tuple[str, str]] = Counter()
        for (name, stem, _), writer in self._open.items():
            skipped[name, stem] += writer.n_skipped
        for (name, stem), n in sorted(skipped.items()):
            if n:
                yield (
                    f"{name}: {count(n, 'row')} of {stem} {'says' if n == 1 else 'say'} nothing that it could hold,"
                    f" and {agreeing(n, 'is')} left out there"
                )


def _seal(path: Path) -> None:
    """See a file safely on the disk, then allow nobody to write it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(READ_ONLY)
