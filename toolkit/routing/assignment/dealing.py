"""Which placements of a group those get who take some of it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping

from toolkit.routing.assignment.groups import Group


def deal(group: Group, counts: Mapping[str, int], seed: int) -> Iterator[tuple[str, str]]:
    """Yield (placement, annotator) so that everybody gets their number, nobody a placement twice.

    Each placement in turn is completed by those who have most still to get. That finds room for everybody whose number
    is at most that of the placements (it is the rule by which machines are kept busy), completes tasks rather than
    beginning many, and leaves those with the same number to the seed again and again: they meet ever other partners,
    where dealing by turns around the group would give each the same two.

    Parameters
    ----------
    group : Group
        Its placements in the order in which they are dealt.
    counts : mapping of str to int
        Annotator to the number of placements, at most all of them; together at most what is missing.
    seed : int
        Settles who meets whom.
    """
    dice = random.Random(f"{seed}:{group.placements[0]}:{len(counts)}")  # noqa: S311 - nothing secret
    waiting = [(-count, dice.random(), name) for name, count in sorted(counts.items()) if count]
    heapq.heapify(waiting)
    for placement in group.placements:
        dealt = [heapq.heappop(waiting) for _ in range(min(group.missing, len(waiting)))]
        for left, _, name in dealt:
            yield placement, name
            if left < -1:
                heapq.heappush(waiting, (left + 1, dice.random(), name))
