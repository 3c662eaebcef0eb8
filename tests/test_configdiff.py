"""What differs between two versions of a label config, what is lost by it, and what a migration could say of it."""

import pytest
import yaml

from tests.test_migrations import load
from toolkit.configdiff import config_diff, suggestion, uncovered
from toolkit.errors import ConfigError
from toolkit.models import ControlKind, Migration

A, B, C, D = "a" * 12, "b" * 12, "c" * 12, "d" * 12
K = ControlKind


OBJECTS = '<Text name="t" value="$text"/><Text name="u" value="$answer"/><Audio name="a" value="$audio"/>'
RISK = '<Choices name="risk" toName="t"><Choice value="low"/><Choice value="high"/></Choices>'
SPANS = '<Labels name="spans" toName="t"><Label value="who"/></Labels>'


def xml(*tags, objects=OBJECTS):
    return f"<View>{objects}{''.join(tags)}</View>"


@pytest.mark.parametrize(
    ("before", "after", "lines", "loses"),
    [
        ([RISK], [RISK], [], []),
        ([RISK], [RISK.replace('"high"', '"high" hotkey="h"')], ["~ screen"], []),
        ([RISK], [RISK, '<Header value="Well?"/>'], ["~ screen"], []),
        ([RISK], [RISK.replace('"high"', '"Very high" alias="high"')], ["~ screen"], []),
        (
            [RISK],
            [RISK.replace("high", "severe")],
            ["- label risk: high", "+ label risk: severe"],
            [("risk", "high")],
        ),
        (
            [RISK],
            [RISK.replace("low", "x").replace("high", "low").replace("x", "high")],
            ["~ order of labels risk"],
            [],
        ),
        (
            [RISK],
            [SPANS],
            ["- control risk: choice (low, high)", "+ control spans: spans (who)"],
            [("risk", None)],
        ),
        ([RISK], [RISK.replace(" toName", ' choice="multiple" toName')], ["~ control risk: choice → choices"], []),
        (
            [RISK.replace(" toName", ' choice="multiple" toName')],
            [RISK],
            ["~ control risk: choices → choice"],
            [("risk", None)],
        ),
        ([RISK], [RISK.replace(" toName", ' required="true" toName')], ["~ control risk: required"], []),
        ([RISK.replace(" toName", ' required="true" toName')], [RISK], ["~ control risk: no longer required"], []),
        (
            [SPANS, RISK],
            [SPANS, f'<View visibleWhen="region-selected">{RISK}</View>'],
            ["~ control risk: shown at times only"],
            [],
        ),
        (
            [SPANS, RISK],
            [SPANS, RISK.replace(" toName", ' perRegion="true" toName')],
            ["~ control risk: asked per region"],
            [("risk", None)],
        ),
        (
            [RISK],
            [RISK.replace('"t"', '"u"')],
            ["~ control risk: on t ($text) → on u ($answer)"],
            [("risk", None)],
        ),
        (
            [SPANS],
            [SPANS.replace("Labels", "HyperTextLabels")],
            ["~ control spans: Labels → HyperTextLabels"],
            [("spans", None)],
        ),
        (
            ['<Rating name="q" toName="t" maxRating="4"/>'],
            ['<Rating name="q" toName="t" maxRating="3"/>'],
            ["- label q: 4"],
            [("q", "4")],
        ),
        (
            ['<Rating name="q" toName="t" maxRating="3"/>'],
            ['<Rating name="q" toName="t" maxRating="4"/>'],
            ["+ label q: 4"],
            [],
        ),
        (
            ['<Taxonomy name="x" toName="t"><Choice value="A"><Choice value="b"/></Choice></Taxonomy>'],
            ['<Taxonomy name="x" toName="t"><Choice value="A"/><Choice value="b"/></Taxonomy>'],
            ["- label x: A > b", "+ label x: b"],
            [("x", "A > b")],
        ),
    ],
)
def test_a_difference_is_told_by_its_meaning(before, after, lines, loses):
    diff = config_diff(xml(*before), xml(*after))
    assert (list(diff.lines()), list(diff.loses)) == (lines, loses)
    assert diff.empty is (lines == [])
    assert diff.screen is (lines == ["~ screen"])


def test_what_is_shown_may_change_under_the_same_name():
    diff = config_diff(xml(RISK, SPANS), xml(RISK, SPANS, objects=OBJECTS.replace("$text", "$body")))
    assert diff.lines() == (
        "- field text",
        "+ field body",
        "~ control risk: on t ($text) → on t ($body)",
        "~ control spans: on t ($text) → on t ($body)",
    )
    assert diff.loses == (("spans", None),)


