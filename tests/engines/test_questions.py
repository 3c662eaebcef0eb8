"""What DuckDB says about tables, against the same worked out row by row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.engines.asking import by_hand, everything
from tests.engines.tables import as_rows, judgments
from toolkit.engines import counting
from toolkit.engines.counting import blocks
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.errors import InputError

ODD = "do main`\"'"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("by", [(), (ODD,), (ODD, "config_version")])
def test_every_answer_is_the_one_worked_out_by_hand(seed: int, by: tuple[str, ...]) -> None:
    table = judgments(seed)
    found, expected = everything(DuckDBEngine(), table, by=by), by_hand(as_rows(table), by)
    assert found == expected
    assert found["counts"]["n_repeats_dropped"] > 0
    assert len(by) == 2 or any(found["pairs"])


@pytest.mark.parametrize("left_out", ["created_at", "lead_time_s", "config_version", "extent", "kind", "control"])
def test_a_column_that_may_be_missing_changes_only_what_it_says(left_out: str) -> None:
    table = judgments(99).drop(columns=left_out)
    assert everything(DuckDBEngine(), table) == by_hand(as_rows(table))


def test_without_repeats_the_answers_are_those_worked_out_by_hand() -> None:
    table = judgments(5).drop_duplicates(["task", "annotator", "control"]).assign(control="topic", kind="choice")
    table = table.drop_duplicates(["task", "annotator"])
    found = everything(DuckDBEngine(), table)
    assert found == by_hand(as_rows(table))
    assert found["counts"]["n_repeats_dropped"] == 0


def test_batches_change_nothing_but_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    table = judgments(3, n_rows=2000)
    expected = everything(DuckDBEngine(), table)
    monkeypatch.setattr(counting, "BATCH", 20)
    monkeypatch.setattr(counting, "MEETINGS", 50)
    assert everything(DuckDBEngine(), table) == expected
    with DuckDBEngine().open(table) as counted:
        shares, pairs = list(counted.shares(0)), list(counted.pairs(0, 1))
    assert len(shares) > 3 and len(pairs) > 3
    for batches, column in ((shares, "annotators"), (pairs, "first")):
        people = [set(getattr(batch, column).tolist()) for batch in batches]
        assert sum(map(len, people)) == len(set().union(*people))


def complete(*rows: str) -> pd.DataFrame:
    given = [(str(i), who, label) for i, labels in enumerate(rows) for who, label in zip("pqr", labels, strict=False)]
    return pd.DataFrame([row for row in given if row[2] != "."], columns=["task", "annotator", "label"])


def test_vectors_say_who_labelled_how_where_all_judged_the_same_tasks() -> None:
    with DuckDBEngine().open(complete("aab", "aab", "bbb", "a")) as counted:
        vectors = counted.vectors(0)
    assert vectors.annotators == ("p", "q", "r")
    assert (vectors.labels.tolist(), vectors.tasks.tolist()) == ([[0, 0, 1], [1, 1, 1]], [2, 1])


@pytest.mark.parametrize("rows", [("aa", "aab"), ("aa.", "a.b"), ("a", "b")])
def test_there_are_no_vectors_where_tasks_were_judged_by_different_people(rows: tuple[str, ...]) -> None:
    with DuckDBEngine().open(complete(*rows)) as counted:
        vectors = counted.vectors(0)
    assert (vectors.annotators, vectors.labels.shape, vectors.tasks.tolist()) == ((), (0, 0), [])


def test_tasks_come_in_the_order_of_the_patterns_asked_for() -> None:
    with DuckDBEngine().open(complete("ab", "aa", "ab", "bb")) as counted:
        assert [len(found) for found in (counted.tasks(0, [], 5), counted.tasks(0, [0], 0))] == [0, 0]
        names = {tuple(found.values()): i for i, found in enumerate(patterns(counted.counts.groups[0]))}
        aa, ab, bb = names[("a", 2)], names[("a", 1, "b", 1)], names[("b", 2)]
        assert counted.tasks(0, [ab, bb, aa], 3) == [("0", ab), ("2", ab), ("3", bb)]


def patterns(group):
    labels, found = list(group.labels), []
    for start, end in zip(group.patterns.starts[:-1], group.patterns.starts[1:], strict=True):
        cells = [(labels[group.patterns.labels[k]], int(group.patterns.counts[k])) for k in range(start, end)]
        found.append(dict(enumerate(item for cell in cells for item in cell)))
    return found


def test_a_skip_is_kept_for_the_group_it_belongs_to() -> None:
    table = pd.DataFrame(
        [("1", "p", "a", "x"), ("1", "q", None, "x"), ("2", "q", None, "y")],
        columns=["task", "annotator", "label", "control"],
    )
    with DuckDBEngine().open(table) as counted:
        assert [group.control for group in counted.counts.groups] == ["x"]
        assert counted.counts.annotators == ("p", "q")
        assert [(one.annotator, one.n_judgments, one.n_skipped) for one in counted.work()] == [(0, 1, 0), (1, 0, 1)]


def test_a_million_judgments_on_one_task_are_counted(tmp_path: Path) -> None:
    n = 1_000_000
    crowd = pd.DataFrame({"task": 1, "annotator": range(n), "label": pd.Series(range(n)) % 3})
    with DuckDBEngine().open(crowd) as counted:
        assert counted.counts.groups[0].patterns.counts.tolist() == [333_334, 333_333, 333_333]
        assert list(counted.pairs(0, 20)) == []
        assert counted.vectors(0).labels.shape == (1, n)
        with pytest.raises(InputError, match="499,999,500,000 pairs of judgments are on the same tasks"):
            list(counted.pairs(0, 1))


def test_several_files_of_a_folder_are_one_table_in_the_order_of_their_names(tmp_path: Path) -> None:
    table = judgments(11)
    for name, start, end in (("part-02", 0, 100), ("part-10", 100, 200), ("b'[1] *", 200, 400)):
        table.iloc[start:end].to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "_SUCCESS").touch()
    joined = pd.concat([table.iloc[200:], table.iloc[:100], table.iloc[100:200]], ignore_index=True)
    assert everything(DuckDBEngine(), tmp_path) == by_hand(as_rows(joined))


def test_a_folder_without_parquet_or_with_files_unlike_each_other_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no Parquet file"):
        everything(DuckDBEngine(), tmp_path)
    table = judgments(1)
    table.to_parquet(tmp_path / "1.parquet")
    table.drop(columns="kind").to_parquet(tmp_path / "2.parquet")
    with pytest.raises(InputError, match=r"2\.parquet: has other columns than 1\.parquet"):
        everything(DuckDBEngine(), tmp_path)


def test_blocks_are_cut_where_the_next_would_be_too_much() -> None:
    assert list(blocks(np.array([], dtype=int), np.array([], dtype=int), 5)) == []
    assert list(blocks(np.array([1, 2, 3]), np.array([9, 1, 4]), 5)) == [(1, 1), (2, 3)]
