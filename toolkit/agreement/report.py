"""What measuring agreement returns: numbers with intervals, or why they are undefined, and on what they rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.agreement.counts import Whole
    from toolkit.agreement.statistic import Real


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One number of agreement, how sure it is and on how much it rests."""

    value: float | None  # None where undefined
    low: float | None  # 95 % interval: bootstrap over tasks, or of the formula where flags say "analytic_interval"
    high: float | None
    reason: str | None  # why undefined, a word of the vocabulary in docs/agreement.md
    n_tasks: int  # tasks it rests on: those with two judgments or more
    undefined_share: float | None  # of the resamples; None where nothing was resampled
    flags: tuple[str, ...]  # what weakens it; the vocabulary is in docs/agreement.md
    without_one: tuple[float, float] | None = None  # least and greatest value when one annotator is left out
    standard_error: float | None = None  # where a published formula gives one
    test: Mapping[str, float] = field(default_factory=dict)  # where there is one: statistic, degrees of freedom, p


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How far annotators agree on one label, against all others."""

    label: str
    n_judgments: int
    share: float
    specific_agreement: float | None  # of two judgments, given that one has the label, how often the other has, too
    coefficients: Mapping[str, Coefficient]


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """How far annotators agree on one control in one group."""

    control: str
    kind: str
    level: str | None  # how labels are compared; None where answers are no single labels
    why: str  # what is measured how, and why
    by: Mapping[str, str | None]
    n_tasks: int
    n_annotators: int
    n_judgments: int
    labels: Mapping[str, float]  # label → share of judgments, declared ones first; empty for free answers
    shown: tuple[str, ...]  # those to look at first
    coefficients: Mapping[str, Coefficient]
    per_label: tuple[LabelAgreement, ...]  # of closed label sets, by label


@dataclass(frozen=True, slots=True)
class AnnotatorAgreement:
    """How far one annotator agrees with the others of a group, and what else is known of their work there."""

    annotator: str
    control: str
    by: Mapping[str, str | None]
    n_judgments: int
    n_tasks: int  # those that somebody else judged, too
    agreement: float | None  # mean similarity with the others' answers to these tasks
    alpha_without: float | None  # the group's alpha if this annotator had not been there
    n_skipped: int
    n_repeats: int  # further judgments on a task they had judged before
    self_agreement: float | None  # share of those that are as before
    median_lead_time_s: float | None


@dataclass(frozen=True, slots=True)
class TaskAgreement:
    """A task on which annotators disagree."""

    task: str
    control: str
    by: Mapping[str, str | None]
    n_judgments: int
    agreement: float  # mean similarity of two answers
    labels: Mapping[str, int]  # answer → judgments, most first


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two labels that were given to the same tasks."""

    first: str
    second: str
    n_pairs: int  # pairs of judgments of one task, one with the first label and one with the second
    n_tasks: int  # on which they stand against each other
    expected: float  # such pairs by chance, were labels given by their shares and whatever the task
    share_of_first: float  # of the pairs that have the first label on one side, those with the second on the other
    share_of_second: float


@dataclass(frozen=True, slots=True)
class ConfusionsOfGroup:
    """Which labels of one control stand against each other in one group."""

    control: str
    by: Mapping[str, str | None]
    reason: str | None  # why there are none to know of
    n_tasks: int  # with two judgments or more
    n_pairs: int  # of judgments of one task
    n_differing: int  # those with different labels
    n_confused: int  # different pairs of labels among them
    most: tuple[Confusion, ...]  # the most frequent ones


@dataclass(frozen=True, slots=True)
class Period:
    """How far annotators agreed in one week, or under one version of the label config."""

    period: str  # Monday of the week, or the version
    n_tasks: int
    agreement: float
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether agreement changed from period to period."""

    control: str
    by: Mapping[str, str | None]
    column: str  # week or config_version
    periods: tuple[Period, ...]
    statistic: float | None  # Kruskal and Wallis's H over the tasks' agreement
    degrees_of_freedom: int | None
    p: float | None
    p_adjusted: float | None  # by Holm, over all tests of the report
    reason: str | None  # why there is no test


@dataclass(frozen=True, slots=True, eq=False)
class PairsOfGroup:
    """How far pairs of annotators of one group agree; column by column, for there can be half a million."""

    control: str
    by: Mapping[str, str | None]
    first: Whole
    second: Whole
    n_shared: Whole
    agreement: Real  # mean similarity of their answers
    kappa: Real  # Cohen's, weighted as the control's answers are compared; NaN where undefined


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """All pairs of annotators that share enough tasks."""

    annotators: tuple[str, ...]
    groups: tuple[PairsOfGroup, ...]

    def __len__(self) -> int:
        return sum(len(group.first) for group in self.groups)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for group in self.groups:
            columns = (group.first, group.second, group.n_shared, group.agreement, group.kappa)
            for first, second, n_shared, agreement, kappa in zip(*(one.tolist() for one in columns), strict=True):
                yield {
                    "first": self.annotators[first],
                    "second": self.annotators[second],
                    "control": group.control,
                    "by": dict(group.by),
                    "n_shared": n_shared,
                    "agreement": agreement,
                    "cohen_kappa": None if kappa != kappa else kappa,
                }


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """How far annotators agree: per control and group, annotator, pair, label, task and period."""

    n_tasks: int
    n_annotators: int
    n_judgments: int
    n_repeats_dropped: int
    n_without_label: int
    engine: str
    resamples: int
    seed: int
    min_shared: int
    groups: tuple[GroupAgreement, ...]
    annotators: tuple[AnnotatorAgreement, ...]
    tasks: tuple[TaskAgreement, ...]  # of each group those with the least agreement, worst first
    changes: tuple[Drift, ...]
    confusions: tuple[ConfusionsOfGroup, ...]  # one a group
    pairs: PairTable

    def to_json(self) -> dict[str, Any]:
        """Return the report as it is printed with ``--json``; ``pairs``, the last key, is an iterable of mappings."""
        shown: dict[str, Any] = {"format": 1}
        for one in fields(self)[:-1]:
            value = getattr(self, one.name)
            shown[one.name] = [_plain(asdict(item)) for item in value] if isinstance(value, tuple) else value
        return {**shown, "pairs": self.pairs}


def _plain(value: Any) -> Any:
    """Turn tuples into lists, as JSON has them."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
