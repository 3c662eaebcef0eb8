"""The report on a workspace: every part from the step that computes it, and what changed meanwhile is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from toolkit.agreement import CountEngine
from toolkit.errors import ToolkitError
from toolkit.reports.page import Page, Section
from toolkit.reports.sections.agreement import agreement_section
from toolkit.workflow import measure_agreement
from toolkit.workflow.operation import Operation

TITLE = "Annotation report"
ATTEMPTS = 3  # at reading a workspace that is written meanwhile
Value = TypeVar("Value")


def workspace_page(operation: Operation, engine: CountEngine, *, made_at: datetime) -> Page:
    """Return the report on a workspace; no server is asked.

    Parameters
    ----------
    operation : Operation
        The workspace. It may be written meanwhile: what is read then is read again, and if that goes on, the page says
        so.
    engine : CountEngine
        Counts the judgments.
    made_at : datetime
        When it is made, in UTC.

    Returns
    -------
    Page
        A part that cannot be computed is a section that says why.
    """
    for _ in range(ATTEMPTS):
        before = operation.state.ledger.head()
        page = _page(operation, engine, made_at)
        if operation.state.ledger.head() == before:
            return page
    return page


def _page(operation: Operation, engine: CountEngine, made_at: datetime) -> Page:
    return Page(
        title=TITLE,
        subject=operation.settings.title,
        made_at=made_at,
        tiles=(),
        notices=(),
        sections=(_agreement(operation, engine),),
    )


def _agreement(operation: Operation, engine: CountEngine) -> Section:
    def made() -> Section:
        found = measure_agreement(operation, engine)
        return agreement_section(found.report, found.targets)

    return _or_why(made, "agreement", "Agreement")


def _or_why(make: Callable[[], Section], name: str, title: str) -> Section:
    """Return a section, or one that says why there is none."""
    try:
        return make()
    except ToolkitError as error:
        return Section(name, title, str(error), ())
