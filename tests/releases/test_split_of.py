"""The split of a document by its id alone."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ConfigError
from toolkit.releases.splits import split_of

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def test_splits_get_their_shares() -> None:
    n = 20_000
    counts = Counter(split_of(f"document-{i}", SHARES, seed=1) for i in range(n))

    for split, share in SHARES.items():
        assert counts[split] / n == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / n))


def test_the_split_of_a_known_document_never_changes() -> None:
    # Released datasets depend on it. The MD5 of "20250912:65da1d0fb1ba4c0e" starts with d1c576dc, .819 of the range;
    # test ends at .1, train at .9.
    assert split_of("65da1d0fb1ba4c0e", SHARES, seed=20250912) == "train"
    assert split_of("65da1d0fb1ba4c0e", {"test": 0.1, "train": 0.7, "validation": 0.2}, seed=20250912) == "validation"


@given(st.text(), st.integers())
def test_the_order_of_the_shares_does_not_matter(group: str, seed: int) -> None:
    assert split_of(group, SHARES, seed) == split_of(group, dict(reversed(SHARES.items())), seed)


@given(st.text(), st.floats(0, 1))
def test_a_larger_first_share_only_takes_from_the_second(group: str, share: float) -> None:
    small, large = ({"a": s, "b": 1 - s} for s in (share / 2, share))

    if split_of(group, small, 1) == "a":
        assert split_of(group, large, 1) == "a"


def test_another_seed_deals_anew() -> None:
    documents = [f"document-{i}" for i in range(200)]

    assert [split_of(d, SHARES, 1) for d in documents] != [split_of(d, SHARES, 2) for d in documents]


@given(st.text())
def test_a_split_without_a_share_gets_nothing(group: str) -> None:
    assert split_of(group, {"a": 0.0, "m": 1.0, "z": 0.0}, 1) == "m"


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.5, "test": -0.5}])
def test_shares_that_cannot_be_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="add up to 1"):
        split_of("a", shares, 1)
