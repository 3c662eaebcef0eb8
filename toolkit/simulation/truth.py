"""What is right: reference labels where there are any, and a made-up but fixed truth for the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from toolkit.errors import InputError
from toolkit.models import Control, ControlKind, LabelConfig, Task
from toolkit.simulation.answers import drawn_answer
from toolkit.simulation.chance import generator
from toolkit.simulation.screen import screen_of


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """The labels of one passage of a document."""

    start: int
    end: int
    labels: Mapping[str, Any]

    def overlap(self, task: Task) -> int:
        """Return how many characters the passage shares with a task; a whole document shares them all."""
        start, end = task.start or 0, self.end if task.end is None else task.end
        return min(self.end, end) - max(self.start, start)


@dataclass(frozen=True, slots=True)
class Reference:
    """Known labels of passages, by the base name of the document they come from."""

    rows: Mapping[str, tuple[ReferenceRow, ...]]

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read a JSONL file of ``{"document": file name, "start", "end", "labels": {control: value}}``.

        Raises
        ------
        InputError
            The file cannot be read, or a line is not such an object; names the line.
        """
        rows: dict[str, list[ReferenceRow]] = {}
        for number, line in enumerate(_lines(path), start=1):
            if line.strip():
                document, row = _row(line, f"{path}:{number}")
                rows.setdefault(PurePath(document).name, []).append(row)
        return cls({document: tuple(found) for document, found in rows.items()})

    def reference_labels(self, task: Task) -> dict[str, Any]:
        """Return the labels of the row that overlaps a task most, the first of equals; {} where none does.

        Examples
        --------
        >>> from toolkit.models import Modality
        >>> reference = Reference({"a.md": (ReferenceRow(0, 9, {"quality": 2}), ReferenceRow(11, 80, {"quality": 5}))})
        >>> task = Task("d-5-40", "d", "news/a.md", Modality.TEXT, {"text": "…"}, start=5, end=40)
        >>> reference.reference_labels(task)
        {'quality': 5}
        """
        rows = self.rows.get(PurePath(task.source).name, ())
        best = max(rows, key=lambda row: row.overlap(task), default=None)
        return dict(best.labels) if best is not None and best.overlap(task) > 0 else {}


def latent_truth(task: Task, config: LabelConfig, reference: Reference | None, seed: int) -> dict[str, Any]:
    """Return the right answers to a task, by control, in the shapes that :class:`ControlKind` describes.

    A control is answered from the reference where that has a value the control accepts. Everything else is drawn from
    a hash of the seed, the task, the label config and the control: always the same, and meaningless. Regions carry
    the answers to their per-region controls under ``attributes``. Conditional controls are left out unless they are
    decisive, and so is a control that has nothing to choose from.

    Examples
    --------
    >>> from toolkit.labelconfig import read_controls
    >>> from toolkit.models import Modality
    >>> xml = '''<View><Text name="t" value="$text"/>
    ...   <Choices name="risk" toName="t"><Choice value="low"/><Choice value="high"/></Choices></View>'''
    >>> config = LabelConfig("x", "law", "X", xml, Modality.TEXT, ("text",), read_controls(xml), ("risk",), 2, "v")
    >>> task = Task("d", "d", "a.txt", Modality.TEXT, {"text": "A contract."})
    >>> latent_truth(task, config, Reference({"a.txt": (ReferenceRow(0, 11, {"risk": "high"}),)}), seed=1)
    {'risk': 'high'}
    """
    known = reference.reference_labels(task) if reference is not None else {}
    truth = {}
    for control in config.controls:
        if control.per_region or (control.conditional and control.name not in config.decisive):
            continue
        value = _accepted(known.get(control.name), control, config)
        if value is None:
            rng = generator(seed, "truth", task.id, config.key, control.name)
            value = drawn_answer(control, config, task, rng)
        if value is not None:
            truth[control.name] = value
    return truth


def _accepted(value: Any, control: Control, config: LabelConfig) -> Any:
    """Return the reference's value in the control's shape; None where the control does not offer it."""
    if control.kind in (ControlKind.CHOICE, ControlKind.PAIRWISE):
        return value if value in control.labels else None
    if control.kind is ControlKind.RATING:
        return value if str(value) in control.labels and isinstance(value, int) else None
    if not isinstance(value, list) or not value:
        return None
    if control.kind is ControlKind.CHOICES:
        return list(value) if all(label in control.labels for label in value) else None
    if control.kind is ControlKind.TAXONOMY and all(isinstance(path, list) for path in value):
        most = int(screen_of(config).setting(control, "maxUsages", str(len(value))))
        return [list(path) for path in value[:most]] if all(tuple(path) in control.paths for path in value) else None
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The reference labels {path} cannot be read: {error}.", hint="it must be a JSONL file in UTF-8."
        ) from error


def _row(line: str, where: str) -> tuple[str, ReferenceRow]:
    try:
        row = json.loads(line)
        document, labels = str(row["document"]), dict(row["labels"])
        return document, ReferenceRow(int(row["start"]), int(row["end"]), labels)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{where}: not a reference row: {error!r}.",
            hint='a line looks like {"document": "a.md", "start": 0, "end": 120, "labels": {"quality": 4}}.',
        ) from error
