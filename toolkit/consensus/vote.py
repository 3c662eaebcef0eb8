"""Majority vote: the label most annotators gave, if enough did; a tie is left open, never broken by chance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError
from toolkit.models import DEFAULT_CONTROL, Consensus, ConsensusStatus

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Mapping[str, type] = {
    "task": str,
    "control": str,
    "label": str,
    "status": str,
    "confidence": float,
    "support": float,
    "n_judgments": int,
    "shares": str,
    "distribution": str,
    "method": str,
    "reason": str,
}


@dataclass(frozen=True, slots=True)
class Vote:
    """What a vote amounts to."""

    label: str | None  # None unless decided
    status: ConsensusStatus
    support: float | None  # share of judgments behind the leading label, 0–1; None without judgments
    n_judgments: int
    shares: Mapping[str, float]  # label → share of judgments, most frequent first
    reason: str

    def consensus(self, task: str, control: str) -> Consensus:
        """Return what the vote amounts to for a control of a task.

        Examples
        --------
        >>> vote(["low", "low"], min_support=0.6, min_votes=2).consensus("t1", "risk").label
        'low'
        """
        return Consensus(
            task, control, self.label, self.status, self.support, self.n_judgments, self.shares, self.reason
        )


def vote(labels: Sequence[str], *, min_support: float, min_votes: int) -> Vote:
    """Return the label that most judgments carry, where enough of them do.

    Parameters
    ----------
    labels : sequence of str
        The labels that annotators gave to one control of one task.
    min_support : float
        Least share of the judgments, 0 to 1, that the leading label must have; exactly that share is enough. At 0.5
        two of four decide if the other two differ from each other.
    min_votes : int
        Least number of judgments, whatever their labels.

    Returns
    -------
    Vote
        Too few where there are less than `min_votes` judgments; else a tie where no label leads alone; else undecided
        where the leading label has less than `min_support`; else decided.

    Raises
    ------
    InputError
        `min_support` is not within 0 and 1, or `min_votes` is below 1.

    Examples
    --------
    >>> vote(["low", "high", "low"], min_support=0.6, min_votes=2).label
    'low'
    >>> vote(["low", "high"], min_support=0.6, min_votes=2).status.value
    'tie'
    """
    _check(min_support, min_votes)
    return _count(Counter(labels), min_support, min_votes)


def consensus_by_task(judgments: pd.DataFrame, *, min_support: float = 0.5, min_judgments: int = 1) -> list[Consensus]:
    """Vote on every control of every task.

    Parameters
    ----------
    judgments : DataFrame
        The long table: ``task``, ``annotator``, ``label``, optionally ``control`` and ``created_at``. Of a repeated
        (task, annotator, control) the latest counts, else the last row; rows without a label do not count.
    min_support, min_judgments
        See :func:`vote`.

    Returns
    -------
    list of Consensus
        One per task and control that has a judgment, sorted by task and control.

    Raises
    ------
    InputError
        A column is missing, or a threshold is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"task": ["1"] * 3, "annotator": list("abc"), "label": ["x", "x", "y"]})
    >>> [(item.task, item.label, item.status.value) for item in consensus_by_task(votes)]
    [('1', 'x', 'decided')]
    """
    _check(min_support, min_judgments)
    kept, _ = latest_judgments(judgments)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for task, control, label in zip(kept["task"], kept["control"], kept["label"], strict=True):
        counts.setdefault((str(task), str(control)), Counter())[str(label)] += 1
    return [_count(counts[key], min_support, min_judgments).consensus(*key) for key in sorted(counts)]


def latest_judgments(judgments: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the judgments that count, with a control each, and how many repeats were left out.

    Rows without a label are left out too, and are no repeats.
    """
    import pandas as pd

    if missing := [name for name in ("task", "annotator", "label") if name not in judgments.columns]:
        raise InputError(
            f"The judgments have no column {', '.join(missing)}; found: {', '.join(map(str, judgments.columns))}.",
            hint="consensus needs task, annotator and label, one row per judgment.",
        )
    labelled = judgments[judgments["label"].notna()]
    if "control" not in labelled.columns:
        labelled = labelled.assign(control=DEFAULT_CONTROL)
    if "created_at" in labelled.columns:
        when = pd.to_datetime(labelled["created_at"], utc=True, errors="coerce", format="ISO8601")
        order = when.reset_index(drop=True).sort_values(kind="stable", na_position="first").index
        labelled = labelled.iloc[order]
    kept = labelled.drop_duplicates(["task", "annotator", "control"], keep="last")
    return kept, len(labelled) - len(kept)


def consensus_row(item: Consensus) -> dict[str, Any]:
    """Return consensus as the row of a file, shares and distribution as JSON text."""
    return {
        "task": item.task,
        "control": item.control,
        "label": item.label,
        "status": str(item.status),
        "confidence": item.confidence,
        "support": item.support,
        "n_judgments": item.n_judgments,
        "shares": json.dumps(dict(item.shares), ensure_ascii=False),
        "distribution": json.dumps(dict(item.distribution), ensure_ascii=False),
        "method": item.method,
        "reason": item.reason,
    }


def _check(min_support: float, min_votes: int) -> None:
    if not 0 <= min_support <= 1:
        raise InputError(f"The least support must lie within 0 and 1, not {min_support:g}.", hint="0.6 means 60 %.")
    if min_votes < 1:
        raise InputError(f"At least 1 judgment is needed for a consensus, not {min_votes}.")


def _count(counts: Counter[str], min_support: float, min_votes: int) -> Vote:
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shares = {label: votes / total for label, votes in ranked}
    support = ranked[0][1] / total if ranked else None
    status, reason = _verdict(ranked, total, min_support, min_votes)
    label = ranked[0][0] if status is ConsensusStatus.DECIDED else None
    return Vote(label, status, support, total, shares, reason)


def _verdict(
    ranked: Sequence[tuple[Hashable, int]], total: int, min_support: float, min_votes: int
) -> tuple[ConsensusStatus, str]:
    if total < min_votes:
        return ConsensusStatus.TOO_FEW, f"{total} of {min_votes} judgments needed"
    votes = ranked[0][1]
    if len(ranked) > 1 and ranked[1][1] == votes:
        tied = sum(count == votes for _, count in ranked)
        return ConsensusStatus.TIE, f"{tied} labels with {votes} of {total} judgments each"
    if votes / total < min_support:
        return ConsensusStatus.UNDECIDED, f"{votes} of {total} judgments, below a share of {min_support:g}"
    return ConsensusStatus.DECIDED, f"{votes} of {total} judgments"
