"""Agreement that wants attention: below what was wanted, or not what it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from toolkit.agreement.statistic import ALPHA
from toolkit.models import ProjectKey, Tier
from toolkit.wording import count
from toolkit.workflow.measures import WorkspaceAgreement
from toolkit.workflow.wanting import Concern, Places

SIGNIFICANT = 0.05  # adjusted for the number of tests
FEW = "few_tasks"  # an interval says little then
COLUMNS = {"week": "the week of {}", "config_version": "version {}"}


def below_target(agreement: WorkspaceAgreement, places: Places) -> Iterator[Concern]:
    """Yield the controls whose alpha is below their pack's target; urgent where the whole interval is."""
    found = []
    for one in agreement.report.groups:
        alpha, target = one.coefficients[ALPHA], agreement.targets.get(str(one.by.get("domain")))
        if target is None or alpha.value is None or alpha.value >= target:
            continue
        sure = alpha.high is not None and alpha.high < target and FEW not in alpha.flags
        found.append((not sure, alpha.value - target, one, alpha, target))
    found.sort(key=lambda item: (item[0], item[1], item[2].control, _place(item[2].by)))
    for unsure, _, one, alpha, target in found:
        known = alpha.low is not None and alpha.high is not None
        between = f", 95 % {alpha.low:.3f} to {alpha.high:.3f}" if known else ", without an interval"
        yield Concern(
            f"Alpha of {one.control} in {_place(one.by)} is {alpha.value:.3f}{between}; wanted is {target:g}"
            f" ({count(alpha.n_tasks, 'task')}, {count(one.n_annotators, 'annotator')}).",
            advice="it may be chance: collect more answers, and look at what people differ on with `toolkit agreement`"
            if unsure
            else "make the guideline clearer, or collect more answers; `toolkit agreement` shows where people differ",
            urgent=not unsure,
            link=_link(one.by, places),
        )


def drifting(agreement: WorkspaceAgreement, places: Places) -> Iterator[Concern]:
    """Yield what changed from period to period by more than chance explains, the surest first."""
    changed = [one for one in agreement.report.changes if one.p_adjusted is not None and one.p_adjusted < SIGNIFICANT]
    for one in sorted(changed, key=lambda drift: (drift.p_adjusted or 0.0, drift.control, _place(drift.by))):
        first, last = one.periods[0], one.periods[-1]
        named = COLUMNS.get(one.column, "{}")
        yield Concern(
            f"Agreement on {one.control} in {_place(one.by)} went from {first.agreement:.3f} in"
            f" {named.format(first.period)} to {last.agreement:.3f} in {named.format(last.period)}"
            f" (p = {one.p_adjusted:.2g}, adjusted).",
            advice="look at what changed then: people, material, guideline",
            link=_link(one.by, places),
        )


def _place(by: Mapping[str, str | None]) -> str:
    return "/".join(value or "–" for value in by.values())


def _link(by: Mapping[str, str | None], places: Places) -> tuple[str, str] | None:
    domain, config, tier = (by.get(name) for name in ("domain", "config", "tier"))
    if domain is None or config is None or tier not in list(Tier):
        return None
    return places.project(ProjectKey(domain, config, Tier(tier)))
