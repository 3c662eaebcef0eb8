"""Which consensus fits which kind of answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from toolkit.consensus.answers import Answer, Settled
from toolkit.consensus.numbers import settle_datetime, settle_number, settle_rating
from toolkit.consensus.rankings import settle_ranking
from toolkit.consensus.regions import settle_regions
from toolkit.consensus.texts import settle_text
from toolkit.errors import InputError
from toolkit.models import REGIONS, Control, ControlKind

SETTLED_BY: Mapping[ControlKind, Callable[..., Settled]] = {
    ControlKind.RATING: settle_rating,
    ControlKind.NUMBER: settle_number,
    ControlKind.DATETIME: settle_datetime,
    ControlKind.RANKING: settle_ranking,
    ControlKind.TEXT: settle_text,
    **{kind: partial(settle_regions, kind=kind) for kind in sorted(REGIONS)},
}
ON_A_SCALE = frozenset({ControlKind.RATING})  # kinds whose consensus looks at what the control declares


def settle(
    kind: ControlKind,
    answers: Sequence[Answer],
    control: Control | None = None,
    *,
    min_support: float,
    min_judgments: int,
) -> Settled:
    """Return what answers come to, by the method that fits their kind, as it is without options.

    Parameters
    ----------
    kind : ControlKind
        Any but those whose answers are one of a closed set, which :func:`~toolkit.consensus.vote.vote` is for.
    answers : sequence of Answer
        One an annotator, none skipped.
    control : Control, optional
        What was asked; ratings that are no steps of its scale are not decided on.
    min_support, min_judgments
        Least support, 0 to 1, and least number of answers for a decision.

    Returns
    -------
    Settled
        It depends neither on the order of the answers nor on the names of annotators.

    Raises
    ------
    InputError
        The kind is settled by vote, an answer is not of the kind, a threshold is out of range, or somebody answered
        twice.

    Examples
    --------
    >>> texts = [["a red fox"], ["a red fox"], ["the red fox"]]
    >>> answers = [Answer(name, text) for name, text in zip("abc", texts)]
    >>> settle(ControlKind.TEXT, answers, min_support=0.6, min_judgments=2).value
    ['a red fox']
    """
    if kind not in SETTLED_BY:
        raise InputError(
            f"Answers of the kind {str(kind)!r} are labels of a closed set.", hint="use toolkit.consensus.vote."
        )
    asked = {"control": control} if kind in ON_A_SCALE else {}
    return SETTLED_BY[kind](answers, **asked, min_support=min_support, min_judgments=min_judgments)
