"""``toolkit router train | evaluate | show | outcome``: a router that learns from labels, and how well it routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import (
    JsonOption,
    OutputOption,
    WorkspaceOption,
    check_output,
    exit_on_error,
    opened,
    progress,
    say,
)
from toolkit.cli.render import print_json
from toolkit.cli.routerfigures import print_evaluations, print_model, shown, write_evaluations
from toolkit.cli.routeroutcome import outcome

if TYPE_CHECKING:
    from toolkit.models import DomainPack
    from toolkit.routing import TaskRouter
    from toolkit.routing.evaluation import Evaluation
    from toolkit.routing.labelled import LabelledText
    from toolkit.workflow.operation import Operation

app = typer.Typer(help="The router that learns from labels: train it, and measure it.", no_args_is_help=True)

LabelsOption = Annotated[
    Path | None, typer.Option("--input", "-i", help="Labelled texts (.csv, .jsonl, .parquet): text, domain.")
]
GroupOption = Annotated[
    str | None,
    typer.Option("--group", help="Column of what texts come from, as source; whole groups are left out then."),
]
MapOption = Annotated[
    list[str] | None, typer.Option("--map", help="FROM=TO: a foreign label and the domain it stands for; repeatable.")
]
MAX_LISTED = 30


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(outcome)
    parent.add_typer(app, name="router")


@app.command()
def train(
    workspace: WorkspaceOption = Path(),
    source: LabelsOption = None,
    group: GroupOption = None,
    renamed: MapOption = None,
    consensus: Annotated[
        bool, typer.Option(help="Learn from the domains that the workspace's annotators settled, too.")
    ] = True,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write to; a workspace's own is router/.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a router on labelled texts, and promise what precision its routes keep.

    With --group whole groups are left out to see what holds on sources it has not seen. Without, the texts count as
    in-house: a sample of what will be routed.
    """
    from toolkit.routing.trained import FOLDER, TrainedRouter, save_trained
    from toolkit.routing.training import train as train_router

    with _place(workspace) as (packs, precision, operation), exit_on_error():
        texts = [] if source is None else _texts(source, packs, group, renamed)
        if consensus and operation is not None:
            texts += _own_labels(operation, packs, texts, grouped=group is not None)
        _require_labels(texts, output, operation)
        model = train_router(texts, packs, precision, grouped=group is not None, progress=progress)
        folder = output if output is not None else workspace / FOLDER
        save_trained(model, folder)
        name = TrainedRouter(packs, model).name
    if as_json:
        print_json(shown(name, model, folder))
    else:
        print_model(name, model)
    say(f"saved in {folder}")


@app.command()
def evaluate(
    workspace: WorkspaceOption = Path(),
    source: LabelsOption = None,
    group: GroupOption = None,
    renamed: MapOption = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of a trained router, instead of what the workspace routes with.")
    ] = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure on labelled texts how `toolkit route` would route them, beside the lexicon; needs no server."""
    from toolkit.errors import InputError
    from toolkit.routing.labelled import contradictions

    with exit_on_error():
        check_output(output, source)
        if source is None:
            raise InputError(
                "There is nothing to evaluate on.", hint="give --input FILE with the columns text, domain."
            )
        packs, precision = _settings(workspace)
        texts = _texts(source, packs, group, renamed)
        routers, warnings = _routers(workspace, packs, model, texts)
        warnings += [f"the same text has different domains: {found}" for found in contradictions(texts)[:MAX_LISTED]]
        found = _evaluations(routers, texts, precision, grouped=group is not None)
        if output is not None:
            write_evaluations(found, output)
    if as_json:
        print_json({"grouped": group is not None, "warnings": warnings, "evaluations": found})
    elif output is None:
        print_evaluations(found, grouped=group is not None)
    for warning in warnings:
        say(f"warning: {warning}")


@app.command()
def show(
    workspace: WorkspaceOption = Path(),
    model: Annotated[Path | None, typer.Option(help="Folder of a trained router; a workspace's is router/.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a trained router is: its labels, its figures, its thresholds."""
    from toolkit.errors import ConfigError
    from toolkit.routing.trained import FOLDER, load_trained, name_of, read_trained

    with exit_on_error():
        folder = model if model is not None else workspace / FOLDER
        found = read_trained(folder)
    name = name_of(found)
    if as_json:
        print_json(shown(name, found, folder))
    else:
        print_model(name, found)
    with exit_on_error(but=ConfigError):
        try:
            load_trained(folder, _settings(workspace)[0])
        except ConfigError as error:
            say(f"warning: {error}")


# --- what is at hand


