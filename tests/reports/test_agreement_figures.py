"""Every number of the section on agreement is one of `toolkit agreement --json`."""

import pytest

from tests.reports.reading import number


@pytest.fixture(scope="session")
def said(command):
    return command("agreement")


def place(item):
    return "/".join(value or "–" for value in item["by"].values())


def same(row, names, values):
    found = [number(row[name]) for name in names]
    assert found == pytest.approx([None if value is None else float(value) for value in values])


def test_the_cells_of_domains_are_alphas(tables, said):
    groups = {(place(one), one["control"]): one for one in said["groups"]}
    rows = tables["agreement-by-domain"].rows
    assert {(row["place"], row["control"]) for row in rows} == set(groups)
    for row in rows:
        group = groups[row["place"], row["control"]]
        alpha = group["coefficients"]["krippendorff_alpha"]
        assert row["domain"] == group["by"]["domain"]
        same(
            row,
            ("alpha", "n_tasks", "n_annotators", "n_judgments"),
            (alpha["value"], alpha["n_tasks"], group["n_annotators"], group["n_judgments"]),
        )


def test_every_coefficient_is_the_command_s(tables, said):
    groups = {(place(one), one["control"]): one for one in said["groups"]}
    rows = tables["coefficients"].rows
    assert len(rows) == 200
    for row in rows:
        group = groups[row["place"], row["control"]]
        found = group["coefficients"][row["coefficient"]]
        same(
            row,
            ("value", "low", "high", "n_tasks", "n_annotators", "n_judgments"),
            (
                *(found[name] for name in ("value", "low", "high", "n_tasks")),
                group["n_annotators"],
                group["n_judgments"],
            ),
        )
    reasons = [row for row in tables["coefficients"].shown if row["value"].startswith("undefined: ")]
    assert len(reasons) == sum(not row["value"] for row in rows) > 0


def test_every_label_is_the_command_s_and_the_worst_is_first(tables, said):
    found = {
        (place(group), group["control"], one["label"]): one for group in said["groups"] for one in group["per_label"]
    }
    rows = tables["labels"].rows
    assert len(rows) == min(len(found), 200)
    for row in rows:
        one = found[row["place"], row["control"], row["label"]]
        alpha = one["coefficients"]["krippendorff_alpha"]
        same(
            row,
            ("n_judgments", "share", "specific_agreement", "alpha", "low", "high", "n_tasks"),
            (
                *(one[name] for name in ("n_judgments", "share", "specific_agreement")),
                *(alpha[name] for name in ("value", "low", "high", "n_tasks")),
            ),
        )
    alphas = [number(row["alpha"]) for row in rows]
    defined = [value for value in alphas if value is not None]
    assert alphas[: len(defined)] == sorted(defined)


def test_labels_stand_against_each_other_as_the_command_says(tables, said):
    found = {
        (place(group), group["control"], one["first"], one["second"]): one
        for group in said["confusions"]
        for one in group["most"]
    }
    rows = tables["confusions"].rows
    assert len(rows) == min(len(found), 200) > 5
    names = ("n_pairs", "expected", "n_tasks", "share_of_first", "share_of_second")
    for row in rows:
        one = found[row["place"], row["control"], row["first"], row["second"]]
        same(row, names, [one[name] for name in names])
    assert tables["confusions"].command == "toolkit agreement --view confusions"


def test_the_worst_tasks_are_the_command_s(tables, said):
    found = {(place(one), one["control"], one["task"]): one for one in said["tasks"]}
    rows = tables["worst-tasks"].rows
    assert len(rows) == min(len(found), 200) > 5
    for row in rows:
        one = found[row["place"], row["control"], row["task"]]
        same(row, ("n_judgments", "agreement"), (one["n_judgments"], one["agreement"]))
    agreements = [number(row["agreement"]) for row in rows]
    assert agreements == sorted(agreements)


@pytest.mark.parametrize(
    ("figure", "column"), [("agreement-over-time", "week"), ("agreement-by-version", "config_version")]
)
def test_every_period_is_the_command_s(tables, said, figure, column):
    found = {
        (place(one), one["control"], period["period"]): (one, period)
        for one in said["changes"]
        if one["column"] == column
        for period in one["periods"]
    }
    rows = tables[figure].rows
    assert len(rows) == min(len(found), 200) > 5
    for row in rows:
        one, period = found[row["place"], row["control"], row["period"]]
        same(
            row,
            ("agreement", "alpha", "n_tasks", "p", "p_adjusted"),
            (period["agreement"], period["alpha"], period["n_tasks"], one["p"], one["p_adjusted"]),
        )


def test_groups_under_five_are_not_broken_down_into_pairs(tables, said):
    assert tables["pairs"].rows == []
    assert all(group["n_annotators"] < 5 for group in said["groups"])
