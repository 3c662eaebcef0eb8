"""Access to a real server: what ends it, with its host and without, and whether it has ended."""

import gc
import uuid

import httpx
import pytest

from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.labelstudio.accounts import post_form
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.process import free_port
from toolkit.labelstudio.rest import Rest

PASSWORD = "eine-lange-Passphrase"
WAYS = ["fresh login", "login cookie", "legacy token", "personal access token", "token refresh"]
both = pytest.mark.parametrize(
    "running",
    ["label_studio", pytest.param("label_studio_on_postgresql", marks=pytest.mark.postgresql)],
    ids=["sqlite", "postgresql"],
)


@pytest.fixture
def running_server(request, running):
    return request.getfixturevalue(running)


def newcomer(platform):
    """An account of its own for a test that closes it."""
    name = f"u{uuid.uuid4().hex[:8]}"
    return platform.ensure_account(name, f"{name}@annotators.example", PASSWORD, simulated=False)


def opened(probe):
    return {way.name: way.open for way in probe.try_all()}


def invite(rest):
    return rest.get("/api/invite")["token"]


# --- with the host


@pytest.mark.labelstudio
@both
def test_deactivated_account_has_no_way_in_while_the_server_runs_and_keeps_its_annotations(running_server):
    rest = Rest(running_server.url, running_server.token)
    platform = LabelStudioPlatform(rest.url, rest.token, host=running_server.host)
    project = rest.send("POST", "/api/projects/", json={"title": "Access", "label_config": "<View/>"})["id"]
    rest.send("POST", f"/api/projects/{project}/import", json=[{"text": "a"}])
    (task,) = rest.get("/api/tasks/", {"project": project})["tasks"]
    leaver, stayer = newcomer(platform), newcomer(platform)
    rest.send("POST", f"/api/tasks/{task['id']}/annotations/", json={"result": []}, token=leaver.token)
    probes = [platform.probe_access(one.email, PASSWORD) for one in (leaver, stayer)]
    assert [opened(probe) for probe in probes] == [dict.fromkeys(WAYS, True)] * 2
    link = invite(rest)

    for _ in range(2):
        assert platform.end_access(leaver.server_user) == ()

    assert [opened(probe) for probe in probes] == [dict.fromkeys(WAYS, False), dict.fromkeys(WAYS, True)]
    assert {way.detail[:3] for way in probes[0].try_all()[1:]} == {"401"}
    (annotation,) = rest.get(f"/api/tasks/{task['id']}/annotations/")
    assert annotation["completed_by"] == leaver.server_user
    assert invite(rest) != link
    with pytest.raises(AuthenticationError, match=r"Nobody can log in at .* with this address and password"):
        platform.probe_access(leaver.email, PASSWORD)


@pytest.mark.labelstudio
@both
def test_account_that_does_not_exist_is_not_reported_as_closed(running_server):
    with pytest.raises(LabelStudioError, match=r"(?s)Account 987654 could not be deactivated.*changed 0 active 0"):
        running_server.host.deactivate(987654)


@pytest.mark.labelstudio
def test_toolkit_does_not_lock_itself_out(label_studio, platform, admin):
    own = admin.get("/api/current-user/whoami")["id"]
    for one in (platform, LabelStudioPlatform(label_studio.url, label_studio.token, host=label_studio.host)):
        with pytest.raises(LabelStudioError, match="the account that the toolkit works with"):
            one.end_access(own)
    assert admin.get("/api/current-user/whoami")["id"] == own


# --- without it


def signs_up_by(rest, token):
    """Sign up by an invite link; False where it is refused."""
    with rest.new_session() as session:
        form = {"email": f"{uuid.uuid4().hex}@x.example", "password": PASSWORD, "allow_newsletters": "false"}
        return post_form(rest, session, f"{rest.url}/user/signup/", form, {"token": token}).status_code == 302


