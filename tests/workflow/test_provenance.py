"""Who settled what is decided is what a release of all of it says."""

from collections import Counter

from tests.releasing import release, rows_in
from tests.workflow.disputes import at, disputed_bonds, ruling, say, settle
from tests.workflow.screens import answer
from toolkit.workflow.provenance import SETTLERS, provenance
from toolkit.workspace import init_workspace, open_workspace


def test_nothing_is_settled_in_an_empty_workspace(tmp_path):
    init_workspace(tmp_path / "w")
    with open_workspace(tmp_path / "w") as operation:
        (whole,) = provenance(operation)
    assert (whole.domain, whole.n_decided, whole.settled_by) == (None, 0, dict.fromkeys(SETTLERS, 0))


def test_votes_rulings_and_reviews_are_told_apart_as_in_a_release(folder, tmp_path, fake, monkeypatch):
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    with disputed_bonds(folder, tmp_path, share=1) as operation:
        for name in ("ada", "bea"):
            say(operation, fake, name, at(operation, "specialist"), *answer("low", ["price"]))
        settle(operation)
        before = provenance(operation)
        assert before[0].settled_by["specialist"] == 1
        say(operation, fake, "cai", at(operation, "adjudicator"), *ruling("high", "Read on.", kinds=["fraud"]))
        settle(operation)
        whole, *domains = provenance(operation)
        rows = rows_in(release(operation, "one").release.path)
    assert whole.settled_by["adjudicated"] == 1
    assert {name: n for name, n in whole.settled_by.items() if n} == Counter(row["provenance"] for row in rows)
    assert [one.domain for one in domains] == ["bonds"]
