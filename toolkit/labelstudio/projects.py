"""Projects on the server: made, found again, and brought to what the packs say, through Label Studio's SDK."""

from __future__ import annotations

import contextlib
import html
import re
from typing import TYPE_CHECKING, Any

from toolkit.errors import ConfigError, LabelStudioError
from toolkit.labelstudio.rest import ANSWER_S, LONG_S, RefusedError, Rest, detail_of
from toolkit.models import Tier
from toolkit.workflow.exchange import FoundProject, ProjectSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from label_studio_sdk.client import LabelStudio
    from label_studio_sdk.core.request_options import RequestOptions

_COLORS = {Tier.GENERALIST: "#617ADA", Tier.SPECIALIST: "#2AA000", Tier.ADJUDICATOR: "#CA3000"}
_SETTINGS = (
    "title",
    "description",
    "label_config",
    "expert_instruction",
    "show_instruction",
    "maximum_annotations",
    "show_skip_button",
    "enable_empty_annotation",
    "sampling",
    "skip_queue",
    "color",
)
_PAGE = 100
_NOT_FOUND = 404
_BAD_REQUEST = 400


def settings_of(spec: ProjectSpec) -> dict[str, Any]:
    """Return what a project is to look like, in Label Studio's own settings."""
    return {
        "title": spec.title,
        "description": spec.description,
        "label_config": spec.xml,
        "expert_instruction": spec.instructions,
        "show_instruction": bool(spec.instructions.strip()),
        "maximum_annotations": spec.overlap,
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "sampling": "Sequential sampling",
        # Who skips a task is not shown it again; it stays open for others.
        "skip_queue": "REQUEUE_FOR_OTHERS",
        "color": _COLORS[spec.key.tier],
    }


def same_setting(name: str, one: Any, other: Any) -> bool:
    """Say whether two values of a setting mean the same to Label Studio.

    Examples
    --------
    >>> same_setting("title", " Claims", "Claims"), same_setting("maximum_annotations", 2, 3)
    (True, False)
    """
    if name == "expert_instruction":
        return _shown(one or "") == _shown(other or "")
    if isinstance(one, str | None) and isinstance(other, str | None):  # the server strips white space at both ends
        return _lines(one) == _lines(other)
    return bool(one == other)


def _lines(text: str | None) -> list[str]:
    """Return a text's lines, whichever system they were written on."""
    return (text or "").strip().splitlines()


def find_project(rest: Rest, marker: str, server_id: int | None) -> FoundProject | None:
    """Return the project with that id if its description has the marker, else the first one that has it, or None.

    With an empty marker it is the project with that id, whatever it is called; nothing is searched for.
    """
    if server_id is not None:
        stored = _get(rest, server_id)
        # An id of another server, or of one that was set up anew, may belong to a stranger's project. The title says
        # nothing: it is the same in every workspace with the same packs.
        if stored is not None and marker in stored.settings["description"]:
            return stored
    if not marker:
        return None
    marked = (one["id"] for one in list_projects(rest, "id,description") if marker in (one["description"] or ""))
    first = min(marked, default=None)
    return None if first is None else _get(rest, first)


def create_project(rest: Rest, settings: Mapping[str, Any]) -> int:
    """Create a project and return its id.

    Raises
    ------
    ConfigError
        The server refuses a setting.
    """
    try:
        made = _ask(
            rest, "/api/projects/", lambda sdk, once: sdk.projects.create(**dict(settings), request_options=once)
        )
    except RefusedError as error:
        if error.status != _BAD_REQUEST:
            raise
        raise _not_taken(f"the project {settings.get('title')!r}", settings, error) from error
    return int(made.id)


def update_project(rest: Rest, project: int, changes: Mapping[str, Any]) -> None:
    """Change settings of a project, all of them or none.

    A label config is refused only where answers are left to a control that it lacks or that has another type or
    object. Labels that it lacks are taken without a word, so the caller looks for answers with them.

    Raises
    ------
    ConfigError
        The server refuses a setting; says what it says.
    """
    if not changes:
        return
    refused = _refusal(rest, project, changes)
    if refused is not None and "label_config" in changes:
        # The server judges by counters of its own. A draft that was rewritten or deleted stays in them, and so do
        # labels of annotations that came with an import; counting anew is refused where a result has no value.
        with contextlib.suppress(RefusedError):
            rest.send("POST", f"/api/projects/{project}/summary/reset/", json={}, answer_s=LONG_S, repeatable=True)
        refused = _refusal(rest, project, changes)
    if refused is not None:
        raise _not_taken(f"changes to project {project}", changes, refused) from refused


