"""Judgments that a command is given in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import say

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from toolkit.models import Control

ControlOption = Annotated[str | None, typer.Option("--control", "-c", help="Only this control.")]
MAX_PROBLEMS = 30


def controls_of(label_config: Path | None) -> tuple[Control, ...] | None:
    """Return what a label config asks; None where none is given."""
    if label_config is None:
        return None
    from toolkit.errors import InputError
    from toolkit.labelconfig import read_controls

    try:
        return read_controls(label_config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{label_config} cannot be read: {error}.") from error


def judgments_of(source: Path, controls: tuple[Control, ...] | None) -> pd.DataFrame:
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
        for problem in found.attrs["problems"][:MAX_PROBLEMS]:
            say(f"does not fit: {problem}")
        return found
    from toolkit.storage.tables import read_judgments

    return read_judgments(source)


def agreement_source(source: Path, controls: tuple[Control, ...] | None) -> pd.DataFrame | pa.Table | Path:
    """Return what an engine is to count: of large files without making an object of every row."""
    if source.suffix.lower() == ".json":
        return judgments_of(source, controls)
    from toolkit.storage.judgmentfiles import judgments_source

    return judgments_source(source)
