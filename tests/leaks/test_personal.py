"""Presidio's recognisers, as the gate asks them."""

import os
import socket
import subprocess
import sys

import pytest

from toolkit.leaks import Scanner

pytest.importorskip("presidio_analyzer")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def gate():
    return Scanner(personal=True)


@pytest.mark.parametrize(
    "text",
    [
        "card 4111 1111 1111 1111",
        "IBAN FR1420041010050500013M02606",
        "call +33 6 12 34 56 78",
        "ou le 06 12 34 56 78",
        "(212) 555-0123 at night",
        "from 8.8.4.4 today",
    ],
)
def test_personal_data_is_found_without_the_network(gate, monkeypatch, text):
    def refuse(*_):
        raise AssertionError("the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert [item.kind for item in gate.scan(text)] == ["personal"]


@pytest.mark.parametrize(
    "text",
    [
        "2025-09-12 10:30",
        "20250912",
        "12345678",
        "3.14159 and 2.71828",
        "1999-2003",
        "version 1.2.3.4",
        "section 3.1.4.1",
        "Sections 3.1.4.1, 3.1.4.2 and 3.1.4.3",
        "see § 3.1.4.1 or chapter 12.1.4.1",
        "v3.1.4.1",
        "(clause 4.3.2.1)",
        "192.168.1.1",
        "p. 100-120",
    ],
)
def test_dates_numbers_and_versions_are_nobodys(gate, text):
    assert gate.scan(text) == []


def test_an_address_after_other_words_is_personal(gate):
    assert [item.kind for item in gate.scan("in section B, 8.8.4.4 was logged")] == ["personal"]


def test_presidio_is_loaded_without_a_word():
    code = "import os; from toolkit.leaks import Scanner; Scanner(personal=True); print(os.environ.get(NAME))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRANSFORMERS_")}
    code = code.replace("NAME", repr("TRANSFORMERS_NO_ADVISORY_WARNINGS"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert (done.stdout.strip(), done.stderr) == ("None", "")
