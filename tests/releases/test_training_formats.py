"""What TRL reads is what was shown and preferred: prompts, answers and conversations, whatever they hold."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, disable_progress_bars, load_dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.releases.release_examples import record, sheet
from toolkit.labelconfig import read_controls
from toolkit.packs import bundled_configs, load_packs
from toolkit.releases.formats.sft_messages import SFT_MESSAGES
from toolkit.releases.formats.trl_preference import TRL_PREFERENCE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from trl.data_utils import extract_prompt, is_conversational, maybe_extract_prompt

disable_progress_bars()
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = ["\n", "\r", "\t", '"', "\\", "\x00", "\x85", "\u2028", "\u202e", "🙂", "\ufeff", "NA", "</s>", " "]
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(PIECES)).map("".join))
GENERAL = load_packs(bundled_configs() / "domains")["general"]


def bundled(name: str, **changes: Any) -> Any:
    config = next(one for one in GENERAL.configs if one.name == name)
    asked = tuple(control for control in config.controls if not control.per_region)
    return sheet(domain="general", config=name, fields=config.fields, controls=asked, xml=config.xml, **changes)


def from_xml(xml: str, *fields: str) -> Any:
    return sheet(fields=fields, controls=read_controls(xml), xml=xml)


PREFERENCE, STYLE = bundled("preference"), bundled("conversation-style")
TALKS = """<View>
  <Paragraphs name="a" value="$one" layout="dialogue" nameKey="who" textKey="said"/>
  <Paragraphs name="b" value="$two" layout="dialogue" nameKey="who" textKey="said"/>
  <Pairwise name="better" toName="a,b"/></View>"""
CONVERSATIONS = from_xml(TALKS, "one", "two")


def compared(prompt: str, left: str, right: str, label: Any = "left", task: str = "t") -> Any:
    fields = {"prompt": prompt, "answer_a": left, "answer_b": right}
    return record(task, domain="general", config="preference", fields=fields, labels={"preferred": label})


def talks(one: list[tuple[str, str]], two: list[tuple[str, str]], label: Any = "left", task: str = "t") -> Any:
    fields = {name: [{"who": who, "said": said} for who, said in turns] for name, turns in (("one", one), ("two", two))}
    return record(task, fields=fields, labels={"better": label})


def written(form: Any, folder: Path, rows: list[Any], of: Any, split: str = "train") -> Any:
    assert form.misfit(of) is None
    assert [form.objection(of, row) for row in rows] == [None] * len(rows)
    writer = form.writer(folder, of, split)
    for row in rows:
        writer.write(row)
    writer.close()
    return writer


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().decode().splitlines()]


def loaded(path: Path, cache: Path) -> list[dict[str, Any]]:
    """Read a file as people do, by the datasets library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(load_dataset("json", data_files=str(path), split="train", cache_dir=str(cache)))


# --- preferences


@SOME
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.sampled_from(["left", "right"])), min_size=1, max_size=4))
def test_trl_takes_texts_in_its_standard_form(tmp_path: Path, given_rows: list[tuple[str, str, str, str]]) -> None:
    rows = [compared(*one, task=f"t{i}") for i, one in enumerate(given_rows)]

    written(TRL_PREFERENCE, tmp_path, rows, PREFERENCE)

    found = Dataset.from_list(lines(tmp_path / "general.preference" / "train.jsonl"))
    expected = [
        {"prompt": prompt, "chosen": one, "rejected": other, "task": f"t{i}"}
        for i, (prompt, left, right, side) in enumerate(given_rows)
        for one, other in [(left, right) if side == "left" else (right, left)]
    ]
    assert list(found) == expected
    assert [maybe_extract_prompt(row) for row in found] == expected
    assert not any(is_conversational(row) for row in found)


def test_the_datasets_library_loads_what_was_written(tmp_path: Path) -> None:
    nasty = "".join(PIECES)
    written(TRL_PREFERENCE, tmp_path, [compared(nasty, nasty + "a", nasty + "b", "right")], PREFERENCE)
    written(SFT_MESSAGES, tmp_path / "sft", [compared(nasty, nasty + "a", nasty + "b", "right")], PREFERENCE)

    [row] = loaded(tmp_path / "general.preference" / "train.jsonl", tmp_path / "cache")
    [other] = loaded(tmp_path / "sft" / "general.preference" / "train.jsonl", tmp_path / "cache")

    assert row == {"prompt": nasty, "chosen": nasty + "b", "rejected": nasty + "a", "task": "t"}
    assert [turn["content"] for turn in other["messages"]] == [nasty, nasty + "b"]
    assert is_conversational(other)


