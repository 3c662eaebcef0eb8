"""Whose copy was it?"""

import json
import random

import pytest

from toolkit.errors import InputError
from toolkit.leaks import canaries, identify, texts_in
from toolkit.leaks.canaries import shingles

WORDS = [
    first + last for first in ("ba", "co", "di", "fe", "gu", "ha", "ju") for last in ("ron", "sel", "tim", "vak", "zo")
]
SMALL = ["the", "of", "and", "was", "by"]


@pytest.fixture(scope="module")
def corpus():
    chance = random.Random(7)

    def sentence():
        return " ".join(chance.choice(WORDS if at % 2 else SMALL) for at in range(chance.randrange(10, 18))) + "."

    return [f"{sentence()} {sentence()}" for _ in range(2000)]


@pytest.fixture(scope="module")
def known(corpus):
    return [canaries(10, f"lab-{letter}", key=b"secret", like=corpus, release="v1") for letter in "abc"]


def test_they_are_the_same_each_time_and_others_for_others(corpus, known):
    assert canaries(10, "lab-a", key=b"secret", like=corpus, release="v1") == known[0]
    assert not set(known[0].texts) & set(known[1].texts)
    assert canaries(10, "lab-a", key=b"other", like=corpus, release="v1").texts != known[0].texts


def test_they_are_made_of_the_releases_own_words(corpus, known):
    words = {word for text in corpus for word in text.split()}
    assert all(set(text.split()) <= words for text in known[0].texts)
    lengths = sorted(len(text) for text in corpus)
    assert sum(len(text) < 3 * lengths[-1] for text in known[0].texts) == 10


def test_one_canary_among_many_rows_is_enough(corpus, known):
    rows = [*corpus, known[1].texts[4]]
    random.Random(1).shuffle(rows)
    (found,) = identify(rows, known)
    assert (found.recipient, found.release, found.n_found, found.n_canaries) == ("lab-b", "v1", 1, 10)


def test_a_release_without_canaries_is_nobodys(corpus, known):
    assert identify(corpus, known) == []


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t.replace(" ", "\n  "), lambda t: t.replace(".", " !"), lambda t: f"<p>{t}</p>"]
)
def test_case_space_and_format_play_no_part(known, change):
    (found,) = identify([change(text) for text in known[2].texts], known)
    assert found.recipient == "lab-c"
    assert found.n_found >= 9


def test_a_leaked_file_of_any_format_tells_its_recipient(corpus, known, tmp_path):
    rows = [{"x": {"y": text}} for text in [*corpus[:50], *known[0].texts]]
    (tmp_path / "leak.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (found,) = identify(texts_in([tmp_path]), known)
    assert found.recipient == "lab-a"
    assert found.n_found >= 9  # what two recipients' canaries share does not count


def test_too_little_to_make_them_of_is_said():
    with pytest.raises(InputError, match="No canary"):
        canaries(1, "lab", key=b"k", like=["One short text that is alone."])


def test_a_canarys_digests_are_in_no_text_of_the_release(corpus, known):
    own = {digest for item in known for digests in item.digests for digest in digests}
    assert not own & {digest for text in corpus for digest in shingles(text)}


def halves(text):
    return [text[: len(text) // 2], text[len(text) // 2 :]]


def test_a_half_of_a_canary_is_often_enough(known):
    whose = [identify([half], known) for text in known[0].texts for half in halves(text)]
    assert all(found[0].recipient == "lab-a" for found in whose if found)
    assert sum(map(bool, whose)) >= 10
    assert identify([half for text in known[0].texts for half in halves(text)], known)[0].n_found >= 9


def test_pieces_that_are_scattered_over_a_corpus_are_no_canary(known):
    words = known[0].texts[0].split()
    scattered = [
        " ".join(words[at : at + 5]) for at in range(len(words) - 4)
    ]  # each a sequence that somebody may write
    assert identify(scattered, known) == []
    assert identify([" | ".join(scattered)], known)[0].n_found == 1


CHINESE = (
    ["客户", "老师", "这家公司", "快递员", "我的邻居", "那位医生", "图书馆"],
    ["昨天下午", "上个星期", "今天早上", "去年冬天", "在会议之后"],
    ["收到了", "寄出了", "检查了", "修改了", "忘记了", "重新整理了"],
    ["一份重要的合同", "三本旧书", "退款的申请", "新的地址", "全部的发票", "损坏的包裹"],
    ["，但是没有回复。", "，大家都很满意。", "，所以需要再等几天。", "，价格比以前高。"],
)
JAPANESE = (
    ["お客様は", "先生が", "この会社は", "配達員は", "隣の人が", "図書館は"],
    ["昨日の午後に", "先週", "今朝", "去年の冬に", "会議の後で"],
    ["大切な契約書を", "古い本を三冊", "返金の申請を", "新しい住所を", "壊れた荷物を"],
    ["受け取りましたが、", "送りましたが、", "確認したので、", "忘れていたため、"],
    ["返事はありません。", "皆が満足しています。", "もう少し待ってください。", "値段が上がりました。"],
)


@pytest.mark.parametrize("parts", [CHINESE, JAPANESE], ids=["Chinese", "Japanese"])
def test_texts_without_spaces_make_canaries(parts):
    chance = random.Random(3)
    like = list(dict.fromkeys("".join(map(chance.choice, parts)) for _ in range(50)))
    known = [canaries(5, f"lab-{letter}", key=b"secret", like=like) for letter in "ab"]
    assert canaries(5, "lab-a", key=b"secret", like=like) == known[0]
    assert not set(known[0].texts) & {*known[1].texts, *like}
    assert not any(" " in text for text in known[0].texts)
    assert {letter for text in known[0].texts for letter in text} <= {letter for text in like for letter in text}
    assert identify(like, known) == []
    (found,) = identify([*like, *known[1].texts], known)
    assert found.recipient == "lab-b"
    assert found.n_found >= 4
