"""Languages are told quietly, without any download, and not guessed where the text is too short."""

import subprocess
import sys

import pytest

from toolkit.documents import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le tribunal a condamné la société à payer des dommages et intérêts.", "fr"),
        ("The court ordered the company to pay damages to the claimant.", "en"),
        ("Das Gericht verurteilte die Gesellschaft zur Zahlung von Schadenersatz.", "de"),
        ("TOUT EN CAPITALES : LE PATIENT A REÇU LA BONNE DOSE DU MÉDICAMENT", "fr"),
        ("法院判决该公司向原告支付损害赔偿金，并承担全部诉讼费用和利息。", "zh"),
        ("Première ligne du texte\r\nseconde ligne du texte\x07", "fr"),
    ],
)
def test_languages_are_told(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "hola", "OK", "12 345,67 € " * 20, "\x00\x01", "\ud800" * 50, "zq" * 40])
def test_what_cannot_be_told_is_none(text):
    assert detect_language(text) is None


def test_detection_prints_nothing():
    code = "from toolkit.documents import detect_language; detect_language('Une phrase tout à fait ordinaire.')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"")
