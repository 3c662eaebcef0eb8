from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from toolkit.agreement.counts import BEYOND_LABEL, JudgmentCounts, Source
from toolkit.engines.duckdb import DuckDBEngine, left_of
from toolkit.errors import InputError, StorageError


def table(*rows: tuple[Any, ...], more: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "annotator", "label", *more])


def counted(source: Source, engine: DuckDBEngine | None = None, **options: Any) -> JudgmentCounts:
    with (engine or DuckDBEngine()).open(source, **options) as found:
        for group in found.counts.groups:
            assert group.patterns is group.patterns  # counted at the first look, and kept
        return found.counts


def shown(counts: JudgmentCounts) -> list[Any]:
    """Everything that was counted, in a form that can be compared."""
    return [
        (
            group.control,
            group.kind,
            dict(group.by),
            group.n_tasks,
            group.n_annotators,
            dict(group.labels),
            histogram(group),
        )
        for group in counts.groups
    ]


def histogram(group: Any) -> list[tuple[dict[str, int], int]]:
    names, patterns = list(group.labels), group.patterns
    found = []
    for i, n_tasks in enumerate(patterns.tasks.tolist()):
        cells = range(patterns.starts[i], patterns.starts[i + 1])
        found.append(({names[patterns.labels[k]]: int(patterns.counts[k]) for k in cells}, n_tasks))
    return found


VOTES = table(
    ("1", "p", "b"),
    ("1", "q", "a"),
    ("2", "p", "a"),
    ("2", "q", "b"),
    ("3", "p", "a"),
    ("3", "q", "a"),
    ("4", "r", "c"),
)


def test_patterns_are_counted_whoever_gave_which_label() -> None:
    counts = counted(VOTES)
    (group,) = counts.groups
    assert (counts.n_tasks, counts.n_annotators, counts.n_judgments) == (4, 3, 7)
    assert group.labels == {"a": 4, "b": 2, "c": 1}
    assert histogram(group) == [({"a": 1, "b": 1}, 2), ({"a": 2}, 1), ({"c": 1}, 1)]


def test_dataframe_arrow_and_parquet_give_the_same_counts(tmp_path: Path) -> None:
    path = tmp_path / "domain=law" / "it's [1] *.parquet"
    path.parent.mkdir()
    VOTES.to_parquet(path)
    from_frame, from_arrow, from_file = (
        shown(counted(source)) for source in (VOTES, pa.Table.from_pandas(VOTES), path)
    )
    assert from_frame == from_arrow == from_file


def test_counts_do_not_depend_on_rows_threads_or_memory() -> None:
    rng = np.random.default_rng(0)
    big = pd.DataFrame(
        {"task": rng.integers(0, 500, 5000), "annotator": rng.integers(0, 40, 5000), "label": rng.integers(0, 5, 5000)}
    ).drop_duplicates(["task", "annotator"])
    expected = shown(counted(big))
    for engine in (DuckDBEngine(memory_limit="100MB", threads=1), DuckDBEngine(threads=3)):
        assert shown(counted(big.sample(frac=1, random_state=2), engine)) == expected


def test_of_repeated_judgments_the_latest_counts_whatever_the_form_of_the_time() -> None:
    repeated = table(
        ("1", "p", "late", "2025-09-12T12:00:00+02:00"),
        ("1", "p", "early", "2025-09-12T09:59:59Z"),
        ("1", "p", "undated", None),
        more=("created_at",),
    )
    counts = counted(repeated)
    assert (dict(counts.groups[0].labels), counts.n_repeats_dropped) == ({"late": 1}, 2)
    times = [datetime(2025, 9, 12, 12, tzinfo=UTC), datetime(2025, 9, 12, 11, tzinfo=UTC), None]
    dated = repeated.assign(created_at=pd.Series(times, dtype="datetime64[us, UTC]"))
    assert dict(counted(dated).groups[0].labels) == {"late": 1}


