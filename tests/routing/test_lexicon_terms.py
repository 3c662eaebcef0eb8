"""Terms are found as words: without case and accents, across elisions, with any ending only where that is asked."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ConfigError
from toolkit.routing.terms import Term, TermIndex, words_of

WORDS = st.lists(st.sampled_from(["taux", "d", "interet", "interets", "contrat", "contrats", "de", "travail", "x"]))
TERMS = ["taux d'intérêt*", "taux", "contrat*", "contrat de travail", "intérêt", "travail*"]


def found(text, *terms):
    index = TermIndex(Term.parse("d", term, 1) for term in terms)
    return {term.text: count for term, count in index.count(words_of(text)).items()}


@pytest.mark.parametrize(
    ("text", "term", "times"),
    [
        ("La DÉRIVÉE, la derivee", "dérivée", 2),
        ("de\u0301rive\u0301e", "dérivée", 1),
        ("l'actif et l’actif, d'actifs", "actif", 2),
        ("qu'obligations", "obligation*", 1),
        ("un œdème, un OEDÈME", "œdème", 2),
        ("Le taux d’intérêt, les taux d'intérêts", "taux d'intérêt*", 2),
        ("forward-looking and forward looking", "forward-looking", 2),
        ("les contrats de travail", "contrat* de travail", 1),
        ("contractor", "contract*", 1),
        ("subcontract", "contract*", 0),
        ("contracts", "contract", 0),
        ("un contrat", "contrat de travail", 0),
        ("contrat de", "contrat de travail", 0),
        ("CO₂ et co2", "co2", 2),
        ("<b>bo</b>nd <p class='bond'>", "bond", 0),
        ("<p>bond</p>&nbsp;d&eacute;riv&eacute;e", "dérivée", 1),
        ("a < bond and b > c", "bond", 1),
        ("see https://bond.example/bond?bond=1", "bond", 0),
        ("mal\u00adware mal\u200bware", "malware", 2),
        ("mal\x00ware \x07malware\x1b", "malware", 1),
        ("", "bond", 0),
    ],
)
def test_what_counts_as_a_term(text, term, times):
    assert found(text, term).get(term, 0) == times


def test_the_longest_term_uses_up_its_words():
    assert found("smart contracts bind", "smart contract*", "contract*") == {"smart contract*": 1}


def test_a_word_counts_once_a_domain_for_its_most_exact_term():
    assert found("virus", "virus", "viru*", "vir*") == {"virus": 1}
    assert found("viruses", "virus", "viru*", "vir*") == {"viru*": 1}


def test_a_word_counts_for_every_domain_that_has_it():
    index = TermIndex(Term.parse(domain, "virus", 1) for domain in ("medicine", "security"))
    assert sorted(term.domain for term in index.count(["virus"])) == ["medicine", "security"]


@pytest.mark.parametrize("term", ["", "  ", "*", "a* *", "anti*corps", "…", "*virus"])
def test_terms_that_cannot_be_looked_for_are_config_errors(term):
    with pytest.raises(ConfigError, match="finance"):
        Term.parse("finance", term, 1)


@given(WORDS)
def test_the_index_finds_what_a_search_word_by_word_finds(words):
    terms = [Term.parse("d", term, 1) for term in TERMS]
    expected, at = {}, 0
    while at < len(words):
        fitting = [term for term in terms if _stands(term, words[at : at + len(term.words)])]
        best = max(fitting, key=lambda term: (len(term.words), not term.stems[0]), default=None)
        if best is not None:
            expected[best.text] = expected.get(best.text, 0) + 1
        at += len(best.words) if best else 1
    assert {term.text: count for term, count in TermIndex(terms).count(words).items()} == expected


def _stands(term, words):
    return len(words) == len(term.words) and all(
        word.startswith(wanted) if stem else word == wanted
        for word, wanted, stem in zip(words, term.words, term.stems, strict=True)
    )


def test_thousands_of_terms_and_a_million_words_take_seconds():
    index = TermIndex(Term.parse("d", f"term{n}*", 1) for n in range(5_000))
    begin = time.process_time()
    counts = index.count(words_of("Les taux de term42 montent, dit-il. " * 150_000))
    assert sum(counts.values()) == 150_000
    assert time.process_time() - begin < 10
