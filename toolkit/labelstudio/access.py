"""Ending somebody's access to a server, and trying whether it has ended."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from toolkit.errors import AuthenticationError, LabelStudioError
from toolkit.labelstudio.accounts import check_private, log_in
from toolkit.labelstudio.rest import RefusedError, Rest
from toolkit.workflow.exchange import WayIn

if TYPE_CHECKING:
    import httpx

_OK = 200
_CREATED = 201
_NOT_FOUND = 404
_CONFLICT = 409
_REQUESTS = ("/api/current-user/whoami", "/api/projects/")
# As measured on 1.23: without its host the server only lets a membership be taken away.
_LEFT_OPEN = (
    "password, login cookie and tokens still work: whoever holds one reads the titles, label configs and views of all "
    "projects and the list of members, and can create projects; tasks and annotations are closed",
    "whoever still logs in can read the invite link, the new one too, and sign up with another address, which opens "
    "everything again",
)


class Host(Protocol):
    """The machine that a server runs on, for what its REST interface does not offer."""

    def deactivate(self, server_user: int) -> None:
        """Close every way in for an account, at once; what it has annotated stays its own."""
        ...


def end_access(rest: Rest, host: Host | None, server_user: int) -> tuple[str, ...]:
    """End somebody's access, keeping their authorship, and make the invite link that they may know invalid.

    Parameters
    ----------
    host : Host or None
        With it the account is deactivated and nothing stays open. Without it, it is removed from the organisation,
        which cannot be undone.

    Returns
    -------
    tuple of str
        What is left open, in plain words.

    Raises
    ------
    LabelStudioError
        It is the account that the toolkit works with, or that account may not remove others.
    """
    own = rest.get("/api/current-user/whoami")
    if own["id"] == server_user:
        raise LabelStudioError(
            "This is the account that the toolkit works with; its access is not ended.",
            hint="give the toolkit the token of another account first.",
        )
    if host is not None:
        host.deactivate(server_user)
    else:
        _remove(rest, own, server_user)
    rest.send("POST", "/api/invite/reset-token", repeatable=True)
    return () if host is not None else _LEFT_OPEN


def owns_organisation(rest: Rest) -> bool:
    """Say whether the account that the toolkit works with is the organisation's owner, who alone may remove others."""
    own = rest.get("/api/current-user/whoami")
    return bool(rest.get(f"/api/organizations/{own['active_organization']}")["created_by"] == own["id"])


def _remove(rest: Rest, own: Mapping[str, Any], server_user: int) -> None:
    if not owns_organisation(rest):
        raise LabelStudioError(
            f"Only the owner of the organisation at {rest.url} may remove accounts.",
            hint="set LABEL_STUDIO_API_KEY to the token of the account that was the first on that server.",
        )
    path = f"/api/organizations/{own['active_organization']}/memberships/{server_user}/"
    try:
        rest.send("DELETE", path, repeatable=True)
    except RefusedError as error:
        if error.status != _NOT_FOUND:  # removed already
            raise


class Probe:
    """Somebody's ways in, opened while they still worked; implements :class:`toolkit.workflow.ports.AccessProbe`.

    What it opens is known to it alone. The personal access token that it makes is revoked by :attr:`close`, at the
    latest when the probe is thrown away: Label Studio lets nobody have two.

    Parameters
    ----------
    email, password : str
        What the person logs in with.

    Raises
    ------
    AuthenticationError
        They do not belong together, or the account is closed already.
    """

    def __init__(self, rest: Rest, email: str, password: str) -> None:
        import httpx

        check_private(rest)
        self._rest, self._email, self._password = rest, email, password
        self._cookie = rest.new_session()
        weakref.finalize(self, self._cookie.close)
        try:
            if not log_in(rest, self._cookie, email, password):
                raise AuthenticationError(
                    f"Nobody can log in at {rest.url} with this address and password.",
                    hint="give those the account was made with; one that was deactivated cannot be probed.",
                )
            self._legacy = str(rest.content(self._cookie.get(f"{rest.url}/api/current-user/token"))["token"])
            self._personal = self._make_personal_token()
            self.close = weakref.finalize(self, _revoke, rest, self._personal)
            self._access = self._refresh().json()["access"] if self._personal else None
            projects = rest.content(self._cookie.get(f"{rest.url}/api/projects/", params={"page_size": 1}))["results"]
        except httpx.TransportError as error:
            raise rest.unreachable(error) from error
        self._project = projects[0]["id"] if projects else None

    def try_all(self) -> tuple[WayIn, ...]:
        """Try every way, now.

        Logging in comes first: somebody who was removed gets back by it what makes their tokens answer.
        """
        import httpx

        try:
            return (
                self._fresh_login(),
                self._tried("login cookie", session=self._cookie),
                self._tried("legacy token", authorization=f"Token {self._legacy}"),
                self._personal_token(),
                self._token_refresh() if self._personal else self._opened_project(),
            )
        except httpx.TransportError as error:
            raise self._rest.unreachable(error) from error

    def _make_personal_token(self) -> str | None:
        """Return a new token, or None where there is one already: its secret was shown once, and not to us."""
        answer = self._cookie.post(f"{self._rest.url}/api/token/")
        if answer.status_code == _CONFLICT:
            return None
        return str(self._rest.content(answer)["token"])

    def _refresh(self) -> httpx.Response:
        with self._rest.new_session() as stranger:
            return stranger.post(f"{self._rest.url}/api/token/refresh/", json={"refresh": self._personal})

    def _fresh_login(self) -> WayIn:
        with self._rest.new_session() as session:
            if log_in(self._rest, session, self._email, self._password):
                return self._tried("fresh login", session=session)
        return WayIn("fresh login", open=False, detail="the password is not accepted")

    def _personal_token(self) -> WayIn:
        if self._access is None:
            return WayIn("personal access token", open=None, detail="there is one already that nobody else can know")
        return self._tried("personal access token", authorization=f"Bearer {self._access}")

    def _token_refresh(self) -> WayIn:
        answer = self._refresh()
        if answer.status_code != _OK:
            return WayIn("token refresh", open=False, detail=f"{answer.status_code} to /api/token/refresh/")
        return self._tried("token refresh", authorization=f"Bearer {answer.json()['access']}")

    def _opened_project(self) -> WayIn:
        if self._project is None:
            return WayIn("project", open=None, detail="there is no project to open")
        return self._tried("project", session=self._cookie, paths=(f"/api/projects/{self._project}/",))

    def _tried(
        self,
        name: str,
        *,
        session: httpx.Client | None = None,
        authorization: str | None = None,
        paths: tuple[str, ...] = _REQUESTS,
    ) -> WayIn:
        """Send requests with a session's cookies, or with a header and without cookies that would help it."""
        headers = {"Authorization": authorization} if authorization else {}
        with contextlib.ExitStack() as opened:
            client = session or opened.enter_context(self._rest.new_session())
            statuses = {path: client.get(f"{self._rest.url}{path}", headers=headers).status_code for path in paths}
        detail = ", ".join(f"{status} to {path}" for path, status in statuses.items())
        return WayIn(name, open=all(status == _OK for status in statuses.values()), detail=detail)


def _revoke(rest: Rest, personal: str | None) -> None:
    """Revoke a personal access token: it takes the token itself to do so, even where it opens nothing any more."""
    import httpx

    if personal is not None:
        with contextlib.suppress(httpx.HTTPError), rest.new_session() as stranger:
            stranger.post(f"{rest.url}/api/token/blacklist/", json={"refresh": personal})
