"""What differs between two releases is found whatever the format, wherever a row went, and told without its text."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.releases.release_examples import record, sheet
from toolkit.errors import InputError
from toolkit.releases.changes import Changes, SheetChanges, changes_text, diff_releases
from toolkit.releases.formats.jsonl import JSONL
from toolkit.releases.formats.parquet import PARQUET, Parquet
from toolkit.releases.formats.writing import Format
from toolkit.releases.records import ReleaseRecord

BOTH = [JSONL, Parquet(part_rows=2, group_rows=1)]


def write(folder: Path, rows: Iterable[ReleaseRecord], form: Format) -> Path:
    rows = list(rows)
    keys = sorted({(row.domain, row.config) for row in rows}) or [("finance", "claims")]
    for domain, config in keys:
        told = sheet(domain=domain, config=config)
        for split in ("train", "test"):
            writer = form.writer(folder / "data" / form.name, told, split)
            for row in sorted(rows, key=lambda row: row.task):
                if (row.domain, row.config, row.split) == (domain, config, split):
                    writer.write(row)
            writer.close()
    return folder


def diff(tmp_path: Path, old: Iterable[ReleaseRecord], new: Iterable[ReleaseRecord], form: Format = JSONL) -> Changes:
    return diff_releases(write(tmp_path / "v1", old, form), write(tmp_path / "v2", new, form))


def only(changes: Changes) -> SheetChanges:
    (found,) = changes.sheets
    return found


@pytest.mark.parametrize("form", BOTH, ids=lambda form: form.name)
def test_rows_that_came_went_changed_and_moved(tmp_path: Path, form: Format) -> None:
    labels = record().labels
    old = [record("a"), record("b"), record("c"), record("d"), record("e"), record("f", split="test")]
    new = [
        record("b"),
        record("c", labels={**labels, "risk": "low"}),
        record("d", fields={"text": "Another text"}, status="undecided"),
        record("e", split="test"),
        record("f"),
        record("g", config_version="bbbbbbbbbbbb"),
    ]
    changes = diff(tmp_path, old, new, form)
    assert changes == Changes(
        before="v1",
        after="v2",
        compared=form.name,
        sheets=(
            SheetChanges(
                key="finance/claims",
                before={"test": 1, "train": 5},
                after={"test": 1, "train": 5},
                versions_before={"aaaaaaaaaaaa": 6},
                versions_after={"aaaaaaaaaaaa": 5, "bbbbbbbbbbbb": 1},
                n_added=1,
                n_removed=1,
                n_changed=4,
                columns={"split": 2, "label_risk": 1, "status": 1, "text": 1},
                moves={("test", "train"): 1, ("train", "test"): 1},
                added=("g@finance/claims",),
                removed=("a@finance/claims",),
                changed=("c@finance/claims", "d@finance/claims", "e@finance/claims", "f@finance/claims"),
            ),
        ),
    )
    assert only(changes).n_same == 1


@pytest.mark.parametrize("form", BOTH, ids=lambda form: form.name)
def test_nothing_differs_between_a_release_and_itself(tmp_path: Path, form: Format) -> None:
    changes = diff(tmp_path, [record("a"), record("b", split="test")], [record("a"), record("b", split="test")], form)
    assert changes.same
    assert only(changes).n_same == 2
    assert changes_text(changes) == "# Changes since v1\n\nNo row differs.\n"


def test_a_label_config_that_came_or_went_is_told(tmp_path: Path) -> None:
    law = record("a", domain="law", config="clauses")
    changes = diff(tmp_path, [record("a")], [law])
    assert [(one.key, one.n_added, one.n_removed) for one in changes.sheets] == [
        ("finance/claims", 0, 1),
        ("law/clauses", 1, 0),
    ]


def test_what_one_side_does_not_have_is_as_empty(tmp_path: Path) -> None:
    labels = record().labels
    assert diff(tmp_path, [record("a")], [record("a", labels={**labels, "later": None})]).same


def test_the_text_names_rows_and_no_texts(tmp_path: Path) -> None:
    old = [record(f"t{n:02}") for n in range(30)]
    new = [record(f"t{n:02}", fields={"text": "secret"}, split="test" if n < 2 else "train") for n in range(29)]
    text = changes_text(diff(tmp_path, old, new))
    assert "secret" not in text
    assert "Ada" not in text
    assert text.startswith(
        "# Changes since v1\n\n"
        "| label config | rows added | removed | changed | as they were |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| `finance/claims` | 0 | 1 | 29 | 0 |\n"
    )
    assert "| `train` | `test` | 2 |" in text
    assert "29 rows changed, the first 10 of them:\n\n- `t00@finance/claims`\n" in text
    assert "1 row removed:\n\n- `t29@finance/claims`\n" in text


def test_the_folder_that_is_being_written_is_not_named(tmp_path: Path) -> None:
    old = write(tmp_path / "v1", [record("a")], JSONL)
    texts = {changes_text(diff_releases(old, write(tmp_path / name, [record("b")], JSONL))) for name in ("x", "y")}
    assert len(texts) == 1


def test_parquet_is_compared_where_json_lines_are_missing(tmp_path: Path) -> None:
    old = write(write(tmp_path / "v1", [record("a")], JSONL), [record("a")], PARQUET)
    assert diff_releases(old, write(tmp_path / "v2", [record("b")], PARQUET)).compared == "parquet"


def test_releases_without_a_format_to_compare_are_refused(tmp_path: Path) -> None:
    old = write(tmp_path / "v1", [record("a")], JSONL)
    (tmp_path / "v2" / "data" / "csv").mkdir(parents=True)
    with pytest.raises(InputError, match="neither JSON Lines nor Parquet"):
        diff_releases(old, tmp_path / "v2")
    with pytest.raises(InputError, match="no format in common"):
        diff_releases(old, write(tmp_path / "v3", [record("a")], PARQUET))


def test_a_file_that_is_none_of_a_release_is_named(tmp_path: Path) -> None:
    old, new = (write(tmp_path / name, [record("a"), record("b")], JSONL) for name in ("v1", "v2"))
    path = new / "data" / "jsonl" / "finance.claims" / "train.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[1] + lines[0])
    with pytest.raises(InputError, match="out of order"):
        diff_releases(old, new)
    path.write_bytes(lines[0] + b"{")
    with pytest.raises(InputError, match=r"train\.jsonl:2 is not a row"):
        diff_releases(old, new)
    path.write_bytes(lines[0] + b'{"task": "b", "fields": 3}\n')
    with pytest.raises(InputError, match=r"train\.jsonl:2 is not a row"):
        diff_releases(old, new)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("ab\u00e9\U0001f642", min_size=1, max_size=3), st.tuples(st.booleans(), st.booleans())),
    st.dictionaries(st.text("ab\u00e9\U0001f642", min_size=1, max_size=3), st.tuples(st.booleans(), st.booleans())),
)
def test_it_finds_what_comparing_all_rows_finds(tmp_path_factory, old, new) -> None:
    def rows(wanted):
        for task, (test, low) in wanted.items():
            risk = "low" if low else "high"
            yield record(task, split="test" if test else "train", labels={"risk": risk})

    changes = diff(tmp_path_factory.mktemp("releases"), rows(old), rows(new))
    found = changes.sheets[0] if changes.sheets else None
    if not old and not new:
        assert found is None
        return
    shared = old.keys() & new.keys()
    assert found.n_added == len(new.keys() - old.keys())
    assert found.n_removed == len(old.keys() - new.keys())
    assert found.n_changed == sum(old[task] != new[task] for task in shared)
    assert sum(found.moves.values()) == sum(old[task][0] != new[task][0] for task in shared)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    for n in (500, 5000):
        old, new = (
            write(tmp_path / f"{name}-{n}", (record(f"{i:05}", split=split) for i in range(n)), JSONL)
            for name, split in (("a", "train"), ("b", "test"))
        )
        tracemalloc.start()
        diff_releases(old, new)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000
