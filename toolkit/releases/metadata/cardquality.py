"""The parts of a card that say how far the labels can be trusted; one function a section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from toolkit.releases.metadata.description import AgreementSummary, Description
from toolkit.releases.metadata.limits import spoken
from toolkit.releases.metadata.markdown import code, escaped, table
from toolkit.wording import agreeing, count, decimal, interval, listing, percent

_SETTLED: Mapping[str, str] = {
    "generalist": "generalists agreed",
    "specialist": "specialists agreed",
    "adjudicated": "one person ruled",
    "machine": "a machine labelled, and nobody else",
}


def who(description: Description) -> Iterator[str]:
    """Say how many annotated at each tier; never who."""
    if not description.tiers:
        yield "No judgments are recorded."
        return
    rows = [[escaped(one.tier), f"{one.n_annotators:,}", f"{one.n_judgments:,}"] for one in description.tiers]
    yield table(["tier", "annotators", "judgments"], rows)
    yield (
        "A judgment is one annotator's answer to one question of one task. Annotators are known by pseudonyms that\n"
        "only releases use; a person who works at two tiers counts in both."
    )


def settling(description: Description) -> Iterator[str]:
    """Say what became of the judgments: overlap, votes, escalation, adjudication."""
    if description.provenance:
        yield table(["settled by", "rows", "share"], _shares(description.provenance, description.n_rows))
    overlap = description.overlap
    if overlap is not None:
        yield (
            f"A row rests on {decimal(overlap.mean, 2)} judgments on average, at least {overlap.least:,} and at most"
            f" {overlap.most:,}."
        )
    if description.n_rows:
        n = description.n_escalated
        share = percent(n / description.n_rows)
        yield f"{count(n, 'row')} ({share}) went up a tier because the one below did not settle enough."
    if description.methods:
        named = [f"{code(name)} ({n:,})" for name, n in sorted(description.methods.items())]
        yield f"Answers were settled by {listing(named)}. Ties are never broken by chance."


def _shares(rows: Mapping[str, int], n_rows: int) -> list[list[str]]:
    order = [*(name for name in _SETTLED if name in rows), *sorted(rows.keys() - _SETTLED.keys())]
    return [
        [
            escaped(f"{name}: {_SETTLED[name]}" if name in _SETTLED else name),
            f"{rows[name]:,}",
            percent(rows[name] / n_rows) if n_rows else "–",
        ]
        for name in order
    ]


def agreement(description: Description) -> Iterator[str]:
    """Show how far annotators agreed, with intervals, or why it is undefined."""
    measured = [
        [code(sheet.key), code(control.name), *_coefficient(one)]
        for sheet in description.sheets
        for control in sheet.controls
        for one in control.agreement
    ]
    if not measured:
        yield "Not measured."
        return
    yield table(["label config", "question", "coefficient", "value", "95 % interval", "tasks", "annotators"], measured)
    yield (
        "1 is perfect agreement, and 0 is what chance would give for coefficients that are corrected for chance;\n"
        "of differences, distances and error rates 0 is perfect.\n"
        "Intervals are rounded outward. Only tasks with two judgments or more count."
    )


def _coefficient(one: AgreementSummary) -> list[str]:
    undefined = f"undefined: {escaped(one.reason or 'no reason was recorded')}"
    value = undefined if one.value is None else decimal(one.value)
    ends = interval(one.low, one.high) if one.value is not None else "–"
    return [escaped(spoken(one)), value, ends, f"{one.n_tasks:,}", f"{one.n_annotators:,}"]


def review(description: Description) -> Iterator[str]:
    """Say how many labels are wrong, as far as reviews can tell."""
    found = description.review
    if found is None or not found.n_reviewed:
        yield "No decided row was judged once more, so how many labels are wrong is not known."
        return
    yield (
        f"{count(found.n_reviewed, 'decided row')} {agreeing(found.n_reviewed, 'was')} judged once more, blind, by a"
        f" higher tier; {found.n_wrong:,} of them {agreeing(found.n_wrong, 'was')} wrong and"
        f" {agreeing(found.n_wrong, 'was')} put right."
    )
    if found.error is None:
        yield f"The share of wrong labels is undefined: {escaped(found.reason or 'no reason was recorded')}."
        return
    ends = ""
    if found.low is not None and found.high is not None:
        ends = f" (95 % interval: {percent(found.low)} to {percent(found.high)})"
    yield f"Estimated share of wrong labels before that: {percent(found.error)}{ends}."
    if found.reason:
        yield f"What that leaves out: {escaped(found.reason)}."


def splitting(description: Description) -> Iterator[str]:
    """Say how rows were dealt out and what keeps a test set from leaking."""
    rule = description.splitting
    kept = " or ".join(escaped(name) for name in rule.together)
    yield f"Rows that share a {kept} are in one split. The seed is {rule.seed}."
    if rule.n_clusters is None:
        yield "Nobody looked for near-duplicates."
    else:
        n = rule.n_clusters
        apart = f", of {count(rule.n_clustered, 'document')}; each is in one split" if n else ""
        yield f"{count(n, 'cluster')} of near-duplicates {agreeing(n, 'was')} found{apart}."
    if n := rule.n_left_out:
        yield f"{count(n, 'row')} {agreeing(n, 'was')} left out because groups that they belong to tie splits together."


def gate(description: Description) -> Iterator[str]:
    """Say what was looked for before the release, what was redacted and what somebody allowed."""
    found = description.gate
    if found is None or not found.checks:
        yield "Texts were not checked for personal data before this release."
        return
    yield f"Every row was checked for {listing([escaped(check) for check in found.checks])}."
    if found.redacted:
        rows = [[escaped(kind), f"{n:,}"] for kind, n in sorted(found.redacted.items())]
        yield table(["redacted", "passages"], rows)
    else:
        yield "Nothing was redacted."
    if n := found.n_left_out:
        yield f"{count(n, 'row')} {agreeing(n, 'was')} left out."
    if found.allowed:
        n, named = len(found.allowed), listing([code(one) for one in sorted(found.allowed)], 20)
        yield f"{count(n, 'finding')} {agreeing(n, 'was')} allowed by somebody: {named}."
