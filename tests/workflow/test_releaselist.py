"""`release list` says what was released, what its card says of labels, and whether its folder is still there."""

import re
import shutil
import stat

import pytest

from tests.releasing import release
from tests.workflow.releasable import document, labelled
from toolkit.errors import InputError
from toolkit.releases.manifest import DIGEST
from toolkit.wording import percent
from toolkit.workflow.releaselist import Presence, list_releases
from toolkit.workspace import init_workspace, open_workspace


@pytest.fixture
def platform(fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    return fake


@pytest.fixture
def operation(folder, platform, tmp_path):
    documents = [document(n) for n in range(6)]
    with labelled(folder, platform, tmp_path / "docs.jsonl", *documents) as opened:
        yield opened


def test_an_empty_workspace_says_so(tmp_path):
    init_workspace(tmp_path / "w")
    with open_workspace(tmp_path / "w") as operation:
        found = list_releases(operation)
    assert (found.versions, found.labels, found.reason) == ((), (), "nothing was released yet")


def test_it_tells_what_the_manifest_and_the_card_tell(operation):
    made = release(operation, "one").release
    found = list_releases(operation)
    (one,) = found.versions
    manifest = made.manifest
    assert (one.name, one.version, one.digest, one.presence) == ("one", 1, manifest[DIGEST], Presence.THERE)
    assert one.n_rows == manifest["counts"]["rows"] == 6
    assert dict(one.splits) == {name: split["rows"] for name, split in manifest["splits"].items()}
    assert list(one.formats) == manifest["formats"]
    assert (one.n_left_out, one.simulated) == (0, True)
    assert found.labels_of == "one v1"
    card = (made.path / "README.md").read_text(encoding="utf-8")
    risk = next(one for one in found.labels if one.control == "risk")
    assert [one.label for one in risk.labels] == ["low", "high"]
    assert (risk.config, risk.control, risk.n_answered) == ("bonds/risk", "risk", 6)
    for label in risk.labels:
        (told,) = re.findall(rf"^\| `{label.label}` \| ([\d,]+) \| ([^|]+) \|", card, re.MULTILINE)
        assert (int(told[0]), told[1].strip()) == (label.n, percent(label.share))


def test_the_latest_is_first_and_what_is_gone_or_changed_is_told(operation):
    paths = [release(operation, name, licence=licence).release.path for name, licence in (("a", None), ("a", "mit"))]
    paths.append(release(operation, "b").release.path)
    changed = paths[1] / "README.md"
    changed.chmod(stat.S_IRUSR | stat.S_IWUSR)
    changed.write_text(changed.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    shutil.rmtree(paths[2])
    found = list_releases(operation)
    told = [(one.name, one.version, one.presence.value, one.n_rows) for one in found.versions]
    assert told == [("b", 1, "not there", 6), ("a", 2, "changed", 6), ("a", 1, "there", 6)]
    assert sum(found.versions[0].splits.values()) == 6
    assert (found.labels, found.reason) == ((), "b v1 is not there, so its labels cannot be counted")


def test_a_manifest_that_is_another_one_is_not_believed(operation):
    path = release(operation, "one").release.path / "manifest.json"
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_text("{}", encoding="utf-8")
    (one,) = list_releases(operation).versions
    assert (one.presence, one.n_rows, one.n_left_out, one.formats) == (Presence.CHANGED, 6, None, ())


def test_no_release_is_called_as_the_command(operation):
    with pytest.raises(InputError, match="cannot be named 'list'"):
        release(operation, "list")
