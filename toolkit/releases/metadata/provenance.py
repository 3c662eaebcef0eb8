"""Where a release comes from, as W3C PROV: what was made from what, by which work, and who was responsible."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from toolkit.releases.manifest import without_folders
from toolkit.releases.metadata.description import Description, ReleaseFile, SheetSummary, WorkSummary
from toolkit.releases.metadata.markdown import one_line

PROVENANCE = "provenance.json"
NAMESPACE = "https://annotation-toolkit.invalid/prov#"  # ".invalid" never leads anywhere: it only tells names apart

_RELEASE, _LEDGER, _DOCUMENTS, _DECISIONS = "release", "ledger", "documents", "decisions"
_CONSENSUS, _WRITING, _TOOLKIT = "consensus", "releasing", "annotation-toolkit"


def provenance_text(description: Description, files: Sequence[ReleaseFile]) -> str:
    """Return what ``provenance.json`` holds: PROV-JSON.

    Parameters
    ----------
    description : Description
        The counts. Annotators are one collective agent per tier: nobody is told apart.
    files : sequence of ReleaseFile
        Every file of the release but this one, in any order.

    Returns
    -------
    str
        JSON, with the days of judgments for times and nothing of the clock. The command is told without folders.
    """
    graph = _Graph()
    _agents(graph, description)
    _inputs(graph, description)
    for sheet in description.sheets:
        for work in sheet.work:
            _annotating(graph, sheet, work)
    _consensus(graph, description)
    _release(graph, description)
    for file in sorted(files, key=lambda one: one.path):
        if file.path != PROVENANCE:
            _file(graph, file)
    return json.dumps(graph.document(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class _Graph:
    """Collects records; relations are named in the order they come."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def record(self, kind: str, name: str, **attributes: Any) -> None:
        """Add an entity, an activity or an agent; attributes are in our namespace unless they name another."""
        self._records[kind][_name(name)] = {
            (key.replace("_", ":", 1) if key.startswith("prov_") else f"at:{key}"): _literal(value)
            for key, value in attributes.items()
            if value is not None
        }

    def relate(self, relation: str, **ends: str) -> None:
        """Add a relation between records, as ``relate("used", activity=…, entity=…)``."""
        found = self._records[relation]
        found[f"_:{relation}{len(found) + 1}"] = {f"prov:{end}": _name(name) for end, name in ends.items()}

    def document(self) -> dict[str, Any]:
        """Return the document, records in the order of PROV's own chapters."""
        order = ("entity", "activity", "agent")
        kinds = [*order, *sorted(self._records.keys() - set(order))]
        prefix = {"at": NAMESPACE, "prov": "http://www.w3.org/ns/prov#", "xsd": "http://www.w3.org/2001/XMLSchema#"}
        return {"prefix": prefix, **{kind: self._records[kind] for kind in kinds if self._records[kind]}}


def _name(name: str) -> str:
    return f"at:{quote(name, safe='-_.~')}"


def _literal(value: Any) -> Any:
    """Return a value as PROV-JSON has it; texts that name a type of PROV are names."""
    if isinstance(value, str) and value.startswith("prov:"):
        return {"$": value, "type": "prov:QUALIFIED_NAME"}
    if isinstance(value, bool):
        return {"$": str(value).lower(), "type": "xsd:boolean"}
    if isinstance(value, int):
        return {"$": str(value), "type": "xsd:integer"}
    return one_line(value) if isinstance(value, str) else value


# --- who


def _agents(graph: _Graph, description: Description) -> None:
    graph.record(
        "agent",
        _TOOLKIT,
        prov_type="prov:SoftwareAgent",
        prov_label="annotation-toolkit",
        version=description.origin.tool_version,
    )
    counted = {tier.tier: (tier.n_annotators, tier.n_judgments) for tier in description.tiers}
    worked = {work.tier for sheet in description.sheets for work in sheet.work}
    for tier in [*counted, *sorted(worked - counted.keys())]:
        n_annotators, n_judgments = counted.get(tier, (None, None))
        # A tier is no person, and PROV has no group of people: its organizations are what comes nearest.
        graph.record(
            "agent",
            _tier(tier),
            prov_type="prov:Organization",
            prov_label=f"annotators, tier {tier}",
            n_annotators=n_annotators,
            n_judgments=n_judgments,
            simulated=True if description.simulated else None,
        )


def _tier(tier: str) -> str:
    return f"annotators-{tier}"


# --- what it is made from


def _inputs(graph: _Graph, description: Description) -> None:
    graph.record(
        "entity",
        _DOCUMENTS,
        prov_type="prov:Collection",
        prov_label="documents",
        n_documents=description.n_documents,
        n_tasks=description.n_tasks,
        sha256=description.documents_sha256,
    )
    graph.record(
        "entity",
        _LEDGER,
        prov_type="prov:Collection",
        prov_label="ledger of annotations, up to its head",
        head=description.origin.ledger_head,
    )
    graph.relate("wasDerivedFrom", generatedEntity=_LEDGER, usedEntity=_DOCUMENTS)
    for sheet in description.sheets:
        for version, n_rows in sorted(sheet.versions.items()):
            label = f"label config {sheet.key}, version {version}"
            graph.record("entity", _config(sheet, version), prov_label=label, version=version, n_rows=n_rows)
        if sheet.guidelines is not None:
            graph.record(
                "entity",
                _guidelines(sheet),
                prov_label=f"guidelines of {sheet.key}",
                prov_type="prov:Plan",
                title=sheet.guidelines.title,
                version=sheet.guidelines.version or None,
                sha256=sheet.guidelines.sha256,
            )