def delete_project(rest: Rest, project: int) -> None:
    """Delete a project with all its tasks; one that is gone is left alone."""
    _ask(
        rest,
        f"/api/projects/{project}/",
        lambda sdk, once: sdk.projects.delete(project, request_options=once),
        absent=_NOT_FOUND,
        answer_s=LONG_S,
    )


def _refusal(rest: Rest, project: int, changes: Mapping[str, Any]) -> RefusedError | None:
    """Change settings; return the server's refusal of their values, if any."""
    try:
        _ask(
            rest,
            f"/api/projects/{project}/",
            lambda sdk, once: sdk.projects.update(project, **dict(changes), request_options=once),
            answer_s=LONG_S,  # a new overlap is written to every task
        )
    except RefusedError as error:
        if error.status != _BAD_REQUEST:
            raise
        return error
    return None


def _not_taken(what: str, settings: Mapping[str, Any], error: RefusedError) -> ConfigError:
    hint = "correct the setting it names in the domain pack."
    if "label_config" in settings and "label_config" in str(error):
        hint = "keep the controls that annotations or drafts on the server answer, or have those rewritten first."
    return ConfigError(f"Label Studio does not take {what}: {error}", hint=hint)


def _get(rest: Rest, server_id: int) -> FoundProject | None:
    try:
        found = rest.get(f"/api/projects/{server_id}/")
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return None
    settings = {name: found[name] for name in _SETTINGS}
    return FoundProject(
        server_id, {**settings, "description": settings["description"] or ""}, found["task_number"] or 0
    )


def list_projects(rest: Rest, fields: str) -> list[dict[str, Any]]:
    """Return these fields of every project, by id; the server's own search cuts a marker into words."""
    found: list[dict[str, Any]] = []
    while True:
        page = len(found) // _PAGE + 1
        asked = {"page": page, "page_size": _PAGE, "include": fields, "ordering": "id"}
        answer = rest.get("/api/projects/", asked)
        found += answer["results"]
        if len(found) >= answer["count"]:
            return found
        if len(answer["results"]) < _PAGE:
            raise LabelStudioError(
                f"Label Studio listed {len(found)} of {answer['count']} projects.", hint="run the command again."
            )


def _ask(
    rest: Rest,
    path: str,
    call: Callable[[LabelStudio, RequestOptions], Any],
    *,
    absent: int | None = None,
    answer_s: float = ANSWER_S,
) -> Any:
    """Call the SDK and put its errors into our words; None where the server answers with the status `absent`."""
    import httpx
    from label_studio_sdk.client import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

    # The token goes along with each request: exchanging a personal one, the SDK would lose a path in the URL.
    headers = {"Authorization": rest.authorization(rest.token)}
    sdk = LabelStudio(base_url=rest.url, api_key="goes along", httpx_client=rest.http)
    try:
        return call(sdk, {"max_retries": 0, "timeout_in_seconds": int(answer_s), "additional_headers": headers})
    except httpx.TransportError as error:
        raise rest.unreachable(error) from error
    except ApiError as error:
        status = error.status_code or 0
        if status == absent:
            return None
        detail = detail_of(error.body) if isinstance(error.body, dict) else ""
        # Not `from error`: its text holds the answer's headers and body.
        raise rest.refused(status, "a request to", path, detail) from None


def _shown(instructions: str) -> str:
    """Return HTML reduced to what survives the server's cleaning, so that it compares equal before and after.

    The server drops comments and most attributes, closes tags, adds ``tbody`` and escapes tags it does not know.

    Examples
    --------
    >>> _shown("<P style='x'>Fish &amp; <a class=b href='u'>chips</a>") == _shown('<p>Fish & <a href="u">chips</a></p>')
    True
    """
    text = re.sub(r"<!--.*?-->", "", html.unescape(instructions), flags=re.DOTALL)
    text = re.sub(r"</[^>]*>|<tbody[^>]*>", " ", text)
    text = re.sub(r"<\s*(\w+)([^>]*)>", _tag, text)
    return " ".join(text.split())


def _tag(match: re.Match[str]) -> str:
    targets = re.findall(r"""(?:href|src)\s*=\s*["']?([^"'\s>]+)""", match.group(2))
    return f" <{' '.join([match.group(1).lower(), *targets])}> "
