"""A release that is not as it was written, or says something else than its judgments, is named: each time."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.releases.release_examples import SETTINGS, OpenGate, record, sheet, source
from toolkit.errors import InputError
from toolkit.releases import explain, verify_release
from toolkit.releases.evidence import FOLDER, JUDGMENTS, LEDGER, SETTLEMENTS
from toolkit.releases.evidence import ROWS as SPLITS
from toolkit.releases.manifest import MANIFEST, manifest_text
from toolkit.releases.plan import Dataset
from toolkit.releases.settling import Given, ReleaseRow, Settlement
from toolkit.releases.writer import write_release

ENTRIES = [(number, hashlib.sha256(str(number).encode()).hexdigest()) for number in range(1, 41)]
WITH_JUDGMENTS = replace(SETTINGS, with_judgments=True, ledger_seq=len(ENTRIES), ledger_head=ENTRIES[-1][1])


def row(number: int, *labels: str) -> ReleaseRow:
    """Return a row on whose risk three annotators voted; the first two agree."""
    given = [
        Given(
            "generalist",
            "risk",
            f"annotator-{who}",
            label,
            label,
            "choice",
            "v1",
            ENTRIES[number][1][:16],
            False,
            False,
        )
        for who, label in zip("abc", labels, strict=True)
    ]
    settled = Settlement("risk", "generalist", "vote", 2, 0.6, labels[0], "decided", 2 / 3, 3, None, "")
    return ReleaseRow(
        record(
            f"d{number:02}",
            document=f"d{number:02}",
            fields={"text": f"{number} words that nobody else says, {labels[0]}"},
            labels={"risk": labels[0]},
            support={"risk": 2 / 3},
            confidence={"risk": None},
            soft_labels={"risk": {labels[0]: 2 / 3, labels[2]: 1 / 3}},
            dissent={"risk": 1 / 3},
            n_judgments={"risk": 3},
            extents={},
            annotators=[one.annotator for one in given],
        ),
        [settled],
        given,
    )


ROWS = [row(number, *(("high", "high", "low") if number % 2 else ("low", "low", "high"))) for number in range(12)]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    made_of = replace(
        source([]), dataset=Dataset({"finance/claims": sheet()}, lambda: iter(ROWS)), ledger=lambda: iter(ENTRIES)
    )
    return write_release(made_of, tmp_path, name="demo", settings=WITH_JUDGMENTS, gate=OpenGate()).path


def resealed(folder: Path) -> None:
    """Make the manifest fit the files again, as somebody would who wants a change to pass."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for entry in manifest["files"]:
        content = (folder / entry["path"]).read_bytes()
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MANIFEST).chmod(0o644)
    (folder / MANIFEST).write_text(manifest_text(manifest), "utf-8")


