"""The packs that come with the toolkit send plain passages to specialists, and whole news articles to none of them."""

from pathlib import Path

import pytest

from toolkit.documents import read_documents, split_document
from toolkit.models import Document, Queue
from toolkit.packs import FALLBACK_DOMAIN, bundled_configs, load_packs
from toolkit.routing import LexiconRouter

SEEDS = Path(__file__).resolve().parent.parent.parent / "seeds"


@pytest.fixture(scope="module")
def router():
    return LexiconRouter(load_packs(bundled_configs() / "domains"))


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.fr.md")), ids=lambda path: path.name)
def test_no_whole_digest_goes_to_a_specialist_queue(router, path):
    [document] = read_documents([path])
    assert isinstance(document, Document)
    [task] = split_document(document, max_chars=100_000, max_turns=30)
    assert router.route(task).domain == FALLBACK_DOMAIN


@pytest.mark.parametrize(
    ("domain", "language", "text"),
    [
        ("finance", "en", "Net income fell as bond yields rose and the central bank lifted its interest rate again."),
        ("finance", "fr", "Le bénéfice net recule, le rendement des obligations monte et l'action perd 4 % en Bourse."),
        ("finance", "en", "The smart contract locks collateral in a liquidity pool and pays stablecoin yields."),
        ("medicine", "en", "The patient was diagnosed with pneumonia and given antibiotics twice a day."),
        ("medicine", "fr", "Le patient souffre d'hypertension ; le médecin a prescrit un traitement antibiotique."),
        ("law", "en", "The plaintiff alleges breach of contract; the defendant contests the court's jurisdiction."),
        (
            "law",
            "fr",
            "La cour d'appel a jugé le licenciement sans cause réelle et sérieuse au regard du code du travail.",
        ),
        ("security", "en", "Attackers used a phishing mail to install ransomware and steal credentials."),
        ("security", "fr", "Une vulnérabilité permet l'exécution de code arbitraire à distance par un attaquant."),
        ("stem", "en", "Prove that the derivative of the function is continuous and compute its integral."),
        ("stem", "fr", "Démontrer le théorème, puis calculer la dérivée de la fonction et résoudre l'équation."),
    ],
)
def test_plain_passages_go_to_their_specialists(router, domain, language, text):
    route = router.route_text(text, language)
    assert (route.domain, route.queue) == (domain, Queue.DOMAIN), route.reason


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The chatbot company laid off a third of its data annotation team on Friday evening."),
        ("fr", "L'entreprise licencie un tiers de son équipe d'annotation et mise sur des formateurs spécialisés."),
        ("fr", "Le club a gagné son dernier match devant vingt mille spectateurs ravis."),
    ],
)
def test_news_and_everyday_life_stay_general(router, language, text):
    assert router.route_text(text, language).domain == FALLBACK_DOMAIN
