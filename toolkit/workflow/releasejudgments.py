"""The judgments of a snapshot as a release tells them: by task, and by release pseudonyms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit.labelconfig import plain_version
from toolkit.models import PlacementState, PlacementStatus, ProjectKey, Tier
from toolkit.releases.settling import Given
from toolkit.workflow.reviews import REVIEW

_COLUMNS = (
    *("task", "domain", "config", "tier", "control", "annotator", "label", "value", "kind", "extent"),
    *("config_version", "created_at", "annotation", "simulated"),
)


class Called:
    """Judgments under the names that annotators have in a release.

    Parameters
    ----------
    name : callable
        Returns a pseudonym's release pseudonym; asked once for each.
    """

    def __init__(self, name: Callable[[str], str]) -> None:
        self._name = name
        self._known: dict[str, str] = {}

    def given(self, row: Mapping[str, Any], *, is_review: bool) -> Given:
        """Return a row of a snapshot as a release tells it."""
        name = row["annotator"]
        if name not in self._known:
            self._known[name] = self._name(name)
        return Given(
            tier=row["tier"],
            control=row["control"],
            annotator=self._known[name],
            label=row["label"],
            value=json.loads(row["value"]),
            kind=row["kind"],
            config_version=plain_version(row["config_version"]),
            annotation=row["annotation"],
            review=is_review,
            simulated=row["simulated"],
            day=None if row["created_at"] is None else row["created_at"].date(),
        )


class Snapshot:
    """The judgments of a snapshot, task by task, for tasks that are asked for in ascending order.

    Parameters
    ----------
    path : Path or None
        The snapshot's file; None where nothing was ever judged.
    """

    def __init__(self, path: Path | None) -> None:
        self._groups = iter(()) if path is None else groupby(_read(path), key=lambda row: row["task"])
        self._waiting: tuple[str, list[Mapping[str, Any]]] | None = None

    def on(self, task: str) -> list[Mapping[str, Any]]:
        """Return the judgments on a task."""
        while self._waiting is None or self._waiting[0] < task:
            found = next(self._groups, None)
            if found is None:
                return []
            self._waiting = found[0], list(found[1])
        return self._waiting[1] if self._waiting[0] == task else []


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:  # else what was read stays in memory
        for batch in file.iter_batches(10_000, columns=list(_COLUMNS)):
            yield from batch.to_pylist()


def review_tiers(placements: Iterable[PlacementState], project: ProjectKey) -> set[Tier]:
    """Return the tiers that judged once more what had been decided on a project's question."""
    return {
        state.placement.project.tier
        for state in placements
        if state.placement.purpose == REVIEW
        and state.status is PlacementStatus.DECIDED
        and (state.placement.project.domain, state.placement.project.config) == (project.domain, project.config)
    }
