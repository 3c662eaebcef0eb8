"""The routers that a workspace routes with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.config import WorkflowFile
from toolkit.errors import ConfigError
from toolkit.models import DomainPack
from toolkit.routing import LexiconRouter, TaskRouter
from toolkit.routing.plugins import load_routers
from toolkit.routing.trained import FOLDER, is_trained, load_trained
from toolkit.workflow.surroundings import PRIVATE


def make_router(packs: Mapping[str, DomainPack], settings: WorkflowFile, folder: Path) -> TaskRouter:
    """Return the router of a folder: the trained one where there is one, else the lexicon, and the plug-ins asked for.

    Raises
    ------
    ConfigError
        A plug-in is not there or its options are wrong, or the trained router was made for other packs or for another
        precision.
    """
    private = folder / PRIVATE  # where plug-ins keep what they paid for
    confidential = [item.sources for item in settings.assignment.confidential]
    others = load_routers(settings.routing.routers, packs, private if private.is_dir() else None, confidential)
    if not is_trained(folder / FOLDER):
        return TaskRouter(packs, [LexiconRouter(packs), *others])
    trained = load_trained(folder / FOLDER, packs)
    if trained.promise.precision != settings.routing.precision:
        raise ConfigError(
            f"The trained router promises a precision of {trained.promise.precision:g}, and workflow.yaml asks for"
            f" {settings.routing.precision:g}.",
            hint="train it again with `toolkit router train`, or put routing.precision back.",
        )
    return TaskRouter(packs, [trained, *others], trained.promise)
