"""What wants attention, as the lines that head the report: of every subject the first, then by urgency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from toolkit.reports.page import Link, Notice, Urgency
from toolkit.workflow.wanting import Concern

MOST = 12  # lines; more only where there are more subjects
MOST_OF_A_SUBJECT = 3


def notices(concerns: Sequence[Concern]) -> tuple[Notice, ...]:
    """Return the lines of a report.

    Parameters
    ----------
    concerns : sequence of Concern
        All of them, most urgent first.

    Returns
    -------
    tuple of Notice
        In the same order. The last line of a subject says how many more there are.

    Examples
    --------
    >>> [one.sentence for one in notices([Concern(f"{n} late.", subject="overdue") for n in range(5)])]
    ['0 late.', '1 late.', '2 late. And 2 more.']
    """
    shown = _chosen(concerns)
    total = Counter(one.subject for one in concerns)
    left = Counter(concerns[number].subject for number in shown)
    told, found = Counter[str](), []
    for number in shown:
        one = concerns[number]
        told[one.subject] += 1
        n_more = total[one.subject] - left[one.subject] if told[one.subject] == left[one.subject] else 0
        found.append(_notice(one, n_more))
    return tuple(found)


def _chosen(concerns: Sequence[Concern]) -> list[int]:
    """Return which are shown: the first of each subject, and then what is most urgent."""
    first: dict[str, int] = {}
    for number, one in enumerate(concerns):
        first.setdefault(one.subject, number)
    chosen, taken = set(first.values()), Counter(dict.fromkeys(first, 1))
    for number, one in enumerate(concerns):
        if len(chosen) >= MOST:
            break
        if number not in chosen and taken[one.subject] < MOST_OF_A_SUBJECT:
            chosen.add(number)
            taken[one.subject] += 1
    return sorted(chosen)


def _notice(one: Concern, n_more: int) -> Notice:
    return Notice(
        urgency=Urgency.ACT if one.urgent else Urgency.LOOK,
        subject=one.subject,
        sentence=f"{one.sentence} And {n_more:,} more." if n_more else one.sentence,
        advice=one.advice,
        link=None if one.link is None else Link(*one.link),
    )
