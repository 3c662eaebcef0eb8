"""Segments of recordings come back from manifests and subtitles when they were and with what was said."""

from __future__ import annotations

import hashlib
import html
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webvtt import WebVTT as Reader

from tests.releases.release_examples import record, sheet
from toolkit.labelconfig import read_controls
from toolkit.packs import bundled_configs, load_packs
from toolkit.releases.formats.asr import ASR
from toolkit.releases.formats.webvtt import EMPTY_LINE, WEBVTT

SOME = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    '"',
    "&",
    "&amp;",
    "<",
    "</v>",
    "-->",
    "00:01.000 --> 00:02.000",
    "\x85",
    "\u2028",
]
PIECES += ["\u202e", "🙂", "NOTE", "WEBVTT", "\x0c", "\ufeff", " ", "[noise]", "s'il"]
WORDS = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(PIECES)).map("".join))
TEXTS = WORDS.map(lambda text: text.replace("\x00", "")).filter(str.strip)
GENERAL = load_packs(bundled_configs() / "domains")["general"]


def of_xml(xml: str, field: str, **changes: Any) -> Any:
    asked = tuple(control for control in read_controls(xml) if not control.per_region)
    return sheet(fields=(field,), controls=asked, xml=xml, **changes)


def bundled(name: str) -> Any:
    config = next(one for one in GENERAL.configs if one.name == name)
    return of_xml(config.xml, config.fields[0], domain="general", config=name)


AUDIO, VIDEO = bundled("audio-transcription"), bundled("video-timeline")


@st.composite
def segments(draw: st.DrawFn) -> dict[str, Any]:
    start, length = draw(st.integers(0, 10**7)), draw(st.integers(1, 10**6))
    labels = draw(st.lists(st.sampled_from(["speaker 1", "a & <b>"]), min_size=1, max_size=2, unique=True))
    said = draw(st.none() | st.lists(TEXTS, min_size=1, max_size=2))
    found = {"start": start / 1000, "end": (start + length) / 1000, "labels": labels}
    return found if said is None else {**found, "attributes": {"transcript": said}}


def heard(task: str, regions: Any, **changes: Any) -> Any:
    return record(task, fields={"audio": f"{task}.wav"}, labels={"speaker": regions}, **changes)


def written(form: Any, folder: Path, rows: list[Any], of: Any = AUDIO, split: str = "train") -> Any:
    assert form.misfit(of) is None
    assert [form.objection(of, row) for row in rows] == [None] * len(rows)
    writer = form.writer(folder, of, split)
    for row in rows:
        writer.write(row)
    writer.close()
    return writer


