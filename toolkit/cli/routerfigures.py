"""How ``toolkit router`` shows a trained router and the figures of an evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from toolkit.cli.render import decimal, percent, print_table

if TYPE_CHECKING:
    from toolkit.routing.evaluation import Evaluation, HeldOut, Measures
    from toolkit.routing.trained import TrainedModel

LEGEND = (
    "accuracy: the best domain is the right one. macro-F1: mean over the domains. routed: share sent past triage, at"
    " the thresholds in use. right: share of right ones among them. calibration error: how far confidence and accuracy"
    " are apart, over 10 bins of equally many texts."
)


def shown(name: str, model: TrainedModel, folder: Path) -> dict[str, Any]:
    """Return a trained router as JSON has it."""
    return {
        "router": name,
        "folder": folder,
        "domains": model.domains,
        "parts": model.parts,
        "precision": model.promise.precision,
        "thresholds": model.promise.thresholds,
        "data": model.data,
        "figures": model.figures,
    }


def print_model(name: str, model: TrainedModel) -> None:
    """Print what a trained router learned from, how it did, and what it promises."""
    found, promise = model.figures, model.promise
    what = f"{found.n_groups} groups, left out in {found.n_folds} parts" if found.grouped else "in-house labels"
    typer.echo(f"{name}: {found.n_texts} labels, {what}; uses {' + '.join(found.chosen)}")
    typer.echo(
        f"On texts held back: accuracy {decimal(found.accuracy)} (lexicon {decimal(found.lexicon_accuracy)}),"
        f" macro-F1 {decimal(found.macro_f1)}, calibration error {decimal(found.calibration_error)}."
    )
    sent = "none of them would be" if not found.kept_coverage else f"{percent(found.kept_coverage)} of them were"
    right = "" if found.kept_precision is None else f", {percent(found.kept_precision)} of those rightly"
    typer.echo(
        f"Promised: {percent(promise.precision)} of the routes right. It can route {percent(found.coverage)} of such"
        f" texts; with thresholds chosen without them {sent}{right}."
    )
    rows = [
        (domain, found.by_domain.get(domain, 0), _floor(promise.thresholds.get(domain))) for domain in model.domains
    ]
    print_table("Domains", ("domain", ">labels", "routed from confidence"), rows)
    tried = [
        (" + ".join(c["parts"]), c["loss"], c["accuracy"], f"{c['worst']:+.2f}", c["verdict"]) for c in found.candidates
    ]
    columns = ("parts", ">loss", ">accuracy", ">worst part", "verdict")
    caption = "worst part: accuracy less the lexicon's, where it did worst of all that was left out"
    print_table("What was tried", columns, tried, caption=caption)
    for note in found.notes:
        typer.echo(f"Note: {note}")


def _floor(threshold: float | None) -> str:
    return "nothing keeps the promise: to triage" if threshold is None else decimal(threshold)


def print_evaluations(found: Sequence[Evaluation], *, grouped: bool) -> None:
    """Print the figures of each router, the lexicon last."""
    n_texts = found[0].overall.n_texts
    typer.echo(
        f"{n_texts} texts of {len(found[0].by_group)} groups, which stand for sources yet unseen"
        if grouped
        else f"{n_texts} texts, taken as in-house: a sample of what will be routed (--group says otherwise)"
    )
    columns = ("router", ">texts", ">accuracy", ">macro-F1", ">routed", ">right", ">calibration error")
    print_table("Overall", columns, [(one.router, *_cells(one.overall)) for one in found], caption=LEGEND)
    _print_parts("By language", "language", [one.by_language for one in found])
    _print_parts("By group", "group", [one.by_group for one in found])
    _print_confusion(found[0])
    for one in found:
        typer.echo(f"{one.router}: {_held_out(one.held_out, grouped=grouped)}")


def _print_parts(title: str, column: str, found: Sequence[Mapping[str, Measures]]) -> None:
    """Print the figures of the first router by part, and the accuracy and macro-F1 of the lexicon beside them."""
    beside = len(found) > 1
    more = (">lexicon's accuracy", ">its macro-F1") if beside else ()
    columns = (column, ">texts", ">accuracy", ">macro-F1", ">routed", ">right", ">calibration error", *more)
    rows = [
        (part, *_cells(m), *((found[-1][part].accuracy, found[-1][part].macro_f1) if beside else ()))
        for part, m in found[0].items()
    ]
    print_table(title, columns, rows)


def _cells(found: Measures) -> tuple[Any, ...]:
    right = None if found.precision is None else percent(found.precision)
    rest = (found.accuracy, found.macro_f1, percent(found.coverage), right, found.calibration_error)
    return (found.n_texts, *rest)


def _print_confusion(found: Evaluation) -> None:
    confusion = found.overall.confusion
    names = sorted(set(confusion) | {name for row in confusion.values() for name in row})
    rows = [(truth, *(row.get(name, 0) or "" for name in names)) for truth, row in confusion.items()]
    title = f"Right domain (rows) and best domain (columns), {found.router}"
    print_table(title, ("right domain", *(f">{name}" for name in names)), rows)


def _held_out(found: HeldOut, *, grouped: bool) -> str:
    """Say what thresholds chosen on these texts would do."""
    what = "groups" if grouped else "texts"
    if found.n_folds < 2:
        return f"with one group, no threshold can be tried on {what} it was not chosen on"
    if found.precision is None:
        return f"no threshold chosen on some of the {what} keeps {percent(found.promised)}: all would go to triage"
    return (
        f"thresholds chosen for {percent(found.promised)} on the other {what} route {percent(found.coverage)} of those"
        f" left out, {percent(found.precision)} rightly; from all: {_thresholds(found.promise.thresholds)}"
    )


def _thresholds(found: Mapping[str, float]) -> str:
    return ", ".join(f"{domain} {decimal(threshold)}" for domain, threshold in found.items()) or "none"


def write_evaluations(found: Iterable[Evaluation], path: Path) -> None:
    """Write the figures to a .csv, .jsonl or .parquet file, one row per router and part."""
    from toolkit.storage.tables import write_table

    rows = []
    for one in found:
        parts = {"all": {"": one.overall}, "language": one.by_language, "group": one.by_group}
        rows += [
            {"router": one.router, "by": by, "part": part, **asdict(measures)}
            for by, listed in parts.items()
            for part, measures in listed.items()
        ]
    write_table([row | {"confusion": json.dumps(row["confusion"])} for row in rows], path)
