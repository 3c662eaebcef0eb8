"""``toolkit team``: the people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.common import DryRunOption, JsonOption, WorkspaceOption, opened, say
from toolkit.cli.render import print_json, print_table

if TYPE_CHECKING:
    from toolkit.models import Annotator
    from toolkit.workflow.departures import OffboardReport
    from toolkit.workflow.roster import MemberLoad, MemberStory, PersonalDetails

app = typer.Typer(help="The people who annotate.", no_args_is_help=True)
WAY = {True: "open", False: "closed", None: "not tried"}
PrivateOption = Annotated[bool, typer.Option("--private", help="Also tell what is personal.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="team")


@app.command("list")
def list_members(
    workspace: WorkspaceOption = Path(),
    private: Annotated[bool, typer.Option("--private", help="Also tell what they are called in releases.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the members of team.yaml and those who left, with what waits for each."""
    from toolkit.workflow import list_team

    with opened(workspace, writing=False) as operation:
        team = list_team(operation, private=private)
    if as_json:
        print_json({"members": team.members, "currency": team.currency})
        return
    columns = ("pseudonym", "languages", "domains", ">hours a week", f">{team.currency} an hour", "account", ">open")
    print_table(
        "Team",
        (*columns, ">done in 7 days", *(["|in releases"] if private else [])),
        [(*_listed(load), *([load.release_pseudonym] if private else [])) for load in team.members],
    )


def _listed(load: MemberLoad) -> tuple[Any, ...]:
    member = load.member
    account = "yes" if load.account else "not yet"
    return (
        f"{member.pseudonym} (simulated)" if member.simulated else member.pseudonym,
        *_skills(member),
        _number(member.capacity_per_week),
        _number(member.cost_per_hour),
        account if load.left_at is None else f"left {load.left_at:%Y-%m-%d}",
        load.n_open,
        load.n_done_in_week,
    )


def _skills(member: Annotator) -> tuple[str | None, str | None]:
    domains = ", ".join(f"{domain}: {tier}" for domain, tier in member.domains.items())
    return ", ".join(member.languages) or None, domains or None


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


