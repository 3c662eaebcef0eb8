"""What the report says of agreement is what `toolkit agreement` says."""

import pytest

from tests.reports.reading import number


def test_alpha_of_every_control_is_that_of_the_command(tables, command):
    found = tables["agreement"]
    assert found.command == "toolkit agreement"
    said = {(row["place"], row["control"]): row for row in found.rows}
    groups = command("agreement")["groups"]
    assert len(said) == len(found.rows) == len(groups) > 10
    for group in groups:
        row = said["/".join(group["by"].values()), group["control"]]
        alpha = group["coefficients"]["krippendorff_alpha"]
        assert [number(row[name]) for name in ("alpha", "low", "high")] == pytest.approx(
            [alpha["value"], alpha["low"], alpha["high"]]
        )
        assert [int(row[name]) for name in ("n_tasks", "n_annotators", "n_judgments")] == [
            alpha["n_tasks"],
            group["n_annotators"],
            group["n_judgments"],
        ]


def test_an_undefined_alpha_stands_there_with_its_reason(tables, command):
    found = tables["agreement"]
    undefined = [
        group for group in command("agreement")["groups"] if not _alpha(group)["value"] and _alpha(group)["reason"]
    ]
    assert undefined
    shown = {(row["place"], row["control"]): row["alpha"] for row in found.shown}
    for group in undefined:
        reason = _alpha(group)["reason"].replace("_", " ")
        assert shown["/".join(group["by"].values()), group["control"]] == f"undefined: {reason}"


def _alpha(group):
    return group["coefficients"]["krippendorff_alpha"]
