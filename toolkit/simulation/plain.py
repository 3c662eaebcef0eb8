"""Answers that are not regions: drawing one, and drawing a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from toolkit.models import Control, ControlKind, Task
from toolkit.simulation.screen import Screen

FIRST_DAY = date(2020, 1, 1)
N_DAYS = 2000
MOST_TEXT_WORDS = 8
WORDS = ("one", "two", "three", "left", "right", "early", "late", "first", "second", "open", "closed", "unclear")


@dataclass(frozen=True, slots=True)
class Question:
    """A control together with what the annotator sees of it."""

    control: Control
    screen: Screen
    task: Task

    @property
    def material(self) -> Any:
        """What the task holds for the object the control is about."""
        return self.screen.material(self.control, self.task)


def draw(question: Question, rng: Random) -> Any:
    """Return a valid answer in the shape of its kind, or None where the control offers nothing to answer."""
    return _DRAW[question.control.kind](question, rng)


def mistake(value: Any, question: Question, rng: Random) -> Any:
    """Return a valid answer that differs from the given one, or the same where there is no other."""
    return _MISTAKE[question.control.kind](value, question, rng)


# --- closed sets of labels


def _draw_choice(question: Question, rng: Random) -> str | None:
    return rng.choice(question.control.labels) if question.control.labels else None


def _other_choice(value: str, question: Question, rng: Random) -> str:
    others = [label for label in question.control.labels if label != value]
    return rng.choice(others) if others else value


def _draw_choices(question: Question, rng: Random) -> list[str] | None:
    labels = question.control.labels
    if not labels:
        return None
    chosen = rng.sample(labels, min(rng.randint(1, 2), len(labels)))
    return [label for label in labels if label in chosen]


def _other_choices(value: Sequence[str], question: Question, rng: Random) -> list[str]:
    """One label exchanged for another; where all are chosen, one left out."""
    labels = question.control.labels
    chosen, unchosen = list(value), [label for label in labels if label not in value]
    if chosen and (unchosen or len(chosen) > 1 or not question.control.required):
        chosen.remove(rng.choice(chosen))
    if unchosen:
        chosen.append(rng.choice(unchosen))
    return [label for label in labels if label in chosen]


def _draw_paths(question: Question, rng: Random) -> list[list[str]] | None:
    return [list(rng.choice(question.control.paths))] if question.control.paths else None


def _other_paths(value: Sequence[Sequence[str]], question: Question, rng: Random) -> list[list[str]]:
    chosen = [list(path) for path in value]
    others = [list(path) for path in question.control.paths if list(path) not in chosen]
    return [rng.choice(others), *chosen[1:]] if others else chosen


def _draw_rating(question: Question, rng: Random) -> int:
    return int(rng.choice(question.control.labels))


def _other_rating(value: int, question: Question, rng: Random) -> int:
    near = [int(label) for label in question.control.labels if 0 < abs(int(label) - value) <= 2]
    return rng.choice(near) if near else value


# --- numbers, dates, orders, words


def _steps(question: Question) -> tuple[float, float, int]:
    """Least value, step and number of steps that a number field allows."""
    least = float(question.screen.setting(question.control, "min", "0"))
    most = float(question.screen.setting(question.control, "max", str(least + 10)))
    step = float(question.screen.setting(question.control, "step", "1"))
    return least, step, int((most - least) / step + 1e-9)


def _number(least: float, step: float, steps: int) -> int | float:
    value = round(least + step * steps, 9)
    return int(value) if value.is_integer() else value


def _draw_number(question: Question, rng: Random) -> int | float:
    least, step, count = _steps(question)
    return _number(least, step, rng.randint(0, count))


def _other_number(value: float, question: Question, rng: Random) -> float:
    least, step, count = _steps(question)
    here = round((value - least) / step)
    near = [_number(least, step, here + off) for off in (-2, -1, 1, 2) if 0 <= here + off <= count]
    return rng.choice(near) if near else value


def _draw_date(_: Question, rng: Random) -> str:
    return (FIRST_DAY + timedelta(days=rng.randrange(N_DAYS))).isoformat()


def _other_date(value: str, _: Question, rng: Random) -> str:
    return (date.fromisoformat(value) + timedelta(days=rng.choice([-7, -1, 1, 7]))).isoformat()


def _draw_ranking(question: Question, rng: Random) -> dict[str, list[str]] | None:
    items = question.material
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        return None
    ids = [str(item["id"]) for item in items]
    rng.shuffle(ids)
    name = question.control.name
    buckets = question.screen.buckets.get(name) or (name,)  # a ranker without buckets has one, named like itself
    return {bucket: ids[i :: len(buckets)] for i, bucket in enumerate(buckets)}


def _other_ranking(value: Mapping[str, Sequence[str]], _: Question, rng: Random) -> dict[str, list[str]]:
    """Two neighbours swapped; where no bucket has two items, two buckets swapped."""
    ranking = {bucket: list(ids) for bucket, ids in value.items()}
    if long := [bucket for bucket, ids in ranking.items() if len(ids) > 1]:
        ids = ranking[rng.choice(long)]
        i = rng.randrange(len(ids) - 1)
        ids[i], ids[i + 1] = ids[i + 1], ids[i]
    elif filled := [bucket for bucket, ids in ranking.items() if ids]:
        here = rng.choice(filled)
        there = rng.choice([bucket for bucket in ranking if bucket != here] or [here])
        ranking[here], ranking[there] = ranking[there], ranking[here]
    return ranking


def _draw_text(question: Question, rng: Random) -> list[str]:
    """Take the first words of the material, or make some up for sound, film and pictures."""
    readable = isinstance(question.material, str) and question.screen.shows_text(question.control)
    words = question.material.split() if readable else []
    if not words:
        words = [rng.choice(WORDS) for _ in range(MOST_TEXT_WORDS)]
    return [" ".join(words[: rng.randint(3, MOST_TEXT_WORDS)])]


def _other_text(value: Sequence[str], _: Question, rng: Random) -> list[str]:
    """One word exchanged."""
    words = (value[0] if value else "").split() or [""]
    i = rng.randrange(len(words))
    words[i] = rng.choice([word for word in WORDS if word != words[i]])
    return [" ".join(words), *value[1:]]


_DRAW: Mapping[ControlKind, Callable[[Question, Random], Any]] = {
    ControlKind.CHOICE: _draw_choice,
    ControlKind.CHOICES: _draw_choices,
    ControlKind.TAXONOMY: _draw_paths,
    ControlKind.RATING: _draw_rating,
    ControlKind.NUMBER: _draw_number,
    ControlKind.DATETIME: _draw_date,
    ControlKind.PAIRWISE: _draw_choice,
    ControlKind.RANKING: _draw_ranking,
    ControlKind.TEXT: _draw_text,
}
_MISTAKE: Mapping[ControlKind, Callable[[Any, Question, Random], Any]] = {
    ControlKind.CHOICE: _other_choice,
    ControlKind.CHOICES: _other_choices,
    ControlKind.TAXONOMY: _other_paths,
    ControlKind.RATING: _other_rating,
    ControlKind.NUMBER: _other_number,
    ControlKind.DATETIME: _other_date,
    ControlKind.PAIRWISE: _other_choice,
    ControlKind.RANKING: _other_ranking,
    ControlKind.TEXT: _other_text,
}
