from __future__ import annotations

from typing import Any

import pytest

from toolkit.consensus.answers import Answer
from toolkit.consensus.kinds import SETTLED_BY, settle
from toolkit.errors import InputError
from toolkit.models import CATEGORICAL, Control, ControlKind

LINE = {"start": 0, "end": 4, "text": "", "labels": ["who"]}
TURN = {"start": "0", "end": "0", "startOffset": 0, "endOffset": 4, "text": "", "labels": ["who"]}
BOX = {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 0, "labels": ["car"]}
VALUES: dict[ControlKind, Any] = {
    ControlKind.RATING: 4,
    ControlKind.NUMBER: 7.5,
    ControlKind.DATETIME: "2025-09-12",
    ControlKind.RANKING: {"best": ["x", "y"]},
    ControlKind.TEXT: ["a red fox"],
    ControlKind.SPANS: [LINE],
    ControlKind.TURNS: [TURN],
    ControlKind.SEGMENTS: [{"start": 0.5, "end": 4.25, "labels": ["hum"]}],
    ControlKind.BOXES: [BOX],
    ControlKind.POLYGONS: [{"points": [[0, 0], [9, 0], [0, 9]], "labels": ["car"]}],
}


@pytest.mark.parametrize("kind", list(SETTLED_BY))
def test_what_all_say_is_settled_whatever_the_kind(kind: ControlKind) -> None:
    answers = [Answer(name, VALUES[kind]) for name in "abc"]
    found = settle(kind, answers, min_support=1, min_judgments=3)
    assert (found.value, found.support, found.n_judgments) == (VALUES[kind], 1, 3)
    assert settle(kind, answers, min_support=1, min_judgments=4).reason == "3 of 4 judgments needed"


def test_every_kind_is_settled_here_or_by_vote() -> None:
    assert set(SETTLED_BY) | CATEGORICAL == set(ControlKind)
    assert set(SETTLED_BY) & CATEGORICAL == {ControlKind.RATING}


def test_ratings_are_held_against_the_scale_of_their_control() -> None:
    control = Control("quality", ControlKind.RATING, "text", labels=("1", "2"))
    found = settle(ControlKind.RATING, [Answer("ada", 4)], control, min_support=0.5, min_judgments=1)
    assert found.reason == "4 is not among the ratings of quality: 1, 2"


def test_labels_of_a_closed_set_are_for_the_vote() -> None:
    with pytest.raises(InputError, match="labels of a closed set"):
        settle(ControlKind.CHOICE, [Answer("ada", "low")], min_support=0.5, min_judgments=1)
