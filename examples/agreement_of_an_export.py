"""Agreement of a Label Studio export, as Label Studio writes it, with the functions behind `toolkit agreement`."""

from pathlib import Path

from toolkit.agreement import measure
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.labelconfig import read_controls
from toolkit.labelstudio.convert import judgments_from_export

HERE = Path(__file__).parent

controls = read_controls((HERE / "export_config.xml").read_text(encoding="utf-8"))
judgments = judgments_from_export(HERE / "export.json", controls)
report = measure(judgments, engine=DuckDBEngine(), labels={control.name: control.labels for control in controls})

print(f"{report.n_judgments} judgments of {report.n_annotators} annotators on {report.n_tasks} tasks")
for group in report.groups:
    alpha = group.coefficients["krippendorff_alpha"]
    value = f"undefined ({alpha.reason})" if alpha.value is None else f"{alpha.value:.2f}"
    print(f"{group.control:<12} alpha {value}, on {alpha.n_tasks} tasks; {', '.join(alpha.flags) or 'no reservations'}")