@SOME
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3), TEXTS, TEXTS, st.sampled_from(["left", "right"]))
def test_trl_takes_dialogues_in_its_conversational_form(
    tmp_path: Path, shared: list[tuple[str, str]], left: str, right: str, side: str
) -> None:
    before = [turn for asked, said in shared for turn in (("Human", asked), ("Bot", said))][:-1]
    row = talks([*before, ("Bot", left)], [*before, ("Bot", right)], side)

    written(TRL_PREFERENCE, tmp_path, [row], CONVERSATIONS)

    [found] = lines(tmp_path / "finance.claims" / "train.jsonl")
    roles = {"Human": "user", "Bot": "assistant"}
    prompt = [{"role": roles[who], "content": said} for who, said in before]
    answers = [
        [{"role": "assistant", "content": said}] for said in ((left, right) if side == "left" else (right, left))
    ]
    assert (found["prompt"], [found["chosen"], found["rejected"]]) == (prompt, answers)
    assert is_conversational(found)
    if left != right:
        whole = {"chosen": prompt + answers[0], "rejected": prompt + answers[1]}
        assert extract_prompt(whole) == {key: found[key] for key in ("prompt", "chosen", "rejected")}


def test_a_dialogue_with_two_answers_is_conversational(tmp_path: Path) -> None:
    xml = """<View><Paragraphs name="d" value="$dialogue"/><Text name="a" value="$answer_a"/>
      <Text name="b" value="$answer_b"/><Pairwise name="better" toName="b, a"/></View>"""
    dialogue = [{"author": "system", "text": "Be kind."}, {"author": "user", "text": "Hi"}]
    fields = {"dialogue": dialogue, "answer_a": "Go.", "answer_b": "Hello!"}
    row = record(fields=fields, labels={"better": "left"})

    written(TRL_PREFERENCE, tmp_path, [row], from_xml(xml, "answer_a", "answer_b", "dialogue"))

    assert lines(tmp_path / "finance.claims" / "train.jsonl") == [
        {
            "prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
            "chosen": [{"role": "assistant", "content": "Hello!"}],
            "rejected": [{"role": "assistant", "content": "Go."}],
            "task": "doc-0-10",
        }
    ]


@pytest.mark.parametrize("form", [TRL_PREFERENCE, SFT_MESSAGES])
def test_rows_without_a_preference_are_left_out_and_counted(tmp_path: Path, form: Any) -> None:
    rows = [compared("p", "a", "b", label, task=f"t{i}") for i, label in enumerate(["left", "tie", None])]

    writer = written(form, tmp_path, rows, PREFERENCE)
    written(form, tmp_path, [], PREFERENCE, split="test")

    assert [row["task"] for row in lines(tmp_path / "general.preference" / "train.jsonl")] == ["t0"]
    assert (tmp_path / "general.preference" / "test.jsonl").read_bytes() == b""
    assert writer.n_skipped == 2


def test_several_comparisons_have_a_file_each(tmp_path: Path) -> None:
    xml = PREFERENCE.xml.replace("</View>", '<Pairwise name="kinder/er" toName="answer_a,answer_b"/></View>', 1)
    both = replace(PREFERENCE, controls=read_controls(xml), xml=xml)
    row = compared("p", "a", "b")
    row = replace(row, labels={**row.labels, "kinder/er": "right"})

    written(TRL_PREFERENCE, tmp_path, [row], both)

    chosen = {path.name: lines(path)[0]["chosen"] for path in (tmp_path / "general.preference").iterdir()}
    assert chosen == {"train.preferred.jsonl": "a", "train.kinder_er.jsonl": "b"}
    assert "several preferences" in str(SFT_MESSAGES.misfit(both))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (talks([("user", "a"), ("bot", "x")], [("user", "b"), ("bot", "y")]), "differ before their last turn"),
        (talks([("user", "a")], [("user", "b")]), "differ before their last turn"),
        (talks([("user", "a"), ("user", "x")], [("user", "a"), ("bot", "y")]), "do not end with the assistant"),
        (talks([("Ann", "a"), ("bot", "x")], [("Ann", "a"), ("Bo", "y")]), "turns by 'Ann', whose role cannot be told"),
        (record(fields={"one": "a", "two": []}, labels={"better": "left"}), "field one holds no dialogue"),
        (record(fields={}, labels={"better": "right"}), "field two holds no dialogue"),
    ],
)
def test_what_cannot_be_a_preference_is_told(row: Any, why: str) -> None:
    said = TRL_PREFERENCE.objection(CONVERSATIONS, row)

    assert said is not None
    assert why in said
    assert said.startswith(f"{row.row}: ")
    assert "without the format trl_preference" in said
    assert SFT_MESSAGES.objection(CONVERSATIONS, row) is not None
    undecided = replace(row, labels={"better": None})
    assert TRL_PREFERENCE.objection(CONVERSATIONS, undecided) is None


