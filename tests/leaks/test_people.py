"""Names, pseudonyms and what is said of people: what is found, and what is somebody else's."""

import pytest

from toolkit.leaks import REDACTED, Person, Scanner, Secrets

GATE = Scanner(
    Secrets(
        people=(
            Person("ada", "Jörg Müller"),
            Person("sage", "王小明", "x@intranet"),
            Person("annot-07", "Søren Åkesson"),
            Person("amber-heron", "Alice Lyon"),
            Person("x9-y", "Joerg Strauß"),
            Person("may", "Ann Field"),
        )
    )
)


def kinds(text):
    return {item.kind for item in GATE.scan(text)}


@pytest.mark.parametrize("known", ["王小明", "x@intranet"])
def test_what_has_no_spaces_or_dots_is_found_everywhere_in_one_scan(known):
    text = f"{known}, then "
    assert len(GATE.scan(text * 9)) == 9
    assert GATE.redact(text * 9) == (REDACTED * len(known) + ", then ") * 9


@pytest.mark.parametrize(
    "text",
    [
        "Müller J. wrote",
        "Müller, J. wrote",
        "by J Müller",
        "by Müller J, 2021",
        "J. K. Müller",
        "Joerg Mueller",
        "jorg mueller",
        "JoergMueller",
        "Mueller, Jörg",
        "Soeren Aakesson",
        "Søren Åkesson",
        "Soren Akesson",
        "Joerg Strauss",
        "Jörg Strauß",
    ],
)
def test_names_are_found_however_they_are_abbreviated_or_transliterated(text):
    assert kinds(text) == {"name"}
    assert GATE.scan(GATE.redact(text)) == []


def test_a_transliterated_name_has_the_id_of_the_name():
    assert len({item.id for text in ("Jörg Müller", "Joerg Mueller") for item in GATE.scan(text)}) == 1


@pytest.mark.parametrize(
    "text", ["À Lyon, il pleut", "A Field of wheat", "j muller", "in the field, a fox", "Muller, just so", "Juller M"]
)
def test_other_words_are_no_names(text):
    assert GATE.scan(text) == []


@pytest.mark.parametrize(
    "text", ["annot-07", "annot_07", "ANNOT 07", "Annot07", "annot.07", "notes_annot_07.csv", "x9_y"]
)
def test_pseudonyms_are_found_with_any_separator(text):
    assert kinds(text) == {"pseudonym"}


@pytest.mark.parametrize(
    "text", ["annot-071", "annot-07b", "annot-07-2", "pre-annot-07", "annot 7", "amber heron", "x9y-1"]
)
def test_other_numbers_are_no_pseudonyms(text):
    assert GATE.scan(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ada: suspected",
        "ada suspected of fraud",
        "ada was fired",
        "Ada is too slow",
        "ada, too slow",
        "ADA IS SLOW",
        "suspected: bob, ada",
        "ada accuracy .52",
        "accuracy 0.52 (ada)",
        "ada est lente",
        "too many labelled wrongly, ada may be fired",
        "sage: suspected",
        "- sage: good first, too slow since",
        "sage | 0.52 | too slow",
        "sage has an accuracy of .52",
        "sage's accuracy was 52 %",
        "the annotations are poor; sage was fired",
        "amber-heron est suspectée",
        "annot_07 et annot-07 : suspectées",
        "sage was warned as a cheater",
    ],
)
def test_a_judgement_beside_a_pseudonym_is_found(text):
    assert "performance" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace fired the engine",
        "Ada Lovelace, suspected by the annotators, fired the engine",
        "the sage suspected nothing",
        "The sage was suspected of murder, and dismissed",
        "an old sage: slow to anger",
        "Sage is slow to germinate",
        "Pork with sage, slow-roasted",
        "He fired the workers in May, a slow month",
        "In May the labelled goods were slow to arrive; suspected fraud",
        "L'ada, suspect et lent",
        "ada is a language, and slow compilers have been written for it",
    ],
)
def test_prose_about_others_is_no_judgement(text):
    assert GATE.scan(text) == []


@pytest.mark.parametrize(
    "name", ["reference_answer", "referenceAnswer", "reference_label", "solution_key", "Solution-Key"]
)
def test_keys_that_tell_gold(name):
    assert {item.kind for item in GATE.scan_row({name: "billing"})} == {"gold"}
    assert "gold" in kinds(f'{{"{name}": "billing"}}')
