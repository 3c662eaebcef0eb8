"""Speech recognition manifests as NeMo reads them: JSON Lines, one row per transcribed segment of a recording.

Each row has ``audio_filepath`` as the task names it, ``offset`` and ``duration`` in seconds, ``text``, ``speaker`` (the
segment's label; several are joined by ``, ``) and ``task``. The rows of a recording are in the order of time. The
text is that of the text areas that are asked per segment; several are lines of it.

Segments without a transcript are left out and counted in ``n_segments_skipped``; rows that give no line at all, for
nothing was decided or nothing is transcribed, in ``n_skipped``.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.releases.formats.jsonlines import LineFile
from toolkit.releases.formats.segments import (
    AUDIO,
    UnusableSegmentError,
    is_transcribed,
    segment_controls,
    segments_in,
)
from toolkit.releases.formats.writing import RowWriter
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet


class Asr:
    """Transcribed segments of recordings."""

    name = "asr"
    about = "transcribed segments with offset and duration, JSON Lines: manifests for NeMo and other recognisers"

    def misfit(self, sheet: Sheet) -> str | None:
        """Return why a label config has no transcribed segments."""
        marked = segment_controls(sheet, AUDIO)
        if not marked:
            return "it marks no segments of a recording"
        if not any(is_transcribed(sheet, control) for control in marked):
            return "it does not ask what is said in a segment"
        return None

    def objection(self, sheet: Sheet, record: ReleaseRecord) -> str | None:
        """Return which field names no recording."""
        try:
            for control in segment_controls(sheet, AUDIO):
                segments_in(sheet, control, record)
        except UnusableSegmentError as error:
            return f"{record.row}: {error}. Release without the format {self.name}, or mend the row."
        return None

    def writer(self, folder: Path, sheet: Sheet, split: str) -> RowWriter:
        """Open ``<stem>/<split>.jsonl``."""
        return _Writer(folder / sheet.stem / f"{split}.jsonl", sheet)


class _Writer:
    def __init__(self, path: Path, sheet: Sheet) -> None:
        self.n_skipped = self.n_segments_skipped = 0
        self._file, self._sheet = LineFile(path), sheet

    def write(self, record: ReleaseRecord) -> None:
        found = [
            (segment, record.fields[control.field])
            for control in segment_controls(self._sheet, AUDIO)
            for segment in segments_in(self._sheet, control, record) or ()
        ]
        said = sorted(((one, where) for one, where in found if one.texts), key=lambda each: each[0].start)
        self.n_segments_skipped += len(found) - len(said)
        self.n_skipped += not said
        for segment, where in said:
            self._file.add(
                {
                    "audio_filepath": where,
                    "offset": float(segment.start),
                    "duration": float(segment.end - segment.start),
                    "text": "\n".join(segment.texts),
                    "speaker": ", ".join(segment.labels),
                    "task": record.task,
                }
            )

    def close(self) -> None:
        self._file.close()


ASR = Asr()
