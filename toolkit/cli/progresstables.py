"""How far the work has come, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING

import typer

from toolkit.cli.render import percent, print_table

if TYPE_CHECKING:
    from toolkit.workflow.costs import Cost
    from toolkit.workflow.forecast import Finish
    from toolkit.workflow.headway import Progress

LAST_DAYS = 7


def print_progress(found: Progress) -> None:
    """Print what has come how far, what remains, by when and at what cost; nothing of what there is nothing of."""
    if not found.funnel[0].n:
        return
    _print_funnel(found)
    _print_projects(found)
    _print_days(found)
    _print_cost(found.cost)
    for sentence in (*_finish_in_words(found.finish), *_cost_in_words(found.cost)):
        typer.echo(sentence)
    typer.echo()


def _print_funnel(found: Progress) -> None:
    documents, tasks, *others = found.funnel
    print_table(
        f"Progress of {tasks.n} tasks from {documents.n} documents",
        ("stage", ">tasks", ">share", ">left behind", "because"),
        [(one.name, one.n, percent(one.n / (tasks.n or 1)), one.n_short, one.reason or None) for one in others],
        caption="sent: on the server; answered: at least once; settled: nothing open; decided: settled with a label;"
        " released: in the newest version of a release",
    )


def _print_projects(found: Progress) -> None:
    print_table(
        "Projects",
        (
            *("project", ">placements", ">not sent", ">waiting", ">decided", ">escalated", ">undecided"),
            *(">answers", ">missing", ">expected"),
        ),
        [
            (
                *(one.key, one.n_placements, one.n_unpublished, one.n_waiting),
                *(one.n_decided, one.n_escalated, one.n_undecided),
                *(one.n_given, one.n_missing, ceil(one.n_expected)),
            )
            for one in found.projects
        ],
        caption="missing: answers that open placements lack; expected: answers to what will come from lower tiers, at"
        " the share that has come so far",
    )


def _print_days(found: Progress) -> None:
    """Print the last days; simulated answers only where there are any."""
    made_up = any(one.n_simulated or one.n_simulated_skipped for one in found.days)
    left = len(found.days) - LAST_DAYS
    print_table(
        "Days",
        ("day (UTC)", ">answers", ">skipped", ">placements decided", *((">simulated",) if made_up else ())),
        [
            (one.day, one.n_answers, one.n_skipped, one.n_decided, *((one.n_simulated,) if made_up else ()))
            for one in found.days[-LAST_DAYS:]
        ],
        caption=f"the last {LAST_DAYS} of {len(found.days)} days with anything; --json gives all" if left > 0 else "",
    )


def _print_cost(cost: Cost) -> None:
    if cost.reason:
        return
    print_table(
        f"Cost in {cost.currency}",
        ("tier", ">answers", ">measured", ">assumed", ">so far", ">answers to go", ">to go"),
        [
            (
                *(one.tier, one.n_answers, one.n_measured, one.n_assumed),
                *(_money(one.so_far), ceil(one.n_remaining), _money(one.to_go)),
            )
            for one in cost.tiers
        ],
        caption="measured: by the answer's own lead time and its annotator's cost_per_hour; assumed: by the pack's"
        " minutes or the tier's median",
    )


def _finish_in_words(finish: Finish) -> Iterator[str]:
    if not finish.n_remaining:
        yield "No answers remain to be given."
        return
    later = f", and about {ceil(finish.n_expected)} to what is expected to go up" if finish.n_expected else ""
    yield f"{finish.n_remaining} answers remain: {finish.n_missing} that open placements lack{later}."
    if finish.day is None:
        yield f"No day can be named on which all is answered ({finish.reason})."
    else:
        end = finish.high or "more than ten years from now"
        yield (
            f"Expected to be done on {finish.day} (95 %: {finish.low} to {end})"
            f" if days to come are like the {finish.n_days} so far, with {finish.per_day:.1f} answers a day."
        )
    yield from (f"  Note: {note}." for note in finish.notes)


def _cost_in_words(cost: Cost) -> Iterator[str]:
    if cost.reason:
        yield f"What it costs is not known: {cost.reason}."
        return
    each = "" if cost.per_decided is None else f", {_money(cost.per_decided)} per decided task"
    ends = "" if cost.low is None else f" (95 %: {_money(cost.low)} to {_money(cost.high)})"
    yield f"Cost: {_money(cost.so_far)} {cost.currency} so far{each}; {_money(cost.to_go)} to go{ends}."
    yield from (f"  Note: {note}." for note in cost.notes)


def _money(value: float | None) -> str | None:
    return None if value is None else f"{value:,.2f}"
