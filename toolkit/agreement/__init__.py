"""How far annotators agree: named coefficients with intervals, undefined where they are undefined."""

from toolkit.agreement.coefficients import krippendorff_alpha, percent_agreement
from toolkit.agreement.counts import CountEngine, GroupCounts, JudgmentCounts, Patterns
from toolkit.agreement.report import AgreementReport, Coefficient, GroupAgreement, measure

__all__ = [
    "AgreementReport",
    "Coefficient",
    "CountEngine",
    "GroupAgreement",
    "GroupCounts",
    "JudgmentCounts",
    "Patterns",
    "krippendorff_alpha",
    "measure",
    "percent_agreement",
]
