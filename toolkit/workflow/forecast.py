"""When everything will be answered, if the days to come are like those seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

from toolkit.workflow.remaining import ProjectProgress

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_DAYS = 3  # observed, to tell anything from
LATELY_D = 14  # without an answer for so long, the work stands still
HORIZON_D = 3650  # nobody plans further ahead
DRAWS = 1000
SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Finish:
    """When the last answer is expected."""

    n_missing: int  # answers that open placements lack
    n_expected: float  # answers to what is expected to go up the ladder
    n_remaining: int  # both, rounded up
    n_days: int  # observed: from the first to the last answer by people, days without any included
    per_day: float | None  # answers by people in the mean of these days; None where there is none
    day: date | None  # the middle one of those drawn; None where undefined
    low: date | None  # 95 % interval; None where undefined
    high: date | None  # also None where it is more than ten years away
    reason: str  # why it is undefined; empty where it is not
    notes: tuple[str, ...] = ()  # what the numbers leave out


def finish_of(
    projects: Sequence[ProjectProgress],
    answers: Mapping[date, int],
    *,
    n_simulated: int,
    today: date,
    seed: int,
) -> Finish:
    """Return the day on which the remaining answers are expected to be there.

    Each of 1,000 draws resamples the observed days as often as there are days, and then goes on drawing from these
    until the answers are enough: what is not known about the rate and what one day differs from another are both in the
    interval, which goes from the 2.5th to the 97.5th percentile. Days are taken for alike: neither weekdays nor trends
    are looked at.

    Parameters
    ----------
    projects : sequence of ProjectProgress
        What remains.
    answers : mapping of date to int
        Answers by people per day, in UTC; days without any can be left out.
    n_simulated : int
        Answers by simulated members: they come in seconds and say nothing of days.
    today : date
        The day from which days are counted: the first day drawn is the next one.
    seed : int
        The same seed and the same day give the same result.

    Returns
    -------
    Finish
        Undefined, with the reason, where nothing remains, only simulated members have answered, fewer than three days
        were observed, nothing was answered within two weeks, or ten years would not do.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, sections 6 and 13.3.
    """
    counted = {day: n for day, n in answers.items() if n}
    observed = _every_day(counted)
    n_missing, n_expected = sum(one.n_missing for one in projects), sum(one.n_expected for one in projects)
    finish = Finish(
        n_missing=n_missing,
        n_expected=n_expected,
        n_remaining=ceil(n_missing + n_expected),
        n_days=len(observed),
        per_day=sum(observed) / len(observed) if observed else None,
        day=None,
        low=None,
        high=None,
        reason="",
        notes=_notes(projects, n_simulated),
    )
    reason = _why_undefined(finish, counted, n_simulated, today)
    return replace(finish, reason=reason) if reason else _forecast(finish, observed, today, seed)


def _every_day(answers: Mapping[date, int]) -> list[int]:
    if not answers:
        return []
    first, n_days = min(answers), (max(answers) - min(answers)).days + 1
    return [answers.get(first + timedelta(days=number), 0) for number in range(n_days)]


def _notes(projects: Sequence[ProjectProgress], n_simulated: int) -> tuple[str, ...]:
    notes = []
    unknown = [str(one.key) for one in projects if one.n_open and one.share_up is None]
    if unknown:
        shown = ", ".join(unknown[:3]) + (" and others" if len(unknown) > 3 else "")
        notes.append(f"nothing is closed in {shown} yet: nothing is expected to go up from there")
    if n_simulated:
        notes.append(f"{n_simulated} simulated answers are left out of the days")
    return tuple(notes)


def _why_undefined(finish: Finish, answers: Mapping[date, int], n_simulated: int, today: date) -> str:
    if not finish.n_remaining:
        return "nothing is open"
    if not answers:
        return f"{SIMULATED}: only simulated members have answered" if n_simulated else "nobody has answered yet"
    if finish.n_days < LEAST_DAYS:
        return f"only {finish.n_days} day{'s' * (finish.n_days > 1)} observed, {LEAST_DAYS} are needed"
    last = max(answers)
    if (today - last).days > LATELY_D:
        return f"nothing was answered lately: the last answer is of {last}"
    return ""


def _forecast(finish: Finish, observed: Sequence[int], today: date, seed: int) -> Finish:
    import numpy as np

    days = np.sort(_days_needed(np.array(observed), finish.n_remaining, seed))
    low, middle, high = (int(days[ceil(share * DRAWS) - 1]) for share in (0.025, 0.5, 0.975))
    if middle > HORIZON_D:
        return replace(finish, reason="more than ten years at this rate")
    notes = finish.notes if high <= HORIZON_D else (*finish.notes, "the interval's end is more than ten years away")
    return replace(
        finish,
        day=today + timedelta(days=middle),
        low=today + timedelta(days=low),
        high=today + timedelta(days=high) if high <= HORIZON_D else None,
        notes=notes,
    )


def _days_needed(observed: npt.NDArray[np.int64], n_wanted: int, seed: int) -> npt.NDArray[np.int64]:
    """Return for each draw the number of days after which there are enough answers; beyond the horizon one more."""
    import numpy as np

    rng = np.random.default_rng(abs(seed))
    needed = np.full(DRAWS, HORIZON_D + 1)
    for number in range(DRAWS):
        history = rng.choice(observed, len(observed))
        n_had, n_days = 0, 0
        while n_had < n_wanted and n_days < HORIZON_D and history.any():
            n_drawn = min(HORIZON_D - n_days, ceil(1.2 * (n_wanted - n_had) / history.mean()) + 10)
            total = n_had + np.cumsum(rng.choice(history, n_drawn))
            if total[-1] >= n_wanted:
                needed[number] = n_days + int(np.searchsorted(total, n_wanted)) + 1
            n_had, n_days = int(total[-1]), n_days + n_drawn
    return needed