@contextmanager
def _place(workspace: Path) -> Iterator[tuple[Mapping[str, DomainPack], float, Operation | None]]:
    """Give packs, the promised precision, and the workspace, opened, where there is one."""
    from toolkit.workspace import WORKFLOW

    if (workspace / WORKFLOW).is_file():
        with opened(workspace) as operation:
            yield operation.packs, operation.settings.routing.precision, operation
    else:
        with exit_on_error():
            packs, precision = _settings(workspace)
        yield packs, precision, None


def _settings(workspace: Path) -> tuple[dict[str, DomainPack], float]:
    """Return the packs and the promised precision of a workspace, or those that come with the toolkit."""
    from toolkit.workspace import settings_or_bundled

    settings, packs = settings_or_bundled(workspace)
    return packs, settings.routing.precision


def _texts(
    source: Path, packs: Mapping[str, DomainPack], group: str | None, renamed: Sequence[str] | None
) -> list[LabelledText]:
    from toolkit.documents.language import detect_language
    from toolkit.routing.labelled import labelled_texts
    from toolkit.storage.tables import read_records

    rows = progress(read_records(source), "Reading")
    return labelled_texts(rows, str(source), packs, detect_language, group=group, renamed=_renamed(renamed, packs))


def _renamed(pairs: Sequence[str] | None, packs: Mapping[str, DomainPack]) -> dict[str, str]:
    """Return what `--map` says; refuse what is no pair, and a label that would stand for two domains."""
    from toolkit.errors import InputError
    from toolkit.packs import pack_named

    found: dict[str, str] = {}
    for pair in pairs or ():
        label, _, domain = (part.strip() for part in pair.rpartition("="))
        if not label or not domain:
            raise InputError(f"--map {pair}: is no pair.", hint="write FROM=TO, as --map chemistry=stem.")
        pack_named(packs, domain)
        if found.setdefault(label, domain) != domain:
            raise InputError(f"--map: {label} would be {found[label]} and {domain}.", hint="give one of them.")
    return found


def _own_labels(
    operation: Operation, packs: Mapping[str, DomainPack], given: Sequence[LabelledText], *, grouped: bool
) -> list[LabelledText]:
    """Return what the workspace's annotators settled; domains with too few labels are said and left out."""
    from collections import Counter

    from toolkit.routing.training import MIN_LABELS
    from toolkit.workflow.learning import consensus_labels

    own = consensus_labels(operation, grouped=grouped)
    counts = Counter(domain for _, domain in {(text.key, text.domain) for text in (*given, *own)})
    named = {text.domain for text in given}
    few = {name for name in packs if 0 < counts[name] < MIN_LABELS and name not in named}
    if few:
        shown = ", ".join(f"{name} ({counts[name]})" for name in sorted(few))
        say(f"settled by annotators, but under {MIN_LABELS} and so left out: {shown}")
    kept = [text for text in own if text.domain not in few]
    without = "; what simulated members answered teaches nothing" if operation.simulated() else ""
    say(f"{len(kept)} labels are the workspace's own{without}")
    return kept


def _require_labels(texts: Sequence[LabelledText], output: Path | None, operation: Operation | None) -> None:
    from toolkit.errors import InputError

    if operation is None and output is None:
        raise InputError("There is no workspace here to keep the router in.", hint="name a folder with --output DIR.")
    if not texts:
        raise InputError(
            "There are no labels to learn from.",
            hint="give --input FILE with the columns text and domain, about 20 texts per domain.",
        )


def _routers(
    workspace: Path, packs: Mapping[str, DomainPack], model: Path | None, texts: Sequence[LabelledText]
) -> tuple[dict[str, TaskRouter], list[str]]:
    """Return what is to be evaluated by name, the lexicon last, and what to be warned of."""
    from toolkit.routing import TaskRouter
    from toolkit.routing.trained import FOLDER, is_trained, load_trained

    routers, warnings = {}, []
    folder = model if model is not None else workspace / FOLDER
    if model is not None or is_trained(folder):
        trained = load_trained(folder, packs)
        routers[trained.name] = TaskRouter(packs, [trained], trained.promise)
        if known := sum(text.key in trained.model.texts for text in texts):
            warnings.append(
                f"{known} of the {len(texts)} texts are ones the router was trained on; its figures flatter it"
            )
    routers["lexicon"] = TaskRouter(packs)
    return routers, warnings


def _evaluations(
    routers: Mapping[str, TaskRouter], texts: Sequence[LabelledText], precision: float, *, grouped: bool
) -> list[Evaluation]:
    from toolkit.routing.evaluation import evaluate as evaluate_routes
    from toolkit.routing.evaluation import route_all

    found = []
    for name, router in routers.items():
        outcomes = route_all(router, progress(texts, f"Routing ({name})"), grouped=grouped)
        found.append(evaluate_routes(name, outcomes, precision, grouped=grouped))
    return found
