"""Releases name annotators by pseudonyms of their own."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.releasing import release, rows_in
from toolkit.releases import verify_release
from toolkit.workflow import resolve, rotate_pseudonyms, show_member
from toolkit.workflow.collection import collect
from toolkit.workflow.pseudonyms import ReleasePseudonyms


def released_rows(path):
    return rows_in(path)


def decided(operation, server):
    for state in operation.state.work.placements():
        for name in ("ada", "bea"):
            if not any(a.external_id == state.placement.id and name == "ada" for a in server.answers):
                server.answer(operation, state.placement.id, name)
    collect(operation)
    resolve(operation)


def test_a_release_names_who_answered_by_a_pseudonym_that_only_the_owner_can_trace(folder, working, server):
    with working() as operation:
        decided(operation, server)
        report = release(operation, "first")
        assert verify_release(report.release.path).passed
        keys = ReleasePseudonyms(folder)
        called = sorted([keys.of("ada"), keys.of("bea")])
        rows = released_rows(report.release.path)
        assert [row["annotators"] for row in rows] == [called] * 2
        assert all(row["n_annotators"] == len(row["annotators"]) for row in rows)
        for path in filter(Path.is_file, report.release.path.rglob("*")):
            assert not re.search(rb"\b(ada|bea)\b|lab\.example", path.read_bytes())
        assert (folder / ".toolkit" / "pseudonym-key").stat().st_mode & 0o777 == 0o600
        assert release(operation, "first").release.created is False


def test_rotating_gives_other_pseudonyms_and_the_owner_still_knows_the_old_ones(folder, working, server):
    with working() as operation:
        decided(operation, server)
        before = release(operation, "first").release
        rotate_pseudonyms(operation)
        after = release(operation, "first").release
        assert after.version == 2
        old, new = (set(released_rows(one.path)[0]["annotators"]) for one in (before, after))
        assert not old & new
        personal = show_member(operation, "ada", private=True).personal
        assert personal.release_pseudonym in new
        ((former, until),) = personal.former_release_pseudonyms
        assert former in old
        assert datetime.fromisoformat(until) <= datetime.now(UTC)
        keys = folder / ".toolkit" / "pseudonym-keys.json"
        assert keys.stat().st_mode & 0o777 == 0o600
        secrets = [json.loads(keys.read_text("utf-8"))[0]["key"], (keys.parent / "pseudonym-key").read_text("utf-8")]
        events = [entry for entry in operation.state.ledger.entries() if entry.kind == "event"]
        assert [entry.payload["event"] for entry in events] == ["pseudonyms rotated"]
        assert not any(secret in str(entry) for entry in events for secret in secrets)


def test_a_rotation_that_was_killed_keeps_every_old_key_once(folder, opened):
    keys = ReleasePseudonyms(folder)
    first = keys.of("ada")
    old = (folder / ".toolkit" / "pseudonym-key").read_text("utf-8")
    keys.rotate()
    (folder / ".toolkit" / "pseudonym-key").write_text(old, encoding="utf-8")  # as if killed before the last step
    keys.rotate()
    keys.rotate()
    assert [name for name, _ in keys.former("ada")].count(first) == 1
    assert len({name for name, _ in keys.former("ada")} | {keys.of("ada")}) == 3
