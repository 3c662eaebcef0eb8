"""Consensus on a table of judgments: counted by an engine, computed by what fits each control."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from toolkit.agreement.counts import CountedJudgments, GroupCounts, Source
from toolkit.consensus.blocks import Judged
from toolkit.consensus.categorical import AnnotatorEstimate, Answered, Calibration, Rules, answer
from toolkit.consensus.listed import AnsweredOneByOne, model_for
from toolkit.consensus.methods import Method
from toolkit.consensus.sets import AnsweredSets, answer_sets
from toolkit.errors import InputError
from toolkit.models import Consensus, Control, ControlKind

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Whole

ONE_LABEL = frozenset({ControlKind.CHOICE, ControlKind.PAIRWISE})
SETS = frozenset({ControlKind.CHOICES, ControlKind.TAXONOMY})
Gold = Mapping[str, Mapping[str, str]]  # control → task → label known to be right


class OpenJudgments(CountedJudgments, Protocol):
    """Judgments an engine has counted, of which models of annotators can be fitted."""

    def judged(self, group: int, n_labels: int) -> Judged:
        """Return who gave which label to each task."""
        ...

    def judged_tasks(self, group: int) -> Iterator[str]:
        """Yield the names of the tasks, in the order of :meth:`judged`."""
        ...


class ConsensusEngine(Protocol):
    """Counts judgments where they are."""

    @property
    def name(self) -> str:
        """What reports call the engine."""
        ...

    def open(
        self, judgments: Source, *, by: Sequence[str] = (), control: str | None = None
    ) -> AbstractContextManager[OpenJudgments]:
        """Count a table of judgments per control and group."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredControl:
    """One control, or one group of its judgments, with what answers it."""

    control: str
    kind: str
    by: Mapping[str, str | None]
    n_tasks: int
    n_judgments: int
    labels: tuple[str, ...]  # of single labels, declared or found; empty elsewhere
    method: str
    reason: str
    calibration: Calibration | None  # of single labels only
    answered: Answered | AnsweredSets | AnsweredOneByOne

    def consensus(self, rules: Rules) -> Iterator[Consensus]:
        """Yield the consensus on each task, sorted by task as text."""
        return self.answered.consensus(rules)

    def annotators(self) -> Iterator[AnnotatorEstimate]:
        """Yield what is known of each annotator; of single labels only."""
        return self.answered.annotators() if isinstance(self.answered, Answered) else iter(())


@dataclass(frozen=True, slots=True, eq=False)
class ConsensusReport:
    """What the judgments amount to; open as long as the engine is."""

    engine: str
    n_tasks: int
    n_annotators: int
    n_judgments: int
    n_repeats_dropped: int
    n_without_label: int
    controls: tuple[AnsweredControl, ...]


