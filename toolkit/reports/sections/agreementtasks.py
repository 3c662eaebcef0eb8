"""The tasks on which annotators agree least."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.agreement import AgreementReport
from toolkit.agreement.report import TaskAgreement
from toolkit.agreement.statistic import ALPHA
from toolkit.reports.page import Column, Figure, Kind, Link, Table
from toolkit.reports.sections.agreementrows import place_of, rests_on

COLUMNS = (
    Column("task", "task"),
    Column("place", "where"),
    Column("control", "control"),
    Column("n_judgments", "judgments", Kind.COUNT),
    Column("agreement", "agreement", Kind.SHARE),
    Column("labels", "answers"),
)
OPEN = Column("open", "open", Kind.LINK)
LONGEST = 200  # characters of a task's answers


def worst_tasks(report: AgreementReport, link: Callable[[str, Mapping[str, str | None]], Link | None] | None) -> Figure:
    """Return the tasks with least agreement as a table, each with its page where `link` knows one."""
    tasks = sorted(report.tasks, key=lambda one: (one.agreement, -one.n_judgments, one.task, one.control))
    rows = [_row(one) if link is None else (*_row(one), link(one.task, one.by)) for one in tasks]
    paired = any(group.coefficients[ALPHA].n_tasks for group in report.groups)
    none = sum(one.agreement == 0 for one in tasks)
    return Figure(
        id="worst-tasks",
        title="Tasks on which annotators agree least",
        tells=f"No two answers are alike on {none:,} of the {len(tasks):,} listed." if tasks else "",
        table=Table(COLUMNS if link is None else (*COLUMNS, OPEN), tuple(rows)),
        rests_on=f"{rests_on(report)} Of each control in each place at most 20 tasks are listed.",
        command="toolkit agreement --view tasks",
        undefined="" if tasks else "annotators agree on every task" if paired else "no task has two judgments",
    )


def _row(one: TaskAgreement) -> tuple[Any, ...]:
    answers = ", ".join(f"{label} ×{n}" for label, n in one.labels.items())
    shown = answers if len(answers) <= LONGEST else f"{answers[: LONGEST - 1]}…"
    return (one.task, place_of(one.by), one.control, one.n_judgments, one.agreement, shown)
