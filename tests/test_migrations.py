"""What becomes of answers when a label config changes: read strictly, compared by meaning, and nothing left unsaid."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.config import MigrationsFile
from toolkit.migrations import composed, load_migrations, misfits, path
from toolkit.models import Control, ControlKind, Migration

A, B, C, D = "a" * 12, "b" * 12, "c" * 12, "d" * 12
K = ControlKind


def load(tmp_path, *entries, **keys):
    """Read a file of entries; keys make one entry of their own."""
    file = tmp_path / "migrations.yaml"
    made = [{"config": "claims", "from": A, "to": B, **keys}] if keys else []
    file.write_text(yaml.safe_dump({"version": 1, "migrations": [*entries, *made]}))
    found, problems = load_migrations(file)
    return found, [problem.removeprefix(f"{file}: migrations.") for problem in problems]


# --- reading


def test_a_migration_is_read_by_the_old_names_of_its_controls(tmp_path):
    (tmp_path / "migrations.yaml").write_text("""
version: 1
migrations:
  - config: claims
    from: 3f2a0c9d1e5b
    to: 9bc144aa01ff
    rename_controls: {risk: severity}
    rename_labels: {severity: {high: severe}, tone: {a: b, b: a}}
    merge_labels: {severity: {low: [minor, trivial]}}
    retire_labels: {severity: [unclear]}
    split_labels: {severity: {medium: [medium-low, medium-high]}}
    retire_controls: [comment]
