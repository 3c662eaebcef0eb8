"""Known labels in files: what is right for some tasks."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import InputError
from toolkit.models import DEFAULT_CONTROL
from toolkit.storage.tables import read_records

LABELS = ("label", "gold", "truth")


def read_gold(path: Path, control: str | None = None) -> dict[str, dict[str, str]]:
    """Read the right labels of tasks.

    Parameters
    ----------
    path : Path
        A ``.csv``, ``.jsonl`` or ``.parquet`` file with ``task``, ``label`` (or ``gold``) and optionally ``control``.
    control : str, optional
        The control that rows without one are on; rows on others are left out.

    Returns
    -------
    dict of str to dict of str to str
        Control → task → label, as text.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, has no rows, or says two things of one task.
    """
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(read_records(path), 1):
        label = next((row[name] for name in LABELS if row.get(name) not in (None, "")), None)
        task = row.get("task") if row.get("task") not in (None, "") else row.get("task_id")
        if task in (None, "") or label is None:
            raise InputError(
                f"{path}: row {number} has no task or no label; found: {', '.join(map(str, row))}.",
                hint="gold has the columns task and label, and control where there are several.",
            )
        own = found.setdefault(str(row.get("control") or control or DEFAULT_CONTROL), {})
        if own.setdefault(str(task), str(label)) != str(label):
            raise InputError(f"{path}: row {number} says {label!r} of task {task}, an earlier one {own[str(task)]!r}.")
    if not found:
        raise InputError(f"{path}: has no rows.", hint="give one row per task: task, label.")
    if control is not None and control not in found:
        raise InputError(
            f"{path}: has no gold on {control!r}; there is some on: {', '.join(sorted(found))}.",
            hint="name the control in a column control, or leave the column out.",
        )
    return found if control is None else {control: found[control]}
