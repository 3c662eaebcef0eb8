"""What a real server tells of itself, and made-up answers where a real one cannot be set up so."""

import time
from datetime import UTC, datetime
from email.utils import formatdate

import httpx
import pytest

from toolkit.labelstudio.checks import clock_skew_s, server_now, signup_is_open
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.rest import Rest


def made_up(answer):
    return Rest("http://127.0.0.1:9", "t", httpx.MockTransport(answer))


@pytest.mark.labelstudio
def test_facts_of_the_embedded_server_are_those_it_is_set_up_with(platform, project, admin):
    users = admin.get("/api/users/")
    admin.send("POST", f"/api/projects/{project}/import", json=[{"text": "a"}, {"text": "b"}])
    facts = platform.facts()
    assert facts.version == "1.23.2"
    assert (facts.open_signup, facts.legacy_tokens, facts.owner, facts.encrypted_or_local) == (False, True, True, True)
    assert abs(facts.clock_skew_s) < 5
    assert facts.tasks_by_project[project] == 2
    assert len(facts.tasks_by_project) == admin.get("/api/projects/")["count"]
    assert len(admin.get("/api/users/")) == len(users)  # looking whether anybody can sign up makes no account


@pytest.mark.labelstudio
def test_annotator_is_not_the_owner(label_studio, ada):
    assert LabelStudioPlatform(label_studio.url, ada.token).facts().owner is False


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_clock_that_is_wrong_shows_in_which_direction(ahead):
    rest = made_up(lambda _: httpx.Response(200, headers={"Date": formatdate(time.time() + ahead, usegmt=True)}))
    assert abs(clock_skew_s(rest) - ahead) < 2


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_server_that_tells_no_time_has_no_skew(headers):
    assert clock_skew_s(made_up(lambda _: httpx.Response(200, headers=headers))) is None


@pytest.mark.parametrize(("status", "is_open"), [(200, True), (403, False), (404, None)])
def test_sign_up_is_open_where_an_empty_form_is_only_refused_for_being_empty(status, is_open):
    def answer(request):
        if request.method == "GET":
            return httpx.Response(200, headers={"Set-Cookie": "csrftoken=x; Path=/"})
        assert b"email" not in request.content
        return httpx.Response(status)

    assert signup_is_open(made_up(answer)) is is_open


@pytest.mark.parametrize("page", [httpx.Response(403), httpx.Response(200, text="Log in elsewhere")])
def test_sign_up_without_a_form_is_not_known_to_be_open_or_closed(page):
    assert signup_is_open(made_up(lambda _: page)) is None


@pytest.mark.parametrize(("url", "private"), [("https://labels.example", True), ("http://labels.example", False)])
def test_way_to_the_server_is_private_where_nobody_can_read_along(url, private):
    def answer(request):
        if request.url.path == "/user/signup/":
            return httpx.Response(403, headers={"Set-Cookie": "csrftoken=x; Path=/"})
        answers = {
            "/api/version/": {"release": "1.23.2"},
            "/api/jwt/settings": {"legacy_api_tokens_enabled": False},
            "/api/projects/": {"count": 0, "results": []},
        }
        return httpx.Response(
            200, json=answers.get(request.url.path, {"id": 1, "active_organization": 1, "created_by": 1})
        )

    platform = LabelStudioPlatform(url, "t", transport=httpx.MockTransport(answer))
    assert platform.facts().encrypted_or_local is private


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_the_servers_moment_is_told_by_its_own_clock(ahead):
    rest = made_up(lambda _: httpx.Response(200, headers={"Date": formatdate(time.time() + ahead, usegmt=True)}))
    assert abs((server_now(rest) - datetime.now(UTC)).total_seconds() - ahead) < 2
