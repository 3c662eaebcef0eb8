"""Presidio's recognisers, as the gate asks them."""

import socket

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
        "192.168.1.1",
        "p. 100-120",
    ],
)
def test_dates_numbers_and_versions_are_nobodys(gate, text):
    assert gate.scan(text) == []
