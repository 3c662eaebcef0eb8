"""What is written can be read back, by the readers people use, whatever the texts hold."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.releases.reading import FILES, NASTY, every_kind, from_cells, parts, rows, write
from tests.releases.release_examples import SPAN, record, several, sheet
from toolkit.labelconfig import read_controls
from toolkit.labelstudio.answers import results_from_answers
from toolkit.releases.formats import FORMATS
from toolkit.releases.formats.delimited import CSV
from toolkit.releases.formats.jsonl import JSONL
from toolkit.releases.formats.labelstudio import LABELSTUDIO
from toolkit.releases.formats.wide import columns_of
from toolkit.releases.records import COLUMNS, NESTED, storable

EVERY = every_kind()
LINE_ENDS = ("\x85", "\u2028", "\u2029")


def encoding(one):
    """Return a sheet whose answers can be written for Label Studio."""
    controls = read_controls(one.xml) or one.controls
    kept = {**{name: getattr(one, name) for name in one.__slots__}, "controls": one.controls}
    return sheet(**{**kept, "encode": lambda labels, fields: results_from_answers(labels, controls, fields=fields)})


# --- all of them


def test_formats_go_by_their_names() -> None:
    assert [*FORMATS][:5] == ["jsonl", "csv", "parquet", "huggingface", "labelstudio"]
    assert all(one.name == name and one.about and "\n" not in one.about for name, one in FORMATS.items())


WRITE_ALL = """
import sys
from pathlib import Path
from tests.releases.release_examples import several, sheet
from tests.releases.test_formats import encoding
from toolkit.releases.formats import FORMATS
from toolkit.releases.records import storable
for name in ("jsonl", "csv", "parquet", "huggingface", "labelstudio"):
    folder = Path(sys.argv[1]) / name
    folder.mkdir(parents=True)
    writer = FORMATS[name].writer(folder, encoding(sheet()), "train")
    for item in several():
        if item.domain == "finance":
            writer.write(next(storable([item])))
    writer.close()
