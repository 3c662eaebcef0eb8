"""Single figures as SVG or PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.reports import theme
from toolkit.reports.page import Figure, Page
from toolkit.reports.writing import write_whole

SUFFIXES = (".svg", ".png")


def write_picture(page: Page, figure: str, path: Path) -> Figure:
    """Write one figure of a report as a picture.

    Raises
    ------
    InputError
        There is no such figure, it has no picture, or the file's suffix names neither SVG nor PNG.
    StorageError
        The file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: pictures are written as .svg or .png; the suffix says which.")
    found = _figure(page, figure)
    write_whole(path, _drawn(found, path.suffix.lower()))
    return found


def _figure(page: Page, name: str) -> Figure:
    figures = page.figures()
    drawn = [one.id for one in figures.values() if one.chart is not None]
    if name in figures and figures[name].chart is not None:
        return figures[name]
    if name in figures:
        why = figures[name].undefined or "it is a table"
        raise InputError(f"There is no picture of {name}: {why}.", hint=f"there are {', '.join(drawn) or 'none'}.")
    raise InputError(f"No figure is called {name!r}.", hint=f"there are {', '.join(drawn) or 'none'}.")


def _drawn(figure: Figure, suffix: str) -> bytes:
    import vl_convert

    looks: dict[str, Any] = {**theme.config(dark=False), "background": "white"}
    chart = {**(figure.chart or {}), "width": theme.PICTURE_WIDTH, "title": figure.title}
    if suffix == ".svg":
        return vl_convert.vegalite_to_svg(chart, config=looks).encode("utf-8")
    return bytes(vl_convert.vegalite_to_png(chart, config=looks, scale=2))
