"""``apply``: one project on the platform per label config and tier in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.models import ProjectKey, ProjectRecord
from toolkit.packs import pack_named
from toolkit.workflow.collection import collect
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import ProjectSpec

MAX_TITLE = 50  # Label Studio's limit


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What apply did, or would do, to one project."""

    key: ProjectKey
    action: Literal["created", "updated", "unchanged"]
    server_id: int | None  # None for one that a dry run would create
    title: str
    changes: tuple[str, ...]  # names of the settings that differ


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What apply did, or would do."""

    projects: tuple[ProjectChange, ...]
    dry_run: bool


def apply(operation: Operation, *, dry_run: bool = False) -> ApplyReport:
    """Create or update the projects that the placed tasks need.

    Parameters
    ----------
    operation : Operation
        The workspace.
    dry_run : bool
        Only say what would be done.

    Returns
    -------
    ApplyReport
        One line per project; a second call finds them all unchanged and writes nothing.

    Raises
    ------
    ConfigError
        A label config that Label Studio would refuse.
    LabelStudioError
        The server is not there or refuses.
    """
    known = {record.key: record for record in operation.state.registry.projects()}
    if not dry_run and any(record.config_version != operation.config(key).version for key, record in known.items()):
        collect(operation)  # what was answered so far was answered on the screen as it is now
    changes = []
    for key in operation.progress(operation.state.work.projects_in_use(), "Applying projects"):
        spec = project_spec(operation, key)
        record = known.get(key)
        applied = operation.platform.apply_project(spec, record.server_id if record else None, dry_run=dry_run)
        if applied is None:
            changes.append(ProjectChange(key, "created", None, spec.title, ()))
            continue
        changes.append(ProjectChange(key, applied.action, applied.server_id, spec.title, applied.changes))
        if not dry_run:
            config = operation.config(key)
            operation.state.registry.save_project(
                ProjectRecord(key, applied.server_id, config.version, spec.title), config
            )
    return ApplyReport(tuple(changes), dry_run)


def project_spec(operation: Operation, key: ProjectKey) -> ProjectSpec:
    """Return what a project is to look like."""
    from markdown_it import MarkdownIt

    pack, config = pack_named(operation.packs, key.domain), operation.config(key)
    tier_overlap = operation.settings.escalation.overlap
    overlap = config.overlap if key.tier is pack.tier else tier_overlap.get(key.tier, 1)
    return ProjectSpec(
        key=key,
        title=project_title(config.title, key),
        description=f"{operation.settings.title}: {pack.description.strip()} [tk:{operation.name}:{key}]",
        xml=config.xml,
        instructions=MarkdownIt("commonmark", {"html": False}).enable("table").render(pack.guidelines),
        overlap=overlap,
    )


def project_title(title: str, key: ProjectKey) -> str:
    """Return a project's title within Label Studio's limit; what tells projects apart is never cut.

    Examples
    --------
    >>> from toolkit.models import Tier
    >>> project_title("Categorise and contextualise", ProjectKey("general", "categorize", Tier.ADJUDICATOR))
    'Categorise and contextuali… (general, adjudicator)'
    """
    where = f" ({key.domain}, {key.tier})"
    room = max(MAX_TITLE - len(where), 3)
    shown = title if len(title) <= room else f"{title[: room - 1]}…"
    return f"{shown}{where}"[:MAX_TITLE]
