"""Twice the text is twice the work, not four times: counted in lines of Python that run."""

import sys

import pytest

from toolkit.leaks import Person, Scanner, Secrets

GATE = Scanner(Secrets(people=tuple(Person(f"annot-{n:02d}", f"Ann Person{n}") for n in range(20))))


def lines_run(work):
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "part",
    [
        "annot-07 slow this week\n",
        "annot-07 slow ",
        "ada@labo.fr ",
        "slow Ann Person3 ",
        "-----BEGIN RSA PRIVATE KEY-----",
        "key: 9fceb02d0ae598e95dc970b74767f19372d61af8 ",
    ],
)
@pytest.mark.parametrize("ask", [GATE.scan, GATE.redact], ids=["scan", "redact"])
def test_twice_the_text_is_twice_the_work(ask, part):
    ask(part)  # what is made once is made now
    once, twice = (lines_run(lambda n=n: ask(part * n)) for n in (150, 300))
    assert twice < 2.5 * once


def test_long_texts_of_many_findings_are_searched():
    found = GATE.scan("annot-07 slow this week\n" * 20_000)
    assert sum(item.kind == "pseudonym" for item in found) == 20_000
    assert GATE.scan("eyJaaaaaaaaaaa-" * 20_000) == []
