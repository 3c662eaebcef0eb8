"""``release list``: what was released, what is in it, and whether it is still there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.models import Control
from toolkit.releases.labelcounts import count_labels
from toolkit.releases.manifest import DIGEST, read_manifest
from toolkit.releases.metadata.description import ControlSummary
from toolkit.releases.metadata.limits import label_shares, unit
from toolkit.storage.releases import ReleasedVersion
from toolkit.workflow.operation import Operation

Rows = Mapping[tuple[str, str], int]  # (label config, split) → rows


class Presence(StrEnum):
    """What a quick look at a version's folder says; ``release verify`` reads every file."""

    THERE = "there"  # its manifest is the recorded one, and all files have their sizes
    CHANGED = "changed"
    GONE = "not there"  # removed, moved, or written to another folder


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version of a release."""

    name: str
    version: int
    made_at: datetime | None
    digest: str  # of its manifest
    presence: Presence
    n_rows: int
    n_left_out: int | None  # undecided ones; None where the manifest cannot be read
    splits: Mapping[str, int]  # split → rows, in the manifest's order
    formats: tuple[str, ...]
    simulated: bool | None  # whether any of it rests on simulated annotators


@dataclass(frozen=True, slots=True)
class LabelShare:
    """How often a label occurs."""

    label: str
    n: int  # rows, or regions
    share: float  # of the rows with an answer, or of the regions, 0-1


@dataclass(frozen=True, slots=True)
class ControlShares:
    """The labels of one control."""

    config: str  # "finance/claims"
    control: str
    kind: str
    unit: str  # what is counted: "row" or "region"
    n_answered: int  # rows
    labels: tuple[LabelShare, ...]  # as declared, then others by name


@dataclass(frozen=True, slots=True)
class ReleaseListing:
    """Everything that was released."""

    versions: tuple[ListedVersion, ...]  # latest first
    labels_of: str  # the newest version, as "march v2"; empty without one
    labels: tuple[ControlShares, ...]  # of the newest version
    reason: str  # why there are no labels; empty where there are


def list_releases(operation: Operation) -> ReleaseListing:
    """Return every version of every release, and how often each label occurs in the newest of all.

    Parameters
    ----------
    operation : Operation
        The workspace; nothing is written, and of the releases' folders only manifests are read and sizes looked at.
    """
    known = operation.state.releases.versions()
    rows = operation.state.settled.released() if known else {}
    versions = [_listed(operation.releases, one, rows.get((one.name, one.version), {})) for one in known]
    versions.sort(key=_age, reverse=True)
    if not versions:
        return ReleaseListing((), "", (), "nothing was released yet")
    newest = versions[0]
    labels, reason = _labels(operation, newest)
    return ReleaseListing(tuple(versions), f"{newest.name} v{newest.version}", labels, reason)


def _age(one: ListedVersion) -> tuple[float, str, int]:
    return 0.0 if one.made_at is None else one.made_at.timestamp(), one.name, one.version


def _listed(releases: Path, one: ReleasedVersion, rows: Rows) -> ListedVersion:
    folder = releases / one.name / f"v{one.version}"
    manifest, presence = _look(folder, one.digest)
    counts: Mapping[str, Any] = {} if manifest is None else manifest["counts"]
    splits: dict[str, int] = defaultdict(int)
    for (_, split), n in sorted(rows.items()):
        splits[split] += n
    if manifest is not None:
        splits = {name: split["rows"] for name, split in manifest["splits"].items()}
    return ListedVersion(
        name=one.name,
        version=one.version,
        made_at=one.made_at,
        digest=one.digest,
        presence=presence,
        n_rows=int(counts.get("rows", sum(splits.values()))),
        n_left_out=counts.get("undecided_left_out"),
        splits=dict(splits),
        formats=() if manifest is None else tuple(manifest["formats"]),
        simulated=None if manifest is None else bool(manifest["simulated"]),
    )


def _look(folder: Path, digest: str) -> tuple[Mapping[str, Any] | None, Presence]:
    """Return a version's manifest where it is the recorded one, and what a look at the folder says."""
    if not folder.is_dir():
        return None, Presence.GONE
    try:
        manifest = read_manifest(folder)
    except InputError:
        return None, Presence.CHANGED
    if manifest.get(DIGEST) != digest:
        return None, Presence.CHANGED
    same = all(_size(folder / entry["path"]) == entry["bytes"] for entry in manifest["files"])
    return manifest, Presence.THERE if same else Presence.CHANGED


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _labels(operation: Operation, newest: ListedVersion) -> tuple[tuple[ControlShares, ...], str]:
    if newest.presence is not Presence.THERE:
        return (), f"{newest.name} v{newest.version} is {newest.presence.value}, so its labels cannot be counted"
    try:
        found = count_labels(operation.releases / newest.name / f"v{newest.version}", _controls(operation))
    except InputError as error:
        return (), str(error).splitlines()[0]
    shares = tuple(_shares(config, one) for config, controls in found.items() for one in controls)
    return shares, "" if shares else "nothing in it is answered with labels of a closed set"


def _controls(operation: Operation) -> dict[tuple[str, str], list[Control]]:
    """Return the controls of every label config in use, each once; those of the highest tier are the same."""
    found: dict[tuple[str, str], dict[str, Control]] = defaultdict(dict)
    for key in operation.state.work.projects_in_use():
        for control in operation.applied(key).controls:
            if not control.per_region:
                found[key.domain, key.config].setdefault(control.name, control)
    return {place: list(controls.values()) for place, controls in found.items()}


def _shares(config: str, one: ControlSummary) -> ControlShares:
    totals, shares = one.totals, label_shares(one)
    labels = tuple(LabelShare(label, n, shares[label]) for label, n in totals.items() if label in shares)
    return ControlShares(config, one.name, one.kind, unit(one), one.n_answered, labels)
