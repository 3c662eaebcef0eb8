"""A release is written whole or not at all, once, and stays as it is."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.releases.release_examples import SETTINGS, record, several
from toolkit.errors import InputError, StorageError
from toolkit.releases import formats
from toolkit.releases.manifest import verify_release, without_folders
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.writer import write_release

ROOT = Path(__file__).resolve().parents[2]


def release(folder: Path, records: Sequence[ReleaseRecord] | None = None, **changes):
    return write_release(several() if records is None else records, folder, name="demo", settings=SETTINGS, **changes)


def content(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_release_has_one_file_per_config_and_format_a_readme_and_a_manifest(tmp_path: Path) -> None:
    written = release(tmp_path)

    assert written.path == tmp_path / "demo" / "v1"
    assert list(content(written.path)) == [
        "README.md",
        *(f"data/finance.claims.{suffix}" for suffix in ("csv", "jsonl", "parquet")),
        *(f"data/law.clauses.{suffix}" for suffix in ("csv", "jsonl", "parquet")),
        "manifest.json",
    ]
    assert pq.read_table(written.path / "data" / "finance.claims.parquet")["task"].to_pylist() == [
        "a-0-5",
        "a-9-20",
        "b-0-5",
    ]


def test_the_manifest_says_what_the_release_holds(tmp_path: Path) -> None:
    written = release(tmp_path)
    manifest = json.loads((written.path / "manifest.json").read_text(encoding="utf-8"))
    files = manifest.pop("files")

    assert manifest == {
        "format": 1,
        "name": "demo",
        "tool_version": "0.1.0",
        "created_from": "ab" * 32,
        "seed": 7,
        "splits": {
            "test": {"share": 0.2, "documents": 1, "rows": 1},
            "train": {"share": 0.8, "documents": 2, "rows": 4},
        },
        "counts": {
            "rows": 5,
            "tasks": 4,
            "documents": 3,
            "decided": 5,
            "undecided": 0,
            "undecided_left_out": 1,
            "configs": {
                "finance/claims": {"rows": 3, "splits": {"test": 1, "train": 2}},
                "law/clauses": {"rows": 2, "splits": {"train": 2}},
            },
        },
        "simulated": False,
        "label_configs": {"finance/claims": "aaaaaaaaaaaa", "law/clauses": "bbbbbbbbbbbb"},
        "version": 1,
        "command": "toolkit release demo",
    }
    for entry in files:
        path = written.path / entry["path"]
        assert entry["bytes"] == path.stat().st_size
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {entry["path"]: entry["rows"] for entry in files}["data/law.clauses.csv"] == 2
    assert written.manifest == {**manifest, "files": files}


def test_the_readme_reads_as_written_here(tmp_path: Path) -> None:
    readme = (release(tmp_path).path / "README.md").read_text(encoding="utf-8")

    assert (
        readme
        == """# demo, version 1

5 rows, one per task and label config, on 4 tasks
from 3 documents. 1 undecided rows were left out.

| label config | version | rows |
| --- | --- | --- |
| finance/claims | aaaaaaaaaaaa | 3 |
| law/clauses | bbbbbbbbbbbb | 2 |

| split | share | documents | rows |
| --- | --- | --- | --- |
| test | 0.2 | 1 | 1 |
| train | 0.8 | 2 | 4 |

A row is one task under one label config. In JSONL `labels`, `support` and `n_judgments` go by control; in CSV
and Parquet they are the columns `label_…`, `support_…` and `n_…`, where choices, ratings and pairs are plain
text and all else is JSON. A label is empty where the judgments did not settle it; its support is then the
share of the leading one. `tier` is who decided, `status` whether everything that had to be settled was.
`annotators` are those who answered, at whatever tier, by pseudonyms that stand for one person each and cannot
be traced back without a key that is not published; a later release may use others. In CSV they are JSON.

