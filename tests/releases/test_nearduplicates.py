"""Near duplicates are found whatever they wear, and little else is."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.releases.corpora import EDITS, edited, made_up, other_words, similarities
from toolkit.errors import ConfigError
from toolkit.releases.splitting.nearduplicates import NearDuplicates, banding, least_equal
from toolkit.releases.splitting.shingles import jaccard, plain_text, shingles, signatures


def clusters(texts: list[str], threshold: float = 0.8, order: list[int] | None = None) -> np.ndarray:
    found = NearDuplicates(threshold)
    for text in texts:
        found.add(text)
    return found.clusters(None if order is None else np.array(order))


def test_the_signature_estimates_the_similarity_without_bias() -> None:
    rng = random.Random(1)
    texts = [made_up(rng) for _ in range(1500)]
    others = [other_words(text, rng, rng.randint(1, 25)) for text in texts]
    exact = np.array([jaccard(*pair) for pair in zip(texts, others, strict=True)])

    equal = signatures(list(map(plain_text, texts)), 5) == signatures(list(map(plain_text, others)), 5)
    error = (equal.mean(axis=1) - 1 / 256) / (1 - 1 / 256) - exact

    expected = np.sqrt((exact * (1 - exact) / 128).mean())  # of independent hash functions
    assert abs(error.mean()) < 4 * expected / np.sqrt(len(texts))
    assert error.std() == pytest.approx(expected, rel=0.1)


def test_planted_near_duplicates_are_found_and_others_are_not() -> None:
    rng = random.Random(2)
    texts = [made_up(rng) for _ in range(4000)]
    others = [other_words(text, rng, rng.randint(1, 12)) for text in texts]
    exact = np.array([jaccard(*pair) for pair in zip(texts, others, strict=True)])

    found = clusters(texts + others)

    joined = found[: len(texts)] == found[len(texts) :]
    near, far = exact >= 0.8, exact < 0.6
    assert near.sum() > 1000
    assert far.sum() > 300
    assert joined[near].mean() >= 0.99
    assert joined[exact >= 0.9].all()
    assert joined[far].mean() <= 0.01
    assert len(set(found[: len(texts)])) == len(texts)  # none resembles another one


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_kind_of_edit_is_seen_through(edit) -> None:
    rng = random.Random(3)
    texts = [made_up(rng, n_sentences=6) for _ in range(300)]

    found = clusters(texts + [edit(text, rng) for text in texts])

    assert (found[:300] == found[300:]).all()


def test_short_texts_are_near_duplicates_when_they_are_equal_only() -> None:
    texts = ["Yes", "No", "yes!", "Yes, it is.", "yes it is", "yes it was", "Option A is better", "Option B is better"]

    assert clusters(texts).tolist() == [0, 1, 0, 3, 3, 5, 6, 7]


def test_what_has_no_letters_is_compared_as_it_is_and_nothing_resembles_nothing() -> None:
    assert clusters(["👍", "👎", " 👍 ", "", "  ", ""]).tolist() == [0, 1, 0, 3, 4, 5]


def test_marks_that_make_another_word_are_kept() -> None:
    assert clusters(["कि", "की", "कि।"]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        (
            "保险公司在收到报告后的十天内向租户支付了全部赔偿金，租户对此表示满意，并且没有再提出其他任何要求。",
            "保险公司在收到报告后的十天内向租户支付了全部赔偿款，租户对此表示满意并且没有再提出其他任何要求",
            "没有人知道今年夏天河上的桥为什么又关闭了，附近的居民只好绕道而行，每天要多花半个小时的时间。",
        ),
        (
            "사건이 접수된 뒤 열흘 안에 보험사는 세입자에게 보상금 전액을 지급하였고 세입자는 그 결과에 만족하였다.",
            "사건이 접수된 뒤 열흘 안에 보험사는 세입자에게 보상금 전액을 지급하였고, 세입자는 그 결과에 만족했다",
            "올여름에 강 위의 다리가 왜 다시 폐쇄되었는지 아무도 모르며 주민들은 매일 먼 길을 돌아서 다닌다.",
        ),
        (
            "บริษัทประกันจ่ายค่าสินไหมทดแทนเต็มจำนวนให้แก่ผู้เช่าภายในสิบวันหลังจากได้รับรายงานเหตุการณ์ทั้งหมด",
            "บริษัทประกันจ่ายค่าสินไหมทดแทนเต็มจำนวนให้แก่ผู้เช่าภายในสิบวันหลังจากได้รับรายงานเหตุการณ์แล้ว",
            "ไม่มีใครรู้ว่าทำไมสะพานข้ามแม่น้ำถึงถูกปิดอีกครั้งในฤดูร้อนนี้และชาวบ้านต้องเดินทางอ้อมไปไกลทุกวัน",
        ),
    ],
    ids=["Chinese", "Korean", "Thai"],
)
def test_scripts_without_spaces_or_with_dense_characters(text: str, near: str, far: str) -> None:
    assert clusters([text, near, far]).tolist() == [0, 0, 2]


def test_boilerplate_makes_one_cluster_and_takes_no_squared_time() -> None:
    rng = random.Random(4)
    template = made_up(rng, n_sentences=8)
    texts = [f"{template} {i}" for i in range(3000)] + [made_up(rng) for _ in range(500)]

    found = clusters(texts)

    assert len(set(found[:3000])) == 1
    assert len(set(found[3000:])) == 500


def test_near_duplicates_among_many_that_share_a_part_are_found() -> None:
    rng = random.Random(5)
    template = made_up(rng, n_sentences=3)
    texts = [f"{template} {made_up(rng, n_sentences=3)}" for _ in range(500)]
    others = [other_words(text, rng, 1) for text in texts]

    found = clusters(texts + others)

    assert (found[:500] == found[500:]).mean() >= 0.99


def test_the_order_of_the_texts_makes_no_difference() -> None:
    rng = random.Random(6)
    template = made_up(rng)
    texts = [edited(template, rng) for _ in range(150)] + [made_up(rng, n_sentences=1) for _ in range(150)]
    texts += [other_words(text, rng, 1) for text in texts]
    places = list(range(len(texts)))
    shuffled = rng.sample(places, len(places))

    one = clusters(texts, order=places)
    other = clusters([texts[i] for i in shuffled], order=shuffled)

    partition = {frozenset(np.flatnonzero(one == label).tolist()) for label in set(one.tolist())}
    assert partition == {
        frozenset(shuffled[i] for i in np.flatnonzero(other == label)) for label in set(other.tolist())
    }


def test_texts_can_be_looked_at_alone() -> None:
    rng = random.Random(7)
    text = made_up(rng)
    found = NearDuplicates()
    for one in (text, text.upper(), text.lower(), made_up(rng)):
        found.add(one)

    assert found.clusters(among=np.array([True, False, True, True])).tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.9, 0.95])
def test_other_thresholds(threshold: float) -> None:
    rng = random.Random(8)
    texts = [made_up(rng) for _ in range(1000)]
    others = [other_words(text, rng, rng.randint(1, 25)) for text in texts]
    exact = np.array([jaccard(*pair) for pair in zip(texts, others, strict=True)])

    found = clusters(texts + others, threshold)

    joined = found[:1000] == found[1000:]
    assert joined[exact >= threshold].mean() >= 0.98
    assert joined[exact < threshold - 0.2].mean() <= 0.02


def test_bands_show_nearly_all_pairs_at_the_threshold() -> None:
    for threshold in np.linspace(0.5, 1, 26):
        width, n_bands = banding(float(threshold))
        assert width * n_bands <= 128
        assert (1 - threshold**width) ** n_bands <= 0.002
        assert least_equal(float(threshold)) <= 128 * threshold + 0.5


@pytest.mark.parametrize("threshold", [0, 0.49, 1.01, float("nan")])
def test_thresholds_that_cannot_be_are_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match="Near duplicates cannot be found from a similarity of"):
        NearDuplicates(threshold)


def test_surrogates_and_very_long_texts() -> None:
    rng = random.Random(9)
    long = made_up(rng, n_sentences=3000)

    assert clusters([long, "\ud800" * 30, long.lower(), "\ud800" * 30]).tolist() == [0, 1, 0, 1]


def test_similarities_of_the_tests_are_those_of_the_toolkit() -> None:
    texts = ["The claim was paid.", "the claim was paid in May", "我们十天内付款。"]

    assert similarities(texts)[0, 1] == pytest.approx(jaccard(*texts[:2]))
    assert shingles("我们十天") == {"  我", " 我们", "我们十", "们十天", "十天 ", "天  "}
