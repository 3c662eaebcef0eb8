"""The picture of an overlap policy: what accuracy costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, StorageError

if TYPE_CHECKING:
    from toolkit.consensus.replay import Comparison

WIDTH, HEIGHT = 520, 340
COLOURS = {"policy": "#1b6ca8", "fixed, weighed": "#c05a1f", "fixed, vote": "#7a7a7a"}


def write_plot(found: Comparison, path: Path) -> None:
    """Write cost against accuracy as a PNG or SVG file.

    Raises
    ------
    InputError
        Accuracy is not known.
    StorageError
        The file cannot be written.
    """
    if found.chosen.outcome.accuracy is None:
        raise InputError("Without gold there is no accuracy to draw.", hint="give the right labels: --gold FILE.")
    import altair as alt

    rows = [_row(one) for one in (*found.others, *found.fixed)]
    x = alt.X("cost:Q", title="cost a task", scale=alt.Scale(zero=False, nice=True))
    y = alt.Y("accuracy:Q", title="share of right labels", scale=alt.Scale(zero=False, nice=True))
    colour = alt.Color("way:N", title=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())))
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y, color=colour)
    order = alt.Order("cost:Q")
    lines = base.mark_line(strokeWidth=2).encode(order=order)
    points = base.mark_point(filled=True, size=45)
    names = base.mark_text(align="left", dx=7, dy=10, fontSize=10).encode(text="name:N")
    chosen = alt.Chart(alt.Data(values=[_row(found.chosen)])).mark_point(size=220, strokeWidth=2.5, color="#1b6ca8")
    picture = alt.layer(lines, points, names, chosen.encode(x=x, y=y)).properties(
        width=WIDTH, height=HEIGHT, title="What accuracy costs: numbers are targets and answers, the ring is the policy"
    )
    try:
        picture.save(str(path), scale_factor=2) if path.suffix.lower() == ".png" else picture.save(str(path))
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error}.", hint="check the folder and the disk.") from error


def _row(trial: Any) -> dict[str, Any]:
    name = f"{trial.target:g}" if trial.overlap is None else str(trial.overlap)
    return {"way": trial.name, "cost": trial.outcome.cost, "accuracy": trial.outcome.accuracy, "name": name}
