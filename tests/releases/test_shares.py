"""Shares are read strictly: what does not add up is an error with a way out."""

from __future__ import annotations

import pytest

from toolkit.errors import ConfigError
from toolkit.releases.splitting.shares import checked_shares, parse_shares


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("train=0.8,validation=0.1,test=0.1", {"train": 0.8, "validation": 0.1, "test": 0.1}),
        (" train = .5 , test = 5e-1 ", {"train": 0.5, "test": 0.5}),
        ("a=1/3,b=1/3,c=1/3", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        ("a=0.3333333,b=0.3333333,c=0.3333333", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        ("all=1,none=0", {"all": 1.0, "none": 0.0}),
        ("dev_2-x=1", {"dev_2-x": 1.0}),
    ],
)
def test_shares_are_read(text: str, shares: dict[str, float]) -> None:
    found = parse_shares(text)

    assert list(found) == list(shares)
    assert found == pytest.approx(shares)
    assert sum(found.values()) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a split with its share"),
        ("train", "'train' is not a split with its share"),
        ("train=0.8,", "'' is not a split with its share"),
        ("=1", "'=1' is not a split with its share"),
        ("train=most", "The share of split train is not a number: 'most'"),
        ("train=1/0", "The share of split train is not a number: '1/0'"),
        ("train=nan", "The share of split train is nan"),
        ("train=1e999999999", "The share of split train is"),
        ("train=80%,test=20%", "The share of split train is not a number: '80%'"),
        ("train=1.1,test=-0.1", "The share of split test is -0.1"),
        ("train=0.5,train=0.5", "Split train occurs twice"),
        ("Train=1", "'Train' cannot name a split"),
        ("../x=1", "'../x' cannot name a split"),
        ("train=0.8,test=0.1", r"Splits do not add up: train 0.8 \+ test 0.1 = 0.9\n  Hint: "),
        ("train=0.33,validation=0.33,test=0.33", "do not add up.*= 0.99"),
        ("train=0", "Splits do not add up: train 0 = 0"),
    ],
)
def test_what_is_no_list_of_shares_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_shares(text)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as found:
        checked_shares({"Train": -1.0, "test": float("nan")})

    assert "'Train' cannot name" in str(found.value)
    assert "split Train is -1" in str(found.value)
    assert "split test is nan" in str(found.value)


def test_no_splits_and_too_many_are_refused() -> None:
    with pytest.raises(ConfigError, match="No splits were named"):
        checked_shares({})
    with pytest.raises(ConfigError, match="101 splits are more than the 100"):
        checked_shares({f"s{i}": 1 / 101 for i in range(101)})
