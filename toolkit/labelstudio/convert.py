"""Judgments from a Label Studio export, and the one place to import conversions from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError
from toolkit.labelconfig import RULING_CONTROLS, unanswered
from toolkit.labelstudio.answers import TYPES, answers_from_results, results_from_answers
from toolkit.labelstudio.canonical import canonical_label
from toolkit.labelstudio.extents import extents_from_results
from toolkit.labelstudio.rewrite import Rewritten, rewrite_results
from toolkit.labelstudio.values import LABEL_KEYS, mended
from toolkit.models import REGIONS, Control, ControlKind

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Rewritten",
    "answers_from_results",
    "canonical_label",
    "extents_from_results",
    "judgments_from_export",
    "results_from_answers",
    "rewrite_results",
]

COLUMNS = (
    "task",
    "annotator",
    "control",
    "label",
    "kind",
    "value",
    "extent",
    "lead_time_s",
    "created_at",
    "annotation",
)
KIND_OF_TYPE: dict[str, ControlKind] = {
    **{result_type: kind for kind, (result_type, _) in TYPES.items() if kind is not ControlKind.CHOICES},
    "hypertextlabels": ControlKind.SPANS,
    "timelinelabels": ControlKind.SEGMENTS,
}
NO_AUTHOR = "user-unknown"


def judgments_from_export(
    source: Path | Sequence[Mapping[str, Any]], controls: Sequence[Control] | None = None
) -> pd.DataFrame:
    """Return the judgments in a Label Studio export.

    Parameters
    ----------
    source : Path or sequence of mappings
        A JSON export as it comes (not JSON-MIN), or an export snapshot; or the list of tasks in it.
    controls : sequence of Control, optional
        What the label config asks. With it, labels that are not declared are refused, and a set left empty is an
        answer. Without it, controls are inferred from the results: regions left empty are an answer, too, but of
        other controls what was left empty is missing.

    Returns
    -------
    DataFrame
        The long table: ``task`` (its ``external_id`` where the toolkit gave one, else the server's id), ``annotator``,
        ``control``, ``label``, ``kind``, ``value`` (JSON), ``extent`` (of texts with spans and of recordings, where it
        is known), ``lead_time_s``, ``created_at``, ``annotation``. Annotators are ``user-<id>``; where the export has
        e-mail addresses only, ``user-e1``, ``user-e2``, … in the order of the file; ``user-unknown`` where the author's
        account was deleted. Skipped annotations, drafts, predictions and the reasons of rulings are left out. ``attrs``
        tells ``n_annotations``, ``n_skipped``, ``n_ground_truth`` (these are among the judgments) and ``problems``, one
        line per result that could not be used.

    Raises
    ------
    InputError
        The file is missing, is not JSON in UTF-8, or is not a list of tasks with their annotations.

    Examples
    --------
    >>> task = {"id": 7, "annotations": [{"id": 1, "completed_by": 3, "result": [
    ...     {"id": "a", "from_name": "risk", "type": "choices", "value": {"choices": ["low"]}}]}]}
    >>> judgments_from_export([task])[["task", "annotator", "control", "label"]].values.tolist()
    [['7', 'user-3', 'risk', 'low']]
    """
    import pandas as pd

    name, tasks = (str(source), _tasks_of(source)) if isinstance(source, Path) else ("The export", source)
    annotations = list(_annotations(tasks, name))
    asked = _inferred(annotations) if controls is None else controls
    reading = _Reading(asked)
    for annotation in annotations:
        reading.add(annotation)
    table = pd.DataFrame(reading.rows, columns=list(COLUMNS))
    table = table[~table["control"].isin(RULING_CONTROLS)].reset_index(drop=True)
    table.attrs = {
        "n_annotations": len(annotations),
        "n_skipped": reading.n_skipped,
        "n_ground_truth": reading.n_ground_truth,
        "problems": reading.problems,
    }
    return table


@dataclass(frozen=True, slots=True)
class _Exported:
    """One annotation of an export, with the name of its task and what that shows."""

    task: str
    content: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def results(self) -> Sequence[Any]:
        results = self.content.get("result")
        return results if isinstance(results, list) else []

    @property
    def skipped(self) -> bool:
        return bool(self.content.get("was_cancelled"))


@dataclass
class _Reading:
    """Judgments collected so far, and what was met on the way."""

    controls: Sequence[Control]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    n_skipped: int = 0
    n_ground_truth: int = 0
    _addresses: dict[str, str] = field(default_factory=dict)

    def add(self, annotation: _Exported) -> None:
        content = annotation.content
        annotator = self._annotator(content.get("completed_by"))
        self.n_skipped += annotation.skipped
        if annotation.skipped:
            return
        self.n_ground_truth += bool(content.get("ground_truth"))
        answers, problems = answers_from_results(annotation.results, self.controls)
        extents = extents_from_results(annotation.results, self.controls, fields=annotation.data)
        name = str(content.get("id", ""))
        wrong = {problem.partition(":")[0] for problem in problems}
        missing = [control for control in unanswered(self.controls, answers) if control not in wrong]
        problems += [f"{control}: required, but not answered" for control in missing]
        self.problems += [f"task {annotation.task}, annotation {name}: {problem}" for problem in problems]
        for control in self.controls:
            if control.name in answers:
                answer = answers[control.name]
                self.rows.append(
                    (
                        annotation.task,
                        annotator,
                        control.name,
                        canonical_label(control.kind, answer),
                        control.kind.value,
                        json.dumps(answer, ensure_ascii=False, sort_keys=True),
                        extents.get(control.name),
                        content.get("lead_time"),
                        content.get("created_at"),
                        name,
                    )
                )

    def _annotator(self, author: Any) -> str:
        """Name an annotator without saying who it is."""
        if isinstance(author, Mapping):
            author = author.get("id", author.get("email"))
        if author is None:
            return NO_AUTHOR
        if isinstance(author, int) or str(author).isdecimal():
            return f"user-{author}"
        return self._addresses.setdefault(str(author).lower(), f"user-e{len(self._addresses) + 1}")


def _tasks_of(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file.", hint="check the path.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON in UTF-8: {error}.", hint="export as JSON from Label Studio.") from error
    if not isinstance(tasks, list):
        raise InputError(f"{path}: not a list of tasks.", hint="export as JSON from Label Studio.")
    return mended(tasks)


def _annotations(tasks: Sequence[Mapping[str, Any]], name: str) -> Iterator[_Exported]:
    for number, task in enumerate(tasks, start=1):
        annotations = task.get("annotations") if isinstance(task, Mapping) else None
        if not isinstance(annotations, list) or not all(isinstance(one, Mapping) for one in annotations):
            raise InputError(
                f"{name}: task {number} has no list of annotations.",
                hint="export as JSON; JSON-MIN and CSV leave out who answered what.",
            )
        data = task.get("data")
        data = data if isinstance(data, Mapping) else {}
        task_name = str(data.get("external_id") or task.get("id", number))
        yield from (_Exported(task_name, annotation, data) for annotation in annotations)


# --- inferring controls


def _inferred(annotations: Sequence[_Exported]) -> tuple[Control, ...]:
    """Tell from results which controls there are; labels and what is required cannot be told."""
    found: dict[str, list[tuple[Mapping[str, Any], bool]]] = defaultdict(list)
    for annotation in annotations:
        results = [one for one in annotation.results if _usable(one)]
        regions = {one.get("id") for one in results if _is_region(one)}
        for result in results:
            hangs = not _is_region(result) and result.get("id") is not None and result["id"] in regions
            found[str(result["from_name"])].append((result, hangs))
    return tuple(_control(name, results) for name, results in found.items())


def _usable(result: Any) -> bool:
    return (
        isinstance(result, Mapping)
        and result.get("type") in KIND_OF_TYPE
        and isinstance(result.get("from_name"), str)
        and isinstance(result.get("value"), Mapping)
    )


def _is_region(result: Mapping[str, Any]) -> bool:
    return result["type"] in LABEL_KEYS


def _control(name: str, results: Sequence[tuple[Mapping[str, Any], bool]]) -> Control:
    first = results[0][0]
    kind = KIND_OF_TYPE[first["type"]]
    values = [result["value"] for result, _ in results]
    if kind is ControlKind.CHOICE and any(len(value.get("choices", ())) > 1 for value in values):
        kind = ControlKind.CHOICES
    if first["type"] == "labels" and any(
        "channel" in value or isinstance(value.get("start"), float) for value in values
    ):
        kind = ControlKind.SEGMENTS
    return Control(
        name=name,
        kind=kind,
        to_name=str(first.get("to_name", "")),
        field=str(first.get("to_name", "")),  # the name of the object is all that results tell
        per_region=any(hangs for _, hangs in results),
        # Regions left empty say that there are none; of other controls nobody can tell whether they were asked.
        conditional=kind not in REGIONS,
    )
