"""Requests to a Label Studio server: authentication, repeating what may be repeated, errors in our own words.

Label Studio's SDK checks label configs and handles projects (see :mod:`toolkit.labelstudio.projects`). Everything else
goes through here: the SDK repeats creating requests on its own, takes any 404 for the last page, offers no sign-up, and
builds a model for every task it reads.
"""

from __future__ import annotations

import html
import re
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from toolkit.errors import AuthenticationError, LabelStudioError

if TYPE_CHECKING:
    import ssl

    import httpx

CONNECT_S = 10.0
ANSWER_S = 60.0
LONG_S = 600.0  # imports and uploads: giving up early leaves it open whether they were carried out
PAUSES_S = (0.2, 0.5, 1.0)  # before each further try
_ACCESS_S = 240  # the server lets an access token live for 300 s
_DETAIL_CHARS = 400
_NOT_FOUND = 404
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
SERVER_ERRORS = 500  # from here on, a gateway may have given up on a server that carries on


class RefusedError(LabelStudioError):
    """Label Studio answered with an error status."""

    def __init__(self, message: str, status: int, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Rest:
    """A Label Studio server's REST interface, as one user by default.

    Parameters
    ----------
    url : str
        Where the server answers, without credentials in it.
    token : str
        A personal access token (a JWT), or a legacy token where the server takes those.
    transport : httpx.BaseTransport, optional
        What carries the requests, for tests.
    """

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        if urlsplit(url).password or urlsplit(url).username:
            raise LabelStudioError("The server's URL must not hold a user or a password.", hint="give the token apart.")
        self.url = url.rstrip("/")
        self.token = token
        self._transport = transport
        self._access: dict[str, tuple[str, float]] = {}  # JWT → access token made from it, and until when it is used
        self._lock = threading.Lock()
        self.http = self.new_session()
        weakref.finalize(self, self.http.close)

    def new_session(self) -> httpx.Client:
        """Return a client with cookies of its own and no token; the caller closes it."""
        import httpx

        return httpx.Client(
            transport=self._transport,
            verify=_authorities(),
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=not is_loopback(self.url),  # a proxy cannot reach this machine's own loopback interface
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON of a resource; tried again a few times where the server or the way to it fails."""
        return self.send("GET", path, params=params, repeatable=True)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        token: str | None = None,
        answer_s: float = ANSWER_S,
        repeatable: bool = False,
    ) -> Any:
        """Send a request and return the JSON of the answer, or None where there is none.

        Parameters
        ----------
        token : str, optional
            Whose request it is, where not the default user's.
        answer_s : float
            How long the server may be silent.
        repeatable : bool
            Sending it twice does no harm, so failures are tried again. Leave it off for everything that creates.

        Raises
        ------
        AuthenticationError
            The server does not accept the token.
        RefusedError
            It answered with another error status.
        LabelStudioError
            It did not answer, or with something that is not JSON.
        """
        import httpx

        timeout = httpx.Timeout(answer_s, connect=CONNECT_S)
        pauses = list(PAUSES_S) if repeatable else []
        while True:
            headers = {"Authorization": self.authorization(token or self.token)}
            try:
                answer = self.http.request(
                    method, self.url + path, json=json, params=params, files=files, headers=headers, timeout=timeout
                )
            except httpx.TransportError as error:
                if not pauses:
                    raise self.unreachable(error) from error
            else:
                if not pauses or answer.status_code not in _TRY_AGAIN:
                    return self.content(answer)
            time.sleep(pauses.pop(0))

    def delete(self, path: str) -> None:
        """Delete a resource; one that is gone is left alone."""
        try:
            self.send("DELETE", path, repeatable=True)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise

    def send_once(self, path: str, items: Sequence[Any], what: str) -> Any:
        """Post a list of what is to be created and return the JSON of the answer.

        Parameters
        ----------
        what : str
            What is sent, for messages: "12 tasks".

        Raises
        ------
        LabelStudioError
            The server refused, or it is open whether it created them: it failed or did not answer.
        """
        try:
            return self.send("POST", path, json=items, answer_s=LONG_S)
        except LabelStudioError as error:
            status = error.status if isinstance(error, RefusedError) else 0
            if isinstance(error, AuthenticationError) or 0 < status < SERVER_ERRORS:
                raise
            raise LabelStudioError(
                f"{what} may or may not have arrived. {error}",
                hint="run the command again: it looks first which of them are there.",
            ) from error

    def authorization(self, token: str) -> str:
        """Return the header that makes a request the token's owner's; a personal token is exchanged first."""
        if not is_jwt(token):
            return f"Token {token}"
        with self._lock:
            access, until = self._access.get(token, ("", 0.0))
            if time.monotonic() >= until:
                access, until = self._refresh(token), time.monotonic() + _ACCESS_S
                self._access[token] = (access, until)
        return f"Bearer {access}"

    def content(self, answer: httpx.Response) -> Any:
        """Return an answer's JSON, or raise what its status means."""
        if not answer.is_success:
            detail = _detail(answer)
            raise self.refused(answer.status_code, answer.request.method, answer.request.url.path, detail)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise LabelStudioError(
                f"What answers at {self.url} is not Label Studio: {answer.request.url.path} is not JSON.",
                hint="check label_studio.url in workflow.yaml.",
            ) from error

    def refused(self, status: int, method: str, path: str, detail: str) -> LabelStudioError:
        """Return the error that an answer's status stands for."""
        if status in (401, 403):
            return AuthenticationError(
                f"Label Studio at {self.url} does not accept the token ({status}: {detail or 'no reason given'}).",
                hint="set LABEL_STUDIO_API_KEY to a token of an account on that server; its owner finds it there "
                "under Account & Settings.",
            )
        return RefusedError(f"Label Studio answered {status} to {method} {path}: {detail or 'no reason given'}", status)

    def unreachable(self, error: Exception) -> LabelStudioError:
        """Return the error for a server that did not answer."""
        import httpx

        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
            return LabelStudioError(
                f"Label Studio at {self.url} took too long to answer.", hint="run the command again when it is idle."
            )
        if isinstance(error, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError):
            return LabelStudioError(
                f"The connection to Label Studio at {self.url} broke: {error}.", hint="run the command again."
            )
        return LabelStudioError(
            f"No Label Studio answers at {self.url}: {error}.",
            hint="start it with `toolkit server start`, or correct label_studio.url in workflow.yaml.",
        )

    def _refresh(self, token: str) -> str:
        import httpx

        try:
            answer = self.http.post(f"{self.url}/api/token/refresh/", json={"refresh": token})
        except httpx.TransportError as error:
            raise self.unreachable(error) from error
        return str(self.content(answer)["access"])


@cache
def _authorities() -> ssl.SSLContext:
    """Return the certificates that are trusted: reading them takes longer than most requests."""
    import httpx

    return httpx.create_ssl_context()


def is_jwt(token: str) -> bool:
    """Return whether a token is a personal access token, which is exchanged for short-lived ones."""
    return token.count(".") == 2


def is_loopback(url: str) -> bool:
    """Return whether a URL points to this machine itself.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8080"), is_loopback("http://labels.example.org")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _detail(answer: httpx.Response) -> str:
    """Return in one line why the server refused."""
    try:
        body = answer.json()
    except ValueError:
        title = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL | re.IGNORECASE)
        return " ".join(html.unescape(title.group(1)).split())[:_DETAIL_CHARS] if title else ""
    return detail_of(body)


def detail_of(body: Any) -> str:
    """Return in one line what Label Studio's JSON for an error says.

    Examples
    --------
    >>> detail_of({"detail": "Validation error", "validation_errors": {"title": ["Too short."]}, "id": "f3"})
    'title: Too short.'
    """
    if isinstance(body, Mapping) and ("detail" in body or "validation_errors" in body):
        body = body.get("validation_errors") or body["detail"]
    line = " ".join(_flat(body).split())
    return line if len(line) <= _DETAIL_CHARS else f"{line[:_DETAIL_CHARS]}…"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_flat(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_flat(item) for item in value)
    return str(value)
