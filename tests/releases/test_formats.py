"""What is written can be read back, by the readers people use, whatever the texts hold."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.releases.release_examples import SPAN, record, several
from toolkit.errors import InputError
from toolkit.models import Tier
from toolkit.releases.formats import FORMATS
from toolkit.releases.formats.wide import wide_columns
from toolkit.releases.records import COLUMNS, NESTED, in_order

NASTY = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(["\n", "\r", "\r\n", "\t", '"', "'", ",", "\x00", "\u202e", "🙂", "\u2028", "NA", " "])
    ).map("".join),
)
FILES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def texts_of(records) -> list[str]:
    return [item.fields["text"] for item in records]


@FILES
@given(texts=st.lists(NASTY, min_size=1, max_size=5), label=NASTY)
def test_any_text_reads_back_from_every_format(tmp_path: Path, texts: list[str], label: str) -> None:
    records = in_order(
        record(f"t{i}", fields={"text": text}, labels={"risk": label, "note": [text]}) for i, text in enumerate(texts)
    )
    for suffix, write in FORMATS.items():
        write(tmp_path / f"x.{suffix}", records)

    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_bytes().splitlines()]
    assert [line["fields"]["text"] for line in lines] == texts_of(records)
    assert all(line["labels"] == {"note": [line["fields"]["text"]], "risk": label} for line in lines)

    parquet = pq.read_table(tmp_path / "x.parquet")
    csv = pd.read_csv(tmp_path / "x.csv", dtype=str, keep_default_na=False)
    for column in ("text", "label_risk", "label_note"):
        assert csv[column].tolist() == parquet[column].to_pylist()
    assert parquet["text"].to_pylist() == texts_of(records)
    assert parquet["label_risk"].to_pylist() == [label] * len(texts)


def test_a_jsonl_row_is_the_record(tmp_path: Path) -> None:
    records = in_order(several())
    FORMATS["jsonl"](tmp_path / "x.jsonl", records)

    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]

    assert rows == [{name: getattr(item, name) for name in COLUMNS + NESTED} for item in records]
    assert list(rows[0])[:3] == ["task", "document", "source"]


def test_the_wide_table_has_these_columns() -> None:
    columns = wide_columns(in_order(several()))

    assert [column.name for column in columns] == [
        *COLUMNS,
        *("dialogue", "text"),
        *("label_entities", "support_entities", "n_entities"),
        *("label_quality", "support_quality", "n_quality"),
        *("label_risk", "support_risk", "n_risk"),
    ]


def test_plain_answers_stand_as_text_and_the_rest_as_json(tmp_path: Path) -> None:
    FORMATS["parquet"](tmp_path / "x.parquet", in_order([record()]))

    (row,) = pq.read_table(tmp_path / "x.parquet").to_pylist()

    assert row["label_risk"] == "high"
    assert row["label_quality"] == "4"
    assert json.loads(row["label_entities"]) == [SPAN]
    assert (row["support_risk"], row["support_entities"], row["n_risk"]) == (2 / 3, None, 3)


def test_annotators_are_a_list_in_every_format(tmp_path: Path) -> None:
    names = ["annotator-0a1b2c3d4e", "annotator-3f9a2c41b0"]
    for suffix, write in FORMATS.items():
        write(tmp_path / f"x.{suffix}", in_order([record(annotators=names), record("doc-2", annotators=[])]))

    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    csv = pd.read_csv(tmp_path / "x.csv", dtype=str, keep_default_na=False)

    assert [line["annotators"] for line in lines] == [names, []]
    assert pq.read_table(tmp_path / "x.parquet")["annotators"].to_pylist() == [names, []]
    assert [json.loads(cell) for cell in csv["annotators"]] == [names, []]


def test_parquet_types_do_not_depend_on_the_values(tmp_path: Path) -> None:
    full, bare = tmp_path / "full.parquet", tmp_path / "bare.parquet"
    FORMATS["parquet"](full, in_order([record()]))
    FORMATS["parquet"](bare, in_order([record(start=None, end=None, language=None, labels={"risk": None}, support={})]))

    kinds = {field.name: field.type for field in pq.read_schema(full)}
    assert {field.name: field.type for field in pq.read_schema(bare)}.items() <= kinds.items()
    assert kinds["start"] == pa.int64()
    assert kinds["simulated"] == pa.bool_()
    assert kinds["support_risk"] == pa.float64()
    assert kinds["annotators"] == pa.list_(pa.string())


def test_the_csv_reads_as_written_here(tmp_path: Path) -> None:
    FORMATS["csv"](tmp_path / "x.csv", in_order([record(labels={"risk": None}, language=None)]))

    header, row = (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()

    assert header.endswith('"simulated","text","label_risk","support_risk","n_risk"')
    assert row == (
        '"doc-0-10","doc","a.md","0","10","","text","finance","claims","aaaaaaaaaaaa","specialist","train","decided",'
        '"3","[""annotator-0a1b2c3d4e"", ""annotator-3f9a2c41b0"", ""annotator-ffffffffff""]",'
        '"false","Ada said…","","0.6666666666666666","3"'
    )


def test_a_field_named_like_a_column_keeps_both() -> None:
    columns = {column.name: column.values for column in wide_columns([record(fields={"source": "the source"})])}

    assert columns["source"] == ["a.md"]
    assert columns["field_source"] == ["the source"]


def test_half_a_surrogate_pair_is_replaced_one_for_one() -> None:
    (mended,) = in_order([record(fields={"text": "a\ud83db"}, labels={"note": ["\udc00"]})])

    assert mended.fields["text"] == "a\ufffdb"
    assert mended.labels["note"] == ["\ufffd"]


def test_media_are_named_without_their_folder() -> None:
    shown = {"audio": "/home/ada/clips/a.wav", "image": "https://example.org/b.png", "text": "/etc/hosts"}
    (stored,) = in_order([record(fields=shown)])

    assert stored.fields == {"audio": "a.wav", "image": "https://example.org/b.png", "text": "/etc/hosts"}


def test_numbers_and_names_of_other_types_become_plain() -> None:
    row = pd.DataFrame({"support": [0.5], "n": [2]}).iloc[0]
    odd = record(tier=Tier.SPECIALIST, support={"risk": row["support"]}, n_judgments={"risk": pd.Series([2])[0]})

    (plain,) = in_order([odd])

    assert [type(value) for value in (plain.tier, plain.support["risk"], plain.n_judgments["risk"])] == [
        str,
        float,
        int,
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}])
def test_what_json_cannot_hold_is_refused_with_its_task(value: object) -> None:
    with pytest.raises(InputError, match=r"Task t9 .finance/claims. cannot be released"):
        in_order([record("t9", labels={"risk": [value]})])


def test_a_task_occurs_once_per_label_config() -> None:
    with pytest.raises(InputError, match="Task t1 occurs twice for finance/claims"):
        in_order([record("t1"), record("t1", tier="adjudicator")])
