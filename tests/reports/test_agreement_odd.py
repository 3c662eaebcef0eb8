"""The section on agreement with few and with very many groups, people and labels, and with what should not be shown."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from tests.reports.reading import read_tables
from toolkit.agreement import measure
from toolkit.consensus.categorical import Rules
from toolkit.consensus.estimating import estimate
from toolkit.consensus.summary import summarize
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.reports import file_page, html
from toolkit.reports.numbering import numbered
from toolkit.reports.page import MAX_ROWS, Link, Undefined
from toolkit.reports.sections.agreement import agreement_section

ENGINE = DuckDBEngine()
NAMES = ["Zoë Quartz", "Ann Lee", "Bob Ray", "Cid Poe", "Dee Fox", "Eve Nash"]


def votes(n_tasks=40, people=NAMES, labels="ab", seed=0, prefix="t", **columns):
    rng = np.random.default_rng(seed)
    rows = [
        (f"{prefix}{task}", who, labels[int(rng.integers(len(labels)))]) for task in range(n_tasks) for who in people
    ]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"]).assign(**columns)


def figures(table, *, by=(), targets=None, link=None, **options):
    report = measure(table, engine=ENGINE, by=by, resamples=20, **options)
    return {one.id: one for one in agreement_section(report, targets or {}, link).figures}


def page_of(table, **options):
    """The report of a file, as HTML."""
    report = measure(table, engine=ENGINE, resamples=20, **options)
    with estimate(table, engine=ENGINE) as found:
        consensus = summarize(found, lambda _: Rules())
    return html(file_page("votes.csv", report, consensus, made_at=datetime(2026, 1, 5, tzinfo=UTC)))


def values(figure):
    """The rows of a chart; its layers share them."""
    return figure.chart["data"]["values"] if figure.chart else []


def test_annotators_of_a_file_are_called_by_numbers_everywhere():
    page = page_of(votes(), min_shared=5)
    found = read_tables(page)["pairs"]
    assert {name for row in found.rows for name in (row["first"], row["second"])} == {
        f"annotator {number}" for number in range(1, 7)
    }
    assert not [name for name in NAMES if name in page]


def test_numbers_follow_the_order_of_names_and_nothing_else_changes():
    report = measure(votes(), engine=ENGINE, resamples=20)
    found = numbered(report)
    called = dict(zip(report.pairs.annotators, found.pairs.annotators, strict=True))
    assert called == {name: f"annotator {number}" for number, name in enumerate(sorted(NAMES), 1)}
    assert [one.annotator for one in found.annotators] == [called[one.annotator] for one in report.annotators]
    assert [one.agreement for one in found.annotators] == [one.agreement for one in report.annotators]
    assert found.groups == report.groups
    assert [{**row, "first": called[row["first"]], "second": called[row["second"]]} for row in report.pairs] == list(
        found.pairs
    )


def test_of_one_control_the_coefficients_are_drawn_and_domains_are_not_spoken_of():
    found = figures(votes())
    assert "agreement-by-domain" not in found
    assert found["agreement"].chart is None
    assert found["agreement"].undefined.startswith("one control only")
    assert {row["coefficient"] for row in values(found["coefficients"])} >= {"krippendorff_alpha", "gwet_ac1"}


def test_one_annotator_leaves_nothing_to_draw_and_every_figure_says_why():
    found = figures(votes(people=["Ann Lee"]))
    assert all(one.chart is None and one.undefined for one in found.values())
    assert found["agreement"].table.rows[0][2] == Undefined("single_annotator")
    assert "1 answered by one annotator" in found["agreement"].tells
    assert found["confusions"].undefined == ("no task of a control that is answered by one label has two judgments")


def test_of_three_hundred_groups_the_lowest_are_drawn_and_the_cut_is_said():
    table = pd.concat([votes(6, NAMES[:3], seed=i, prefix=f"{i}-", domain=f"domain {i:03}") for i in range(300)])
    found = figures(table, by=("domain",), targets={f"domain {i:03}": 0.5 for i in range(300)})
    assert len(values(found["agreement"])) == 40
    assert "The picture has the 40 lowest of" in found["agreement"].tells
    assert len({row["column"] for row in values(found["agreement-by-domain"])}) == 12
    assert "288 of 300 places are not in the picture" in found["agreement-by-domain"].tells
    assert all(len(values(one)) <= 300 for one in found.values())


def test_configs_and_tiers_that_ask_by_one_name_stand_apart():
    parts = [
        votes(10, NAMES[:3], seed=i, prefix=f"{i}-", domain="law", config=config, tier=tier)
        for i, (config, tier) in enumerate(
            [("clauses", "generalist"), ("clauses", "specialist"), ("risks", "generalist")]
        )
    ]
    table = pd.concat([*parts, votes(10, NAMES[:3], domain="finance", config="claims", tier="generalist")])
    found = figures(table, by=("domain", "config", "tier"), targets={"law": 0.5, "finance": 0.5})
    columns = {row["column"] for row in values(found["agreement-by-domain"])}
    assert columns == {"finance", "law/clauses/generalist", "law/clauses/specialist", "law/risks/generalist"}


def test_what_is_undefined_in_a_drawn_domain_is_drawn_as_such():
    same = votes(10, labels="a", control="same", domain="law")
    found = figures(pd.concat([votes(10, control="differs", domain="law"), same]), by=("domain",), targets={"law": 0.5})
    cells = {row["control"]: row["alpha"] for row in values(found["agreement-by-domain"])}
    assert cells["same"] is None
    assert cells["differs"] is not None
    assert "1 with one label only" in found["agreement-by-domain"].tells


def test_pairs_are_a_matrix_of_few_people_and_a_distribution_of_many():
    few = figures(votes(), min_shared=5)["pairs"]
    assert len(values(few)) == len(few.table.rows) == 15
    many = figures(votes(people=[f"p{i}" for i in range(40)]), min_shared=5)["pairs"]
    assert sum(row["n"] for row in values(many)) == 40 * 39 / 2
    assert len(many.table.rows) == MAX_ROWS
    assert "The table has the 200 with least kappa." in many.tells
    kappas = [row[4] for row in many.table.rows]
    assert kappas == sorted(kappas)


def test_groups_under_five_annotators_are_not_broken_down_into_pairs():
    table = pd.concat([votes(people=NAMES[:4], team="small"), votes(people=NAMES[1:], prefix="u", team="large")])
    found = figures(table, by=("team",), min_shared=5)["pairs"]
    assert {row[2] for row in found.table.rows} == {"large"}
    assert "1 group with fewer than five annotators is not shown." in found.tells
    alone = figures(votes(people=NAMES[:4]), min_shared=5)["pairs"]
    assert (alone.table.rows, alone.chart) == ((), None)
    assert alone.undefined == "1 group with fewer than five annotators is not shown"


def test_a_task_has_its_page_where_one_is_known():
    def link(task, by):
        assert by == {}
        return Link("open", f"https://ls.example/{task}") if task == "t1" else None

    found = figures(votes(), link=link)["worst-tasks"]
    links = {row[0]: row[-1] for row in found.table.rows}
    assert found.table.columns[-1].name == "open"
    assert [one for one in links.values() if one is not None] == ([links["t1"]] if "t1" in links else [])
    assert "open" not in [one.name for one in figures(votes())["worst-tasks"].table.columns]


@pytest.mark.parametrize(
    ("columns", "time", "version"),
    [
        ({}, "the judgments have no dates that can be read", "the judgments name no version"),
        (
            {"created_at": "2026-01-07", "config_version": "v1"},
            "all answers are of one week, that of 2026-01-05",
            "each control was answered under one version",
        ),
    ],
)
def test_without_periods_to_compare_it_is_said(columns, time, version):
    found = figures(votes(**columns))
    assert (found["agreement-over-time"].undefined, found["agreement-by-version"].undefined) == (time, version)


def test_weeks_are_drawn_of_the_six_largest_controls():
    parts = [
        votes(20 + i, prefix=f"{day}-", control=f"control {i}", created_at=day, config_version=version)
        for i in range(8)
        for day, version in (("2026-01-07", "v1"), ("2026-01-14", "v2"))
    ]
    found = figures(pd.concat(parts))
    weeks = found["agreement-over-time"]
    assert {row["control"] for row in values(weeks)} == {f"control {i}" for i in range(2, 8)}
    assert "The picture has the 6 with most judgments of 8." in weeks.tells
    assert len(weeks.table.rows) == len(found["agreement-by-version"].table.rows) == 16
    assert len(values(found["agreement-by-version"])) == 16


LONG = "x" * 299
ODD = [LONG + "1", LONG + "2", "شكوى من العميل", "<script>alert(1)</script>", "a\nb", ""]


def test_long_and_odd_labels_keep_a_row_of_their_own():
    found = figures(votes(60, labels=ODD))
    for name in ("labels", "confusions"):
        names = [row["name"] for row in values(found[name])]
        assert len(set(names)) == len(names) > 3
        assert max(map(len, names)) < 150
    assert all(len(one.tells) < 400 for one in found.values())
    page = page_of(votes(60, labels=ODD))
    assert "<script>alert(1)" not in page
    assert LONG + "2" in {row["label"] for row in read_tables(page)["labels"].rows}


def test_labels_are_confused_in_as_many_bars_as_can_be_read():
    labels = [f"topic {i}" for i in range(60)]
    found = figures(votes(300, labels=labels))["confusions"]
    assert len(values(found)) == 20
    assert "The picture has the 20 most frequent of" in found.tells
    two = figures(votes(labels="ab"))["confusions"]
    assert (two.chart, two.undefined) == (None, "only two labels stand against each other")
    assert len(two.table.rows) == 1


def test_a_label_nobody_gave_is_undefined_and_last():
    found = figures(votes(labels="ab"), labels={"label": ["z", "b", "a"]})["labels"]
    assert [row[0] for row in found.table.rows][-1] == "z"
    assert isinstance(found.table.rows[-1][6], Undefined)
