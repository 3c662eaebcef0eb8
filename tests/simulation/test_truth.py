"""The truth behind simulated answers: the reference first, then a fixed draw that fits the screen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.screens import ROOT, config_of, faults, pack_configs, sample_task, task_of
from toolkit.errors import InputError
from toolkit.models import Task
from toolkit.simulation.truth import Reference, latent_truth

CONFIG = config_of()


def reference_file(folder: Path, *rows: object) -> Path:
    path = folder / "reference.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def row(start: int, end: int, document: str = "a.txt", **labels: object) -> dict[str, object]:
    return {"document": document, "start": start, "end": end, "labels": labels}


def passage(start: int | None, end: int | None, source: str = "a.txt") -> Task:
    return replace(task_of(1), source=source, start=start, end=end)


def test_the_row_that_overlaps_most_speaks_for_the_passage(tmp_path: Path) -> None:
    reference = Reference.load(reference_file(tmp_path, row(0, 50, rating=1), row(52, 100, rating=2)))

    assert reference.reference_labels(passage(0, 60)) == {"rating": 1}
    assert reference.reference_labels(passage(40, 100)) == {"rating": 2}
    assert reference.reference_labels(passage(None, None)) == {"rating": 1}


def test_a_passage_that_no_row_touches_has_no_labels(tmp_path: Path) -> None:
    reference = Reference.load(reference_file(tmp_path, row(0, 50, rating=1)))

    assert reference.reference_labels(passage(50, 90)) == {}
    assert reference.reference_labels(passage(0, 50, source="b.txt")) == {}


def test_folders_do_not_matter(tmp_path: Path) -> None:
    reference = Reference.load(reference_file(tmp_path, row(0, 50, "seeds/a.txt", rating=1)))

    assert reference.reference_labels(passage(0, 50, source="inbox/a.txt")) == {"rating": 1}


@pytest.mark.parametrize(
    "line", ["{", "[1]", '{"document": "a"}', '{"document": "a", "start": "x", "end": 1, "labels": {}}']
)
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "reference.jsonl"
    path.write_text(json.dumps(row(0, 1)) + "\n" + line + "\n", encoding="utf-8")

    with pytest.raises(InputError, match=r"reference\.jsonl:2: not a reference row"):
        Reference.load(path)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl cannot be read"):
        Reference.load(tmp_path / "none.jsonl")


def test_valid_reference_values_are_the_truth_and_others_are_not(tmp_path: Path) -> None:
    good = {"choice": "no", "choices": ["p", "r"], "taxonomy": [["A", "A2"]], "rating": 4, "pairwise": "left"}
    bad = {"choice": "maybe", "choices": ["p", "zzz"], "taxonomy": [["A"]], "rating": 9, "pairwise": "both"}
    right, wrong = (
        latent_truth(passage(0, 50), CONFIG, Reference.load(reference_file(tmp_path, row(0, 50, **labels))), 1)
        for labels in (good, bad)
    )

    assert {control: right[control] for control in good} == good
    assert faults(wrong, CONFIG, passage(0, 50)) == []


def test_the_reference_is_cut_to_what_the_screen_lets_one_choose(tmp_path: Path) -> None:
    xml = "<View><Text name='t' value='$text'/><Taxonomy name='topic' toName='t' maxUsages='1'>{}</Taxonomy></View>"
    config = config_of(xml.format("<Choice value='A'/><Choice value='B'/>"))
    reference = Reference.load(reference_file(tmp_path, row(0, 50, topic=[["B"], ["A"]])))

    assert latent_truth(passage(0, 50), config, reference, 1) == {"topic": [["B"]]}


def test_every_control_of_the_task_is_answered_and_hidden_ones_only_if_decisive() -> None:
    truth = latent_truth(task_of(1), CONFIG, None, 1)

    left_out = {control.name for control in CONFIG.controls} - set(truth)
    assert left_out == {"why", "transcript", "certainty"}


def test_per_region_questions_are_answered_where_the_region_asks_them() -> None:
    regions = [region for i in range(40) for region in latent_truth(task_of(i), CONFIG, None, 1)["segments"]]

    asked = {(region["labels"][0], "transcript" in region.get("attributes", {})) for region in regions}
    assert asked == {("speech", True), ("noise", False)}


@pytest.mark.parametrize("config", [CONFIG, *pack_configs()], ids=lambda config: config.key)
def test_every_truth_is_valid(config) -> None:
    for number in range(40):
        task = sample_task(config, number)

        truth = latent_truth(task, config, None, 7)

        assert faults(truth, config, task) == []
        wanted = {c.name for c in config.controls if not c.per_region and not c.conditional}
        assert wanted <= set(truth)


@pytest.mark.parametrize("text", ["", "…", "One", "\u202e\n\t", "مرحبا بالعالم", "🙂 🙂"])
def test_texts_with_little_to_mark_do_no_harm(text: str) -> None:
    task = task_of(1, text=text, dialogue=[], items=[])

    truth = latent_truth(task, CONFIG, None, 1)

    assert faults(truth, CONFIG, task) == []
    assert truth["turns"] == []
    assert "ranking" not in truth


def test_the_seed_digests_are_answered_from_their_reference_labels() -> None:
    config = next(config for config in pack_configs() if config.key == "general/categorize")
    reference = Reference.load(ROOT / "seeds" / "reference.jsonl")
    rows = [json.loads(line) for line in (ROOT / "seeds" / "reference.jsonl").read_text("utf-8").splitlines()]

    for known in rows:
        truth = latent_truth(passage(known["start"], known["end"], source=known["document"]), config, reference, 1)
        assert truth["domain"] == known["labels"]["domain"]
        assert truth["quality"] == known["labels"]["quality"]
        assert truth["sensitivity"] == known["labels"]["sensitivity"]
        assert truth["topic"][0] in known["labels"]["topic"]
