"""The views of an agreement report: tables for people, rows for files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from toolkit.agreement.statistic import ALPHA
from toolkit.cli.common import say
from toolkit.cli.render import columns_of_terminal, decimal, percent, plain, print_table, shortened

if TYPE_CHECKING:
    from toolkit.agreement import AgreementReport, Coefficient, Drift, GroupAgreement

MAX_LISTED = 20
WIDE = 150  # columns from which on every coefficient is shown with its interval, not only alpha
AS_PERCENT = ("percent_agreement",)  # shown as a percentage
NAMES = {
    "percent_agreement": "agreement",
    "krippendorff_alpha": "alpha",
    "krippendorff_alpha_nominal": "alpha nominal",
    "gwet_ac1": "AC1",
    "gwet_ac2": "AC2",
    "cohen_kappa": "Cohen κ",
    "cohen_kappa_quadratic": "Cohen κ (quadratic)",
    "fleiss_kappa": "Fleiss κ",
    "conger_kappa": "Conger κ",
    "scott_pi": "Scott π",
    "icc_2_1": "ICC(2,1)",
    "kendall_w": "Kendall W",
    "kendall_tau_b": "tau-b",
    "alpha_u": "alpha u",
    "krippendorff_alpha_leaves": "alpha leaves",
    "mean_absolute_difference": "difference",
    "mean_edit_similarity": "likeness",
    "mean_path_similarity": "likeness",
    "mean_jaccard": "Jaccard",
    "word_error_rate": "word errors",
}
WEAKNESSES = {
    "undeclared_labels": "undeclared labels",
    "few_tasks": "few",
    "skewed_labels": "skewed",
    "undefined_resamples": "unstable",
    "expected_sampled": "sampled",
    "extent_unknown": "length guessed",
    "beyond_extent": "beyond the end",
}
LEGEND = (
    "tasks: those with two judgments or more. agreement: share of agreeing pairs per task. alpha: Krippendorff's, 1"
    " perfect, 0 as by chance; <: below what the domain pack wants. Trust an interval less where it says few (under"
    " 30 tasks), skewed (fewer than 10 tasks that the commonest label does not lead) or unstable (over 1 % of the"
    " resamples undefined)."
)


def print_view(report: AgreementReport, view: str, targets: Mapping[str, float]) -> None:
    """Print one view of a report."""
    typer.echo(f"{report.n_judgments} judgments of {report.n_annotators} annotators on {report.n_tasks} tasks\n")
    _PRINTERS[view](report, targets)
    if report.n_repeats_dropped:
        say(f"{report.n_repeats_dropped} repeated answers (same task, annotator and control): the latest counts")
    if report.n_without_label:
        say(f"{report.n_without_label} rows without a label left out")


def rows_of(report: AgreementReport, view: str) -> list[dict[str, Any]]:
    """Return the rows of a view, for a file."""
    return _ROWS[view](report)


# --- overall: a table per control


def _print_overall(report: AgreementReport, targets: Mapping[str, float]) -> None:
    controls: dict[tuple[str, str, tuple[str, ...]], list[GroupAgreement]] = defaultdict(list)
    alone = [group for group in report.groups if group.n_annotators < 2]
    for group in report.groups:
        if group.n_annotators >= 2:
            controls[group.control, group.why, group.shown].append(group)
    for (control, why, _), groups in controls.items():
        common, own = _common_and_own(groups)
        rows = [_overall_row(group, targets) for group in groups]
        columns = [name for name in rows[0] if name != "|most used" or any(group.labels for group in groups)]
        named = len(groups) > 1
        cells = [
            [*([name] if named else []), *(row[one] for one in columns)] for name, row in zip(own, rows, strict=True)
        ]
        title = f"{control} ({groups[0].kind}){', ' if common else ''}{common}"
        print_table(title, [*(["|group"] if named else []), *columns], cells, caption=why)
    if controls:
        typer.echo(f"\n{LEGEND}")
    if alone:
        say(f"{len(alone)} of {len(report.groups)} groups have one annotator, so no agreement; --json lists them")


def _common_and_own(groups: Sequence[GroupAgreement]) -> tuple[str, list[str]]:
    """Return what the names of groups have in common, and what is left of each."""
    shared = [name for name in groups[0].by if len({group.by[name] for group in groups}) == 1]
    common = "/".join(str(groups[0].by[name] or "–") for name in shared)
    return common, ["/".join(str(group.by[name] or "–") for name in group.by if name not in shared) for group in groups]


def _overall_row(group: GroupAgreement, targets: Mapping[str, float]) -> dict[str, Any]:
    alpha = group.coefficients[ALPHA]
    used = sorted(((part, label) for label, part in group.labels.items() if part), key=lambda item: (-item[0], item[1]))
    label = f"{shortened(used[0][1], 18)} {percent(used[0][0])}" if used else ""
    flags = {flag for name in group.shown for flag in group.coefficients[name].flags}
    notes = [name for flag, name in WEAKNESSES.items() if flag in flags][:2]  # --json gives all
    target = targets.get(group.by.get("domain") or "")
    if target is not None and alpha.value is not None and alpha.value < target:
        notes.insert(0, f"<{target:g}")
    with_limits = group.shown if columns_of_terminal() >= WIDE else (ALPHA,)
    return {
        ">tasks": alpha.n_tasks,
        ">annotators": group.n_annotators,
        **{f"|{_name(name)}": _estimate(name, group.coefficients[name], name in with_limits) for name in group.shown},
        "|most used": label,
        "|notes": ", ".join(notes),
    }


def _where(item: Any) -> str:
    return "/".join("–" if value is None else value for value in item.by.values())


def _estimate(name: str, one: Coefficient, with_limits: bool = True) -> str:
    if one.value is None:
        return f"– {(one.reason or '').replace('_', ' ')}"
    if name in AS_PERCENT:
        return percent(one.value)
    limits = "" if one.low is None or not with_limits else f" [{decimal(one.low)}, {decimal(one.high)}]"
    return f"{decimal(one.value)}{limits}"


def _name(measure: str) -> str:
    return NAMES.get(measure, measure.replace("_", " "))


# --- the other views


def _print_labels(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    for group in report.groups:
        rows = [
            (shortened(one.label, 30), one.n_judgments, percent(one.share), one.specific_agreement,
             _estimate("krippendorff_alpha", one.coefficients["krippendorff_alpha"]))
            for one in group.per_label[:MAX_LISTED]
        ]  # fmt: skip
        print_table(
            " ".join(filter(None, (_where(group), group.control))),
            ("label", ">judgments", ">share", ">specific agreement", "|alpha [95 %]"),
            rows,
            caption="each label against all others" + _cut(len(group.per_label)),
        )


def _print_annotators(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    listed = sorted(report.annotators, key=lambda one: (one.agreement is None, one.agreement or 0.0, one.annotator))
    rows = [
        (one.annotator, one.control, _where(one), one.n_judgments, one.n_tasks, _share(one.agreement),
         one.alpha_without, _share(one.self_agreement), one.n_skipped, one.median_lead_time_s)
        for one in listed[:MAX_LISTED]
    ]  # fmt: skip
    print_table(
        "Annotators, least agreement first",
        ("annotator", "control", "group", ">judgments", ">shared tasks", ">agreement with the rest", ">alpha without",
         ">self", ">skipped", ">median s"),
        rows,
        caption="alpha without: the group's, had this annotator not been there. self: share of repeated answers that"
        " are as before." + _cut(len(listed)),
    )  # fmt: skip


def _print_pairs(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    from heapq import nsmallest

    def rank(row: Mapping[str, Any]) -> tuple[bool, float]:
        return (row["cohen_kappa"] is None, row["cohen_kappa"] or 0.0)

    rows = [
        (row["first"], row["second"], row["control"], "/".join(value or "–" for value in row["by"].values()),
         row["n_shared"], percent(row["agreement"]), row["cohen_kappa"])
        for row in nsmallest(MAX_LISTED, report.pairs, key=rank)
    ]  # fmt: skip
    print_table(
        "Pairs, least kappa first",
        ("annotator", "with", "control", "group", ">shared tasks", ">agreement", ">Cohen κ"),
        rows,
        caption=f"pairs that share {report.min_shared} tasks or more (--min-shared)" + _cut(len(report.pairs)),
    )
    if not rows:
        say(f"no two annotators share {report.min_shared} tasks; --min-shared lowers that")


def _print_tasks(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    listed = sorted(report.tasks, key=lambda one: (one.agreement, -one.n_judgments, one.task, one.control))
    rows = [
        (one.task, one.control, _where(one), one.n_judgments, percent(one.agreement),
         shortened(", ".join(f"{label} {n}" for label, n in one.labels.items())))
        for one in listed[:MAX_LISTED]
    ]  # fmt: skip
    print_table(
        "Tasks, least agreement first",
        ("task", "control", "group", ">judgments", ">agreement", "answers"),
        rows,
        caption="of each control and group at most 20 are known here" + _cut(len(listed)),
    )
    if not rows:
        say("annotators agree on every task")


def _print_changes(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    for drift in report.changes:
        rows = [(one.period, one.n_tasks, percent(one.agreement), one.alpha) for one in drift.periods]
        print_table(
            " ".join(filter(None, (_where(drift), drift.control, "by", drift.column.replace("_", " ")))),
            ("week from" if drift.column == "week" else "version", ">tasks", ">agreement", ">alpha"),
            rows,
            caption=_tested(drift),
        )
    if not report.changes:
        say("the judgments have neither created_at nor config_version")


def _tested(drift: Drift) -> str:
    if drift.p is None:
        return f"not tested: {(drift.reason or '').replace('_', ' ')}"
    word = "changed" if (drift.p_adjusted or 0) < 0.05 else "no change seen"
    return (
        f"{word}: Kruskal-Wallis H {decimal(drift.statistic)}, p {decimal(drift.p, 3)}, {decimal(drift.p_adjusted, 3)}"
        " adjusted for the number of tests"
    )


def _print_confusions(report: AgreementReport, targets: Mapping[str, float]) -> None:  # noqa: ARG001
    for group in report.confusions:
        rows = [
            (shortened(one.first, 30), shortened(one.second, 30), one.n_pairs, decimal(one.expected, 1), one.n_tasks,
             percent(one.share_of_first), percent(one.share_of_second))
            for one in group.most[:MAX_LISTED]
        ]  # fmt: skip
        print_table(
            " ".join(filter(None, (_where(group), group.control))),
            ("label", "against", ">pairs", ">by chance", ">tasks", ">of the first", ">of the other"),
            rows,
            caption=f"{group.n_differing} of {group.n_pairs} pairs of judgments of one task differ. of the first: of"
            " the pairs that have this label, those with the other" + _cut(group.n_confused),
        )
    if not any(group.most for group in report.confusions):
        say("no two single labels stand against each other; --json says why for each group")


def _share(value: float | None) -> str | None:
    return None if value is None else percent(value)


def _cut(total: int) -> str:
    return f"; the first {MAX_LISTED} of {total}, --json or --output give all" if total > MAX_LISTED else ""


# --- rows for files


def _overall_rows(report: AgreementReport) -> list[dict[str, Any]]:
    return [
        {**group.by, "control": group.control, "kind": group.kind, "coefficient": name} | _flat(coefficient)
        for group in report.groups
        for name, coefficient in group.coefficients.items()
    ]


def _label_rows(report: AgreementReport) -> list[dict[str, Any]]:
    return [
        {**group.by, "control": group.control, "label": one.label, "n_judgments": one.n_judgments, "share": one.share,
         "specific_agreement": one.specific_agreement, "coefficient": name} | _flat(coefficient)
        for group in report.groups
        for one in group.per_label
        for name, coefficient in one.coefficients.items()
    ]  # fmt: skip


def _flat(coefficient: Coefficient) -> dict[str, Any]:
    shown: dict[str, Any] = plain(coefficient)
    least, greatest = shown.pop("without_one") or (None, None)
    test = shown.pop("test")
    return {
        **shown,
        "flags": ", ".join(shown["flags"]),
        "without_one_low": least,
        "without_one_high": greatest,
        "test": ", ".join(f"{name} {value:g}" for name, value in test.items()),
    }


def _with_groups(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row["by"], **{name: value for name, value in row.items() if name != "by"}}


def _change_rows(report: AgreementReport) -> list[dict[str, Any]]:
    return [
        {**drift.by, "control": drift.control, "column": drift.column, **plain(period), "p_adjusted": drift.p_adjusted}
        for drift in report.changes
        for period in drift.periods
    ]


def _confusion_rows(report: AgreementReport) -> list[dict[str, Any]]:
    return [{**group.by, "control": group.control, **plain(one)} for group in report.confusions for one in group.most]


_PRINTERS: Mapping[str, Callable[[AgreementReport, Mapping[str, float]], None]] = {
    "overall": _print_overall,
    "labels": _print_labels,
    "annotators": _print_annotators,
    "pairs": _print_pairs,
    "tasks": _print_tasks,
    "changes": _print_changes,
    "confusions": _print_confusions,
}
_ROWS: Mapping[str, Callable[[AgreementReport], list[dict[str, Any]]]] = {
    "overall": _overall_rows,
    "labels": _label_rows,
    "annotators": lambda report: [_with_groups(plain(one)) for one in report.annotators],
    "pairs": lambda report: [_with_groups(row) for row in report.pairs],
    "tasks": lambda report: [_with_groups(plain(one)) for one in report.tasks],
    "changes": _change_rows,
    "confusions": _confusion_rows,
}
