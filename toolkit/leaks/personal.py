"""Personal data by Presidio's pattern recognisers: no model, no download, no network."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
from collections.abc import Iterator
from typing import Any

from toolkit.errors import InputError
from toolkit.leaks.folding import Folded
from toolkit.leaks.matches import Match

MIN_SCORE = 0.5
# Presidio's own test for telephone numbers takes dates and amounts and is slow; it is asked only about these.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,3}[\d\s().-]{6,}\d|0\d(?:[\s.-]?\d\d){4}|\(\d{3}\)\s?\d{3}[.\s-]\d{4}"
    r"|\d{3}[.\s-]\d{3}[.\s-]\d{4})(?![\w-])"
)
_MAY = re.compile(
    r"\d[\d\s-]{6,}\d|\d+\.\d+\.\d+\.\d+|[A-Z]{2}\d\d[A-Z0-9 ]{8,}|[0-9a-f]*:[0-9a-f]*:|\b(?:bc1|[13])[a-zA-Z0-9]{20,}"
)
# Before the number of a section or a version, which may be one of several.
_NUMBERED = re.compile(
    r"(?i)(?:§|\b(?:sections?|sect?|sec|subsections?|versions?|vers|v|releases?|revisions?|rev|builds?|chapters?|chap|ch|chapitres?|"
    r"clauses?|articles?|art|appendix|appendices|annex(?:es?)?|paragraphs?|para|parts?|figures?|fig|tables?|rules?|items?|steps?|"
    r"exercises?|theorems?|lemmas?))(?:\s*[.:#(]{0,2}|\s+n(?:o|°|\.)\.?)\s*(?:\d+(?:\.\d+)+\s*(?:,|;|-|–|/|\b(?:and|or|to|et|ou)\b)\s*){0,5}$"
)
_BEFORE = 60  # characters before a number that tell what it counts


class PersonalData:
    """Payment cards, IBANs, public IP addresses, social security numbers, wallets and telephone numbers.

    Presidio's recogniser of e-mail addresses is left out: it asks the network for the list of domain endings, and
    addresses are found anyway. So are those of dates, names and places, which need a model.

    Raises
    ------
    InputError
        Presidio is not installed.
    """

    def __init__(self) -> None:
        try:
            with _without_advice():
                from presidio_analyzer import predefined_recognizers as known
        except ImportError as error:
            raise InputError(
                "Personal data cannot be looked for: Presidio is not installed.",
                hint="pip install 'annotation-toolkit[presidio]', or leave --personal-data out.",
            ) from error
        classes = ("CreditCardRecognizer", "IbanRecognizer", "IpRecognizer", "UsSsnRecognizer", "CryptoRecognizer")
        self._recognizers: list[Any] = [getattr(known, name)() for name in classes]
        self._phones: Any = known.PhoneRecognizer()

    def __call__(self, text: Folded) -> Iterator[Match]:
        """Yield what is personal in a text."""
        plain = text.plain
        phones = [match.span() for match in _PHONE.finditer(plain)]
        if not phones and not _MAY.search(plain):
            return
        for recognizer in self._recognizers:
            for result in recognizer.analyze(plain, recognizer.supported_entities, None):
                value = plain[result.start : result.end]
                if result.score >= MIN_SCORE and _counts(
                    result.entity_type, value, plain[max(0, result.start - _BEFORE) : result.start]
                ):
                    yield Match("personal", result.start, result.end, value)
        for start, end in phones:
            if self._phones.analyze(plain[start:end], self._phones.supported_entities, None):
                yield Match("personal", start, end, re.sub(r"\D", "", plain[start:end]))


def _counts(entity: str, value: str, before: str) -> bool:
    """Tell whether a result is somebody's: addresses within networks, versions and sections are nobody's."""
    if entity != "IP_ADDRESS":
        return True
    try:
        return ipaddress.ip_address(value).is_global and not _NUMBERED.search(before)
    except ValueError:
        return False


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """Keep transformers, which Presidio imports, from advising to install PyTorch; whatever is wrong it still says."""
    name = "TRANSFORMERS_NO_ADVISORY_WARNINGS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
