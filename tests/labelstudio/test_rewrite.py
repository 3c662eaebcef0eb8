"""Results follow a migration in what it names, and in nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.configdiff import config_diff, uncovered
from toolkit.labelconfig import read_controls
from toolkit.labelstudio.convert import answers_from_results, rewrite_results
from toolkit.migrations import composed
from toolkit.models import Control, ControlKind, Migration

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "tests" / "samples").glob("*/*.json"))
K = ControlKind
CONTROLS = (
    Control("risk", K.CHOICE, "text"),
    Control("reasons", K.CHOICES, "text"),
    Control("topic", K.TAXONOMY, "text", paths=(("Art",), ("Art", "Film > TV"))),
    Control("quality", K.RATING, "text"),
    Control("better", K.PAIRWISE, "a"),
    Control("amount", K.NUMBER, "text"),
    Control("comment", K.TEXT, "text"),
    Control("spans", K.SPANS, "text"),
    Control("parts", K.SPANS, "text"),
    Control("turns", K.TURNS, "dialogue"),
    Control("events", K.SEGMENTS, "video"),
    Control("boxes", K.BOXES, "image"),
    Control("outlines", K.POLYGONS, "image"),
    Control("note", K.TEXT, "text", per_region=True),
    Control("sure", K.CHOICE, "text", per_region=True),
)


def result(name: str, value: Any, *, id: str = "r1", **more: Any) -> dict[str, Any]:
    return {"id": id, "from_name": name, "to_name": "text", "type": "any", "origin": "manual", "value": value, **more}


def span(*labels: str, name: str = "spans", id: str = "s1") -> dict[str, Any]:
    return result(name, {"start": 0, "end": 3, "text": "Ada", "labels": [*labels]}, id=id, type="labels")


def relation(start: str, end: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": start, "to_id": end, "direction": "right", "labels": ["x"]}


def step(
    rename_controls: dict[str, str] | None = None, *retired: str, **labels: dict[str, tuple[str, ...]]
) -> Migration:
    return Migration("claims", "a", "b", rename_controls or {}, labels, retired)


def rewritten(results: list[Any], *migrations: Migration) -> list[Any]:
    """The results after migrations that ask for nothing to be done again; what was given is not touched."""
    given_before = copy.deepcopy(results)
    found = rewrite_results(results, migrations, CONTROLS)
    assert results == given_before
    assert not found.again
    assert found.changed is (found.results != results)
    return found.results


# --- labels


@pytest.mark.parametrize(
    ("name", "value", "becomes", "expected"),
    [
        ("risk", {"choices": ["high"]}, {"high": ("severe",)}, {"choices": ["severe"]}),
        ("reasons", {"choices": ["a", "b", "c"]}, {"a": ("b",), "b": ("a",)}, {"choices": ["b", "a", "c"]}),
        ("reasons", {"choices": ["a", "b", "c"]}, {"a": ("c",)}, {"choices": ["c", "b"]}),
        ("reasons", {"choices": ["a", "b"]}, {"a": ()}, {"choices": ["b"]}),
        (
            "topic",
            {"taxonomy": [["Art"], ["Science", "Physics"]]},
            {"Science > Physics": ("Science",)},
            {"taxonomy": [["Art"], ["Science"]]},
        ),
        (
            "topic",
            {"taxonomy": [["Art", "Old"]]},
            {"Art > Old": ("Art > Film > TV",)},
            {"taxonomy": [["Art", "Film > TV"]]},
        ),
        ("topic", {"taxonomy": [["Art"], ["Arts"]]}, {"Arts": ("Art",)}, {"taxonomy": [["Art"]]}),
        ("topic", {"taxonomy": [["Art", "Old"]]}, {"Art": ("Arts",)}, {"taxonomy": [["Art", "Old"]]}),
        ("quality", {"rating": 5}, {"5": ("3",)}, {"rating": 3}),
        ("quality", {"rating": 5.0}, {"5": ("3",)}, {"rating": 3}),
        ("better", {"selected": "left"}, {"left": ("right",), "right": ("left",)}, {"selected": "right"}),
        ("boxes", {"x": 1, "rectanglelabels": ["cat"]}, {"cat": ("pet",)}, {"x": 1, "rectanglelabels": ["pet"]}),
        (
            "outlines",
            {"points": [], "polygonlabels": ["cat"]},
            {"cat": ("pet",)},
            {"points": [], "polygonlabels": ["pet"]},
        ),
        ("spans", {"start": 1, "end": 2, "labels": ["a", "b"]}, {"a": ("b",)}, {"start": 1, "end": 2, "labels": ["b"]}),
        (
            "spans",
            {"hypertextlabels": ["a"], "globalOffsets": {}},
            {"a": ("b",)},
            {"hypertextlabels": ["b"], "globalOffsets": {}},
        ),
        (
            "turns",
            {"start": "0", "text": "a", "paragraphlabels": ["a"]},
            {"a": ("b",)},
            {"start": "0", "text": "a", "paragraphlabels": ["b"]},
        ),
        (
            "events",
            {"ranges": [{"start": 1, "end": 2}], "timelinelabels": ["a"]},
            {"a": ("b",)},
            {"ranges": [{"start": 1, "end": 2}], "timelinelabels": ["b"]},
        ),
        (
            "sure",
            {"start": 1, "end": 2, "labels": ["yes"], "choices": ["yes"]},
            {"yes": ("no",)},
            {"start": 1, "end": 2, "labels": ["yes"], "choices": ["no"]},
        ),
    ],
)
def test_labels_become_what_is_said_wherever_a_kind_has_them(
    name: str, value: Any, becomes: dict[str, tuple[str, ...]], expected: Any
) -> None:
    (found,) = rewritten([result(name, value)], step(**{name: becomes}))
    assert json.dumps(found) == json.dumps(result(name, expected))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("risk", {"choices": ["low"]}),
        ("reasons", {"choices": []}),
        ("quality", {"rating": 4.0}),
        ("quality", {"rating": True}),
        ("quality", {"rating": float("inf")}),
        ("amount", {"number": 7}),
        ("comment", {"text": ["high"]}),
        ("reasons", {"choices": ["low", "low", {"high": 1}, None]}),
        ("reasons", {"choices": "low"}),
        ("risk", {}),
        ("risk", None),
        ("risk", "high"),
        ("mood", {"choices": ["high"]}),
    ],
)
def test_what_no_migration_names_stays_as_it_is(name: str, value: Any) -> None:
    kept = result(name, value, meta={"text": ["high"]}, score=0.5)
    found = rewrite_results(
        [kept, "garbage", {}, {"from_name": ["risk"]}], [step(**{name: {"high": ("x",)}})], CONTROLS
    )
    assert found.results == [kept, "garbage", {}, {"from_name": ["risk"]}]
    assert (found.changed, found.again) == (False, False)


def test_without_migrations_nothing_changes() -> None:
    found = rewrite_results([span("a")], [], CONTROLS)
    assert (found.results, found.changed, found.again) == ([span("a")], False, False)


# --- controls


def test_a_control_is_renamed_in_place_with_everything_else_as_it_was() -> None:
    before = [result("risk", {"choices": ["low"]}, score=1, extra=[1]), result("risk", "odd"), {"from_name": "risk"}]
    found = rewritten(before, step({"risk": "severity"}))
    assert json.dumps(found) == json.dumps(before).replace('"risk"', '"severity"')


def test_two_controls_may_change_names_and_labels_go_with_them() -> None:
    before = [result("risk", {"choices": ["x"]}), result("reasons", {"choices": ["x"]})]
    found = rewritten(before, step({"risk": "reasons", "reasons": "risk"}, risk={"x": ("y",)}))
    assert found == [result("reasons", {"choices": ["y"]}), result("risk", {"choices": ["x"]})]


def test_answers_to_a_retired_control_are_dropped_and_another_may_take_its_name() -> None:
    before = [result("comment", {"text": ["x"]}), result("risk", {"choices": ["x"]})]
    assert rewritten(before, step({"risk": "comment"}, "comment")) == [result("comment", {"choices": ["x"]})]


# --- chains


def test_a_chain_follows_controls_and_labels_by_their_names_at_each_step() -> None:
    first = step({"risk": "severity"}, risk={"high": ("severe",)})
    second = step({"severity": "harm"}, severity={"severe": ("grave",), "high": ("wrong",)})
    third = step(None, risk={"grave": ("wrong",)})
    before = [result("risk", {"choices": ["high"]}), result("severity", {"choices": ["severe"]}, id="unknown")]
    found = rewritten(before, first, second, third)
    assert found[0] == result("harm", {"choices": ["grave"]})


def test_a_result_on_a_control_that_is_not_known_is_no_part_of_a_chain() -> None:
    stray = result("severity", {"choices": ["severe"]})
    assert rewritten([stray], step(None, severity={"severe": ()}), step({"severity": "harm"})) == [stray]


def test_a_chain_that_leads_back_changes_nothing() -> None:
    there, back = step({"risk": "harm"}, risk={"a": ("b",)}), step({"harm": "risk"}, harm={"b": ("a",)})
    assert rewritten([result("risk", {"choices": ["a"]})], there, back) == [result("risk", {"choices": ["a"]})]


# --- what is dropped, and what with it


@pytest.mark.parametrize(
    "found",
    [
        result("reasons", {"choices": ["a", "b"]}),
        result("topic", {"taxonomy": [["a"]]}),
        result("quality", {"rating": 1}),
        result("better", {"selected": "a"}),
    ],
)
def test_a_result_without_any_label_left_is_dropped(found: dict[str, Any]) -> None:
    retired: dict[str, tuple[str, ...]] = {"a": (), "b": (), "1": ()}
    assert rewritten([found], step(**{found["from_name"]: retired})) == []


def hung(id: str) -> list[dict[str, Any]]:
    place = {"start": 0, "end": 3}
    return [result("note", {**place, "text": ["x"]}, id=id), result("sure", {**place, "choices": ["yes"]}, id=id)]


def test_with_a_region_goes_what_hangs_on_it_and_what_leads_to_it() -> None:
    comment = result("comment", {"text": ["x"]}, id="c1")
    before = [
        span("a", id="s1"), *hung("s1"), span("b", id="s2"), *hung("s2"), span("b", id="s3"), comment,
        relation("s1", "s2"), relation("s3", "s1"), relation("s2", "s3"), relation("s2", "nowhere"),
    ]  # fmt: skip
    expected = [
        span("b", id="s2"), *hung("s2"), span("b", id="s3"), comment, relation("s2", "s3"), relation("s2", "nowhere"),
    ]  # fmt: skip
    assert rewritten(before, step(spans={"a": ()})) == expected
    assert rewritten(before, step(None, "spans")) == [comment]


def test_a_region_that_another_control_labels_too_stays_with_what_hangs_on_it() -> None:
    before = [span("a"), span("p", name="parts"), *hung("s1"), relation("s1", "s1")]
    assert rewritten(before, step(spans={"a": ()})) == before[1:]


def test_an_answer_about_a_region_goes_alone() -> None:
    before = [span("a"), *hung("s1"), relation("s1", "s1")]
    assert rewritten(before, step(sure={"yes": ()})) == [before[0], before[1], before[3]]
    assert rewritten(before, step(None, "note")) == [before[0], before[2], before[3]]


def test_results_without_an_id_are_nobodys() -> None:
    before = [{**span("a"), "id": None}, {**hung("s1")[0], "id": None}, relation("s1", "s2")]
    assert rewritten(before, step(spans={"a": ()})) == before[1:]


# --- what is made again


def test_a_label_that_is_split_has_to_be_given_again() -> None:
    before = [span("a"), *hung("s1"), relation("s1", "s1"), result("reasons", {"choices": ["x", "medium"]})]
    migration = step(spans={"a": ("b", "c")}, reasons={"medium": ("lower", "upper")}, risk={"high": ("x", "y")})
    found = rewrite_results(before, [migration], CONTROLS)
    assert (found.results, found.changed, found.again) == ([], True, True)


def test_only_who_used_the_label_is_asked_again() -> None:
    migration = step(risk={"medium": ("lower", "upper"), "high": ("severe",)})
    found = rewrite_results([result("risk", {"choices": ["high"]})], [migration], CONTROLS)
    assert (found.results, found.again) == ([result("risk", {"choices": ["severe"]})], False)


def test_what_a_later_step_splits_is_asked_again_and_stays_so() -> None:
    first, second = step(risk={"high": ("medium",)}), step(risk={"medium": ("lower", "upper")})
    found = rewrite_results([result("risk", {"choices": ["high"]})], [first, second, step()], CONTROLS)
    assert (found.results, found.again) == ([], True)


# --- whole annotations


def xml_of(sample: Path) -> str:
    return (ROOT / "configs" / "domains" / sample.parent.name / "labels" / f"{sample.stem}.xml").read_text("utf-8")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_with_every_name_changed_is_understood_under_the_new_names(sample: Path) -> None:
    """The sample is rewritten by a migration of all it has, and then read with a label config written that way."""
    controls = read_controls(xml_of(sample))
    results = json.loads(sample.read_text("utf-8"))["result"]
    named = [control for control in controls if control.kind not in (K.RATING, K.PAIRWISE)]
    renames = {control.name: f"{control.name}-new" for control in named}
    labels = {control.name: {label: (f"{label}!",) for label in control.labels} for control in named}
    found = rewrite_results(results, [step(renames, **labels)], controls)
    after = [_renamed(control, renames) for control in controls]
    old, _ = answers_from_results(results, controls)
    new, problems = answers_from_results(found.results, after)
    assert problems == []
    assert len(found.results) == len(results)
    assert set(new) == {renames.get(name, name) for name in old}
    back = step({new: old for old, new in renames.items()}, **_turned(labels, renames))
    assert rewrite_results(found.results, [back], after).results == results


def _renamed(control: Control, renames: dict[str, str]) -> Control:
    if control.name not in renames:
        return control
    paths = tuple((*path[:-1], f"{path[-1]}!") for path in control.paths)
    return Control(
        renames[control.name], control.kind, control.to_name, tuple(f"{label}!" for label in control.labels),
        control.required, control.per_region, control.conditional, paths,
    )  # fmt: skip


def _turned(labels: dict[str, Any], renames: dict[str, str]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {renames[name]: {new: (old,) for old, (new,) in becomes.items()} for name, becomes in labels.items()}


BEFORE = '<View><Text name="t" value="$t"/><Choices name="c" toName="t" choice="multiple">{}</Choices></View>'
LABELS = ("a", "b", "c", "d", "e")
NAMES = ("c", "d", "e")
becoming = st.dictionaries(st.sampled_from(LABELS), st.lists(st.sampled_from(LABELS), max_size=1).map(tuple))
renaming = st.permutations(NAMES).map(lambda names: dict(zip(NAMES, names, strict=True)))
steps = st.builds(
    lambda renames, labels, retired: step(
        {old: new for old, new in renames.items() if old not in retired}, *retired, **labels
    ),
    renaming,
    st.dictionaries(st.sampled_from(NAMES), becoming),
    st.lists(st.sampled_from(NAMES), max_size=1),
)


def config(labels: set[str]) -> str:
    return BEFORE.format("".join(f'<Choice value="{label}"/>' for label in sorted(labels)))


@given(
    st.sets(st.sampled_from(LABELS), min_size=1),
    st.sets(st.sampled_from(LABELS), min_size=1),
    st.dictionaries(st.sampled_from(LABELS), st.lists(st.sampled_from(LABELS), max_size=2, unique=True).map(tuple)),
    st.data(),
)
def test_a_migration_that_leaves_nothing_unsaid_leaves_nothing_unusable(
    old: set[str], new: set[str], becomes: dict[str, tuple[str, ...]], data: st.DataObject
) -> None:
    migration = step(c={label: to for label, to in becomes.items() if label in old})
    chosen = data.draw(st.lists(st.sampled_from(sorted(old)), unique=True))
    found = rewrite_results([result("c", {"choices": chosen})], [migration], read_controls(config(old)))
    _, problems = answers_from_results(found.results, read_controls(config(new)))
    if not uncovered(config_diff(config(old), config(new)), migration):
        assert problems == []
    if any(len(becomes.get(label, ())) == 2 for label in chosen):
        assert found.again


@given(
    st.lists(steps, min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(LABELS), min_size=1, unique=True)),
)
def test_a_chain_joined_does_to_answers_what_its_steps_do(chain: list[Migration], chosen: dict[str, list[str]]) -> None:
    controls = [Control(name, K.CHOICES, "t", labels=LABELS) for name in NAMES]
    results = [result(name, {"choices": labels}, id=name) for name, labels in chosen.items()]
    assert rewrite_results(results, [composed(chain, controls)], controls) == rewrite_results(results, chain, controls)
