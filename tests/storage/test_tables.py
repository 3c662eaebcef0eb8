from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError, StorageError
from toolkit.storage.tables import read_judgments, write_table

VOTES = "task,annotator,label\n1,p,01\n1,q,NA\n2,p,null\n2,q,1\n3,p,1.0\n3,q,\n"


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def labels(table: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(label) else label for label in table["label"]]


def test_labels_of_a_csv_stay_as_written_and_only_an_empty_cell_is_missing(tmp_path: Path) -> None:
    table = read_judgments(file(tmp_path, "votes.csv", VOTES))
    assert labels(table) == ["01", "NA", "null", "1", "1.0", None]
    assert set(table["control"]) == {"label"}
    assert table["task"].tolist() == list("112233")


def test_labels_of_json_lines_stay_as_written(tmp_path: Path) -> None:
    lines = ['"01"', "1", "1.0", "1e2", "true", '""', "null", '"null"', "NaN"]
    content = "".join(f'{{"task": {i}, "annotator": "p", "label": {label}}}\n' for i, label in enumerate(lines))
    table = read_judgments(file(tmp_path, "votes.jsonl", content))
    assert labels(table) == ["01", "1", "1.0", "1e2", "true", None, None, "null", "NaN"]
    assert table["task"].tolist() == [str(i) for i in range(9)]


def test_numbers_in_parquet_become_text(tmp_path: Path) -> None:
    path = tmp_path / "votes.parquet"
    pd.DataFrame({"task": [1, 2], "annotator": [7, 8], "label": ["01", None], "lead_time_s": [1.5, 2.0]}).to_parquet(
        path
    )
    table = read_judgments(path)
    assert (table["task"].tolist(), table["annotator"].tolist(), labels(table)) == (
        ["1", "2"],
        ["7", "8"],
        ["01", None],
    )
    assert table["lead_time_s"].tolist() == [1.5, 2.0]


def test_other_columns_are_kept_and_nested_values_are_json_text(tmp_path: Path) -> None:
    row = {"task": "1", "annotator": "p", "label": "x", "lead_time_s": 2.5, "value": [{"start": 1}]}
    table = read_judgments(file(tmp_path, "votes.jsonl", json.dumps(row)))
    assert json.loads(table["value"][0]) == [{"start": 1}]
    assert table["lead_time_s"].tolist() == [2.5]


def test_a_byte_order_mark_and_windows_line_ends_and_quotes_are_read(tmp_path: Path) -> None:
    content = '\ufefftask,annotator,label\r\n1,p,"a, ""b""\nc"\r\n\r\n'
    assert labels(read_judgments(file(tmp_path, "votes.csv", content))) == ['a, "b"\nc']


def test_a_control_is_chosen_by_name(tmp_path: Path) -> None:
    path = file(tmp_path, "v.csv", "task,annotator,control,label\n1,p,topic,a\n1,p,tone,b\n1,q,,c\n")
    assert read_judgments(path)["control"].tolist() == ["topic", "tone", "label"]
    assert labels(read_judgments(path, control="tone")) == ["b"]
    with pytest.raises(InputError, match="no judgment is on control 'tune'; there are: label, tone, topic"):
        read_judgments(path, control="tune")


