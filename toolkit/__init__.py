"""Annotation workflow on Label Studio community: routing, agreement, consensus, escalation and releases."""

__version__ = "0.1.0"
