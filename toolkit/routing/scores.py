"""What a router says of a task, and the Protocol that every router follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from toolkit.models import DomainPack, Evidence, Task

ENTRY_POINTS = "toolkit.routers"


@dataclass(frozen=True, slots=True)
class Scores:
    """What one router makes of a task.

    Attributes
    ----------
    log_odds : mapping of str to float
        Domain to natural log-odds, up to a constant that all domains share; a domain that is not named has 0. Those of
        several routers are added, as if they had seen different things.
    evidence : tuple of Evidence
        What a person can read of it.
    heard : bool
        False where there was nothing to go by and silence says nothing either.
    note : str
        Added to the route's reason.
    """

    log_odds: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()
    heard: bool = True
    note: str = ""


class Router(Protocol):
    """Scores tasks by domain; the entry points ``toolkit.routers`` name factories of them."""

    @property
    def name(self) -> str:
        """What routes are signed with, as "lexicon" or "trained 3f2a9c01"."""
        ...

    @property
    def asked_last(self) -> bool:
        """Whether it is asked only about tasks that the others leave undecided, for it is slow or costs money."""
        ...

    def score(self, task: Task, text: str) -> Scores | None:
        """Return scores for a task of which `text` is what may be read; None where it has nothing to say."""
        ...


@dataclass(frozen=True, slots=True)
class RouterContext:
    """What the factory of a router is given.

    Attributes
    ----------
    packs : mapping of str to DomainPack
        By name.
    options : mapping
        As `routing.routers.<name>` in ``workflow.yaml`` has them.
    folder : Path or None
        A private folder of the workspace, where a router may keep what it paid for; None outside a workspace.
    confidential : tuple of str
        Patterns of sources whose tasks must not be sent anywhere.
    """

    packs: Mapping[str, DomainPack]
    options: Mapping[str, Any]
    folder: Path | None = None
    confidential: tuple[str, ...] = ()
