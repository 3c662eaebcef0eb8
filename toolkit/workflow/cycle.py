"""``run``: every step that has something to do, until nothing has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.simulation import Reference
from toolkit.workflow.application import apply
from toolkit.workflow.collection import CollectReport, collect
from toolkit.workflow.operation import Operation
from toolkit.workflow.publication import PublishReport, View, publish
from toolkit.workflow.resolution import Resolution, resolve
from toolkit.workflow.routes import RouteReport, route
from toolkit.workflow.simulated import simulate

MAX_ROUNDS = 20  # the ladder has three tiers; more rounds than this, and those of single answers, go in circles


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    n_rounds: int
    settled: bool  # False where it was still changing things after the last round allowed
    routed: RouteReport
    resolutions: tuple[Resolution, ...]
    published: PublishReport  # the last publish: what is unmet now
    collected: CollectReport  # the last collect
    views: tuple[View, ...]  # made by this run
    n_imported: int  # tasks sent to the server
    n_submitted: int  # annotations by simulated members
    n_new: int  # annotations collected


def run(
    operation: Operation, reference: Reference | None = None, *, say: Callable[[str], None] = lambda _: None
) -> RunReport:
    """Route, apply, publish, simulate, collect and resolve, again and again until a round changes nothing.

    Parameters
    ----------
    operation : Operation
        The workspace.
    reference : Reference, optional
        What simulated members take for right; see :func:`toolkit.workflow.simulate`.
    say : callable
        Gets one line per step that did something.

    Returns
    -------
    RunReport
        Sums over all rounds. What then still waits, waits for people.
    """
    routed = route(operation)
    if routed.routes:
        say(f"routed {len(routed.routes)} tasks")
    resolutions: list[Resolution] = []
    views: list[View] = []
    n_imported = n_submitted = n_new = 0
    overlap = operation.settings.overlap
    most = MAX_ROUNDS + (0 if overlap is None else 2 * overlap.max)
    for n_rounds in range(1, most + 1):
        applied = apply(operation)
        changed = [project for project in applied.plan.projects if project.action != "unchanged"]
        published = publish(operation)
        views += [view for view in published.views if view.new]
        simulated = simulate(operation, reference)
        collected = collect(operation)
        resolved = resolve(operation)
        resolutions += resolved.resolutions
        n_imported += published.n_imported
        n_submitted += simulated.n_submitted
        n_new += collected.n_new
        if changed or published.n_imported or simulated.n_submitted or collected.n_new or resolved.resolutions:
            say(
                f"round {n_rounds}: {len(changed)} projects applied, {published.n_imported} tasks sent, "
                f"{simulated.n_submitted} simulated annotations, {collected.n_new} collected, "
                f"{len(resolved.resolutions)} placements resolved"
            )
        idle = not (changed or published.n_imported or published.n_assigned or collected.n_new or collected.n_changed)
        settled = idle and not resolved.resolutions and not resolved.reviews
        if settled:
            break
    return RunReport(
        n_rounds=n_rounds,
        settled=settled,
        routed=routed,
        resolutions=tuple(resolutions),
        published=published,
        collected=collected,
        views=tuple(views),
        n_imported=n_imported,
        n_submitted=n_submitted,
        n_new=n_new,
    )
