from __future__ import annotations

import pandas as pd
import pytest

from tests.agreement.regions.conftest import as_labels, span, table
from toolkit.agreement.regions import alpha_u, box_f1, position_alpha, span_f1
from toolkit.errors import InputError

FUNCTIONS = [span_f1, position_alpha, alpha_u]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_json_says_the_same_as_lists(function, spans):
    as_text = spans.assign(label=as_labels(spans["value"])).drop(columns="value")
    assert function(as_text) == function(spans)
    whole = spans.assign(label=as_labels(spans["value"], spans["extent"])).drop(columns=["value", "extent"])
    assert function(whole) == function(spans)


@pytest.mark.parametrize("function", [*FUNCTIONS, box_f1])
def test_a_table_without_pairs_is_undefined(function):
    assert function(table([])) is None
    assert function(table([]).head(0)) is None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_empty_cells_are_left_out(function):
    one, other = [span(0, 4, "x")], [span(0, 5, "x"), span(7, 9, "y")]
    more = table(one, other, None)
    assert function(more) == function(table(one, other))


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="no column annotator, label; found: task"):
        span_f1(pd.DataFrame({"task": [1]}))


def test_a_repeated_annotation_is_refused():
    with pytest.raises(InputError, match="Annotator a labelled task t more than once"):
        span_f1(table([], []).assign(annotator="a"))


def test_an_answer_that_is_no_list_of_regions_is_refused():
    with pytest.raises(InputError, match="no list of regions"):
        span_f1(table(["x"], []))
    with pytest.raises(InputError, match="mark no regions"):
        span_f1(table([], []), kind="choice")
    with pytest.raises(InputError, match="fewer than three points"):
        box_f1(table([{"points": [[0, 0], [1, 1]], "labels": ["x"]}], []), kind="polygons")