def _config(sheet: SheetSummary, version: str) -> str:
    return f"config-{sheet.stem}-{version}"


def _guidelines(sheet: SheetSummary) -> str:
    return f"guidelines-{sheet.stem}"


# --- what was done


def _annotating(graph: _Graph, sheet: SheetSummary, work: WorkSummary) -> None:
    name = f"annotating-{sheet.stem}-{work.tier}"
    graph.record(
        "activity",
        name,
        prov_startTime=f"{work.first.isoformat()}T00:00:00+00:00" if work.first else None,
        prov_endTime=f"{work.last.isoformat()}T23:59:59+00:00" if work.last else None,
        prov_label=f"annotating {sheet.key}, tier {work.tier}",
        n_annotators=work.n_annotators,
        n_judgments=work.n_judgments,
        n_tasks=work.n_tasks,
    )
    _used(graph, name, [_DOCUMENTS, *(_config(sheet, version) for version in sorted(sheet.versions))])
    if sheet.guidelines is None:
        graph.relate("wasAssociatedWith", activity=name, agent=_tier(work.tier))
    else:
        _used(graph, name, [_guidelines(sheet)])
        graph.relate("wasAssociatedWith", activity=name, agent=_tier(work.tier), plan=_guidelines(sheet))
    # PROV lets nothing be made twice, so that what each tier answered is an entity of its own.
    answers = f"judgments-{sheet.stem}-{work.tier}"
    graph.record("entity", answers, prov_label=f"judgments of {sheet.key}, tier {work.tier}", n=work.n_judgments)
    graph.relate("wasGeneratedBy", entity=answers, activity=name)
    graph.relate("wasAttributedTo", entity=answers, agent=_tier(work.tier))
    graph.relate("hadMember", collection=_LEDGER, entity=answers)


def _consensus(graph: _Graph, description: Description) -> None:
    settled = {f"n_rows_{name}": n for name, n in sorted(description.provenance.items())}
    methods = ", ".join(f"{name}: {n}" for name, n in sorted(description.methods.items()))
    graph.record(
        "activity",
        _CONSENSUS,
        prov_label="settling what judgments come to, escalating what they leave open",
        n_escalated=description.n_escalated,
        methods=methods or None,
    )
    graph.record("entity", _DECISIONS, prov_label="decisions", n_rows=description.n_rows, **settled)
    _used(graph, _CONSENSUS, [_LEDGER])
    graph.relate("wasAssociatedWith", activity=_CONSENSUS, agent=_TOOLKIT)
    graph.relate("wasGeneratedBy", entity=_DECISIONS, activity=_CONSENSUS)
    graph.relate("wasDerivedFrom", generatedEntity=_DECISIONS, usedEntity=_LEDGER)
    if any(tier.tier == "adjudicator" for tier in description.tiers):
        graph.relate("wasAttributedTo", entity=_DECISIONS, agent=_tier("adjudicator"))


def _release(graph: _Graph, description: Description) -> None:
    label = f"{description.name}, version {description.version}"
    graph.record(
        "entity",
        _RELEASE,
        prov_type="prov:Collection",
        prov_label=label,
        version=description.version,
        n_rows=description.n_rows,
        n_undecided_left_out=description.n_undecided_left_out,
        simulated=description.simulated,
        license=description.licence,
    )
    graph.record(
        "activity",
        _WRITING,
        prov_label="writing the release",
        command=without_folders(description.origin.command),
        tool_version=description.origin.tool_version,
        seed=description.splitting.seed,
    )
    _used(graph, _WRITING, [_DECISIONS, _DOCUMENTS])
    graph.relate("wasAssociatedWith", activity=_WRITING, agent=_TOOLKIT)
    graph.relate("wasInformedBy", informed=_WRITING, informant=_CONSENSUS)
    graph.relate("wasGeneratedBy", entity=_RELEASE, activity=_WRITING)
    graph.relate("wasAttributedTo", entity=_RELEASE, agent=_TOOLKIT)
    for origin in (_DECISIONS, _DOCUMENTS):
        graph.relate("wasDerivedFrom", generatedEntity=_RELEASE, usedEntity=origin)
    if description.previous is not None:
        before = f"release-v{description.previous}"
        graph.record("entity", before, prov_label=f"{description.name}, version {description.previous}")
        graph.relate("wasDerivedFrom", generatedEntity=_RELEASE, usedEntity=before)


def _file(graph: _Graph, file: ReleaseFile) -> None:
    name = f"file-{file.path}"
    graph.record("entity", name, path=file.path, n_bytes=file.n_bytes, sha256=file.sha256, n_rows=file.n_rows)
    graph.relate("hadMember", collection=_RELEASE, entity=name)
    graph.relate("wasGeneratedBy", entity=name, activity=_WRITING)


def _used(graph: _Graph, activity: str, entities: Iterable[str]) -> None:
    for entity in entities:
        graph.relate("used", activity=activity, entity=entity)
