"""What a workspace's own decisions teach a router."""

from __future__ import annotations

from toolkit.models import ConsensusStatus
from toolkit.packs import FALLBACK_DOMAIN
from toolkit.routing.labelled import LabelledText
from toolkit.routing.readable import readable
from toolkit.routing.terms import has_words
from toolkit.workflow.operation import Operation
from toolkit.workflow.routes import DOMAIN_CONTROL, split_placement_id


def consensus_labels(operation: Operation) -> list[LabelledText]:
    """Return the tasks whose domain the generalists settled, each with the domain decided at the highest tier.

    They are the tasks that triage was asked about, so that they are harder than those the router was sure of.

    Parameters
    ----------
    operation : Operation
        The workspace.

    Returns
    -------
    list of LabelledText
        Sorted by task; passages of one document are one group. Tasks without a word to read are left out, and so are
        domains that have no pack any more.
    """
    tiers = list(operation.settings.escalation.ladder)
    decided: dict[str, tuple[int, str]] = {}
    for decision in operation.state.work.decisions():
        found = decision.consensus
        if found.control != DOMAIN_CONTROL or found.status is not ConsensusStatus.DECIDED or found.label is None:
            continue
        name, project = split_placement_id(decision.placement)
        rank = tiers.index(project.tier) if project.tier in tiers else -1
        if project.domain == FALLBACK_DOMAIN and found.label in operation.packs:
            decided[name] = max(decided.get(name, (-2, "")), (rank, found.label))
    corpus, labels = operation.state.corpus, []
    for task in corpus.tasks(decided):
        text = readable(task, corpus.document(task.document).metadata)
        if has_words(text):
            labels.append(LabelledText(text, decided[task.id][1], task.language, task.document, f"task {task.id}"))
    return labels
