from __future__ import annotations

from typing import Any

import pytest

from toolkit.labelstudio.extents import extents_from_results
from toolkit.models import Control, ControlKind

SPANS = Control("spans", ControlKind.SPANS, "t", field="body")
SPEECH = Control("speech", ControlKind.SEGMENTS, "a", field="audio")


@pytest.mark.parametrize(
    ("shown", "extent"),
    [
        ("Ada wrote it.", {"spans": "13"}),
        ("", {"spans": "0"}),
        ("2 < 3 and 5 > 4", {"spans": "15"}),
        ("<p>Ada</p> wrote it.", {}),  # offsets count what a browser shows of it
        ("https://example.org/text.txt", {}),  # the text is there, not here
        ("See https://example.org for it.", {"spans": "31"}),
        (None, {}),
        (["Ada"], {}),
    ],
)
def test_a_text_is_as_long_as_it_has_characters(shown: Any, extent: dict[str, str]) -> None:
    assert extents_from_results([], [SPANS], fields={"body": shown}) == extent


@pytest.mark.parametrize(
    ("lengths", "extent"),
    [
        ([2.5, 2.5], {"speech": "2.5"}),
        ([None, 7200], {"speech": "7200"}),
        ([1e-7], {"speech": "0.0000001"}),
        ([1e22], {"speech": "10000000000000000000000"}),
        ([0, -1, float("nan"), float("inf"), "2"], {}),
        ([], {}),
    ],
)
def test_a_recording_tells_its_length_once_something_is_marked(lengths: list[Any], extent: dict[str, str]) -> None:
    results = [{"from_name": "speech", "original_length": length} for length in lengths]
    others = [{"from_name": "else", "original_length": 99}, "garbage"]
    assert extents_from_results([*results, *others], [SPEECH], fields={"audio": "a.wav"}) == extent


def test_other_kinds_have_no_extent() -> None:
    controls = [Control("it", kind, "t", field="body") for kind in ControlKind if kind not in ("spans", "segments")]
    assert extents_from_results([{"from_name": "it", "original_length": 2.5}], controls, fields={"body": "x"}) == {}


SHAPE = Control("shape", ControlKind.BOXES, "i", field="image")


@pytest.mark.parametrize(
    ("sizes", "extent"),
    [
        ([(640, 480), (640, 480)], {"shape": "640x480"}),
        ([(640, 480), (480, 640)], {}),
        ([(None, None)], {}),
        ([(640, 0)], {}),
        ([(True, 480)], {}),
        ([], {}),
    ],
)
def test_a_picture_is_as_large_as_its_regions_say(sizes: list[tuple[Any, Any]], extent: dict[str, str]) -> None:
    results = [{"from_name": "shape", "original_width": wide, "original_height": high} for wide, high in sizes]

    assert extents_from_results(results, [SHAPE], fields={"image": "a.png"}) == extent
