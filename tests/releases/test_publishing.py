"""What is taken down of a version before people can see it, and what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.releases.release_examples import SETTINGS, OpenGate, record, several, source
from toolkit.errors import InputError, StorageError
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.writer import write_release


def release(folder: Path, records: Sequence[ReleaseRecord] | None = None, name="demo", **changes):
    made_of = source(several() if records is None else records)
    return write_release(made_of, folder, name=name, settings=SETTINGS, gate=OpenGate(), **changes)


def test_what_changed_is_told_the_same_wherever_a_version_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, second = release(home, [record()]), release(home)
    known = {first.content: 1, second.content: 2}

    copy = release(tmp_path / "elsewhere", known=known, home=home)

    assert copy.path == tmp_path / "elsewhere" / "demo" / "v2"
    assert (copy.path / "CHANGES.md").exists()
    assert copy.digest == second.digest


def test_what_people_can_see_was_remembered_before(tmp_path: Path) -> None:
    seen: list[tuple[str, bool, bool]] = []

    def remember(written) -> None:
        seen.append((written.digest, written.path.is_dir(), (tmp_path / "demo" / "v1").exists()))

    first = release(tmp_path, remember=remember)
    release(tmp_path, remember=remember)

    assert seen == [(first.digest, True, False), (first.digest, True, True)]
    assert first.path == tmp_path / "demo" / "v1"


def test_what_cannot_be_remembered_is_not_there(tmp_path: Path) -> None:
    def remember(written) -> None:
        raise StorageError("The workspace's database failed.")

    with pytest.raises(StorageError):
        release(tmp_path, remember=remember)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["make", "verify", "explain", "diff", "identify"])
def test_a_release_is_not_named_like_a_command(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be named"):
        release(tmp_path, name=name)
