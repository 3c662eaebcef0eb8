"""``toolkit agreement | consensus``: what the judgments of a workspace or of a file say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.common import (
    InputOption,
    JsonOption,
    LabelConfigOption,
    OutputOption,
    WorkspaceOption,
    check_output,
    exit_on_error,
    opened,
    say,
)
from toolkit.cli.render import decimal, percent, plain, print_json, print_table, shortened

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.agreement import AgreementReport, Coefficient, GroupAgreement
    from toolkit.models import Control
    from toolkit.workflow.measures import WorkspaceAgreement

ControlOption = Annotated[str | None, typer.Option("--control", "-c", help="Only this control.")]
MAX_LISTED = 30
JUDGMENT = (
    "task",
    "annotator",
    "control",
    "label",
    "value",
    "annotation",
    "created_at",
    "lead_time_s",
    "file_row_number",
)
FLAGS = {
    "exact_match": "exact",
    "few_tasks": "few",
    "skewed_labels": "skewed",
    "undefined_resamples": "unstable",
}
WEAKNESSES = ("few_tasks", "skewed_labels", "undefined_resamples")
LEGEND = (
    "tasks: those with two judgments or more. agreement: share of agreeing pairs per task. alpha: Krippendorff's for"
    " nominal labels, 1 perfect, 0 as by chance; <: below what the domain pack wants. exact: answers are compared"
    " whole. Trust the intervals less where it says few (under 30 tasks), skewed (fewer than 10 judgments besides the"
    " commonest label) or unstable (over 1 % of the resamples undefined)."
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (agreement, consensus):
        parent.command()(command)


def agreement(
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    by: Annotated[
        str | None, typer.Option(help="Columns that make groups, as domain,tier; in a workspace domain,config,tier.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Exit 1 where Krippendorff's alpha is below this or undefined."),
    ] = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how far annotators agree: percent agreement and Krippendorff's alpha, with 95 % intervals."""
    columns = None if by is None else _groups(by)
    with exit_on_error():
        check_output(output, source)
    n_simulated, targets = 0, {}
    if source is None:
        found = _of_workspace(workspace, columns, control)
        report, n_simulated, targets = found.report, found.n_simulated, dict(found.targets)
    else:
        with exit_on_error():
            report = _of_file(source, label_config, columns or (), control)
    with exit_on_error():
        if output is not None:
            _write_agreement(report, output)
    if as_json:
        print_json({**report.to_json(), "n_simulated": n_simulated})
    elif output is None:
        _print_agreement(report, targets)
    if n_simulated:
        say(f"{n_simulated} of the {report.n_judgments} judgments are simulated")
    failed = [] if fail_under is None else _failed(report, fail_under)
    for group in failed:
        where = "/".join(str(value) for value in (*group.by.values(), group.control))
        say(f"below {fail_under:g}: {where}: {_alpha(group.coefficients['krippendorff_alpha'])}")
    raise typer.Exit(1 if failed or (fail_under is not None and not report.groups) else 0)


def _groups(by: str) -> list[str]:
    """Return the columns to group by; those that a judgment itself consists of make no groups."""
    columns = [name.strip() for name in by.split(",") if name.strip()]
    if found := [name for name in columns if name in JUDGMENT]:
        raise typer.BadParameter(f"{', '.join(found)} is part of every judgment and makes no groups", param_hint="--by")
    return columns


def _of_workspace(workspace: Path, by: list[str] | None, control: str | None) -> WorkspaceAgreement:
    from toolkit.engines.duckdb import DuckDBEngine
    from toolkit.workflow import measure_agreement
    from toolkit.workflow.measures import GROUPS

    with opened(workspace) as operation:
        return measure_agreement(operation, DuckDBEngine(), by=GROUPS if by is None else by, control=control)


def _of_file(
    source: Path, label_config: Path | None, by: list[str] | tuple[()], control: str | None
) -> AgreementReport:
    from toolkit.agreement import measure
    from toolkit.engines.duckdb import DuckDBEngine

    controls = _controls(label_config)
    declared = {found.name: found.labels for found in controls or ()}
    judgments = _judgments(source, controls)
    return measure(judgments, engine=DuckDBEngine(), by=by, control=control, labels=declared)