""")
    labels = {
        "risk": {
            "high": ("severe",),
            "minor": ("low",),
            "trivial": ("low",),
            "unclear": (),
            "medium": ("medium-low", "medium-high"),
        },
        "tone": {"a": ("b",), "b": ("a",)},
    }
    expected = Migration("claims", "3f2a0c9d1e5b", "9bc144aa01ff", {"risk": "severity"}, labels, ("comment",))
    assert load_migrations(tmp_path / "migrations.yaml") == ((expected,), [])


def test_labels_follow_their_control_when_two_controls_change_names(tmp_path):
    found, problems = load(tmp_path, rename_controls={"a": "b", "b": "a"}, retire_labels={"b": ["x"]})
    assert problems == []
    assert found[0].labels == {"a": {"x": ()}}


def test_a_new_control_may_take_the_name_of_a_retired_one(tmp_path):
    found, problems = load(tmp_path, rename_controls={"a": "b"}, retire_controls=["b"], rename_labels={"b": {"x": "y"}})
    assert problems == []
    assert found[0].labels == {"a": {"x": ("y",)}}


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        ({"to": A, "retire_controls": ["c"]}, ["0.to: is the same version as from"]),
        ({"retire_labels": {}}, ["0: says nothing of any control or label"]),
        ({"rename_labels": {"c": {}}}, ["0: says nothing of any control or label"]),
        (
            {"rename_labels": {"c": {"x": "y"}}, "retire_labels": {"c": ["x"]}},
            ["0.retire_labels.c: label 'x' is in rename_labels as well"],
        ),
        ({"merge_labels": {"c": {"y": ["x"], "z": ["x"]}}}, ["0.merge_labels.c: label 'x' is given twice"]),
        ({"retire_labels": {"c": ["x", "x"]}}, ["0.retire_labels.c: label 'x' is given twice"]),
        ({"split_labels": {"c": {"x": ["y", "y"]}}}, ["0.split_labels.c: label 'x' becomes 'y' twice"]),
        (
            {"rename_labels": {"c": {"x": "z", "y": "z"}}},
            ["0.rename_labels.c: two labels become 'z'; use merge_labels"],
        ),
        ({"rename_controls": {"a": "c", "b": "c"}}, ["0.rename_controls: two controls become 'c'"]),
        (
            {"rename_controls": {"a": "b"}, "retire_controls": ["a"]},
            ["0.retire_controls: 'a' is in rename_controls as well"],
        ),
        ({"retire_controls": ["a", "a"]}, ["0.retire_controls: 'a' is given twice"]),
        (
            {"rename_controls": {"a": "b"}, "retire_labels": {"a": ["x"]}},
            ["0: labels of 'a', which is called 'b' after; name it so"],
        ),
        (
            {"retire_controls": ["a"], "retire_labels": {"a": ["x"]}},
            ["0: labels of 'a', which retire_controls drops"],
        ),
    ],
)
def test_a_migration_that_contradicts_itself_is_refused(tmp_path, keys, problems):
    assert load(tmp_path, **keys) == ((), problems)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"from": "3F2A"}, "0.from: string should match pattern '^[0-9a-f]{12}$'"),
        ({"from": 123456789012}, "0.from: is 123456789012 to YAML; put it in quotes"),
        ({"retire_labels": {"c": [True]}}, "0.retire_labels.c.0: is True to YAML; put it in quotes"),
        ({"rename_labels": {"c": {3: "x"}}}, "0.rename_labels.c.3: is 3 to YAML; put it in quotes"),
        ({"retire_label": {"c": ["x"]}}, "0.retire_label: unknown key"),
        ({"split_labels": {"c": {"x": ["y"]}}}, "0.split_labels.c.x: the list should have at least 2 items, not 1"),
        ({"config": "Claims"}, "0.config: string should match pattern"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, keys, problem):
    found, problems = load(tmp_path, **keys)
    assert found == ()
    assert problems[0].startswith(problem)


def test_mistakes_of_all_migrations_are_told_at_once(tmp_path):
    one = {"config": "claims", "from": A, "to": B, "retire_controls": ["c"]}
    found, problems = load(tmp_path, one, {**one, "to": C}, {**one, "config": "tone"}, {**one, "from": B})
    assert found == ()
    assert problems == [
        "3.to: is the same version as from",
        "1.from: migrations.0 starts at this version of 'claims' as well",
    ]


def test_a_file_may_be_empty_and_must_be_readable(tmp_path):
    file = tmp_path / "migrations.yaml"
    assert load_migrations(file) == ((), [f"{file}: no such file"])
    file.write_text("")
    assert load_migrations(file) == ((), [])


def test_editors_get_the_schema():
    printed = CliRunner().invoke(app, ["config", "schema", "migrations"])
    assert json.loads(printed.stdout) == MigrationsFile.model_json_schema()
    assert "from" in json.loads(printed.stdout)["$defs"]["MigrationFile"]["properties"]


# --- chains


def chain(*versions, config="claims"):
    return [Migration(config, before, after) for before, after in versions]


@pytest.mark.parametrize(
    ("versions", "before", "after", "expected"),
    [
        ([], A, A, ""),
        ([(A, B)], A, B, "b"),
        ([(B, C), (A, B), (C, D)], A, D, "bcd"),
        ([(A, B), (B, C), (C, A)], C, B, "ab"),
        ([(A, B), (B, A)], A, C, None),
        ([(A, B), (B, C), (C, D), (A, D)], A, D, "d"),
        ([(A, B)], B, A, None),
    ],
)
def test_the_shortest_chain_is_found(versions, before, after, expected):
    found = path(chain(*versions), "claims", before, after)
    assert found == expected if expected is None else "".join(step.after[0] for step in found) == expected


def test_migrations_of_another_config_lead_nowhere():
    assert path(chain((A, B), config="tone"), "claims", A, B) is None


RISK_BEFORE = Control("risk", K.CHOICE, "t", labels=("low", "high", "severe", "medium"))
TONE_BEFORE = Control("tone", K.TEXT, "t")
ASKED = (RISK_BEFORE, TONE_BEFORE)


def joined(*steps, before=ASKED):
    """What (renames, labels, retired controls) say together; renames, labels, retired again."""
    chain = [Migration("claims", A, B, *said) for said in steps]
    one = composed(chain, before)
    assert (one.config, one.before, one.after) == ("claims", A, B)
    return one.rename_controls, one.labels, one.retired_controls


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([({"risk": "a"},), ({"a": "b"},)], ({"risk": "b"}, {}, ())),
        ([({"risk": "a"},), ({"a": "risk"},)], ({}, {}, ())),
        ([({"risk": "a"},), ({}, {}, ("a",))], ({}, {}, ("risk",))),
        ([({"risk": "a"},), ({}, {"a": {"high": ()}})], ({"risk": "a"}, {"risk": {"high": ()}}, ())),
        ([({}, {"risk": {"high": ("x",)}}), ({}, {"risk": {"x": ("y",)}})], ({}, {"risk": {"high": ("y",)}}, ())),
        (  # the label is there before and after, so that both of them move on
            [({}, {"risk": {"high": ("severe",)}}), ({}, {"risk": {"severe": ("x",)}})],
            ({}, {"risk": {"high": ("x",), "severe": ("x",)}}, ()),
        ),
        (
            [({}, {"risk": {"medium": ("x", "y")}}), ({}, {"risk": {"y": ("z",)}})],
            ({}, {"risk": {"medium": ("x", "z")}}, ()),
        ),
        ([({}, {}, ("tone",)), ({"tone": "mood"}, {"tone": {"x": ()}})], ({}, {}, ("tone",))),  # another tone
        ([({"risk": "a"},), ({"risk": "b"}, {"risk": {"low": ()}})], ({"risk": "a"}, {}, ())),  # another risk
        ([({"tone": "mood"},), ({"new": "newer"}, {"new": {"x": ()}}, ("old",))], ({"tone": "mood"}, {}, ())),
        ([({}, {"risk": {"hgih": ("x",)}}), ({"tone": "mood"},)], ({"tone": "mood"}, {"risk": {"hgih": ("x",)}}, ())),
    ],
)
def test_a_chain_is_one_migration_by_the_names_before_it(steps, expected):
    assert joined(*steps) == expected


def test_one_migration_is_itself():
    said = ({"a": "b"}, {"a": {"x": ()}}, ("c",))
    assert joined(said) == said


# --- what does not fit


def test_what_a_label_config_does_not_have_is_named_on_the_side_that_is_known():
    before = [Control("risk", K.CHOICE, "t", labels=("low", "high")), Control("why", K.TEXT, "t")]
    after = [Control("severity", K.CHOICE, "t", labels=("low", "severe")), Control("why", K.TEXT, "t")]
    labels = {"risk": {"hgih": ("svere",), "high": ("severe",)}, "mood": {"x": ()}, "why": {"x": ()}}
    migration = Migration("claims", A, B, {"risk": "severity"}, labels, ("comment",))
    old = [
        "control 'mood' is not in the label config before",
        "control 'comment' is not in the label config before",
        "label 'hgih' of 'risk' is not in the label config before",
        "label 'x' of 'why' is not in the label config before",
    ]
    new = [
        "control 'mood' is not in the label config after",
        "label 'svere' of 'severity' is not in the label config after",
    ]
    assert misfits(migration) == []
    assert misfits(migration, before=before) == old
    assert misfits(migration, after=after) == new
    assert misfits(migration, before=before, after=after) == old + new


def test_two_controls_cannot_end_under_one_name():
    before = [Control("a", K.TEXT, "t"), Control("b", K.TEXT, "t")]
    assert misfits(Migration("c", A, B, {"a": "b"}), before=before) == ["two controls are called 'b' after"]
    assert misfits(Migration("c", A, B, {"a": "b"}, retired_controls=("b",)), before=before) == []


def test_labels_that_come_from_the_task_are_not_checked():
    before = [Control("tags", K.CHOICES, "t")]
    assert misfits(Migration("c", A, B, labels={"tags": {"x": ("y",)}}), before=before, after=before) == []
