"""Domain packs are read whole, or everything that is wrong with them is said at once."""

import shutil

import pytest

from toolkit.config import DomainFile
from toolkit.errors import ConfigError, UnknownDomainError
from toolkit.labelconfig import config_version
from toolkit.models import Migration, Modality, Task, Tier
from toolkit.packs import bundled_configs, configs_for, load_packs, pack_named

YAML = """
version: 1
title: Finance
description: Shares, bonds and all that.
tier: specialist
overlap: 3
thresholds: {route: 0.4, support: 0.7}
terms: {en: {3: [bond*], 0.5: [price*, share]}}
configs:
  topics: {file: labels/topics.xml, title: Topics, modality: text, fields: [text], decisive: [topic]}
"""
XML = """<View><Text name="t" value="$text"/><TextArea name="why" toName="t"/>
  <Choices name="topic" toName="t"><Choice value="bonds"/><Choice value="shares"/></Choices></View>"""


def write_pack(folder, *, yaml=YAML, xml=XML, guidelines="# Money\n"):
    """Write a pack; what is None is not there."""
    (folder / "labels").mkdir(parents=True)
    for name, content in (("domain.yaml", yaml), ("labels/topics.xml", xml), ("guidelines.md", guidelines)):
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def folder(tmp_path):
    """A folder with the general pack in it."""
    write_pack(tmp_path / "general", yaml=YAML.replace("specialist", "generalist"))
    return tmp_path


def problems(folder):
    with pytest.raises(ConfigError) as caught:
        load_packs(folder)
    return str(caught.value).splitlines()


# --- right


def test_a_pack_is_read_with_everything_in_it(folder):
    write_pack(folder / "finance")
    packs = load_packs(folder)
    assert list(packs) == ["finance", "general"]
    pack = packs["finance"]
    assert (pack.name, pack.title, pack.tier, pack.guidelines) == ("finance", "Finance", Tier.SPECIALIST, "# Money\n")
    assert pack.terms == {"en": {"bond*": 3, "price*": 0.5, "share": 0.5}}
    assert (pack.thresholds.route, pack.thresholds.agreement, pack.thresholds.support) == (0.4, 0.667, 0.7)
    (config,) = pack.configs
    assert (config.key, config.title, config.modality) == ("finance/topics", "Topics", Modality.TEXT)
    assert (config.fields, config.decisive, config.overlap) == (("text",), ("topic",), 3)
    assert config.xml == XML
    assert config.control("topic").labels == ("bonds", "shares")
    assert config.control("tone") is None


def test_a_question_may_have_an_overlap_of_its_own(folder):
    write_pack(folder / "finance", yaml=YAML.replace("decisive:", "overlap: 5, decisive:"))
    assert load_packs(folder)["finance"].configs[0].overlap == 5


def test_the_bundled_packs_load_and_serve_every_modality():
    packs = load_packs(bundled_configs() / "domains")
    assert list(packs) == ["finance", "general", "law", "medicine", "security", "stem"]
    assert packs["general"].tier is Tier.GENERALIST
    assert all(pack.tier is Tier.SPECIALIST for name, pack in packs.items() if name != "general")
    assert {config.modality for config in packs["general"].configs} == set(Modality)
    assert all(pack.guidelines.strip() and pack.configs for pack in packs.values())
    assert all(config.decisive for pack in packs.values() for config in pack.configs)


def test_a_pack_is_found_by_name_or_its_neighbours_are_named(folder):
    packs = load_packs(folder)
    assert pack_named(packs, "general") is packs["general"]
    with pytest.raises(UnknownDomainError, match=r"(?s)No domain named 'genral'; defined: general\..*'general'\?"):
        pack_named(packs, "genral")
    with pytest.raises(UnknownDomainError, match="add a folder configs/domains/zoology/"):
        pack_named(packs, "zoology")


# --- which questions fit a task


@pytest.fixture
def pack(folder):
    pair = XML.replace("<TextArea", '<Text name="u" value="$answer"/><TextArea')
    more = """  pairs: {file: labels/pairs.xml, title: Pairs, modality: text, fields: [text, answer]}
  again: {file: labels/topics.xml, title: Again, modality: text, fields: [text]}
"""
    (write_pack(folder / "finance", yaml=YAML + more) / "labels" / "pairs.xml").write_text(pair)
    return load_packs(folder)["finance"]


@pytest.mark.parametrize(
    ("modality", "fields", "fitting"),
    [
        ("text", {"text": "Bonds fell."}, ["topics", "again"]),
        ("text", {"text": "Did bonds fall?", "answer": "Yes."}, ["pairs"]),
        ("text", {"text": "Did bonds fall?", "answer": ""}, ["topics", "again"]),
        ("text", {"answer": "Yes."}, []),
        ("conversation", {"text": "Bonds fell."}, []),
    ],
)
def test_a_task_gets_the_questions_that_need_most_of_what_it_has(pack, modality, fields, fitting):
    task = Task("t1", "d1", "a.txt", Modality(modality), fields)
    assert [config.name for config in configs_for(task, pack)] == fitting


