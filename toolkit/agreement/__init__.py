"""How far annotators agree: named coefficients with intervals, undefined where they are undefined."""
