from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from toolkit.consensus.answers import Answer
from toolkit.consensus.texts import settle_text
from toolkit.errors import InputError

words = st.text("ab c", max_size=6)


def answers(*texts: str) -> list[Answer]:
    return [Answer(f"annotator {i}", [text]) for i, text in enumerate(texts)]


def test_the_text_nearest_to_the_others_counts() -> None:
    # edits: fox–fix 1, fox–foxes 2, fix–foxes 3; distances 1/3, 2/5, 3/5
    # means: fox (1/3 + 2/5) / 2 = .367, fix (1/3 + 3/5) / 2 = .467, foxes (2/5 + 3/5) / 2 = .5
    found = settle_text(answers("fix", "foxes", "fox"))
    assert (found.value, found.status.value, found.method) == (["fox"], "decided", "medoid")
    assert found.support == pytest.approx(1 - (1 / 3 + 2 / 5) / 2)


def test_two_different_texts_are_always_a_tie() -> None:
    found = settle_text(answers("fox", "fix"))
    assert (found.value, found.status.value, found.support) == (None, "tie", pytest.approx(2 / 3))
    assert found.reason == "2 of 2 different texts are equally near to the others"


def test_a_text_far_from_all_others_is_not_decided_on() -> None:
    found = settle_text(answers("fox", "fox hunts", "a", "by night"), min_support=0.6)
    assert (found.value, found.status.value) == (None, "undecided")
    assert found.reason.endswith("is below 0.6")


def test_one_text_has_nothing_to_stand_against() -> None:
    found = settle_text(answers("fox"))
    assert (found.value, found.support, found.status.value) == (["fox"], None, "decided")
    assert found.reason == "one answer, and none to hold it against"


def test_texts_that_differ_in_white_space_are_one_and_the_most_frequent_stands_for_it() -> None:
    found = settle_text(answers("a  fox", "a fox", "a  fox", "the fox hunts"))
    assert found.value == ["a  fox"]
    assert settle_text(answers("a  fox", "a fox")).value == ["a fox"]  # the shorter one


def test_an_answer_of_several_texts_is_given_back_as_it_was() -> None:
    given_ = [Answer("p", ["one", "two"]), Answer("q", ["one", "two"]), Answer("r", ["one"])]
    assert settle_text(given_).value == ["one", "two"]


@given(st.lists(words, min_size=2, max_size=7))
def test_no_other_text_is_nearer_to_the_answers(texts: list[str]) -> None:
    clean = [" ".join(text.split()) for text in texts]

    def far(i: int) -> float:
        return sum(Levenshtein.normalized_distance(clean[i], other) for other in clean) / (len(clean) - 1)

    distances = [far(i) for i in range(len(clean))]
    found = settle_text(answers(*texts), min_support=0)
    best = {text for text, distance in zip(clean, distances, strict=True) if distance <= min(distances) + 1e-9}
    assert found.support == pytest.approx(1 - min(distances))
    if found.value is None:
        assert len(best) > 1
    else:
        assert {" ".join(found.value[0].split())} == best


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_neither_order_nor_names_of_annotators_matter(texts: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(texts))
    renamed = [Answer(name, [text]) for name, text in zip("zyxwvu", shuffled, strict=False)]
    assert settle_text(renamed) == settle_text(answers(*texts))


@given(words, st.integers(2, 6))
def test_equal_texts_give_themselves_back(text: str, n: int) -> None:
    found = settle_text(answers(*[text] * n))
    assert (found.value, found.support) == ([text], 1)


@given(st.lists(words, min_size=2, max_size=6))
def test_one_more_who_gives_the_text_that_was_decided_on_never_lowers_the_support(texts: list[str]) -> None:
    before = settle_text(answers(*texts), min_support=0)
    after = settle_text(answers(*texts, *(before.value or [texts[0]])), min_support=0)
    if before.value is not None:
        assert after.support >= before.support - 1e-12
        assert " ".join(after.value[0].split()) == " ".join(before.value[0].split())


def test_fewer_texts_than_demanded_are_too_few() -> None:
    found = settle_text(answers("fox"), min_judgments=2)
    assert (found.status.value, found.value, found.n_judgments) == ("too_few", None, 1)


@pytest.mark.parametrize("value", ["fox", None, [1], {"text": "fox"}])
def test_what_is_no_list_of_texts_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="The answer of ada is no list of texts"):
        settle_text([Answer("ada", value)])


def test_three_texts_equally_far_from_each_other_are_a_tie() -> None:
    for texts in itertools.permutations(["ab", "cd", "ef"]):
        assert settle_text(answers(*texts)).reason == "3 of 3 different texts are equally near to the others"
