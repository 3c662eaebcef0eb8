"""Simulated annotators: as able as they are said to be, wrong together on hard tasks, always valid, always the same."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from statistics import correlation, median

import pytest

from tests.simulation.screens import ROOT, config_of, faults, pack_configs, sample_task, task_of
from toolkit.models import Annotator
from toolkit.simulation.annotators import (
    DEFAULT_ABILITY,
    SHARED_DIFFICULTY,
    SKIP_CHANCE,
    ability_in,
    answer,
    lead_time_s,
    skips,
)
from toolkit.simulation.truth import latent_truth

CONFIG = config_of()
SMALL = config_of(
    """<View><Text name="t" value="$text"/>
    <Choices name="risk" toName="t"><Choice value="low"/><Choice value="mid"/><Choice value="high"/></Choices>
    <Labels name="spans" toName="t"><Label value="who"/><Label value="what"/></Labels></View>""",
    name="small",
)


def rights(annotator: str, ability: float, n_tasks: int, control: str) -> list[int]:
    """1 for every task where the annotator's answer is the truth, else 0."""
    found = []
    for number in range(n_tasks):
        task = task_of(number)
        truth = latent_truth(task, SMALL, None, 5)
        given = answer(truth, SMALL, ability=ability, annotator=annotator, task=task, seed=5)
        found.append(int(given[control] == truth[control]))
    return found


@pytest.mark.parametrize("ability", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("control", ["risk", "spans"])
def test_the_share_of_right_answers_is_the_ability(ability: float, control: str) -> None:
    n_tasks = 2000
    share = sum(rights("ada", ability, n_tasks, control)) / n_tasks

    assert abs(share - ability) < 4 * math.sqrt(ability * (1 - ability) / n_tasks)


def test_annotators_err_on_the_same_tasks_and_not_only_there() -> None:
    ada, bea = (rights(name, 0.7, 2000, "risk") for name in ("ada", "bea"))

    # The right/wrong correlation of two normals with correlation 0.3, both cut at ability 0.7, is about 0.18.
    assert correlation(ada, bea) == pytest.approx(0.18, abs=0.08)
    assert SHARED_DIFFICULTY == 0.3


@pytest.mark.parametrize("ability", [0.0, 1.0])
def test_every_kind_of_control_can_be_right_and_can_be_wrong(ability: float) -> None:
    task = task_of(1)
    truth = latent_truth(task, CONFIG, None, 9)

    given = answer(truth, CONFIG, ability=ability, annotator="ada", task=task, seed=9)

    assert set(given) == set(truth)
    for control, value in truth.items():
        assert (given[control] == value) == (ability == 1.0), control


def test_the_truth_is_left_as_it_was() -> None:
    task = task_of(2)
    truth = latent_truth(task, CONFIG, None, 9)
    before = json.dumps(truth)

    given = answer(truth, CONFIG, ability=0.0, annotator="ada", task=task, seed=9)
    given["choices"].append("mine")
    given["boxes"].clear()

    assert json.dumps(truth) == before


def test_a_control_with_one_label_is_always_right() -> None:
    one = config_of(
        "<View><Text name='t' value='$text'/><Choices name='c' toName='t'><Choice value='x'/></Choices></View>"
    )

    assert answer({"c": "x"}, one, ability=0.0, annotator="ada", task=task_of(1), seed=1) == {"c": "x"}


def test_per_region_answers_are_right_or_wrong_by_themselves() -> None:
    seen = set()
    for number in range(60):
        task = task_of(number)
        truth = latent_truth(task, CONFIG, None, 3)
        given = answer(truth, CONFIG, ability=0.6, annotator="ada", task=task, seed=3)
        if [box["x"] for box in given["boxes"]] == [box["x"] for box in truth["boxes"]]:
            seen |= {
                mine["attributes"] == right["attributes"]
                for mine, right in zip(given["boxes"], truth["boxes"], strict=True)
            }

    assert seen == {True, False}


@pytest.mark.parametrize("ability", [0.0, 0.5])
@pytest.mark.parametrize("config", [CONFIG, *pack_configs()], ids=lambda config: config.key)
def test_every_answer_is_valid(config, ability: float) -> None:
    for number in range(40):
        task = sample_task(config, number)
        truth = latent_truth(task, config, None, 7)
        given = answer(truth, config, ability=ability, annotator="ada", task=task, seed=7)

        assert faults(given, config, task) == []


def test_a_mislabelled_region_keeps_only_the_answers_its_new_label_asks_for() -> None:
    labelled = set()
    for number in range(80):
        task = task_of(number)
        truth = latent_truth(task, CONFIG, None, 2)
        given = answer(truth, CONFIG, ability=0.0, annotator="ada", task=task, seed=2)
        for region in given["segments"]:
            labelled.add((region["labels"][0], "transcript" in region.get("attributes", {})))

    assert labelled == {("speech", True), ("noise", False)}


SCRIPT = """
import hashlib, json
from tests.simulation.screens import config_of, task_of
from toolkit.simulation.annotators import answer, lead_time_s, skips
from toolkit.simulation.truth import latent_truth
config, seen = config_of(), []
for number in reversed(range(20)):
    task = task_of(number)
    truth = latent_truth(task, config, None, 4)
    given = answer(truth, config, ability=0.6, annotator="ada", task=task, seed=4)
    seen.append([number, truth, given, lead_time_s(task, config, annotator="ada", seed=4)])
print(hashlib.sha256(json.dumps(sorted(seen, key=lambda row: row[0])).encode()).hexdigest())
"""


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_other_processes_in_another_order_give_the_same_answers(hash_seed: str) -> None:
    seen = []
    for number in range(20):
        task = task_of(number)
        truth = latent_truth(task, CONFIG, None, 4)
        given = answer(truth, CONFIG, ability=0.6, annotator="ada", task=task, seed=4)
        seen.append([number, truth, given, lead_time_s(task, CONFIG, annotator="ada", seed=4)])
    here = hashlib.sha256(json.dumps(seen).encode()).hexdigest()

    there = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )

    assert there.stdout.strip() == here


def test_another_seed_or_annotator_gives_other_answers() -> None:
    task = task_of(1)
    truth = latent_truth(task, CONFIG, None, 4)

    def given(annotator: str, seed: int):
        return answer(truth, CONFIG, ability=0.3, annotator=annotator, task=task, seed=seed)

    assert given("ada", 1) != given("ada", 2)
    assert given("ada", 1) != given("bea", 1)


def test_ability_is_looked_up_by_domain_then_star_then_the_default() -> None:
    ada = Annotator("ada", ("en",), {}, simulated=True, ability={"law": 0.95, "*": 0.6})

    assert ability_in(ada, "law") == 0.95
    assert ability_in(ada, "finance") == 0.6
    assert ability_in(Annotator("bea", ("en",), {}), "law") == DEFAULT_ABILITY


def test_longer_tasks_take_longer_and_nobody_takes_no_time() -> None:
    short = [lead_time_s(task_of(i, text="Two words."), SMALL, annotator="ada", seed=1) for i in range(300)]
    long = [lead_time_s(task_of(i, text="Two words. " * 200), SMALL, annotator="ada", seed=1) for i in range(300)]

    assert median(long) > 2 * median(short)
    assert min(short) > 0


def test_about_one_task_in_a_hundred_is_skipped() -> None:
    n_skipped = sum(skips(task_of(number), SMALL, annotator="ada", seed=1) for number in range(5000))

    assert n_skipped == pytest.approx(5000 * SKIP_CHANCE, abs=4 * math.sqrt(5000 * SKIP_CHANCE))
