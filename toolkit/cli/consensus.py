"""``toolkit consensus``: what the judgments of a workspace or of a file amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
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
    check_source,
    exit_on_error,
    opened,
    say,
)
from toolkit.cli.engines import EngineOption, MemoryOption, engine_named
from toolkit.cli.judgments import ControlOption, agreement_source, controls_of
from toolkit.consensus.methods import Method

if TYPE_CHECKING:
    from toolkit.consensus.categorical import Rules
    from toolkit.consensus.estimating import AnsweredControl, ConsensusReport, Gold
    from toolkit.consensus.summary import Known
    from toolkit.workflow.measures import WorkspaceConsensus
    from toolkit.workflow.provenance import Provenance

    RulesOf = Callable[[AnsweredControl], Rules]
    Row = dict[str, Any]


class View(StrEnum):
    """What a person is shown; ``--json`` has everything."""

    TASKS = "tasks"
    ANNOTATORS = "annotators"
    RELIABILITY = "reliability"
    PROVENANCE = "provenance"
    ITEMS = "items"


def register(parent: typer.Typer) -> None:
    """Add the command to the command line."""
    parent.command()(consensus)


def consensus(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    method: Annotated[
        Method, typer.Option(help="How labels are computed; auto takes what the judgments bear, and says why.")
    ] = Method.AUTO,
    gold: Annotated[
        Path | None,
        typer.Option(help="Right labels (task, label, optionally control) to learn from how sure labels are."),
    ] = None,
    min_support: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Least share of judgments behind a label, for --input (else 0.5); packs say it else."
        ),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Least confidence of a label; what is below stays undecided.")
    ] = 0.0,
    view: Annotated[
        View,
        typer.Option(
            help="What to show; --json has all but items: strengths of what the columns left and right name;"
            " provenance, who settled what, is of workspaces."
        ),
    ] = View.TASKS,
    engine: EngineOption = "duckdb",
    memory_limit: MemoryOption = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compute the label of every task and control: how sure it is, who errs how, and why where there is none."""
    check_source(context, source, label_config)
    if source is None and min_support is not None:
        raise typer.BadParameter("in a workspace the domain packs say it", param_hint="--min-support")
    if source is None and view is View.ITEMS:
        raise typer.BadParameter("items are named in the columns left and right of --input", param_hint="--view")
    if source is not None and view is View.PROVENANCE:
        raise typer.BadParameter("nobody has settled anything in a file", param_hint="--view")
    with exit_on_error():
        check_output(output, source)
        counting = engine_named(engine, memory_limit)
        if source is None:
            with opened(workspace) as operation, _of_workspace(operation, counting, control, method, gold) as found:
                beside = _beside(operation, min_confidence, found)
                _show(found.report, beside, view, output, as_json=as_json)
        elif view is View.ITEMS:
            _show_items(source, label_config, control, output, as_json=as_json)
        else:
            with _of_file(source, label_config, counting, control, method, gold) as found:
                _show(found, Beside(_same_rules(min_support, min_confidence)), view, output, as_json=as_json)


def _of_workspace(
    operation: Any, engine: Any, control: str | None, method: Method, gold: Path | None
) -> AbstractContextManager[WorkspaceConsensus]:
    from toolkit.workflow import compute_consensus

    known = None if gold is None else _gold(gold, control)
    return compute_consensus(operation, engine, control=control, method=method, gold=known)


@contextmanager
def _of_file(
    source: Path, label_config: Path | None, engine: Any, control: str | None, method: Method, gold: Path | None
) -> Iterator[ConsensusReport]:
    from toolkit.consensus.estimating import estimate
    from toolkit.storage.judgmentfiles import only_control

    asked = controls_of(label_config)
    judgments = agreement_source(source, asked)
    known = None if gold is None else _gold(gold, control or only_control(judgments))
    declared = {one.name: one for one in asked or ()}
    with estimate(judgments, engine=engine, control=control, controls=declared, method=method, gold=known) as report:
        yield report