def altered(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Change the rows of an evidence file."""
    table = pq.read_table(path)
    path.chmod(0o644)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)
    resealed(path.parents[1])


def test_a_release_as_it_was_written_passes_and_says_what_was_checked(written: Path) -> None:
    found = verify_release(written)

    assert found.passed, found.problems
    assert (found.n_rows, found.n_labels, found.recounted_from) == (12, 12, "the release")
    assert found.ledger == "the released chain"


def test_one_byte_changed_in_any_file_is_named(written: Path) -> None:
    chance = random.Random(11)
    for path in sorted(path for path in written.rglob("*") if path.is_file()):
        path.chmod(0o644)
        content = path.read_bytes()
        for place in chance.sample(range(len(content)), min(4, len(content))):
            path.write_bytes(
                content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]
            )
            named = path.relative_to(written).as_posix()
            assert any(problem.startswith(f"{named}: ") for problem in verify_release(written).problems), (named, place)
        path.write_bytes(content)
    assert verify_release(written).passed


@pytest.mark.parametrize("number", range(36))
def test_one_judgment_altered_is_named_though_the_checksums_fit_again(written: Path, number: int) -> None:
    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        other = "low" if rows[number]["label"] == "high" else "high"
        rows[number] |= {"label": other, "value": json.dumps(other)}
        return rows

    altered(written / FOLDER / JUDGMENTS, change)

    problems = verify_release(written).problems
    assert problems
    assert all(problem.startswith(f"d{number // 3:02}@finance/claims: ") for problem in problems)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows, {**rows[-1], "annotator": "annotator-z"}],
        lambda rows: [rows[0] | {"annotator": "annotator-z"}, *rows[1:]],
        lambda rows: [rows[0] | {"tier": "specialist"}, *rows[1:]],
        lambda rows: [rows[0] | {"annotation": "f" * 16}, *rows[1:]],
    ],
)
def test_judgments_taken_out_added_or_given_to_others_are_named(written: Path, change) -> None:
    altered(written / FOLDER / JUDGMENTS, change)

    assert verify_release(written).problems


@pytest.mark.parametrize("number", [0, 1, 20, 38, 39])
def test_one_ledger_entry_removed_is_named(written: Path, number: int) -> None:
    altered(written / FOLDER / LEDGER, lambda rows: rows[:number] + rows[number + 1 :])

    problems = verify_release(written).problems
    told = (
        f"ledger entry {number + 1} is missing" if number < 39 else "the ledger ends at entry 39, and 40 were recorded"
    )
    assert told in problems


def test_a_ledger_entry_altered_or_moved_is_named(written: Path) -> None:
    path = written / FOLDER / LEDGER
    content = path.read_bytes()
    altered(path, lambda rows: [*rows[:7], rows[7] | {"hash": "0" * 64}, *rows[8:]])
    assert "ledger entry 8 was altered" in verify_release(written).problems

    path.write_bytes(content)
    altered(path, lambda rows: [*rows[:7], rows[8], rows[7], *rows[9:]])
    assert any("occurs twice or out of order" in problem for problem in verify_release(written).problems)


def test_a_settlement_altered_is_named(written: Path) -> None:
    altered(written / FOLDER / SETTLEMENTS, lambda rows: [rows[0] | {"label": "middle"}, *rows[1:]])

    assert any("'middle'" in problem for problem in verify_release(written).problems)


def test_a_label_altered_in_the_data_is_named(written: Path) -> None:
    path = next(path for path in (written / "data" / "jsonl").rglob("*.jsonl") if path.stat().st_size)
    path.chmod(0o644)
    first, *others = path.read_text("utf-8").splitlines()
    told = json.loads(first)
    path.write_text("\n".join([json.dumps(told | {"labels": {"risk": "middle"}}), *others]) + "\n", "utf-8")
    resealed(written)

    (problem,) = verify_release(written).problems
    assert problem.startswith(f"{told['task']}@finance/claims: risk: the row says 'middle'")


def test_rows_taken_out_of_the_data_or_moved_to_another_split_are_named(written: Path) -> None:
    path = next(path for path in (written / "data" / "jsonl").rglob("train.jsonl") if path.stat().st_size)
    path.chmod(0o644)
    first, second, *others = path.read_text("utf-8").splitlines()
    moved = json.loads(second) | {"split": "test"}
    path.write_text("\n".join([json.dumps(moved), *others]) + "\n", "utf-8")
    resealed(written)

    gone, elsewhere = verify_release(written).problems

    assert (
        gone == f"{json.loads(first)['task']}@finance/claims: the data has no such row, and evidence/rows.parquet has"
    )
    assert elsewhere == f"{moved['task']}@finance/claims: is in split 'test', and evidence/rows.parquet says 'train'"


def test_a_line_that_is_no_text_is_told_and_no_crash(written: Path) -> None:
    path = next(path for path in (written / "data" / "jsonl").rglob("train.jsonl") if path.stat().st_size)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"high", b"hi\xff\xfe"))
    resealed(written)

    assert any("is not a row of a release" in problem for problem in verify_release(written).problems)
    with pytest.raises(InputError, match="is not a row of a release"):
        explain(written, "d11")


def test_rows_taken_out_everywhere_are_missed_by_the_manifest(written: Path) -> None:
    path = next(path for path in (written / "data" / "jsonl").rglob("train.jsonl") if path.stat().st_size)
    path.chmod(0o644)
    first, *others = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(others) + "\n", "utf-8")
    altered(written / FOLDER / SPLITS, lambda rows: [row for row in rows if row["task"] != json.loads(first)["task"]])

    assert "evidence/rows.parquet has 11 rows, and the manifest says 12" in verify_release(written).problems


@pytest.mark.parametrize("name", [SPLITS, SETTLEMENTS, JUDGMENTS, LEDGER])
@pytest.mark.parametrize("damage", ["", "PAR1 is no Parquet file", "columns", "nulls"])
def test_evidence_that_cannot_be_read_is_told_and_no_crash(written: Path, name: str, damage: str) -> None:
    path = written / FOLDER / name
    path.chmod(0o644)
    table = pq.read_table(path)
    if damage == "columns":
        pq.write_table(table.select(table.column_names[:1]), path)
    elif damage == "nulls":
        pq.write_table(pa.table({one.name: pa.nulls(len(table), one.type) for one in table.schema}), path)
    else:
        path.write_text(damage, "utf-8")
    resealed(written)

    assert verify_release(written).problems
    if name in (SETTLEMENTS, JUDGMENTS) and damage != "nulls":
        with pytest.raises(InputError, match=name):
            explain(written, "d03@finance/claims")


@pytest.mark.parametrize(
    "change",
    [
        {"counts": {}},
        {"counts": None},
        {"created_from": []},
        {"name": None},
        {"version": "1"},
        {"files": [{"path": 1, "bytes": 1, "sha256": ""}]},
    ],
)
def test_a_manifest_that_lacks_something_is_told_and_no_crash(written: Path, change: dict[str, Any]) -> None:
    path = written / MANIFEST
    path.chmod(0o644)
    path.write_text(manifest_text(json.loads(path.read_text("utf-8")) | change), "utf-8")

    (problem,) = verify_release(written).problems
    assert "not a manifest of format" in problem


def test_a_file_replaced_by_a_link_or_a_pipe_is_named(written: Path, tmp_path: Path) -> None:
    link, pipe = written / "README.md", written / "croissant.json"
    link.rename(tmp_path / "README.md")
    link.symlink_to(tmp_path / "README.md")
    pipe.unlink()
    os.mkfifo(pipe)

    assert verify_release(written).problems == ("README.md: no file any more", "croissant.json: no file any more")


def test_a_label_that_stood_against_later_answers_is_a_note_and_no_problem(tmp_path: Path) -> None:
    noted = [
        replace(one, settlements=[replace(one.settlements[0], label="middle", noted="settled before")]) for one in ROWS
    ]
    rows = [replace(one, record=replace(one.record, labels={"risk": "middle"}, dissent={"risk": 1.0})) for one in noted]
    made_of = replace(
        source([]), dataset=Dataset({"finance/claims": sheet()}, lambda: iter(rows)), ledger=lambda: iter(ENTRIES)
    )
    path = write_release(made_of, tmp_path, name="demo", settings=WITH_JUDGMENTS, gate=OpenGate()).path

    found = verify_release(path)

    assert found.passed, found.problems
    assert len(found.notes) == 12


def test_half_a_character_in_an_answer_is_mended_in_the_evidence_too(tmp_path: Path) -> None:
    given = ROWS[0].judgments[0]._replace(label="halb \ud83d", value=["halb \ud83d"])
    rows = [replace(ROWS[0], judgments=[given], settlements=[replace(ROWS[0].settlements[0], label="halb \ud83d")])]
    made_of = replace(
        source([]), dataset=Dataset({"finance/claims": sheet()}, lambda: iter(rows)), ledger=lambda: iter(ENTRIES)
    )
    path = write_release(made_of, tmp_path, name="demo", settings=WITH_JUDGMENTS, gate=OpenGate()).path

    assert pq.read_table(path / FOLDER / JUDGMENTS)["value"].to_pylist() == ['["halb \ufffd"]']
    assert pq.read_table(path / FOLDER / SETTLEMENTS)["label"].to_pylist() == ["halb \ufffd"]


def test_without_judgments_it_says_that_labels_were_not_counted_again(tmp_path: Path) -> None:
    made_of = replace(source([]), dataset=Dataset({"finance/claims": sheet()}, lambda: iter(ROWS)))
    path = write_release(made_of, tmp_path, name="demo", settings=SETTINGS, gate=OpenGate()).path

    found = verify_release(path)

    assert found.passed
    assert (found.n_labels, found.recounted_from) == (0, "")
    assert "--with-judgments" in found.why_not


def test_a_folder_that_is_no_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no manifest\.json"):
        verify_release(tmp_path)


def test_a_row_is_explained_by_its_name_or_the_beginning_of_it(written: Path) -> None:
    found = explain(written, "d03@finance/claims")

    assert found.record.task == "d03"
    assert [one.label for one in found.judgments] == ["high", "high", "low"]
    assert [one.method for one in found.settlements] == ["vote"]
    assert explain(written, "d11").record.task == "d11"
    with pytest.raises(InputError, match="begins several rows: d00@finance/claims"):
        explain(written, "d")
    with pytest.raises(InputError, match="No row 'x'"):
        explain(written, "x")
