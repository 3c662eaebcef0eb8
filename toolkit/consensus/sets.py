"""Consensus on sets of labels, or paths of a taxonomy: each label, or node, is a question of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from toolkit.agreement.labelsets import BELOW, BETWEEN, EMPTY, paths_of, set_of
from toolkit.consensus.annotatormodels import shares_of
from toolkit.consensus.blocks import Block, Judged
from toolkit.consensus.categorical import Question, Rules
from toolkit.consensus.choosing import Chosen, choose
from toolkit.consensus.methods import MODELS, Method
from toolkit.consensus.verdicts import Verdicts, statuses
from toolkit.consensus.weighting import EQUAL
from toolkit.models import Consensus, ConsensusStatus, ControlKind

if TYPE_CHECKING:
    from toolkit.consensus.blocks import Real, Whole
    from toolkit.consensus.verdicts import Flags

    Node: TypeAlias = tuple[str, ...]  # a label alone, or the steps from the top of a taxonomy

Found = TypeVar("Found")
MOST_NODES = 100  # up to which each has a model of its own


@dataclass(frozen=True, slots=True, eq=False)
class YesOrNo:
    """The judgments of a question on sets, seen as whether a node is among what was chosen."""

    judged: Judged
    has: Whole  # (n_labels,) 1 where the set that a label stands for has the node

    n_labels = 2

    @property
    def n_annotators(self) -> int:
        """How many annotators cells may name."""
        return self.judged.n_annotators

    def summed(self, step: Callable[[Block], Sequence[Real]]) -> list[Real]:
        """Compute something of every block and add it up."""
        return self.judged.summed(partial(_seen, step, self.has))

    def mapped(self, step: Callable[[Block], Real]) -> Iterator[Real]:
        """Compute something of every block, one row a task."""
        return self.judged.mapped(partial(_seen, step, self.has))


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredSets:
    """A question on sets, with the method that answers each node."""

    question: Question
    kind: ControlKind
    nodes: tuple[Node, ...]
    has: Whole  # (n_nodes, n_labels)
    chosen: tuple[Chosen, ...]  # one a node

    @property
    def method(self) -> str:
        """What most nodes are answered by."""
        names = [one.method.value for one in self.chosen] or [Method.VOTE.value]
        return max(sorted(set(names)), key=names.count)

    @property
    def reason(self) -> str:
        """Why."""
        reasons = [one.reason for one in self.chosen if one.method.value == self.method] or ["no label was chosen"]
        return f"each label by itself; {reasons[0]}"

    def consensus(self, rules: Rules) -> Iterator[Consensus]:
        """Yield the consensus on each task, in the order of the tasks."""
        steps = [one.posterior(2) for one in self.chosen]
        tasks = self.question.tasks()
        for found in self.question.judged.mapped(partial(_every_node, steps, self.has)):
            n_nodes = len(self.nodes)
            for row, task in zip(found, tasks, strict=False):
                yield self._of(task, rules, row[:n_nodes], row[n_nodes : 2 * n_nodes], round(float(row[-1])))

    def verdicts(self, rules: Rules) -> Iterator[Verdicts]:
        """Yield what :meth:`consensus` says of the tasks, block by block, as arrays."""
        import numpy as np

        steps, n_nodes = [one.posterior(2) for one in self.chosen], len(self.nodes)
        for found in self.question.judged.mapped(partial(_every_node, steps, self.has)):
            chances, shares = found[:, :n_nodes], found[:, n_nodes : 2 * n_nodes]
            n = np.rint(found[:, -1])
            confidence, even = _confidences(self.chosen, chances, shares, n), _even(chances)
            tie, undecided = even, confidence < rules.min_confidence
            if self.kind is ControlKind.TAXONOMY:
                nothing = ~(chances > 0.5 + EQUAL).any(axis=1) & (shares > 0).any(axis=1)
                tie, undecided = nothing & even, undecided | nothing
            elif self.method not in MODELS:
                support = np.maximum(shares, 1 - shares).min(axis=1, initial=1.0)
                undecided = undecided | (support < rules.min_support)
            status = statuses(too_few=n < rules.min_judgments, tie=tie, undecided=undecided)
            yield Verdicts(status, confidence, partial(self._label, chances))

    def _label(self, chances: Real, place: int) -> str:
        return written(self.kind, self._chosen(chances[place])[1])

    def _chosen(self, chances: Real) -> tuple[list[Node], list[Node]]:
        """Return the nodes that are likelier in than out, and of a taxonomy those that no other of them lies below."""
        held = [node for node, chance in zip(self.nodes, chances, strict=True) if chance > 0.5 + EQUAL]
        return held, _lowest(held) if self.kind is ControlKind.TAXONOMY else held

    def _of(self, task: str, rules: Rules, chances: Real, shares: Real, n: int) -> Consensus:
        import numpy as np

        held, paths = self._chosen(chances)
        confidence = float(_confidences(self.chosen, chances[None], shares[None], np.array([n]))[0])
        behind = [max(share, 1 - share) for share in shares.tolist()]
        support = min(behind, default=1.0)
        status, reason = self._verdict(rules, chances, held, n, support, confidence, chosen=bool((shares > 0).any()))
        return Consensus(
            task=task,
            control=self.question.control,
            label=written(self.kind, paths) if status is ConsensusStatus.DECIDED else None,
            status=status,
            support=support,
            n_judgments=n,
            shares=_named(self.nodes, shares),
            reason=reason,
            confidence=confidence,
            distribution=_named(self.nodes, chances),
            method=self.method,
        )

    def _verdict(
        self,
        rules: Rules,
        chances: Real,
        held: Sequence[Node],
        n: int,
        support: float,
        confidence: float,
        *,
        chosen: bool,
    ) -> tuple[ConsensusStatus, str]:
        if n < rules.min_judgments:
            return ConsensusStatus.TOO_FEW, f"{n} of {rules.min_judgments} judgments needed"
        even = [node for node, chance in zip(self.nodes, chances, strict=True) if abs(chance - 0.5) <= EQUAL]
        if self.kind is ControlKind.TAXONOMY:
            if not held and chosen:
                return ConsensusStatus.TIE if even else ConsensusStatus.UNDECIDED, "no node has more than half"
        elif even:
            return ConsensusStatus.TIE, f"as likely as not: {', '.join(map(_shown, even[:5]))}"
        elif self.method not in MODELS and support < rules.min_support:
            return ConsensusStatus.UNDECIDED, f"a label's share is below {rules.min_support:g}"
        if confidence < rules.min_confidence:
            return ConsensusStatus.UNDECIDED, f"confidence {confidence:.3f}, below {rules.min_confidence:g}"
        return ConsensusStatus.DECIDED, f"{len(held)} of {len(self.nodes)} labels have more than half"


def answer_sets(
    question: Question, kind: ControlKind, method: Method = Method.AUTO, *, groups: Whole | None = None
) -> AnsweredSets:
    """Choose how each label of sets, or each node of a taxonomy, is answered.

    Parameters
    ----------
    question : Question
        The judgments on one control, whose labels are sets as text.
    kind : ControlKind
        ``CHOICES`` or ``TAXONOMY``: a path chosen in a taxonomy is a vote for every node above it.
    method : Method
        See :func:`toolkit.consensus.choosing.choose`; beyond 100 nodes each is voted on.
    groups : array of int, optional
        Group of each annotator, whose members are taken to err alike until more is known.
    """
    import numpy as np

    sets = [_nodes_of(kind, label) for label in question.labels]
    nodes = tuple(sorted(set().union(*sets)))
    has = np.array([[node in one for one in sets] for node in nodes], dtype=np.int32).reshape(len(nodes), len(sets))
    taken = method if len(nodes) <= MOST_NODES else Method.VOTE
    chosen = tuple(choose(YesOrNo(question.judged, row), taken, groups=groups) for row in has)
    return AnsweredSets(question, kind, nodes, has, chosen)


def written(kind: ControlKind, nodes: Sequence[Node]) -> str:
    """Write a set as a label, so that it reads as the same set.

    Examples
    --------
    >>> written(ControlKind.CHOICES, [("b",), ("a",)]), written(ControlKind.CHOICES, [("a | b",)])
    ('a | b', '["a | b"]')
    >>> written(ControlKind.TAXONOMY, [("Science", "Physics")]), written(ControlKind.TAXONOMY, [])
    ('Science > Physics', '[]')
    """
    items = sorted(nodes)
    if not items:
        return EMPTY
    text = BETWEEN.join(BELOW.join(item) for item in items)
    if kind is ControlKind.TAXONOMY:
        return text if paths_of(text) == set(items) else json.dumps(items, ensure_ascii=False)
    names = [name for (name,) in items]
    return text if set_of(text) == set(names) else json.dumps(names, ensure_ascii=False)


def _nodes_of(kind: ControlKind, label: str) -> frozenset[Node]:
    if kind is ControlKind.TAXONOMY:
        return frozenset(path[: i + 1] for path in paths_of(label) for i in range(len(path)))
    return frozenset((name,) for name in set_of(label))


def _lowest(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes that no other lies below."""
    above = {node[:i] for node in nodes for i in range(1, len(node))}
    return [node for node in nodes if node not in above]


