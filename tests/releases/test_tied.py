"""New rows follow kept ones; those that tie two splits are left out, and as few others as sensible."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from toolkit.releases.splitting.tied import attach


def attached(keys_of_rows: list[str], kept: list[int]):
    pairs = [(row, ord(key)) for row, keys in enumerate(keys_of_rows) for key in keys]
    rows, keys = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return attach(rows, keys, np.array(kept))


def test_of_a_long_document_only_the_passage_that_ties_is_left_out() -> None:
    # Row 0 is kept in split 0 and row 1 in split 1; rows 2 to 9 are of row 0's document, row 5 resembles row 1.
    found = attached(["d", "s", "d", "d", "d", "ds", "d", "d", "d", "d"], [0, 1] + [-1] * 8)

    assert np.flatnonzero(found.left_out).tolist() == [5]
    assert found.splits.tolist() == [0, 1, 0, 0, 0, -1, 0, 0, 0, 0]


def test_of_a_chain_between_two_splits_the_shorter_end_is_cut_off() -> None:
    # 0 (split 0) – 2, 3, 4 – 5 – 6 – 1 (split 1): three rows touch split 0, one touches split 1.
    found = attached(["a", "z", "ab", "ab", "ab", "bc", "cz"], [0, 1, -1, -1, -1, -1, -1])

    assert np.flatnonzero(found.left_out).tolist() == [6]
    assert found.splits.tolist() == [0, 1, 0, 0, 0, 0, -1]


def test_what_hung_on_a_row_that_is_left_out_is_free() -> None:
    found = attached(["a", "z", "azn", "n"], [0, 1, -1, -1])

    assert found.left_out.tolist() == [False, False, True, False]
    assert found.splits.tolist() == [0, 1, -1, -1]
    assert found.labels[3] not in found.labels[:3].tolist()


def test_kept_rows_of_two_splits_stay_where_they_are_and_what_joins_both_is_left_out() -> None:
    found = attached(["d", "d", "d"], [0, 1, -1])

    assert found.left_out.tolist() == [False, False, True]
    assert found.splits.tolist() == [0, 1, -1]


def test_rows_without_keys_and_no_rows_at_all() -> None:
    assert attached(["", ""], [1, -1]).splits.tolist() == [1, -1]
    assert attached([], []).splits.tolist() == []


@given(st.data())
def test_nothing_that_stays_leaks_and_nothing_is_left_out_without_reason(data) -> None:
    n = data.draw(st.integers(1, 14))
    keys = data.draw(st.lists(st.text("abcdefgh", max_size=3), min_size=n, max_size=n))
    kept = data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))

    found = attached(keys, kept)

    def related(row: int) -> list[int]:
        return [other for other in range(n) if other != row and set(keys[row]) & set(keys[other])]

    for row in range(n):
        if kept[row] >= 0:
            assert found.splits[row] == kept[row]
            assert not found.left_out[row]
        elif not found.left_out[row]:
            stay = [other for other in related(row) if not found.left_out[other]]
            assert {int(found.splits[other]) for other in stay} <= {int(found.splits[row])}
            assert {int(found.labels[other]) for other in stay} <= {int(found.labels[row])}
        else:
            # It touches a kept row itself, and what it hangs together with has two splits.
            reached, border = {row}, [row]
            while border:
                new = set(related(border.pop())) - reached
                reached |= new
                border += [other for other in new if kept[other] < 0]
            assert any(kept[other] >= 0 for other in related(row))
            assert len({kept[other] for other in reached if kept[other] >= 0}) > 1
