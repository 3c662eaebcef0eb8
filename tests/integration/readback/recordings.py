"""Segments of recordings: a manifest loaded by the datasets library, subtitles read by webvtt-py."""

import html
from fractions import Fraction

import webvtt

AUDIO, VIDEO = "general/audio-transcription", "general/video-timeline"
FRAMES_PER_S = 25  # in the label config


def compare_manifests(released):
    """Compare recording, place, words and speaker of every transcribed segment."""
    import datasets

    sheets, n_segments = [sheet for sheet in released.sheets if sheet.key == AUDIO], 0
    folder = released.folder("asr", sheets)
    for sheet, split, records in released.cells(sheets):
        expected = [
            {
                "audio_filepath": record.fields["audio"],
                "offset": float(start),
                "duration": float(end - start),
                "text": text,
                "speaker": voice,
                "task": record.task,
            }
            for record in records
            for start, end, voice, text in segments_in(record)
        ]
        path = folder / sheet.stem / f"{split}.jsonl"
        if not expected:  # the library finds no columns in an empty file
            assert path.read_bytes() == b""
            continue
        loaded = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(released.cache))
        assert list(loaded) == expected
        n_segments += len(expected)
    return n_segments


def compare_subtitles(released):
    """Compare time, voice and words of every cue, and that every decided recording has its file."""
    sheets, n_cues = [sheet for sheet in released.sheets if sheet.key in (AUDIO, VIDEO)], 0
    folder = released.folder("webvtt", sheets)
    for sheet, split, records in released.cells(sheets):
        decided = [record for record in records if marked_in(record) is not None]
        assert {path.name for path in (folder / sheet.stem / split).iterdir()} == {
            f"{record.task}.vtt" for record in decided
        }
        for record in decided:
            path = folder / sheet.stem / split / f"{record.task}.vtt"
            cues = [
                (
                    *(cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds()),
                    *(html.unescape(cue.voice), html.unescape(cue.text)),
                )
                for cue in webvtt.WebVTT.read(str(path), strict=True)
            ]
            assert cues == [
                (round(1000 * start), round(1000 * end), voice, text) for start, end, voice, text in segments_in(record)
            ]
            n_cues += len(cues)
    return n_cues


def marked_in(record):
    return record.labels["speaker" if record.config_key == AUDIO else "event"]


def segments_in(record):
    """Start and end in seconds, voice and words of every segment that says something, by time."""
    found = []
    for region in marked_in(record) or ():
        start, end, voice = Fraction(repr(region["start"])), Fraction(repr(region["end"])), ", ".join(region["labels"])
        if record.config_key == VIDEO:  # frames count from 1, and the last one is part of it
            found.append(((start - 1) / FRAMES_PER_S, end / FRAMES_PER_S, voice, voice))
        elif words := region.get("attributes", {}).get("transcript"):
            found.append((start, end, voice, "\n".join(words)))
    return sorted(found)
