"""How far annotators agree: named coefficients with intervals, undefined where they are undefined.

Names are loaded when they are first used, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.agreement.coefficients import (
        brennan_prediger,
        fleiss_kappa,
        gwet_ac1,
        gwet_ac2,
        krippendorff_alpha,
        krippendorff_alpha_of_counts,
        percent_agreement,
    )
    from toolkit.agreement.counts import CountEngine
    from toolkit.agreement.intraclass import icc
    from toolkit.agreement.kappas import cohen_kappa, conger_kappa, scott_pi
    from toolkit.agreement.labelsets import mean_jaccard, mean_path_similarity
    from toolkit.agreement.measuring import measure
    from toolkit.agreement.numeric import mean_absolute_difference
    from toolkit.agreement.rankings import kendall_tau_b, kendall_w, spearman_rho
    from toolkit.agreement.regions.tables import alpha_u, box_f1, position_alpha, span_f1
    from toolkit.agreement.report import (
        AgreementReport,
        AnnotatorAgreement,
        Coefficient,
        Drift,
        GroupAgreement,
        LabelAgreement,
        TaskAgreement,
    )
    from toolkit.agreement.sides import side_bias
    from toolkit.agreement.statistic import Level
    from toolkit.agreement.texts import mean_edit_distance, word_error_rate

__all__ = [
    "AgreementReport",
    "AnnotatorAgreement",
    "Coefficient",
    "CountEngine",
    "Drift",
    "GroupAgreement",
    "LabelAgreement",
    "Level",
    "TaskAgreement",
    "alpha_u",
    "box_f1",
    "brennan_prediger",
    "cohen_kappa",
    "conger_kappa",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "icc",
    "kendall_tau_b",
    "kendall_w",
    "krippendorff_alpha",
    "krippendorff_alpha_of_counts",
    "mean_absolute_difference",
    "mean_edit_distance",
    "mean_jaccard",
    "mean_path_similarity",
    "measure",
    "percent_agreement",
    "position_alpha",
    "scott_pi",
    "side_bias",
    "span_f1",
    "spearman_rho",
    "word_error_rate",
]

# Where each name lives.
_MODULES = {
    "AgreementReport": "report",
    "AnnotatorAgreement": "report",
    "Coefficient": "report",
    "CountEngine": "counts",
    "Drift": "report",
    "GroupAgreement": "report",
    "LabelAgreement": "report",
    "Level": "statistic",
    "TaskAgreement": "report",
    "alpha_u": "regions.tables",
    "box_f1": "regions.tables",
    "brennan_prediger": "coefficients",
    "cohen_kappa": "kappas",
    "conger_kappa": "kappas",
    "fleiss_kappa": "coefficients",
    "gwet_ac1": "coefficients",
    "gwet_ac2": "coefficients",
    "icc": "intraclass",
    "kendall_tau_b": "rankings",
    "kendall_w": "rankings",
    "krippendorff_alpha": "coefficients",
    "krippendorff_alpha_of_counts": "coefficients",
    "mean_absolute_difference": "numeric",
    "mean_edit_distance": "texts",
    "mean_jaccard": "labelsets",
    "mean_path_similarity": "labelsets",
    "measure": "measuring",
    "percent_agreement": "coefficients",
    "position_alpha": "regions.tables",
    "scott_pi": "kappas",
    "side_bias": "sides",
    "span_f1": "regions.tables",
    "spearman_rho": "rankings",
    "word_error_rate": "texts",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
