"""What was released: every version, its splits, and how often each label occurs in the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.reports import theme
from toolkit.reports.charts import ROW, data, specification, tooltip
from toolkit.reports.page import Column, Figure, Kind, Section, Table, Undefined
from toolkit.wording import count, percent
from toolkit.workflow.releaselist import ListedVersion, Presence, ReleaseListing

COMMAND = "toolkit release list"
MOST_NAMES = 20  # of releases, in a picture
MOST_LABELS = 60  # in a picture
MOST_OF_A_CONTROL = 15  # labels, where there are several controls


def releases_section(found: ReleaseListing) -> Section:
    """Return the section of a report on releases.

    Parameters
    ----------
    found : ReleaseListing
        What `toolkit release list` prints.
    """
    if not found.versions:
        lead = "Nothing was released yet. `toolkit release NAME` writes what is settled as a dataset."
        return Section("releases", "Releases", lead, ())
    newest = _newest(found.versions)
    return Section(
        id="releases",
        title="Releases",
        lead="What was released, latest first. Whether a folder is as it was written is told by its manifest and the"
        " sizes of its files; `toolkit release verify FOLDER` reads every file.",
        figures=(_versions(found.versions), _splits(newest), _labels(found)),
    )


def _newest(versions: Sequence[ListedVersion]) -> list[ListedVersion]:
    """Return the newest version of each name, latest first."""
    highest: dict[str, int] = {}
    for one in versions:
        highest[one.name] = max(one.version, highest.get(one.name, 0))
    return [one for one in versions if highest[one.name] == one.version]


def _rests_on(versions: Sequence[ListedVersion]) -> str:
    return f"Rests on {count(len(versions), 'version')} with {count(sum(one.n_rows for one in versions), 'row')}."


def _versions(versions: Sequence[ListedVersion]) -> Figure:
    columns = (
        Column("name", "release"),
        Column("version", "version", Kind.COUNT),
        Column("made_at", "made (UTC)", Kind.DATE),
        Column("n_rows", "rows", Kind.COUNT),
        Column("n_left_out", "undecided, left out", Kind.COUNT),
        Column("splits", "rows by split"),
        Column("formats", "formats"),
        Column("simulated", "simulated"),
        Column("presence", "folder"),
        Column("digest", "digest"),
    )
    away = [one for one in versions if one.presence is not Presence.THERE]
    latest = versions[0]
    others = f" {len(away):,} of {count(len(versions), 'version')} not there or changed." if away else ""
    return Figure(
        id="releases",
        title="Every version",
        tells=f"The latest is {latest.name} v{latest.version} with {count(latest.n_rows, 'row')}.{others}",
        table=Table(columns, tuple(map(_version, versions))),
        rests_on=_rests_on(versions),
        command=COMMAND,
    )


def _version(one: ListedVersion) -> tuple[Any, ...]:
    unknown = Undefined("its manifest cannot be read")
    return (
        one.name,
        one.version,
        one.made_at,
        one.n_rows,
        unknown if one.n_left_out is None else one.n_left_out,
        ", ".join(f"{split} {n:,}" for split, n in one.splits.items()),
        ", ".join(one.formats),
        "" if one.simulated is None else "some or all" if one.simulated else "none",
        one.presence.value,
        one.digest[:12],
    )


def _splits(newest: Sequence[ListedVersion]) -> Figure:
    columns = (
        Column("release", "release"),
        Column("split", "split"),
        Column("n", "rows", Kind.COUNT),
        Column("share", "share", Kind.SHARE),
    )
    nothing = Undefined("there are no rows")
    rows = [
        (f"{one.name} v{one.version}", split, n, n / one.n_rows if one.n_rows else nothing)
        for one in newest
        for split, n in one.splits.items()
    ]
    drawn = {f"{one.name} v{one.version}" for one in newest[:MOST_NAMES]}
    cut = f" The picture has the latest {MOST_NAMES} of {len(newest)} releases." if len(newest) > MOST_NAMES else ""
    empty = [f"{release} has no {split}" for release, split, n, _ in rows if not n]
    latest = newest[0]
    first = ", ".join(f"{split} {percent(n / latest.n_rows)}" for split, n in latest.splits.items() if n)
    return Figure(
        id="release-splits",
        title="Rows by split, of each release's newest version",
        tells=f"{latest.name} v{latest.version}: {first}.{cut} {'; '.join(empty[:3])}".strip(),
        table=Table(columns, tuple(rows)),
        rests_on=_rests_on(newest),
        command=COMMAND,
        chart=_split_bars(Table(columns, tuple(row for row in rows if row[0] in drawn))),
    )


def _split_bars(table: Table) -> Mapping[str, Any]:
    import altair as alt

    names = list(dict.fromkeys(row[1] for row in table.rows))
    order = {name: place for place, name in enumerate(names)}
    values = [{**row, "order": order[row["split"]]} for row in table.records() if row["n"]]
    colours = [theme.PALETTE[place % len(theme.PALETTE)] for place in range(len(names))]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("release:N", sort=None, title=None),
            x=alt.X("n:Q", title="rows"),
            color=alt.Color("split:N", title=None, scale=alt.Scale(domain=names, range=colours)),
            order="order:Q",
            tooltip=tooltip(table.columns),
        )
    )
    return specification(bars, "Rows of each release by split", height=len({row[0] for row in table.rows}) * 30)


def _labels(found: ReleaseListing) -> Figure:
    columns = (
        Column("control", "control"),
        Column("label", "label"),
        Column("n", "rows or regions", Kind.COUNT),
        Column("share", "share", Kind.SHARE),
        Column("unit", "counted"),
        Column("n_answered", "rows with an answer", Kind.COUNT),
        Column("config", "label config"),
    )
    rows, drawn = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    controls = [one for one in found.labels if one.labels]
    for one in controls:
        ranked = sorted(one.labels, key=lambda label: -label.n)
        own = [
            (one.control, label.label, label.n, label.share, f"{one.unit}s", one.n_answered, one.config)
            for label in ranked
        ]
        rows += own
        most = MOST_LABELS if len(controls) == 1 else MOST_OF_A_CONTROL
        used = [row for row in own if row[2]][:most]
        if len(drawn) + len(used) <= MOST_LABELS:
            drawn += used
    n_used = sum(1 for row in rows if row[2])
    cut = f" The picture has {len(drawn)} of {n_used} labels that occur." if len(drawn) < n_used else ""
    unused = len(rows) - n_used
    return Figure(
        id="release-labels",
        title=f"Label shares of {found.labels_of}",
        tells=(f"{count(unused, 'declared label')} {'does' if unused == 1 else 'do'} not occur." if unused else "")
        + cut,
        table=Table(columns, tuple(rows)),
        rests_on=f"Rests on {count(found.versions[0].n_rows, 'row')}. Shares are of the rows with an answer, or of the"
        " regions that are marked.",
        command=COMMAND,
        chart=_label_bars(Table(columns, tuple(drawn))) if len(drawn) > 1 else None,
        undefined=found.reason or ("" if len(drawn) > 1 else "one label occurs; the table has it"),
    )


def _label_bars(table: Table) -> Mapping[str, Any]:
    """Return bars below a heading for each control; the headings are rows of the chart without a bar."""
    import altair as alt

    values, headings = list[dict[str, Any]](), list[dict[str, Any]]()
    for row in data(table).to_dict()["values"]:
        heading = f"{row['control']} ({row['config']})"
        if not headings or headings[-1]["heading"] != heading:
            # Two controls may have labels of the same name: what comes after the tab is not shown.
            headings.append({"name": f"\t{len(headings)}", "heading": heading, "share": 0})
            values.append(headings[-1])
        values.append({**row, "name": f"{row['label']}\t{len(headings)}"})
    axis = alt.Axis(labelExpr="split(datum.label, '\t')[0]", grid=False, ticks=False)
    y = alt.Y("name:N", sort=[one["name"] for one in values], title=None, axis=axis)
    room = alt.Scale(domain=[0, 1.15 * max(one["share"] for one in values)], nice=False)  # for the numbers
    x = alt.X("share:Q", title="share", axis=alt.Axis(format="%", tickCount=5), scale=room)
    own = alt.Chart(alt.Data(values=[one for one in values if "label" in one])).encode(
        y=y, x=x, tooltip=tooltip(table.columns)
    )
    numbers = own.mark_text(align="left", dx=4).encode(text=alt.Text("share:Q", format=".0%"))
    names = alt.Chart(alt.Data(values=headings)).mark_text(align="left", dx=2, dy=3, fontWeight="bold")
    return specification(
        alt.layer(own.mark_bar(color=theme.BLUE), numbers, names.encode(y=y, x=x, text="heading:N")),
        "How often each label occurs, by control",
        height=len(values) * ROW,
    )
