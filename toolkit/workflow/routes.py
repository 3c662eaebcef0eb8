"""``route``: each task gets a domain, a tier and the projects that are to answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.models import DomainPack, LabelConfig, Placement, ProjectKey, Queue, Route, Task, Tier
from toolkit.packs import FALLBACK_DOMAIN, configs_for, pack_named
from toolkit.routing import LexiconRouter
from toolkit.workflow.operation import Operation

DOMAIN_CONTROL = "domain"  # the question by which generalists route what the router could not


@dataclass(frozen=True, slots=True)
class RouteReport:
    """Where the tasks that had no route went."""

    routes: tuple[Route, ...]
    n_placements: int
    unplaceable: tuple[str, ...]  # tasks that no label config fits

    @property
    def by_queue(self) -> Mapping[tuple[str, str, str], int]:
        """Number of tasks by domain, queue and tier, largest first."""
        counts = Counter((route.domain, route.queue.value, route.tier.value) for route in self.routes)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def route(operation: Operation) -> RouteReport:
    """Route every task that has no route, and place it in the projects of its domain.

    A task that was routed before but fitted no label config is tried again.

    Parameters
    ----------
    operation : Operation
        The workspace.

    Returns
    -------
    RouteReport
        The new routes. A task that no label config fits, not even one of the general pack, is named and stays routed
        but unplaced.
    """
    router = LexiconRouter(operation.packs)
    routes, unplaceable, n_placements = [], [], 0
    for task in operation.progress(operation.state.corpus.unrouted(), "Routing tasks"):
        found = router.route(task)
        placements = place(task, found, operation.packs)
        operation.state.corpus.add_route(found, placements)
        routes.append(found)
        n_placements += len(placements)
    latest = {found.task: found for _, found in operation.state.corpus.routes()}
    for task in operation.state.corpus.unplaced():
        placements = place(task, latest[task.id], operation.packs)
        n_placements += operation.state.work.add(placements)
        if not placements:
            unplaceable.append(task.id)
    return RouteReport(tuple(routes), n_placements, tuple(unplaceable))


def place(task: Task, route: Route, packs: Mapping[str, DomainPack]) -> list[Placement]:
    """Return where a routed task is to be answered: in every label config of its domain that fits it.

    Where the domain has none, the general pack's generalists take it; where they have none either, the only domain
    that asks about such material does.
    """
    configs, tier = _configs(task, route, packs)
    reason = "in triage" if route.queue is Queue.TRIAGE else f"routed to {route.domain}"
    if configs and configs[0].domain != route.domain:
        shown = ", ".join(task.fields)
        reason = f"{reason}, which has no label config for {task.modality} with {shown}; {configs[0].domain} has"
    return [placement(task.id, config, tier, config.overlap, reason) for config in configs]


def placement(task: str, config: LabelConfig, tier: Tier, overlap: int, reason: str) -> Placement:
    """Return a placement with the id that the server will know it by."""
    key = ProjectKey(config.domain, config.name, tier)
    return Placement(f"{task}@{key}", task, key, overlap, reason)


def split_placement_id(placement_id: str) -> tuple[str, ProjectKey]:
    """Return the task and the project that a placement's id names."""
    task, _, key = placement_id.rpartition("@")
    domain, config, tier = key.split("/")
    return task, ProjectKey(domain, config, Tier(tier))


def question_of(placement_id: str) -> str:
    """Return what a placement asks, whoever answers: "task@domain/config"."""
    return placement_id.rpartition("/")[0]


def _configs(task: Task, route: Route, packs: Mapping[str, DomainPack]) -> tuple[Sequence[LabelConfig], Tier]:
    if fitting := configs_for(task, pack_named(packs, route.domain)):
        return fitting, route.tier
    general = packs[FALLBACK_DOMAIN]
    if fitting := configs_for(task, general):
        return fitting, general.tier
    return _only_taker(task, packs)


def _only_taker(task: Task, packs: Mapping[str, DomainPack]) -> tuple[Sequence[LabelConfig], Tier]:
    takers = [pack for pack in packs.values() if configs_for(task, pack)]
    return (configs_for(task, takers[0]), takers[0].tier) if len(takers) == 1 else ((), Tier.GENERALIST)
