"""What is done faster for most rows comes to what is done for any."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.releases.release_examples import SETTINGS, OpenGate, record, sheet, source
from toolkit.leaks.matches import WORD, words_in
from toolkit.releases import evidence
from toolkit.releases.evidence import EvidenceWriter
from toolkit.releases.metadata.tally import Tally
from toolkit.releases.plan import Dataset
from toolkit.releases.records import in_split, storable
from toolkit.releases.settling import Given, ReleaseRow
from toolkit.releases.splitting.shingles import plain_text
from toolkit.releases.writer import write_release

ASCII = st.text(st.characters(max_codepoint=127))


class Mood(StrEnum):
    CALM = "calm"


def test_a_record_that_files_can_hold_is_not_made_anew() -> None:
    parts = {
        name: {"quality": None, "risk": 1} for name in ("labels", "support", "confidence", "dissent", "n_judgments")
    }
    plain = record(fields={"a": "é", "b": [1, None, {"x": 0.5}]}, soft_labels={"risk": {"high": 1.0}}, **parts)

    assert next(storable([plain])) is plain


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"b": 1, "a": 2}, ["a", "b"]),
        ({3: "x"}, {"3": "x"}),
        ({"x": {"\ud83d": 1}}, {"x": {"\ufffd": 1}}),
        (("a", "b"), ["a", "b"]),
        (Mood.CALM, "calm"),
        (np.float64(0.5), 0.5),
        (np.int64(7), 7),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_what_files_cannot_hold_is_made_plain_however_deep(value: object, stored: object) -> None:
    found = next(storable([record(fields={"text": [value]})])).fields["text"][0]

    assert ([*found] if isinstance(stored, list) else found) == stored
    assert type(found) in (dict, list, str, float, int)


def test_a_media_file_is_named_without_its_folder() -> None:
    assert next(storable([record(fields={"audio": "/home/ada/a.wav"})])).fields == {"audio": "a.wav"}


def test_a_record_in_a_split_differs_by_its_split_only() -> None:
    made = record(group="patient 7", split="")

    assert in_split(made, "test") == replace(made, split="test")


@given(ASCII)
def test_words_of_ascii_are_those_that_the_pattern_finds(text: str) -> None:
    assert words_in(text.lower(), text.lower()) >= set(WORD.findall(text.lower()))
    assert words_in("", text.lower()) == set(WORD.findall(text.lower()))


@given(ASCII)
def test_plain_ascii_is_what_is_left_without_all_else(text: str) -> None:
    assert plain_text(text) == (re.sub(r"[\W_]+", " ", text.lower(), flags=re.ASCII).strip() or text.strip())


def judged(task: str, n: int, tier: str = "generalist", day: date | None = None) -> ReleaseRow:
    people = [f"annotator-{number:010x}" for number in reversed(range(n))]
    given = [
        Given(tier, "risk", one, "high", {"b": "é", "a": 1}, "choice", "v1", "0", False, False, day) for one in people
    ]
    return ReleaseRow(record(task), (), given)


def test_judgments_are_in_groups_of_a_fixed_size_by_annotator(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(evidence, "GROUP_ROWS", 4)
    writer = EvidenceWriter(tmp_path)
    for number in range(3):
        writer.write(judged(f"t{number}", 3))
    writer.close()

    file = pq.ParquetFile(tmp_path / "judgments.parquet")
    found = file.read().to_pylist()
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [4, 4, 1]
    assert [(row["task"], row["annotator"][-1]) for row in found] == [
        (f"t{n}", f"{m}") for n in range(3) for m in range(3)
    ]
    assert found[0]["value"] == json.dumps({"a": 1, "b": "é"}, ensure_ascii=False)
    assert "day" not in found[0]


def test_who_judged_several_label_configs_is_counted_once() -> None:
    sheets = {one.key: one for one in (sheet(), sheet(domain="law", config="clauses"))}
    tally = Tally(sheets)
    tally.add(judged("a", 3, day=date(2025, 3, 1)), "train")
    other = judged("b", 2, day=date(2025, 5, 2))
    tally.add(replace(other, record=replace(other.record, domain="law", config="clauses")), "train")

    assert [(one.n_annotators, one.n_judgments) for one in tally.tiers()] == [(3, 5)]
    assert tally.as_of == date(2025, 5, 2)


@pytest.mark.parametrize("text", ["plain", "half \ud83d"])
def test_rows_are_written_as_files_hold_them_whether_or_not_they_came_so(tmp_path: Path, text: str) -> None:
    rows = [ReleaseRow(record(f"d{n}", document=f"d{n}", fields={"text": f"{text} {n}"})) for n in range(9)]
    made_of = replace(source([]), dataset=Dataset({"finance/claims": sheet()}, lambda: iter(rows)))
    written = write_release(made_of, tmp_path, name="demo", settings=SETTINGS, gate=OpenGate()).path

    lines = [line for path in written.rglob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert sorted(json.loads(line)["fields"]["text"] for line in lines) == [
        f"{text.replace(chr(0xD83D), chr(0xFFFD))} {n}" for n in range(9)
    ]
