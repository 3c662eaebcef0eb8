"""Parquet files read back as they were written: by pyarrow, pandas, DuckDB and the Hugging Face library."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings

from tests.releases.reading import FILES, every_kind, from_table, parts, rows, write
from tests.releases.release_examples import SPAN, record, sheet
from toolkit.models import Control, ControlKind
from toolkit.releases.formats.columntypes import NUMBER, TEXT, Label, Listed, fits, yaml_feature
from toolkit.releases.formats.huggingface import HUGGINGFACE, HuggingFace, card_configs
from toolkit.releases.formats.parquet import PARQUET, Parquet
from toolkit.releases.formats.wide import columns_of
from toolkit.releases.records import COLUMNS, storable

EVERY = every_kind()
NO_SPLIT = [column for column in columns_of(EVERY) if column.name != "split"]


def spans(number: int) -> list[dict]:
    return [SPAN] * (number % 3)


def many(n: int) -> list:
    return list(storable(record(f"t{i:05}", labels={"risk": "low", "entities": spans(i)}) for i in range(n)))


# --- Parquet


@FILES
@given(written=rows(EVERY))
def test_parquet_gives_back_every_row(tmp_path_factory: pytest.TempPathFactory, written) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    write(PARQUET, folder, EVERY, written)

    table = pads.dataset(folder / "finance.claims", partitioning="hive").to_table()

    assert [from_table(row, columns_of(EVERY)) for row in table.to_pylist()] == [parts(item) for item in written]


def test_the_split_is_a_column_for_every_reader_of_partitions(tmp_path: Path) -> None:
    for split, n in (("train", 3), ("held-out", 2), ("test", 0)):
        write(PARQUET, tmp_path, sheet(), (record(f"{split}-{i}") for i in range(n)), split)
    folder = tmp_path / "finance.claims"
    train = pq.ParquetFile(folder / "split=train" / "part-00000.parquet").read().to_pandas()
    arrow = pads.dataset(folder, partitioning="hive").to_table(filter=pads.field("split") == "held-out")
    frame = pd.read_parquet(folder)
    counted = duckdb.sql(
        f"select split, count(*), sum(len(label_entities)) from read_parquet('{folder}/*/*.parquet', "
        "hive_partitioning=true) group by split order by split"
    ).fetchall()
    guessed = duckdb.sql(f"select split, label_entities[1].text from '{folder}/**/*.parquet' limit 1").fetchall()

    assert "split" not in train.columns
    assert arrow["task"].to_pylist() == ["held-out-0", "held-out-1"]
    assert frame["split"].value_counts().to_dict() == {"train": 3, "held-out": 2} | {
        name: 0 for name in frame["split"].cat.categories if name == "test"
    }
    assert counted == [("held-out", 2, 2), ("train", 3, 3)]
    assert guessed[0][1] == "Ada"


def test_parquet_types_do_not_depend_on_the_values(tmp_path: Path) -> None:
    write(PARQUET, tmp_path, sheet(), storable([record()]), "full")
    bare = record(start=None, end=None, language=None, labels={"risk": None}, support={}, fields={}, soft_labels={})
    write(PARQUET, tmp_path, sheet(), storable([bare]), "bare")
    write(PARQUET, tmp_path, sheet(), [], "empty")
    full, bare_types, empty = (
        pq.read_schema(tmp_path / "finance.claims" / f"split={split}" / "part-00000.parquet")
        for split in ("full", "bare", "empty")
    )

    assert full.equals(bare_types)
    assert full.equals(empty)
    assert full.names[: len(COLUMNS) - 1] == [name for name in COLUMNS if name != "split"]
    kinds = {field.name: field.type for field in full}
    assert kinds["start"] == kinds["n_risk"] == kinds["label_quality"] == pa.int64()
    assert kinds["support_risk"] == pa.float64()
    assert kinds["simulated"] == pa.bool_()
    assert kinds["label_risk"] == kinds["extent_entities"] == kinds["others"] == pa.string()
    assert kinds["annotators"] == pa.list_(pa.string())
    region = {field.name: field.type for field in kinds["label_entities"].value_type}
    assert region == {"start": pa.int64(), "end": pa.int64(), "text": pa.string(), "labels": pa.list_(pa.string())}
    shares = {field.name: field.type for field in kinds["soft_risk"].value_type}
    assert shares == {"label": pa.string(), "share": pa.float64()}


def test_parts_and_row_groups_are_of_bounded_size(tmp_path: Path) -> None:
    write(Parquet(part_rows=7_000, group_rows=2_500), tmp_path, sheet(), many(15_001))
    folder = tmp_path / "finance.claims" / "split=train"

    files = [pq.ParquetFile(folder / f"part-{part:05}.parquet").metadata for part in range(3)]

    assert len([*folder.iterdir()]) == 3
    assert [file.num_rows for file in files] == [7_000, 7_000, 1_001]
    groups = [[file.row_group(i).num_rows for i in range(file.num_row_groups)] for file in files]
    assert groups == [[2_500, 2_500, 2_000], [2_500, 2_500, 2_000], [1_001]]
    assert {file.row_group(0).column(0).compression for file in files} == {"ZSTD"}
    table = pads.dataset(tmp_path / "finance.claims", partitioning="hive").to_table()
    assert table["task"].to_pylist() == [f"t{i:05}" for i in range(15_001)]
    assert table["label_entities"].to_pylist() == [spans(i) for i in range(15_001)]


def test_a_full_part_is_the_last_one_where_no_row_follows(tmp_path: Path) -> None:
    write(Parquet(part_rows=5), tmp_path, sheet(), many(10))

    assert len([*(tmp_path / "finance.claims" / "split=train").iterdir()]) == 2


def test_rows_with_large_texts_do_not_pile_up(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("toolkit.releases.formats.parquetfiles.GROUP_BYTES", 100_000)
    large = (record(f"t{i:03}", fields={"text": f"{i:09}" * 5_000}) for i in range(9))
    write(PARQUET, tmp_path, sheet(), storable(large))

    file = pq.ParquetFile(tmp_path / "finance.claims" / "split=train" / "part-00000.parquet").metadata
    assert [file.row_group(i).num_rows for i in range(file.num_row_groups)] == [3, 3, 3]


def test_what_a_column_cannot_give_back_is_among_the_others(tmp_path: Path) -> None:
    odd = {"risk": ["high"], "quality": 2**70, "entities": [SPAN, {**SPAN, "colour": "red"}, "?"], "mood": "calm"}
    write(PARQUET, tmp_path, sheet(), storable([record("a"), record("b", labels=odd, fields={"text": 3})]))

    table = pq.ParquetFile(tmp_path / "finance.claims" / "split=train" / "part-00000.parquet").read()
    plain, row = table.to_pylist()

    assert plain["label_risk"] == "high"
    assert plain["others"] is None
    assert (row["text"], row["label_risk"], row["label_quality"]) == ("3", '["high"]', None)
    assert row["label_entities"] == [SPAN, SPAN]
    assert json.loads(row["others"]) == {"fields": {"text": 3}, "labels": odd}


# --- Hugging Face


@FILES
@given(written=rows(EVERY))
def test_the_features_are_in_the_schema(tmp_path_factory: pytest.TempPathFactory, written) -> None:
    datasets = hugging_face()
    folder = tmp_path_factory.mktemp("huggingface")
    write(HUGGINGFACE, folder, EVERY, written)

    table = pq.read_table(folder / "finance.claims" / "train-00000-of-00001.parquet")

    columns = columns_of(EVERY, classes=True)
    assert [from_table(row, columns) for row in table.to_pylist()] == [parts(item) for item in written]
    features = datasets.Features.from_arrow_schema(table.schema)
    assert {name: features[name] for name in table.column_names} == datasets.Features.from_dict(
        json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    )
    (info,) = card_configs([EVERY], ["train"])["dataset_info"]
    assert info["features"] == features._to_yaml_list()
    assert datasets.Features._from_yaml_list(info["features"]) == features


def test_features_are_typed(tmp_path: Path) -> None:
    datasets = hugging_face()
    write(HUGGINGFACE, tmp_path, EVERY, [])
    found = datasets.Features.from_arrow_schema(pq.read_schema(next(tmp_path.rglob("*.parquet"))))
    text, number = datasets.Value("string"), datasets.Value("float64")

    assert found["label_choice"] == datasets.ClassLabel(names=["yes", "no", "?"])
    assert found["label_choices"] == datasets.List(datasets.ClassLabel(names=["p", "q", "r"]))
    assert found["label_rating"] == datasets.ClassLabel(names=["1", "2", "3", "4", "5"])
    assert found["label_pairwise"] == datasets.ClassLabel(names=["left", "right"])
    assert found["label_number"] == number
    assert found["label_words"] == datasets.List(text)
    assert found["label_ranking"] == datasets.List({"bucket": text, "items": datasets.List(text)})
    assert found["label_taxonomy"] == datasets.List(datasets.List(text))
    assert found["dialogue"] == datasets.List({"author": text, "text": text})
    assert found["soft_choice"] == datasets.List({"label": text, "share": number})
    assert found["label_segments"] == datasets.List(
        {
            "start": number,
            "end": number,
            "labels": datasets.List(datasets.ClassLabel(names=["speech", "noise"])),
            "attributes": {"transcript": datasets.List(text)},
        }
    )


def hugging_face():
    """Return the library, as it is where there is no network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return datasets


