"""What a release is made of can be chosen by columns and labels."""

from __future__ import annotations

import pytest

from tests.releases.release_examples import SPAN, record
from toolkit.errors import InputError
from toolkit.releases.selection import parse_selection


@pytest.mark.parametrize(
    ("texts", "taken"),
    [
        ([], True),
        (["domain=finance"], True),
        (["domain=law,finance"], True),
        (["domain=law"], False),
        (["config=claims"], True),
        (["config=finance/claims"], True),
        (["config=finance/*"], True),
        (["config=law/*"], False),
        (["language=fr"], False),
        (["language=en", "provenance=specialist"], True),
        (["language=en", "provenance=machine"], False),
        (["source=*.md"], True),
        (["risk=high"], True),
        (["risk=low"], False),
        (["quality=4"], True),
        (["entities=person"], True),
        (["entities=place"], False),
    ],
)
def test_a_row_is_taken_when_it_meets_every_condition(texts, taken):
    row = record(labels={"risk": "high", "quality": 4, "entities": [SPAN]})

    assert parse_selection(texts).takes(row) is taken


def test_a_path_is_chosen_by_its_parts_and_as_cards_write_it():
    row = record(labels={"topic": [["Business", "Layoffs"]]})

    assert parse_selection(["topic=Business / Layoffs"]).takes(row)
    assert parse_selection(["topic=Layoffs"]).takes(row)
    assert not parse_selection(["topic=Business / Funding"]).takes(row)


def test_a_row_without_a_language_or_a_label_meets_no_condition_on_it():
    row = record(language=None, labels={"risk": None})

    assert not parse_selection(["language=en"]).takes(row)
    assert not parse_selection(["risk=high"]).takes(row)


@pytest.mark.parametrize("text", ["", "domain", "=law", "domain=", "domain= , "])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(InputError, match="not a condition"):
        parse_selection([text])


def test_a_condition_on_what_no_row_has_is_refused_with_what_there_is():
    with pytest.raises(InputError, match=r"rows have no 'colour'\.\n  Hint: there are: .*risk"):
        parse_selection(["colour=red"]).check(["risk"])


def test_conditions_read_the_same_in_any_order():
    assert str(parse_selection(["b=1", "a=2"])) == str(parse_selection(["a=2", "b=1"])) == "a=2 b=1"