@pytest.mark.labelstudio
def test_removed_account_cannot_reach_tasks_but_much_else_which_is_said(platform, admin, project):
    admin.send("POST", f"/api/projects/{project}/import", json=[{"text": "a"}])
    (task,) = admin.get("/api/tasks/", {"project": project})["tasks"]
    leaver = newcomer(platform)
    admin.send("POST", f"/api/tasks/{task['id']}/annotations/", json={"result": []}, token=leaver.token)
    probe, link = platform.probe_access(leaver.email, PASSWORD), invite(admin)

    for _ in range(2):
        left = platform.end_access(leaver.server_user)

    assert len(left) == 2
    assert opened(probe) == dict.fromkeys(WAYS, True)
    (annotation,) = admin.get(f"/api/tasks/{task['id']}/annotations/")
    assert annotation["completed_by"] == leaver.server_user
    (member,) = [one for one in platform.members() if one.server_user == leaver.server_user]
    assert (member.active, member.email, member.name) == (False, "", "")
    # "tasks and annotations are closed"
    person = Rest(admin.url, leaver.token)
    for path in (f"/api/projects/{project}/", f"/api/tasks/{task['id']}/", f"/api/projects/{project}/export"):
        with pytest.raises(AuthenticationError):
            person.get(path)
    with pytest.raises(AuthenticationError):
        person.send("POST", f"/api/tasks/{task['id']}/annotations/", json={"result": []})
    # "titles, label configs and views of all projects and the list of members, and can create projects"
    titles = {one["id"]: one["label_config"] for one in person.get("/api/projects/", {"page_size": 1000})["results"]}
    assert "risk" in titles[project]
    assert person.get("/api/dm/views/", {"project": project}) == []
    assert len(person.get("/api/users/")) == len(platform.members())
    assert person.send("POST", "/api/projects/", json={"title": "By a stranger"})["id"]
    # "can read the invite link, the new one too, and sign up with another address"
    assert not signs_up_by(admin, link)
    assert signs_up_by(admin, invite(person))


@pytest.mark.labelstudio
def test_only_the_owner_removes_somebody(label_studio, admin, ada, bea):
    link = invite(admin)
    with pytest.raises(LabelStudioError, match="Only the owner of the organisation"):
        LabelStudioPlatform(label_studio.url, ada.token).end_access(bea.server_user)
    assert invite(admin) == link
    assert admin.get(f"/api/users/{bea.server_user}/")["email"] == bea.email


# --- probing


@pytest.mark.labelstudio
def test_wrong_password_opens_nothing_and_is_not_shown(platform, bea):
    with pytest.raises(AuthenticationError, match="Nobody can log in") as caught:
        platform.probe_access(bea.email, "eine-andere-Passphrase")
    assert "andere" not in str(caught.value)


@pytest.mark.labelstudio
def test_token_that_a_probe_made_is_revoked_when_it_is_closed_or_thrown_away(platform):
    account = newcomer(platform)
    person = Rest(platform.url, account.token)
    probe = platform.probe_access(account.email, PASSWORD)
    assert len(person.get("/api/token/")) == 1
    probe.close()
    assert person.get("/api/token/") == []
    assert opened(probe) | {"personal access token": None} == {
        **dict.fromkeys(WAYS, True),
        "personal access token": None,
        "token refresh": False,
    }
    probe = platform.probe_access(account.email, PASSWORD)
    assert len(person.get("/api/token/")) == 1
    del probe
    gc.collect()
    assert person.get("/api/token/") == []


@pytest.mark.labelstudio
def test_personal_token_of_the_persons_own_is_left_alone_and_a_project_opened_instead(platform, project):
    account = newcomer(platform)
    person = Rest(platform.url, account.token)
    own = person.send("POST", "/api/token/")["token"]
    probe = platform.probe_access(account.email, PASSWORD)
    assert [(way.name, way.open) for way in probe.try_all()] == [
        ("fresh login", True),
        ("login cookie", True),
        ("legacy token", True),
        ("personal access token", None),
        ("project", True),
    ]
    probe.close()
    assert Rest(platform.url, own).get("/api/current-user/whoami")["id"] == account.server_user
    platform.end_access(account.server_user)
    assert opened(probe)["project"] is False


def test_server_that_is_gone_is_not_taken_for_closed_doors(monkeypatch):
    answers = {
        "/user/login/": lambda request: httpx.Response(
            200 if request.method == "GET" else 302, headers={"Set-Cookie": "csrftoken=x; Path=/"}
        ),
        "/api/current-user/token": lambda _: httpx.Response(200, json={"token": "t"}),
        "/api/token/": lambda _: httpx.Response(409, json={}),
        "/api/projects/": lambda _: httpx.Response(200, json={"results": []}),
    }

    def answer(request):
        if request.url.path not in answers:
            raise httpx.ConnectError("refused")
        return answers[request.url.path](request)

    url = f"http://127.0.0.1:{free_port()}"
    probe = LabelStudioPlatform(url, "t", transport=httpx.MockTransport(answer)).probe_access("a@x.example", PASSWORD)
    with pytest.raises(LabelStudioError, match="No Label Studio answers"):
        probe.try_all()
