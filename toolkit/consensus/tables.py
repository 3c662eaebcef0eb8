"""Consensus on a table in memory, for one question that is answered with one label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.agreement.longtable import LongTable
from toolkit.consensus.blocks import JudgedHere
from toolkit.consensus.categorical import Answered, answer
from toolkit.consensus.methods import Method
from toolkit.consensus.vote import latest_judgments
from toolkit.errors import InputError
from toolkit.models import DEFAULT_CONTROL

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The judgments of a table, as a question; see :class:`toolkit.consensus.categorical.Question`."""

    judged: JudgedHere
    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    names: tuple[str, ...]
    control: str

    def tasks(self) -> Iterator[str]:
        return iter(self.names)


def consensus_model(
    judgments: pd.DataFrame, method: Method = Method.AUTO, *, gold: Mapping[str, str] | None = None
) -> Answered:
    """Fit what annotators' labels tell of tasks and of annotators.

    Parameters
    ----------
    judgments : DataFrame, one row per judgment
        ``task``, ``annotator``, ``label``, on one control. Of a repeated (task, annotator) the latest counts, by
        ``created_at`` where there is such a column; rows without a label do not count.
    method : Method
        ``auto``, ``vote``, ``weighted``, ``dawid-skene``, ``one-coin`` or ``ibcc``.
    gold : mapping of str to str, optional
        Task → right label; from ten tasks on they teach how far confidence can be trusted.

    Returns
    -------
    Answered
        Its ``consensus(Rules())`` yields the label of each task with a confidence and a distribution, sorted by task;
        its ``annotators()`` yields reliability (0 to 1), confusion matrix and bias of each; ``chosen`` tells the method
        and why; ``calibration`` what confidence rests on.

    Raises
    ------
    InputError
        A column is missing, there are no judgments, they are on several controls, or gold is no label of theirs.

    References
    ----------
    Dawid and Skene (1979), Applied Statistics 28, 20-28; Kim and Ghahramani (2012), AISTATS, 619-627.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.consensus import Method, Rules, consensus_model
    >>> votes = pd.DataFrame([(t, a, "xy"[t % 2] if a != "c" else "x") for t in range(12) for a in "abcd"],
    ...                      columns=["task", "annotator", "label"])
    >>> model = consensus_model(votes, Method.DAWID_SKENE)
    >>> [one.label for one in model.consensus(Rules())][:4]
    ['x', 'y', 'x', 'y']
    >>> {one.annotator: round(one.reliability, 1) for one in model.annotators()}
    {'a': 1.0, 'b': 1.0, 'c': 0.6, 'd': 1.0}
    """
    import numpy as np

    kept, _ = latest_judgments(judgments)
    controls = sorted(set(kept["control"]))
    if len(controls) != 1:
        raise InputError(
            f"The judgments are on {len(controls)} controls: {', '.join(map(str, controls)) or 'none'}.",
            hint="give those on one, or use toolkit.consensus.estimate.",
        )
    named = kept.assign(task=kept["task"].astype(str), annotator=kept["annotator"].astype(str))
    ordered = named.sort_values(["task", "annotator"], kind="stable")
    table = LongTable.of(ordered)
    order = sorted(range(len(table.label_names)), key=table.label_names.__getitem__)
    place = np.argsort(np.array(order, dtype=np.int64))
    shape = (table.n_tasks, len(table.annotator_names), len(order))
    question = _Table(
        judged=JudgedHere.of(table.tasks, table.annotators, place[table.labels], shape),
        labels=tuple(table.label_names[i] for i in order),
        annotators=table.annotator_names,
        names=tuple(dict.fromkeys(ordered["task"])),
        control=str(controls[0]) if "control" in judgments.columns else DEFAULT_CONTROL,
    )
    return answer(question, method, gold=gold)
