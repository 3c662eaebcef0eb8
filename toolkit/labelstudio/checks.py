"""What a server tells of itself: one or two requests for each fact, none of which changes anything there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from toolkit.errors import LabelStudioError
from toolkit.labelstudio.access import owns_organisation
from toolkit.labelstudio.accounts import post_form
from toolkit.labelstudio.projects import list_projects
from toolkit.labelstudio.rest import Rest, is_loopback
from toolkit.workflow.exchange import ServerFacts

_OK = 200
_FORBIDDEN = 403


def server_facts(rest: Rest) -> ServerFacts:
    """Return all that can be found out about a server with an account's token."""
    return ServerFacts(
        version=server_version(rest),
        clock_skew_s=clock_skew_s(rest),
        open_signup=signup_is_open(rest),
        legacy_tokens=legacy_tokens_enabled(rest),
        owner=owns_organisation(rest),
        encrypted_or_local=urlsplit(rest.url).scheme == "https" or is_loopback(rest.url),
        tasks_by_project=tasks_by_project(rest),
    )


def server_version(rest: Rest) -> str:
    """Return the version of the Label Studio that answers."""
    answer = rest.get("/api/version/")
    version = answer.get("release") if isinstance(answer, dict) else None
    if not isinstance(version, str):
        raise LabelStudioError(
            f"What answers at {rest.url} is not Label Studio.", hint="check label_studio.url in workflow.yaml."
        )
    return version


def clock_skew_s(rest: Rest) -> float | None:
    """Return by how much the server's clock is ahead of ours; None where it, or a gateway before it, tells no time."""
    import httpx

    sent = time.time()
    try:
        answer = rest.http.get(f"{rest.url}/health")
    except httpx.TransportError as error:
        raise rest.unreachable(error) from error
    middle = (sent + time.time()) / 2
    try:
        # Cut to a second, so on average half a second was left off.
        return round(parsedate_to_datetime(answer.headers["Date"]).timestamp() + 0.5 - middle, 1)
    except (KeyError, ValueError):
        return None


def server_now(rest: Rest) -> datetime:
    """Return the moment by the server's clock; by ours where it does not tell."""
    return datetime.now(UTC) + timedelta(seconds=clock_skew_s(rest) or 0)


def signup_is_open(rest: Rest) -> bool | None:
    """Say whether anybody can sign up without an invite link; None where neither form nor refusal came.

    The form is shown either way. Sent empty, it is refused whole where a link is needed, and else for being empty.
    """
    import httpx

    try:
        with rest.new_session() as stranger:
            answer = post_form(rest, stranger, f"{rest.url}/user/signup/", {}, {})
    except httpx.TransportError as error:
        raise rest.unreachable(error) from error
    except LabelStudioError:
        return None
    return {_OK: True, _FORBIDDEN: False}.get(answer.status_code)


def legacy_tokens_enabled(rest: Rest) -> bool:
    """Say whether the server takes tokens that never expire."""
    return bool(rest.get("/api/jwt/settings")["legacy_api_tokens_enabled"])


def tasks_by_project(rest: Rest) -> dict[int, int]:
    """Return the number of tasks of every project, as the server counts them, by the project's id."""
    return {project["id"]: project["task_number"] or 0 for project in list_projects(rest, "id,task_number")}
