"""Who settled what, how sure labels are, whether that sureness holds, and what accuracy costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.consensus.summary import ConsensusSummary
from toolkit.models import Tier
from toolkit.reports import theme
from toolkit.reports.charts import ROW, specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Undefined
from toolkit.reports.sections.consensuscosts import cost_accuracy, review_error
from toolkit.reports.sections.consensuslabels import annotator_accuracy, confidence, outcomes, reliability
from toolkit.wording import count, percent
from toolkit.workflow.headway import Progress
from toolkit.workflow.provenance import SETTLERS, Provenance
from toolkit.workflow.reviews import ReviewError
from toolkit.workflow.trials import PolicyTrial

ALL = "all domains"
MOST_DOMAINS = 30  # in a picture
LADDER: Mapping[str, str] = {
    "decided": theme.GREEN,
    "went up": theme.PURPLE,
    "undecided": theme.RED,
    "open": theme.ORANGE,
}


def consensus_section(
    progress: Progress,
    provenance: Sequence[Provenance],
    reviews: ReviewError,
    summary: ConsensusSummary | None,
    trial: PolicyTrial | None,
    *,
    target: float | None = None,
    why: str = "",
    why_no_trial: str = "",
) -> Section:
    """Return the section of a workspace's report on consensus and escalation.

    Parameters
    ----------
    progress, reviews
        What `toolkit status` prints of them.
    provenance, summary
        What `toolkit consensus` prints of them; None with the reason in `why`.
    trial : PolicyTrial or None
        What `toolkit policy simulate` prints; None with the reason in `why_no_trial`.
    target : float, optional
        Confidence that the overlap policy wants.
    """
    return Section(
        id="consensus",
        title="Consensus and escalation",
        lead="How far tasks went up the ladder, who settled them, how sure their labels are and whether that holds.",
        figures=(
            _ladder(progress),
            _provenance(provenance),
            outcomes(summary, why),
            confidence(summary, why, target=target),
            reliability(summary, why),
            cost_accuracy(trial, why_no_trial),
            review_error(reviews),
        ),
    )


def file_consensus_section(summary: ConsensusSummary) -> Section:
    """Return the section of a file's report on consensus; annotators are told of as a distribution only."""
    return Section(
        id="consensus",
        title="Consensus",
        lead="Which tasks have a label, how sure these labels are, and how often annotators are right as far as the"
        " labels tell.",
        figures=(outcomes(summary), confidence(summary), annotator_accuracy(summary)),
    )


def _ladder(progress: Progress) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("tier", "tier"),
        Column("n_placements", "tasks asked about", Kind.COUNT),
        Column("n_decided", "decided there", Kind.COUNT),
        Column("n_escalated", "went up", Kind.COUNT),
        Column("n_undecided", "stay undecided", Kind.COUNT),
        Column("n_open", "open", Kind.COUNT),
    )
    sums: dict[tuple[str, Tier], list[int]] = defaultdict(lambda: [0] * 5)
    for one in progress.projects:
        counts = (one.n_placements, one.n_decided, one.n_escalated, one.n_undecided, one.n_open)
        for domain in (ALL, one.key.domain):
            own = sums[domain, one.key.tier]
            own[:] = [before + more for before, more in zip(own, counts, strict=True)]
    order = list(Tier)
    found = sorted(sums.items(), key=lambda item: (item[0][0] != ALL, item[0][0], order.index(item[0][1])))
    table = Table(columns, tuple((domain, tier.value, *counts) for (domain, tier), counts in found if counts[0]))
    tiers = Table(columns, tuple(row for row in table.rows if row[0] == ALL))
    n_up = sum(row[4] for row in tiers.rows)
    undefined = {0: "no task is placed yet", 1: "everything is asked at one tier"}.get(len(tiers.rows), "")
    return Figure(
        id="ladder",
        title="How tasks went up the ladder",
        tells=" ".join(
            f"{tier.capitalize()}s decided {decided:,} of {n:,} and left {left:,} undecided."
            for _, tier, n, decided, _, left, _ in tiers.rows
        ),
        table=table,
        rests_on=f"Rests on {count(sum(row[2] for row in tiers.rows), 'task')} in projects, reviews included; a task"
        f" that went up counts at each tier. {n_up:,} went up.",
        command="toolkit status",
        chart=None if undefined else _stacked_tiers(tiers),
        undefined=undefined,
    )


