"""The report on a plain table of judgments, or a Label Studio export: agreement and consensus."""

from __future__ import annotations

from datetime import datetime

from toolkit.agreement import AgreementReport
from toolkit.consensus.summary import ConsensusSummary
from toolkit.leaks import Secrets
from toolkit.reports.masking import masked
from toolkit.reports.numbering import numbered
from toolkit.reports.page import Page
from toolkit.reports.sections.agreement import agreement_section
from toolkit.reports.sections.consensus import file_consensus_section

TITLE = "Agreement and consensus"


def file_page(name: str, agreement: AgreementReport, consensus: ConsensusSummary, *, made_at: datetime) -> Page:
    """Return the report on a file.

    Parameters
    ----------
    name : str
        The file's.
    agreement : AgreementReport
        What was measured on it.
    consensus : ConsensusSummary
        What its judgments come to.
    made_at : datetime
        When, in UTC.

    Returns
    -------
    Page
        Annotators are called by numbers: their names in the file may be those of people. Addresses and tokens in
        labels and ids of tasks are masked.
    """
    page = Page(
        title=TITLE,
        subject=name,
        made_at=made_at,
        tiles=(),
        notices=None,
        sections=(agreement_section(numbered(agreement), {}), file_consensus_section(consensus)),
    )
    return masked(page, Secrets())
