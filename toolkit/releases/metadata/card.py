"""The card of a release, README.md: what it holds, who made it how, and what it cannot be trusted for.

All of it is computed from a :class:`~toolkit.releases.metadata.description.Description`; nothing is typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from toolkit.releases.metadata.cardquality import agreement, gate, review, settling, splitting, who
from toolkit.releases.metadata.columndocs import ABOUT, column_about
from toolkit.releases.metadata.description import ControlSummary, Description, SheetSummary
from toolkit.releases.metadata.frontmatter import front_matter
from toolkit.releases.metadata.limits import label_shares, limits, unit
from toolkit.releases.metadata.loading import snippets
from toolkit.releases.metadata.markdown import code, escaped, table
from toolkit.releases.records import COLUMNS, NESTED
from toolkit.wording import agreeing, count, listing, percent

SIMULATED = (
    "> **SIMULATED ANNOTATIONS.** Some or all labels were made up by simulated annotators to try the workflow out.\n"
    "> They say nothing about the texts and nothing about how people would label them."
)
SHOWN_LABELS = 30  # of a control, before the rest is folded
MOST_LABELS = 1000  # of a control that are listed at all
MOST_SPLITS = 5  # that have a column of their own in tables of labels
_NONE: Mapping[str, str] = MappingProxyType({})


def card_text(description: Description, *, header: Mapping[str, Any], about: Mapping[str, str] = _NONE) -> str:
    """Return the card of a release: a Hugging Face dataset card, that is YAML and Markdown.

    Parameters
    ----------
    description : Description
        The counts that everything in the card comes from.
    header : Mapping
        What the front matter holds besides, as ``configs`` and ``dataset_info``; its keys win.
    about : Mapping of str to str
        Format → what it is for, in one line of plain text.

    Returns
    -------
    str
        The same for the same counts, byte for byte. Titles, labels and names of unknown origin stay text.
    """
    parts = [
        f"# {escaped(description.title or description.name)}, version {description.version}",
        *([SIMULATED] if description.simulated else []),
        _summary(description),
        _section("How much", _sheets(description), _splits(description), _languages(description)),
        _section("Labels", *_labels(description)),
        _section("Who annotated", *who(description)),
        _section("How labels were settled", *settling(description)),
        _section("Agreement", *agreement(description)),
        _section("Errors", *review(description)),
        _section("Splits, and what keeps them apart", *splitting(description)),
        _section("Personal data", *gate(description)),
        _section("Columns", *_columns(description)),
        _section("Load it", *_loading(description, header, about)),
        _section("Verify it", *_verifying(description)),
        _section("Known limits", _limits(description)),
        _section("Guidelines and versions", *_versions(description)),
    ]
    return front_matter(description, header) + "\n" + "\n\n".join(parts) + "\n"


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *(part for part in parts if part)])


# --- what it is and how much


def _summary(description: Description) -> str:
    questions = sum(len(sheet.controls) for sheet in description.sheets)
    sentences = [
        f"{count(description.n_rows, 'row')}, one per task and label config, on {count(description.n_tasks, 'task')}"
        f" from {count(description.n_documents, 'document')}.",
        f"They answer {count(questions, 'question')} of {count(len(description.sheets), 'label config')} in"
        f" {count(len(description.domains), 'domain')}.",
        *_selection(description),
        f"The latest judgment is from {description.as_of.isoformat()}.",
        "No licence is stated." if description.licence is None else f"Licence: {escaped(description.licence)}.",
    ]
    if description.creator:
        sentences.append(f"By {escaped(description.creator)}.")
    return "\n".join(sentences)


def _selection(description: Description) -> Iterator[str]:
    if n := description.n_undecided:
        yield f"{count(n, 'undecided row')} {agreeing(n, 'is')} included."
    if n := description.n_undecided_left_out:
        yield f"{count(n, 'undecided row')} {agreeing(n, 'was')} left out."


def _sheets(description: Description) -> str:
    names = [split.name for split in description.splits]
    rows = [
        [code(sheet.key), escaped(sheet.title), escaped(sheet.modality), _number(sheet.n_rows)]
        + [_number(sheet.rows.get(name, 0)) for name in names]
        for sheet in description.sheets
    ]
    return table(["label config", "title", "modality", "rows", *map(code, names)], rows)


def _splits(description: Description) -> str:
    rows = [
        [
            code(split.name),
            "–" if split.share is None else percent(split.share),
            _number(split.n_rows),
            percent(split.n_rows / description.n_rows) if description.n_rows else "–",
            _number(split.n_documents),
        ]
        for split in description.splits
    ]
    return table(["split", "share asked for", "rows", "share of rows", "documents"], rows)


def _languages(description: Description) -> str:
    ordered = sorted(description.languages.items(), key=lambda item: (-item[1], item[0] or ""))
    named = [f"{'unknown' if name is None else escaped(name)} ({_number(n)})" for name, n in ordered]
    domains = [f"{code(name)} ({_number(n)})" for name, n in description.domains.items()]
    sentences = [f"Rows per language: {listing(named)}." if named else "", f"Rows per domain: {listing(domains)}."]
    if description.n_tokens is not None:
        sentences.append(f"Texts of the tasks: {count(description.n_tokens, 'token')}.")
    if description.n_characters is not None:
        sentences.append(f"They have {count(description.n_characters, 'character')}.")
    return "\n".join(sentence for sentence in sentences if sentence)


# --- labels


def _labels(description: Description) -> Iterator[str]:
    names = [split.name for split in description.splits]
    for sheet in description.sheets:
        yield f"### {escaped(sheet.title)} ({code(sheet.key)})"
        if not sheet.controls:
            yield "No questions."
        for control in sheet.controls:
            yield from _control(control, names if len(names) <= MOST_SPLITS else [])


def _control(control: ControlSummary, splits: Sequence[str]) -> Iterator[str]:
    totals = control.totals
    intro = f"{code(control.name)} ({escaped(control.kind)}): {count(control.n_answered, 'row')} with an answer"
    if not totals:
        yield f"{intro}."
        return
    yield f"{intro}; {unit(control)}s by label."
    labels = list(totals)
    if len(labels) > SHOWN_LABELS:
        labels.sort(key=lambda label: -totals[label])  # a stable sort: equal ones stay as they were declared
    yield _label_table(control, labels[:SHOWN_LABELS], splits)
    if folded := labels[SHOWN_LABELS:MOST_LABELS]:
        summary = f"<details>\n<summary>{count(len(folded), 'more label')}</summary>"
        yield f"{summary}\n\n{_label_table(control, folded, splits)}\n\n</details>"
    if n := len(labels[MOST_LABELS:]):
        yield f"{count(n, 'label')} that {agreeing(n, 'is')} rarer {agreeing(n, 'is')} not listed."


def _label_table(control: ControlSummary, labels: Sequence[str], splits: Sequence[str]) -> str:
    totals, shares = control.totals, label_shares(control)
    rows = [
        [code(label), _number(totals[label]), percent(shares[label]) if label in shares else "–"]
        + [_number(control.counts.get(name, {}).get(label, 0)) for name in splits]
        for label in labels
    ]
    return table(["label", f"{unit(control)}s", "share", *map(code, splits)], rows)


# --- how to use it


def _columns(description: Description) -> Iterator[str]:
    yield table(["column", "what it says"], [[code(name), ABOUT.get(name, "")] for name in COLUMNS])
    yield "In JSON Lines, these are objects by field or by control; tables have columns of their own for them."
    yield table(["object", "what it says"], [[code(name), ABOUT.get(name, "")] for name in NESTED])
    for sheet in description.sheets:
        yield from _own_columns(sheet)


def _own_columns(sheet: SheetSummary) -> Iterator[str]:
    controls = tuple(control.name for control in sheet.controls)
    own = [column.name for column in sheet.columns if column.name not in COLUMNS]
    if own:
        rows = [[code(name), escaped(column_about(name, fields=sheet.fields, controls=controls))] for name in own]
        body = table(["column", "what it says"], rows)
        title = f"Columns of {sheet.key} in tables"
        yield f"<details>\n<summary>{escaped(title)}</summary>\n\n{body}\n\n</details>"


def _loading(description: Description, header: Mapping[str, Any], about: Mapping[str, str]) -> Iterator[str]:
    rows = [[code(name), code(f"data/{name}/"), escaped(about.get(name, ""))] for name in description.formats]
    yield table(["format", "where", "what for"], rows) if rows else "No data files."
    for name, snippet in snippets(description, header):
        yield f"{code(name)}:\n\n```python\n{snippet}```"
    if description.extras:
        yield f"Beside the data: {listing([code(path) for path in description.extras])}."


def _verifying(description: Description) -> Iterator[str]:
    yield "```sh\ntoolkit release verify DIR\n```"
    before = description.previous
    changes = "" if before is None else f"; `CHANGES.md` is about what changed since version {before}"
    yield (
        "compares every file with its SHA-256 in `manifest.json`. `croissant.json` describes the files to machines,\n"
        f"`provenance.json` is about what they were made from{changes}."
    )


def _limits(description: Description) -> str:
    found = limits(description)
    return "\n".join(f"- {escaped(sentence)}" for sentence in found) if found else "None that the counts show."


def _versions(description: Description) -> Iterator[str]:
    rows = []
    for sheet in description.sheets:
        versions = [f"{code(version)} ({_number(n)})" for version, n in sorted(sheet.versions.items())]
        told = sheet.guidelines
        title = "none recorded" if told is None else escaped(f"{told.title} {told.version}")
        rows.append([code(sheet.key), listing(versions), title, code(told.sha256) if told else "–"])
    yield table(["label config", "versions (rows)", "guidelines", "SHA-256 of the guidelines"], rows)
    origin = description.origin
    yield (
        f"Made by annotation-toolkit {escaped(origin.tool_version)} from the ledger entry {code(origin.ledger_head)}."
    )
    if description.citation:
        yield f"To cite it: {escaped(description.citation)}"


def _number(n: int) -> str:
    return f"{n:,}"
