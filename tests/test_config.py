"""What workflow.yaml and team.yaml may say: every mistake is named with its file and place, all at once."""

import pytest

from toolkit.config import TeamFile, WorkflowFile, read_yaml
from toolkit.models import Annotator, Tier

ADA = "{pseudonym: ada, languages: [en, fr], domains: {law: specialist, '*': generalist}"


def read(tmp_path, content, model=WorkflowFile):
    path = tmp_path / "file.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found, problems = read_yaml(path, model)
    return found, [problem.removeprefix(f"{path}: ") for problem in problems]


def test_an_empty_file_means_every_default(tmp_path):
    found, problems = read(tmp_path, "")
    assert (found, problems) == (WorkflowFile(), [])
    assert found.escalation.ladder == (Tier.GENERALIST, Tier.SPECIALIST, Tier.ADJUDICATOR)
    assert sum(found.splits.values()) == pytest.approx(1)


def test_shares_and_tiers_of_ones_own_are_taken(tmp_path):
    found, problems = read(
        tmp_path, "splits: {train: 0.9, test: 0.1}\nescalation: {ladder: [specialist, adjudicator]}\n"
    )
    assert problems == []
    assert dict(found.splits) == {"train": 0.9, "test": 0.1}
    assert found.escalation.ladder == (Tier.SPECIALIST, Tier.ADJUDICATOR)


def test_members_become_annotators_in_the_order_of_the_file(tmp_path):
    team = f"members:\n- {ADA}}}\n- {ADA.replace('ada', 'bot')}, simulated: true, ability: {{'*': 0.9}}}}\n"
    found, problems = read(tmp_path, team, TeamFile)
    domains = {"law": Tier.SPECIALIST, "*": Tier.GENERALIST}
    assert problems == []
    assert found.annotators() == (
        Annotator("ada", ("en", "fr"), domains),
        Annotator("bot", ("en", "fr"), domains, True, {"*": 0.9}),
    )


def test_hours_costs_and_conflicts_of_a_member_are_read(tmp_path):
    more = "capacity_per_week: 12.5, cost_per_hour: 0, conflicts: [acme/*, 'domain:law']"
    found, problems = read(tmp_path, f"currency: CHF\nmembers: [{ADA}, {more}}}]\n", TeamFile)
    assert problems == []
    assert (found.currency, TeamFile().currency) == ("CHF", "EUR")
    (ada,) = found.annotators()
    assert (ada.capacity_per_week, ada.cost_per_hour, ada.conflicts) == (12.5, 0, ("acme/*", "domain:law"))
    assert found.members[0].named_domains() == ["law", "*", "law"]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("title: [\n", ["not valid YAML: while parsing a flow node"]),
        ("title: a\ntitle: b\n", ["not valid YAML: key 'title' is given twice in"]),
        ("passages: {max_chars: 200, max_chars: 300}\n", ["not valid YAML: key 'max_chars' is given twice in"]),
        (b"title: \xff\n", ["cannot be read: 'utf-8' codec can't decode byte 0xff"]),
        ("- a\n", ["input should be a mapping, as WorkflowFile"]),
        ("titel: a\n", ["titel: unknown key"]),
        ("version: 2\n", ["version: input should be 1"]),
        ("label_studio: {url: labels.example}\n", ["label_studio.url: string should match pattern"]),
        ("label_studio: {token: abc}\n", ["label_studio.token: unknown key"]),
        ("splits: {train: 0.8, test: 0.1}\n", ["splits: shares must add up to 1, not 0.9"]),
        ("splits: {}\n", ["splits: shares must add up to 1, not 0"]),
        (
            "escalation: {ladder: [specialist, generalist]}\n",
            ["escalation.ladder: tiers must go up: generalist, specialist, adjudicator; each once"],
        ),
        ("escalation: {ladder: [generalist, generalist]}\n", ["escalation.ladder: tiers must go up"]),
        (
            "passages: {max_chars: 5}\nlabel_studio: {batch: 0}\nseed: x\n",
            [
                "label_studio.batch: input should be greater than or equal to 1",
                "passages.max_chars: input should be greater than or equal to 100",
                "seed: input should be a valid integer",
            ],
        ),
    ],
)
def test_every_mistake_in_the_workflow_is_named(tmp_path, content, problems):
    found, told = read(tmp_path, content)
    assert found is None
    assert len(told) == len(problems)
    assert [line[: len(start)] for line, start in zip(told, problems, strict=True)] == problems


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"members: [{ADA}}}, {ADA}}}]\n", "members: pseudonym given twice: ada"),
        (f"members: [{ADA}, ability: {{law: 0.9}}}}]\n", "members.0: ability is for simulated members only"),
        (f"members: [{ADA}, email: ada@example.org}}]\n", "members.0.email: unknown key"),
        (f"members: [{ADA.replace('ada', 'Ada Lovelace')}}}]\n", "members.0.pseudonym: string should match pattern"),
        (f"members: [{ADA.replace('law: specialist', 'law: judge')}}}]\n", "members.0.domains.law: input should be"),
        (
            f"members: [{ADA.replace('[en, fr]', '[]')}}}]\n",
            "members.0.languages: the list should have at least 1 item",
        ),
        (
            f"members: [{ADA}, capacity_per_week: -1}}]\n",
            "members.0.capacity_per_week: input should be greater than or equal to 0",
        ),
        (f"members: [{ADA}, cost_per_hour: -1}}]\n", "members.0.cost_per_hour: input should be greater than or equal"),
        (f"members: [{ADA}, conflicts: ['']}}]\n", "members.0.conflicts.0: string should have at least 1 character"),
        ("currency: euro\n", "currency: string should match pattern"),
    ],
)
def test_a_mistake_in_the_team_is_named_with_the_member(tmp_path, content, problem):
    found, (told,) = read(tmp_path, content, TeamFile)
    assert found is None
    assert told.startswith(problem)


def test_a_file_that_is_not_there_is_said_to_be_missing_and_a_folder_not_to_be_one(tmp_path):
    assert read_yaml(tmp_path / "none.yaml", TeamFile) == (None, [f"{tmp_path}/none.yaml: no such file"])
    found, (told,) = read_yaml(tmp_path, TeamFile)
    assert found is None
    assert told.startswith(f"{tmp_path}: cannot be read: [Errno 21]")


def test_of_very_many_mistakes_the_first_are_named_and_the_others_counted(tmp_path):
    members = "".join(f"- {ADA}, hours: {n}}}\n" for n in range(60))
    _, problems = read(tmp_path, f"members:\n{members}", TeamFile)
    assert problems[49:] == ["members.49.hours: unknown key", "and 10 more problems"]


def test_what_was_read_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        WorkflowFile().seed = 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: {{name}}\n", "cannot be a key"),
        ("title: 2025-13-45\n", "not valid YAML"),
        ("a: 1\na: 2\n", "given twice"),
    ],
)
def test_odd_yaml_is_a_problem_not_a_crash(tmp_path, text, problem):
    path = tmp_path / "workflow.yaml"
    path.write_text(text, encoding="utf-8")
    found, problems = read_yaml(path, WorkflowFile)
    assert found is None
    assert problem in problems[0]


def test_yaml_merges_are_understood(tmp_path):
    path = tmp_path / "workflow.yaml"
    path.write_text("passages:\n  <<: {max_chars: 500}\n  max_turns: 9\n", encoding="utf-8")
    found, problems = read_yaml(path, WorkflowFile)
    assert problems == []
    assert (found.passages.max_chars, found.passages.max_turns) == (500, 9)
