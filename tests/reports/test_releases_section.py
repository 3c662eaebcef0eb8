"""What the report says of releases is what `toolkit release list` says."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from tests.releasing import release
from tests.reports.reading import number, read_tables
from tests.workflow.fake import FakePlatform
from tests.workflow.releasable import document, labelled
from toolkit.cli import app
from toolkit.reports.sections.releases import MOST_LABELS, releases_section
from toolkit.workflow.releaselist import ControlShares, LabelShare, ListedVersion, Presence, ReleaseListing
from toolkit.workspace import init_workspace


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A workspace with two versions of a release, what `release list` says of it, and its report's tables."""
    root, fake = tmp_path_factory.mktemp("releases"), FakePlatform()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("toolkit.workspace.connect", lambda *_: fake)
        init_workspace(root / "w")
        with labelled(root / "w", fake, root / "docs.jsonl", *[document(n) for n in range(6)]) as operation:
            release(operation, "one")
            release(operation, "one", licence="mit")
            release(operation, "two")
    told = json.loads(_run("release", "list", "-w", root / "w", "--json"))["releases"]
    _run("report", "-w", root / "w", "--out", root / "r.html")
    return told, read_tables((root / "r.html").read_text(encoding="utf-8"))


def _run(*words):
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_every_version_is_there_as_the_command_lists_it(released):
    told, tables = released
    rows = tables["releases"].rows
    assert tables["releases"].command == "toolkit release list"
    assert len(rows) == len(told["versions"]) == 3
    for row, one in zip(rows, told["versions"], strict=True):
        assert (row["name"], int(row["version"])) == (one["name"], one["version"])
        assert (int(row["n_rows"]), int(row["n_left_out"])) == (one["n_rows"], one["n_left_out"])
        assert (row["presence"], row["digest"]) == ("there", one["digest"][:12])
        assert row["splits"] == ", ".join(f"{split} {n}" for split, n in one["splits"].items())


def test_splits_are_of_the_newest_version_of_each_name(released):
    told, tables = released
    found = {(row["release"], row["split"]): int(row["n"]) for row in tables["release-splits"].rows}
    newest = [one for one in told["versions"] if (one["name"], one["version"]) in (("one", 2), ("two", 1))]
    assert found == {
        (f"{one['name']} v{one['version']}", split): n for one in newest for split, n in one["splits"].items()
    }


def test_label_shares_are_those_of_the_command(released):
    told, tables = released
    said = {(one["control"], label["label"]): label for one in told["labels"] for label in one["labels"]}
    rows = tables["release-labels"].rows
    assert len(rows) == len(said) > 0
    for row in rows:
        label = said[row["control"], row["label"]]
        assert (int(row["n"]), number(row["share"])) == (label["n"], label["share"])


def listing(n_labels=3, n_controls=1, name="march", presence=Presence.THERE):
    labels = tuple(LabelShare(f"<b>{n}</b>" + "x" * 290, n_labels - n, 1 / n_labels) for n in range(n_labels))
    version = ListedVersion(name, 1, datetime(2026, 3, 1, tzinfo=UTC), "d" * 64, presence, 9, 0, {"train": 9}, (), None)
    controls = tuple(ControlShares("a/b", f"c{n}", "choice", "row", 9, labels) for n in range(n_controls))
    return ReleaseListing((version,), f"{name} v1", controls, "")


@pytest.mark.parametrize(("n_labels", "n_controls", "drawn"), [(60, 1, 60), (500, 1, 60), (20, 30, 60), (3, 2, 6)])
def test_a_picture_has_at_most_sixty_labels_and_the_table_all(n_labels, n_controls, drawn):
    figure = releases_section(listing(n_labels, n_controls)).figures[-1]
    assert len(figure.table.rows) == n_labels * n_controls
    bars = [layer for layer in figure.chart["layer"] if layer["mark"].get("type") == "bar"]
    assert len(bars[0]["data"]["values"] if "data" in bars[0] else _named(figure, bars[0])) == drawn <= MOST_LABELS
    assert ("The picture has" in figure.tells) == (drawn < n_labels * n_controls)


def _named(figure, layer):
    return figure.chart["datasets"][layer["data"]["name"]]


def test_one_label_is_no_picture():
    figure = releases_section(listing(1)).figures[-1]
    assert (figure.chart, figure.undefined) == (None, "one label occurs; the table has it")