@app.command()
def show(
    pseudonym: Annotated[str, typer.Argument(help="Somebody in the team, or who has left.")],
    workspace: WorkspaceOption = Path(),
    private: PrivateOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a member does and did; with --private also their name, address and release pseudonyms."""
    from toolkit.workflow import show_member

    with opened(workspace, writing=False) as operation:
        story = show_member(operation, pseudonym, private=private)
    if as_json:
        print_json({"member": story})
    else:
        _print_story(story)


def _print_story(story: MemberStory) -> None:
    member, speed = story.member, story.median_lead_time_s
    languages, domains = _skills(member)
    typer.echo(f"{member.pseudonym}{' (simulated)' if member.simulated else ''}")
    lines = {
        "languages": languages,
        "domains": domains,
        "hours a week": _number(member.capacity_per_week),
        f"{story.currency} an hour": _number(member.cost_per_hour),
        "conflicts": ", ".join(member.conflicts) or "none",
        "account": "yes" if story.account else "not yet",
        "added": f"{story.added_at:%Y-%m-%d}" if story.added_at else None,
        "left": f"{story.left_at:%Y-%m-%d}" if story.left_at else None,
        "done in 7 days": str(story.n_done_in_week),
        "median time": None if speed is None else f"{speed:.0f} s an answer, of {story.n_lead_times} answers",
    }
    if story.personal is not None:
        lines |= _personal_lines(story.personal)
    for name, text in lines.items():
        if text is not None:
            typer.echo(f"  {name:<16}{text}")
    print_table(
        "Work",
        ("project", ">open", ">done", ">skipped", ">quarantined", "address"),
        [(p.project, len(p.open_tasks), p.n_done, p.n_skipped, p.n_quarantined, p.url) for p in story.projects],
    )


def _personal_lines(personal: PersonalDetails) -> dict[str, str | None]:
    former = [f"{name} until {until[:10]}" for name, until in personal.former_release_pseudonyms]
    return {
        "name": personal.name,
        "e-mail": personal.email,
        "in releases": personal.release_pseudonym,
        "in older ones": ", ".join(former) or None,
    }


@app.command()
def add(
    pseudonym: Annotated[
        str | None, typer.Argument(help="What they are called in every file; made up if it is left out.")
    ] = None,
    languages: Annotated[
        list[str] | None, typer.Option("--language", metavar="CODE", help="A language they read; once for each.")
    ] = None,
    domains: Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="DOMAIN=TIER", help='Where they work at which tier; "*" is every domain.'),
    ] = None,
    capacity: Annotated[float | None, typer.Option(help="Hours they can give, per week.")] = None,
    cost: Annotated[float | None, typer.Option(help="Per hour, in the team's currency.")] = None,
    conflicts: Annotated[
        list[str] | None,
        typer.Option("--conflict", metavar="PATTERN", help="Sources they must not see, as acme/*, or domain:NAME."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Their real name; it stays in the workspace's registry.")] = None,
    email: Annotated[str | None, typer.Option(help="Their address; it stays in the workspace's registry.")] = None,
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
) -> None:
    """Add a member to team.yaml; name and address are kept apart from it."""
    from toolkit.workflow import add_member

    with opened(workspace) as operation:
        values: dict[str, Any] = {
            "pseudonym": pseudonym,
            "languages": languages or [],
            "domains": _tiers(domains or []),
            "capacity_per_week": capacity,
            "cost_per_hour": cost,
            "conflicts": conflicts or [],
        }
        added = add_member(operation, values, name=name, email=email, dry_run=dry_run)
    typer.echo(f"{added.pseudonym} {'would be' if dry_run else 'is'} in team.yaml: {added.line}")
    if not dry_run:
        typer.echo(f"`toolkit team invite {added.pseudonym}` makes the account")


def _tiers(texts: list[str]) -> dict[str, str]:
    from toolkit.errors import InputError

    tiers: dict[str, str] = {}
    for text in texts:
        domain, equals, tier = text.partition("=")
        if not equals or domain in tiers:
            raise InputError(
                f"--domain {text}: " + ("given twice." if equals else "no tier is given."),
                hint="write it as DOMAIN=TIER, as in --domain finance=specialist.",
            )
        tiers[domain] = tier
    return tiers


@app.command()
def invite(
    pseudonym: Annotated[str, typer.Argument(help="A member of team.yaml.")],
    email: Annotated[
        str | None, typer.Option(help="The address the person logs in with; needed where it is not known yet.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
) -> None:
    """Make a Label Studio account for a member; the password goes to a file that only you can read."""
    from toolkit.workflow import invite as step

    with opened(workspace) as operation:
        handover = step(operation, pseudonym, email, dry_run=dry_run)
        if handover is None:
            typer.echo(f"{pseudonym} would get an account")
        else:
            typer.echo(f"{pseudonym} can log in at {operation.platform.url}; e-mail and password: {handover}")


@app.command()
def offboard(
    pseudonym: Annotated[str, typer.Argument(help="Who leaves.")],
    workspace: WorkspaceOption = Path(),
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """End a member's access, keep what they finished, give the rest to others; exit 1 while a way in is open."""
    from toolkit.workflow import offboard as step

    with opened(workspace) as operation:
        report = step(operation, pseudonym, dry_run=dry_run)
    if as_json:
        print_json({"offboard": report})
    elif dry_run:
        account = "loses access to the account" if report.had_account else "has no account"
        typer.echo(f"{pseudonym} {account}; {report.n_open} open assignments would be withdrawn")
    else:
        _print_departure(report)
    raise typer.Exit(0 if report.passed else 1)


def _print_departure(report: OffboardReport) -> None:
    from toolkit.cli.steps import print_unmet, print_views

    print_table(
        f"Ways in as {report.pseudonym}",
        ("way", "before", "now", "answer"),
        [(way.name, WAY[way.before], WAY[way.after], way.detail) for way in report.ways],
    )
    if not report.had_account:
        typer.echo(f"{report.pseudonym} had no account")
    for text in report.left_open:
        say(f"still open: {text}")
    untried = [way.name for way in report.ways if way.after is None]
    if untried and not report.left_open:
        say(f"the server says that all is closed; could not be tried: {', '.join(untried)}")
    typer.echo(
        f"{report.pseudonym} is off-boarded; of their open tasks {report.n_given} are with others and"
        f" {report.n_waiting} wait for somebody; what they finished stays theirs"
    )
    if report.published is not None:
        print_views([view for view in report.published.views if view.new])
        print_unmet(report.published)
    elif report.n_waiting:
        say("`toolkit run` gives them to others")
    if report.in_team_file:
        say(f"{report.pseudonym} still stands in team.yaml, which is ignored; take the line out when you like")


@app.command("rotate-pseudonyms")
def rotate_pseudonyms(workspace: WorkspaceOption = Path(), dry_run: DryRunOption = False) -> None:
    """Call annotators by other pseudonyms in releases from now on; `team show --private` knows the former ones."""
    from toolkit.workflow import rotate_pseudonyms as step

    with opened(workspace) as operation:
        if not dry_run:
            step(operation)
    typer.echo(f"annotators {'would get' if dry_run else 'have'} other pseudonyms in releases from now on")
