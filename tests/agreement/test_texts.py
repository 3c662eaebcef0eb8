from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.agreement.longtable import value_of
from toolkit.agreement.taskmeans import counted_table
from toolkit.agreement.texts import Texts, mean_edit_distance, text_of, word_error_rate
from toolkit.agreement.weighted import alpha_of_distance


def table_of(*tasks: Sequence[str]) -> pd.DataFrame:
    rows = [(task, f"p{i}", label) for task, labels in enumerate(tasks) for i, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    """Dynamic programming, row by row (Wagner and Fischer 1974)."""
    row = list(range(len(other) + 1))
    for i, here in enumerate(one, start=1):
        last, row[0] = row[0], i
        for j, there in enumerate(other, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (here != there))
    return row[-1]


def compared(measure, n: int) -> list[list[float]]:
    first, second = (side.ravel() for side in np.indices((n, n)))
    return measure(first, second).reshape(n, n).tolist()


texts = st.lists(st.text("ab é\U0001f600", max_size=8), min_size=1, max_size=5)
sentences = st.lists(st.lists(st.sampled_from(["a", "b", "aa", "é"]), max_size=5).map(" ".join), min_size=1, max_size=5)


def test_kitten_and_sitting_are_three_edits_apart() -> None:
    """The example of Navarro's (2001) and most textbooks."""
    assert mean_edit_distance(table_of(["kitten", "sitting"])) == pytest.approx(3 / 7)


def test_intention_and_execution_are_five_edits_apart() -> None:
    """Jurafsky and Martin, Speech and Language Processing, section 2.5 (substitutions cost 1)."""
    assert mean_edit_distance(table_of(["intention", "execution"])) == pytest.approx(5 / 9)


def test_word_error_rate_is_the_mean_of_both_directions() -> None:
    """Jurafsky and Martin, section on evaluating speech recognition: 6 + 3 + 1 errors on 13 words of the reference."""
    reference = "i um the phone is i left the portable phone upstairs last night"
    heard = "i got it to the fullest i love to portable form of stores last night"
    there, back = 10 / 13, 10 / 15
    assert word_error_rate(table_of([reference, heard])) == pytest.approx((there + back) / 2)


@settings(max_examples=80, deadline=None)
@given(texts)
def test_distances_are_those_of_dynamic_programming(answers: list[str]) -> None:
    plain = [" ".join(answer.split()) for answer in answers]
    expected = [[edits(a, b) / max(len(a), len(b), 1) for b in plain] for a in plain]
    assert compared(Texts.of(answers).distance, len(answers)) == [pytest.approx(row) for row in expected]


@settings(max_examples=80, deadline=None)
@given(sentences)
def test_word_errors_are_those_of_dynamic_programming(answers: list[str]) -> None:
    def rate(a: list[str], b: list[str]) -> float:
        rates = [edits(a, b) / len(side) for side in (a, b) if side]
        return sum(rates) / len(rates) if rates else 0.0

    words = [answer.split() for answer in answers]
    assert compared(Texts.of(answers).word_errors, len(answers)) == [
        pytest.approx([rate(a, b) for b in words]) for a in words
    ]


@settings(deadline=None)
@given(texts)
def test_distance_is_symmetric_and_zero_for_a_copy(answers: list[str]) -> None:
    found = Texts.of(answers)
    matrix = np.array(compared(found.distance, len(answers)))
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 0).all()
    assert (np.diag(np.array(compared(found.similarity, len(answers)))) == 1).all()


def test_white_space_and_composition_do_not_count_but_case_does() -> None:
    found = Texts.of(["caf\u00e9  au\nlait ", "cafe\u0301 au lait", "Caf\u00e9 au lait"])
    assert found.distance(np.array([0, 0]), np.array([1, 2])).tolist() == pytest.approx([0, 1 / 12])
    assert found.word_errors(np.array([0, 0]), np.array([1, 2])).tolist() == pytest.approx([0, 1 / 3])


def test_characters_are_code_points() -> None:
    assert mean_edit_distance(table_of(["a\U0001f600", "a\U0001f601"])) == 0.5


def test_an_empty_text_is_no_reference() -> None:
    found = Texts.of(["", "two words", " "])
    assert found.word_errors(np.array([0, 1, 0]), np.array([1, 0, 2])).tolist() == [1, 1, 0]
    assert found.distance(np.array([0, 1, 0]), np.array([1, 0, 2])).tolist() == [1, 1, 0]


def test_lists_of_texts_are_joined_and_what_only_looks_like_one_is_text() -> None:
    assert text_of(json.dumps(["one", "two"])) == "one\ntwo"
    for label in ("[sic] plain", "[1, 2]", "[", "plain"):
        assert text_of(label) == label
    assert mean_edit_distance(table_of([json.dumps(["one two"]), json.dumps(["one", "two"])])) == 0


def test_means_are_over_the_pairs_of_a_task_and_then_over_tasks() -> None:
    tasks = [["a b", "a c", "d e"], ["x", "x"]]
    table = table_of(*tasks, ["alone"])
    first = np.mean([edits(a.split(), b.split()) / 2 for a, b in itertools.combinations(tasks[0], 2)])
    assert word_error_rate(table) == pytest.approx((first + 0) / 2)
    assert word_error_rate(table_of(["alone"])) is None
    assert mean_edit_distance(table_of(["alone"])) is None


def test_alpha_with_edit_distance_is_one_for_copies_and_near_zero_for_chance() -> None:
    dice = np.random.default_rng(0)
    words = ["red", "fox", "hen", "sea", "oak", "sun"]
    answers = [" ".join(dice.choice(words, 4)) for _ in range(200)]
    copies, _ = counted_table(table := table_of(*[[one, one] for one in answers]))
    distance = Texts.of(list(dict.fromkeys(table["label"]))).distance
    assert value_of(alpha_of_distance(copies, distance), copies.tasks) == 1.0
    others, labels = counted_table(table_of(*zip(answers, dice.permutation(answers).tolist(), strict=True)))
    assert abs(value_of(alpha_of_distance(others, Texts.of(labels).distance), others.tasks) or 1) < 0.1


def test_much_work_is_done_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Texts.of(["a b c", "b c", "", "c b a", "x"])
    measures = (found.distance, found.word_errors)
    whole = [compared(one, 5) for one in measures]
    monkeypatch.setattr("toolkit.agreement.texts.PAIRS_AT_ONCE", 3)
    assert [compared(one, 5) for one in measures] == whole
