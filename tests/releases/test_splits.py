"""Nothing of one split is to be seen in another, nothing moves, and each split gets its share."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.releases.corpora import edited, made_up, similarities
from toolkit.errors import ConfigError, InputError
from toolkit.releases.splitting.splits import SplitPlan, SplitPlanner

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


@dataclass(frozen=True)
class Row:
    id: str
    groups: tuple[str, ...] = ()
    text: str = ""
    stratum: str = "law|claims|yes"


def planned(rows, shares=SHARES, *, seed=1, kept=(), threshold: float | None = 0.8) -> tuple[SplitPlan, dict[str, str]]:
    """The plan, and the split of each row that has one."""
    planner = SplitPlanner(shares, seed=seed, kept=kept, threshold=threshold)
    for row in rows:
        planner.add(row.id, row.groups, row.text, row.stratum)
    plan = planner.plan()
    return plan, {row.id: plan.names[code] for row, code in zip(rows, plan.splits, strict=True) if code >= 0}


def one_row_documents(n: int) -> list[Row]:
    return [Row(f"row-{i}", (f"document-{i}",)) for i in range(n)]


# --- a whole corpus


def corpus(rng: random.Random, n_documents: int, *, name: str, old: list[str]) -> list[Row]:
    """Documents of three passages, a fifth of which are near duplicates of others."""
    rows: list[Row] = []
    for i in range(n_documents * 3):
        texts = [row.text for row in rows] + old
        text = edited(rng.choice(texts), rng) if texts and rng.random() < 0.2 else made_up(rng, n_sentences=6)
        rows.append(Row(f"{name}{i}@law/claims", (f"{name}{i // 3}",), text, f"law|claims|{rng.choice('aaab')}"))
    return rows


def leaks(rows: list[Row], split: dict[str, str]) -> tuple[set[tuple[str, str]], set[str]]:
    """Pairs of similar rows, and groups, in two splits; by brute force."""
    alike = similarities([row.text for row in rows])
    splits = np.array([split.get(row.id, "") for row in rows])
    apart = (splits[:, None] != splits[None, :]) & (splits != "")[:, None] & (splits != "")[None, :]
    pairs = {(rows[a].id, rows[b].id) for a, b in np.argwhere(apart & (alike > 0.85)).tolist() if a < b}
    of_group = defaultdict(set)
    for row in rows:
        for group in row.groups:
            of_group[group] |= {split[row.id]} if row.id in split else set()
    return pairs, {group for group, found in of_group.items() if len(found) > 1}


def test_a_corpus_with_near_duplicates_does_not_leak_and_grows_without_moving_a_row() -> None:
    rng = random.Random(1)
    old = corpus(rng, 400, name="old", old=[])
    plan, before = planned(old)

    assert leaks(old, before) == (set(), set())
    assert len(before) == len(old)
    assert plan.n_similar > 200

    in_train = [row for row in old if before[row.id] == "train"]
    in_test = [row for row in old if before[row.id] == "test"]
    new = corpus(rng, 200, name="new", old=[row.text for row in old])
    ties = [
        Row(f"tie{i}", rng.choice(in_test).groups, edited(rng.choice(in_train).text, rng), "law|claims|a")
        for i in range(20)
    ]
    rows = old + new + ties
    rng.shuffle(rows)
    plan, after = planned(rows, kept=before.items())

    assert leaks(rows, after) == (set(), set())
    assert {row.id: after[row.id] for row in old} == before
    assert not {tie.id for tie in ties} & set(after)
    assert plan.left_out == {"ties two splits": len(rows) - len(after)}
    assert len(rows) - len(after) < 20 + 0.1 * len(new)
    assert "rows are left out: each hangs together" in plan.notes[0]


def test_an_earlier_version_that_leaks_is_told_about_and_left_as_it_is() -> None:
    text = "The insurer paid the claim of the tenant in full, within ten days."
    rows = [Row("a", ("d1",), text), Row("b", ("d2",), text.upper()), Row("c", ("d3",)), Row("d", ("d3",))]
    rows += one_row_documents(10)
    kept = {"a": "train", "b": "test", "c": "train", "d": "test"}

    plan, split = planned([*rows, Row("new", ("d4",), text)], kept=kept.items())

    assert {row: split[row] for row in kept} == kept
    assert "new" not in split
    assert (plan.parted.documents, plan.parted.clusters) == (1, 1)
    assert plan.notes[0].startswith("1 row is left out")
    assert "1 document is in two splits since an earlier version; the rows stay where they are." in plan.notes
    assert any(note.startswith("1 cluster of near duplicates is in two splits") for note in plan.notes)


def test_kept_rows_tied_by_a_new_row_alone_are_no_earlier_leak() -> None:
    text = "The insurer paid the claim of the tenant in full, within ten days."
    rows = [Row("a", ("d1",), text), Row("b", ("d2",)), Row("new", ("d1", "d2"), text)]

    plan, split = planned(rows, kept=[("a", "train"), ("b", "test")])

    assert "new" not in split
    assert (plan.parted.documents, plan.parted.clusters) == (0, 0)


# --- properties

ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdefghijklm"), max_size=2), st.sampled_from(["", *"vwxyz"]), st.sampled_from("123")
    ),
    min_size=1,
    max_size=40,
).map(lambda drawn: [Row(f"row-{i}", tuple(g), text, stratum) for i, (g, text, stratum) in enumerate(drawn)])


@settings(deadline=None)
@given(ROWS, st.integers(0, 5))
def test_groups_and_equal_texts_stay_together(rows, seed) -> None:
    plan, split = planned(rows, seed=seed)

    assert len(split) == len(rows) == sum(plan.counts.values())
    for one in rows:
        for other in rows:
            if set(one.groups) & set(other.groups) or (one.text and one.text == other.text):
                assert split[one.id] == split[other.id]
    assert plan.n_groups == len(set(plan.groups.tolist()))


@pytest.mark.parametrize("order", [("train", "validation", "test"), ("test", "validation", "train")])
def test_of_a_chain_between_two_splits_the_same_end_is_cut_off_in_any_order_of_the_shares(order) -> None:
    """Of either end as many rows are lost: the alphabet says which."""
    kept = [("old-1", "train"), ("old-2", "test")]
    rows = [Row("old-1", ("a",)), Row("old-2", ("b",)), Row("new-1", ("a", "c")), Row("new-2", ("b", "c"))]

    _, found = planned(rows, {name: SHARES[name] for name in order}, kept=kept)

    assert found == {"old-1": "train", "old-2": "test", "new-2": "test"}


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_kept_rows_and_shares_makes_no_difference(rows, rng) -> None:
    _, before = planned(rows[: len(rows) // 2])
    kept, shares, shuffled = list(before.items()), list(SHARES.items()), list(rows)
    one = planned(rows, kept=kept)[1]
    for each in (kept, shares, shuffled):
        rng.shuffle(each)

    assert planned(shuffled, dict(shares), kept=kept)[1] == one


@settings(deadline=None)
@given(ROWS)
def test_kept_rows_never_move_and_the_second_plan_is_the_first(rows) -> None:
    _, before = planned(rows[: len(rows) // 2])
    _, after = planned(rows, kept=before.items())

    assert {row: after[row] for row in before} == before
    assert planned([row for row in rows if row.id in after], kept=after.items())[1] == after


@settings(deadline=None)
@given(st.integers(1, 300), st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(0, 9))
def test_splits_get_their_shares_of_every_stratum(n, parts, seed) -> None:
    parts[0] += 1
    shares = {f"s{i}": part / sum(parts) for i, part in enumerate(parts)}
    rows = [Row(f"row-{i}", stratum=str(i % 3)) for i in range(n)]

    plan, _ = planned(rows, shares, seed=seed)

    for found in plan.by_stratum.values():
        for name, share in shares.items():
            assert abs(found[name] - share * sum(found.values())) < 1
            assert share or not found[name]


# --- stability


def test_the_splits_of_known_rows_never_change() -> None:
    # Released datasets depend on it.
    plan, _ = planned([Row(f"row-{i}", (f"document-{i // 2}",), stratum=str(i % 2)) for i in range(40)])

    assert "".join(plan.names[code][:2] for code in plan.splits) == KNOWN


KNOWN = "trtrtrtrtrtrtetetrtrtrtrtrtrtrtrtrtrvavatrtrtrtrtrtrtetevavatrtrtrtrtrtrtrtrtrtr"


def test_without_kept_rows_most_rows_stay_when_half_as_many_are_added() -> None:
    rows = [Row(f"row-{i}", (f"document-{i // 3}",), stratum=str(i % 7)) for i in range(9000)]

    _, before = planned(rows[:6000])
    _, after = planned(rows)

    assert np.mean([before[row] == after[row] for row in before]) > 0.9


def test_another_seed_deals_anew() -> None:
    rows = one_row_documents(200)

    assert planned(rows, seed=1)[1] != planned(rows, seed=2)[1]


def test_what_is_kept_beyond_its_share_is_made_up_for_by_new_rows() -> None:
    rows = one_row_documents(300)

    plan, _ = planned(rows, {"train": 0.5, "test": 0.5}, kept=[(row.id, "train") for row in rows[:100]])

    assert plan.counts == {"train": 150, "test": 150}
    assert plan.n_kept == 100


def test_rows_of_a_split_that_has_no_share_any_more_stay_in_it() -> None:
    rows = one_row_documents(30)

    plan, split = planned(rows, {"train": 0.5, "test": 0.5, "dev": 0}, kept=[("row-1", "old"), ("row-2", "dev")])

    assert (split["row-1"], split["row-2"]) == ("old", "dev")
    assert plan.names == ("train", "test", "dev", "old")
    assert plan.counts == {"train": 14, "test": 14, "dev": 1, "old": 1}
    assert plan.notes[:2] == tuple(f"1 row is still in {n}, which has no share any more." for n in ("dev", "old"))


def test_a_kept_row_with_two_splits_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"1 row has two splits in earlier versions, as (train and test|test and train)"
    ):
        SplitPlanner(SHARES, seed=1, kept=[("a", "train"), ("b", "test"), ("a", "test"), ("b", "test")])


# --- what is told


def test_one_split_takes_everything() -> None:
    plan, split = planned(one_row_documents(9), {"all": 1.0})

    assert Counter(split.values()) == {"all": 9}
    assert plan.notes == ()


def test_no_rows_are_no_error() -> None:
    plan, _ = planned([])

    assert plan.counts == {"train": 0, "validation": 0, "test": 0}
    assert (plan.n_groups, plan.largest_group, plan.notes) == (0, 0, ())


def test_a_split_that_ends_empty_is_told() -> None:
    plan, _ = planned(one_row_documents(2))

    assert "No row is in test, which was to get 0.2 of 2." in plan.notes or plan.counts["test"]
    assert len(plan.notes) >= 1


def test_a_group_larger_than_a_split_is_told() -> None:
    rows = [Row(f"row-{i}", ("one",) if i < 60 else (f"d{i}",)) for i in range(100)]

    plan, _ = planned(rows, {"train": 0.5, "test": 0.5})

    assert plan.largest_group == 60
    assert plan.notes == (
        "60 of 100 rows hang together, by documents and near duplicates.",
        f"train has {plan.counts['train']} of 100 rows instead of 50. The largest group that stays together has 60.",
        f"test has {plan.counts['test']} of 100 rows instead of 50. The largest group that stays together has 60.",
    )


def test_strata_that_a_split_has_nothing_of_are_told_the_largest_first() -> None:
    rows = [Row(f"a{i}", stratum="common") for i in range(100)]
    rows += [Row(f"b{s}{i}", (f"b{s}",), stratum=f"rare-{s}") for s in range(9) for i in range(s + 1)]

    plan, _ = planned(rows, {"train": 0.5, "test": 0.5})

    absent = [note for note in plan.notes if note.startswith("No row of")]
    assert len(absent) == 5
    assert absent[0].startswith("No row of rare-8 is in ")
    assert absent[0].endswith("there are 9 in all.")
    assert plan.notes[-1] == "4 more strata, none larger, are absent from some split."


def test_boilerplate_is_told() -> None:
    rng = random.Random(3)
    template = made_up(rng, n_sentences=8)
    rows = [Row(f"row-{i}", (f"d{i}",), f"{template} {i}" if i < 30 else made_up(rng)) for i in range(100)]

    plan, _ = planned(rows)

    assert (plan.n_clusters, plan.n_similar, plan.largest_cluster) == (1, 30, 30)
    assert plan.notes[0].startswith("30 of 100 rows resemble each other, directly or through others")


def test_near_duplicates_within_a_document_are_not_counted() -> None:
    text = "The insurer paid the claim of the tenant in full, within ten days."
    plan, _ = planned([Row("a", ("d",), text), Row("b", ("d",), text), Row("c", ("e",))])

    assert (plan.n_clusters, plan.n_similar, plan.largest_cluster) == (0, 0, 0)


def test_nobody_looks_for_near_duplicates_without_a_threshold() -> None:
    rows = [Row(f"row-{i}", (f"d{i}",), "The insurer paid the claim of the tenant in full.") for i in range(100)]

    assert set(planned(rows, threshold=None)[1].values()) == set(SHARES)


def test_a_row_added_twice_is_refused() -> None:
    with pytest.raises(InputError, match="Rows 2 and 4 have the same id"):
        planned([Row("a"), Row("b"), Row("c"), Row("b")])


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"Splits do not add up: train 0\.5 = 0\.5"):
        SplitPlanner({"train": 0.5}, seed=1)