def release(folder: Path, sheets, splits) -> None:
    """Write the card of a release."""
    header = yaml.safe_dump(card_configs(sheets, splits), allow_unicode=True, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{header}---\n\n# A card\n", encoding="utf-8")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return load_dataset with a cache of its own."""
    datasets = hugging_face()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True, raising=False)
    return lambda *args, **more: datasets.load_dataset(*map(str, args), cache_dir=str(tmp_path / "cache"), **more)


@settings(FILES, max_examples=5)
@given(written=rows(EVERY, max_size=12))
def test_a_release_loads_as_a_dataset(load, tmp_path_factory: pytest.TempPathFactory, written) -> None:
    folder = tmp_path_factory.mktemp("release")
    write(HuggingFace(part_rows=5), folder / "data" / "huggingface", EVERY, written)
    release(folder, [EVERY], ["train"])

    found = load(folder, "finance.claims", split="train")

    columns = columns_of(EVERY, classes=True)
    assert [from_table(row, columns) for row in found] == [parts(item) for item in written]


def test_label_configs_and_splits_are_told_apart(load, tmp_path: Path) -> None:
    law = sheet(domain="law", config="clauses", fields=(), controls=(Control("x", ControlKind.NUMBER, "t"),))
    folder = tmp_path / "v1"
    for of in (sheet(), law):
        for split, n in (("train", 12), ("train-0", 2), ("all", 1), ("test", 0)):
            shards = (record(f"{of.stem}-{split}-{i:02}", domain=of.domain) for i in range(n))
            write(HuggingFace(part_rows=5), folder / "data" / "huggingface", of, shards, split)
    with_rows = ["train", "train-0", "all"]
    release(folder, [sheet(), law], {"finance.claims": with_rows, "law.clauses": with_rows})

    claims, clauses = load(folder, "finance.claims"), load(folder, "law.clauses")

    assert claims.num_rows == clauses.num_rows == {"train": 12, "train_0": 2, "all_rows": 1}
    assert claims["train"]["task"] == [f"finance.claims-train-{i:02}" for i in range(12)]
    assert "label_x" in clauses["train"].features
    assert "label_risk" not in clauses["train"].features
    streamed = load(folder, "finance.claims", split="train", streaming=True)
    assert next(iter(streamed))["label_quality"] == 3  # the place of "4"


