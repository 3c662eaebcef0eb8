"""What becomes of many tasks at once: the same verdicts as one at a time, in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.models import ConsensusStatus

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from toolkit.consensus.blocks import Real, Whole

    Flags: TypeAlias = NDArray[np.bool_]

STATUSES = (ConsensusStatus.DECIDED, ConsensusStatus.TOO_FEW, ConsensusStatus.TIE, ConsensusStatus.UNDECIDED)


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What a block of tasks comes to."""

    status: Whole  # (n_tasks,) place in STATUSES
    confidence: Real  # (n_tasks,)
    label: Callable[[int], str]  # of the task at a place, decided or not

    @property
    def decided(self) -> Flags:
        """Whether each task has a label."""
        found: Flags = self.status == 0
        return found


def statuses(*, too_few: Flags, tie: Flags, undecided: Flags) -> Whole:
    """Return the place in STATUSES of each task; of several reasons against a label the first counts.

    Examples
    --------
    >>> import numpy as np
    >>> yes, no = np.array([True]), np.array([False])
    >>> STATUSES[statuses(too_few=no, tie=yes, undecided=yes)[0]].value
    'tie'
    """
    import numpy as np

    return np.select([too_few, tie, undecided], [1, 2, 3], 0)
