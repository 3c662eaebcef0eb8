"""What a release cannot be trusted for, told by its counts alone."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.releases.metadata.description import AgreementSummary, ControlSummary, Description, SheetSummary
from toolkit.wording import agreeing, count, decimal, interval, listing, percent, quoted

LEAST_AGREEMENT = 0.667  # Krippendorff's limit for tentative conclusions
LEAST_ROWS = 30  # per label
MOST_SHARE = 0.95  # of one label
LEAST_ANNOTATORS = 3  # per tier
MOST_LABELS = 10  # that one sentence names
SETS = frozenset({"choices", "taxonomy"})  # a row can have several labels
REGION_KINDS = frozenset({"spans", "turns", "segments", "boxes", "polygons"})


def limits(description: Description) -> tuple[str, ...]:
    """Return the known limits of a release, one plain sentence each, gravest first.

    Parameters
    ----------
    description : Description
        The counts. Nothing else is known here, so that no limit is typed and none is forgotten.

    Returns
    -------
    tuple of str
        Not Markdown: labels stand in quotes as they are.
    """
    return (
        *_of_the_whole(description),
        *_of_the_people(description),
        *(sentence for sheet in description.sheets for sentence in _of_a_sheet(sheet, description)),
    )


def unit(control: ControlSummary) -> str:
    """Return what a control's counts count, "row" or "region"."""
    return "region" if control.kind in REGION_KINDS else "row"


def label_shares(control: ControlSummary) -> dict[str, float]:
    """Return each label's share of the rows with an answer, or of the regions; nothing where there are none.

    Examples
    --------
    >>> label_shares(ControlSummary("risk", "choice", ("low", "high"), {"train": {"low": 3, "high": 1}}, {"train": 4}))
    {'low': 0.75, 'high': 0.25}
    """
    totals = control.totals
    whole = control.n_answered if control.kind in SETS else sum(totals.values())
    return {label: n / whole for label, n in totals.items()} if whole else {}


def _of_the_whole(description: Description) -> Iterator[str]:
    if description.simulated:
        yield (
            "Some or all labels were made up by simulated annotators: they say nothing about the texts and nothing"
            " about how people would label them."
        )
    if description.licence is None:
        yield "No licence is stated, so nobody is told what they may do with this release."
    if unstated := description.source_licences.get(None, 0):
        yield f"{count(unstated, 'document')} of {description.n_documents:,} came without a stated licence."
    yield from _of_the_languages(description)
    yield from _of_the_selection(description)
    yield from _of_the_checks(description)


def _of_the_languages(description: Description) -> Iterator[str]:
    known = [language for language in description.languages if language is not None]
    if len(known) == 1:
        yield f"All rows whose language is known are in one language, {quoted(known[0])}."
    if unknown := description.languages.get(None, 0):
        yield f"The language of {count(unknown, 'row')} is not known."


def _of_the_selection(description: Description) -> Iterator[str]:
    if n := description.n_undecided_left_out:
        yield (
            f"{count(n, 'row')} without a decision {agreeing(n, 'was')} left out; what remains may be easier than"
            " what was labelled."
        )
    if n := description.n_undecided:
        yield f"{count(n, 'row')} {agreeing(n, 'is')} included without a decision; what is not settled is empty there."
    if n := description.splitting.n_left_out:
        yield f"{count(n, 'row')} {agreeing(n, 'was')} left out because groups that they belong to tie splits together."
    for split in description.splits:
        if split.share and not split.n_rows:
            yield f"No row is in split {quoted(split.name)}, which was to get {percent(split.share)} of them."
    if description.splitting.n_clusters is None:
        yield "Nobody looked for near-duplicates, so nearly equal texts may stand in different splits."


def _of_the_checks(description: Description) -> Iterator[str]:
    review = description.review
    if review is None or not review.n_reviewed:
        yield "No decided row was judged once more, so how many labels are wrong is not known."
    elif review.error is None:
        yield f"The share of wrong labels is undefined: {review.reason or 'no reason was recorded'}."
    if description.gate is None or not description.gate.checks:
        yield "Texts were not checked for personal data before this release."
    elif not description.gate.personal_data:
        yield "Texts were not checked for cards, accounts, telephone numbers and the like."
    if share := description.machine_share:
        yield f"{percent(share)} of the rows were labelled by a machine and by nobody else."


def _of_the_people(description: Description) -> Iterator[str]:
    if not description.tiers:
        yield "No judgments are recorded: who labelled the rows is not known."
    for tier in description.tiers:
        if tier.n_annotators < LEAST_ANNOTATORS:
            yield (
                f"Only {count(tier.n_annotators, 'annotator')} worked as {tier.tier}, so the labels may show"
                f" {'this person' if tier.n_annotators == 1 else 'these people'} more than the guidelines."
            )
    if description.overlap is not None and description.overlap.most < 2:
        yield "No row rests on more than one judgment."


def _of_a_sheet(sheet: SheetSummary, description: Description) -> Iterator[str]:
    if len(sheet.versions) > 1:
        yield f"Rows of {sheet.key} were labelled under {len(sheet.versions)} versions of its label config."
    if sheet.guidelines is None:
        yield f"No guidelines are recorded for {sheet.key}."
    for control in sheet.controls:
        name = f"{quoted(control.name)} of {sheet.key}"
        if not control.n_answered:
            yield f"{name}: no row has an answer."
            continue
        yield from _of_the_agreement(control, name)
        yield from _of_the_labels(control, name)
        yield from _of_the_splits(control, name, description)


def _of_the_agreement(control: ControlSummary, name: str) -> Iterator[str]:
    if not control.agreement:
        yield f"{name}: agreement was not measured."
        return
    first = control.agreement[0]
    if first.value is None:
        yield f"{name}: {spoken(first)} is undefined ({first.reason or 'no reason was recorded'})."
    elif first.low is None:
        yield f"{name}: {spoken(first)} is {decimal(first.value)}, and how sure that is, is not known."
    elif first.low < LEAST_AGREEMENT:
        yield (
            f"{name}: {spoken(first)} may be below {LEAST_AGREEMENT}: it is {decimal(first.value)}, and the 95 %"
            f" interval starts at {interval(first.low, first.low).split()[0]} ({count(first.n_tasks, 'task')})."
        )


def spoken(agreement: AgreementSummary) -> str:
    """Return a coefficient's name as one says it, as "Krippendorff alpha" or "Span F1"."""
    words = agreement.coefficient.split("_")
    name = " ".join(word.upper() if word[-1:].isdigit() or word == "icc" else word for word in words)
    return name[:1].upper() + name[1:]


def _of_the_labels(control: ControlSummary, name: str) -> Iterator[str]:
    rare = [f"{quoted(label)} ({n})" for label, n in control.totals.items() if n < LEAST_ROWS]
    if rare:
        yield f"{name}: fewer than {LEAST_ROWS} {unit(control)}s for {listing(rare, MOST_LABELS)}."
    for label, share in label_shares(control).items():
        if share > MOST_SHARE:
            yield f"{name}: {quoted(label)} makes up {percent(share)} of the {unit(control)}s."


def _of_the_splits(control: ControlSummary, name: str, description: Description) -> Iterator[str]:
    present = [label for label, n in control.totals.items() if n]
    for split in (one for one in description.splits if one.n_rows):  # an empty one has been named
        counts = control.counts.get(split.name, {})
        absent = [quoted(label) for label in present if not counts.get(label)]
        if absent:
            yield f"{name}: split {quoted(split.name)} has no {unit(control)} with {listing(absent, MOST_LABELS)}."
