"""Exact counting over judgments, in SQL."""
