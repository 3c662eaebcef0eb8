"""Routers that other packages bring: found by their entry point, checked, and kept from losing a run."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from toolkit.errors import ConfigError
from toolkit.models import DomainPack, Task
from toolkit.routing.scores import ENTRY_POINTS, Router, RouterContext, Scores

MAX_NOTE = 120  # characters of an exception that a route's reason repeats


def load_routers(
    routers: Mapping[str, Mapping[str, Any]],
    packs: Mapping[str, DomainPack],
    folder: Path | None = None,
    confidential: Sequence[str] = (),
) -> list[Router]:
    """Return the routers that a workspace asks for, ready to score.

    What a router raises while it scores becomes a note in the reason of that one task's route, except for a
    :class:`~toolkit.errors.ConfigError`, which somebody has to act on.

    Parameters
    ----------
    routers : mapping of str to mapping
        Entry point's name to options, as `routing.routers` in ``workflow.yaml``.
    packs : mapping of str to DomainPack
        By name.
    folder : Path, optional
        Where routers may keep what they paid for; they share it.
    confidential : sequence of str, optional
        Patterns of sources whose tasks must not be sent anywhere.

    Returns
    -------
    list of Router
        In the order given.

    Raises
    ------
    ConfigError
        No such router is installed, or it cannot be made; and later, from `score`, where what it says of a task is no
        scores of the packs' domains.

    Examples
    --------
    >>> load_routers({}, {})
    []
    """
    return [
        _checked(name, RouterContext(packs, options, folder, tuple(confidential))) for name, options in routers.items()
    ]


def _checked(name: str, context: RouterContext) -> Router:
    point = _entry_point(name)
    router = _made(name, point, context)
    if (wrong := _no_router(router)) is not None:
        raise ConfigError(f"routing.routers.{name}: {point.value} returned no router: {wrong}.")
    return _Guarded(name, router, frozenset(context.packs))


def _entry_point(name: str) -> EntryPoint:
    installed = entry_points(group=ENTRY_POINTS)
    found = [point for point in installed if point.name == name]
    if not found:
        close = difflib.get_close_matches(name, installed.names, n=1)
        raise ConfigError(
            f"routing.routers.{name}: no such router is installed; there are: "
            f"{', '.join(sorted(installed.names)) or 'none'}.",
            hint=f"did you mean {close[0]!r}?" if close else f"install the package that has it ({ENTRY_POINTS}).",
        )
    if len(found) > 1:
        packages = ", ".join(sorted(_package(each) for each in found))
        raise ConfigError(
            f"routing.routers.{name}: several packages bring it: {packages}.", hint="uninstall all but one of them."
        )
    return found[0]


def _made(name: str, point: EntryPoint, context: RouterContext) -> Any:
    """Return what the factory makes; whatever goes wrong there names the plug-in."""
    try:
        return point.load()(context)
    except ConfigError as error:
        raise ConfigError(f"routing.routers.{name}: {error}") from error
    except ImportError as error:
        missing = f"{error.name or error} cannot be imported" if error.name else str(error)
        raise ConfigError(
            f"routing.routers.{name}: {missing}.", hint=f'pip install "{_requirement(name, point)}"'
        ) from error
    except Exception as error:  # its author's mistake, which must not look like one of the toolkit
        raise ConfigError(f"routing.routers.{name}: {point.value} failed: {_shown(error)}.") from error


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _requirement(name: str, point: EntryPoint) -> str:
    """Return what to install for a router: its package, with the extra that is called like it where there is one."""
    extras = point.dist.metadata.get_all("Provides-Extra") if point.dist is not None else None
    return f"{_package(point)}[{name}]" if name in (extras or ()) else _package(point)


def _no_router(made: Any) -> str | None:
    """Return what a factory's result lacks, or None."""
    if isinstance(made, type):
        return f"{made.__name__} is a class"
    if not isinstance(getattr(made, "name", None), str) or not made.name:
        return "it has no name"
    if not isinstance(getattr(made, "asked_last", None), bool):
        return "its asked_last is neither true nor false"
    return None if callable(getattr(made, "score", None)) else "it has no score()"


class _Guarded:
    """A router whose failures cost one task's scores, not the run, and whose scores have been looked at."""

    def __init__(self, plugin: str, router: Router, domains: frozenset[str]) -> None:
        self._plugin = plugin
        self._router = router
        self._domains = domains
        self.name = router.name
        self.asked_last = router.asked_last

    def score(self, task: Task, text: str) -> Scores | None:
        """Return what the router says; raise :class:`ConfigError` where that is no scores."""
        try:
            said = self._router.score(task, text)
        except ConfigError:
            raise
        except Exception as error:  # noqa: BLE001 - it may be anything, and the other routers can still decide
            return Scores({}, heard=False, note=f"{self.name} failed: {_shown(error)}")
        if said is not None and (wrong := self._problem(said)) is not None:
            which = f"task {task.id}" if task.id else "a text"
            raise ConfigError(
                f"routing.routers.{self._plugin}: its scores of {which} are wrong: {wrong}.",
                hint="tell its author, or take it out of routing.routers in workflow.yaml.",
            )
        return said

    def _problem(self, said: Any) -> str | None:
        if not isinstance(said, Scores):
            return f"{type(said).__name__} is not Scores"
        numbers = [*said.log_odds.items(), *((item.domain, item.weight) for item in said.evidence)]
        for domain, number in numbers:
            if domain not in self._domains:
                return f"no domain is named {domain!r}; there are: {', '.join(sorted(self._domains))}"
            if not isinstance(number, int | float) or not math.isfinite(number):
                return f"{domain} has {number!r}, which is no finite number"
        return None


def _shown(error: Exception) -> str:
    """Return an exception in one short line."""
    said = " ".join(str(error).split())
    short = said if len(said) <= MAX_NOTE else f"{said[: MAX_NOTE - 1]}…"
    return f"{type(error).__name__}: {short}".removesuffix(": ").rstrip(".")