def test_of_repeated_judgments_without_times_the_last_row_counts(tmp_path: Path) -> None:
    repeated = table(("1", "p", "a"), ("1", "p", "c"), ("1", "p", "b"))
    repeated.to_parquet(tmp_path / "j.parquet")
    for source in (repeated, tmp_path / "j.parquet", repeated.assign(created_at=None)):
        counts = counted(source)
        assert (dict(counts.groups[0].labels), counts.n_repeats_dropped) == ({"b": 1}, 2)


def test_the_same_annotator_on_two_controls_is_no_repeat() -> None:
    both = table(("1", "p", "a", "x"), ("1", "p", "b", "y"), more=("control",))
    counts = counted(both)
    assert (counts.n_judgments, counts.n_repeats_dropped) == (2, 0)


def test_a_missing_label_is_counted_and_replaces_no_answer() -> None:
    counts = counted(table(("1", "p", "a"), ("1", "p", None), ("2", "q", float("nan"))))
    assert (counts.n_judgments, counts.n_without_label, counts.n_repeats_dropped) == (1, 2, 0)


def test_groups_with_a_missing_value_are_kept_apart() -> None:
    mixed = table(("1", "p", "a", "law"), ("1", "q", "a", None), ("2", "q", "b", None), more=("domain",))
    counts = counted(mixed, by=["domain"])
    assert [(dict(group.by), group.n_judgments) for group in counts.groups] == [
        ({"domain": "law"}, 1),
        ({"domain": None}, 2),
    ]


def test_by_columns_may_have_any_name_and_any_number() -> None:
    odd = table(("1", "p", "a", 1, "x"), ("2", "p", "a", 2, "x"), more=('team "A"; drop', "select"))
    counts = counted(odd, by=['team "A"; drop', "select"])
    assert [dict(group.by) for group in counts.groups] == [
        {'team "A"; drop': "1", "select": "x"},
        {'team "A"; drop': "2", "select": "x"},
    ]


def test_a_control_that_changed_its_kind_makes_two_groups() -> None:
    changed = table(("1", "p", "a", "choice"), ("1", "q", "a | b", "choices"), more=("kind",))
    assert [group.kind for group in counted(changed).groups] == ["choice", "choices"]


def test_numbers_and_mixed_columns_are_taken_as_text() -> None:
    mixed = pd.DataFrame({"task": [1, 1], "annotator": ["p", 2], "label": pd.Categorical(["a", "b"])}, dtype=object)
    assert dict(counted(mixed).groups[0].labels) == {"a": 1, "b": 1}
    category = mixed.astype({"label": "category"})
    assert shown(counted(category)) == shown(counted(mixed))


def test_labels_with_quotes_are_only_labels() -> None:
    odd = table(("1", "p", "it's"), ("1", "q", "it's; drop table judged"))
    assert list(counted(odd).groups[0].labels) == ["it's", "it's; drop table judged"]


@pytest.mark.parametrize("control", ["topics", "it's"])
def test_an_unknown_control_is_named_with_those_there_are(control: str) -> None:
    with pytest.raises(InputError, match="there are: quality, topic"):
        counted(table(("1", "p", "a", "topic"), ("1", "p", "5", "quality"), more=("control",)), control=control)


def test_asking_for_a_control_where_there_is_no_such_column_says_so() -> None:
    assert counted(VOTES, control="label").n_judgments == 7
    with pytest.raises(InputError, match="there are: label"):
        counted(VOTES, control="topic")


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(InputError, match="no column annotator, domain; found: task, annotators, label") as error:
        counted(VOTES.rename(columns={"annotator": "annotators"}), by=["domain"])
    assert str(error.value).endswith("did you mean annotators?")


