"""The settled tasks of a workspace as the rows of a release, a few at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.labelconfig import plain_config, plain_version
from toolkit.models import Decision, LabelConfig, PlacementState, ProjectKey, Task
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.selection import Selection
from toolkit.releases.settling import Given, Method, ReleaseRow, Settlement, dissent_of, recounted, soft_labels
from toolkit.releases.sheets import Sheet
from toolkit.storage.releases import SETTLED
from toolkit.storage.rows import chunks
from toolkit.workflow.operation import Operation
from toolkit.workflow.provenance import settled_by
from toolkit.workflow.pseudonyms import ReleasePseudonyms
from toolkit.workflow.releasejudgments import Called, Snapshot, review_tiers
from toolkit.workflow.reviews import REVIEW

TASKS_AT_A_TIME = 500
DOCUMENT, SOURCE = "document", "source"


class SettledRows:
    """The rows, by task, domain and config; they can be asked for again and are the same then.

    Parameters
    ----------
    operation : Operation
        The workspace.
    snapshot : Path or None
        The judgments; None where there are none.
    group_by : str
        What stays in one split beside the document: "document" for nothing else, "source" for the file it came from, or
        a key of the documents' metadata.
    selection : Selection
        Which rows are wanted.

    Raises
    ------
    InputError
        No document's metadata has that key, or a condition is on what no row has.
    """

    def __init__(
        self, operation: Operation, snapshot: Path | None, *, group_by: str = DOCUMENT, selection: Selection
    ) -> None:
        self._operation, self._snapshot, self._group_by, self._selection = operation, snapshot, group_by, selection
        self._tasks = operation.state.releases.settled_tasks()
        self._called = Called(ReleasePseudonyms(operation.folder).of)
        self._configs: dict[ProjectKey, LabelConfig] = {}
        self._check_group()
        selection.check(control.name for sheet in self.sheets.values() for control in sheet.controls)

    @cached_property
    def sheets(self) -> Mapping[str, Sheet]:
        """The label configs that placements are in, by "domain/config"."""
        found: dict[str, Sheet] = {}
        for key in self._operation.state.work.projects_in_use():
            pack = self._operation.packs.get(key.domain)
            if f"{key.domain}/{key.config}" not in found or (pack is not None and key.tier is pack.tier):
                config = self._config(key)
                found[config.key] = sheet_of(config, self._operation)
        return found

    def __len__(self) -> int:
        return len(self._tasks)

    def __call__(self) -> Iterator[ReleaseRow]:
        """Yield the rows, from the first."""
        given = Snapshot(self._snapshot)
        for some in chunks(self._tasks, TASKS_AT_A_TIME):
            yield from self._rows(some, given)

    def _rows(self, ids: Sequence[str], given: Snapshot) -> Iterator[ReleaseRow]:
        state = self._operation.state
        placements: dict[str, list[PlacementState]] = defaultdict(list)
        for one in state.releases.placements(ids):
            placements[one.placement.task].append(one)
        settled = [one for own in placements.values() for one in own if _is_settled(one)]
        decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in state.releases.decisions(one.placement.id for one in settled):
            decisions[decision.placement].append(decision)
        tasks = list(state.corpus.tasks(ids))
        groups = self._groups(tasks)
        for task in tasks:
            own, judged = placements[task.id], given.on(task.id)
            for one in sorted(filter(_is_settled, own), key=_question):
                row = self._row(task, one, own, decisions[one.placement.id], judged, groups.get(task.document, ""))
                if self._selection.takes(row.record):
                    yield row

    def _row(
        self,
        task: Task,
        state: PlacementState,
        beside: Sequence[PlacementState],
        decisions: Sequence[Decision],
        judged: Sequence[Mapping[str, Any]],
        group: str,
    ) -> ReleaseRow:
        project, config = state.placement.project, self._config(state.placement.project)
        reviews = review_tiers(beside, project)
        own = [one for one in judged if (one["domain"], one["config"]) == (project.domain, project.config)]
        given = [self._called.given(one, is_review=one["tier"] in reviews) for one in own]
        found = {decision.consensus.control: decision for decision in decisions}
        settlements = [self._settlement(state, config, decision, given) for decision in decisions]
        settled = {one.control: one for one in settlements}
        names = [control.name for control in config.controls if not control.per_region]
        here = [one for one in own if one["tier"] == project.tier and one["created_at"] is not None]
        latest = max(here, key=lambda one: one["created_at"], default=None)
        version = config.version if latest is None else str(latest["config_version"])
        people = sorted({one.annotator for one in given})
        record = ReleaseRecord(
            task=task.id,
            document=task.document,
            source=task.source,
            start=task.start,
            end=task.end,
            language=task.language,
            modality=task.modality.value,
            domain=project.domain,
            config=project.config,
            config_version=plain_version(version),
            provenance=settled_by(project.tier, reviews, is_revised=any(map(_is_revised, settlements))),
            fields={name: task.fields[name] for name in config.fields if name in task.fields},
            labels={name: found[name].value if name in found else None for name in names},
            support={name: settled[name].support if name in settled else None for name in names},
            confidence={name: settled[name].confidence if name in settled else None for name in names},
            soft_labels={name: _soft(found.get(name)) for name in names},
            dissent={name: dissent_of(name, settled.get(name), given) for name in names},
            n_judgments={name: settled[name].n_judgments if name in settled else 0 for name in names},
            extents=_extents(own),
            status=state.status.value,
            n_annotators=len(people),
            annotators=people,
            simulated=any(one.simulated for one in given),
            group=group,
        )
        return ReleaseRow(record, settlements, given)

    def _settlement(
        self, state: PlacementState, config: LabelConfig, decision: Decision, given: Sequence[Given]
    ) -> Settlement:
        item, consensus = state.placement, decision.consensus
        pack = self._operation.packs.get(item.project.domain)
        settled = Settlement(
            control=consensus.control,
            tier=item.project.tier.value,
            method=consensus.method,
            min_votes=min(item.overlap, 2) if consensus.control in config.decisive else 1,
            min_support=0.0 if pack is None else pack.thresholds.support,
            label=consensus.label,
            status=consensus.status.value,
            support=consensus.support,
            n_judgments=consensus.n_judgments,
            confidence=consensus.confidence,
            reason="" if consensus.method in (Method.RULING, Method.REVIEW) else consensus.reason,
        )
        return noted(settled, given)

    def _config(self, key: ProjectKey) -> LabelConfig:
        if key not in self._configs:
            self._configs[key] = plain_config(self._operation.applied(key))
        return self._configs[key]

    def _groups(self, tasks: Sequence[Task]) -> dict[str, str]:
        """Return by document what else must stay in one split with it."""
        if self._group_by == DOCUMENT:
            return {}
        if self._group_by == SOURCE:
            return {task.document: task.source.partition("#")[0] for task in tasks}
        known = self._operation.state.corpus.metadata({task.document for task in tasks})
        return {
            name: json.dumps(about[self._group_by], ensure_ascii=False)
            for name, about in known.items()
            if about.get(self._group_by) is not None
        }

    def _check_group(self) -> None:
        if self._group_by in (DOCUMENT, SOURCE) or not self._tasks:
            return
        keys: set[str] = set()
        for some in chunks(self._tasks, TASKS_AT_A_TIME):
            documents = {task.document for task in self._operation.state.corpus.tasks(some)}
            keys |= {key for about in self._operation.state.corpus.metadata(documents).values() for key in about}
            if self._group_by in keys:
                return
        raise InputError(
            f"--group-by {self._group_by}: no document has it.",
            hint=f"there are: {', '.join((DOCUMENT, SOURCE, *sorted(keys)))}.",
        )


def noted(settled: Settlement, given: Sequence[Given]) -> Settlement:
    """Return a settlement with a note where the judgments of today come to something else: it stands as it was made."""
    problem = recounted(settled, given)
    return settled if problem is None else replace(settled, noted=f"settled before what is known now: {problem}")


def sheet_of(config: LabelConfig, operation: Operation) -> Sheet:
    """Return what the rows of a label config have in common."""
    encode = partial(_encoded, operation, config)
    asked = tuple(control for control in config.controls if not control.per_region)
    return Sheet(config.domain, config.name, config.title, config.modality, config.fields, asked, config.xml, encode)


def _encoded(
    operation: Operation, config: LabelConfig, labels: Mapping[str, Any], fields: Mapping[str, Any]
) -> list[dict[str, Any]]:
    answers = {name: value for name, value in labels.items() if value is not None}
    return operation.codec.results_from_answers(answers, config.controls, fields=fields)


def _is_settled(state: PlacementState) -> bool:
    return state.status.value in SETTLED and state.placement.purpose != REVIEW


def _question(state: PlacementState) -> tuple[str, str]:
    return state.placement.project.domain, state.placement.project.config


def _is_revised(settlement: Settlement) -> bool:
    return settlement.method == Method.REVIEW


def _soft(decision: Decision | None) -> dict[str, float]:
    return {} if decision is None else soft_labels(decision.consensus.shares, decision.consensus.distribution)


def _extents(judged: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the size of what regions are marked in, by control, where the judgments tell it."""
    return {one["control"]: one["extent"] for one in judged if one["extent"]}
