"""Annotators of a file by number: their names may be those of people."""

from __future__ import annotations

from dataclasses import replace

from toolkit.agreement import AgreementReport


def numbered(report: AgreementReport) -> AgreementReport:
    """Return a report in which annotators are called "annotator 1", "annotator 2" and so on, by the order of names.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.agreement import measure
    >>> from toolkit.engines.duckdb import DuckDBEngine
    >>> votes = pd.DataFrame({"task": [1, 1], "annotator": ["Zoe", "Ann"], "label": ["x", "y"]})
    >>> numbered(measure(votes, engine=DuckDBEngine())).pairs.annotators
    ('annotator 1', 'annotator 2')
    """
    names = {name: f"annotator {number}" for number, name in enumerate(sorted(report.pairs.annotators), 1)}
    return replace(
        report,
        annotators=tuple(replace(one, annotator=names[one.annotator]) for one in report.annotators),
        pairs=replace(report.pairs, annotators=tuple(names[name] for name in report.pairs.annotators)),
    )
