"""Consensus on regions: spans of text, turns, segments of sound and film, boxes and polygons in pictures."""

from toolkit.consensus.regions.positions import PositionJudgments, position_judgments
from toolkit.consensus.regions.settling import settle_regions

__all__ = ["PositionJudgments", "position_judgments", "settle_regions"]