Every label config has one file per format in `data/`. `manifest.json` lists every file with its SHA-256,
the seed, and the ledger entry that the labels come from.
"""
    )


def test_simulated_annotations_are_called_so(tmp_path: Path) -> None:
    written = release(tmp_path, [record("a"), record("b", simulated=True)])

    assert written.manifest["simulated"] is True
    assert "SIMULATED ANNOTATIONS" in (written.path / "README.md").read_text(encoding="utf-8")


def test_undecided_tasks_are_released_only_when_asked_for(tmp_path: Path) -> None:
    written = release(tmp_path, include_undecided=True)

    rows = (written.path / "data" / "finance.claims.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["status"] for row in rows].count("undecided") == 1
    assert (written.manifest["counts"]["undecided"], written.manifest["counts"]["undecided_left_out"]) == (1, 0)


def test_the_order_of_the_records_does_not_matter(tmp_path: Path) -> None:
    records = several()
    random.Random(3).shuffle(records)

    assert content(release(tmp_path / "a").path) == content(release(tmp_path / "b", records).path)


def test_the_order_of_fields_and_controls_does_not_matter(tmp_path: Path) -> None:
    ones, others = {"a": "1", "b": [{"x": 1, "y": 2}]}, {"b": [{"y": 2, "x": 1}], "a": "1"}
    first = release(tmp_path / "a", [record(fields=ones, labels=ones)])

    assert content(release(tmp_path / "b", [record(fields=others, labels=others)]).path) == content(first.path)


SCRIPT = """
import sys
from pathlib import Path
from tests.releases.release_examples import SETTINGS, several
from toolkit.releases.writer import write_release
write_release(several(), Path(sys.argv[1]), name="demo", settings=SETTINGS)
"""


@pytest.mark.parametrize(
    ("hash_seed", "zone", "locale"), [("1", "Asia/Kathmandu", "tr_TR.UTF-8"), ("2", "America/Lima", "C")]
)
def test_files_are_the_same_bytes_whatever_the_environment(
    tmp_path: Path, hash_seed: str, zone: str, locale: str
) -> None:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LANG": locale, "LC_ALL": locale, "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / "there")], cwd=ROOT, env=env, check=True)

    assert content(tmp_path / "there" / "demo" / "v1") == content(release(tmp_path / "here").path)


def test_the_same_content_is_not_written_twice(tmp_path: Path) -> None:
    first = release(tmp_path)
    before = (tmp_path / "demo").stat().st_mtime_ns

    again = release(tmp_path)

    assert (first.created, again.created) == (True, False)
    assert (again.version, again.path, again.manifest) == (1, first.path, first.manifest)
    assert (tmp_path / "demo").stat().st_mtime_ns == before


def test_the_same_content_by_another_command_is_not_written_again(tmp_path: Path) -> None:
    release(tmp_path)
    settings = replace(SETTINGS, command="toolkit release demo --json")

    assert not write_release(several(), tmp_path, name="demo", settings=settings).created


def test_other_content_is_the_next_version_and_the_first_stays(tmp_path: Path) -> None:
    first = release(tmp_path)
    before = content(first.path)
    second = release(tmp_path, [*several(), record("e", document="e")])
    third = write_release(several(), tmp_path, name="demo", settings=replace(SETTINGS, ledger_head="cd" * 32))
    back = release(tmp_path)

    assert [item.version for item in (first, second, third, back)] == [1, 2, 3, 1]
    assert content(first.path) == before
    assert second.manifest["version"] == 2


def test_the_version_asked_for_is_the_least(tmp_path: Path) -> None:
    assert release(tmp_path, version=4).path.name == "v4"
    assert release(tmp_path, [record()], version=2).path.name == "v5"


def test_files_are_read_only(tmp_path: Path) -> None:
    written = release(tmp_path)

    modes = {path.stat().st_mode & 0o777 for path in written.path.rglob("*") if path.is_file()}
    assert modes == {0o444}


@pytest.mark.parametrize(
    "fault", [KeyboardInterrupt(), ValueError("a bug"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_writer_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault) -> None:
    first = release(tmp_path)

    def fail(path: Path, records: object) -> None:
        path.write_text("half a", encoding="utf-8")
        raise fault

    monkeypatch.setitem(formats.FORMATS, "parquet", fail)
    with pytest.raises(StorageError if isinstance(fault, OSError) else type(fault)):
        release(tmp_path, [record()])

    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["v1"]
    assert verify_release(first.path) == []


def test_a_full_disk_is_a_storage_error_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, records: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(formats.FORMATS, "csv", fail)
    with pytest.raises(StorageError) as caught:
        release(tmp_path)

    assert str(caught.value) == (
        f"Release demo could not be written to {tmp_path / 'demo'}: No space left on device.\n"
        "  Hint: free some space or allow writing there, then run the command again; no half release was left."
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.releases.release_examples import SETTINGS, several
from toolkit.releases import formats
from toolkit.releases.writer import write_release
def die(path, records):
    path.write_text("half a")
    os.kill(os.getpid(), signal.SIGKILL)
formats.FORMATS["parquet"] = die
write_release(several(), Path(sys.argv[1]), name="demo", settings=SETTINGS)
"""


def test_what_a_killed_run_leaves_is_no_release_and_is_cleared_away(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [".unfinished-v1"]

    written = release(tmp_path)

    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["v1"]
    assert verify_release(written.path) == []


def test_verification_names_every_file_that_differs(tmp_path: Path) -> None:
    written = release(tmp_path)
    data = written.path / "data"
    (data / "finance.claims.csv").chmod(0o644)
    (data / "finance.claims.csv").write_text("other", encoding="utf-8")
    (data / "law.clauses.parquet").unlink()
    (data / "notes.txt").write_text("mine", encoding="utf-8")

    assert verify_release(written.path) == [
        "data/finance.claims.csv: changed since the release was written",
        "data/law.clauses.parquet: missing",
        "data/notes.txt: not in the manifest",
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "files": []}', '{"format": 1, "files": [{}]}'])
def test_a_manifest_that_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    (problem,) = verify_release(tmp_path)
    assert problem.startswith("manifest.json: ")


def test_a_damaged_version_with_the_same_content_is_not_passed_off_as_good(tmp_path: Path) -> None:
    written = release(tmp_path)
    (written.path / "data" / "law.clauses.csv").unlink()

    with pytest.raises(StorageError, match=r"not as it was written:\ndata/law\.clauses\.csv: missing"):
        release(tmp_path)


def test_a_version_without_a_manifest_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "demo" / "v3").mkdir(parents=True)

    assert release(tmp_path).version == 4


def test_a_document_in_two_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Document doc is in two splits, train and test"):
        release(tmp_path, [record("a"), record("b", split="test")])


def test_nothing_decided_is_nothing_to_release(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing to release: 0 of 1 rows are decided"):
        release(tmp_path, [record(status="undecided")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "With Spaces"])
def test_names_that_are_no_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be named"):
        write_release(several(), tmp_path, name=name, settings=SETTINGS)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("toolkit release demo --workspace /home/ada/ops", "toolkit release demo --workspace ops"),
        ("toolkit release demo -w '~/ops/' --limit 2", "toolkit release demo -w 'ops/' --limit 2"),
        (
            "toolkit release demo --url https://ls.example.org/a/b",
            "toolkit release demo --url https://ls.example.org/a/b",
        ),
        ("toolkit release demo --config finance/claims", "toolkit release demo --config finance/claims"),
    ],
)
def test_a_command_shows_no_folders_of_the_machine(command: str, shown: str) -> None:
    assert without_folders(command) == shown
