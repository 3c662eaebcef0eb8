"""Colours, and how every chart looks, by day and by night."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Told apart by people who see colours otherwise, and against both backgrounds.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#3b7dc4", "#d9772b", "#2f9a7a", "#d1495b", "#8e6bbf", "#8a8f98"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, RED, GREY, "#b59a2c", "#4fb0c6")
TIERS: Mapping[str, str] = MappingProxyType(
    {"generalist": BLUE, "specialist": ORANGE, "adjudicator": PURPLE, "machine": GREY}
)
STATES: Mapping[str, str] = MappingProxyType(
    {"decided": GREEN, "escalated": PURPLE, "undecided": RED, "waiting": ORANGE, "unpublished": GREY}
)
DIVERGING = ("#e8935a", "#f3efe6", "#79aee0")  # below, at and above a middle; INK is legible on all of them
INK = "#1d232b"
PICTURE_WIDTH = 720  # of a picture of its own, where no page says how wide it is
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def config(*, dark: bool) -> dict[str, Any]:
    """Return what Vega-Lite takes as `config`."""
    text, muted, grid = ("#e6e9ee", "#a9b1bd", "#3a424e") if dark else ("#1d232b", "#545d69", "#dfe3e8")
    axis = {
        "labelColor": text,
        "titleColor": muted,
        "gridColor": grid,
        "domainColor": grid,
        "tickColor": grid,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 170,
        "titlePadding": 8,
    }
    return {
        "background": None,
        "font": _FONT,
        "view": {"stroke": None},
        "axis": axis,
        "legend": {
            "labelColor": text,
            "titleColor": muted,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 170,
            "orient": "top",
            "columns": 4,
            "symbolType": "square",
        },
        "title": {"color": text, "subtitleColor": muted, "anchor": "start"},
        "text": {"color": text},
        "rule": {"color": text},
        "tick": {"color": text},
        "range": {"category": list(PALETTE)},
    }
