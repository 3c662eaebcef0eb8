"""Which version of which annotation counts, and what it says: from ledger entries to judgments.

Of an annotation the newest version counts that its author made; of several by one author on one placement the latest.
What was deleted on the server still counts: what has been seen is not lost because a member could delete it. What does
not count is never dropped: it becomes a finding with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toolkit.labelconfig import RULING_CONTROLS, RULING_REASON, RULING_REWORK, read_controls, unanswered
from toolkit.models import AssignmentStatus, Control, Judgment, ProjectKey, Tier
from toolkit.storage.findings import Finding, FindingKind
from toolkit.storage.ledger import MIGRATED, RESTORED, SEEN, LedgerEntry
from toolkit.storage.lineages import Lineages
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import question_of, split_placement_id


@dataclass(slots=True)
class Version:
    """An annotation's version that counts, as far as its own history goes."""

    lineage: str
    first_seq: int  # when the annotation was first seen as its author left it
    entry: LedgerEntry
    edited_by: str | None = None  # who changed it on the server since

    @property
    def payload(self) -> Mapping[str, Any]:
        """What was seen or rewritten."""
        return self.entry.payload

    @property
    def own(self) -> bool:
        """Whether it is a member's, as nobody else has touched it."""
        return _own(self.entry)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an adjudicator said besides the labels."""

    placement: str
    annotator: str
    reason: str  # empty where none was given: the server does not insist
    send_back: bool  # whoever answered otherwise is to look again


@dataclass
class Judged:
    """What the annotations on some tasks amount to."""

    judgments: list[Judgment] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    progress: dict[tuple[str, str], AssignmentStatus] = field(default_factory=dict)  # (placement, annotator) → status
    counting: list[Version] = field(default_factory=list)  # skipped ones too
    rulings: list[Ruling] = field(default_factory=list)


def judge(operation: Operation, placements: Iterable[str]) -> Judged:
    """Judge everything ever seen on some placements; all those of a task belong together."""
    return _Judging(operation, counting_versions(operation.state.ledger.history(placements))).judged


def counting_versions(entries: Iterable[LedgerEntry]) -> list[Version]:
    """Return the version of each annotation that counts, in the order the annotations were first seen.

    Once a member's own version was seen, only that member's own later versions replace it: neither an edit by somebody
    else, nor another author, nor the deletion of the account. What the toolkit itself rewrote replaces everything.
    """
    lineages, found = Lineages(), dict[str, Version]()
    for entry in entries:
        lineage = lineages.of(entry)
        known = found.get(lineage)
        if entry.kind == RESTORED and known is not None:
            known.edited_by = None
        if entry.kind not in (SEEN, MIGRATED):
            continue
        if known is None:
            found[lineage] = Version(lineage, entry.seq, entry)
        elif entry.kind == MIGRATED or not known.own or (_own(entry) and entry.annotator == known.entry.annotator):
            known.first_seq = known.first_seq if known.own else entry.seq  # it counts from when it became somebody's
            known.entry, known.edited_by = entry, None
        else:
            known.edited_by = entry.payload["edited_by"] or entry.annotator
    return list(found.values())


class _Judging:
    """The judging of the versions on some tasks."""

    def __init__(self, operation: Operation, versions: Sequence[Version]) -> None:
        self.judged = Judged()
        self._operation = operation
        self._controls = _Controls(operation)
        ids = {version.entry.placement for version in versions}
        self._overlaps = operation.state.work.overlaps(ids)
        tasks = operation.state.corpus.tasks({split_placement_id(name)[0] for name in ids})
        self._fields = {task.id: task.fields for task in tasks}
        self._applied = {record.key: record.config_version for record in operation.state.registry.projects()}
        self._team = {member.pseudonym: member for member in operation.team}
        self._seats: dict[str, int] = defaultdict(int)
        self._answered: set[tuple[str, str]] = set()  # (question, annotator)
        standing = [version for version in versions if not version.payload.get("withdrawn")]
        for version in sorted(self._one_each(standing), key=_from_the_lowest_tier):
            self._judge(version)

    def _one_each(self, versions: Sequence[Version]) -> list[Version]:
        """Return one answer per placement and annotator: the latest, a finished one before a skipped."""
        groups: dict[tuple[str, str], list[Version]] = defaultdict(list)
        for version in versions:
            if not version.payload["member"]:
                self._find(version, FindingKind.UNKNOWN, "not in the registry")
            elif not version.own:
                editor = version.payload["edited_by"]
                self._find(version, FindingKind.FORGED, f"last touched by {editor} before it was ever seen")
            else:
                groups[version.entry.placement, version.entry.annotator].append(version)
        chosen = []
        for group in groups.values():
            best = max(group, key=_rank)
            best.first_seq = min(version.first_seq for version in group)
            chosen.append(best)
            for version in group:
                if version is not best:
                    self._find(version, FindingKind.REPEATED, "answered again; the later answer counts")
        return chosen

    def _judge(self, version: Version) -> None:
        entry, judged = version.entry, self.judged
        key, question = (entry.placement, entry.annotator), (question_of(entry.placement), entry.annotator)
        if question in self._answered:
            self._find(version, FindingKind.LOWER, "answered the same question at a lower tier")
            return
        if not self._may_rule(entry):
            self._find(version, FindingKind.UNASKED, "was not asked for a ruling and is no adjudicator there")
            return
        self._answered.add(question)
        version_read, answers, problems, controls = self._read(entry)
        if problems:
            self._find(version, FindingKind.INVALID, "; ".join(problems))
            return
        overlap = self._overlaps.get(entry.placement, 1)
        if not entry.payload["skipped"]:
            if self._seats[entry.placement] >= overlap:
                self._find(version, FindingKind.SURPLUS, f"the task had the {overlap} annotations it wants")
                return
            self._seats[entry.placement] += 1
        if version.edited_by is not None:
            self._find(version, FindingKind.EDITED, f"edited by {version.edited_by}; the author's version counts")
        if missing := unanswered(controls, answers):
            self._find(version, FindingKind.INCOMPLETE, _missed(missing))
        skipped = entry.payload["skipped"]
        judged.progress[key] = AssignmentStatus.SKIPPED if skipped else AssignmentStatus.DONE
        judged.counting.append(version)
        if not skipped:
            self._add(version, answers, version_read)

    def _may_rule(self, entry: LedgerEntry) -> bool:
        """Whether a ruling is by an adjudicator, or by whoever was asked for it: the server takes everybody's."""
        task, key = split_placement_id(entry.placement)
        if key.tier is not Tier.ADJUDICATOR or entry.payload.get("adopted"):
            return True
        member = self._team.get(entry.annotator)
        if member is not None and member.tier_in(key.domain) is Tier.ADJUDICATOR:
            return True
        asked = self._operation.state.work.assignments(task=task, annotator=entry.annotator)
        return any(state.assignment.placement == entry.placement for state in asked)

    def _read(self, entry: LedgerEntry) -> tuple[str, dict[str, Any], list[str], tuple[Control, ...]]:
        """Return the config version an answer is to, the answers, what is wrong with them, and the controls.

        Somebody may have answered on the new screen before we could take down that there is one: what does not fit the
        version it was seen under, and fits the one that was applied last, is of that one. A skip answers nothing.
        """
        if entry.payload["skipped"]:
            return entry.config_version, {}, [], ()
        task, key = split_placement_id(entry.placement)
        results, fields = entry.payload["results"], self._fields.get(task)
        read = self._operation.codec.answers_from_results
        tried = []
        for version in dict.fromkeys((entry.config_version, self._applied.get(key, entry.config_version))):
            controls = self._controls.of(key, version)
            answers, problems = read(results, controls, fields=fields)
            tried.append((version, answers, problems, controls))
            if not problems:
                return tried[-1]
        return tried[0]

    def _add(self, version: Version, answers: Mapping[str, Any], config_version: str) -> None:
        entry = version.entry
        task, key = split_placement_id(entry.placement)
        codec, controls = self._operation.codec, self._controls.of(key, config_version)
        extents = codec.extents_from_results(entry.payload["results"], controls, fields=self._fields.get(task, {}))
        self.judged.judgments += [
            Judgment(
                task=task,
                annotator=entry.annotator,
                control=control.name,
                label=codec.canonical_label(control.kind, answers[control.name]),
                kind=control.kind,
                value=answers[control.name],
                extent=extents.get(control.name, ""),
                domain=key.domain,
                config=key.config,
                tier=key.tier.value,
                config_version=config_version,
                lead_time_s=entry.payload["lead_time_s"],
                created_at=datetime.fromisoformat(entry.payload["created_at"]),
                annotation=version.lineage,
                simulated=entry.payload["simulated"],
            )
            for control in controls
            if control.name in answers and control.name not in RULING_CONTROLS
        ]
        if any(control.name == RULING_REASON for control in controls):
            reason = "\n".join(answers.get(RULING_REASON, ())).strip()
            ruling = Ruling(entry.placement, entry.annotator, reason, bool(answers.get(RULING_REWORK)))
            self.judged.rulings.append(ruling)

    def _find(self, version: Version, kind: FindingKind, reason: str) -> None:
        entry = version.entry
        self.judged.findings.append(Finding(entry.placement, entry.annotator, version.lineage, kind, reason))
        # An adjudicator in whose name somebody else has ruled still finds the task in the list, and can.
        ruled = kind is FindingKind.FORGED and split_placement_id(entry.placement)[1].tier is Tier.ADJUDICATOR
        if kind in (FindingKind.INVALID, FindingKind.FORGED) and not ruled:
            self.judged.progress.setdefault((entry.placement, entry.annotator), AssignmentStatus.QUARANTINED)


class _Controls:
    """The controls of a label config as it was at a version, parsed once."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._known: dict[tuple[ProjectKey, str], tuple[Control, ...]] = {}

    def of(self, key: ProjectKey, version: str) -> tuple[Control, ...]:
        if (key, version) not in self._known:
            xml = self._operation.state.registry.config_xml(key.domain, key.config, version)
            self._known[key, version] = read_controls(xml) if xml else self._operation.config(key).controls
        return self._known[key, version]


def _missed(controls: Sequence[str]) -> str:
    if tuple(controls) == (RULING_REASON,):
        return "no reason was given for the ruling"
    return f"no answer to {', '.join(controls)}, which is required"


def _own(entry: LedgerEntry) -> bool:
    payload = entry.payload
    return bool(payload["member"] and (payload["edited_by"] is None or payload.get("adopted")))


def _rank(version: Version) -> tuple[bool, str, int]:
    return not version.payload["skipped"], version.payload["updated_at"], version.first_seq


def _from_the_lowest_tier(version: Version) -> tuple[str, int, int]:
    question, _, tier = version.entry.placement.rpartition("/")
    return question, list(Tier).index(Tier(tier)), version.first_seq