def _named(nodes: Sequence[Node], values: Real) -> dict[str, float]:
    ranked = sorted(zip(nodes, values.tolist(), strict=True), key=lambda item: (-item[1], item[0]))
    return {_shown(node): round(value, 6) for node, value in ranked if value > 5e-7}


def _shown(node: Node) -> str:
    return BELOW.join(node)


def _even(chances: Real) -> Flags:
    """Return whether a node of each task is as likely as not."""
    import numpy as np

    found: Flags = np.any(np.abs(chances - 0.5) <= EQUAL, axis=1)
    return found


def _confidences(chosen: Sequence[Chosen], chances: Real, shares: Real, n: Whole | Real) -> Real:
    """Return the chance that every node is right, (n_tasks,), as if they were independent.

    Nodes that are voted on come in once, with the one that is disputed most, by the rule of succession.
    """
    import numpy as np

    modelled = np.array([one.method in MODELS for one in chosen], dtype=bool)
    sure: Real = np.prod(np.maximum(chances, 1 - chances)[:, modelled], axis=1)
    behind = np.maximum(shares, 1 - shares)[:, ~modelled]
    if modelled.all() and len(chosen):
        return sure
    found: Real = sure * (behind.min(axis=1, initial=1.0) * n + 1) / (n + 2)
    return found


def _seen(step: Callable[[Block], Found], has: Whole, block: Block) -> Found:
    return step(_as_yes_or_no(has, block))


def _as_yes_or_no(has: Whole, block: Block) -> Block:
    import numpy as np

    annotators, labels = np.divmod(block.cells, len(has))
    return Block(block.starts, annotators * 2 + has[labels])


def _every_node(steps: Sequence[Callable[[Block], Real]], has: Whole, block: Block) -> Real:
    """Return the chance of each node, the share of judgments that have it, and how many judgments there are."""
    import numpy as np

    views = [_as_yes_or_no(row, block) for row in has]
    chances = [step(view)[:, 1] for step, view in zip(steps, views, strict=True)]
    shares = [shares_of(view, 2)[:, 1] for view in views]
    found: Real = np.stack([*chances, *shares, block.sizes().astype(float)], axis=1)
    return found
