"""Accounts: made through the invite link and the sign-up form, the only way that lets annotators log in; listed."""

from __future__ import annotations

import html
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.labelstudio.rest import PAUSES_S, SERVER_ERRORS, RefusedError, Rest, is_loopback
from toolkit.workflow.exchange import Account, ServerMember

if TYPE_CHECKING:
    import httpx

_FOUND = 302
_UNAUTHORIZED = 401
_CREATED = 201
_REMOVED = "Deleted"  # what the server writes in place of the address of somebody it has removed


def ensure_account(rest: Rest, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
    """Return an annotator's account that can log in, making it if there is none.

    A server that keeps its data in SQLite may fail at any of the pages while others are annotating: then all of it is
    done again, which finds what was made.

    Raises
    ------
    AuthenticationError
        The account exists with another password.
    LabelStudioError
        The server refuses it, or the way to the server is not private.
    """
    check_private(rest)
    for pause in PAUSES_S:
        try:
            return _entered(rest, pseudonym, email, password, simulated=simulated)
        except RefusedError as error:
            if error.status < SERVER_ERRORS:
                raise
        time.sleep(pause)
    return _entered(rest, pseudonym, email, password, simulated=simulated)


def _entered(rest: Rest, pseudonym: str, email: str, password: str, *, simulated: bool) -> Account:
    """Sign up or log in, and return the account with a token."""
    import httpx

    invite = rest.get("/api/invite")["token"]
    with rest.new_session() as session:
        try:
            if not _sign_up(rest, session, invite, pseudonym, email, password) and not log_in(
                rest, session, email, password
            ):
                raise AuthenticationError(
                    f"The account of {pseudonym} exists on {rest.url} with another password.",
                    hint="put back the password it was made with, or set it on the server's host: "
                    "label-studio reset_password.",
                )
            user = rest.content(session.get(f"{rest.url}/api/current-user/whoami"))
            token = _token(rest, session)
        except httpx.TransportError as error:
            raise rest.unreachable(error) from error
    name = {"first_name": "Simulated" if simulated else "Annotator", "last_name": pseudonym}
    if any(user.get(key) != value for key, value in name.items()):
        rest.send("PATCH", f"/api/users/{user['id']}/", json=name, token=token, repeatable=True)
    return Account(pseudonym, user["id"], user["email"], password, token)


def members(rest: Rest) -> list[ServerMember]:
    """Return everybody who has an account, by id; of those removed from the organisation only the id is known.

    Whether an account was deactivated on the server's host cannot be seen from here: it counts as active.
    """
    own = rest.get("/api/current-user/whoami")
    path = f"/api/organizations/{own['active_organization']}/memberships"
    answer = rest.get(path, {"page_size": -1})  # all of them
    if len(answer["results"]) < answer["count"]:
        raise LabelStudioError(
            f"Label Studio listed {len(answer['results'])} of {answer['count']} members.", hint="run the command again."
        )
    users = sorted((membership["user"] for membership in answer["results"]), key=lambda user: int(user["id"]))
    return [_member(user, own["id"]) for user in users]


def check_private(rest: Rest) -> None:
    """Raise :class:`LabelStudioError` where a password would go over a network in clear."""
    if urlsplit(rest.url).scheme != "https" and not is_loopback(rest.url):
        raise LabelStudioError(
            f"Passwords are not sent to {rest.url}: the connection is not encrypted.", hint="use an https:// URL."
        )


def log_in(rest: Rest, session: httpx.Client, email: str, password: str) -> bool:
    """Log a session in; False where address and password do not belong together."""
    answer = post_form(rest, session, f"{rest.url}/user/login/", {"email": email, "password": password}, {})
    if answer.status_code != _FOUND and not answer.is_success:
        rest.content(answer)
    return answer.status_code == _FOUND


def post_form(
    rest: Rest, session: httpx.Client, url: str, form: dict[str, str], params: dict[str, str]
) -> httpx.Response:
    """Fill in and send one of the server's forms, as a browser does."""
    page = session.get(url, params=params)
    if not page.is_success or "csrftoken" not in session.cookies:
        raise rest.refused(page.status_code, "GET", page.request.url.path, "its form cannot be read")
    filled = {**form, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(url, params=params, data=filled, headers={"Referer": url})


def _member(user: dict[str, Any], own: int) -> ServerMember:
    active = user["email"] != _REMOVED
    name = f"{user['first_name']} {user['last_name']}".strip() if active else ""
    return ServerMember(user["id"], user["email"] if active else "", name, active=active, own=user["id"] == own)


def _sign_up(rest: Rest, session: httpx.Client, invite: str, pseudonym: str, email: str, password: str) -> bool:
    """Sign up and stay logged in; False where the account exists already."""
    form = {"email": email, "password": password, "allow_newsletters": "false"}
    answer = post_form(rest, session, f"{rest.url}/user/signup/", form, {"token": invite})
    if answer.status_code == _FOUND:
        return True
    if answer.status_code >= SERVER_ERRORS:
        rest.content(answer)
    problems = _problems(answer)
    if any("already exists" in problem for problem in problems):
        return False
    raise LabelStudioError(
        f"Label Studio refused to make the account of {pseudonym}: {' '.join(problems) or answer.status_code}",
        hint="a password needs 8 to 128 characters, and the address must be a valid one.",
    )


def _problems(page: httpx.Response) -> list[str]:
    lists = re.findall(r'<ul class="field_errors">(.*?)</ul>', page.text, re.DOTALL)
    found = [item for one in lists for item in re.findall(r"<li>(.*?)</li>", one, re.DOTALL)]
    return [" ".join(html.unescape(item).split()) for item in found]


def _token(rest: Rest, session: httpx.Client) -> str:
    """Return a token of the user who is logged in: the legacy one where the server takes it, else a personal one."""
    legacy = str(rest.content(session.get(f"{rest.url}/api/current-user/token"))["token"])
    with rest.new_session() as stranger:  # without the cookies that would let any token pass
        headers = {"Authorization": f"Token {legacy}"}
        tried = stranger.get(f"{rest.url}/api/current-user/whoami", headers=headers)
    return legacy if tried.status_code != _UNAUTHORIZED else _personal_token(rest, session)


def _personal_token(rest: Rest, session: httpx.Client) -> str:
    url = f"{rest.url}/api/token/"
    headers = {"X-CSRFToken": session.cookies["csrftoken"], "Referer": url}
    # A user has one at a time, and it is shown once: an older one makes way.
    for old in rest.content(session.get(url)):
        session.post(f"{url}blacklist/", json={"refresh": old["token"]}, headers=headers)
    answer = session.post(url, headers=headers)
    if answer.status_code != _CREATED:
        raise rest.refused(answer.status_code, "POST", "/api/token/", "no token was made")
    made: Any = answer.json()
    return str(made["token"])