@contextmanager
def estimate(
    judgments: Source,
    *,
    engine: ConsensusEngine,
    by: Sequence[str] = (),
    control: str | None = None,
    controls: Mapping[str, Control] | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    method: Method = Method.AUTO,
    gold: Gold | None = None,
    group_of: Callable[[str], str] | None = None,
) -> Iterator[ConsensusReport]:
    """Compute the consensus on every control of a table: which label, how sure, and how annotators answer.

    Parameters
    ----------
    judgments : DataFrame, Arrow table, or Path of a Parquet file
        The long table: ``task``, ``annotator``, ``label``, optionally ``control``, ``kind``, ``created_at``,
        ``extent`` and the columns of `by`. Of a repeated (task, annotator, control) the latest counts; rows without a
        label are skips.
    engine : ConsensusEngine
        Where the counting is done, such as ``toolkit.engines.duckdb.DuckDBEngine()``.
    by : sequence of str
        Columns that divide the judgments into groups, each a question of its own.
    control : str, optional
        This control only.
    controls : mapping of str to Control, optional
        What the label config says of each control.
    labels : mapping of str to sequence of str, optional
        Declared labels by control, used or not; `controls` say it, too.
    method : Method
        How single labels and sets are answered; what is no closed set of labels has methods of its own.
    gold : mapping of str to mapping of str to str, optional
        Control → task → right label, to learn from how far confidence can be trusted. Used on single labels.
    group_of : callable, optional
        Group of an annotator, such as the tier, whose members are taken to err alike until more is known.

    Yields
    ------
    ConsensusReport
        To be read while the context lasts.

    Raises
    ------
    InputError
        A column is missing, the file cannot be read, or gold names a control or label that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.engines.duckdb import DuckDBEngine
    >>> votes = pd.DataFrame({"task": list("111222"), "annotator": list("abcabc"), "label": list("xxyyyy")})
    >>> with estimate(votes, engine=DuckDBEngine(), method=Method.VOTE) as report:
    ...     [(one.task, one.label, one.support) for one in report.controls[0].consensus(Rules())]
    [('1', 'x', 0.6666666666666666), ('2', 'y', 1.0)]
    """
    known = {name: tuple(found.labels) for name, found in (controls or {}).items()}
    known |= {name: tuple(found) for name, found in (labels or {}).items()}
    with engine.open(judgments, by=by, control=control) as counted:
        counts = counted.counts
        _check_gold(gold or {}, [group.control for group in counts.groups])
        groups = _grouped(counts.annotators, group_of)
        found = tuple(
            _answered(
                Group(counted, group, known.get(group.control, ())),
                (controls or {}).get(group.control),
                method,
                (gold or {}).get(group.control, {}),
                groups,
            )
            for group in counts.groups
        )
        yield ConsensusReport(
            engine=counts.engine,
            n_tasks=counts.n_tasks,
            n_annotators=counts.n_annotators,
            n_judgments=counts.n_judgments,
            n_repeats_dropped=counts.n_repeats_dropped,
            n_without_label=counts.n_without_label,
            controls=found,
        )


class Group:
    """The judgments on one control in one group, as a question; see :class:`toolkit.consensus.categorical.Question`."""

    def __init__(self, counted: OpenJudgments, group: GroupCounts, declared: Sequence[str]) -> None:
        self._counted, self.group = counted, group
        self.control = group.control
        self.labels = (*group.labels, *(label for label in declared if label not in group.labels))
        self.annotators = counted.counts.annotators
        self.judged = counted.judged(group.number, len(self.labels))

    def tasks(self) -> Iterator[str]:
        """Yield the names of the tasks, in the order of the judgments."""
        return self._counted.judged_tasks(self.group.number)


def _answered(
    question: Group, control: Control | None, method: Method, gold: Mapping[str, str], groups: Whole | None
) -> AnsweredControl:
    group, kind = question.group, _kind(question.group.kind)
    found: Answered | AnsweredSets | AnsweredOneByOne
    calibration = None
    if kind in ONE_LABEL:
        found = answer(question, method, gold=gold, groups=groups)
        told, why, calibration = found.chosen.method.value, found.chosen.reason, found.calibration
    elif kind in SETS:
        found = answer_sets(question, kind, method, groups=groups)
        told, why = found.method, found.reason
    else:
        model = model_for(kind, method, group.n_tasks, group.n_judgments)
        found = AnsweredOneByOne(question, kind, control, model)
        told, why = found.method, found.reason
    return AnsweredControl(
        control=group.control,
        kind=kind.value,
        by=group.by,
        n_tasks=group.n_tasks,
        n_judgments=group.n_judgments,
        labels=tuple(question.labels) if kind in ONE_LABEL else (),
        method=told,
        reason=why,
        calibration=calibration,
        answered=found,
    )


def _kind(name: str) -> ControlKind:
    if name not in list(ControlKind):
        raise InputError(f"There is no kind of control {name!r}.", hint=f"kinds are {', '.join(ControlKind)}.")
    return ControlKind(name)


def _check_gold(gold: Gold, controls: Sequence[str]) -> None:
    if missing := sorted(set(gold) - set(controls)):
        raise InputError(
            f"Gold is on {missing[0]!r}, which has no judgments; there are: {', '.join(sorted(set(controls)))}.",
            hint="name the control in a column control of the gold, or choose one with --control.",
        )


def _grouped(annotators: Sequence[str], group_of: Callable[[str], str] | None) -> Whole | None:
    import numpy as np

    if group_of is None:
        return None
    names = [group_of(annotator) for annotator in annotators]
    number = {name: i for i, name in enumerate(sorted(set(names)))}
    return np.array([number[name] for name in names], dtype=np.int64)
