"""What a workspace's own decisions teach a router."""

from __future__ import annotations

from toolkit.models import AssignmentStatus, ConsensusStatus
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.labelled import LabelledText
from toolkit.routing.readable import readable
from toolkit.routing.terms import has_words
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import DOMAIN_CONTROL, feed_of, split_placement_id


def consensus_labels(operation: Operation, *, grouped: bool = False) -> list[LabelledText]:
    """Return the tasks whose domain the generalists settled, each with the domain decided at the highest tier.

    They are the tasks that triage was asked about, so that they are harder than those the router was sure of.

    Parameters
    ----------
    operation : Operation
        The workspace.
    grouped : bool
        Groups are to stand for sources: all records of a file are one. Otherwise all passages of a document are.

    Returns
    -------
    list of LabelledText
        Sorted by task. Tasks without a word to read are left out, and so are domains that have no pack any more, and
        what simulated annotators had a part in: they take the router's own guess for right.
    """
    tiers = list(operation.settings.escalation.ladder)
    made_up = _simulated(operation)
    decided: dict[str, tuple[int, str]] = {}
    for decision in operation.state.work.decisions():
        found = decision.consensus
        if found.control != DOMAIN_CONTROL or found.status is not ConsensusStatus.DECIDED or found.label is None:
            continue
        name, project = split_placement_id(decision.placement)
        rank = tiers.index(project.tier) if project.tier in tiers else -1
        if project.domain == FALLBACK_DOMAIN and found.label in operation.packs and name not in made_up:
            decided[name] = max(decided.get(name, (-2, "")), (rank, found.label))
    tasks, labels = list(operation.state.corpus.tasks(decided)), []
    metadata = operation.state.corpus.metadata(task.document for task in tasks)
    for task in tasks:
        text = readable(task, metadata[task.document])
        if has_words(text):
            group = feed_of(task.source) if grouped else task.document
            labels.append(LabelledText(text, decided[task.id][1], task.language, group, f"task {task.id}"))
    return labels


def _simulated(operation: Operation) -> set[str]:
    """Return the tasks that simulated annotators have answered."""
    names = operation.simulated()
    return {
        split_placement_id(state.assignment.placement)[0]
        for state in operation.state.work.assignments(status=AssignmentStatus.DONE)
        if state.assignment.annotator in names
    }
