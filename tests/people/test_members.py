"""Members of the team: added, invited, listed, shown."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.people.server import BLOCK, TEAM, add, team_yaml
from toolkit.errors import InputError, UnknownDomainError
from toolkit.storage.people import Person
from toolkit.workflow import (
    invite,
    list_team,
    offboard,
    show_member,
)
from toolkit.workflow.collection import collect
from toolkit.workflow.credentials import Credentials


def test_a_member_is_appended_as_a_line_and_everything_else_in_the_file_stays(folder, opened):
    with opened() as operation:
        added = add(
            operation, capacity_per_week=10, cost_per_hour=0.5, conflicts=["acme/*"], domains={"*": "adjudicator"}
        )
    line = (
        '{pseudonym: zoe, languages: [fr, en], domains: {"*": adjudicator}, capacity_per_week: 10,'
        ' cost_per_hour: 0.5, conflicts: ["acme/*"]}'
    )
    assert added.line == line
    before, after = TEAM.split("\n\n# Nobody")
    assert team_yaml(folder) == f"{before}\n  - {line}\n\n# Nobody{after}"
    with opened() as operation:
        assert operation.team[-1].conflicts == ("acme/*",)


def test_name_and_address_are_in_the_registry_and_in_no_file(folder, opened):
    with opened() as operation:
        add(operation, name="Zoé Étienne", email="zoe@lab.example")
        person = operation.state.people.all()["zoe"]
        assert (person.name, person.email) == ("Zoé Étienne", "zoe@lab.example")
    for path in folder.rglob("*"):
        if path.is_file() and ".toolkit" not in path.parts:
            assert "lab.example" not in path.read_text("utf-8", errors="ignore")


def test_a_made_up_pseudonym_is_new_each_time_and_says_nothing_of_the_person(opened):
    with opened() as operation:
        made = [add(operation, None, name="Zoe", email=f"zoe{n}@lab.example").pseudonym for n in range(12)]
    assert len(set(made)) == 12
    assert not any("zoe" in name for name in made)
    with opened() as operation:
        assert {member.pseudonym for member in operation.team} >= set(made)


def test_a_dry_run_writes_nothing(folder, opened):
    with opened() as operation:
        assert add(operation, email="zoe@lab.example", dry_run=True).dry_run
        assert operation.state.people.all() == {}
    assert team_yaml(folder) == TEAM


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"pseudonym": "ada"}, "'ada' is in team.yaml already"),
        ({"pseudonym": "Zoe Étienne"}, "pseudonym: string should match pattern"),
        ({"languages": []}, "languages: the list should have at least 1 item"),
        ({"languages": ["french"]}, "languages.0: string should match pattern"),
        ({"domains": {"law": "judge"}}, "domains.law: input should be 'generalist', 'specialist' or 'adjudicator'"),
        ({"capacity_per_week": -1}, "capacity_per_week: input should be greater than or equal to 0"),
        ({"email": "zoe"}, "'zoe' is no e-mail address"),
        ({"email": "ADA@lab.example"}, "is the address of 'ada'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(folder, working, values, problem):
    with working() as operation:
        with pytest.raises(InputError, match=problem):
            add(operation, **values)
        assert "zoe" not in operation.state.people.all()
    assert team_yaml(folder) == TEAM


@pytest.mark.parametrize("values", [{"domains": {"finanse": "specialist"}}, {"conflicts": ["domain:finanse"]}])
def test_an_unknown_domain_is_named_with_what_may_be_meant(opened, values):
    with opened() as operation, pytest.raises(UnknownDomainError, match="did you mean 'finance'"):
        add(operation, **values)


def test_a_pseudonym_that_stands_for_somebodys_work_is_never_given_to_another(folder, working):
    (folder / "team.yaml").write_text(TEAM.replace("pseudonym: ada", "pseudonym: eve"), encoding="utf-8")
    with working() as operation:
        with pytest.raises(InputError, match="'ada' was that of somebody who is no longer in"):
            add(operation, "ada")
        offboard(operation, "bea")
    (folder / "team.yaml").write_text("members: []\n", encoding="utf-8")
    with working() as operation, pytest.raises(InputError, match="'bea' was that of somebody who has left"):
        add(operation, "bea")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("members: []\n", "members: \n  - LINE\n"),
        ("members:\n- {ADA}", "members:\n- {ADA}\n- LINE\n"),
        ("members:\r\n  - {ADA}\r\nversion: 1\r\n", "members:\r\n  - {ADA}\r\n  - LINE\r\nversion: 1\r\n"),
        (f"members:\n{BLOCK}\n# end\n", f"members:\n{BLOCK}  - LINE\n\n# end\n"),
    ],
)
def test_the_layouts_that_a_line_can_be_put_into(folder, opened, before, after):
    ada = "{pseudonym: ada, languages: [fr], domains: {law: specialist}}"
    (folder / "team.yaml").write_bytes(before.replace("{ADA}", ada).encode())
    with opened() as operation:
        added = add(operation)
    expected = after.replace("{ADA}", ada).replace("LINE", added.line)
    assert (folder / "team.yaml").read_bytes().decode() == expected


@pytest.mark.parametrize(
    "text", ["version: 1\n", "members: [{pseudonym: ada, languages: [fr], domains: {law: specialist}}]\n"]
)
def test_a_layout_that_no_line_can_be_put_into_is_left_alone_and_the_line_is_said(folder, opened, text):
    (folder / "team.yaml").write_text(text, encoding="utf-8")
    with opened() as operation:
        with pytest.raises(InputError, match=r"by hand:\n  - \{pseudonym: zoe, languages: \[fr, en\]"):
            add(operation)
        assert operation.state.people.all() == {}
    assert team_yaml(folder) == text
    assert not list(folder.glob("team.yaml.*"))


def test_languages_that_yaml_takes_for_something_else_are_put_in_quotes(folder, opened):
    with opened() as operation:
        add(operation, languages=["no", "fr"])
    assert yaml.safe_load(team_yaml(folder))["members"][-1]["languages"] == ["no", "fr"]


def test_an_invitation_needs_no_address_where_one_is_known_and_keeps_the_one_that_is_given(folder, opened, server):
    with opened() as operation:
        add(operation, email="zoe@lab.example")
    with opened() as operation:
        with pytest.raises(InputError, match="address of 'ada' is not known"):
            invite(operation, "ada")
        invite(operation, "ada", "ada@lab.example")
        assert operation.state.people.all()["ada"].email == "ada@lab.example"
        with pytest.raises(InputError, match="is the address of 'zoe'"):
            invite(operation, "bea", "Zoe@lab.example")
        path = invite(operation, "zoe")
        assert path.stat().st_mode & 0o777 == 0o600
        assert set(server.accounts) == {"ada@lab.example", "zoe@lab.example"}


def test_the_file_to_hand_over_lists_where_to_label_once_that_is_known(working):
    with working() as operation:
        handed = Credentials(operation.folder).path.parent / "handover" / "ada.txt"
        assert "label at" not in handed.read_text("utf-8")
        invite(operation, "ada")
        assert "label at  http://label.example/projects/1/data?tab=100&labeling=1" in handed.read_text("utf-8")


def test_an_invitation_that_was_killed_leaves_no_account_behind_that_offboarding_overlooks(opened, server):
    with opened() as operation:
        invite(operation, "ada", "ada@lab.example")
        operation.state.registry.save_account(11, "somebody-else", simulated=False)  # as if ours had not been stored
        offboard(operation, "ada")
    assert server.shut == {11}


# --- the list


def test_the_list_says_what_waits_for_whom_and_who_has_left(working, server):
    with working() as operation:
        second = operation.state.work.placements()[1].placement.id
        server.answer(operation, second, "bea", when=datetime.now(UTC) - timedelta(days=1))
        collect(operation)
        team = list_team(operation)
        assert team.currency == "CHF"
        shown = {one.member.pseudonym: (one.account, one.n_open, one.n_done_in_week) for one in team.members}
        assert shown == {"ada": (True, 1, 0), "bea": (True, 1, 1), "bot": (False, 0, 0)}
        assert {one.release_pseudonym for one in list_team(operation, private=True).members} == {None}
        offboard(operation, "bea")
    with working() as operation:
        assert [member.pseudonym for member in operation.team] == ["ada", "bot"]
        left = {one.member.pseudonym: one.left_at is not None for one in list_team(operation).members}
        assert left == {"ada": False, "bea": True, "bot": False}


def test_a_member_is_shown_with_their_work_and_only_on_demand_with_their_name(working, server):
    with working() as operation:
        operation.state.people.save(Person("ada", "Ada L.", "ada@lab.example"))
        server.answer(operation, operation.state.work.placements()[1].placement.id, "ada", lead_time_s=None)
        collect(operation)
        story = show_member(operation, "ada")
        (work,) = story.projects
        assert (work.n_done, work.open_tasks, work.url) == (
            2,
            (),
            "http://label.example/projects/1/data?tab=100&labeling=1",
        )
        assert (story.median_lead_time_s, story.n_lead_times) == (30.0, 1)
        assert "Ada L." not in repr(story)
        assert story.personal is None
        personal = show_member(operation, "ada", private=True).personal
        assert (personal.name, personal.email) == ("Ada L.", "ada@lab.example")
        assert show_member(operation, "bea").projects[0].open_tasks != ()
        with pytest.raises(InputError, match="Nobody is called 'eve'"):
            show_member(operation, "eve")


# --- leaving