# --- migrations

NOW, THEN, OTHER = config_version(XML), "a" * 12, "b" * 12


def migrating(folder, *lines):
    """Write a pack with one migration of its label config to what it is now, and lines of keys."""
    write_pack(folder / "finance")
    head = f'version: 1\nmigrations:\n  - config: topics\n    from: "{THEN}"\n    to: "{NOW}"\n'
    (folder / "finance" / "migrations.yaml").write_text(head + "".join(f"    {line}\n" for line in lines))
    return folder / "finance" / "migrations.yaml"


def test_a_pack_has_the_migrations_of_its_file_and_none_without_it(folder):
    migrating(folder, "rename_labels: {topic: {loans: bonds}}", "retire_controls: [tone]")
    packs = load_packs(folder)
    assert packs["general"].migrations == ()
    labels = {"topic": {"loans": ("bonds",)}}
    assert packs["finance"].migrations == (Migration("topics", THEN, NOW, labels=labels, retired_controls=("tone",)),)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["retire_label: {topic: [x]}"], "migrations.0.retire_label: unknown key"),
        (["retire_labels: {}"], "migrations.0: says nothing of any control or label"),
        (
            ["rename_labels: {topic: {loans: bods}}"],
            "migrations.0: label 'bods' of 'topic' is not in the label config after",
        ),
        (["rename_controls: {about: topics}"], "migrations.0: control 'topics' is not in the label config after"),
        (
            ["retire_controls: [x]", "- {config: topcs, from: NOW, to: NOW, retire_controls: [x]}"],
            "migrations.1.config: no label config named 'topcs'; there are: topics",
        ),
        (
            ["retire_controls: [x]", "- {config: topics, from: NOW, to: OTHER, retire_labels: {topic: [x]}}"],
            "migrations.1: label 'x' of 'topic' is not in the label config before",
        ),
    ],
)
def test_a_mistake_in_a_migration_is_named_with_its_file_and_place(folder, lines, problem):
    named = [
        line.replace("to: NOW", f'to: "{THEN}"').replace("NOW", f'"{NOW}"').replace("OTHER", f'"{OTHER}"')
        for line in lines
    ]
    file = migrating(folder, *named)
    file.write_text(file.read_text().replace("    - {", "  - {"))
    assert problems(folder) == [f"{file}: {problem}"]


# --- wrong


def test_a_folder_without_packs_or_without_the_general_one_is_refused(tmp_path):
    (tmp_path / "finance").mkdir()
    assert problems(tmp_path) == [f"{tmp_path}: holds no domain pack (a folder with a domain.yaml)"]
    write_pack(tmp_path / "law")
    assert problems(tmp_path) == [f"{tmp_path}: has no 'general' pack, which takes what no other domain wants"]


