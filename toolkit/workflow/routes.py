"""``route``: each task gets a domain, a tier and the projects that are to answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.config.workflow import OverlapSettings
from toolkit.labelconfig import has_closed_answers
from toolkit.models import DomainPack, LabelConfig, Placement, ProjectKey, Queue, Route, Task, Tier
from toolkit.packs import FALLBACK_DOMAIN, configs_for, pack_named
from toolkit.routing import Surroundings
from toolkit.routing.assignment.rules import Rules
from toolkit.storage.rows import batches, now
from toolkit.workflow.operation import Operation
from toolkit.workflow.routers import make_router

AT_A_TIME = 500  # tasks whose routes are stored together
DOMAIN_CONTROL = "domain"  # the question by which generalists route what the router could not


@dataclass(frozen=True, slots=True)
class RouteReport:
    """Where tasks went."""

    routes: tuple[Route, ...]  # new ones: of tasks that had none, and of those that go elsewhere now
    n_placements: int
    unplaceable: tuple[str, ...]  # tasks that no label config fits
    n_again: int = 0  # tasks that were looked at again
    notes: tuple[str, ...] = ()  # what somebody should know: patterns that fit nothing, routers that did not answer

    @property
    def by_queue(self) -> Mapping[tuple[str, str, str], int]:
        """Number of tasks by domain, queue and tier, largest first."""
        counts = Counter((route.domain, route.queue.value, route.tier.value) for route in self.routes)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def route(operation: Operation, *, again: bool = False) -> RouteReport:
    """Route every task that has no route, and place it in the projects of its domain.

    A task that was routed before but fitted no label config is tried again.

    Parameters
    ----------
    operation : Operation
        The workspace.
    again : bool
        Route those tasks once more that nobody was given yet, as after a router was trained or packs got terms. A
        route that leads elsewhere takes the old one's place, which stays as history.

    Returns
    -------
    RouteReport
        The new routes. A task that no label config fits, not even one of the general pack, is named and stays routed
        but unplaced.

    Raises
    ------
    ConfigError
        A router cannot be used as ``workflow.yaml`` has it, or was trained on other packs.
    """
    corpus = operation.state.corpus
    waiting, untouched = corpus.unrouted(), corpus.untouched() if again else []
    if not (waiting or untouched or corpus.unplaced()):
        return RouteReport((), 0, ())
    routing = _Routing(operation)
    new = [found for batch in routing.batches(waiting, "Routing tasks") for found in routing.store(batch)]
    changed = [found for batch in routing.batches(untouched, "Routing again") for found in routing.change(batch)]
    unplaceable = routing.place_rest()
    return RouteReport(
        routes=(*new, *changed),
        n_placements=routing.n_placements,
        unplaceable=tuple(unplaceable),
        n_again=len(untouched),
        notes=routing.notes(),
    )


class _Routing:
    """Routes tasks in batches and stores where they go."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._corpus = operation.state.corpus
        self._router = make_router(operation.packs, operation.settings, operation.folder)
        self._disputes = _by_feed(self._corpus.disputes())
        self.n_placements = 0

    def batches(self, ids: Sequence[str], what: str) -> Iterator[list[tuple[Task, Route]]]:
        """Yield tasks with their routes, so many at a time as are stored at once."""
        tasks = self._operation.progress(self._corpus.tasks(ids), what, len(ids))
        for batch in batches(tasks, AT_A_TIME):
            metadata = self._corpus.metadata(task.document for task in batch)
            yield [(task, self._router.route(task, self._known(task, metadata[task.document]))) for task in batch]

    def _known(self, task: Task, metadata: Mapping[str, Any]) -> Surroundings:
        return Surroundings(metadata, *self._disputes.get(feed_of(task.source), (0, 0)))

    def _placed(self, task: Task, found: Route) -> list[Placement]:
        return place(task, found, self._operation.packs, self._operation.settings.overlap)

    def store(self, batch: Sequence[tuple[Task, Route]]) -> list[Route]:
        """Store first routes."""
        placed = [(found, self._placed(task, found)) for task, found in batch]
        self._corpus.add_routes(placed)
        self.n_placements += sum(len(placements) for _, placements in placed)
        return [found for _, found in batch]

    def change(self, batch: Sequence[tuple[Task, Route]]) -> list[Route]:
        """Store routes that lead elsewhere than those before."""
        before = self._corpus.latest_routes(task.id for task, _ in batch)
        changed = []
        for task, found in batch:
            if _destination(found) != _destination(before[task.id]):
                placements = self._placed(task, found)
                self._corpus.reroute(found, placements)
                self.n_placements += len(placements)
                changed.append(found)
        return changed

    def notes(self) -> tuple[str, ...]:
        """Return what somebody should know of this run."""
        settings = self._operation.settings.assignment
        sources = self._corpus.traits().values() if settings.orders or settings.confidential else ()
        idle = Rules(settings, now().date()).idle(source for _, source in sources)
        asked = [
            f"{note} ({count} task{'' if count == 1 else 's'})" for note, count in self._router.notes.most_common()
        ]
        return (*asked, *(f"assignment.{one}" for one in idle))

    def place_rest(self) -> list[str]:
        """Place what is routed and has no placement; return the tasks that no label config fits."""
        rest, unplaceable = self._corpus.unplaced(), []
        latest = self._corpus.latest_routes(task.id for task in rest)
        for task in rest:
            placements = self._placed(task, latest[task.id])
            self.n_placements += self._operation.state.work.add(placements)
            if not placements:
                unplaceable.append(task.id)
        return unplaceable


def feed_of(source: str) -> str:
    """Return what documents come with: the file for those that are records of one, else the document's own source.

    Examples
    --------
    >>> feed_of("posts.jsonl#17"), feed_of("news/monday.md")
    ('posts.jsonl', 'news/monday.md')
    """
    return source.partition("#")[0]


def _by_feed(disputes: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for source, (n_settled, n_disputed) in disputes.items():
        settled, disputed = found.get(feed_of(source), (0, 0))
        found[feed_of(source)] = settled + n_settled, disputed + n_disputed
    return found


def _destination(route: Route) -> tuple[str, Queue, Tier]:
    return route.domain, route.queue, route.tier


def place(
    task: Task, route: Route, packs: Mapping[str, DomainPack], overlap: OverlapSettings | None = None
) -> list[Placement]:
    """Return where a routed task is to be answered: in every label config of its domain that fits it.

    Where the domain has none, the general pack's generalists take it; where they have none either, the only domain
    that asks about such material does. Where the overlap policy decides, a task begins with its least answers.
    """
    configs, tier = _configs(task, route, packs)
    reason = "in triage" if route.queue is Queue.TRIAGE else f"routed to {route.domain}"
    if configs and configs[0].domain != route.domain:
        shown = ", ".join(task.fields)
        reason = f"{reason}, which has no label config for {task.modality} with {shown}; {configs[0].domain} has"
    return [placement(task.id, config, tier, _first_overlap(config, overlap), reason) for config in configs]


def _first_overlap(config: LabelConfig, overlap: OverlapSettings | None) -> int:
    return config.overlap if overlap is None or not has_closed_answers(config) else overlap.min


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
