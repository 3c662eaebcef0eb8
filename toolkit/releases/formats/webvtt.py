"""WebVTT: one file of cues per recording, ``<stem>/<split>/<task>.vtt``, for players and subtitle editors.

A cue is a segment of audio or of video: its label is the voice (``<v speaker 1>``; several are joined by ``, ``), its
text what was written about it. Where the screen asks for no text per segment, the label is the text, too; where it
does, segments without one are left out and counted in ``n_segments_skipped``. Cues are in the order of time and may
overlap. Times are rounded to milliseconds, which is what WebVTT has, and no cue is shorter than one.

``&``, ``<`` and ``>`` are written as WebVTT wants them, so that no text is a tag or an arrow. Every line end is a
newline; an empty line would end a cue, so one within a text holds a no-break space. NUL cannot be in WebVTT and is an
objection. Frames of a video become seconds by the ``frameRate`` of the label config, or by 24, as Label Studio does
where it has none.

A row where nothing was decided has no file and is counted in ``n_skipped``; one without segments has a file without
cues. Characters of a task's id that a file cannot have are written as ``_``.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from toolkit.releases.formats.filenames import FileNames
from toolkit.releases.formats.segments import (
    AUDIO,
    VIDEO,
    Segment,
    UnusableSegmentError,
    is_transcribed,
    segment_controls,
    segments_in,
)
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

EMPTY_LINE = "\xa0"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class WebVtt:
    """Segments of recordings as cues."""

    name = "webvtt"
    about = (
        "segments of audio and video as cues with their speakers, a .vtt file each: for players and subtitle editors"
    )

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no segments to write."""
        if segment_controls(sheet, AUDIO, VIDEO):
            return None
        return "it marks no segments of a recording"

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which text holds NUL, or why frames are no seconds."""
        for control in segment_controls(sheet, AUDIO, VIDEO):
            try:
                segments = segments_in(sheet, control, record) or ()
            except UnusableSegmentError as error:
                return f"{record.row}: {error}. Release without the format {self.name}, or mend the row."
            for one in segments:
                if any("\0" in text for text in (*one.texts, *one.labels)):
                    return (
                        f"{record.row}: {control.name} has a NUL character in the text at {float(one.start):g} s, "
                        f"which WebVTT cannot hold. Correct that text, or release without the format {self.name}."
                    )
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Make ``<stem>/<split>/``."""
        return _Writer(folder / sheet.stem / split, sheet)


class _Writer:
    def __init__(self, folder: Path, sheet: Sheet) -> None:
        self.n_skipped = self.n_segments_skipped = 0
        self._folder, self._sheet = folder, sheet
        self._names = FileNames()
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, record: ReleaseRecord) -> None:
        of = self._sheet
        asked = segment_controls(of, AUDIO, VIDEO)
        answers = [(is_transcribed(of, control), segments_in(of, control, record)) for control in asked]
        if all(segments is None for _, segments in answers):
            self.n_skipped += 1
            return
        found = [(asks, one) for asks, segments in answers for one in segments or ()]
        shown = sorted((one for asks, one in found if one.texts or not asks), key=lambda one: one.start)
        self.n_segments_skipped += len(found) - len(shown)
        path = self._folder / f"{self._names.take(record.task, record.task)}.vtt"
        path.write_text("\n".join(["WEBVTT\n", *_cues(shown)]), encoding="utf-8", newline="\n")

    def close(self) -> None:
        pass


def _cues(segments: Iterable[Segment]) -> Iterable[str]:
    for one in segments:
        start = _milliseconds(one.start)
        end = max(_milliseconds(one.end), start + 1)
        voice = " ".join(", ".join(one.labels).split()).translate(_ESCAPES)
        text = "\n".join(one.texts or one.labels).replace("\r\n", "\n").replace("\r", "\n")
        lines = [line or EMPTY_LINE for line in text.translate(_ESCAPES).split("\n")]
        lines[0] = f"<v {voice}>{lines[0]}" if voice else lines[0]
        yield f"{_timestamp(start)} --> {_timestamp(end)}\n" + "\n".join(lines) + "\n"


def _milliseconds(seconds: Fraction) -> int:
    return round(seconds * 1000)


def _timestamp(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


WEBVTT = WebVtt()
