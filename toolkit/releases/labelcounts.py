"""How often each label occurs in a release, counted again from its evidence."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.agreement.labelsets import paths_of, set_of
from toolkit.errors import InputError
from toolkit.models import ConsensusStatus, Control, ControlKind
from toolkit.releases.evidence import FOLDER, SETTLEMENTS
from toolkit.releases.metadata.description import ControlSummary
from toolkit.releases.metadata.tally import labels_in

ALL = "all"  # stands for every split
_PLACE = ["domain", "config", "control"]
_READ: Mapping[ControlKind, Callable[[str], Any]] = {
    ControlKind.CHOICE: str,
    ControlKind.PAIRWISE: str,
    ControlKind.RATING: str,
    ControlKind.CHOICES: set_of,
    ControlKind.TAXONOMY: paths_of,
}


def count_labels(
    folder: Path, controls: Mapping[tuple[str, str], Sequence[Control]]
) -> dict[str, list[ControlSummary]]:
    """Count the labels of a release, of all splits together.

    Parameters
    ----------
    folder : Path
        A version, such as ``releases/demo/v1``.
    controls : mapping
        (domain, config) → its controls, which say what kind of answer a label is.

    Returns
    -------
    dict
        "domain/config" → its controls that are answered with labels of a closed set, or with regions that carry them.

    Raises
    ------
    InputError
        The evidence cannot be read.
    """
    counts, answered = _counted(folder / FOLDER / SETTLEMENTS)
    found: dict[str, list[ControlSummary]] = defaultdict(list)
    for (domain, config), own in sorted(controls.items()):
        for control in own:
            n_answered = answered[domain, config, control.name]
            if not n_answered or not (control.labels or control.paths):
                continue
            labels: Counter[str] = Counter()
            for text, n in counts[domain, config, control.name].items():
                for label in _labels(control.kind, text):
                    labels[label] += n
            declared = tuple(" / ".join(path) for path in control.paths) or control.labels
            summary = ControlSummary(control.name, control.kind.value, declared, {ALL: labels}, {ALL: n_answered})
            found[f"{domain}/{config}"].append(summary)
    return dict(found)


def _counted(path: Path) -> tuple[dict[tuple[str, ...], dict[str, int]], Counter[tuple[str, ...]]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=[*_PLACE, "label", "status"])
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="`toolkit release verify` names what changed."
        ) from error
    decided = table.filter(pc.equal(table["status"], ConsensusStatus.DECIDED.value))
    counts: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    answered: Counter[tuple[str, ...]] = Counter()
    for row in decided.group_by([*_PLACE, "label"]).aggregate([([], "count_all")]).to_pylist():
        if row["label"] is not None:
            place = tuple(row[name] for name in _PLACE)
            counts[place][row["label"]] = row["count_all"]
            answered[place] += row["count_all"]
    return counts, answered


def _labels(kind: ControlKind, text: str) -> list[str]:
    """Return the labels that an answer names, read from its canonical text."""
    try:
        value = _READ.get(kind, json.loads)(text)
        return labels_in(kind, value)
    except (ValueError, TypeError, AttributeError):  # masked, or by another toolkit
        return []