def _stacked_tiers(table: Table) -> Mapping[str, Any]:
    names = dict(zip(("n_decided", "n_escalated", "n_undecided", "n_open"), LADDER, strict=True))
    return _stacked(table, "tier", names, LADDER, title="tasks", normalize=False, height=len(table.rows) * 34)


def _provenance(found: Sequence[Provenance]) -> Figure:
    columns = (
        Column("domain", "domain"),
        Column("n_decided", "decided", Kind.COUNT),
        *(Column(f"n_{name}", name, Kind.COUNT) for name in SETTLERS),
        *(Column(f"share_{name}", f"{name}, share", Kind.SHARE) for name in SETTLERS),
    )
    nothing = Undefined("nothing is decided")
    rows = tuple(
        (
            one.domain or ALL,
            one.n_decided,
            *(one.settled_by[name] for name in SETTLERS),
            *(one.settled_by[name] / one.n_decided if one.n_decided else nothing for name in SETTLERS),
        )
        for one in found
    )
    table, whole = Table(columns, rows), found[0]
    drawn = Table(columns, tuple(row for row in rows if row[1])[: MOST_DOMAINS + 1])
    cut = (
        f" The picture has the first {MOST_DOMAINS} of {len(rows) - 1} domains." if len(rows) > MOST_DOMAINS + 1 else ""
    )
    shares = [
        f"{name} {percent(whole.settled_by[name] / whole.n_decided)}" for name in SETTLERS if whole.settled_by[name]
    ]
    colours = {name: theme.TIERS.get(name, theme.TIERS[Tier.ADJUDICATOR.value]) for name in SETTLERS}
    names = {f"n_{name}": name for name in SETTLERS}
    height = len(drawn.rows) * (ROW + 4)
    return Figure(
        id="provenance",
        title="Who settled the labels",
        tells=f"{', '.join(shares)}.{cut}".capitalize() if shares else "",
        table=table,
        rests_on=f"Rests on {count(whole.n_decided, 'decided task')}, once for each label config. Adjudicated: ruled,"
        " or changed by an adjudicator's review.",
        command="toolkit consensus --view provenance",
        chart=_stacked(drawn, "domain", names, colours, title="share of decided tasks", height=height)
        if drawn.rows
        else None,
        undefined="" if drawn.rows else "nothing is decided yet",
    )


def _stacked(
    table: Table,
    name: str,
    parts: Mapping[str, str],
    colours: Mapping[str, str],
    *,
    title: str,
    height: int,
    normalize: bool = True,
) -> Mapping[str, Any]:
    """Return bars of a table's rows, each divided into the columns that `parts` names."""
    import altair as alt

    values = [
        {**row, "part": part, "n": row[column], "order": number}
        for row in table.records()
        for number, (column, part) in enumerate(parts.items())
        if row[column]
    ]
    used = [part for part in parts.values() if any(one["part"] == part for one in values)]
    axis = alt.Axis(format="%", tickCount=5) if normalize else alt.Axis()
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y(f"{name}:N", sort=None, title=None),
            x=alt.X("n:Q", stack="normalize" if normalize else "zero", title=title, axis=axis),
            color=alt.Color(
                "part:N",
                title=None,
                legend=alt.Legend(columns=2),
                scale=alt.Scale(domain=used, range=[colours[part] for part in used]),
            ),
            order="order:Q",
            tooltip=[alt.Tooltip("part:N", title="part"), *tooltip(table.columns)],
        )
    )
    return specification(bars, f"{title}, by {name}", height=height)
