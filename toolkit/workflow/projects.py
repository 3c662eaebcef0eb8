"""What a project on the platform is to look like, and whether the one that is there is ours."""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.errors import LabelStudioError
from toolkit.models import ProjectKey, ProjectRecord
from toolkit.packs import pack_named
from toolkit.storage.state import State
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.exchange import FoundProject, ProjectSpec
from toolkit.workflow.operation import Operation
from toolkit.workflow.ports import LabelingPlatform

MAX_TITLE = 50  # Label Studio's limit
MANAGED_OF_ADOPTED = ("label_config", "maximum_annotations", "expert_instruction")
GUIDELINES = "guidelines"  # in the settings of an adopted project: digest of the guidelines as they were written then
SAMPLE = 20  # tasks looked at to tell whose a project is


def project_spec(operation: Operation, key: ProjectKey) -> ProjectSpec:
    """Return what a project is to look like."""
    pack, config = pack_named(operation.packs, key.domain), operation.config(key)
    tier_overlap = operation.settings.escalation.overlap
    overlap = config.overlap if key.tier is pack.tier else tier_overlap.get(key.tier, 1)
    marker = marker_of(operation, key)
    return ProjectSpec(
        key=key,
        title=project_title(config.title, key),
        description=f"{operation.settings.title}: {pack.description.strip()} {marker}",
        marker=marker,
        xml=config.xml,
        instructions=rendered(pack.guidelines),
        overlap=overlap,
    )


def marker_of(operation: Operation, key: ProjectKey) -> str:
    """Return what a project's description ends with, so that it is found again."""
    return f"[tk:{operation.name}:{key}]"


def rendered(guidelines: str) -> str:
    """Return guidelines as HTML."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(guidelines))


def wanted_settings(operation: Operation, key: ProjectKey, record: ProjectRecord | None) -> dict[str, Any]:
    """Return the settings that a project is to have; of an adopted one only what its pack says is ours to change."""
    wanted = operation.platform.settings_of(project_spec(operation, key))
    if record is None or not record.adopted:
        return wanted
    managed = {name: wanted[name] for name in MANAGED_OF_ADOPTED}
    if guidelines_digest(operation, key) == record.settings.get(GUIDELINES):
        del managed["expert_instruction"]
    return {**{name: value for name, value in record.settings.items() if name in wanted}, **managed}


def guidelines_digest(operation: Operation, key: ProjectKey) -> str:
    """Return a digest of a pack's guidelines."""
    return hashlib.sha256(operation.packs[key.domain].guidelines.encode()).hexdigest()[:16]


def found_project(operation: Operation, record: ProjectRecord) -> FoundProject | None:
    """Return a project of the registry as the server has it, or None where it is gone.

    Members can change a description, and with it the marker: then the project is known by its id, if its tasks are
    ours. Where another workspace's marker is on it, our annotators must have their accounts there, too: a server that
    was set up anew may give the same tasks the same numbers.
    """
    platform = operation.platform
    bare = platform.find_project("", record.server_id)
    if bare is None or record.adopted or marker_of(operation, record.key) in str(bare.settings.get("description", "")):
        return bare
    if _of_another(operation, bare) and not knows_our_people(platform, operation.folder, operation.state):
        return None
    published = {state.server_task: state.placement.id for state in operation.state.work.placements(project=record.key)}
    sample = list(islice(platform.tasks(record.server_id), SAMPLE))
    return bare if any(published.get(task.server_id) == task.external_id for task in sample) else None


def found_or_begun(operation: Operation, record: ProjectRecord) -> FoundProject | None:
    """Return a project of the registry, or else the one that was begun in its place and never finished, or None."""
    return found_project(operation, record) or operation.platform.find_project(marker_of(operation, record.key), None)


def _of_another(operation: Operation, found: FoundProject) -> bool:
    """Whether a project carries the marker of another workspace, in earnest or because somebody wrote it there."""
    names = re.findall(r"\[tk:([0-9a-f]{8}):", str(found.settings.get("description", "")))
    return any(name != operation.name for name in names)


def knows_our_people(platform: LabelingPlatform, folder: Path, state: State) -> bool:
    """Whether a server has one of a workspace's accounts, by number and address: another server has not."""
    credentials, people, accounts = Credentials(folder), state.people.all(), state.registry.accounts()
    for member in platform.members():
        account = accounts.get(member.server_user)
        if account is not None and member.email:
            known, person = credentials.of(account.pseudonym), people.get(account.pseudonym)
            if member.email in (known[0] if known else None, person.email if person else None):
                return True
    return False


def require_project(operation: Operation, record: ProjectRecord) -> FoundProject:
    """Return a project of the registry as the server has it.

    Raises
    ------
    LabelStudioError
        It is gone.
    """
    found = found_project(operation, record)
    if found is None:
        raise LabelStudioError(
            f"The project {record.key} is not on the server any more.",
            hint="`toolkit apply` makes it anew, with its tasks and annotations from the ledger.",
        )
    return found


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
