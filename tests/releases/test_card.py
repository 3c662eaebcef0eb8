"""A card says what was counted, no more, and nothing in it can break out of its place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.releases.description_examples import CLAIMS, ENTITIES, HOSTILE, RISK, UNDEFINED, description, with_control
from tests.releases.release_examples import record, sheet
from toolkit.releases.formats.delimited import CSV
from toolkit.releases.formats.huggingface import HUGGINGFACE, card_configs
from toolkit.releases.formats.jsonl import JSONL
from toolkit.releases.formats.parquet import PARQUET
from toolkit.releases.formats.writing import Format
from toolkit.releases.metadata.card import card_text
from toolkit.releases.metadata.columndocs import ABOUT, column_about
from toolkit.releases.metadata.description import (
    ColumnSummary,
    Description,
    GateSummary,
    Guidelines,
    ReviewSummary,
    SplitSummary,
    Splitting,
    TierSummary,
)
from toolkit.releases.metadata.limits import limits
from toolkit.releases.metadata.markdown import code, escaped, table
from toolkit.releases.records import COLUMNS, NESTED

HEADER = {"configs": [{"config_name": "finance.claims", "data_files": [{"split": "train", "path": "train.parquet"}]}]}


def card(**changes: object) -> str:
    return card_text(description(**changes), header={})


def metadata(text: str) -> dict[str, object]:
    return yaml.safe_load(text.split("---\n")[1])


# --- what it says


def test_the_front_matter_is_computed_and_takes_in_what_it_is_given() -> None:
    assert metadata(card_text(description(), header=HEADER)) == {
        "language": ["en", "fr"],
        "license": "cc-by-4.0",
        "pretty_name": "demo",
        "annotations_creators": ["expert-generated"],
        "multilinguality": ["multilingual"],
        "size_categories": ["n<1K"],
        "task_categories": ["text-classification", "token-classification"],
        "tags": ["label-studio", "finance"],
        **HEADER,
    }


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        (None, {"license": "unknown"}),
        ("MIT", {"license": "mit"}),
        ("House rules", {"license": "other", "license_name": "House rules"}),
    ],
)
def test_a_licence_the_hub_does_not_know_keeps_its_name(licence: str | None, said: dict[str, str]) -> None:
    found = metadata(card(licence=licence))
    assert {key: value for key, value in found.items() if key.startswith("license")} == said


def test_the_hub_reads_the_card() -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    read = huggingface_hub.DatasetCard(card_text(description(), header=HEADER))
    assert read.data.pretty_name == "demo"
    assert read.data.configs == HEADER["configs"]
    assert read.text.lstrip().startswith("# demo, version 2")


def test_a_card_has_the_sections_a_reader_looks_for() -> None:
    assert re.findall("^## (.*)$", card(), re.MULTILINE) == [
        "How much",
        "Labels",
        "Who annotated",
        "How labels were settled",
        "Agreement",
        "Errors",
        "Splits, and what keeps them apart",
        "Personal data",
        "Columns",
        "Load it",
        "Verify it",
        "Known limits",
        "Guidelines and versions",
    ]


def test_numbers_stand_in_the_tables() -> None:
    text = card()
    assert "| `finance/claims` | Claims | text | 100 | 80 | 20 |" in text
    assert "| `low` | 62 | 62.0 % | 50 | 12 |" in text
    assert "| `finance/claims` | `risk` | Krippendorff alpha | 0.812 | 0.700 to 0.901 | 80 | 4 |" in text
    assert "Estimated share of wrong labels before that: 5.0 % (95 % interval: 0.9 % to 21.0 %)." in text


def test_numbers_that_are_not_better_when_they_are_higher_are_told_apart() -> None:
    assert "of differences, distances and error rates 0 is perfect." in card()


def test_what_is_undefined_is_shown_with_its_reason() -> None:
    text = card_text(with_control(replace(RISK, agreement=(UNDEFINED,))), header={})
    assert "| Krippendorff alpha | undefined: no\\_variation | – | 80 | 4 |" in text
    assert "- “risk” of finance/claims: Krippendorff alpha is undefined (no\\_variation)." in text


def test_a_share_just_below_one_is_not_rounded_up() -> None:
    control = replace(RISK, counts={"train": {"low": 99_999, "high": 1}}, answered={"train": 100_000})
    assert "| `low` | 99,999 | 99.9 % | 99,999 | 0 |" in card_text(with_control(control), header={})


def test_more_than_thirty_labels_are_folded() -> None:
    labels = tuple(f"label {n:02}" for n in range(40))
    counts = {"train": {label: place for place, label in enumerate(labels)}}
    text = card_text(with_control(replace(RISK, labels=labels, counts=counts)), header={})
    shown, folded = text.split("<details>\n<summary>10 more labels</summary>")
    assert "`label 39`" in shown
    assert "`label 10`" in shown
    assert "`label 09`" not in shown
    assert "`label 09`" in folded
    assert "`label 00`" in folded


def test_every_column_is_explained() -> None:
    assert set(ABOUT) == {*COLUMNS, *NESTED}
    assert all(f"| `{name}` | {about} |" in card() for name, about in ABOUT.items())


def test_columns_of_tables_are_explained_from_their_names() -> None:
    columns = tuple(ColumnSummary(name, "text") for name in ("task", "text", "label_risk", "odd"))
    text = card(sheets=(replace(CLAIMS, columns=columns),))
    assert "| `label_risk` | Control “risk”. The settled answer; empty where the judgments settled nothing. |" in text
    assert "| `odd` |  |" in text
    assert column_about("field_split", fields=("split",), controls=()) == "What the screen showed in field “split”."


def test_each_format_that_python_reads_has_a_snippet_that_is_python() -> None:
    text = card_text(description(formats=("jsonl", "csv", "parquet", "huggingface", "coco")), header=HEADER)
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(found) == 4
    for snippet in found:
        compile(snippet, "<card>", "exec")


def test_no_folder_of_the_machine_and_no_annotator_is_named() -> None:
    assert "/home/ada" not in card()
    assert not re.search("annotator-[0-9a-f]", card())


def test_the_same_counts_give_the_same_card_whatever_the_order_they_came_in() -> None:
    turned = card(languages={"fr": 40, "en": 60}, provenance={"specialist": 12, "generalist": 88})
    assert turned == card()


def test_a_release_that_holds_nothing_has_a_card_too() -> None:
    empty = description(
        sheets=(), splits=(), languages={}, n_documents=0, n_tasks=0, tiers=(), provenance={}, overlap=None,
        n_escalated=0, review=None, gate=None, formats=(), methods={}, n_tokens=None, n_characters=None,
    )  # fmt: skip
    text = card_text(empty, header={})
    assert "0 rows, one per task and label config" in text
    assert "No judgments are recorded." in text


# --- what could break out


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_hostile_titles_and_labels_stay_in_their_cells() -> None:
    control = replace(RISK, name=HOSTILE, labels=(HOSTILE, "high"), counts={"train": {HOSTILE: 3, "high": 4}})
    hostile = replace(CLAIMS, title=HOSTILE, controls=(control,), versions={HOSTILE: 100})
    text = card(sheets=(hostile,), title=HOSTILE, licence=HOSTILE, splits=(SplitSummary("train", 1.0, 100, 50),))
    assert metadata(text)["pretty_name"] == " ".join(HOSTILE.replace("\u202e", "").replace("\x1b", "\ufffd").split())
    body = text.split("---\n", 2)[2]
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", body)  # code spans show everything as it is
    assert "<script" not in plain
    assert not re.search(r"(?<!\\)\[x", plain)
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert [line for line in body.splitlines() if line.startswith(("# h", "- [x"))] == []
    for block in re.findall(r"(?:^\|.*\n)+", body, re.MULTILINE):
        assert len({cells(line) for line in block.splitlines()}) == 1


def test_a_parser_of_markdown_sees_text_where_text_was() -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable(["table", "strikethrough"])
    control = replace(RISK, name=HOSTILE, labels=(HOSTILE,), counts={"train": {HOSTILE: 3}}, agreement=(UNDEFINED,))
    hostile = replace(CLAIMS, title=HOSTILE, controls=(control,), guidelines=Guidelines(HOSTILE, HOSTILE, HOSTILE))
    text = card(
        sheets=(hostile,),
        title=HOSTILE,
        licence=HOSTILE,
        creator=HOSTILE,
        citation=HOSTILE,
        languages={HOSTILE: 100},
        review=ReviewSummary(3, 0, None, None, None, HOSTILE),
        gate=GateSummary((HOSTILE,), (HOSTILE,), {HOSTILE: 1}),
        tiers=(TierSummary(HOSTILE, 1, 1),),
        provenance={HOSTILE: 100},
        methods={HOSTILE: 1},
        splits=(SplitSummary(HOSTILE, 1.0, 100, 50),),
        extras=(HOSTILE,),
    )
    blocks = parser.parse(text.split("---\n", 2)[2])
    inline = [token for block in blocks for token in block.children or ()]
    assert {token.type for token in inline} == {"text", "code_inline", "softbreak"}
    assert {token.type for token in blocks if token.type.startswith("html")} == set()
    assert [token.tag for token in blocks if token.type == "heading_open"].count("h1") == 1
    shown = {token.content for token in inline if token.type == "code_inline"}
    assert any("<script>alert(1)</script>" in content for content in shown)


def test_right_to_left_text_is_set_apart() -> None:
    assert escaped("خطر") == "\u2068خطر\u2069"
    assert code("خطر") == "\u2068`خطر`\u2069"


def test_yaml_does_not_take_a_title_for_something_else() -> None:
    assert metadata(card(title="no"))["pretty_name"] == "no"
    assert metadata(card(title="a: b # c"))["pretty_name"] == "a: b # c"
    assert metadata(card(languages={"no": 100}))["language"] == ["no"]


def test_a_table_sets_numbers_to_the_right() -> None:
    assert table(["a", "n"], [["x", "1"], ["y", "–"]]).splitlines()[1] == "| --- | ---: |"


# --- limits


def test_a_release_without_faults_has_no_limits() -> None:
    assert limits(description()) == ()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (description(simulated=True), "made up by simulated annotators"),
        (description(licence=None), "No licence is stated"),
        (description(source_licences={None: 3}), "3 documents of 50 came without a stated licence."),
        (description(languages={"en": 100}), "in one language, “en”."),
        (description(languages={"en": 50, "fr": 49, None: 1}), "The language of 1 row is not known."),
        (description(n_undecided_left_out=9), "9 rows without a decision were left out"),
        (description(splitting=Splitting(7, n_clusters=0, n_left_out=1)), "1 row was left out because groups"),
        (description(splitting=Splitting(7)), "Nobody looked for near-duplicates"),
        (description(review=None), "No decided row was judged once more"),
        (description(review=ReviewSummary(3, 0, None, None, None, "too few")), "undefined: too few."),
        (description(gate=None), "not checked for personal data"),
        (description(gate=GateSummary(("code names",))), "not checked for cards, accounts, telephone numbers"),
        (
            description(splits=(SplitSummary("train", 0.8, 100, 50), SplitSummary("test", 0.2, 0, 0))),
            "No row is in split “test”, which was to get 20.0 % of them.",
        ),
        (with_control(replace(RISK, counts={}, answered={})), "“risk” of finance/claims: no row has an answer."),
        (description(provenance={"machine": 25, "generalist": 75}), "25.0 % of the rows were labelled by a machine"),
        (description(tiers=(TierSummary("generalist", 2, 9),)), "Only 2 annotators worked as generalist"),
        (description(tiers=()), "No judgments are recorded"),
        (with_control(RISK, versions={"a": 50, "b": 50}), "labelled under 2 versions"),
        (with_control(RISK, guidelines=None), "No guidelines are recorded"),
        (with_control(replace(RISK, agreement=())), "agreement was not measured."),
        (
            with_control(replace(RISK, agreement=(replace(RISK.agreement[0], low=0.6669),))),
            "may be below 0.667: it is 0.812, and the 95 % interval starts at 0.666 (80 tasks).",
        ),
        (
            with_control(replace(RISK, counts={"train": {"low": 60, "high": 29}})),
            "fewer than 30 rows for “high” (29).",
        ),
        (
            with_control(replace(ENTITIES, counts={"train": {"person": 97, "place": 3}, "test": {"person": 9}})),
            "split “test” has no region with “place”.",
        ),
        (
            with_control(replace(RISK, counts={"train": {"low": 960, "high": 40}, "test": {"low": 1, "high": 1}})),
            "“low” makes up 95.9 % of the rows.",
        ),
    ],
)
def test_a_limit_is_told(changed: Description, sentence: str) -> None:
    assert any(sentence in found for found in limits(changed))


def test_what_follows_from_a_greater_lack_is_not_told_again() -> None:
    empty = description(splits=(SplitSummary("train", 0.8, 100, 50), SplitSummary("test", 0.2, 0, 0)))
    lacking = replace(
        empty, sheets=(replace(CLAIMS, controls=(replace(RISK, counts={"train": {"low": 99, "high": 31}}),)),)
    )

    assert [found for found in limits(lacking) if "test" in found] == [
        "No row is in split “test”, which was to get 20.0 % of them."
    ]
    assert (
        len(
            [
                found
                for found in limits(with_control(replace(RISK, counts={}, answered={}, agreement=())))
                if "risk" in found
            ]
        )
        == 1
    )


def test_a_label_of_a_set_counts_by_rows_that_have_it() -> None:
    both = replace(RISK, kind="choices", counts={"train": {"low": 100, "high": 100}}, answered={"train": 100})
    assert "“low” makes up 100 % of the rows." in " ".join(limits(with_control(both)))


# --- what the Hugging Face library makes of it


@pytest.mark.filterwarnings("ignore")  # of the library and what it stands on
def test_the_library_loads_the_release_by_its_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    for split in ("train", "test"):
        writer = HUGGINGFACE.writer(tmp_path / "data" / "huggingface", sheet(), split)
        writer.write(record(f"of-{split}", split=split))
        writer.close()
    header = card_configs([sheet()], ["train", "test"])
    text = card_text(description(title=HOSTILE), header=header)
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    name = re.search(r'load_dataset\("\.", "(.*)"\)', text)[1]
    found = datasets.load_dataset(str(tmp_path), name, cache_dir=str(tmp_path / "cache"))
    assert {split: rows["task"][:] for split, rows in found.items()} == {"train": ["of-train"], "test": ["of-test"]}
    assert found["train"].features["label_risk"].names == ["low", "high"]


@pytest.mark.parametrize("form", [JSONL, CSV, PARQUET], ids=lambda form: form.name)
def test_a_snippet_reads_what_its_format_wrote(tmp_path: Path, form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    for split in ("train", "test"):
        writer = form.writer(tmp_path / "data" / form.name, sheet(), split)
        writer.write(record(f"of-{split}", split=split))
        writer.close()
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", card(formats=(form.name,)), re.DOTALL)[0], names)
    rows = names["rows"] if isinstance(names["rows"], list) else names["rows"].to_dict("records")
    assert {(row["task"], row["split"]) for row in rows} >= {("of-train", "train")}