def test_parts_of_a_difference_have_names():
    diff = config_diff(xml(RISK, SPANS), xml(RISK.replace("high", "severe"), '<Number name="n" toName="t"/>'))
    assert (diff.added_controls, diff.removed_controls, diff.kept_controls) == (("n",), ("spans",), ("risk",))
    assert (diff.added_labels, diff.removed_labels) == ((("risk", "severe"),), (("risk", "high"),))
    assert (diff.added_fields, diff.removed_fields, diff.reordered) == ((), (), ())


def test_a_config_that_cannot_be_read_has_no_difference():
    with pytest.raises(ConfigError, match="not well-formed"):
        config_diff(xml(RISK), "<View>")


# --- what is left unsaid


def test_every_loss_wants_a_word():
    diff = config_diff(
        xml(RISK, SPANS, '<Rating name="q" toName="t"/>'),
        xml(RISK.replace("high", "x"), '<Number name="q" toName="t"/>'),
    )
    assert uncovered(diff, None) == [
        "label 'high' of 'risk' is gone: the migration has to say what it becomes",
        "control 'spans' is gone: rename_controls or retire_controls has to name it",
        "control 'q' turns from rating to number: only retire_controls can drop its answers",
    ]
    said = Migration("c", A, B, labels={"risk": {"high": ()}}, retired_controls=("spans", "q"))
    assert uncovered(diff, said) == []
    assert uncovered(diff, Migration("c", A, B, {"spans": "q"}, {"risk": {"high": ("y",)}})) == [
        "control 'spans' turns from spans to number: only retire_controls can drop its answers",
        "control 'q' turns from rating to number: only retire_controls can drop its answers",
        "two controls are called 'q' after",
        "label 'y' of 'risk' is not in the label config after",
    ]


def test_a_renamed_control_is_compared_with_its_successor():
    diff = config_diff(xml(RISK), xml(RISK.replace("risk", "severity").replace("high", "severe")))
    assert uncovered(diff, Migration("c", A, B, {"risk": "severity"})) == [
        "label 'high' of 'risk' is gone: the migration has to say what it becomes"
    ]
    assert uncovered(diff, Migration("c", A, B, {"risk": "severity"}, {"risk": {"high": ("severe",)}})) == []


def test_a_change_without_loss_needs_no_migration():
    assert uncovered(config_diff(xml(RISK), xml(RISK, SPANS)), None) == []


# --- suggestions


def suggested(before, after):
    """The item that is suggested, read as it would be from the file."""
    diff = config_diff(before, after)
    text = suggestion("claims", "012345678901", B, diff)
    assert text.startswith("  # A guess")
    (item,) = yaml.safe_load(f"version: 1\nmigrations:\n{text}")["migrations"]
    return item, diff, text


@pytest.mark.parametrize(
    ("before", "after", "keys"),
    [
        ([RISK], [RISK.replace("high", "yes")], {"rename_labels": {"risk": {"high": "yes"}}}),
        ([RISK], [RISK.replace("risk", "severity")], {"rename_controls": {"risk": "severity"}}),
        (
            [RISK],
            [RISK.replace("risk", "severity").replace("high", "severe")],
            {"rename_controls": {"risk": "severity"}, "rename_labels": {"severity": {"high": "severe"}}},
        ),
        ([RISK], [RISK.replace('<Choice value="high"/>', "")], {"retire_labels": {"risk": ["high"]}}),
        (
            [RISK],
            [RISK.replace("low", "a").replace("high", "b")],
            {"retire_labels": {"risk": ["low", "high"]}},
        ),
        ([RISK, SPANS], [RISK], {"retire_controls": ["spans"]}),
        (
            [RISK],
            [RISK.replace("risk", "first"), RISK.replace("risk", "second")],
            {"retire_controls": ["risk"]},
        ),
        ([RISK], [RISK.replace('"t"', '"u"')], {"retire_controls": ["risk"]}),
        (
            ['<Rating name="q" toName="t"/>'],
            ['<Rating name="q" toName="t" maxRating="3"/>'],
            {"retire_labels": {"q": ["4", "5"]}},
        ),
    ],
)
def test_a_suggestion_says_what_may_have_been_meant_and_covers_every_loss(tmp_path, before, after, keys):
    item, diff, _ = suggested(xml(*before), xml(*after))
    assert item == {"config": "claims", "from": "012345678901", "to": B, **keys}
    (migration,), problems = load(tmp_path, item)
    assert problems == []
    assert uncovered(diff, migration) == []


def test_where_nothing_is_lost_nothing_is_suggested():
    assert suggestion("claims", A, B, config_diff(xml(RISK), xml(RISK, SPANS))) == ""