@pytest.mark.parametrize("name", ["fin@nce", "Finance", "2fast", "fin|ance", "f" * 41, ".finance"])
def test_a_folder_whose_name_cannot_be_part_of_an_id_is_refused(folder, name):
    write_pack(folder / name)
    assert problems(folder) == [
        f"{folder / name}: {name!r} cannot name a domain; use at most 40 of a-z, 0-9 and -, a letter first"
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"yaml": "title: [\n"}, "domain.yaml: not valid YAML: while parsing a flow"),
        ({"yaml": b"title: caf\xe9\n"}, "domain.yaml: cannot be read: 'utf-8' codec can't decode byte 0xe9"),
        ({"yaml": YAML + "title: Money\n"}, "domain.yaml: not valid YAML: key 'title' is given twice in"),
        ({"yaml": "- finance\n"}, "domain.yaml: input should be a mapping"),
        ({"yaml": YAML.replace("title: F", "titel: F")}, "domain.yaml: titel: unknown key"),
        ({"yaml": YAML.replace("topics:", "a/b:")}, "domain.yaml: configs.a/b: string should match pattern"),
        ({"yaml": YAML.replace("specialist", "expert")}, "domain.yaml: tier: input should be 'generalist'"),
        (
            {"yaml": YAML.replace("specialist", "adjudicator")},
            "domain.yaml: tier: a domain starts with generalist or specialist; adjudicators only settle disputes",
        ),
        ({"yaml": YAML.replace("bond*", "Price*")}, "domain.yaml: terms: en: given twice: price*"),
        ({"guidelines": None}, "guidelines.md: no such file; annotators need to know what a good answer is"),
        ({"guidelines": b"caf\xe9"}, "guidelines.md: cannot be read: 'utf-8' codec can't decode byte 0xe9"),
        ({"xml": None}, "domain.yaml: configs.topics.file: labels/topics.xml cannot be read: [Errno 2]"),
        ({"xml": b"\xff"}, "domain.yaml: configs.topics.file: labels/topics.xml cannot be read: 'utf-8' codec"),
        ({"xml": "<View>"}, "domain.yaml: configs.topics.file: labels/topics.xml: The label config is not well-formed"),
        (
            {"xml": XML.replace("<TextArea", '<Rating name="q" toName="t" maxRating="five"/><TextArea')},
            "domain.yaml: configs.topics.file: labels/topics.xml: <Rating> 'q': maxRating='five' is not a whole number",
        ),
        (
            {"xml": XML.replace("$text", "$body")},
            "domain.yaml: configs.topics.fields: the screen shows $body, which is not listed",
        ),
        (
            {"yaml": YAML.replace("[text]", "[text, title]")},
            "domain.yaml: configs.topics.fields: title is listed but not shown on the screen",
        ),
        (
            {"yaml": YAML.replace("[topic]", "[tone]")},
            "domain.yaml: configs.topics.decisive: no control named 'tone'; there are: why, topic",
        ),
        (
            {"yaml": YAML.replace("[topic]", "[why]")},
            "domain.yaml: configs.topics.decisive: 'why' is of kind text; only closed sets of labels can be voted on",
        ),
        (
            {"xml": '<View><Text name="t" value="$text"/></View>', "yaml": YAML.replace("[topic]", "[]")},
            "domain.yaml: configs.topics.file: has no control, so nothing could be answered",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_and_place(folder, change, problem):
    write_pack(folder / "finance", **change)
    found = problems(folder)
    assert any(line.startswith(f"{folder}/finance/{problem}") for line in found), found


def test_mistakes_in_several_files_are_told_at_once(folder):
    write_pack(folder / "finance", yaml=YAML.replace("[text]", "[txt]").replace("[topic]", "[tone]"), guidelines=None)
    write_pack(folder / "Law", yaml=YAML.replace("overlap: 3", "overlap: 0").replace("route: 0.4", "route: 4"))
    (folder / "medicine").mkdir()
    (folder / "medicine" / "domain.yaml").write_text("")
    found = [line.removeprefix(f"{folder}/") for line in problems(folder)]
    law, finance, medicine = found[:3], found[3:7], found[7:]
    assert law == [
        "Law/domain.yaml: overlap: input should be greater than or equal to 1",
        "Law/domain.yaml: thresholds.route: input should be less than or equal to 1",
        "Law: 'Law' cannot name a domain; use at most 40 of a-z, 0-9 and -, a letter first",
    ]
    assert [line.partition(": ")[2].partition(": ")[0] for line in finance] == [
        "no such file; annotators need to know what a good answer is",
        "configs.topics.fields",
        "configs.topics.fields",
        "configs.topics.decisive",
    ]
    required = [name for name, field in DomainFile.model_fields.items() if field.is_required()]
    assert medicine[:-1] == [f"medicine/domain.yaml: {name}: field required" for name in required]
    assert medicine[-1].startswith("medicine/guidelines.md: no such file")


def test_a_part_of_the_screen_that_waits_for_a_label_that_is_gone_is_a_problem(tmp_path):
    shutil.copytree(bundled_configs() / "domains", tmp_path / "domains")
    path = tmp_path / "domains" / "finance" / "labels" / "claims.xml"
    path.write_text(path.read_text("utf-8").replace('<Choice value="high"', '<Choice value="severe"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="wait for what cannot be chosen: risk: high"):
        load_packs(tmp_path / "domains")


# --- terms in files of their own


def write_terms(folder, name, content):
    (folder / "terms").mkdir(exist_ok=True)
    (folder / "terms" / name).write_text(content, encoding="utf-8")


def test_a_language_can_have_a_file_of_terms_of_its_own(folder):
    finance = write_pack(folder / "finance")
    write_terms(finance, "fr.yaml", "version: 1\nterms:\n  3: [obligation*]\n  1: [prix]\n")
    terms = load_packs(folder)["finance"].terms
    assert terms == {"en": {"bond*": 3, "price*": 0.5, "share": 0.5}, "fr": {"obligation*": 3, "prix": 1}}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("en.yaml", "terms: {3: [loan*]}", "terms/en.yaml: domain.yaml has terms for en, too; keep them in one place"),
        ("french.yaml", "terms: {3: [prêt*]}", "terms/french.yaml: 'french' is no language; name it as in fr.yaml"),
        ("fr.yaml", "terms: {3: [prêt*], 1: [Prêt*]}", "terms/fr.yaml: terms: given twice: prêt*"),
        ("fr.yaml", "terms: {0: [prêt*]}", "terms/fr.yaml: terms.0: input should be greater than 0"),
    ],
)
def test_what_is_wrong_with_a_file_of_terms_is_named(folder, name, content, problem):
    write_terms(write_pack(folder / "finance"), name, content)
    assert any(line.endswith(problem) for line in problems(folder)), problems(folder)
