"""``toolkit assign``: who does which task, what that costs, whom the team lacks, and what if."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened, say
from toolkit.cli.render import decimal, percent, print_json, print_table

if TYPE_CHECKING:
    from datetime import date

    from toolkit.routing.assignment.optimum import Distance
    from toolkit.routing.assignment.sharing import Sharing
    from toolkit.workflow.assigning import AssignReport, Load, Vacancy

WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", metavar="NAME", help="What if NAME had left? Can be repeated.")
]
AddOption = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="PEOPLE", help='What if there were more, as "3 x law/fr"? Can be repeated.'),
]
DeadlineOption = Annotated[
    str | None, typer.Option("--deadline", metavar="DATE", help="What if all were due on a day (YYYY-MM-DD)?")
]
MAX_LISTED = 60


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(assign)


def assign(
    workspace: WorkspaceOption = Path(),
    without: WithoutOption = None,
    add: AddOption = None,
    deadline: DeadlineOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deal out what waits; print load, hiring plan, cost and gap. What-if questions change nothing."""
    from toolkit.workflow.assigning import WhatIf, what_if
    from toolkit.workflow.assigning import assign as step

    dry_run = dry_run or bool(without or add or deadline)
    with opened(workspace, writing=not dry_run) as operation:
        question = WhatIf(tuple(without or ()), tuple(add or ()), _day(deadline))
        report = step(operation, dry_run=dry_run)
        other = what_if(operation, question) if question else None
    for contradiction in (other or report).contradictions:
        say(f"cannot hold: {contradiction}")
    if as_json:
        print_json({"assign": report, **({} if other is None else {"what_if": other})})
    elif other is None:
        print_assigned(report)
    else:
        print_difference(report, other)


def _day(text: str | None) -> date | None:
    """Return a day; raise :class:`InputError` where it is none."""
    from datetime import date

    from toolkit.errors import InputError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day.", hint="write YYYY-MM-DD.") from None


def print_assigned(report: AssignReport) -> None:
    """Print who has what before them, whom the team lacks, cost, gap and who shares tasks with whom."""
    verb = "would be made" if report.dry_run else "made"
    typer.echo(f"{report.n_assigned} assignments {verb}, {report.n_missing} annotations that nobody can make")
    print_loads(report.loads)
    print_hiring_plan(report.vacancies)
    print_distance(report.distance, report.currency)
    print_sharing(report.sharing)


def print_loads(loads: tuple[Load, ...]) -> None:
    """Print what each annotator has before them."""
    print_table(
        "Load",
        ("annotator", "domains", ">open", ">new", ">hours", ">of capacity"),
        [
            (one.annotator, ", ".join(one.domains), one.n_open, one.n_new, decimal(one.hours, 1), _share(one))
            for one in loads[:MAX_LISTED]
        ],
        caption=f"the first {MAX_LISTED} of {len(loads)}; --json gives all" if len(loads) > MAX_LISTED else "",
    )


def _share(load: Load) -> str | None:
    return None if load.share is None else percent(load.share)


def print_hiring_plan(vacancies: tuple[Vacancy, ...]) -> None:
    """Print whom the team lacks."""
    print_table(
        "Hiring plan",
        ("domain", "language", "tier", ">annotations", ">hours", ">people", "because"),
        [
            (
                one.domain,
                one.language or "any",
                one.tier,
                one.n_missing,
                decimal(one.hours, 1),
                one.n_people,
                one.reason,
            )
            for one in vacancies[:MAX_LISTED]
        ],
        caption="people: at the team's median capacity, and as many as a task wants beyond those who could do it",
    )


def print_distance(found: Distance, currency: str) -> None:
    """Print the cost, and how far it is from the best there could be."""
    if found.cost is None or found.least_cost is None:
        typer.echo("cost: cannot be told; nobody in team.yaml has a cost_per_hour")
    else:
        typer.echo(f"cost: {found.cost:,.2f} {currency} for what is new; the bound costs {found.least_cost:,.2f}")
    if found.gap is None:
        typer.echo(f"gap to the optimum: none can be told; {found.reason}")
        return
    typer.echo(
        f"gap to the optimum: at most {percent(found.gap)}; the bound leaves {found.least_missing_hours:,.1f} hours"
        f" undone (here {found.missing_hours:,.1f})"
    )


def print_sharing(found: Sharing) -> None:
    """Print who shares tasks with whom."""
    if not found.n_annotators:
        return
    components, alone = len(found.components), len(found.alone)
    ending = "" if components == 1 else "s"
    typer.echo(
        f"who shares tasks with whom: {found.n_annotators} annotators, {components} component{ending},"
        f" {decimal(found.median_partners, 1)} partners in the median"
        + (f"; alone: {', '.join(found.alone[:10])}{' …' if alone > 10 else ''}" if alone else "")
    )
    if components > 1:
        smaller = "; ".join(", ".join(component[:10]) for component in found.components[1:4])
        typer.echo(f"  agreement cannot be compared between components; beside the largest: {smaller}")


def print_difference(report: AssignReport, other: AssignReport) -> None:
    """Print what is otherwise when it is otherwise."""
    typer.echo("what if: nothing was changed")
    print_table("Compared", ("what", ">as it is", ">what if", ">difference"), _compared(report, other))
    before = {one.annotator: one for one in report.loads}
    after = {one.annotator: one for one in other.loads}
    print_table(
        "Load that differs",
        ("annotator", ">tasks", ">then", ">hours", ">then", ">of capacity", ">then"),
        [
            (
                name,
                *(
                    cell
                    for pair in zip(_cells(before.get(name)), _cells(after.get(name)), strict=True)
                    for cell in pair
                ),
            )
            for name in [*before, *(name for name in after if name not in before)][: MAX_LISTED * 4]
            if _cells(before.get(name)) != _cells(after.get(name))
        ][:MAX_LISTED],
    )
    print_hiring_plan(other.vacancies)
    print_distance(other.distance, other.currency)
    print_sharing(other.sharing)


def _cells(load: Load | None) -> tuple[Any, Any, Any]:
    return (None, None, None) if load is None else (load.n_open + load.n_new, decimal(load.hours, 1), _share(load))


def _compared(report: AssignReport, other: AssignReport) -> list[tuple[str, str, str, str]]:
    def row(title: str, before: float | None, after: float | None, digits: int = 0) -> tuple[str, str, str, str]:
        if before is None or after is None:
            return title, "–", "–", "–"
        return title, f"{before:,.{digits}f}", f"{after:,.{digits}f}", f"{after - before:+,.{digits}f}"

    return [
        row("new assignments", report.n_assigned, other.n_assigned),
        row("annotations missing", report.n_missing, other.n_missing),
        row("hours missing", report.distance.missing_hours, other.distance.missing_hours, 1),
        row("people to hire", _n_people(report), _n_people(other)),
        row(f"cost of what is new ({report.currency})", report.distance.cost, other.distance.cost, 2),
    ]


def _n_people(report: AssignReport) -> int:
    return sum(one.n_people for one in report.vacancies)