"""


def test_the_same_rows_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    found = []
    for number, settings in enumerate(
        (
            {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        )
    ):
        folder = tmp_path / str(number)
        command = [sys.executable, "-c", WRITE_ALL, str(folder)]
        subprocess.run(command, check=True, env={**os.environ, **settings}, cwd=Path(__file__).resolve().parents[2])
        files = [path for path in folder.rglob("*") if path.is_file()]
        found.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert len(found[0]) == 5
    assert found[0] == found[1]


# --- JSON Lines


@FILES
@given(written=rows(EVERY))
def test_jsonl_rows_are_the_records(tmp_path_factory: pytest.TempPathFactory, written) -> None:
    folder = tmp_path_factory.mktemp("jsonl")
    write(JSONL, folder, EVERY, written)

    text = (folder / "finance.claims" / "train.jsonl").read_bytes().decode()
    found = [json.loads(line) for line in text.splitlines()]  # also where LINE_ENDS end lines

    assert found == [{name: getattr(item, name) for name in COLUMNS + NESTED} for item in written]
    assert not any(character in text for character in LINE_ENDS)


def test_a_jsonl_row_has_its_keys_in_order(tmp_path: Path) -> None:
    write(JSONL, tmp_path, sheet(), storable([record()]))

    (line,) = (tmp_path / "finance.claims" / "train.jsonl").read_text(encoding="utf-8").splitlines()

    assert [*json.loads(line)] == [*COLUMNS, *NESTED]


def test_pandas_reads_jsonl(tmp_path: Path) -> None:
    write(JSONL, tmp_path, sheet(), storable([record("a"), record("b")]))

    table = pd.read_json(tmp_path / "finance.claims" / "train.jsonl", lines=True)

    assert table["task"].tolist() == ["a", "b"]
    assert table["labels"][0]["entities"] == [SPAN]


# --- CSV


@FILES
@given(written=rows(EVERY))
def test_csv_reads_back_with_python_and_with_pandas(tmp_path_factory: pytest.TempPathFactory, written) -> None:
    folder = tmp_path_factory.mktemp("csv")
    write(CSV, folder, EVERY, written)
    path, columns = folder / "finance.claims" / "train.csv", columns_of(EVERY)

    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, strict=True))
    table = pd.read_csv(path, dtype=str, keep_default_na=False)

    # an empty text is an empty cell, and so is what is missing
    assert [without_empty(from_cells(row, columns)) for row in found] == [
        without_empty(parts(item)) for item in written
    ]
    assert table.to_dict("records") == found


def without_empty(said: dict) -> dict:
    """Return what a row says without the values that are empty texts."""
    kept = {name: value for name, value in said.items() if value != ""}
    return {name: without_empty(value) if name in ("fields", "labels") else value for name, value in kept.items()}


def test_the_csv_reads_as_written_here(tmp_path: Path) -> None:
    odd = record(labels={"risk": None, "mood": "calm"}, soft_labels={}, language=None)
    write(CSV, tmp_path, sheet(), storable([odd]))

    header, row = (tmp_path / "finance.claims" / "train.csv").read_text(encoding="utf-8").splitlines()

    assert header.startswith('"task","document","source","start",')
    assert (
        '"simulated","text","label_risk","support_risk","confidence_risk","dissent_risk","n_risk","soft_risk",'
        in header
    )
    assert header.endswith('"soft_entities","extent_entities","others"')
    assert row.startswith(
        '"doc-0-10","doc","a.md","0","10","","text","finance","claims","aaaaaaaaaaaa","specialist","train","decided",'
        '"3","[""annotator-0a1b2c3d4e"", ""annotator-3f9a2c41b0"", ""annotator-ffffffffff""]",'
        '"false","Ada said…","","0.6666666666666666","0.8","0.3333333333333333","3","",'
    )
    assert row.endswith('"{""labels"": {""mood"": ""calm""}}"')


def test_what_is_no_text_in_a_field_of_texts_is_kept_apart_too(tmp_path: Path) -> None:
    write(CSV, tmp_path, sheet(), storable([record(fields={"text": 12.5})]))

    (row,) = pd.read_csv(tmp_path / "finance.claims" / "train.csv", dtype=str).to_dict("records")

    assert row["text"] == "12.5"
    assert json.loads(row["others"]) == {"fields": {"text": 12.5}}


def test_a_csv_without_rows_has_its_header(tmp_path: Path) -> None:
    write(CSV, tmp_path, sheet(), [], split="test")

    table = pd.read_csv(tmp_path / "finance.claims" / "test.csv", dtype=str, keep_default_na=False)

    assert [*table.columns] == [*(column.name for column in columns_of(sheet())), "others"]
    assert len(table) == 0


# --- columns


def test_names_that_are_taken_get_something_before_them() -> None:
    risk = sheet().controls[0]
    controls = (type(risk)("annotators", risk.kind, "text", labels=("a",)),)
    names = [c.name for c in columns_of(sheet(fields=("Source", "label_annotators", "others", "x"), controls=controls))]

    assert names[len(COLUMNS) : len(COLUMNS) + 4] == ["field_Source", "field_label_annotators", "field_others", "x"]
    assert "control_n_annotators" in names
    assert len({name.casefold() for name in names}) == len(names)


# --- Label Studio


@FILES
@given(texts=st.lists(NASTY, min_size=1, max_size=5))
def test_tasks_for_label_studio_hold_any_text_but_nul(tmp_path_factory: pytest.TempPathFactory, texts) -> None:
    folder, of = tmp_path_factory.mktemp("labelstudio"), encoding(sheet())
    asked = (record(f"t{i}", fields={"text": text}, labels={"risk": "low"}) for i, text in enumerate(texts))
    written = list(storable(asked))
    fit = [item for item in written if LABELSTUDIO.objection(of, item) is None]
    assert fit == [item for item in written if "\x00" not in item.fields["text"]]
    write(LABELSTUDIO, folder, of, fit)

    tasks = json.loads((folder / "finance.claims" / "train.json").read_bytes())

    assert [task["data"] for task in tasks] == [{**item.fields, "toolkit_row": item.row} for item in fit]
    assert all(task["annotations"][0]["result"][0]["value"] == {"choices": ["low"]} for task in tasks)


def test_a_task_says_where_it_is_from_and_whose_answer_counts(tmp_path: Path) -> None:
    undecided = record("u", status="undecided", labels={"risk": "low"})
    write(LABELSTUDIO, tmp_path, encoding(sheet()), storable([record("a"), undecided]))

    decided, open_task = json.loads((tmp_path / "finance.claims" / "train.json").read_text(encoding="utf-8"))

    assert decided["meta"]["toolkit"]["task"] == "a"
    assert decided["meta"]["toolkit"]["provenance"] == "specialist"
    assert [one["ground_truth"] for one in decided["annotations"]] == [False]
    assert [result["from_name"] for result in decided["annotations"][0]["result"]] == ["risk", "quality", "entities"]
    assert open_task["annotations"] == []


def test_label_studio_takes_no_row_without_what_the_screen_shows() -> None:
    of = encoding(sheet())

    assert LABELSTUDIO.misfit(sheet()) == "its answers cannot be written as Label Studio's results"
    assert LABELSTUDIO.misfit(encoding(sheet(fields=("toolkit_row",)))) is not None
    assert "without text" in (LABELSTUDIO.objection(of, record(fields={})) or "")
    assert "toolkit_row" in (LABELSTUDIO.objection(of, record(fields={"text": "", "toolkit_row": 1})) or "")
    assert "mood" in (LABELSTUDIO.objection(of, record(labels={"mood": "calm"})) or "")
    assert "do not fit" in (LABELSTUDIO.objection(of, record(labels={"entities": [{"start": 0}]})) or "")
    assert "NUL" in (LABELSTUDIO.objection(of, record(fields={"text": "\\\x00"})) or "")
    assert LABELSTUDIO.objection(of, record(fields={"text": "\\u0000"})) is None
    assert LABELSTUDIO.objection(of, record(labels={"risk": "mid"})) is None


def test_files_without_rows_are_there(tmp_path: Path) -> None:
    write(LABELSTUDIO, tmp_path, encoding(sheet()), [])
    write(JSONL, tmp_path, sheet(), [])

    assert json.loads((tmp_path / "finance.claims" / "train.json").read_text(encoding="utf-8")) == []
    assert (tmp_path / "finance.claims" / "train.jsonl").read_bytes() == b""


def test_rows_of_several_label_configs_have_files_of_their_own(tmp_path: Path) -> None:
    law = sheet(domain="law", config="clauses", fields=("dialogue",), controls=())
    for of in (sheet(), law):
        mine = [item for item in several() if item.config_key == of.key and item.split == "train"]
        for name in ("jsonl", "csv", "parquet", "huggingface"):
            write(FORMATS[name], tmp_path / name, of, storable(sorted(mine, key=lambda item: item.task)))

    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if path.is_file()) == [
        "csv/finance.claims/train.csv",
        "csv/law.clauses/train.csv",
        "huggingface/finance.claims/train-00000-of-00001.parquet",
        "huggingface/law.clauses/train-00000-of-00001.parquet",
        "jsonl/finance.claims/train.jsonl",
        "jsonl/law.clauses/train.jsonl",
        "parquet/finance.claims/split=train/part-00000.parquet",
        "parquet/law.clauses/split=train/part-00000.parquet",
    ]
