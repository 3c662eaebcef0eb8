"""A task's story as text."""

from __future__ import annotations

from collections.abc import Collection

import typer

from toolkit.cli.render import confidence, decimal, shortened, without_controls
from toolkit.models import ANNOTATORS, Decision, PlacementState, Route
from toolkit.workflow.reworks import second_look
from toolkit.workflow.story import Story

SHOWN_CHARS = 400
MAX_OTHERS = 10


def print_story(story: Story, simulated: Collection[str]) -> None:
    """Print what the workspace knows of a task, in the order it happened."""
    task = story.task
    where = f", characters {task.start}–{task.end}" if task.start is not None else ""
    _line(0, f"Task {task.id}")
    _line(1, f"from {story.document.source}{where}; {task.modality}, language {task.language or 'unknown'}")
    _line(1, f"“{shortened(str(task.fields.get('text') or task.text), SHOWN_CHARS)}”")
    for number, (_, route) in enumerate(story.routes, 1):
        _print_route(route, number, len(story.routes))
    if story.routes and not story.placements:
        _line(0, f"No label config fits it: none takes {task.modality} with {', '.join(task.fields)}")
    for placement in story.placements:
        _print_placement(story, placement, simulated)
    _line(0, "Releases" if story.releases else "In no release yet")
    for name, version, config, split in story.releases:
        _line(1, f"{name} v{version}: {config}, split {split}")


def _print_route(route: Route, number: int, total: int) -> None:
    _line(0, "Route" if total == 1 else f"Route {number} of {total}")
    _line(1, f"{route.domain} ({route.queue}), {route.tier}, confidence {confidence(route.confidence)}: {route.reason}")
    hard = "" if route.difficulty is None else f"difficulty {decimal(route.difficulty)}, "
    _line(1, f"{hard}by {route.router}")
    if route.ranking and route.router != ANNOTATORS:
        _line(1, "best: " + ", ".join(f"{name} {decimal(share)}" for name, share in route.ranking))
        for item in route.evidence:
            times = f" × {item.count}" if item.count > 1 else ""
            _line(2, f"{item.domain}: “{item.term}”{times}, weight {item.weight:g}")


def _print_placement(story: Story, state: PlacementState, simulated: Collection[str]) -> None:
    placement = state.placement
    _line(0, f"Project {placement.project}: {state.status}" + (f" ({state.outcome})" if state.outcome else ""))
    _line(1, f"because {placement.reason}; annotations wanted: {placement.overlap}")
    standing = {c.annotator: c.reason for c in story.choices if c.placement == placement.id and c.chosen}
    for item in story.assignments:
        if item.assignment.placement == placement.id:
            name = item.assignment.annotator
            shown = f"{name} (simulated)" if name in simulated else name
            now = f"; now {standing[name]}" if name in standing else ""
            _line(1, f"{shown}: {item.status}; {item.assignment.reason}{now}")
    _print_others(story, state)
    for finding in story.findings:
        if finding.placement == placement.id:
            _line(1, f"{finding.annotator}'s answer: {finding.kind}; {finding.reason}")
    for rework in story.reworks:
        if rework.placement == placement.id:
            controls = ", ".join(rework.controls)
            since = second_look(rework, story.assignments, story.judgments, story.decisions)
            _line(1, f"{rework.annotator}'s answer ({controls}) was sent back, {since}: {rework.reason}")
    for outcome in story.reviews:
        if outcome.placement == placement.id:
            _line(1, f"{outcome.control} was {outcome.decided}; {outcome.reason}")
    for step in story.steps:
        if step.placement == placement.id:
            answers = "1 answer" if step.n_judgments == 1 else f"{step.n_judgments} answers"
            _line(1, f"policy after {answers}: {step.action.replace('_', ' ')}; {step.reason}")
    key = placement.project
    judgments = [j for j in story.judgments if (j.domain, j.config, j.tier) == (key.domain, key.config, key.tier)]
    decisions = {d.consensus.control: d for d in story.decisions if d.placement == placement.id}
    for control in dict.fromkeys([*(j.control for j in judgments), *decisions]):
        answers = ", ".join(f"{j.annotator} {shortened(j.label, 40)}" for j in judgments if j.control == control)
        _line(1, f"{control}: {answers or 'no answer'}{_verdict(decisions.get(control))}")


def _print_others(story: Story, state: PlacementState) -> None:
    """Print why none of the others who work there got it."""
    others = [choice for choice in story.choices if choice.placement == state.placement.id and not choice.chosen]
    for choice in others[:MAX_OTHERS]:
        _line(1, f"not {choice.annotator}: {choice.reason}")
    if len(others) > MAX_OTHERS:
        _line(1, f"nor {len(others) - MAX_OTHERS} more; --json tells of all")


def _verdict(decision: Decision | None) -> str:
    if decision is None:
        return ""
    consensus = decision.consensus
    label = "" if consensus.label is None else f" {shortened(consensus.label, 40)}"
    return f" → {consensus.status}{label} ({consensus.reason})"


def _line(indent: int, text: str) -> None:
    typer.echo("  " * indent + without_controls(text))
