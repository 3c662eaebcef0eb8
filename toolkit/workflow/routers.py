"""The routers that a workspace routes with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.config import WorkflowFile
from toolkit.models import DomainPack
from toolkit.routing import LexiconRouter, TaskRouter
from toolkit.routing.plugins import load_routers
from toolkit.routing.trained import FOLDER, is_trained, load_trained

PRIVATE = ".toolkit"  # where plug-ins keep what they paid for


def make_router(packs: Mapping[str, DomainPack], settings: WorkflowFile, folder: Path) -> TaskRouter:
    """Return the router of a folder: the trained one where there is one, else the lexicon, and the plug-ins asked for.

    Raises
    ------
    ConfigError
        A plug-in is not there or its options are wrong, or the trained router was made for other packs.
    """
    private = folder / PRIVATE
    confidential = [item.sources for item in settings.assignment.confidential]
    others = load_routers(settings.routing.routers, packs, private if private.is_dir() else None, confidential)
    if not is_trained(folder / FOLDER):
        return TaskRouter(packs, [LexiconRouter(packs), *others])
    trained = load_trained(folder / FOLDER, packs)
    return TaskRouter(packs, [trained, *others], trained.promise)
