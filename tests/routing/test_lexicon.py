"""Tasks go to the domain whose terms speak for it, and to the generalists where none do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ConfigError
from toolkit.models import DomainPack, Modality, Queue, Task, Thresholds, Tier
from toolkit.routing import TaskRouter
from toolkit.routing.lexicon import SHARPNESS, missing_languages, shared_terms

TERMS = {
    "general": {"en": {"newspaper*": 2, "football": 2}, "fr": {"journal*": 2, "football": 2}},
    "finance": {
        "en": {"smart contract*": 3, "derivative*": 3, "interest rate*": 3, "bond*": 2, "price*": 0.5},
        "fr": {"smart contract*": 3, "taux d'intérêt": 3, "obligation*": 2, "action": 2, "dérivé*": 3, "prix": 0.5},
    },
    "law": {
        "en": {"contract*": 2, "plaintiff*": 3, "jurisdiction*": 3, "clause*": 2},
        "fr": {"contrat* de travail": 3, "contrat*": 2, "tribunal": 3, "obligation*": 1, "clause*": 2},
    },
    "medicine": {
        "en": {"patient*": 3, "dose*": 2, "oedema": 3, "virus*": 1},
        "fr": {"patient*": 3, "dose*": 2, "œdème*": 3, "médicament*": 3, "virus": 1},
    },
    "security": {"en": {"phishing": 3, "malware*": 3, "virus*": 1, "vulnerabilit*": 3}},
}


def pack(name, terms, route=0.5):
    tier = Tier.GENERALIST if name == "general" else Tier.SPECIALIST
    limits = Thresholds(route=route, agreement=0.667, support=0.6)
    return DomainPack(name, name.title(), f"All about {name}.", tier, terms, limits, (), "")


def packs(route=0.5):
    return {name: pack(name, terms, route) for name, terms in TERMS.items()}


ROUTER = TaskRouter(packs())


def task(fields, modality=Modality.TEXT, language="en", **more):
    return Task("t1", more.pop("document", "t1"), "a.txt", modality, fields, language=language, **more)


def confidence_of(route, domain):
    return dict(route.ranking)[domain]


@pytest.mark.parametrize(
    ("text", "language", "domain"),
    [
        ("The smart contract pays the interest rate of the bond.", "en", "finance"),
        ("Une hausse des taux d'intérêt pèse sur les produits dérivés.", "fr", "finance"),
        ("The plaintiff contests the jurisdiction of the court.", "en", "law"),
        ("Le tribunal requalifie les contrats de travail.", "fr", "law"),
        ("The patient received a second dose.", "en", "medicine"),
        ("Le patient a reçu une dose de ce médicament contre l’œdème.", "fr", "medicine"),
        ("A phishing mail carried the malware.", "en", "security"),
    ],
)
def test_two_strong_terms_send_a_passage_to_the_specialists(text, language, domain):
    route = ROUTER.route_text(text, language)
    assert (route.domain, route.queue, route.tier) == (domain, Queue.DOMAIN, Tier.SPECIALIST)
    assert route.confidence == route.ranking[0][1] >= 0.5
    assert {item.domain for item in route.evidence} >= {domain}
    assert route.reason.startswith(f"{domain} at 0.")


@pytest.mark.parametrize("text", ["The price went up.", "The virus spread.", "The patient slept.", "price " * 50])
def test_one_term_alone_sends_nobody_to_a_specialist(text):
    route = ROUTER.route_text(text, "en")
    assert (route.domain, route.tier) == ("general", Tier.GENERALIST)


def test_nothing_found_is_general_with_the_prior_confidence():
    route = ROUTER.route_text("The weather was fine all day.", "en")
    assert (route.domain, route.queue, route.tier) == ("general", Queue.DOMAIN, Tier.GENERALIST)
    assert route.confidence > 0.6
    assert route.evidence == ()
    assert route.reason == f"general at 0.{int(route.confidence * 100)}: found no domain's terms"


def test_between_two_domains_a_generalist_decides_and_the_reason_says_so():
    route = ROUTER.route_text("The patient is a plaintiff.", "en")
    assert (route.domain, route.queue, route.tier) == ("general", Queue.TRIAGE, Tier.GENERALIST)
    assert {name for name, _ in route.ranking} == {"general", "law", "medicine"}
    assert "0.50 wanted" in route.reason
    assert "a generalist decides" in route.reason


def test_the_general_domain_competes_with_terms_of_its_own():
    text = "The newspaper wrote that the patient got a dose"
    alone = TaskRouter({**packs(), "general": pack("general", {})}).route_text(text, "en")
    assert alone.domain == "medicine"
    assert confidence_of(ROUTER.route_text(text, "en"), "general") > confidence_of(alone, "general")


def test_an_article_that_touches_on_a_domain_stays_general():
    passage = "The plaintiff contests the jurisdiction of the court."
    assert ROUTER.route_text(passage, "en").domain == "law"
    article = passage + " And then everybody went home and had a quiet dinner with friends." * 140
    assert len(article) > 9_000
    assert ROUTER.route_text(article, "en").domain == "general"


def test_more_of_the_same_adds_less_than_something_new():
    repeated = ROUTER.route_text("bond bond bond bond", "en")
    varied = ROUTER.route_text("bond derivative prices fell", "en")
    assert 0 < confidence_of(repeated, "finance") < confidence_of(varied, "finance")
    assert repeated.evidence[0].count == 4


def test_each_pack_has_its_own_threshold():
    text = "The patient received a second dose."
    assert TaskRouter(packs(route=0.9)).route_text(text, "en").queue is Queue.TRIAGE
    assert TaskRouter(packs(route=0.2)).route_text("The patient slept.", "en").queue is Queue.DOMAIN


def test_evidence_is_the_strongest_terms_with_what_they_added():
    route = ROUTER.route_text("The bond, the bond and the derivative: the price of a dose", "en")
    shown = [(item.domain, item.term, item.count) for item in route.evidence]
    assert shown == [
        ("finance", "bond*", 2),
        ("finance", "derivative*", 1),
        ("medicine", "dose*", 1),
        ("finance", "price*", 1),
    ]
    assert route.evidence[0].weight == pytest.approx(SHARPNESS * 2 * (1 + 0.693147), abs=1e-5)
    assert "bond* ×2, derivative*" in route.reason


def test_evidence_is_cut_at_twelve_terms_and_the_ranking_at_three_domains():
    many = {f"w{n}": 1.0 for n in range(30)}
    router = TaskRouter({**packs(), "finance": pack("finance", {"en": many})})
    route = router.route_text(" ".join(many), "en")
    assert len(route.evidence) == 12
    assert len(route.ranking) == 3


def test_a_pack_without_the_language_lends_its_english_terms_and_the_reason_says_so():
    route = ROUTER.route_text("Un courriel de phishing, un malware de plus.", "fr")
    assert route.domain == "security"
    assert route.reason.endswith("; security: English terms counted, there are none for fr")


@pytest.mark.parametrize(
    ("language", "said"), [(None, "the language is unknown"), ("de", "no domain has terms for de")]
)
def test_without_a_known_language_the_terms_of_all_count(language, said):
    route = ROUTER.route_text("Der patient, das tribunal und die clause", language)
    assert {item.domain for item in route.evidence} == {"law", "medicine"}
    assert said in route.reason
    assert route.language == language


def test_silence_in_an_unknown_language_is_for_a_generalist_to_judge():
    route = ROUTER.route_text("今日は良い天気です", "ja")
    assert (route.domain, route.queue) == ("general", Queue.TRIAGE)
    assert "found no domain's terms; a generalist decides" in route.reason
    assert "wanted" not in route.reason


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x07", "— … !", "<br/>", "https://example.com/patient"])
def test_without_words_a_generalist_decides(text):
    route = ROUTER.route_text(text, "en")
    assert (route.queue, route.domain, route.confidence, route.ranking) == (Queue.TRIAGE, "general", None, ())
    assert "no word" in route.reason


@pytest.mark.parametrize("modality", [Modality.AUDIO, Modality.VIDEO, Modality.IMAGE])
def test_media_are_routed_by_what_is_said_of_them_and_never_by_their_path(modality):
    media = {modality.value: "/clips/patient-dose-oedema.bin"}
    silent = ROUTER.route(task(media, modality))
    assert (silent.queue, silent.task, silent.confidence) == (Queue.TRIAGE, "t1", None)
    assert silent.reason == f"{modality.value} without a transcript or caption cannot be read; a generalist decides"
    told = ROUTER.route(task({**media, "transcript": "The plaintiff contests the jurisdiction."}, modality))
    assert (told.domain, told.modality) == ("law", modality)
    assert {item.domain for item in told.evidence} == {"law"}


def test_conversations_and_forms_are_read_whole():
    turns = [{"author": "user", "text": "Is this phishing?"}, {"author": "assistant", "text": "It is malware."}]
    assert ROUTER.route(task({"dialogue": turns}, Modality.CONVERSATION)).domain == "security"
    assert ROUTER.route(task({"prompt": "Which dose?", "response": "Ask the patient."})).domain == "medicine"


def test_a_title_speaks_for_the_whole_document_once_and_for_no_passage():
    title = "The plaintiff and the jurisdiction"
    whole = ROUTER.route(task({"text": "It rained."}, title=title))
    assert whole.domain == "law"
    printed = ROUTER.route(task({"text": f"# {title}\n\nIt rained."}, title=title))
    assert [item.count for item in printed.evidence] == [1, 1]
    assert ROUTER.route(task({"text": "It rained."}, title=title, document="d1")).evidence == ()


@given(st.text(max_size=300), st.sampled_from(["en", "fr", "de", None]))
def test_any_text_has_a_route_with_honest_numbers(text, language):
    route = ROUTER.route_text(text, language)
    assert (route.confidence is None) == (not route.ranking)  # nothing to read is no confidence, not one of 0
    assert route.confidence is None or 0 < route.confidence <= 1
    assert sum(confidence for _, confidence in route.ranking) <= 1 + 1e-5
    assert route == ROUTER.route_text(text, language)


def test_routes_do_not_depend_on_the_order_of_packs_and_terms():
    turned = {
        name: pack(name, {language: dict(reversed(terms.items())) for language, terms in reversed(pack_.terms.items())})
        for name, pack_ in reversed(packs().items())
    }
    text = "The bond, a clause, a virus, a dose and the price of a contract in the newspaper"
    for language in ("en", "fr", None):
        assert TaskRouter(turned).route_text(text, language) == ROUTER.route_text(text, language)


def test_a_router_needs_the_general_pack_and_terms_that_can_be_looked_for():
    without = {name: pack_ for name, pack_ in packs().items() if name != "general"}
    with pytest.raises(ConfigError, match="'general'"):
        TaskRouter(without)
    with pytest.raises(ConfigError, match="law"):
        TaskRouter({**packs(), "law": pack("law", {"fr": {"…": 1}})})


def test_terms_of_two_packs_and_languages_without_terms_are_named():
    found = shared_terms(packs())
    assert found["en", "virus*"] == {"medicine": 1, "security": 1}
    assert found["fr", "obligation*"] == {"finance": 2, "law": 1}
    assert ("en", "dose*") not in found
    assert missing_languages(packs()) == {"fr": ["security"]}
