"""How a simulated annotator answers: sometimes wrongly, more often on hard tasks, in a plausible time."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any

from toolkit.models import REGIONS, Annotator, Control, LabelConfig, Task
from toolkit.simulation.answers import region_questions, wrong_answer
from toolkit.simulation.chance import generator

DEFAULT_ABILITY = 0.8
SKIP_CHANCE = 0.01
SHARED_DIFFICULTY = 0.3  # correlation between annotators that comes from tasks being hard for everybody

READING_CHARS_PER_S = 18.0
OPENING_S = 4.0
QUESTION_S = 5.0  # per control
TIME_SPREAD = 0.45  # standard deviation of the logarithm of the time

_NORMAL = NormalDist()


def ability_in(annotator: Annotator, domain: str) -> float:
    """Return the chance that an annotator answers a question of a domain right.

    Examples
    --------
    >>> ability_in(Annotator("ada", ("en",), {}, simulated=True, ability={"law": 0.9, "*": 0.7}), "finance")
    0.7
    """
    return annotator.ability.get(domain, annotator.ability.get("*", DEFAULT_ABILITY))


def difficulty(task: Task, seed: int) -> float:
    """Return how hard a task is for everybody: standard normal, hard above 0."""
    return generator(seed, "difficulty", task.id).gauss(0, 1)


def answer(
    truth: dict[str, Any], config: LabelConfig, *, ability: float, annotator: str, task: Task, seed: int
) -> dict[str, Any]:
    """Return what an annotator answers to a task, given the right answers.

    A control is answered right when ``sqrt(r) * D + sqrt(1 - r) * E <= Phi^-1(ability)`` where D is the task's
    difficulty, E is the annotator's own luck with this control (both standard normal) and r is
    ``SHARED_DIFFICULTY``. Over many tasks the share of right answers is exactly the ability, and two annotators tend
    to be wrong on the same tasks: the one-factor threshold model of Vasicek (1987). Answers that are wrong are still
    valid: another label, a rating off by one or two, a region moved, mislabelled or missed, a word exchanged. A
    control that allows one answer only is always right.

    Parameters
    ----------
    truth : dict of str to Any
        Right answers by control, from :func:`~toolkit.simulation.truth.latent_truth`; it is not changed.
    config : LabelConfig
        The label config that is answered.
    ability : float
        Chance of a right answer per control, in 0–1. Per-region answers are right or wrong by themselves.
    annotator : str
        Pseudonym; another annotator errs elsewhere.
    task : Task
        The task that is answered.
    seed : int
        The same seed gives the same answers in every process.

    Returns
    -------
    dict of str to Any
        Answers by control, for exactly the controls in ``truth``.

    Examples
    --------
    >>> from toolkit.labelconfig import read_controls
    >>> from toolkit.models import Modality
    >>> xml = '''<View><Text name="t" value="$text"/>
    ...   <Choices name="risk" toName="t"><Choice value="low"/><Choice value="high"/></Choices></View>'''
    >>> config = LabelConfig("x", "law", "X", xml, Modality.TEXT, ("text",), read_controls(xml), ("risk",), 2, "v")
    >>> task = Task("d", "d", "a.txt", Modality.TEXT, {"text": "A contract."})
    >>> answer({"risk": "high"}, config, ability=1.0, annotator="ada", task=task, seed=1)
    {'risk': 'high'}
    >>> answer({"risk": "high"}, config, ability=0.0, annotator="ada", task=task, seed=1)
    {'risk': 'low'}
    """
    attempt = _Attempt(config, task, ability, difficulty(task, seed), (seed, annotator, task.id, config.key))
    asked = [control for control in config.controls if control.name in truth]
    given = {control.name: attempt.at(control, truth[control.name], control.name) for control in asked}
    for control in asked:
        if control.kind in REGIONS:
            given[control.name] = [attempt.inside(region, control, i) for i, region in enumerate(given[control.name])]
    return given


def lead_time_s(task: Task, config: LabelConfig, *, annotator: str, seed: int) -> float:
    """Return how many seconds an annotator takes for a task: log-normal around reading it and answering each control.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> config = LabelConfig("x", "law", "X", "<View/>", Modality.TEXT, (), (), (), 2, "v")
    >>> lead_time_s(Task("d", "d", "a.txt", Modality.TEXT, {"text": "word " * 50}), config, annotator="ada", seed=1) > 1
    True
    """
    typical = OPENING_S + len(task.text) / READING_CHARS_PER_S + QUESTION_S * len(config.controls)
    rng = generator(seed, "lead time", annotator, task.id, config.key)
    return round(rng.lognormvariate(math.log(typical), TIME_SPREAD), 1)


def skips(task: Task, config: LabelConfig, *, annotator: str, seed: int) -> bool:
    """Whether an annotator declines a task; ``SKIP_CHANCE`` of them, whatever the task."""
    return generator(seed, "skip", annotator, task.id, config.key).random() < SKIP_CHANCE


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One annotator before one task."""

    config: LabelConfig
    task: Task
    ability: float
    difficulty: float
    names: tuple[str | int, ...]  # what all chance in this attempt depends on

    def at(self, control: Control, truth: Any, *names: str) -> Any:
        """Answer one control, right or wrong."""
        rng = generator(*self.names, *names)
        if self._succeeds(rng):
            return copy.deepcopy(truth)
        return wrong_answer(copy.deepcopy(truth), control, self.config, self.task, rng)

    def inside(self, region: dict[str, Any], control: Control, i: int) -> dict[str, Any]:
        """Answer the controls that are asked about a region."""
        right = region.get("attributes", {})
        asked = [other for other in region_questions(region, control, self.config) if other.name in right]
        own = {other.name: self.at(other, right[other.name], control.name, str(i), other.name) for other in asked}
        return {**region, "attributes": own} if own else region

    def _succeeds(self, rng: Random) -> bool:
        if not 0 < self.ability < 1:
            return self.ability >= 1
        hardship = math.sqrt(SHARED_DIFFICULTY) * self.difficulty + math.sqrt(1 - SHARED_DIFFICULTY) * rng.gauss(0, 1)
        return hardship <= _NORMAL.inv_cdf(self.ability)
