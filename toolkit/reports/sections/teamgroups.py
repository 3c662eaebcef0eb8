"""Who has a row of their own in a report: nobody of whom a small group could tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.agreement.report import AnnotatorAgreement
from toolkit.workflow.assigning import Load

LEAST = 5  # people in a group that is broken down

Group = tuple[str, str]  # domain and tier


@dataclass(frozen=True, slots=True)
class Member:
    """One person at one control of one place."""

    annotator: str
    place: str
    control: str
    n_judgments: int
    n_tasks: int
    agreement: float | None
    alpha_without: float | None
    n_skipped: int
    n_repeats: int
    self_agreement: float | None
    lead_time_s: float | None


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody did at one place of a small group; only sums of these are ever shown."""

    n_judgments: int  # at the control that they answered most
    n_skipped: int


def people_of(annotators: Iterable[AnnotatorAgreement]) -> tuple[list[Member], int, list[Person]]:
    """Return who is shown, how many people are in small groups, and what these did.

    A group is a domain at a tier. Who is in a large group and a small one has rows for the large one only.

    Examples
    --------
    >>> people_of([])
    ([], 0, [])
    """
    rows = list(annotators)
    people: dict[Group, set[str]] = defaultdict(set)
    for one in rows:
        people[_group(one)].add(one.annotator)
    large = {group for group, names in people.items() if len(names) >= LEAST}
    members = [_member(one) for one in rows if _group(one) in large]
    small: dict[tuple[str, str], Person] = {}
    for one in rows:
        key = one.annotator, _place(one)
        if _group(one) not in large and (key not in small or small[key].n_judgments < one.n_judgments):
            small[key] = Person(one.n_judgments, one.n_skipped)
    return members, len({name for name, _ in small}), list(small.values())


def load_groups(loads: Sequence[Load]) -> tuple[list[Load], list[Load]]:
    """Return the loads that are shown, and those of people who work in a small group, too.

    A load is of all that somebody does: whoever has only one small group is not shown. Those who work in all domains
    that are not named are a group of their own.
    """
    people: dict[str, int] = defaultdict(int)
    for one in loads:
        for group in one.domains:
            people[group] += 1
    shown = [one for one in loads if one.domains and all(people[group] >= LEAST for group in one.domains)]
    kept = {one.annotator for one in shown}
    return shown, [one for one in loads if one.annotator not in kept]


def _group(one: AnnotatorAgreement) -> Group:
    return str(one.by.get("domain") or ""), str(one.by.get("tier") or "")


def _place(one: AnnotatorAgreement) -> str:
    return "/".join(value or "–" for value in one.by.values())


def _member(one: AnnotatorAgreement) -> Member:
    return Member(
        annotator=one.annotator,
        place=_place(one),
        control=one.control,
        n_judgments=one.n_judgments,
        n_tasks=one.n_tasks,
        agreement=one.agreement,
        alpha_without=one.alpha_without,
        n_skipped=one.n_skipped,
        n_repeats=one.n_repeats,
        self_agreement=one.self_agreement,
        lead_time_s=one.median_lead_time_s,
    )
