"""``toolkit agreement``: how far annotators agree, in a workspace or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.agreement.statistic import ALPHA, Level
from toolkit.cli.common import (
    InputOption,
    JsonOption,
    LabelConfigOption,
    OutputOption,
    WorkspaceOption,
    check_output,
    check_source,
    exit_on_error,
    opened,
    progress,
    say,
)
from toolkit.cli.engines import EngineOption, MemoryOption, engine_named
from toolkit.cli.judgments import ControlOption, agreement_source, controls_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.agreement import AgreementReport, CountEngine, GroupAgreement
    from toolkit.workflow.measures import WorkspaceAgreement

JUDGMENT = (
    "task",
    "annotator",
    "control",
    "label",
    "kind",
    "value",
    "annotation",
    "created_at",
    "lead_time_s",
    "extent",
    "file_row_number",
)


class View(StrEnum):
    """What a person is shown; ``--json`` has everything."""

    OVERALL = "overall"
    LABELS = "labels"
    ANNOTATORS = "annotators"
    PAIRS = "pairs"
    TASKS = "tasks"
    CHANGES = "changes"
    CONFUSIONS = "confusions"


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(agreement)


def agreement(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    level: Annotated[
        Level | None, typer.Option(help="How single labels are compared; each control suggests its own.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="All labels in their order, as low,middle,high, used or not; for --input.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Columns that make groups, as domain,tier; in a workspace domain,config,tier.")
    ] = None,
    view: Annotated[View, typer.Option(help="What to show; --json has everything.")] = View.OVERALL,
    min_shared: Annotated[int, typer.Option(min=1, help="Least number of tasks a listed pair shares.")] = 20,
    fail_under: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Exit 1 where a control's alpha is below this or undefined.")
    ] = None,
    engine: EngineOption = "duckdb",
    memory_limit: MemoryOption = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how far annotators agree: for each control the coefficients that fit it, with 95 % intervals."""
    check_source(context, source, label_config)
    columns = None if by is None else _groups(by)
    declared = None if labels is None else _labels(labels, source)
    with exit_on_error():
        check_output(output, source)
        counting = engine_named(engine, memory_limit)
    n_simulated, targets = 0, {}
    if source is None:
        found = _of_workspace(workspace, counting, columns, control, level, min_shared)
        report, n_simulated, targets = found.report, found.n_simulated, dict(found.targets)
    else:
        with exit_on_error():
            report = _of_file(source, label_config, counting, columns or (), control, level, declared, min_shared)
    _show(report, view, targets, n_simulated, output, as_json=as_json)
    failed = [] if fail_under is None else _failed(report, fail_under)
    for group in failed:
        where = "/".join(str(value) for value in (*group.by.values(), group.control))
        alpha = group.coefficients[ALPHA]
        shown = f"undefined, {(alpha.reason or '').replace('_', ' ')}" if alpha.value is None else f"{alpha.value:.3f}"
        say(f"below {fail_under:g}: {where}: {shown}")
    raise typer.Exit(1 if failed or (fail_under is not None and not report.groups) else 0)


def _groups(by: str) -> list[str]:
    """Return the columns to group by; those that a judgment itself consists of make no groups."""
    columns = [name.strip() for name in by.split(",") if name.strip()]
    if found := [name for name in columns if name in JUDGMENT]:
        raise typer.BadParameter(f"{', '.join(found)} is part of every judgment and makes no groups", param_hint="--by")
    return columns


def _labels(labels: str, source: Path | None) -> list[str]:
    if source is None:
        raise typer.BadParameter("in a workspace the label configs say it", param_hint="--labels")
    names = [name.strip() for name in labels.split(",")]
    if "" in names or len(set(names)) < len(names):
        raise typer.BadParameter("an empty label, or one named twice", param_hint="--labels")
    return names


def _of_workspace(
    workspace: Path,
    engine: CountEngine,
    by: Sequence[str] | None,
    control: str | None,
    level: Level | None,
    min_shared: int,
) -> WorkspaceAgreement:
    from toolkit.workflow import measure_agreement
    from toolkit.workflow.measures import GROUPS

    with opened(workspace) as operation:
        return measure_agreement(
            operation, engine, by=GROUPS if by is None else by, control=control, level=level, min_shared=min_shared
        )


def _of_file(
    source: Path,
    label_config: Path | None,
    engine: CountEngine,
    by: Sequence[str],
    control: str | None,
    level: Level | None,
    labels: list[str] | None,
    min_shared: int,
) -> AgreementReport:
    from toolkit.agreement import measure
    from toolkit.storage.judgmentfiles import only_control

    controls = controls_of(label_config)
    judgments = agreement_source(source, controls)
    declared = {found.name: found.labels for found in controls or ()}
    if labels is not None:
        declared[control or only_control(judgments)] = tuple(labels)
    return measure(
        judgments,
        engine=engine,
        by=by,
        control=control,
        labels=declared,
        level=level,
        min_shared=min_shared,
        progress=progress,
    )


def _failed(report: AgreementReport, threshold: float) -> list[GroupAgreement]:
    """Return the groups below a threshold; what is undefined has not reached it, and nan is no threshold to reach."""
    values = [(group, group.coefficients[ALPHA].value) for group in report.groups]
    return [group for group, value in values if value is None or not value >= threshold]


def _show(
    report: AgreementReport,
    view: View,
    targets: Mapping[str, float],
    n_simulated: int,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    from toolkit.cli.agreementtables import print_view, rows_of
    from toolkit.cli.render import print_json_and_rows

    if output is not None:
        from toolkit.storage.tables import write_table

        with exit_on_error():
            write_table(rows_of(report, view), output)
    if as_json:
        shown = report.to_json()
        pairs = shown.pop("pairs")
        print_json_and_rows({**shown, "n_simulated": n_simulated}, "pairs", pairs)
    elif output is None:
        print_view(report, view, targets)
    if n_simulated:
        say(f"{n_simulated} of the {report.n_judgments} judgments are simulated")
