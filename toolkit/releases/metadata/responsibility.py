"""What Croissant's extension for responsible AI asks about a release, answered from its counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.releases.metadata.description import ControlSummary, Description, SheetSummary
from toolkit.releases.metadata.limits import limits, spoken
from toolkit.releases.metadata.markdown import one_line
from toolkit.wording import agreeing, count, decimal, interval, listing, percent, quoted

MAINTENANCE = (
    "A version is never changed. What is corrected or added comes as a new version with a number of its own; what"
    " differs from the version before is in CHANGES.md."
)


def responsible_ai(description: Description) -> dict[str, Any]:
    """Return the ``rai:`` properties; what is not known, as the annotators' demographics, is not among them."""
    said: dict[str, Any] = {
        "rai:dataCollection": _collection(description),
        "rai:dataPreprocessingProtocol": list(_preprocessing(description)),
        "rai:dataAnnotationProtocol": [*(_protocol(sheet) for sheet in description.sheets), *_settling(description)],
        "rai:dataAnnotationPlatform": [
            f"Label Studio community edition, run by annotation-toolkit {description.origin.tool_version}"
        ],
        "rai:dataAnnotationAnalysis": [*_agreement(description), *_review(description)],
        "rai:annotationsPerItem": _per_item(description),
        "rai:machineAnnotationTools": list(_machines(description)),
        "rai:dataLimitations": list(limits(description)),
        "rai:personalSensitiveInformation": list(_personal(description)),
        "rai:dataReleaseMaintenancePlan": MAINTENANCE,
    }
    return {name: value for name, value in said.items() if value}


def _collection(description: Description) -> str:
    known = sorted(language for language in description.languages if language)
    spoken_in = f" in {listing(known)}" if known else ""
    modalities = listing(sorted({sheet.modality for sheet in description.sheets}))
    return (
        f"{count(description.n_documents, 'document')}{spoken_in}, shown to annotators as"
        f" {count(description.n_tasks, 'task')} ({modalities or 'no modality'})."
    )


def _preprocessing(description: Description) -> Iterator[str]:
    rule, checked = description.splitting, description.gate
    yield f"Rows that share a {' or '.join(rule.together)} are in one split; the seed is {rule.seed}."
    if rule.n_clusters:
        yield f"{count(rule.n_clusters, 'cluster')} of near-duplicates are in one split each."
    for kind, n in sorted(checked.redacted.items()) if checked is not None else ():
        yield f"Redacted: {one_line(kind)}, {count(n, 'passage')}."


def _protocol(sheet: SheetSummary) -> str:
    told = sheet.guidelines
    named = f"guidelines {quoted(told.title)} (SHA-256 {told.sha256})" if told else "no guidelines recorded"
    versions = listing([one_line(version) for version in sorted(sheet.versions)])
    asked = "; ".join(_question(control) for control in sheet.controls)
    return f"{sheet.key} ({one_line(sheet.title)}), label config {versions}, {named}. Questions: {asked or 'none'}."


def _question(control: ControlSummary) -> str:
    labels = listing([quoted(label) for label in control.labels], 30)
    return f"{quoted(control.name)}, {control.kind}" + (f", of {labels}" if labels else "")


def _settling(description: Description) -> Iterator[str]:
    for tier in description.tiers:
        yield f"{count(tier.n_annotators, 'annotator')} at tier {tier.tier} gave {count(tier.n_judgments, 'judgment')}."
    settled = [f"{one_line(name)} {n:,}" for name, n in sorted(description.provenance.items())]
    if settled:
        yield f"Rows by who settled them: {', '.join(settled)}. {count(description.n_escalated, 'row')} went up a tier."


def _agreement(description: Description) -> Iterator[str]:
    for sheet in description.sheets:
        for control in sheet.controls:
            for one in control.agreement:
                value = f"undefined ({one.reason})" if one.value is None else decimal(one.value)
                ends = "" if one.low is None or one.value is None else f", 95 % interval {interval(one.low, one.high)}"
                yield (
                    f"{sheet.key}, {quoted(control.name)}: {spoken(one)} {value}{ends}, {count(one.n_tasks, 'task')},"
                    f" {count(one.n_annotators, 'annotator')}."
                )


def _review(description: Description) -> Iterator[str]:
    found = description.review
    if found is None or not found.n_reviewed:
        return
    share = "undefined" if found.error is None else percent(found.error)
    yield (
        f"{count(found.n_reviewed, 'decided row')} {agreeing(found.n_reviewed, 'was')} judged once more,"
        f" {found.n_wrong:,} of them {agreeing(found.n_wrong, 'was')} wrong; estimated share of wrong labels: {share}."
    )


def _per_item(description: Description) -> str:
    overlap = description.overlap
    if overlap is None:
        return ""
    return f"{decimal(overlap.mean, 2)} judgments a row on average, from {overlap.least:,} to {overlap.most:,}."


def _machines(description: Description) -> Iterator[str]:
    if description.machine_share:
        yield f"A model labelled {percent(description.machine_share)} of the rows, and nobody else did."
    if description.simulated:
        yield "Simulated annotators made some or all judgments up."


def _personal(description: Description) -> Iterator[str]:
    found = description.gate
    yield "Annotators are known by pseudonyms that only releases use."
    if found is None or not found.checks:
        yield "Texts were not checked for personal data before this release."
        return
    yield f"Every row was checked for {listing([one_line(check) for check in found.checks])}."
    n_redacted, n_allowed = sum(found.redacted.values()), len(found.allowed)
    yield f"{count(n_redacted, 'passage')} redacted, {count(n_allowed, 'finding')} allowed by somebody."
