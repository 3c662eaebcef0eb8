"""Nothing leaks: what must not leave is found in texts, rows and files, and leaked copies tell whose they were."""

from toolkit.leaks.canaries import CanarySet, Identified, canaries, identify
from toolkit.leaks.files import scan_paths, texts_in
from toolkit.leaks.findings import KINDS, Finding, is_allowed, split_allowed
from toolkit.leaks.known import GoldAnswer, Person, Secrets, is_confidential, terms_of
from toolkit.leaks.pieces import Unread
from toolkit.leaks.scanner import REDACTED, Scanner

__all__ = [  # noqa: RUF022 - sorted as Python sorts
    "CanarySet",
    "Finding",
    "GoldAnswer",
    "Identified",
    "KINDS",
    "Person",
    "REDACTED",
    "Scanner",
    "Secrets",
    "Unread",
    "canaries",
    "identify",
    "is_allowed",
    "is_confidential",
    "scan_paths",
    "split_allowed",
    "terms_of",
    "texts_in",
]