def test_a_judgment_without_a_task_is_refused() -> None:
    with pytest.raises(InputError, match="1 judgments have no task or no annotator"):
        counted(table(("1", "p", "a"), (None, "q", "a")))


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "votes.parquet"
    path.write_text("task,annotator,label\n", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        counted(path)


def test_an_empty_table_has_no_unknown_control() -> None:
    assert counted(VOTES.iloc[:0], control="topic").groups == ()


def test_a_label_with_an_extent_is_another_label() -> None:
    seen = table(("1", "p", "a", "long"), ("1", "q", "a", None), more=("extent",))
    assert list(counted(seen).groups[0].labels) == ["a", f"a{BEYOND_LABEL}long"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(b"\x00\x00\x00\x00\x01\x00\x00\x00"), pa.py_buffer(b"\xff"))
    good = pa.array(["x"])
    pq.write_table(pa.table({"task": good, "annotator": good, "label": bad}), tmp_path / "j.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        counted(tmp_path / "j.parquet")


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InputError, match="Column label holds text that is not Unicode"):
        counted(table(("1", "p", "a")).assign(label=pd.Series(["\ud800"], dtype=object)))


def test_too_little_memory_says_so() -> None:
    long = table(*((str(i), "p", f"{i}" * 20_000_000) for i in range(10)))
    with pytest.raises(StorageError, match=r"more memory than there may be \(1MB\)"):
        counted(long, DuckDBEngine(memory_limit="1MB"))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.parquet"
    pd.DataFrame({"task": range(5000), "annotator": "p", "label": range(5000)}).to_parquet(path)
    content = bytearray(path.read_bytes())
    content[200:20_000] = bytes(19_800)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read: .*j\.parquet"):
        counted(path)


def test_a_full_disk_is_said_to_be_one() -> None:
    with pytest.raises(StorageError, match="No space left"), DuckDBEngine().open(VOTES):
        raise duckdb.IOException("No space left on device")


@pytest.mark.parametrize(("text", "size"), [("2000GB", 2e12), ("2TB", 2e12), ("2tib", 2 * 2**40), (" 1.5 TB ", 1.5e12)])
def test_half_of_the_memory_that_is_left_is_for_the_engine(text: str, size: float) -> None:
    assert left_of(text) == pytest.approx(size / 2, rel=0.01)


@pytest.mark.parametrize("text", ["", "much", "-1GB", "600 MB or so", "1,5GB"])
def test_a_text_that_is_no_amount_of_memory_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no amount of memory"):
        counted(VOTES, DuckDBEngine(memory_limit=text))


def test_judgments_for_models_are_whole_tasks_in_the_order_of_their_names() -> None:
    rows = [("b", "q", "y"), ("a", "p", "x"), ("b", "p", "x"), ("c", "p", None), ("b", "p", "y")]
    with DuckDBEngine().open(pd.DataFrame(rows, columns=["task", "annotator", "label"])) as counted:
        judged = counted.judged(0, 2)
        assert list(counted.judged_tasks(0)) == ["a", "b"]
        (block,) = judged.blocks
        assert (judged.n_annotators, judged.n_labels) == (2, 2)
        assert block.starts.tolist() == [0, 1, 3]
        assert block.cells.tolist() == [0, 1, 3]  # p says x on a; on b p says y, its latest answer, and q says y


def test_judgments_that_come_in_pieces_are_cut_between_tasks(monkeypatch) -> None:
    monkeypatch.setattr("toolkit.engines.duckdb.FETCHED", 2_048)
    monkeypatch.setattr("toolkit.engines.duckdb.block_tasks", lambda _: 300)
    table = pd.DataFrame([(f"{t:04}", f"{a}", "xy"[(t + a) % 2]) for t in range(2_000) for a in range(7)])
    table.columns = ["task", "annotator", "label"]
    with DuckDBEngine().open(table) as counted:
        blocks = counted.judged(0, 2).blocks
    assert [block.n_tasks for block in blocks] == [300] * 6 + [200]
    assert sum(block.n_tasks for block in blocks) == 2_000
    assert {int(size) for block in blocks for size in block.sizes()} == {7}