def _gold(path: Path, control: str | None) -> Gold:
    from toolkit.storage.goldfiles import read_gold

    return read_gold(path, control)


def _same_rules(min_support: float | None, min_confidence: float) -> RulesOf:
    from toolkit.consensus.categorical import Rules

    rules = Rules(0.5 if min_support is None else min_support, 1, min_confidence)
    return lambda _: rules


@dataclass(frozen=True)
class Beside:
    """What is told beside a report."""

    rules: RulesOf
    known: Known | None = None  # what reviewers said
    provenance: tuple[Provenance, ...] | None = None  # None for files
    n_simulated: int = 0


def _beside(operation: Any, min_confidence: float, found: WorkspaceConsensus) -> Beside:
    from toolkit.workflow.measures import consensus_rules
    from toolkit.workflow.provenance import provenance

    rules = consensus_rules(operation, min_confidence)
    return Beside(rules, found.reviewed, provenance(operation), found.n_simulated)


def _show(report: ConsensusReport, beside: Beside, view: View, output: Path | None, *, as_json: bool) -> None:
    from toolkit.cli.consensustables import Tables, print_provenance
    from toolkit.errors import InputError

    if not report.controls:
        raise InputError("There are no judgments.", hint="run `toolkit collect`, or look at the file.")
    rules = beside.rules
    if output is not None:
        from toolkit.consensus.vote import COLUMNS
        from toolkit.storage.streams import write_stream

        columns: Mapping[str, type] = {**dict.fromkeys(report.controls[0].by, str), **COLUMNS}
        write_stream(rows_of(report, rules), output, columns)
    if as_json:
        _print_json(report, beside)
    elif output is None and view is View.PROVENANCE:
        print_provenance(beside.provenance or ())
    elif output is None:
        Tables(report, rules, beside.known).print(view.value)
    if beside.n_simulated:
        say(f"{beside.n_simulated} of the {report.n_judgments} judgments are simulated")
    if report.n_repeats_dropped:
        say(f"{report.n_repeats_dropped} repeated judgments were left out: the latest of each counts")


def _print_json(report: ConsensusReport, beside: Beside) -> None:
    from toolkit.cli.consensustables import summary
    from toolkit.cli.render import plain, print_json_and_rows
    from toolkit.consensus.summary import summarize

    told = {**plain(summary(report, summarize(report, beside.rules, beside.known))), "n_simulated": beside.n_simulated}
    if beside.provenance is not None:
        told["provenance"] = plain(beside.provenance)
    print_json_and_rows(told, "consensus", rows_of(report, beside.rules))


def _show_items(
    source: Path, label_config: Path | None, control: str | None, output: Path | None, *, as_json: bool
) -> None:
    """Show how strong the items are that were compared two at a time."""
    from toolkit.cli.consensustables import print_items
    from toolkit.cli.judgments import judgments_of
    from toolkit.cli.render import plain, print_json
    from toolkit.consensus.comparisons import bradley_terry
    from toolkit.consensus.vote import latest_judgments
    from toolkit.storage.judgmentfiles import only_control

    judgments = judgments_of(source, controls_of(label_config))
    name = control or only_control(judgments)
    kept, _ = latest_judgments(judgments[judgments["control"] == name])
    found = bradley_terry(kept)
    if output is not None:
        from toolkit.storage.tables import write_table

        write_table([plain(one) for one in found.items], output)
    if as_json:
        print_json({"control": name, **plain(found)})
    elif output is None:
        print_items(name, found)


def rows_of(report: ConsensusReport, rules: RulesOf) -> Iterator[Row]:
    """Yield the consensus on every task and control as rows."""
    from toolkit.consensus import consensus_row

    for one in report.controls:
        for found in one.consensus(rules(one)):
            yield {**one.by, **consensus_row(found)}
