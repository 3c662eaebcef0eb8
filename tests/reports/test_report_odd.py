"""Charts of names that nobody expects, and what must not leave with them."""

import json

import pandas as pd
import pytest

from toolkit.agreement import measure
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.leaks import Secrets
from toolkit.reports.masking import masked
from toolkit.reports.page import Page
from toolkit.reports.sections.agreement import agreement_section

MADE_AT = pd.Timestamp("2026-03-01", tz="UTC").to_pydatetime()


def page_of(labels, controls=("topic", "tone"), by=()):
    rows = [
        {"task": f"t{task}", "annotator": f"p{n}", "control": control, "label": labels[(task + n // 3) % len(labels)]}
        | dict(by)
        for task in range(24)
        for n in range(5)
        for control in controls
    ]
    report = measure(pd.DataFrame(rows), engine=DuckDBEngine(), by=tuple(dict(by)))
    return Page("Report", "odd", MADE_AT, (), None, (agreement_section(report, {}),))


def drawn(figure):
    import vl_convert

    return vl_convert.vegalite_to_svg({**figure.chart, "width": 400})


@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__", "valueOf"])
def test_a_name_that_every_javascript_object_has_is_drawn(name):
    found = page_of([name, "else", "third"], controls=(name, "tone")).figures()
    for figure in ("agreement", "labels", "confusions"):
        assert name in drawn(found[figure])
    assert found["labels"].table.rows[0][0].isprintable()  # the table has it as it is


def test_code_names_are_masked_in_the_order_of_a_charts_names_too():
    page = page_of(["Red Heron", "red heron, signed", "else"], controls=("red_heron", "tone"))
    charts = [one.chart for one in masked(page, Secrets(code_names=("Red Heron",))).figures().values()]
    assert "████" in json.dumps(charts, ensure_ascii=False)
    for told in ("red heron", "red_heron"):
        assert told in json.dumps([one.chart for one in page.figures().values()]).lower()
        assert told not in json.dumps(charts).lower()
