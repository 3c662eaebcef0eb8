"""The views of a consensus report: tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from toolkit.cli.common import say
from toolkit.cli.render import confidence, percent, plain, print_table, shortened

if TYPE_CHECKING:
    from toolkit.consensus.calibration import Reliability
    from toolkit.consensus.categorical import Calibration, Rules
    from toolkit.consensus.comparisons import Strengths
    from toolkit.consensus.estimating import AnsweredControl, ConsensusReport
    from toolkit.consensus.summary import ConsensusSummary, Known
    from toolkit.workflow.provenance import Provenance

MAX_LISTED = 30


def summary(report: ConsensusReport, found: ConsensusSummary) -> dict[str, Any]:
    """Return everything but the tasks, for JSON."""
    return {
        "engine": report.engine,
        "n_tasks": report.n_tasks,
        "n_annotators": report.n_annotators,
        "n_judgments": report.n_judgments,
        "n_repeats_dropped": report.n_repeats_dropped,
        "n_without_label": report.n_without_label,
        "controls": [
            {
                "control": one.control,
                "kind": one.kind,
                "by": dict(one.by),
                "n_tasks": one.n_tasks,
                "n_judgments": one.n_judgments,
                "labels": list(one.labels),
                "method": one.method,
                "reason": one.reason,
                "calibration": plain(one.calibration),
                "outcomes": outcome.outcomes,
                "why_not_counted": outcome.reason or None,
                "confidences": outcome.confidences,
                "mean_confidence": outcome.mean_confidence,
                "accuracies": outcome.accuracies,
            }
            for one, outcome in zip(report.controls, found.controls, strict=True)
        ],
        "reviewed": {"n_known": found.n_known, "reliability": found.reliability},
        "annotators": [{"by": dict(one.by), **plain(found)} for one in report.controls for found in one.annotators()],
    }


class Tables:
    """Prints a report, one table a control."""

    def __init__(
        self, report: ConsensusReport, rules: Callable[[AnsweredControl], Rules], known: Known | None = None
    ) -> None:
        self._report, self._rules, self._known = report, rules, known

    def print(self, view: str) -> None:
        """Print one view."""
        report = self._report
        typer.echo(f"{report.n_judgments} judgments of {report.n_annotators} annotators on {report.n_tasks} tasks\n")
        shown = {"tasks": self._tasks, "annotators": self._annotators, "reliability": self._reliability}[view]
        if view == "reliability" and self._known is not None:
            self._reviewed(self._known)
        for one in report.controls:
            shown(one)
        if report.n_without_label:
            say(f"{report.n_without_label} rows without a label left out")

    def _tasks(self, one: AnsweredControl) -> None:
        found = one.consensus(self._rules(one))
        counts: Counter[str] = Counter()
        listed = list(islice(found, MAX_LISTED))
        counts.update(str(item.status) for item in listed)
        counts.update(str(item.status) for item in found)
        told = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in sorted(counts.items()))
        print_table(
            f"{_name(one)}: {told}",
            ("task", "label", "status", ">confidence", ">support", "reason"),
            [
                (
                    item.task,
                    shortened(item.label or "–", 40),
                    item.status.value.replace("_", " "),
                    confidence(item.confidence),
                    confidence(item.support),
                    item.reason,
                )
                for item in listed
            ],
            caption=f"{one.method}: {one.reason}; {_rests_on(one.calibration)}{_cut(counts.total())}",
        )

    def _annotators(self, one: AnsweredControl) -> None:
        rows = []
        for found in one.annotators():
            leaning = max(found.bias.items(), key=lambda item: item[1])
            rows.append(
                (
                    found.annotator,
                    found.n_judgments,
                    confidence(found.reliability),
                    f"{shortened(leaning[0], 20)} +{percent(leaning[1])}" if leaning[1] > 0 else "–",
                    _errors(found.confusion),
                )
            )
        if not rows:
            typer.echo(f"{_name(one)}: annotators of {one.kind} answers have no confusion matrix\n")
            return
        print_table(
            f"{_name(one)}: annotators",
            ("annotator", ">judgments", ">reliability", "says too often", "commonest errors"),
            sorted(rows, key=lambda row: (row[2], row[0])),
            caption=f"{one.method}: reliability is the chance of giving the right label, as the labels found tell",
        )

    def _reliability(self, one: AnsweredControl) -> None:
        calibration = one.calibration
        if calibration is None or calibration.reliability is None:
            n_gold = 0 if calibration is None else calibration.n_gold
            typer.echo(
                f"{_name(one)}: no reliability table, for {n_gold} tasks have gold and ten are needed (--gold)\n"
            )
            return
        _print_reliability(
            f"{_name(one)}: stated confidence against gold, {calibration.n_gold} tasks",
            calibration.reliability,
            "each task by what the others taught",
        )

    def _reviewed(self, known: Known) -> None:
        from toolkit.consensus.summary import summarize

        found = summarize(self._report, self._rules, known).reliability
        if found is not None:
            caption = "right: the label is the one of a reviewer who did not know it"
            _print_reliability(f"All controls: stated confidence against reviews, {found.n} labels", found, caption)


def _print_reliability(title: str, found: Reliability, caption: str) -> None:
    print_table(
        title,
        ("stated", ">n", ">mean stated", ">right"),
        [(f"{b.low:.1f} to {b.high:.1f}", b.n, confidence(b.stated), confidence(b.right)) for b in found.bins],
        caption=f"right {percent(found.accuracy)}, stated {percent(found.mean_confidence)}; expected calibration"
        f" error {found.expected_calibration_error:.3f}; {caption}",
    )


def print_provenance(found: Sequence[Provenance]) -> None:
    """Print who settled what is decided."""
    from toolkit.workflow.provenance import SETTLERS

    print_table(
        "Who settled what is decided",
        ("domain", ">decided", *(f">{name}" for name in SETTLERS)),
        [
            (
                one.domain or "overall",
                one.n_decided,
                *(
                    f"{one.settled_by[name]} ({percent(one.settled_by[name] / one.n_decided)})" if one.n_decided else 0
                    for name in SETTLERS
                ),
            )
            for one in found
        ],
        caption="a task counts once for each label config; adjudicated: ruled, or changed by a review",
    )


def print_items(control: str, found: Strengths) -> None:
    """Print the strengths of compared items, those that can be compared with each other together."""
    print_table(
        f"{control}: {len(found.items)} items, {found.n_comparisons} comparisons",
        (">group", ">rank", "item", ">strength", ">± error", ">comparisons"),
        [
            (one.component + 1, one.rank, shortened(one.item, 40), one.strength, one.standard_error, one.n_comparisons)
            for one in found.items[:MAX_LISTED]
        ],
        caption=f"Bradley-Terry, log-odds with a ridge of {found.ridge:g}; strengths compare within a group."
        f" {found.reason}{_cut(len(found.items))}",
    )


def _name(one: AnsweredControl) -> str:
    where = "/".join(str(value) for value in one.by.values())
    return f"{one.control} ({one.kind})" + (f", {where}" if where else "")


def _rests_on(calibration: Calibration | None) -> str:
    if calibration is None:
        return "support: how far annotators are behind it"
    if calibration.source == "gold":
        return f"confidence learnt from {calibration.n_gold} gold tasks"
    return "confidence shrunk, no gold to learn from"


def _cut(total: int) -> str:
    return f"; the first {MAX_LISTED} of {total}, --json or --output give all" if total > MAX_LISTED else ""


def _errors(confusion: Mapping[str, Mapping[str, float]]) -> str:
    """Return what somebody most often says instead of what is right."""
    errors = [
        (share, right, given) for right, row in confusion.items() for given, share in row.items() if right != given
    ]
    worst = sorted(errors, key=lambda item: (-item[0], item[1:]))[:2]
    return ", ".join(
        f"{shortened(given, 15)} for {shortened(right, 15)} {percent(share)}" for share, right, given in worst
    )
