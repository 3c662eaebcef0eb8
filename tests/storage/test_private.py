"""Files with secrets are for their owner only, and never half written."""

import os
import stat
import threading

import pytest

from toolkit.errors import StorageError
from toolkit.storage.private import write_private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def careless_umask():
    """Whatever others could be let to read, they are."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_file_and_the_folder_made_for_it_are_for_the_owner_only(tmp_path):
    path = tmp_path / "secrets" / "token"
    write_private(path, "Schlüssel\n")
    assert path.read_bytes() == "Schlüssel\n".encode()
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_file_that_everybody_could_read_is_replaced_by_one_that_nobody_else_can(tmp_path):
    path = tmp_path / "token"
    for name in ("token", "token.partial"):  # the second is left by a process that was killed
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o644)
    with path.open() as reader:
        write_private(path, "new")
        assert reader.read() == "old"  # another file, not the same one with other content
    assert (path.read_text(), mode(path)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "token.partial").symlink_to(tmp_path / "elsewhere")
    write_private(tmp_path / "token", "secret")
    assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_reader_sees_the_old_file_or_the_new_one_and_never_part_of_it(tmp_path):
    path, contents = tmp_path / "token", {"a" * 100_000, "b" * 100_000}
    write_private(path, "a" * 100_000)
    done = threading.Event()

    def write_again():
        for number in range(50):
            write_private(path, "ab"[number % 2] * 100_000)
        done.set()

    writer = threading.Thread(target=write_again)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_text())
    writer.join()
    assert seen <= contents


def test_file_that_cannot_be_written_is_named_and_keeps_what_it_had(tmp_path):
    (tmp_path / "token").write_text("old")
    (tmp_path / "token.partial").mkdir()
    with pytest.raises(StorageError, match=r"token: cannot be written: "):
        write_private(tmp_path / "token", "new")
    assert (tmp_path / "token").read_text() == "old"
    with pytest.raises(StorageError, match=r"token/below: cannot be written: "):
        write_private(tmp_path / "token" / "below", "new")
