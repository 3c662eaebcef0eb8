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

import pytest

from tests.releases.release_examples import SETTINGS, OpenGate, record, several, source
from toolkit.errors import InputError, StorageError
from toolkit.releases import formats
from toolkit.releases.formats.parquet import PARQUET
from toolkit.releases.manifest import changed_files, without_folders
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.writer import write_release

ROOT = Path(__file__).resolve().parents[2]


def release(folder: Path, records: Sequence[ReleaseRecord] | None = None, settings=SETTINGS, name="demo", **changes):
    made_of = source(several() if records is None else records)
    return write_release(made_of, folder, name=name, settings=settings, gate=OpenGate(), **changes)


def content(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_release_has_data_by_format_config_and_split_and_what_is_to_be_known_of_it(tmp_path: Path) -> None:
    written = release(tmp_path)

    assert written.path == tmp_path / "demo" / "v1"
    stems = ("finance.claims", "law.clauses")
    assert list(content(written.path)) == sorted(
        [
            *("README.md", "croissant.json", "manifest.json", "provenance.json"),
            *("evidence/rows.parquet", "evidence/settlements.parquet"),
            *(f"data/{name}/{stem}/{split}.{name}" for name in ("csv", "jsonl") for stem in stems for split in SPLITS),
            *(f"data/parquet/{stem}/split={split}/part-00000.parquet" for stem in stems for split in SPLITS),
        ]
    )


SPLITS = ("train", "test")


def test_the_manifest_says_what_the_release_holds(tmp_path: Path) -> None:
    written = release(tmp_path)
    manifest = json.loads((written.path / "manifest.json").read_text(encoding="utf-8"))

    assert written.manifest == manifest
    assert (manifest["format"], manifest["name"], manifest["version"]) == (2, "demo", 1)
    assert (manifest["tool_version"], manifest["command"], manifest["seed"]) == ("0.1.0", "toolkit release demo", 7)
    assert manifest["created_from"] == {"entries": 12, "head": "ab" * 32}
    assert manifest["label_configs"] == {"finance/claims": "aaaaaaaaaaaa", "law/clauses": "bbbbbbbbbbbb"}
    counts = manifest["counts"]
    assert (counts["rows"], counts["tasks"], counts["documents"], counts["decided"]) == (5, 4, 3, 5)
    assert (counts["undecided"], counts["undecided_left_out"], counts["tying_left_out"]) == (0, 1, 0)
    assert {key: value["rows"] for key, value in counts["configs"].items()} == {"finance/claims": 3, "law/clauses": 2}
    assert sum(split["rows"] for split in manifest["splits"].values()) == 5
    rows = 0
    for entry in manifest["files"]:
        path = written.path / entry["path"]
        assert entry["bytes"] == path.stat().st_size
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        rows += entry["rows"] or 0
    assert rows == 10  # every row once as CSV and once as JSONL


def test_simulated_annotations_are_called_so(tmp_path: Path) -> None:
    written = release(tmp_path, [record("a"), record("b", simulated=True)])

    assert written.manifest["simulated"] is True
    assert "simulated" in (written.path / "README.md").read_text(encoding="utf-8").lower()


def rows_of(folder: Path, stem: str) -> list[dict]:
    files = sorted((folder / "data" / "jsonl" / stem).glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_undecided_tasks_are_released_only_when_asked_for(tmp_path: Path) -> None:
    written = release(tmp_path, settings=replace(SETTINGS, include_undecided=True))

    assert [row["status"] for row in rows_of(written.path, "finance.claims")].count("undecided") == 1
    assert (written.manifest["counts"]["undecided"], written.manifest["counts"]["undecided_left_out"]) == (1, 0)


def test_passages_of_a_document_are_in_one_split(tmp_path: Path) -> None:
    records = [record(f"d{n // 3:03}-{n}", document=f"d{n // 3:03}", fields={"text": f"{n} words"}) for n in range(90)]
    rows = rows_of(release(tmp_path, records).path, "finance.claims")

    assert len({(row["document"], row["split"]) for row in rows}) == len({row["document"] for row in rows}) == 30


def test_rows_that_had_a_split_keep_it(tmp_path: Path) -> None:
    old = [record(f"d{n:03}", document=f"d{n:03}", fields={"text": f"{n} words of old"}) for n in range(40)]
    new = [record(f"e{n:03}", document=f"e{n:03}", fields={"text": f"{n} words of new"}) for n in range(20)]
    before = {row["task"]: row["split"] for row in rows_of(release(tmp_path, old).path, "finance.claims")}
    kept = [(f"{task}@finance/claims", split) for task, split in before.items()]

    after = {
        row["task"]: row["split"] for row in rows_of(release(tmp_path, old + new, kept=kept).path, "finance.claims")
    }

    assert {task: after[task] for task in before} == before
    assert len(after) == 60


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
from tests.releases.test_writer import release
release(Path(sys.argv[1]))
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

    assert not release(tmp_path, settings=settings).created


def test_other_content_is_the_next_version_and_the_first_stays(tmp_path: Path) -> None:
    first = release(tmp_path)
    before = content(first.path)
    second = release(tmp_path, [*several(), record("e", document="e")])
    third = release(tmp_path, settings=replace(SETTINGS, ledger_head="cd" * 32))
    back = release(tmp_path)

    assert [item.version for item in (first, second, third, back)] == [1, 2, 3, 1]
    assert content(first.path) == before
    assert second.manifest["version"] == 2


def test_the_version_asked_for_is_given_unless_it_holds_something_else(tmp_path: Path) -> None:
    assert release(tmp_path, version=4).path.name == "v4"
    assert release(tmp_path, [record()]).path.name == "v5"
    with pytest.raises(InputError, match="has a version 4 with another content"):
        release(tmp_path, [record("z")], version=4)
    with pytest.raises(InputError, match="That is version 4 of demo already"):
        release(tmp_path, version=6)


def test_the_same_content_elsewhere_has_the_same_number(tmp_path: Path) -> None:
    release(tmp_path / "a", [record()])
    second = release(tmp_path / "a")
    known = {second.content: 2}

    again = release(tmp_path / "b", known=known)

    assert again.path == tmp_path / "b" / "demo" / "v2"
    data = {path: digest for path, digest in content(second.path).items() if path.startswith("data/")}
    assert {path: digest for path, digest in content(again.path).items() if path.startswith("data/")} == data


def test_files_are_read_only(tmp_path: Path) -> None:
    written = release(tmp_path)

    modes = {path.stat().st_mode & 0o777 for path in written.path.rglob("*") if path.is_file()}
    assert modes == {0o444}


class Failing:
    """Parquet that fails half-way."""

    name, about = "parquet", "fails"

    def __init__(self, fault) -> None:
        self._fault = fault

    def misfit(self, sheet):
        return None

    def objection(self, sheet, record):
        return None

    def writer(self, folder: Path, sheet, split: str):
        found = PARQUET.writer(folder, sheet, split)
        write, fault = found.write, self._fault

        class Half:
            n_skipped = 0

            def write(self, record) -> None:
                write(record)
                (folder / "half").write_text("half a", encoding="utf-8")
                fault()

            def close(self) -> None:
                found.close()

        return Half()


def raising(fault: BaseException):
    def fail() -> None:
        raise fault

    return Failing(fail)


@pytest.mark.parametrize(
    "fault", [KeyboardInterrupt(), ValueError("a bug"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_writer_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault) -> None:
    first = release(tmp_path)

    monkeypatch.setitem(formats.FORMATS, "parquet", raising(fault))
    with pytest.raises(StorageError if isinstance(fault, OSError) else type(fault)):
        release(tmp_path, [record()])

    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["v1"]
    assert changed_files(first.path) == []


def test_a_full_disk_is_a_storage_error_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setitem(formats.FORMATS, "parquet", raising(fault))
    with pytest.raises(StorageError) as caught:
        release(tmp_path)

    assert str(caught.value) == (
        f"Release demo could not be written to {tmp_path / 'demo'}: No space left on device.\n"
        "  Hint: free some space or allow writing there, then run the command again; no half release was left."
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.releases.test_writer import Failing, release
from toolkit.releases import formats
formats.FORMATS["parquet"] = Failing(lambda: os.kill(os.getpid(), signal.SIGKILL))
release(Path(sys.argv[1]))
"""


def test_what_a_killed_run_leaves_is_no_release_and_is_cleared_away(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [".unfinished-v1"]

    written = release(tmp_path)

    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["v1"]
    assert changed_files(written.path) == []


def test_verification_names_every_file_that_differs(tmp_path: Path) -> None:
    written = release(tmp_path)
    data = written.path / "data"
    (data / "csv/finance.claims/train.csv").chmod(0o644)
    (data / "csv/finance.claims/train.csv").write_text("other", encoding="utf-8")
    (data / "jsonl/law.clauses/test.jsonl").unlink()
    (data / "notes.txt").write_text("mine", encoding="utf-8")

    assert changed_files(written.path) == [
        "data/csv/finance.claims/train.csv: changed since the release was written",
        "data/jsonl/law.clauses/test.jsonl: missing",
        "data/notes.txt: not in the manifest",
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1, "files": []}', '{"format": 2, "files": [{}]}'])
def test_a_manifest_that_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    (problem,) = changed_files(tmp_path)
    assert problem.startswith("manifest.json: ")


def test_a_damaged_version_with_the_same_content_is_not_passed_off_as_good(tmp_path: Path) -> None:
    written = release(tmp_path)
    (written.path / "data/csv/law.clauses/test.csv").unlink()

    with pytest.raises(StorageError, match=r"not as it was written:\ndata/csv/law\.clauses/test\.csv: missing"):
        release(tmp_path)


def test_any_byte_of_the_manifest_that_is_changed_is_named(tmp_path: Path) -> None:
    path = release(tmp_path).path / "manifest.json"
    path.chmod(0o644)
    text = path.read_bytes()
    for place in random.Random(5).sample(range(len(text)), 60):
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        assert any(problem.startswith("manifest.json: ") for problem in changed_files(path.parent)), place


def test_a_version_without_a_manifest_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "demo" / "v3").mkdir(parents=True)

    assert release(tmp_path).version == 4


def test_nothing_decided_is_nothing_to_release(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing to release: 0 of 1 rows are decided"):
        release(tmp_path, [record(status="undecided")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "With Spaces", "verify"])
def test_names_that_are_no_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be named"):
        release(tmp_path, name=name)


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