def test_a_control_names_the_judgments_of_a_file_without_controls(tmp_path: Path) -> None:
    path = file(tmp_path, "votes.csv", VOTES)
    assert set(read_judgments(path, control="topic")["control"]) == {"topic"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.csv", "task,user,label\n1,p,a\n", r'no column annotator; found: task, user, label.*rename "user"'),
        ("v.jsonl", '{"item": 1, "annotator": 2, "label": "a"}', r'no column task; found: .*rename "item" to "task"'),
        ("v.csv", "a,b\n1,2\n", "no column task, annotator, label; found: a, b"),
        ("v.csv", "task,annotator,label\n", "has no rows"),
        ("v.csv", "", "has no rows"),
        ("v.jsonl", "\n", "has no rows"),
        ("v.csv", b"task,annotator,label\n1,p,a\n2,p,caf\xe9\n", r"line 3: not UTF-8 \(byte 0xe9\)"),
        ("v.csv", "task,annotator,label\n1,p,a\n2,p,b,c\n", "line 3: 4 cells where the header has 3"),
        ("v.csv", "task,annotator,label,label\n1,p,a,b\n", "column label occurs twice"),
        ("v.csv", 'task,annotator,label\n1,p,"a\n', "not valid CSV"),
        ("v.csv", "task,annotator,label\n1,p,a\n,p,a\n", "1 rows have no task, the first is row 2"),
        ("v.csv", "task,annotator,label\n1,,a\n", "1 rows have no annotator"),
        ("v.jsonl", '{"task": 1\n', "line 1: not valid JSON"),
        ("v.jsonl", "[1]\n", "line 1: not an object"),
        ("v.jsonl", '{"task": 1, "annotator": "p", "label": ["a"]}', "row 1: label is a list or an object"),
        ("v.parquet", "task", "cannot be read as Parquet"),
        ("v.xlsx", "", "cannot tell its format"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_wrong_and_where(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = file(tmp_path, name, content)
    with pytest.raises(InputError, match=f"(?s){name}: .*{message}"):
        read_judgments(path)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_judgments(tmp_path / "votes.csv")


def test_a_cell_longer_than_the_csv_modules_own_limit_is_read(tmp_path: Path) -> None:
    path = file(tmp_path, "v.csv", f"task,annotator,label,text\n1,p,a,{'x' * 200_000}\n")
    assert [len(text) for text in read_judgments(path)["text"]] == [200_000]


ROWS: list[dict[str, Any]] = [
    {"task": "01", "n": 1, "support": 0.5, "shares": {"a, b": 0.5}},
    {"task": "é", "n": 2, "support": None, "shares": {}, "extra": True},
]


def test_a_table_is_written_as_csv(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode() == (
        'task,n,support,shares,extra\n01,1,0.5,"{""a, b"": 0.5}",\né,2,,{},true\n'
    )


def test_a_table_is_written_as_json_lines(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path / "t.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [{**ROWS[0], "extra": None}, ROWS[1]]


def test_a_dataframe_is_written_with_its_columns_even_without_rows(tmp_path: Path) -> None:
    table = pd.DataFrame({"task": ["1", "2"], "support": [0.5, float("nan")]})
    for suffix, expected in ((".csv", "task,support\n1,0.5\n2,\n"), (".jsonl", '{"task": "1", "support": 0.5}\n')):
        write_table(table, tmp_path / f"t{suffix}")
        assert (tmp_path / f"t{suffix}").read_text(encoding="utf-8").startswith(expected)
    write_table(table.iloc[:0], tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text(encoding="utf-8") == "task,support\n"
    write_table(table, tmp_path / "t.parquet")
    assert pd.read_parquet(tmp_path / "t.parquet")["support"].isna().tolist() == [False, True]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@given(labels=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, labels: list[str]
) -> None:
    path = tmp_path_factory.mktemp("tables") / f"votes{suffix}"
    write_table([{"task": str(i), "annotator": "p", "label": label} for i, label in enumerate(labels)], path)
    assert read_judgments(path)["label"].tolist() == labels


def test_a_table_that_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path / "t.jsonl")
    before = (tmp_path / "t.jsonl").read_bytes()
    with pytest.raises(TypeError):
        write_table([{"a": {(1, 2): "no JSON key"}}], tmp_path / "t.jsonl")
    assert (tmp_path / "t.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_table(ROWS, tmp_path / "none" / "t.csv")


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot tell its format"):
        write_table(ROWS, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", ["task,worker,label", "task_id,rater,label", "item_id,annotator,label"])
def test_names_of_other_tools_that_can_mean_one_thing_are_read(tmp_path, names):
    path = tmp_path / "v.csv"
    path.write_text(f"{names}\n1,p,a\n")
    found = read_judgments(path)
    assert found[["task", "annotator", "label"]].to_numpy().tolist() == [["1", "p", "a"]]


def test_two_columns_that_could_be_the_annotator_are_not_guessed_between(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("task,worker,rater,label\n1,p,q,a\n")
    with pytest.raises(InputError, match="no column annotator"):
        read_judgments(path)


def test_half_a_character_is_named_with_its_row(tmp_path):
    path = tmp_path / "votes.jsonl"
    path.write_text(
        '{"task":"a","annotator":"x","label":"b"}\n{"task":"a","annotator":"y","label":"\\ud800"}\n', "utf-8"
    )
    with pytest.raises(InputError, match="row 2: holds half a character"):
        read_judgments(path)