def _controls(label_config: Path | None) -> tuple[Control, ...] | None:
    if label_config is None:
        return None
    from toolkit.errors import InputError
    from toolkit.labelconfig import read_controls

    try:
        return read_controls(label_config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{label_config} cannot be read: {error}.") from error


def _judgments(source: Path, controls: tuple[Control, ...] | None) -> pd.DataFrame:
    """Return the long table of a file; a .json file is a Label Studio export."""
    if source.suffix.lower() == ".json":
        from toolkit.labelstudio.convert import judgments_from_export

        found = judgments_from_export(source, controls)
        say(
            f"{source}: {found.attrs['n_annotations']} annotations, {found.attrs['n_skipped']} skipped and left out,"
            f" {found.attrs['n_ground_truth']} marked as ground truth"
        )
        if controls is None:
            say("what was asked is told from the answers; --label-config FILE says it for certain")
        for problem in found.attrs["problems"][:MAX_LISTED]:
            say(f"does not fit: {problem}")
        return found
    from toolkit.storage.tables import read_judgments

    return read_judgments(source)


def _failed(report: AgreementReport, threshold: float) -> list[GroupAgreement]:
    """Return the groups below a threshold; what is undefined has not reached it, and nan is no threshold to reach."""
    values = [(group, group.coefficients["krippendorff_alpha"].value) for group in report.groups]
    return [group for group, value in values if value is None or not value >= threshold]


def _print_agreement(report: AgreementReport, targets: Mapping[str, float]) -> None:
    alone = [group for group in report.groups if group.n_annotators < 2]
    rows = sorted(
        (_agreement_row(group, targets) for group in report.groups if group not in alone), key=lambda row: row[:2]
    )
    named = bool(report.groups and report.groups[0].by)
    columns = ("|control", ">tasks", ">annotators", ">agreement", "|alpha [95 %]", "|most used", "|notes")
    print_table(
        f"Agreement: {report.n_judgments} judgments of {report.n_annotators} annotators on {report.n_tasks} tasks",
        columns,
        rows if named else [row[1:] for row in rows],
        caption=LEGEND,
        grouped=named,
    )
    if alone:
        say(f"{len(alone)} of {len(report.groups)} groups have one annotator, so no agreement; --json lists them")
    if report.n_repeats_dropped:
        say(f"{report.n_repeats_dropped} repeated answers (same task, annotator and control): the latest counts")
    if report.n_without_label:
        say(f"{report.n_without_label} rows without a label left out")


def _agreement_row(group: GroupAgreement, targets: Mapping[str, float]) -> tuple[Any, ...]:
    alpha, share = group.coefficients["krippendorff_alpha"], group.coefficients["percent_agreement"]
    shown = "–" if share.value is None else percent(share.value)
    used = sorted(((part, label) for label, part in group.labels.items() if part), key=lambda item: (-item[0], item[1]))
    label = f"{shortened(used[0][1], 18)} {percent(used[0][0])}" if used else ""
    flags = {*alpha.flags, *share.flags}
    weak = [flag for flag in WEAKNESSES if flag in flags][:1]  # the first says enough; --json gives all
    notes = [FLAGS[flag] for flag in ("exact_match", *weak) if flag in flags]
    target = targets.get(group.by.get("domain") or "")
    if target is not None and alpha.value is not None and alpha.value < target and FLAGS["exact_match"] not in notes:
        notes.insert(0, f"<{target:g}")
    name = "/".join("–" if value is None else value for value in group.by.values())
    return (name, group.control, alpha.n_tasks, group.n_annotators, shown, _alpha(alpha), label, ", ".join(notes))


def _alpha(alpha: Coefficient) -> str:
    if alpha.value is None:
        return f"undefined: {(alpha.reason or '').replace('_', ' ')}"
    return f"{decimal(alpha.value)} [{decimal(alpha.low)}, {decimal(alpha.high)}]"


def _write_agreement(report: AgreementReport, path: Path) -> None:
    """Write one row per group and coefficient."""
    from toolkit.storage.tables import write_table

    rows = [
        {**group.by, "control": group.control, "kind": group.kind, "coefficient": name}
        | {key: ", ".join(value) if key == "flags" else value for key, value in plain(coefficient).items()}
        for group in report.groups
        for name, coefficient in group.coefficients.items()
    ]
    write_table(rows, path)


def consensus(
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    min_support: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Least share of judgments behind a label, for --input (else 0.5); packs say it else."
        ),
    ] = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Vote on every task and control: the label, the share behind it, and why where there is none."""
    if source is None and min_support is not None:
        raise typer.BadParameter("in a workspace the domain packs say it", param_hint="--min-support")
    with exit_on_error():
        check_output(output, source)
        if source is None:
            rows = _consensus_of_workspace(workspace)
        else:
            rows = _consensus_of_file(source, label_config, 0.5 if min_support is None else min_support)
        rows = _of_control(rows, control)
        if output is not None:
            from toolkit.storage.tables import write_table

            write_table(rows, output)
    if as_json:
        print_json({"consensus": rows})
    elif output is None:
        _print_consensus(rows)


def _of_control(rows: list[dict[str, Any]], control: str | None) -> list[dict[str, Any]]:
    from toolkit.errors import InputError

    if not rows:
        raise InputError("There are no judgments.", hint="run `toolkit collect`, or look at the file.")
    names = sorted({row["control"] for row in rows})
    if control is not None and control not in names:
        raise InputError(f"No judgment is on {control!r}; there are: {', '.join(names)}.")
    return [row for row in rows if control in (None, row["control"])]


def _consensus_of_workspace(workspace: Path) -> list[dict[str, Any]]:
    from toolkit.consensus import consensus_rows
    from toolkit.workflow import compute_consensus

    with opened(workspace) as operation:
        found = compute_consensus(operation)
    rows = consensus_rows(item.consensus for item in found)
    return [
        {"project": str(item.project), **row, "simulated": item.simulated}
        for item, row in zip(found, rows, strict=True)
    ]


def _consensus_of_file(source: Path, label_config: Path | None, min_support: float) -> list[dict[str, Any]]:
    from toolkit.consensus import consensus_by_task, consensus_rows

    return consensus_rows(consensus_by_task(_judgments(source, _controls(label_config)), min_support=min_support))


def _print_consensus(rows: list[dict[str, Any]]) -> None:
    from collections import Counter

    counts = Counter(row["status"] for row in rows)
    print_table(
        f"Consensus by vote: {', '.join(f'{n} {status}' for status, n in sorted(counts.items())) or 'no judgments'}",
        ("task", *(["project"] if "project" in rows[0] else []), "control", "label", "status", ">support", "reason"),
        [
            (
                r["task"],
                *([r["project"]] if "project" in r else []),
                r["control"],
                shortened(r["label"] or "–", 30),
                r["status"],
                r["support"],
                r["reason"],
            )
            for r in rows[:MAX_LISTED]
        ],
        caption=f"the first {MAX_LISTED} of {len(rows)}; --json or --output give all" if len(rows) > MAX_LISTED else "",
    )
