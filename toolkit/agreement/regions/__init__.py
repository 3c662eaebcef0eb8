"""Agreement on regions: spans of text, turns, segments of sound and film, boxes and polygons in pictures."""

from toolkit.agreement.regions.measures import RegionMeasures, region_battery_parts
from toolkit.agreement.regions.tables import alpha_u, box_f1, position_alpha, span_f1

__all__ = ["RegionMeasures", "alpha_u", "box_f1", "position_alpha", "region_battery_parts", "span_f1"]
