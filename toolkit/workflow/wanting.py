"""One thing that wants attention, and where on the server it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from toolkit.models import ProjectKey
from toolkit.workflow.operation import Operation


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that wants attention."""

    sentence: str  # with its number, and the interval where there is one
    advice: str = ""  # what to do
    urgent: bool = False  # somebody has to do something; else it is worth a look
    link: tuple[str, str] | None = None  # what it leads to, and the address on the server
    subject: str = ""

    def about(self, subject: str) -> Concern:
        """Return it with its subject."""
        return replace(self, subject=subject)


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses on the server, as far as the workspace knows them."""

    server: str | None
    ids: Mapping[ProjectKey, int]

    @classmethod
    def of(cls, operation: Operation) -> Places:
        """Return those of a workspace."""
        registry = operation.state.registry
        return cls(registry.remembered("server"), {one.key: one.server_id for one in registry.projects()})

    def project(self, key: ProjectKey) -> tuple[str, str] | None:
        """Return a project's list of tasks."""
        if self.server is None or key not in self.ids:
            return None
        return str(key), f"{self.server.rstrip('/')}/projects/{self.ids[key]}/data"

    def task(self, key: ProjectKey, server_task: int) -> tuple[str, str] | None:
        """Return a task in its project's list."""
        there = self.project(key)
        return None if there is None else (f"{key}, task {server_task}", f"{there[1]}?task={server_task}")
