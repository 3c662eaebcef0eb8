"""Projects on the server: made, found again, and brought to what the packs say, through Label Studio's SDK."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from toolkit.errors import ConfigError, LabelStudioError
from toolkit.labelstudio.rest import Rest, detail_of
from toolkit.labelstudio.validation import check_label_config
from toolkit.models import Tier
from toolkit.workflow.ports import AppliedProject, ProjectSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from label_studio_sdk.client import LabelStudio
    from label_studio_sdk.core.request_options import RequestOptions

_COLORS = {Tier.GENERALIST: "#617ADA", Tier.SPECIALIST: "#2AA000", Tier.ADJUDICATOR: "#CA3000"}
_PAGE = 100
_NOT_FOUND = 404
_BAD_REQUEST = 400


def apply_project(rest: Rest, spec: ProjectSpec, server_id: int | None, *, dry_run: bool) -> AppliedProject | None:
    """Create a project or bring it to what is wanted, writing only what differs; None for a dry run's new one.

    A project is ours only where its description has the marker that the wanted one ends with: the one with the stored
    id, else the first that has it. Changing the overlap makes Label Studio reset that of every task in the project.

    Raises
    ------
    ConfigError
        The label config is not valid, or would drop labels that annotations use.
    """
    check_label_config(str(spec.key), spec.xml)
    wanted = _settings(spec)
    found = _find(rest, spec, server_id)
    if found is None:
        return None if dry_run else AppliedProject(_create(rest, wanted), "created")
    changes = {name: value for name, value in wanted.items() if not _same(name, found.get(name), value)}
    if not changes:
        return AppliedProject(found["id"], "unchanged")
    if "label_config" in changes:
        _check_no_label_is_lost(rest, spec, found["id"])
    if not dry_run:
        _ask(
            rest,
            f"/api/projects/{found['id']}/",
            lambda sdk, once: sdk.projects.update(found["id"], **changes, request_options=once),
        )
    return AppliedProject(found["id"], "updated", tuple(changes))


def holds(rest: Rest, server_id: int, marker: str) -> bool:
    """Say whether a project with that id exists whose description has the marker."""
    found = _get(rest, server_id)
    return found is not None and marker in found["description"]


def _settings(spec: ProjectSpec) -> dict[str, Any]:
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


def _find(rest: Rest, spec: ProjectSpec, server_id: int | None) -> dict[str, Any] | None:
    marker = spec.description.rpartition(" ")[2]
    if not (marker.startswith("[") and marker.endswith("]")):
        raise ConfigError(f"The description of {spec.key} must end with a marker in brackets, not {marker!r}.")
    if server_id is not None:
        stored = _get(rest, server_id)
        # An id of another server, or of one that was set up anew, may belong to a stranger's project. The title says
        # nothing: it is the same in every workspace with the same packs.
        if stored is not None and marker in stored["description"]:
            return stored
    marked = (one["id"] for one in _projects(rest) if marker in (one["description"] or ""))
    first = min(marked, default=None)
    return None if first is None else _get(rest, first)


def _get(rest: Rest, server_id: int) -> dict[str, Any] | None:
    found = _ask(
        rest,
        f"/api/projects/{server_id}/",
        lambda sdk, once: sdk.projects.get(server_id, request_options=once),
        absent=_NOT_FOUND,
    )
    return None if found is None else {**found.dict(), "description": found.description or ""}


def _projects(rest: Rest) -> list[dict[str, Any]]:
    """Every project's id and description; the server's own search cuts the marker into words."""
    found: list[dict[str, Any]] = []
    while True:
        page = len(found) // _PAGE + 1
        asked = {"page": page, "page_size": _PAGE, "include": "id,description", "ordering": "id"}
        answer = rest.get("/api/projects/", asked)
        found += answer["results"]
        if len(found) >= answer["count"]:
            return found
        if len(answer["results"]) < _PAGE:
            raise LabelStudioError(
                f"Label Studio listed {len(found)} of {answer['count']} projects.", hint="run the command again."
            )


def _create(rest: Rest, wanted: dict[str, Any]) -> int:
    made = _ask(rest, "/api/projects/", lambda sdk, once: sdk.projects.create(**wanted, request_options=once))
    return int(made.id)


def _check_no_label_is_lost(rest: Rest, spec: ProjectSpec, server_id: int) -> None:
    def ask(sdk: LabelStudio, once: RequestOptions) -> Any:
        return sdk.projects.validate_label_config(server_id, label_config=spec.xml, request_options=once)

    try:
        _ask(rest, f"/api/projects/{server_id}/validate/", ask)
    except LabelStudioError as error:
        if getattr(error, "status", None) != _BAD_REQUEST:
            raise
        raise ConfigError(
            f"The label config of {spec.key} does not fit the annotations on the server: {error}",
            hint="keep the labels and controls that are in use, or give the new question a config name of its own.",
        ) from error


def _ask(
    rest: Rest, path: str, call: Callable[[LabelStudio, RequestOptions], Any], *, absent: int | None = None
) -> Any:
    """Call the SDK and put its errors into our words; None where the server answers with the status `absent`."""
    import httpx
    from label_studio_sdk.client import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

    # The token goes along with each request: exchanging a personal one, the SDK would lose a path in the URL.
    headers = {"Authorization": rest.authorization(rest.token)}
    sdk = LabelStudio(base_url=rest.url, api_key="goes along", httpx_client=rest.http)
    try:
        return call(sdk, {"max_retries": 0, "additional_headers": headers})
    except httpx.TransportError as error:
        raise rest.unreachable(error) from error
    except ApiError as error:
        status = error.status_code or 0
        if status == absent:
            return None
        detail = detail_of(error.body) if isinstance(error.body, dict) else ""
        # Not `from error`: its text holds the answer's headers and body.
        raise rest.refused(status, "a request to", path, detail) from None


def _same(name: str, found: Any, wanted: Any) -> bool:
    if name == "expert_instruction":
        return _shown(found or "") == _shown(wanted)
    if isinstance(wanted, str):  # the server strips white space at both ends
        return (found or "").strip() == wanted.strip()
    return bool(found == wanted)


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
