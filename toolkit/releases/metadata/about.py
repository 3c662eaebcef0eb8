"""The texts of a release beside its data: card, Croissant, provenance, changes, and its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError
from toolkit.releases.changes import changes_text, diff_releases
from toolkit.releases.formats import FORMATS
from toolkit.releases.formats.huggingface import card_configs
from toolkit.releases.manifest import FORMAT, without_folders
from toolkit.releases.metadata.card import card_text
from toolkit.releases.metadata.croissant import croissant_text
from toolkit.releases.metadata.description import (
    Description,
    GateSummary,
    Guidelines,
    Origin,
    ReleaseFile,
    ReviewSummary,
    Splitting,
)
from toolkit.releases.metadata.provenance import provenance_text

if TYPE_CHECKING:
    from toolkit.releases.metadata.tally import Agreement, Tally
    from toolkit.releases.plan import Plan
    from toolkit.releases.settings import ReleaseSettings
    from toolkit.releases.sheets import Sheet

CARD, CROISSANT, PROVENANCE, CHANGES = "README.md", "croissant.json", "provenance.json", "CHANGES.md"
LONG_AGO = date(1970, 1, 1)  # of what nobody judged, as a release by machines alone


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card tells that no row does."""

    guidelines: Mapping[str, Guidelines] = field(default_factory=dict)  # by domain
    review: ReviewSummary | None = None
    source_licences: Mapping[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """What is written beside the data."""

    description: Description
    settings: ReleaseSettings
    texts: Mapping[str, str]  # path → text

    def manifest(
        self, files: Sequence[ReleaseFile], content: str, chain: str | None, gate: GateSummary
    ) -> dict[str, Any]:
        """Return the manifest of the version; the gate has seen the texts since they were written."""
        told, settings = self.description, self.settings
        ledger: dict[str, Any] = {"entries": settings.ledger_seq, "head": settings.ledger_head}
        return {
            "format": FORMAT,
            "name": told.name,
            "version": told.version,
            "tool_version": settings.tool_version,
            "command": without_folders(settings.command),
            "as_of": told.as_of.isoformat(),
            "created_from": ledger if chain is None else {**ledger, "chain": chain},
            "seed": settings.seed,
            "formats": list(settings.formats),
            "together": list(told.splitting.together),
            "selection": settings.selection,
            "include_undecided": settings.include_undecided,
            "with_judgments": settings.with_judgments,
            "simulated": told.simulated,
            "licence": told.licence,
            "splits": {
                one.name: {"share": one.share, "documents": one.n_documents, "rows": one.n_rows} for one in told.splits
            },
            "counts": self._counts(),
            "label_configs": {sheet.key: ", ".join(sheet.versions) for sheet in told.sheets},
            "gate": _plain(gate),
            "content": content,
            "files": [{"path": x.path, "bytes": x.n_bytes, "sha256": x.sha256, "rows": x.n_rows} for x in files],
        }

    def _counts(self) -> dict[str, Any]:
        told = self.description
        return {
            "rows": told.n_rows,
            "tasks": told.n_tasks,
            "documents": told.n_documents,
            "decided": told.n_rows - told.n_undecided,
            "undecided": told.n_undecided,
            "undecided_left_out": told.n_undecided_left_out,
            "tying_left_out": told.splitting.n_left_out,
            "configs": {sheet.key: {"rows": sheet.n_rows, "splits": dict(sheet.rows)} for sheet in told.sheets},
        }


def texts_about(
    folder: Path,
    named: tuple[str, int],
    settings: ReleaseSettings,
    facts: Facts,
    sheets: Mapping[str, Sheet],
    tally: Tally,
    plan: Plan,
    agreement: Agreement,
    data: Sequence[ReleaseFile],
    before: Mapping[int, Path],
    gate: GateSummary,
) -> About:
    """Return the texts of a version whose data files are written.

    Parameters
    ----------
    folder : Path
        The version, where it is being written.
    named : (str, int)
        Name and version.
    settings, facts, sheets, tally, plan, agreement, gate
        What it is made of, and what was counted.
    data : sequence of ReleaseFile
        The files that are there.
    before : mapping of int to Path
        Earlier versions that are there still; changes are told against the newest.
    """
    earlier, changes = _changes(before, folder)
    description = Description(
        name=named[0],
        version=named[1],
        as_of=tally.as_of or LONG_AGO,
        licence=settings.licence,
        simulated=tally.simulated,
        origin=Origin(settings.ledger_head, settings.tool_version, without_folders(settings.command)),
        sheets=tally.sheets(agreement, facts.guidelines),
        splits=tally.splits(settings.splits),
        splitting=_splitting(settings, plan),
        languages=dict(sorted(tally.languages.items(), key=lambda pair: pair[0] or "")),
        n_documents=tally.n_documents,
        n_tasks=tally.n_tasks,
        tiers=tally.tiers(),
        provenance=dict(sorted(tally.provenance.items())),
        formats=settings.formats,
        overlap=tally.overlap,
        n_escalated=tally.n_escalated,
        n_undecided=tally.n_undecided,
        n_undecided_left_out=plan.n_left_out,
        review=facts.review,
        gate=gate,
        n_characters=tally.n_characters,
        methods=dict(sorted(tally.methods.items())),
        source_licences=facts.source_licences,
        documents_sha256=tally.documents_sha256,
        previous=earlier,
        extras=tuple(one.path for one in data if not one.path.startswith("data/")),
    )
    present = {key: sheets[key] for key in sorted({sheet.key for sheet in description.sheets})}
    with_rows = {sheet.stem: [split for split, n in sheet.rows.items() if n] for sheet in description.sheets}
    header = card_configs(present.values(), with_rows) if "huggingface" in settings.formats else {}
    texts = {
        CARD: card_text(description, header=header, about={name: FORMATS[name].about for name in settings.formats}),
        CROISSANT: croissant_text(description, data),
        PROVENANCE: provenance_text(description, data),
    }
    if changes is not None:
        texts[CHANGES] = changes
    return About(description, settings, texts)


def _changes(before: Mapping[int, Path], folder: Path) -> tuple[int | None, str | None]:
    """Return the newest version that this one can be compared with, and what changed since."""
    for number in sorted(before, reverse=True):
        try:
            return number, changes_text(diff_releases(before[number], folder))
        except InputError:  # other formats, or not as it was written: the one before may do
            continue
    return None, None


def _splitting(settings: ReleaseSettings, plan: Plan) -> Splitting:
    together = ("document",) if settings.group_by == "document" else ("document", settings.group_by)
    n_left_out = sum(plan.splits.left_out.values())
    return Splitting(settings.seed, together, n_left_out, plan.splits.n_clusters, plan.splits.n_similar)


def _plain(gate: GateSummary) -> dict[str, Any]:
    return {**asdict(gate), "checks": list(gate.checks), "allowed": list(gate.allowed), "redacted": dict(gate.redacted)}
