"""A release is checked where it was made, in another workspace, and after its rows or its name were changed."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.releasing import release
from tests.workflow.releasable import document, labelled
from toolkit.releases.manifest import MANIFEST, manifest_text
from toolkit.workflow import rotate_pseudonyms
from toolkit.workflow.releasechecks import explain_in, verify_in
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def settled(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with labelled(folder, fake, tmp_path / "bonds.jsonl", document(1), document(2)) as operation:
        yield operation


def resealed(folder, **changes):
    path = folder / MANIFEST
    path.chmod(0o644)
    path.write_text(manifest_text(json.loads(path.read_text("utf-8")) | changes), "utf-8")


@pytest.mark.parametrize("with_judgments", [True, False])
def test_a_release_of_another_workspace_is_checked_as_on_any_machine(settled, tmp_path, with_judgments) -> None:
    path = release(settled, "out", with_judgments=with_judgments).release.path
    init_workspace(tmp_path / "other")

    with open_workspace(tmp_path / "other", writing=False) as other:
        found = verify_in(other, path)

    assert found.passed, found.problems
    assert found.notes == ("this workspace did not write out v1; it is checked as on any machine",)
    assert (found.n_labels > 0) is with_judgments


def test_a_release_that_was_renamed_with_all_its_checksums_is_named(settled) -> None:
    path = release(settled, "out").release.path
    resealed(path, name="other")

    (problem,) = verify_in(settled, path).problems
    assert problem.startswith("this workspace did not write other v1, though it is made from its ledger")


def test_without_the_snapshot_it_says_what_is_missing(settled) -> None:
    path = release(settled, "out").release.path
    snapshot = max(settled.snapshots.iterdir())
    shutil.rmtree(settled.snapshots)

    found = verify_in(settled, path)

    assert found.passed
    missing = f"snapshots/{snapshot.name}, which it was made from, is not there any more"
    assert found.why_not == f"the release carries no judgments, and {missing}"


def test_after_a_rotation_the_names_of_then_are_used(settled) -> None:
    path = release(settled, "out").release.path
    row = next(iter(settled.state.releases.splits_of("out", 1)))[0]
    before = [one.annotator for one in explain_in(settled, path, row).judgments]

    rotate_pseudonyms(settled)

    assert verify_in(settled, path).passed
    assert [one.annotator for one in explain_in(settled, path, row).judgments] == before
