from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from sklearn.linear_model import LogisticRegression

from toolkit.consensus.comparisons import Strengths, bradley_terry
from toolkit.consensus.duels import LARGEST
from toolkit.errors import InputError

# Agresti (2002), Categorical Data Analysis, 2nd edition, table 10.10: who won against whom, American League 1987
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = [
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
]

Rows = Sequence[tuple[Any, Any, str]]
duels = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.sampled_from(["left", "right", "tie"])).filter(
        lambda row: row[0] != row[1]
    ),
    min_size=1,
    max_size=30,
)


def table(rows: Rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["left", "right", "label"])


def strengths(found: Strengths) -> dict[str, float]:
    return {one.item: one.strength for one in found.items}


def random_rows(seed: int, n_items: int, n_rows: int, labels: Sequence[str]) -> Rows:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n_items, n_rows)
    right = (left + rng.integers(1, n_items, n_rows)) % n_items
    return [(f"i{one:02}", f"i{two:02}", rng.choice(labels)) for one, two in zip(left, right, strict=True)]


def written_out(rows: Rows, names: Sequence[str], at: np.ndarray, ridge: float) -> float:
    """What is minimised, one comparison after another: `at` has the strengths, then log ν."""
    loss = ridge / 2 * float(at @ at)
    for left, right, label in rows:
        one, two = np.exp(at[names.index(left)]), np.exp(at[names.index(right)])
        tie = np.exp(at[-1]) * np.sqrt(one * two) if len(at) > len(names) else 0.0
        loss -= np.log({"left": one, "right": two, "tie": tie}[label] / (one + two + tie))
    return float(loss)


def test_the_coefficients_of_agrestis_baseball_teams() -> None:
    rows = [
        (one, other, "left")
        for one, wins in zip(TEAMS, WINS, strict=True)
        for other, n in zip(TEAMS, wins, strict=True)
        for _ in range(n)
    ]
    found = bradley_terry(table(rows), ridge=1e-8)
    above = {team: strength - strengths(found)["Baltimore"] for team, strength in strengths(found).items()}
    published = (1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0)
    assert [one.item for one in found.items] == list(TEAMS)
    assert [above[team] for team in TEAMS] == pytest.approx(published, abs=1e-3)
    assert (found.n_comparisons, found.n_components, found.tie) == (21 * 13, 1, None)


@pytest.mark.parametrize(("won", "lost"), [(3, 1), (1, 1), (2, 7)])
def test_between_two_items_the_log_odds_are_those_of_their_wins(won: int, lost: int) -> None:
    found = bradley_terry(table([("a", "b", "left")] * won + [("b", "a", "left")] * lost), ridge=1e-9)
    apart = strengths(found)["a"] - strengths(found)["b"]
    assert apart == pytest.approx(np.log(won / lost), abs=1e-6)
    # the variance of the log-odds is 1 / won + 1 / lost, and each strength is half of them
    error = np.sqrt(1 / won + 1 / lost) / 2
    assert [one.standard_error for one in found.items] == pytest.approx([error, error], rel=1e-6)


def test_between_equals_ties_are_as_frequent_as_they_were() -> None:
    # ν / (2 + ν) = 2 / 8, so ν = 2 / 3
    found = bradley_terry(
        table([("a", "b", "left")] * 3 + [("a", "b", "right")] * 3 + [("a", "b", "tie")] * 2), ridge=1e-9
    )
    assert found.tie == pytest.approx(2 / 3)
    assert [one.rank for one in found.items] == [1, 1]


