"""What lies around a workspace on this machine is read without being changed."""

import os

import pytest

from toolkit.workflow.surroundings import LoosePath, free_bytes, survey
from toolkit.workspace import open_workspace

GB = 1_000_000_000


def test_surroundings_are_read_from_the_disk(folder):
    private = folder / ".toolkit"
    (private / "handover").mkdir(mode=0o700)
    for path in (private / "accounts.json", private / "handover" / "ada.txt"):
        path.touch(mode=0o600)
    found = survey(folder, (), places={"cache": folder / "not" / "there"}, server_running=False)
    assert (found.loose, found.holder, found.n_handovers) == ((), None, 1)
    assert found.free["cache"] == pytest.approx(free_bytes(folder), abs=GB)
    private.chmod(0o750)
    (private / "accounts.json").chmod(0o604)
    with open_workspace(folder):
        pass
    private.chmod(0o750)
    loose = survey(folder, (), places={}, server_running=False).loose
    assert loose == (LoosePath(".toolkit", 0o750, 0o700), LoosePath(".toolkit/accounts.json", 0o604, 0o600))


def test_the_lock_says_who_holds_it_and_is_left_as_it_is(folder):
    with open_workspace(folder):
        found = survey(folder, (), places={}, server_running=False)
        assert f"process {os.getpid()}" in found.holder
    assert survey(folder, (), places={}, server_running=False).holder is None


def test_surroundings_of_no_workspace_can_be_read(tmp_path):
    (tmp_path / ".toolkit").write_text("a file in the way", encoding="utf-8")
    found = survey(tmp_path, (), places={}, server_running=False)
    assert (found.holder, found.n_handovers) == (None, 0)
