"""``release verify`` and ``release explain`` in the workspace that a release was made in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.models import PlacementState, ProjectKey, Tier
from toolkit.releases.checking import Judged, Verified, verify_release
from toolkit.releases.evidence import FOLDER, JUDGMENTS, Key, read_splits
from toolkit.releases.explanation import Explanation, explain
from toolkit.releases.manifest import read_manifest
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.settling import Given
from toolkit.storage.releases import ReleasedVersion
from toolkit.storage.rows import batches
from toolkit.storage.snapshots import snapshot_path
from toolkit.workflow.operation import Operation
from toolkit.workflow.pseudonyms import ReleasePseudonyms
from toolkit.workflow.releasejudgments import Called, Snapshot, review_tiers


def verify_in(operation: Operation, folder: Path) -> Verified:
    """Check a release against the workspace: its files, its labels, the ledger, and what was recorded of it.

    The labels are counted again from the release's own judgments where it carries them, else from the workspace's
    snapshot of the ledger entry that the release was made from.

    Parameters
    ----------
    operation : Operation
        The workspace.
    folder : Path
        A version of a release that was made there. One that was not is checked as on any machine.
    """
    try:
        manifest = read_manifest(folder)
    except InputError:  # nothing in it can be relied on
        return verify_release(folder)
    made_from = manifest["created_from"]["entries"], manifest["created_from"]["head"]
    recorded = _recorded(operation, manifest)
    named = f"this workspace did not write {manifest['name']} v{manifest['version']}"
    if recorded is None and operation.state.ledger.hash_of(made_from[0]) != made_from[1]:
        return verify_release(folder, notes=[f"{named}; it is checked as on any machine"])
    problems = _ledger_problems(operation, *made_from)
    if recorded is None:
        problems.append(f"{named}, though it is made from its ledger: it was renamed, or the database is an older one")
    elif recorded.digest != manifest.get("digest"):
        problems.append(f"the manifest is not the one recorded when version {recorded.version} was written")
    snapshot = snapshot_path(operation.snapshots, *made_from)
    carried = (folder / FOLDER / JUDGMENTS).exists()
    judged = None
    if not carried and snapshot.exists():
        given = _by_row(operation, folder, snapshot, _names_at(operation, recorded))
        judged = Judged("the workspace", given, _unjudged(operation, manifest))
    return verify_release(
        folder,
        judged=judged,
        ledger=problems,
        unjudged=f", and {snapshot.parent.name}/{snapshot.name}, which it was made from, is not there any more",
    )


def explain_in(operation: Operation, folder: Path, row: str) -> Explanation:
    """Return a row of a release with its judgments, from the workspace where the release does not carry them."""
    manifest = read_manifest(folder)
    made_from = manifest["created_from"]["entries"], manifest["created_from"]["head"]
    snapshot = snapshot_path(operation.snapshots, *made_from)
    names = _names_at(operation, _recorded(operation, manifest))
    if not snapshot.exists():
        return explain(folder, row)

    def judged(record: ReleaseRecord) -> Sequence[Given]:
        rows = Snapshot(snapshot).on(record.task)
        placements = operation.state.releases.placements([record.task])
        return _given(rows, placements, record.domain, record.config, Called(names))

    return explain(folder, row, judged=judged)


def _recorded(operation: Operation, manifest: Mapping[str, Any]) -> ReleasedVersion | None:
    known = operation.state.releases.versions(str(manifest.get("name")))
    return next((one for one in known if one.version == manifest.get("version")), None)


def _ledger_problems(operation: Operation, seq: int, head: str) -> list[str]:
    problems = [f"ledger: {problem}" for problem in operation.state.ledger.verify()]
    if operation.state.ledger.hash_of(seq) != head:
        problems.append(f"ledger: entry {seq} is not the one that the release was made from")
    return problems


def _names_at(operation: Operation, recorded: ReleasedVersion | None) -> Callable[[str], str]:
    """Return how annotators were called when a version was made: the key may have been renewed since."""
    pseudonyms = ReleasePseudonyms(operation.folder)

    def named(pseudonym: str) -> str:
        made_at = None if recorded is None else recorded.made_at
        for name, until in pseudonyms.former(pseudonym):
            if made_at is not None and datetime.fromisoformat(until) > made_at:
                return name
        return pseudonyms.of(pseudonym)

    return named


def _unjudged(operation: Operation, manifest: Mapping[str, Any]) -> frozenset[str]:
    """Return the rows of a version that are canaries."""
    named = manifest.get("name"), manifest.get("version")
    return frozenset(one.row for one in operation.state.releases.canaries() if (one.name, one.version) == named)


def _by_row(
    operation: Operation, folder: Path, snapshot: Path, names: Callable[[str], str]
) -> Iterator[tuple[Key, Sequence[Given]]]:
    """Yield the judgments behind each row of a release, in the order of its rows."""
    judgments, called = Snapshot(snapshot), Called(names)
    for some in _some(read_splits(folder)):
        placements: dict[str, list[PlacementState]] = defaultdict(list)
        for state in operation.state.releases.placements({task for task, _, _ in some}):
            placements[state.placement.task].append(state)
        for task, domain, config in some:
            yield (task, domain, config), _given(judgments.on(task), placements[task], domain, config, called)


def _some(rows: Iterator[tuple[Key, str]]) -> Iterator[list[Key]]:
    for piece in batches(rows, 500):
        yield [key for key, _ in piece]


def _given(
    rows: Sequence[Mapping[str, Any]], placements: Sequence[PlacementState], domain: str, config: str, called: Called
) -> list[Given]:
    reviews = review_tiers(placements, ProjectKey(domain, config, Tier.GENERALIST))
    own = [one for one in rows if (one["domain"], one["config"]) == (domain, config)]
    return [called.given(one, is_review=one["tier"] in reviews) for one in own]