def transcribed(regions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the segments with words, as the formats have them in order."""
    said = [one for one in regions if "attributes" in one]
    return sorted(said, key=lambda one: (one["start"], one["end"], one["labels"], one["attributes"]["transcript"]))


# --- manifests


@SOME
@given(st.lists(st.lists(segments(), max_size=4), max_size=3))
def test_a_manifest_has_every_transcribed_segment_in_order(tmp_path: Path, recordings: list[Any]) -> None:
    rows = [heard(f"t{number}", regions) for number, regions in enumerate(recordings)]

    writer = written(ASR, tmp_path, rows)

    raw = (tmp_path / "general.audio-transcription" / "train.jsonl").read_bytes().decode()
    found = [json.loads(line) for line in raw.splitlines()]
    assert found == [
        {
            "audio_filepath": f"t{number}.wav",
            "offset": one["start"],
            "duration": float(Fraction(repr(one["end"])) - Fraction(repr(one["start"]))),
            "text": "\n".join(one["attributes"]["transcript"]),
            "speaker": ", ".join(one["labels"]),
            "task": f"t{number}",
        }
        for number, regions in enumerate(recordings)
        for one in transcribed(regions)
    ]
    assert not found or list(Dataset.from_list(found)) == found
    assert writer.n_skipped == sum(not transcribed(regions) for regions in recordings)
    assert writer.n_segments_skipped == sum(len(regions) - len(transcribed(regions)) for regions in recordings)


def test_durations_are_as_exact_as_the_borders(tmp_path: Path) -> None:
    said = {"attributes": {"transcript": ["Hi\x00 there"]}, "labels": ["speaker 1"]}
    written(ASR, tmp_path, [heard("t", [{"start": 1.1, "end": 3.3, **said}, {"start": 0, "end": 1, **said}])])

    lines = (tmp_path / "general.audio-transcription" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == [
        f'{{"audio_filepath": "t.wav", "offset": {offset}, "duration": {duration}, "text": "Hi\\u0000 there", '
        '"speaker": "speaker 1", "task": "t"}'
        for offset, duration in (("0.0", "1.0"), ("1.1", "2.2"))
    ]


def test_what_does_not_fit_a_manifest() -> None:
    silent = of_xml("<View><Audio name='audio' value='$audio'/><Labels name='speaker' toName='audio'/></View>", "audio")
    assert "does not ask what is said" in str(ASR.misfit(silent))
    assert "marks no segments" in str(ASR.misfit(VIDEO))
    for form in (ASR, WEBVTT):
        assert "marks no segments" in str(form.misfit(sheet()))
        said = form.objection(AUDIO, record(fields={}, labels={"speaker": []}))
        assert said is not None
        assert said.startswith("doc-0-10@finance/claims: field audio does not name one recording")
        assert f"without the format {form.name}" in said
        assert form.objection(AUDIO, record(fields={}, labels={"speaker": None})) is None


def test_an_undecided_recording_is_left_out_and_counted(tmp_path: Path) -> None:
    for form in (ASR, WEBVTT):
        assert written(form, tmp_path, [heard("t", None)], split="test").n_skipped == 1
    assert (tmp_path / "general.audio-transcription" / "test.jsonl").read_bytes() == b""
    assert list((tmp_path / "general.audio-transcription" / "test").iterdir()) == []


# --- subtitles


def cues(path: Path) -> list[Any]:
    return list(Reader.read(str(path), strict=True))


def seconds(time: Any) -> float:
    return float(time.in_milliseconds()) / 1000


def as_shown(text: str) -> str:
    """Return a text as subtitles have it: plain line ends, and something in every line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line or EMPTY_LINE for line in lines)


@SOME
@given(st.lists(segments(), max_size=5))
def test_subtitles_read_back_by_webvtt_py(tmp_path: Path, regions: list[dict[str, Any]]) -> None:
    writer = written(WEBVTT, tmp_path, [heard("t", regions)])

    found = cues(tmp_path / "general.audio-transcription" / "train" / "t.vtt")
    expected = transcribed(regions)
    assert writer.n_segments_skipped == len(regions) - len(expected)
    assert len(found) == len(expected)
    for cue, one in zip(found, expected, strict=True):
        assert (seconds(cue.start_time), seconds(cue.end_time)) == (one["start"], one["end"])
        assert html.unescape(cue.voice) == ", ".join(one["labels"])
        assert html.unescape(cue.text) == as_shown("\n".join(one["attributes"]["transcript"]))
        assert cue.raw_text.count("<") == 1


def test_what_a_file_looks_like(tmp_path: Path) -> None:
    said = {"start": 3661.0004, "end": 3661.0004001, "labels": ["speaker 1"]}
    said["attributes"] = {"transcript": ["R&D <3 --> \n\nx"]}
    noise = {"start": 0, "end": 1.5, "labels": ["noise or music"]}

    writer = written(WEBVTT, tmp_path, [heard("a/b", [said, noise]), heard("A/b", []), heard("a_b", [])])

    folder = tmp_path / "general.audio-transcription" / "train"
    assert (folder / "a_b.vtt").read_text(encoding="utf-8") == (
        "WEBVTT\n\n01:01:01.000 --> 01:01:01.001\n<v speaker 1>R&amp;D &lt;3 --&gt; \n\xa0\nx\n"
    )
    assert sorted(path.name for path in folder.iterdir() if path.stem != "a_b")[0].startswith("A_b-")
    assert len({path.name.casefold() for path in folder.iterdir()}) == 3
    assert writer.n_segments_skipped == 1
    assert [cues(path) for path in folder.iterdir() if path.stem != "a_b"] == [[], []]


