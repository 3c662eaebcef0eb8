"""The team: load, agreement with the rest, speed and skips; of small groups nothing from which one can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from toolkit.agreement.report import AnnotatorAgreement
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Undefined
from toolkit.reports.sections.teamcharts import MOST_PEOPLE, bars, histogram, points
from toolkit.reports.sections.teamgroups import LEAST, Member, Person, load_groups, people_of
from toolkit.reports.wording import seconds
from toolkit.wording import count, percent
from toolkit.workflow.assigning import Load

ASSIGN, AGREEMENT = "toolkit assign --dry-run", "toolkit agreement"
SMALL = f"all work in groups under {LEAST} people, which are not broken down"


def team_section(
    annotators: Sequence[AnnotatorAgreement] | None,
    loads: Sequence[Load] | None,
    *,
    why: str = "",
    why_no_load: str = "",
) -> Section:
    """Return the section of a report on the team; pseudonyms only.

    Parameters
    ----------
    annotators : sequence of AnnotatorAgreement, optional
        As `toolkit agreement` prints them; without them, for the reason in `why`, only the load is shown.
    loads : sequence of Load, optional
        As `toolkit assign --dry-run` prints them; without them, for the reason in `why_no_load`, no load is shown.
    why, why_no_load : str
        Why the one or the other is not there.

    Returns
    -------
    Section
        Somebody has a row of their own only where their group, a domain at a tier, has five people or more. All others
        are one line together, with sums only where they are five or more themselves; no total stands beside it.
    """
    members, n_small, small = people_of(annotators or ())
    return Section(
        id="team",
        title="Team",
        lead=f"What people have before them, how far they agree with the rest, how long answers take and what is"
        f" skipped. Groups under {LEAST} people are not broken down. Fast or slow is how it is, not how it should be.",
        figures=(
            _load(loads or (), why_no_load),
            _annotators(members, n_small, small, why),
            _speed(members, why),
            _skips(members, why),
        ),
    )


def _people(n: int) -> str:
    return f"{n:,} {'person' if n == 1 else 'people'}"


def _cut(n: int) -> str:
    return " The picture has how they are spread." if n > MOST_PEOPLE else ""


def _load(loads: Sequence[Load], why: str) -> Figure:
    columns = (
        Column("annotator", "annotator"),
        Column("domains", "works in"),
        Column("n_open", "open", Kind.COUNT),
        Column("n_new", "new", Kind.COUNT),
        Column("hours", "hours", Kind.HOURS),
        Column("capacity", "capacity, hours", Kind.HOURS),
        Column("share", "of capacity", Kind.SHARE),
    )
    shown, small = load_groups(loads)
    shown = sorted(shown, key=lambda one: (-one.hours, one.annotator))
    rows = [
        (one.annotator, ", ".join(one.domains), one.n_open, one.n_new, one.hours, _capacity(one), one.share)
        for one in shown
    ]
    drawn = Table(columns, tuple(rows))
    if small:
        rows.append(_load_together(small))
    full = sum(one.share is not None and one.share >= 1 for one in shown)
    busy = any(row[4] for row in drawn.rows)
    reason = why or (SMALL if small and not shown else "nobody has work before them")
    return Figure(
        id="load",
        title="Load against capacity",
        tells=f"{_people(full)} of {len(shown):,} shown with all of their time taken.{_cut(len(shown))}"
        if shown
        else "",
        table=Table(columns, tuple(rows)),
        rests_on=f"Rests on {_people(len(shown))} in groups of {LEAST} or more; {_people(len(small))} in others.",
        command=ASSIGN,
        chart=_load_chart(drawn) if busy else None,
        undefined="" if busy else reason,
    )


def _capacity(load: Load) -> float | Undefined:
    """Return the hours until the horizon of which the share is taken."""
    return load.hours / load.share if load.share else Undefined("no limit" if load.share is None else "nothing taken")


def _load_together(small: Sequence[Load]) -> tuple[Any, ...]:
    name = f"{_people(len(small))} in small groups"
    if len(small) < LEAST:
        hidden = Undefined(f"fewer than {LEAST} people")
        return name, "", hidden, hidden, hidden, None, None
    sums = sum(one.n_open for one in small), sum(one.n_new for one in small), sum(one.hours for one in small)
    return name, "", *sums, None, None


def _load_chart(drawn: Table) -> Any:
    if len(drawn.rows) > MOST_PEOPLE:
        shares = [row[6] for row in drawn.rows if row[6] is not None]
        if len(shares) == len(drawn.rows):
            return histogram(shares, "share of capacity", percents=True)
        return histogram([row[4] for row in drawn.rows], "hours before them")
    return bars(drawn, "hours", "hours before them", tick="capacity")


def _annotators(members: Sequence[Member], n_small: int, small: Sequence[Person], why: str) -> Figure:
    columns = (
        Column("annotator", "annotator"),
        Column("place", "where"),
        Column("control", "control"),
        Column("agreement", "agreement with the rest", Kind.SHARE),
        Column("n_tasks", "tasks with others", Kind.COUNT),
        Column("alpha_without", "alpha without them", Kind.NUMBER),
        Column("n_judgments", "judgments", Kind.COUNT),
        Column("lead_time", "median time", Kind.SECONDS),
        Column("n_skipped", "skipped", Kind.COUNT),
        Column("n_repeats", "repeats", Kind.COUNT),
        Column("self_agreement", "repeats as before", Kind.SHARE),
    )
    rows = [_annotator(one) for one in sorted(members, key=_least_first)]
    drawn = Table(columns, tuple(row for row in rows if not isinstance(row[3], Undefined)))
    if n_small:
        rows.append(_together(n_small, small))
    values = [row[3] for row in drawn.rows]
    middle = f"Half of them at {percent(sorted(values)[len(values) // 2])} or more." if values else ""
    names = {one.annotator for one in members}
    return Figure(
        id="annotators",
        title="Agreement of each with the rest",
        tells=f"{_people(len(names))}, once for each control. {middle}{_cut(len(values))}".strip() if names else "",
        table=Table(columns, tuple(rows)),
        rests_on=_rests_on(members, n_small),
        command=AGREEMENT,
        chart=_agreement_chart(drawn) if values else None,
        undefined="" if values else why or (SMALL if n_small else "nobody has judged a task with others"),
    )


def _least_first(one: Member) -> tuple[bool, float, str, str]:
    return one.agreement is None, one.agreement or 0.0, one.annotator, one.control


def _annotator(one: Member) -> tuple[Any, ...]:
    return (
        one.annotator,
        one.place,
        one.control,
        Undefined("no task with others") if one.agreement is None else one.agreement,
        one.n_tasks,
        Undefined("without them none can be told") if one.alpha_without is None else one.alpha_without,
        one.n_judgments,
        one.lead_time_s,
        one.n_skipped,
        one.n_repeats,
        Undefined("no repeats") if one.self_agreement is None else one.self_agreement,
    )


def _together(n_small: int, small: Sequence[Person]) -> tuple[Any, ...]:
    name = f"{_people(n_small)} in small groups"
    if n_small < LEAST:
        hidden = Undefined(f"fewer than {LEAST} people")
        return name, "", "", None, None, None, hidden, None, hidden, None, None
    n_judgments, n_skipped = sum(one.n_judgments for one in small), sum(one.n_skipped for one in small)
    return name, "", "", None, None, None, n_judgments, None, n_skipped, None, None


def _agreement_chart(drawn: Table) -> Any:
    if len(drawn.rows) > MOST_PEOPLE:
        return histogram([row[3] for row in drawn.rows], "agreement with the rest", percents=True)
    return points(drawn, "agreement", "agreement with the rest")


def _rests_on(members: Iterable[Member], n_small: int) -> str:
    shown = list(members)
    n_people, n_judgments = len({one.annotator for one in shown}), sum(one.n_judgments for one in shown)
    return (
        f"Rests on {count(n_judgments, 'judgment')} of {_people(n_people)} in groups of {LEAST} or more;"
        f" {_people(n_small)} in others."
    )


def _once(members: Iterable[Member]) -> list[Member]:
    """Return one row for each person and place: time and skips are of whole tasks, not of single controls."""
    found: dict[tuple[str, str], Member] = {}
    for one in members:
        key = one.annotator, one.place
        if key not in found or one.n_judgments > found[key].n_judgments:
            found[key] = one
    return list(found.values())


def _speed(members: Sequence[Member], why: str) -> Figure:
    columns = (
        Column("annotator", "annotator"),
        Column("place", "where"),
        Column("lead_time", "median time", Kind.SECONDS),
        Column("n_judgments", "judgments", Kind.COUNT),
    )
    timed = [one for one in _once(members) if one.lead_time_s is not None]
    rows = sorted(
        ((one.annotator, one.place, one.lead_time_s, one.n_judgments) for one in timed), key=lambda row: row[2] or 0.0
    )
    times = [row[2] for row in rows if row[2] is not None]
    several, n = len(times) >= LEAST, len(times)
    tells = f"Half of them between {seconds(times[n // 4])} and {seconds(times[3 * n // 4])}." if several else ""
    return Figure(
        id="speed",
        title="How long an answer takes",
        tells=tells,
        table=Table(columns, tuple(rows)),
        rests_on=f"Rests on {count(sum(row[3] for row in rows), 'judgment')} of {_people(len({r[0] for r in rows}))}.",
        command=AGREEMENT,
        chart=histogram(times, "median seconds of one person's answers", of="people, once for each place")
        if several
        else None,
        undefined="" if several else why or ("no times are known" if members else SMALL),
    )


def _skips(members: Sequence[Member], why: str) -> Figure:
    columns = (
        Column("annotator", "annotator"),
        Column("place", "where"),
        Column("n_skipped", "skipped", Kind.COUNT),
        Column("n_judgments", "judged", Kind.COUNT),
        Column("share", "skipped, of skipped and judged", Kind.SHARE),
    )
    once = [one for one in _once(members) if one.n_skipped + one.n_judgments]
    rows = sorted(
        (
            (
                one.annotator,
                one.place,
                one.n_skipped,
                one.n_judgments,
                one.n_skipped / (one.n_skipped + one.n_judgments),
            )
            for one in once
        ),
        key=lambda row: (-row[4], row[0], row[1]),
    )
    n_skipped, n_all = sum(row[2] for row in rows), sum(row[2] + row[3] for row in rows)
    table = Table(columns, tuple(rows))
    told = f"{n_skipped:,} of {n_all:,} skipped, {percent(n_skipped / n_all)}.{_cut(len(rows))}" if n_all else ""
    return Figure(
        id="skips",
        title="What people skip",
        tells=told,
        table=table,
        rests_on=f"Rests on {n_all:,} judged or skipped by {_people(len({row[0] for row in rows}))}.",
        command=AGREEMENT,
        chart=_skips_chart(table) if n_skipped else None,
        undefined="" if n_skipped else why or ("nobody skipped anything" if members else SMALL),
    )


def _skips_chart(table: Table) -> Any:
    if len(table.rows) > MOST_PEOPLE:
        return histogram([row[4] for row in table.rows], "share skipped", percents=True)
    return bars(table, "share", "share skipped", percents=True)
