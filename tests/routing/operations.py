"""Operations to deal out: drawn at random, and by hand; and what a slow, plain reading of the rules makes of them."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from hypothesis import strategies as st

from toolkit.config import AssignmentSettings, Order
from toolkit.models import Annotator, Placement, ProjectKey, Tier
from toolkit.routing import assign

GENERALIST, SPECIALIST, ADJUDICATOR = Tier
TODAY = date(2026, 1, 5)
MINUTES = {"general": 60.0, "law": 60.0}
UNEVEN = {"general": 60.0, "law": 25.0}
ORDERS = (
    Order(sources="soon/*", priority=3, due=TODAY + timedelta(days=1)),
    Order(sources="later/*", due=TODAY + timedelta(days=4)),
    Order(sources="never/*", priority=-2),
)
FEW = AssignmentSettings(orders=ORDERS, anchors=0)


def placed(task, domain="general", overlap=1, tier=GENERALIST):
    project = ProjectKey(domain, "categorize", tier)
    return Placement(f"{task}@{project}", task, project, overlap, "routed")


def member(name, domains=("general",), languages=("fr",), tier=GENERALIST, **more):
    return Annotator(name, tuple(languages), dict.fromkeys(domains, tier), **more)


def pairs(plan):
    return [(item.placement, item.annotator) for item in plan.assignments]


def held(some):
    done = defaultdict(set)
    for placement, annotator in some:
        done[placement].add(annotator)
    return dict(done)


# --- any operation, and the rules once more


@st.composite
def operations(draw, n_tasks=8, n_people=4, minutes=MINUTES, overlaps=3):
    tasks = [f"t{n}" for n in range(draw(st.integers(1, n_tasks)))]
    placements = [
        placed(
            task,
            draw(st.sampled_from(["general", "law"])),
            draw(st.integers(1, overlaps)),
            draw(st.sampled_from([GENERALIST, GENERALIST, SPECIALIST])),
        )
        for task in tasks
    ]
    team = [
        Annotator(
            f"p{n}",
            tuple(draw(st.sets(st.sampled_from(["fr", "en"]), min_size=1))),
            draw(
                st.dictionaries(
                    st.sampled_from(["general", "law"]), st.sampled_from([GENERALIST, SPECIALIST]), min_size=1
                )
            ),
            capacity_per_week=draw(st.sampled_from([None, 0, 2, 3.5, 7])),
            cost_per_hour=draw(st.sampled_from([None, 10, 20, 40])),
            conflicts=draw(st.sampled_from([(), ("soon/*",), ("domain:law",)])),
        )
        for n in range(draw(st.integers(1, n_people)))
    ]
    return {
        "placements": placements,
        "languages": {task: draw(st.sampled_from(["fr", "en", None])) for task in tasks},
        "team": team,
        "sources": {task: f"{draw(st.sampled_from(['soon', 'later', 'never', 'any']))}/{task}.md" for task in tasks},
        "minutes": minutes,
    }


def dealt(operation, done=None, *, seed=1, rules=FEW, open=None):
    return assign(
        operation["placements"],
        operation["languages"],
        operation["team"],
        done or {},
        {},
        seed,
        sources=operation["sources"],
        minutes=operation["minutes"],
        settings=rules,
        today=TODAY,
        open=done or {} if open is None else open,
    )


def eligible(operation, one):
    """Who may answer a placement, whatever they have."""
    domain, language = one.project.domain, operation["languages"][one.task]
    reading = [m for m in operation["team"] if language is None or language in m.languages]
    for tier in [GENERALIST, SPECIALIST][[GENERALIST, SPECIALIST].index(one.project.tier) :]:
        if there := [m for m in reading if m.domains.get(domain) is tier]:
            source = operation["sources"][one.task].partition("/")[0]
            barred = {f"{source}/*", f"domain:{domain}"}
            return {m.pseudonym for m in there if not barred & set(m.conflicts)}
    return set()


DAYS = {"soon": 2, "later": 5, "never": 7, "any": 7}  # of work, today included
PRIORITIES = {"soon": 3, "later": 0, "never": -2, "any": 0}


def client(operation, one):
    return operation["sources"][one.task].partition("/")[0]


def minutes_left(operation, some):
    """Minutes that each annotator has left until each day, after some pairs."""
    by_id = {one.id: one for one in operation["placements"]}
    left = {
        (m.pseudonym, days): m.capacity_per_week * 60 * days / 7
        for m in operation["team"]
        if m.capacity_per_week is not None
        for days in (2, 5, 7)
    }
    for placement, name in some:
        for days in (2, 5, 7):
            if (name, days) in left and DAYS[client(operation, by_id[placement])] <= days:
                left[name, days] -= operation["minutes"][by_id[placement].project.domain]
    return left


def could(operation, left, one, name):
    """Whether somebody has time for a placement more."""
    needed = operation["minutes"][one.project.domain]
    due = DAYS[client(operation, one)]
    return all(left.get((name, days), needed) >= needed - 1e-6 for days in (2, 5, 7) if days >= due)


def greedy(operation):
    """Each placement to the least loaded who may and have time, the most urgent first."""
    load, some = Counter(), []
    urgent = sorted(
        operation["placements"],
        key=lambda one: (-PRIORITIES[client(operation, one)], DAYS[client(operation, one)], one.id),
    )
    for one in urgent:
        for name in sorted(eligible(operation, one), key=lambda name: (load[name], name)):
            left = minutes_left(operation, some)
            if sum(placement == one.id for placement, _ in some) < one.overlap and could(operation, left, one, name):
                some.append((one.id, name))
                load[name] += 1
    return some