@pytest.mark.parametrize(
    ("xml", "fields", "why"),
    [
        ("<View><Text name='t' value='$text'/></View>", ("text",), "does not ask which of two answers"),
        (
            "<View><Text name='a' value='$a'/><Text name='b' value='$b'/><Pairwise name='p' toName='a,b'/></View>",
            ("a", "b"),
            "nothing that they answer",
        ),
        (
            "<View><Text name='a' value='$a'/><Text name='b' value='$b'/><Pairwise name='p' toName='a'/></View>",
            ("a", "b", "prompt"),
            "nothing tells the two fields",
        ),
        (
            "<View><Text name='a' value='$a'/><Text name='b' value='$b'/><Pairwise name='p' toName='a,b'/></View>",
            ("a", "b", "context", "hint"),
            "shows context, hint beside the answers",
        ),
        (
            "<View><Text name='a' value='$a'/><Text name='b' value='$b'/><Pairwise name='p' toName='a,b'/></View>",
            ("a", "b", "prompt", "image"),
            "shows image, which texts do not hold",
        ),
    ],
)
def test_label_configs_that_do_not_fit(xml: str, fields: tuple[str, ...], why: str) -> None:
    assert why in str(TRL_PREFERENCE.misfit(from_xml(xml, *fields)))


# --- conversations


@SOME
@given(st.lists(st.tuples(st.sampled_from(["Client", "ASSISTANT ", "system"]), TEXTS), max_size=6))
def test_a_dialogue_becomes_messages(tmp_path: Path, turns: list[tuple[str, str]]) -> None:
    dialogue = [{"author": author, "text": text} for author, text in turns]
    row = record(fields={"dialogue": dialogue}, labels={"tone": None})

    writer = written(SFT_MESSAGES, tmp_path, [row], STYLE)

    roles = {"Client": "user", "ASSISTANT ": "assistant", "system": "system"}
    found = lines(tmp_path / "general.conversation-style" / "train.jsonl")
    speaks = any(author == "ASSISTANT " for author, _ in turns)
    messages = [{"role": roles[author], "content": text} for author, text in turns]
    assert found == ([{"messages": messages, "task": "doc-0-10"}] if speaks else [])
    assert writer.n_skipped == (not speaks)
    assert not speaks or is_conversational(Dataset.from_list(found)[0])


def test_the_preferred_answer_is_the_one_to_learn(tmp_path: Path) -> None:
    written(SFT_MESSAGES, tmp_path, [compared("p", "a", "b", "right")], PREFERENCE)

    assert lines(tmp_path / "general.preference" / "train.jsonl") == [
        {"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "b"}], "task": "t"}
    ]


def test_a_question_with_its_solution_is_two_turns(tmp_path: Path) -> None:
    xml = "<View><Text name='q' value='$question'/><Text name='s' value='$solution'/></View>"
    of = from_xml(xml, "question", "solution")
    written(SFT_MESSAGES, tmp_path, [record(fields={"question": "1+1?", "solution": "2"})], of)

    [row] = lines(tmp_path / "finance.claims" / "train.jsonl")
    assert [(turn["role"], turn["content"]) for turn in row["messages"]] == [("user", "1+1?"), ("assistant", "2")]
    assert "field solution holds no text" in str(SFT_MESSAGES.objection(of, record(fields={"question": "1+1?"})))


def test_unknown_authors_are_all_named() -> None:
    dialogue = [{"author": name, "text": "…"} for name in ("Dr Weber", "user", "Patient X")]

    said = SFT_MESSAGES.objection(STYLE, record(fields={"dialogue": dialogue}))

    assert "turns by 'Dr Weber', 'Patient X', whose role cannot be told" in str(said)
    assert "user, human, client" in str(said)


def test_which_bundled_label_configs_fit() -> None:
    packs = load_packs(bundled_configs() / "domains").values()
    sheets = [
        sheet(domain=one.domain, config=one.name, fields=one.fields, controls=one.controls, xml=one.xml)
        for pack in packs
        for one in pack.configs
    ]
    assert [one.key for one in sheets if TRL_PREFERENCE.misfit(one) is None] == ["general/preference"]
    assert {one.key for one in sheets if SFT_MESSAGES.misfit(one) is None} == {
        "general/preference",
        "general/conversation-style",
        "security/red-team",
        "stem/solution-check",
    }
    assert "neither a dialogue nor a prompt" in str(SFT_MESSAGES.misfit(sheet()))
