"""What the checks of ``doctor`` look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from toolkit.errors import ToolkitError
from toolkit.workflow.exchange import ServerFacts, ServerMember
from toolkit.workflow.operation import Operation
from toolkit.workflow.surroundings import Surroundings

MAX_NAMED = 5
STOPPED = "the server does not run"


class CheckState(StrEnum):
    """What a check amounts to."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_CHECKED = "not checked"


class Finding(NamedTuple):
    """What a check says."""

    state: CheckState
    found: str
    advice: str = ""  # what to do; "" for nothing


class NotCheckedError(Exception):
    """What a check needs is not there."""


@dataclass(frozen=True, slots=True)
class Server:
    """What the server tells."""

    url: str
    facts: ServerFacts
    members: tuple[ServerMember, ...]


class Case:
    """What the checks look at; the server is asked once, by the first check that needs it.

    Parameters
    ----------
    opened : Operation or ToolkitError
        The workspace, or why it cannot be opened.
    here : Surroundings
        What was found on this machine before.
    """

    def __init__(self, opened: Operation | ToolkitError, here: Surroundings) -> None:
        self.opened, self.here = opened, here

    @property
    def operation(self) -> Operation:
        """The workspace; :class:`NotCheckedError` where it cannot be opened."""
        if isinstance(self.opened, Operation):
            return self.opened
        raise NotCheckedError("the workspace cannot be opened")

    @property
    def embedded(self) -> bool:
        """Whether the workspace works with a server of its own."""
        return self.operation.settings.label_studio.url is None

    @property
    def stopped(self) -> bool:
        """Whether that server does not run, which is no fault."""
        return self.embedded and not self.here.server_running

    @property
    def server(self) -> Server:
        """What the server tells; :class:`NotCheckedError` where it does not run or cannot be used."""
        if self.stopped:
            raise NotCheckedError(STOPPED)
        if isinstance(self.asked, ToolkitError):
            raise NotCheckedError("the server cannot be used")
        return self.asked

    @cached_property
    def asked(self) -> Server | ToolkitError:
        """What the server tells, or why it does not."""
        try:
            platform = self.operation.platform
            return Server(platform.url, platform.facts(), tuple(platform.members()))
        except ToolkitError as error:
            return error


def ok(found: str, advice: str = "") -> Finding:
    """Return that all is well."""
    return Finding(CheckState.OK, found, advice)


def warning(found: str, advice: str) -> Finding:
    """Return what will make trouble."""
    return Finding(CheckState.WARNING, found, advice)


def failure(found: str, advice: str) -> Finding:
    """Return what makes trouble."""
    return Finding(CheckState.FAILURE, found, advice)


def of_error(error: ToolkitError) -> Finding:
    """Return an error as a failure, its hint as the advice."""
    found, _, advice = str(error).partition("\n  Hint: ")
    return failure(found, advice)


def graded(value: float, most: float, far_too_much: float, found: str, advice: str) -> Finding:
    """Return a failure above the higher limit, a warning above the lower one."""
    if value > far_too_much:
        return failure(found, advice)
    return warning(found, advice) if value > most else ok(found)


def named(names: list[str]) -> str:
    """Return the first few of some names."""
    return ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
