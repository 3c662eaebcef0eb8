"""Datasets: records, splits, formats and the manifest."""