def test_the_card_names_only_what_has_rows() -> None:
    law = sheet(domain="law", config="clauses")

    header = card_configs([sheet(), law], {"finance.claims": ["test"]})

    assert [config["config_name"] for config in header["configs"]] == ["finance.claims"]
    assert header["configs"][0]["data_files"] == [
        {
            "split": "test",
            "path": f"data/huggingface/finance.claims/test-{'[0-9]' * 5}-of-{'[0-9]' * 5}.parquet",
        }
    ]
    assert json.loads(json.dumps(header)) == header


def test_a_split_without_rows_is_a_file_that_loads(load, tmp_path: Path) -> None:
    write(HUGGINGFACE, tmp_path, sheet(), [], "test")

    path = tmp_path / "finance.claims" / "test-00000-of-00001.parquet"

    assert len(pd.read_parquet(path)) == 0
    assert list(load("parquet", data_files=str(path), split="train", streaming=True)) == []


def test_shards_say_how_many_there_are(tmp_path: Path) -> None:
    write(HuggingFace(part_rows=5), tmp_path, sheet(), many(12))

    names = sorted(path.name for path in (tmp_path / "finance.claims").iterdir())

    assert names == [f"train-0000{i}-of-00003.parquet" for i in range(3)]


def test_a_label_that_is_not_declared_any_more_is_kept_as_it_was(tmp_path: Path) -> None:
    old = {"risk": "mid", "quality": 9, "entities": [{**SPAN, "labels": ["person", "firm"]}]}
    rows_ = [record("a", labels=old), record("b", labels={"risk": None}), record("c")]
    write(HUGGINGFACE, tmp_path, sheet(), storable(rows_))

    first, undecided, last = pq.read_table(next(tmp_path.rglob("*.parquet"))).to_pylist()

    assert (first["label_risk"], first["label_quality"]) == (None, None)
    assert first["label_entities"] == [{**SPAN, "labels": [0]}]
    assert json.loads(first["others"]) == {"labels": old}
    assert (undecided["label_risk"], undecided["others"]) == (None, None)
    assert (last["label_risk"], last["label_quality"], last["others"]) == (1, 3, None)


def test_pandas_reads_the_files_alone(tmp_path: Path) -> None:
    write(HUGGINGFACE, tmp_path, sheet(), many(3))

    assert pd.read_parquet(next(tmp_path.rglob("*.parquet")))["label_risk"].tolist() == [0, 0, 0]


# --- types


@pytest.mark.parametrize(
    ("kind", "value", "fine"),
    [
        (TEXT, "", True),
        (TEXT, 1, False),
        (NUMBER, 1, True),
        (NUMBER, 2**53 + 1, False),
        (NUMBER, True, False),
        (Label(("1", "2"), numbers=True), 2, True),
        (Label(("1", "2"), numbers=True), True, False),
        (Label(("a",)), [], False),
        (Listed(TEXT), ["a", None], True),
        (Listed(TEXT), {"a": 1}, False),
    ],
)
def test_a_type_takes_what_it_can_give_back(kind, value, fine) -> None:
    assert fits(kind, value) is fine


def test_a_list_of_lists_in_yaml() -> None:
    assert yaml_feature(Listed(Listed(TEXT)).feature()) == {"list": {"list": "string"}}
