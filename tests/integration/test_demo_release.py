"""The demo's workspace, released in every format that holds what it labels, and read back."""

import pytest
from typer.testing import CliRunner

from tests.integration.readback.projects import compare_imported, compare_tasks
from tests.integration.readback.released import Released
from tests.integration.readback.spans import compare_conll, compare_docbins
from tests.integration.readback.tables import compare_csv, compare_hugging_face, compare_parquet
from tests.integration.workspaces import on_server, run_demo
from tests.releasing import release
from toolkit.cli import app
from toolkit.errors import InputError
from toolkit.labelstudio.rest import Rest
from toolkit.models import ControlKind
from toolkit.releases.formats import FORMATS
from toolkit.releases.selection import Selection
from toolkit.workflow.releaserows import SettledRows
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.labelstudio
WHOLE = ("jsonl", "csv", "parquet", "huggingface", "labelstudio")
OF_SPANS = ("conll2003", "spacy")
UNFIT = {
    "trl_preference": "it does not ask which of two answers is better",
    "sft_messages": "it shows neither a dialogue nor a prompt with its answer",
    "coco": "it has no control that marks boxes or polygons on an image",
    "yolo": "it has no control that marks boxes or polygons on an image",
    "asr": "it marks no segments of a recording",
    "webvtt": "it marks no segments of a recording",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, label_studio):
    """The workspace that the demo makes, on the session's server; made once for all tests."""
    with on_server(label_studio, tmp_path_factory.mktemp("demo") / "workspace") as path:
        run_demo(path)
        yield path


@pytest.fixture
def demo(folder):
    """The workspace, opened."""
    with open_workspace(folder) as operation:
        yield operation


@pytest.fixture
def sheets(demo):
    """The label configs of its tasks, by domain and name."""
    return SettledRows(demo, None, selection=Selection()).sheets


def test_what_is_read_and_what_is_imported_is_what_was_released(demo, sheets, label_studio, tmp_path, monkeypatch):
    made = release(demo, "seeds", formats=WHOLE + OF_SPANS, include_undecided=True)
    released = Released.read(made.release, sheets, tmp_path / "cache")
    rows = released.rows.values()
    marking = [sheet for sheet in released.sheets if sheet.of_kind(ControlKind.SPANS)]
    others = [sheet for sheet in released.sheets if sheet not in marking]
    assert len(rows) == made.n_records > 40
    assert marking
    assert others
    assert {path.name for path in (released.path / "data").iterdir()} == {*WHOLE, *OF_SPANS}
    for sheet in others:  # what spans leave out is said
        for name in OF_SPANS:
            assert f"{name} does not hold {sheet.key}: it has no control that marks passages of a text" in (
                made.release.notes
            )

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for compare in (compare_csv, compare_parquet, compare_hugging_face, compare_tasks):
        assert compare(released) == len(rows)
    assert compare_conll(released) == compare_docbins(released) > 10
    assert compare_imported(released, Rest(label_studio.url, label_studio.token)) == len(rows)


def test_formats_that_hold_none_of_it_are_named_before_anything_is_written(demo, sheets, folder):
    assert FORMATS.keys() == {*WHOLE, *OF_SPANS, *UNFIT}
    before = files_in(folder)
    for name, why in UNFIT.items():
        with pytest.raises(InputError) as caught:
            release(demo, "unfit", formats=("jsonl", name), include_undecided=True)
        told = str(caught.value)
        assert f"No label config that is released fits the format {name!r}: " in told
        assert all(f"{key}: {why}" in told for key in sheets)
        assert "leave the format out" in told
    assert files_in(folder) == before


def test_the_command_names_them_all_alike(folder):
    before = files_in(folder)

    shown = CliRunner().invoke(app, ["release", "unfit", "-w", str(folder), "--format", ",".join(UNFIT)])

    assert shown.exit_code == 2
    assert "No label config that is released fits the format 'trl_preference': " in shown.stderr
    assert files_in(folder) == before


def files_in(folder):
    """What lies in the workspace, but for its database and the snapshots that a release may take before."""
    own = (".toolkit", "snapshots")
    found = {path.relative_to(folder) for path in folder.rglob("*")}
    return {path for path in found if path.parts[0] not in own}
