"""Accounts on a real server: made once, known by pseudonym, listed."""

import uuid

import pytest

from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.labelstudio.client import LabelStudioPlatform


@pytest.mark.labelstudio
def test_account_is_made_once_and_named_by_pseudonym(platform, admin, bea):
    assert platform.ensure_account("bea", bea.email, bea.password, simulated=False) == bea
    user = admin.get(f"/api/users/{bea.server_user}/")
    assert (user["first_name"], user["last_name"]) == ("Annotator", "bea")
    assert bea.password not in repr(bea)
    assert bea.token not in repr(bea)


@pytest.mark.labelstudio
def test_account_with_another_password_is_an_error(platform, bea):
    with pytest.raises(AuthenticationError, match=r"account of bea exists on .* with another password") as caught:
        platform.ensure_account("bea", bea.email, "eine-andere-Passphrase", simulated=False)
    assert "andere" not in str(caught.value)


@pytest.mark.labelstudio
def test_password_that_the_server_refuses_is_explained(platform):
    with pytest.raises(LabelStudioError, match=r"refused to make the account of cem: .*8–128 characters"):
        platform.ensure_account("cem", "cem@annotators.example", "short", simulated=False)


def test_passwords_are_not_sent_in_clear_over_a_network():
    platform = LabelStudioPlatform("http://labels.example", "t")
    with pytest.raises(LabelStudioError, match="the connection is not encrypted"):
        platform.ensure_account("ada", "ada@x.example", "a-long-password", simulated=True)
    with pytest.raises(LabelStudioError, match="the connection is not encrypted"):
        platform.probe_access("ada@x.example", "a-long-password")


@pytest.mark.labelstudio
def test_everybody_with_an_account_is_listed_by_id_and_the_toolkits_own_is_marked(platform, admin, ada, bea):
    members = platform.members()
    assert [one.server_user for one in members] == sorted(one.server_user for one in members)
    assert {ada.server_user, bea.server_user} < {one.server_user for one in members if one.active}
    (own,) = [one for one in members if one.own]
    assert own.server_user == admin.get("/api/current-user/whoami")["id"]
    (found,) = [one for one in members if one.server_user == ada.server_user]
    assert (found.email, found.name, found.active) == (ada.email, "Simulated ada", True)
    assert ada.email not in repr(found)


@pytest.mark.labelstudio
def test_more_members_than_the_server_shows_on_a_page_are_all_listed(platform, admin):
    before = len(platform.members())
    for _ in range(25):
        name = uuid.uuid4().hex[:12]
        body = {"username": name, "email": f"{name}@annotators.example", "password": "a-long-password"}
        admin.send("POST", "/api/users/", json=body)
    assert len(platform.members()) == before + 25
