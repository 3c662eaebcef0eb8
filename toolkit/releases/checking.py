"""``release verify``: whether the files are as written, the labels what the judgments come to, the ledger whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.releases.evidence import (
    FOLDER,
    JUDGMENTS,
    LEDGER,
    SETTLEMENTS,
    Key,
    ledger_problems,
    read_judgments,
    read_lineages,
    read_settlements,
)
from toolkit.releases.manifest import DIGEST, MANIFEST, changed_files, read_manifest
from toolkit.releases.reading import WHOLE, along, key_of, read_rows
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.rowchecks import row_problems
from toolkit.releases.settling import Given, Settlement, disagreeing, recounted

# What files that somebody made up can lead to.
_WRONG = (InputError, OSError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of checking a release."""

    name: str
    version: int
    digest: str
    n_files: int
    n_rows: int
    n_labels: int  # that were counted again from the judgments
    recounted_from: str  # where the judgments are from; why nothing was counted again where it is empty
    why_not: str
    ledger: str  # what was checked of the ledger
    problems: tuple[str, ...]
    notes: tuple[str, ...]  # labels that stand though the judgments of the day of release said something else

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgments behind the rows, from outside of the release."""

    source: str
    given: Iterable[tuple[Key, Sequence[Given]]]  # by task, domain and config
    unjudged: Set[str] = frozenset()  # rows that nobody judged, and that are right all the same


def verify_release(
    folder: Path,
    *,
    judged: Judged | None = None,
    ledger: Iterable[str] | None = None,
    unjudged: str = "",
    notes: Sequence[str] = (),
) -> Verified:
    """Check a release: every file, every label that can be counted again, and the ledger it names.

    Parameters
    ----------
    folder : Path
        A version of a release, such as ``releases/demo/v1``.
    judged : Judged, optional
        The judgments, where the release does not carry them itself.
    ledger : iterable of str, optional
        What is wrong with the workspace's own ledger up to the recorded head, where there is one.
    unjudged : str
        Why there are no judgments from outside of the release, where somebody looked for them.
    notes : sequence of str
        What else should be told.

    Returns
    -------
    Verified
        Every file that is not as it was written, every row whose label is not what the judgments and the recorded
        settings come to, and every ledger entry that is not there.

    Raises
    ------
    InputError
        The folder is none of a release.
    """
    problems = changed_files(folder)
    if any(problem.startswith(f"{MANIFEST}: ") for problem in problems):
        return _unreadable(folder, problems)
    manifest = read_manifest(folder)
    carried = (folder / FOLDER / JUDGMENTS).exists() and (folder / FOLDER / LEDGER).exists()
    counts = _Counts()
    why_not = _why_not(folder, carried=carried, judged=judged, unjudged=unjudged)
    try:
        if not why_not:
            given = read_judgments(folder) if carried or judged is None else judged.given
            counts.check(folder, given, frozenset() if judged is None else judged.unjudged)
    except _WRONG as error:
        counts.problems.append(f"the labels cannot be counted again: {_said(error)}")
    counts.problems += row_problems(folder, manifest)
    told, wrong = _ledger(folder, manifest, carried=carried, own=ledger)
    return Verified(
        name=str(manifest["name"]),
        version=int(manifest["version"]),
        digest=str(manifest.get(DIGEST)),
        n_files=len(manifest["files"]),
        n_rows=int(manifest["counts"]["rows"]),
        n_labels=counts.n_labels,
        recounted_from="" if why_not else "the release" if carried or judged is None else judged.source,
        why_not=why_not,
        ledger=told,
        problems=(*problems, *counts.problems, *wrong),
        notes=(*notes, *counts.notes),
    )


def _unreadable(folder: Path, problems: Sequence[str]) -> Verified:
    """Return what is to be said where the manifest is not what it was: nothing that it tells can be relied on."""
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder} has no {MANIFEST}.", hint="name the folder of a version, as releases/demo/v1.")
    changed = "the manifest was changed"
    return Verified(
        folder.absolute().parent.name, 0, "", 0, 0, 0, "", changed, f"nothing: {changed}", tuple(problems), ()
    )


def _said(error: BaseException) -> str:
    return str(error).partition("\n")[0] if isinstance(error, InputError | OSError) else repr(error)


def _why_not(folder: Path, *, carried: bool, judged: Judged | None, unjudged: str) -> str:
    if not carried and judged is None:
        elsewhere = "; make it with --with-judgments, or verify it in its workspace"
        return f"the release carries no judgments{unjudged or elsewhere}"
    if not (folder / FOLDER / SETTLEMENTS).exists():
        return f"{FOLDER}/{SETTLEMENTS} is missing"
    if not (folder / "data" / WHOLE).is_dir():
        return "the release has no JSONL, which rows are read from"
    return ""


def _ledger(
    folder: Path, manifest: dict[str, Any], *, carried: bool, own: Iterable[str] | None
) -> tuple[str, list[str]]:
    """Return what was checked of the ledger, and what is wrong with it."""
    made_from, problems, told = manifest["created_from"], [], []
    if carried:
        told.append("the released chain")
        try:
            problems += ledger_problems(
                folder / FOLDER / LEDGER,
                n_entries=made_from["entries"],
                head=made_from["head"],
                chain=made_from.get("chain", ""),
            )
        except _WRONG as error:
            problems.append(f"the released ledger cannot be checked: {_said(error)}")
    if own is not None:
        told.append("the workspace's ledger")
        problems += own
    return " and ".join(told) or "nothing: neither the release nor a workspace has it", problems


class _Counts:
    """The counting again of all rows."""

    def __init__(self) -> None:
        self.n_labels = 0
        self.problems: list[str] = []
        self.notes: list[str] = []

    def check(self, folder: Path, given: Iterable[tuple[Key, Sequence[Given]]], unjudged: Set[str]) -> None:
        """Compare every row with its settlements and judgments; all come by task, domain and config."""
        lineages = read_lineages(folder / FOLDER / LEDGER) if (folder / FOLDER / LEDGER).exists() else None
        settlements, judgments = along(read_settlements(folder)), along(given)
        for record in read_rows(folder):
            key = key_of(record)
            settled, own = settlements(key) or (), judgments(key) or ()
            if record.row not in unjudged:
                self._check_row(record, settled, own)
                self._check_lineages(record, own, lineages)

    def _check_row(self, record: ReleaseRecord, settled: Sequence[Settlement], own: Sequence[Given]) -> None:
        for one in settled:
            self.n_labels += 1
            problem = recounted(one, own)
            if problem is not None and one.noted:
                self.notes.append(f"{record.row}: {one.noted}")
            elif problem is not None:
                self.problems.append(f"{record.row}: {problem}")
        self.problems += [f"{record.row}: {problem}" for problem in disagreeing(record, settled, own)]

    def _check_lineages(self, record: ReleaseRecord, own: Sequence[Given], lineages: Set[str] | None) -> None:
        if lineages is None:
            return
        for annotation in sorted({one.annotation for one in own} - lineages):
            self.problems.append(f"{record.row}: a judgment names ledger entry {annotation}…, which is not there")
