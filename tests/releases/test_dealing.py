"""Every split gets its share of every stratum, as far as whole groups permit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.releases.hashing import mixed
from toolkit.releases.splitting.dealing import Groups, deal, wanted, with_empty_filled

SHARES = np.array([0.1, 0.8, 0.1])


def places(n: int) -> np.ndarray:
    return mixed(np.arange(1, n + 1, dtype=np.uint64))


def dealt(group: np.ndarray, strata: np.ndarray, shares: np.ndarray = SHARES):
    """How far each split is from its share of each stratum, in rows; and the split of each group."""
    totals = np.bincount(strata)
    want = wanted(totals, np.zeros((len(totals), len(shares)), dtype=int), shares, np.full(len(totals), 0.5))
    groups = Groups(group, strata, places(int(group.max()) + 1))
    split = deal(groups, want, totals, shares)
    found = np.zeros((len(totals), len(shares)))
    np.add.at(found, (strata, split[group]), 1)
    return found - totals[:, None] * shares, split


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 7), st.integers(0, 4)), min_size=1, max_size=60),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_with_one_stratum_per_group_each_split_is_within_one_group_of_its_share(groups, parts) -> None:
    sizes = np.array([size for size, _ in groups])
    _, strata = np.unique([stratum for _, stratum in groups], return_inverse=True)
    group = np.repeat(np.arange(len(sizes)), sizes)

    off, _ = dealt(group, strata[group], np.array(parts) / sum(parts))

    for stratum in range(len(off)):
        assert np.abs(off[stratum]).max() < sizes[strata == stratum].max() + 1e-9


@pytest.mark.parametrize(("n_groups", "largest", "n_strata"), [(4000, 3, 12), (4000, 8, 40), (500, 20, 10)])
def test_with_several_strata_per_group_each_split_is_within_one_group_too(n_groups, largest, n_strata) -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(n_groups), rng.integers(1, largest + 1, n_groups))
    chances = 1 / np.arange(1, n_strata + 1)

    off, _ = dealt(group, rng.choice(n_strata, size=len(group), p=chances / chances.sum()))

    assert np.abs(off).max() < largest


def test_most_groups_are_where_their_place_puts_them_and_stay_there_when_more_come() -> None:
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(6000), rng.integers(1, 4, 6000))
    strata = rng.integers(0, 8, len(group))
    first = group < 4000

    _, before = dealt(group[first], strata[first])
    _, after = dealt(group, strata)

    assert (before == after[:4000]).mean() > 0.9


def test_small_strata_add_up_to_the_shares() -> None:
    strata = np.repeat(np.arange(3000), 3)
    chance = np.random.default_rng(3).random(3000)

    want = wanted(np.bincount(strata), np.zeros((3000, 3), dtype=int), SHARES, chance)

    assert (want.sum(axis=1) == 3).all()
    assert want.sum(axis=0) / 9000 == pytest.approx(SHARES, abs=0.01)


@given(st.data())
def test_what_is_wanted_fills_what_is_there_up_to_the_shares(data) -> None:
    n = data.draw(st.integers(1, 5))
    parts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)))
    parts[0] += 1
    shares = parts / parts.sum()
    present = np.array([data.draw(st.lists(st.integers(0, 50), min_size=n, max_size=n))])
    new = data.draw(st.integers(0, 60))
    totals = present.sum(axis=1) + new

    want = wanted(totals, present, shares, np.array([data.draw(st.floats(0, 0.999))]))

    assert want.sum() == new
    assert (want >= 0).all()
    assert (want[0][shares == 0] == 0).all()
    # Nobody gets beyond the share unless all that want have got theirs.
    assert (want[0] <= np.maximum(shares * totals[0] - present[0], 0) + 1).all()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=40), st.integers(0, 5))
def test_a_split_is_left_empty_only_where_no_other_can_spare_a_group(groups, seed) -> None:
    sizes = np.array([size for size, _ in groups])
    group = np.repeat(np.arange(len(sizes)), sizes)
    _, strata = np.unique(np.random.default_rng(seed).integers(0, 4, len(group)), return_inverse=True)
    totals, none = np.bincount(strata), np.zeros((int(strata.max()) + 1, 3), dtype=int)
    _, before = dealt(group, strata)
    held = Groups(group, strata, places(len(sizes)))

    after = with_empty_filled(held, before, none, totals, SHARES)

    rows = np.bincount(after, weights=sizes, minlength=3)
    n_groups = np.bincount(after, minlength=3)
    moved = np.flatnonzero(before != after)
    assert len(moved) <= (np.bincount(before, minlength=3) == 0).sum()
    assert (np.bincount(before, minlength=3)[after[moved]] == 0).all()
    assert ((n_groups[before[moved]] > 0) | (SHARES[before[moved]] < SHARES[after[moved]])).all()
    if (n_groups == 0).any() and 0.1 * len(group) >= 1:
        short = SHARES * len(group) - rows
        spare = (n_groups[after] > 1) & (short[after] + sizes <= sizes.max()) & (np.diff(held.starts) > 1)
        assert not spare.any()


def test_five_documents_of_about_ten_rows_fill_three_splits() -> None:
    group = np.repeat(np.arange(5), [13, 12, 12, 11, 10])
    strata = np.random.default_rng(5).integers(0, 8, len(group))
    totals, none = np.bincount(strata), np.zeros((8, 3), dtype=int)

    for n in range(40):
        held = Groups(group, strata, mixed(np.arange(n, n + 5, dtype=np.uint64)))
        want = wanted(totals, none, SHARES, np.full(8, 0.5))
        split = with_empty_filled(held, deal(held, want, totals, SHARES), none, totals, SHARES)
        assert (np.bincount(split, minlength=3) > 0).all()


def test_what_hangs_together_as_a_whole_goes_to_the_largest_split() -> None:
    for n in range(40):
        held = Groups(np.zeros(3, dtype=int), np.array([0, 0, 1]), mixed(np.arange(n, n + 1, dtype=np.uint64)))
        totals, none = np.array([2, 1]), np.zeros((2, 3), dtype=int)
        split = deal(held, wanted(totals, none, SHARES, np.full(2, 0.95)), totals, SHARES)
        assert with_empty_filled(held, split, none, totals, SHARES).tolist() == [1]


def test_a_split_with_rows_of_an_earlier_version_is_not_empty() -> None:
    held = Groups(np.arange(4), np.zeros(4, dtype=int), places(4))
    split, totals = np.array([1, 1, 1, 2]), np.array([9])

    assert (with_empty_filled(held, split, np.array([[5, 0, 0]]), totals, SHARES) == split).all()


def test_a_group_larger_than_a_split_goes_where_it_fits() -> None:
    group = np.concatenate([np.zeros(50, dtype=int), np.arange(1, 51)])

    for shift in range(5):
        off, split = dealt((group + shift) % 51, np.zeros(100, dtype=int))
        assert split[shift] == 1
        assert np.abs(off).max() < 1