@pytest.mark.parametrize("ridge", [0.1, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_without_ties_it_is_scikit_learns_logistic_regression(seed: int, ridge: float) -> None:
    rows = random_rows(seed, 12, 80, ["left", "right"])
    names = sorted({name for row in rows for name in row[:2]})
    design = np.array([[(name == left) - (name == right) for name in names] for left, right, _ in rows], dtype=float)
    won = [label == "left" for _, _, label in rows]
    theirs = LogisticRegression(C=1 / ridge, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(design, won)
    found = strengths(bradley_terry(table(rows), ridge=ridge))
    assert [found[name] for name in names] == pytest.approx(theirs.coef_[0].tolist(), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_with_ties_nothing_near_is_likelier(seed: int) -> None:
    rows = random_rows(seed, 6, 40, ["left", "right", "tie"])
    names = sorted({name for row in rows for name in row[:2]})
    theirs = minimize(lambda at: written_out(rows, names, at, 0.1), np.zeros(len(names) + 1), tol=1e-10)
    found = bradley_terry(table(rows))
    assert [strengths(found)[name] for name in names] == pytest.approx(theirs.x[:-1].tolist(), abs=1e-5)
    assert found.tie == pytest.approx(float(np.exp(theirs.x[-1])), abs=1e-5)


@pytest.mark.parametrize("labels", [["left", "right"], ["left", "right", "tie"]])
def test_standard_errors_are_those_of_the_likelihood_written_out(labels: list[str]) -> None:
    rows = [*random_rows(1, 5, 30, labels), *[("x", "y", "left"), ("y", "x", labels[-1])]]
    names = sorted({name for row in rows for name in row[:2]})
    found = bradley_terry(table(rows), ridge=0.3)
    at = np.array([strengths(found)[name] for name in names] + ([] if found.tie is None else [np.log(found.tie)]))

    def slope(point: np.ndarray) -> np.ndarray:
        return approx_fprime(point, lambda x: written_out(rows, names, x, 0.3), 1e-5)

    inverse = np.linalg.inv(np.array([(slope(at + step) - slope(at - step)) / 2e-3 for step in 1e-3 * np.eye(len(at))]))
    centred = np.eye(len(at))
    for members in ([name for name in names if name in "xy"], [name for name in names if name not in "xy"]):
        places = [names.index(name) for name in members]
        centred[np.ix_(places, places)] -= 1 / len(places)
    expected = np.sqrt(np.diagonal(centred @ inverse @ centred.T))
    errors = {one.item: one.standard_error for one in found.items}
    assert [errors[name] for name in names] == pytest.approx(expected[: len(names)].tolist(), rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(duels, st.data())
def test_neither_the_order_of_rows_nor_the_side_of_an_item_matters(rows: Rows, data: st.DataObject) -> None:
    swapped = {"left": "right", "right": "left", "tie": "tie"}
    turned = [
        (right, left, swapped[label]) if data.draw(st.booleans()) else (left, right, label)
        for left, right, label in data.draw(st.permutations(rows))
    ]
    assert bradley_terry(table(turned)) == bradley_terry(table(rows))


@settings(max_examples=40, deadline=None)
@given(duels)
def test_strengths_are_centred_and_ranked_within_each_component(rows: Rows) -> None:
    found = bradley_terry(table(rows))
    for number, group in itertools.groupby(found.items, key=lambda one: one.component):
        items = list(group)
        assert sum(one.strength for one in items) == pytest.approx(0, abs=1e-6)
        assert [one.rank for one in items] == sorted(one.rank for one in items)
        for one, other in itertools.combinations(items, 2):
            assert (one.strength > other.strength + 1e-5) <= (one.rank < other.rank)
        assert number < found.n_components
    assert sum(one.n_comparisons for one in found.items) == 2 * found.n_comparisons == 2 * len(rows)


def test_what_was_never_compared_is_in_components_of_its_own() -> None:
    rows = [("x", "y", "left"), ("b", "c", "right"), ("a", "b", "left"), ("p", "q", "right")]
    found = bradley_terry(table(rows))
    assert [(one.item, one.component, one.rank) for one in found.items] == [
        ("a", 0, 1),
        ("c", 0, 1),
        ("b", 0, 3),
        ("q", 1, 1),
        ("p", 1, 2),
        ("x", 2, 1),
        ("y", 2, 2),
    ]
    assert found.reason == "7 items compared; 3 components, between which nothing compares"


def test_a_component_far_away_changes_no_strength() -> None:
    rows = [("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left"), ("a", "c", "left")]
    alone, beside = bradley_terry(table(rows)), bradley_terry(table([*rows, ("x", "y", "left")]))
    assert [beside.items[i].strength for i in range(3)] == pytest.approx([one.strength for one in alone.items])
    errors = [one.standard_error for one in alone.items]
    assert [beside.items[i].standard_error for i in range(3)] == pytest.approx(errors)


def test_an_item_that_always_won_has_a_strength_all_the_same() -> None:
    found = bradley_terry(table([("a", "b", "left")] * 5))
    assert 1 < found.items[0].strength < 3
    weaker = bradley_terry(table([("a", "b", "left")] * 5), ridge=1.0)
    assert weaker.items[0].strength < found.items[0].strength


def test_where_everything_is_a_tie_all_are_equal() -> None:
    found = bradley_terry(table([("a", "b", "tie"), ("b", "c", "tie")]))
    assert [(one.strength, one.rank) for one in found.items] == [(pytest.approx(0, abs=1e-9), 1)] * 3
    assert found.tie > 2


def test_large_components_have_no_standard_errors_and_say_so() -> None:
    chain = [(f"{i:05}", f"{i + 1:05}", "left") for i in range(LARGEST)]
    found = bradley_terry(table([*chain, ("x", "y", "left")]))
    assert {one.standard_error for one in found.items if one.component == 0} == {None}
    assert all(one.standard_error > 0 for one in found.items if one.component == 1)
    assert "no standard errors in components of more than 2,000 items" in found.reason
    assert [one.item for one in found.items[: LARGEST + 1]] == [f"{i:05}" for i in range(LARGEST + 1)]


def test_a_hundred_thousand_comparisons_of_ten_thousand_items_are_fitted() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=10_000)
    left = rng.integers(0, 10_000, 100_000)
    right = (left + rng.integers(1, 10_000, 100_000)) % 10_000
    wins = rng.random(100_000) < 1 / (1 + np.exp(truth[right] - truth[left]))
    frame = pd.DataFrame({"left": left, "right": right, "label": np.where(wins, "left", "right")})
    found = strengths(bradley_terry(frame))
    assert np.corrcoef(truth[[int(name) for name in found]], list(found.values()))[0, 1] > 0.8


def test_no_comparisons_come_to_nothing() -> None:
    found = bradley_terry(table([]))
    assert (found.items, found.n_components, found.tie, found.reason) == ((), 0, None, "no comparisons")


def test_rows_with_an_empty_cell_are_left_out() -> None:
    found = bradley_terry(table([("a", "b", "left"), ("a", None, "left"), ("a", "b", None)]))
    assert found.n_comparisons == 1


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (pd.DataFrame({"left": ["a"], "right": ["b"]}), {}, "has no column label; found: left, right"),
        (table([("a", "b", "both")]), {}, "Label 'both' says of no item"),
        (table([("a", "a", "left")]), {}, "Item a is compared with itself"),
        (table([("a", "b", "left")]), {"ridge": 0}, "ridge must be above 0, not 0"),
        (table([("a", "b", "left")]), {"ridge": float("nan")}, "ridge must be above 0, not nan"),
    ],
)
def test_what_cannot_be_meant_is_refused(frame: pd.DataFrame, options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bradley_terry(frame, **options)
