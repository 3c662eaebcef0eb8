"""Label configs change and the annotations follow: on the server, in the ledger, and back again.

What an annotation said before stays in the ledger. Everything is computed from there and not from the server, so that a
migration that was killed goes on where it stopped: a rewriting that was done already is only done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from toolkit.errors import ConfigError
from toolkit.labelconfig import read_controls
from toolkit.models import (
    ConsensusStatus,
    Control,
    Decision,
    Migration,
    Placement,
    PlacementStatus,
    ProjectKey,
    ProjectRecord,
)
from toolkit.storage.label_migrations import LabelMigration, MigrationStatus
from toolkit.storage.ledger import MIGRATED, SEEN
from toolkit.storage.rows import batches
from toolkit.workflow.collection import collect, judgments_of
from toolkit.workflow.judging import Version, counting_versions
from toolkit.workflow.operation import Operation
from toolkit.workflow.resolution import vote_on
from toolkit.workflow.reviews import REVIEW
from toolkit.workflow.rewriting import AT_A_TIME, Rewriting, sender
from toolkit.workflow.routes import split_placement_id

TRIES = 4  # at changing settings while people go on answering
MOMENT = "moment"  # among what is kept: when the config was about to be changed
UNSURE = timedelta(seconds=2)  # how far the server's clock can be told


@dataclass(frozen=True, slots=True)
class Migrated:
    """What migrations did to annotations."""

    n_rewritten: int = 0
    n_asked_again: int = 0  # withdrawn, to be made again

    def __add__(self, other: Migrated) -> Migrated:
        return Migrated(self.n_rewritten + other.n_rewritten, self.n_asked_again + other.n_asked_again)


def migrate(
    operation: Operation, record: ProjectRecord, chain: Sequence[Migration], changes: Mapping[str, Any]
) -> Migrated:
    """Rewrite a project's annotations, predictions and drafts, and change its settings.

    Parameters
    ----------
    operation : Operation
        The workspace; everything on the server has been collected.
    record : ProjectRecord
        The project as it was applied last.
    chain : sequence of Migration
        From the version it has to the one that the pack has.
    changes : mapping
        Settings to change, the label config among them.
    """
    running = _running(operation, record.key)
    if running is None:
        seq, _ = operation.state.ledger.head()
        running = operation.state.migrations.begin(record.key, record.config_version, chain[-1].after, ledger_seq=seq)
        operation.state.ledger.note(
            "migration", project=str(record.key), before=running.before, after=running.after, number=running.id
        )
    return resume(operation, record, chain, running, changes)


def resume(
    operation: Operation,
    record: ProjectRecord,
    chain: Sequence[Migration],
    item: LabelMigration,
    changes: Mapping[str, Any],
) -> Migrated:
    """Begin a migration that is stored as running, or go on with it."""
    return _Forward(operation, record, chain, item).run(changes)


def _running(operation: Operation, key: ProjectKey) -> LabelMigration | None:
    unfinished = operation.state.migrations.unfinished()
    return next((m for m in unfinished if m.key == key and m.status is MigrationStatus.RUNNING), None)


class _Forward(Rewriting):
    """A migration under way."""

    def __init__(
        self, operation: Operation, record: ProjectRecord, chain: Sequence[Migration], item: LabelMigration
    ) -> None:
        super().__init__(operation, record, item)
        self._chain = chain
        self._parsed: dict[str, tuple[Control, ...]] = {}
        # When the config was changed on the server, or may have been by a run that was killed.
        tried = [datetime.fromisoformat(moment) for moment in operation.state.migrations.undo(item.id, MOMENT)]
        self._changed_at = max(tried, default=None)
        self._again: dict[str, set[str]] = {}  # placement → who is to answer it again

    def run(self, changes: Mapping[str, Any]) -> Migrated:
        """Rewrite, change the settings, rewrite what came in between, and settle what was settled."""
        operation = self.operation
        touched = self._rewrite_annotations()
        self._rewrite_predictions()
        self._rewrite_drafts()
        touched |= self._change_settings(changes)
        touched |= self._rewrite_late()
        self.save(self.item.after, changes)
        self._settle(touched | set(operation.state.migrations.undo(self.item.id, "placements")))
        operation.state.migrations.set_status(self.item.id, MigrationStatus.DONE)
        done = [v.payload for some in self.versions() for v, _ in some if v.payload.get("migration") == self.item.id]
        n_withdrawn = sum(bool(payload["withdrawn"]) for payload in done)
        return Migrated(len(done) - n_withdrawn, n_withdrawn)

    def _change_settings(self, changes: Mapping[str, Any]) -> set[str]:
        """Change the settings; the platform refuses while a control that is to go has an answer, which may be late."""
        touched = set[str]()
        for left in reversed(range(TRIES)):
            self._changed_at = self.operation.platform.now() - UNSURE
            self.operation.state.migrations.keep(self.item.id, MOMENT, {self._changed_at.isoformat(): None})
            try:
                self.operation.platform.update_project(self.record.server_id, changes)
            except ConfigError:
                self._changed_at = None  # nothing was changed: what was answered was answered on the old screen
                if not left:
                    raise
                touched |= self._rewrite_late()
            else:
                break
        return touched

    def _rewrite_late(self) -> set[str]:
        """Rewrite what was answered meanwhile, on the old screen; return the placements it is on."""
        collect(self.operation)
        self._rewrite_drafts()
        return self._rewrite_annotations()

    def _rewrite_annotations(self) -> set[str]:
        """Rewrite what uses an old label or control; return the placements it is on."""
        touched = set()
        for found in self.versions():
            due = [(v, at, rewritten) for v, at in found if (rewritten := self._rewritten(v)) is not None]
            self._keep({version.entry.placement for version, _, _ in due})
            touched |= {version.entry.placement for version, _, _ in due}
            self.in_parallel([sender(self.operation, at, payload) for _, at, payload in due if not at.deleted])
            for gone in (False, True):
                done = [(at, p) for _, at, p in due if (at.deleted or bool(p.get("withdrawn"))) is gone]
                self.operation.state.sightings.append(MIGRATED, self.record.server_id, done, deleted=gone)
            after = {"config_version": self.item.after, "restamped": True}
            stamped = [(at, {**v.payload, **after}) for v, at in found if self._is_on_the_new_screen(v)]
            self.operation.state.sightings.append(MIGRATED, self.record.server_id, stamped)
        return touched

    def _is_on_the_new_screen(self, version: Version) -> bool:
        """Whether an answer came after the config was changed, and fits it: it only has to be taken down as such.

        Labels that two configs have both may mean different things, so what fits is not enough to tell.
        """
        entry = version.entry
        if self._changed_at is None or entry.kind != SEEN or entry.config_version != self.item.before:
            return False
        if datetime.fromisoformat(entry.payload["updated_at"]) < self._changed_at:
            return False
        controls = self.operation.config(self.record.key).controls
        return not self.operation.codec.answers_from_results(entry.payload["results"], controls)[1]

    def _rewritten(self, version: Version) -> dict[str, Any] | None:
        """Return an annotation's payload after the migration, None where nothing of it changes."""
        payload = version.payload
        if payload.get("migration") == self.item.id or payload.get("withdrawn") or payload.get("restamped"):
            return None
        if self._is_on_the_new_screen(version):
            return None
        controls = self._controls(version.entry.config_version)
        rewritten = self.operation.codec.rewrite_results(payload["results"], self._chain, controls)
        # A question that went up is answered there: nobody is asked again, the answer only loses the label.
        escalated = self.states[version.entry.placement].status is PlacementStatus.ESCALATED
        again = rewritten.again and not payload["skipped"] and not escalated
        if not (rewritten.changed or rewritten.again):
            return None
        if again:
            self._again.setdefault(version.entry.placement, set()).add(version.entry.annotator)
        return {
            **payload,
            "results": rewritten.results,
            "config_version": self.item.after,
            "migration": self.item.id,
            "withdrawn": again,
        }

    def _controls(self, version: str) -> tuple[Control, ...]:
        if version not in self._parsed:
            key = self.record.key
            xml = self.operation.state.registry.config_xml(key.domain, key.config, version)
            self._parsed[version] = read_controls(xml) if xml else ()
        return self._parsed[version]

    def _keep(self, placements: Iterable[str]) -> None:
        """Keep how placements were before anything about them changed."""
        kept = {placement: self.operation.state.work.kept(placement) for placement in placements}
        if kept:
            self.operation.state.migrations.keep(self.item.id, "placements", kept)

    def _rewrite_predictions(self) -> None:
        platform = self.operation.platform
        found = platform.predictions(self.record.server_id)
        self._rewrite_others("predictions", ((p.server_id, p.results) for p in found), platform.update_prediction)

    def _rewrite_drafts(self) -> None:
        platform = self.operation.platform
        found = platform.drafts(self.record.server_id)
        self._rewrite_others("drafts", ((d.server_id, d.results) for d in found), platform.update_draft)

    def _rewrite_others(
        self,
        kind: str,
        found: Iterable[tuple[int, Sequence[Mapping[str, Any]]]],
        update: Callable[[int, Sequence[Mapping[str, Any]]], None],
    ) -> None:
        """Rewrite what the ledger does not hold; how it was is kept first, so that what was rewritten is left alone."""
        controls = self._controls(self.item.before)
        for some in batches(found, AT_A_TIME):
            kept = self.operation.state.migrations.undo(self.item.id, kind, [str(server_id) for server_id, _ in some])
            changed = {}
            for server_id, results in some:
                before = list(results)
                if (old := kept.get(str(server_id))) is not None:
                    done = self.operation.codec.rewrite_results(old, self._chain, controls).results
                    if before == done:
                        continue
                rewritten = self.operation.codec.rewrite_results(before, self._chain, controls)
                if rewritten.changed or rewritten.again:
                    changed[server_id] = (before, rewritten.results)
            if changed:
                olds = {str(server_id): before for server_id, (before, _) in changed.items()}
                self.operation.state.migrations.keep(self.item.id, kind, olds)
                for server_id, (_, results) in changed.items():
                    update(server_id, results)

    def _settle(self, placements: Iterable[str]) -> None:
        """Vote again on what was settled with labels that changed; open what is to be annotated again."""
        work = self.operation.state.work
        kept = self.operation.state.migrations.undo(self.item.id, "placements")
        for name in sorted(placements):
            state = self.states[name]
            was = PlacementStatus(kept[name]["placements"][0]["status"])
            again = self._asked_again(name)
            if again:
                work.revise(name, PlacementStatus.OPEN, None, (), asked_again=again)
                work.set_published({name: (state.server_task, None)})
            elif was is not PlacementStatus.OPEN:
                self._vote_again(state.placement, was, kept[name])

    def _asked_again(self, placement: str) -> set[str]:
        """Return whose answer to a placement was withdrawn by this migration, whichever run did it."""
        entries = self.operation.state.ledger.history([placement])
        withdrawn = {
            version.entry.annotator
            for version in counting_versions(entries)
            if version.payload.get("withdrawn") and version.payload.get("migration") == self.item.id
        }
        return withdrawn | self._again.get(placement, set())

    def _vote_again(self, item: Placement, was: PlacementStatus, kept: Mapping[str, Any]) -> None:
        voted = vote_on(self.operation, item, judgments_of(self.operation, [item.id]))
        decisions = self._as_reviewed(voted, kept["decisions"])
        outcome = kept["placements"][0]["outcome"]
        config = self.operation.config(item.project)
        open_ones = [d for d in decisions if d.consensus.control in config.decisive and d.consensus.label is None]
        status, reason = was, outcome
        if open_ones and was is PlacementStatus.DECIDED:
            status, reason = PlacementStatus.UNDECIDED, "a migration took the label away that had settled it"
        self.operation.state.work.revise(item.id, status, reason, decisions)

    def _as_reviewed(self, voted: Sequence[Decision], before: Sequence[Mapping[str, Any]]) -> tuple[Decision, ...]:
        """Return votes with what a review had put in their place, as it is called now; open where that is gone."""
        rows = {row["control"]: row for row in before if row["method"] == REVIEW and row["value"] is not None}
        if not rows:
            return tuple(voted)
        codec, controls = self.operation.codec, self._controls(self.item.before)
        values = {name: json.loads(row["value"]) for name, row in rows.items()}
        written = codec.results_from_answers(values, controls, fields={})
        results = codec.rewrite_results(written, self._chain, controls).results
        answers, _ = codec.answers_from_results(results, self.operation.config(self.record.key).controls)
        there = {str(result["from_name"]) for result in results}
        found = {decision.consensus.control: decision for decision in voted}
        for old, row in rows.items():
            name = old
            for step in self._chain:
                name = step.rename_controls.get(name, name)
            if name in found:
                value = answers[name] if name in there else None
                found[name] = _reviewed(self.operation, found[name], value, row["reason"])
        return tuple(found.values())


def _reviewed(operation: Operation, voted: Decision, value: Any, reason: str) -> Decision:
    config = operation.config(split_placement_id(voted.placement)[1])
    control = config.control(voted.consensus.control)
    if value is None or control is None:
        gone = "a migration took the label away that a review had put there"
        consensus = replace(voted.consensus, label=None, status=ConsensusStatus.UNDECIDED, reason=gone, method=REVIEW)
        return replace(voted, consensus=consensus, value=None)
    label = operation.codec.canonical_label(control.kind, value)
    support, status = voted.consensus.shares.get(label, 0.0), ConsensusStatus.DECIDED
    better = replace(
        voted.consensus, label=label, status=status, support=support, reason=reason, confidence=None, distribution={}
    )
    return replace(voted, consensus=replace(better, method=REVIEW), value=value)