@SOME
@given(st.integers(1, 10**6), st.integers(0, 10**5))
def test_frames_become_seconds_by_the_rate_of_the_label_config(tmp_path: Path, first: int, more: int) -> None:
    region = {"start": first, "end": first + more, "labels": ["text on screen"]}

    written(WEBVTT, tmp_path, [record("t", fields={"video": "a.mp4"}, labels={"event": [region]})], VIDEO)

    [cue] = cues(tmp_path / "general.video-timeline" / "train" / "t.vtt")
    assert seconds(cue.start_time) == (first - 1) * 40 / 1000
    assert seconds(cue.end_time) == (first + more) * 40 / 1000
    assert (cue.voice, cue.text) == ("text on screen", "text on screen")


@pytest.mark.parametrize(
    ("attribute", "fields", "end"),
    [
        ("", {}, 1000 / 24),
        ('frameRate="29.97"', {}, 1000 / 29.97),
        ('framerate="$fps"', {"fps": 50}, 20),
        ('frameRate="$fps"', {"fps": "12.5"}, 80),
        ('frameRate="$fps"', {}, None),
        ('frameRate="0"', {}, None),
        ('frameRate="0.04"', {}, None),
        ('frameRate="fast"', {}, None),
    ],
)
def test_where_the_frame_rate_is_from(tmp_path: Path, attribute: str, fields: Any, end: float | None) -> None:
    xml = f"""<View><Video name="v" value="$video" {attribute}/><TimelineLabels name="e" toName="v">
      <Label value="x"/></TimelineLabels></View>"""
    of = of_xml(xml, "video")
    row = record("t", fields={"video": "a.mp4", **fields}, labels={"e": [{"start": 1, "end": 1, "labels": ["x"]}]})

    if end is None:
        assert "e is in frames, and " in str(WEBVTT.objection(of, row))
        return
    written(WEBVTT, tmp_path, [row], of)
    [cue] = cues(tmp_path / "finance.claims" / "train" / "t.vtt")
    assert cue.end_time.in_milliseconds() == round(end)


def test_nul_is_told_with_its_place() -> None:
    region = {"start": 2.5, "end": 3, "labels": ["speaker 1"], "attributes": {"transcript": ["a\x00b"]}}

    said = WEBVTT.objection(AUDIO, heard("t", [region]))

    assert "t@finance/claims: speaker has a NUL character in the text at 2.5 s" in str(said)
    assert ASR.objection(AUDIO, heard("t", [region])) is None


# --- bytes

DIGESTS = """
import sys
from pathlib import Path
from tests.releases.test_media_formats import digest
print(digest(Path(sys.argv[1])))
"""


def digest(folder: Path) -> str:
    """Write rows of every format that has files for training, and return a digest of all files and their names."""
    from tests.releases import test_region_formats as regions
    from tests.releases import test_training_formats as training

    text = "".join(PIECES)
    said = {"start": 0.1, "end": 0.30000000000000004, "labels": ["b", "a"], "attributes": {"transcript": [text]}}
    written(ASR, folder / "asr", [heard("t", [said, {**said, "start": 0}])])
    written(WEBVTT, folder / "webvtt", [heard("t", [said, {**said, "start": 0}])])
    box = {"x": 50.1, "y": 49.9, "width": 10 / 3, "height": 0.7, "rotation": 33.3, "labels": ["tree, old", "cat"]}
    for form in (regions.COCO, regions.YOLO):
        rows = [regions.image(f"t{number}", [box], name=name) for number, name in enumerate(["é.png", "É.png"])]
        regions.written(form, folder / form.name, rows, regions.BOTH)
    for form in (training.TRL_PREFERENCE, training.SFT_MESSAGES):
        training.written(form, folder / form.name, [training.compared(text, "a", "b", "right")], training.PREFERENCE)
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


def test_the_bytes_are_the_same_in_another_process(tmp_path: Path) -> None:
    env = {"PYTHONHASHSEED": "7", "PYTHONPATH": ".", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONWARNINGS": "ignore"}
    arguments = [sys.executable, "-c", DIGESTS, str(tmp_path / "other")]
    other = subprocess.run(arguments, env=env, capture_output=True, text=True, check=True)

    assert other.stdout.strip().splitlines()[-1] == digest(tmp_path / "here")
