"""``doctor``: whether installation, workspace, server and people are as they should be, and what to do where not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from toolkit.errors import ConfigError, ToolkitError
from toolkit.models import PlacementStatus
from toolkit.storage.database import SCHEMA, first_line
from toolkit.storage.ledger import EVENT
from toolkit.storage.rows import now
from toolkit.storage.state import State
from toolkit.workflow import serverchecks as on_server
from toolkit.workflow.examination import (
    MAX_NAMED,
    Case,
    CheckState,
    Finding,
    NotCheckedError,
    failure,
    named,
    of_error,
    ok,
    warning,
)
from toolkit.workflow.ladders import Gap, gaps
from toolkit.workflow.operation import Operation
from toolkit.workflow.surroundings import HANDOVER, Surroundings

STALE = timedelta(days=1)
SCARCE_BYTES, TOO_SCARCE_BYTES = 2_000_000_000, 200_000_000
INLINE_MEDIA, HUGE_FIELD = 10_000, 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; holds neither a secret nor an address."""

    name: str
    state: CheckState
    found: str
    advice: str  # what to do; "" for nothing


@dataclass(frozen=True, slots=True)
class Health:
    """All that was looked at."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed; warnings are none."""
        return all(check.state is not CheckState.FAILURE for check in self.checks)


def examine(opened: Operation | ToolkitError, here: Surroundings) -> Health:
    """Check everything that can be checked; nothing is changed, here or on the server.

    Parameters
    ----------
    opened : Operation or ToolkitError
        The workspace, or why it cannot be opened: then only what lies around it is looked at.
    here : Surroundings
        What was found on this machine before.

    Returns
    -------
    Health
        One check for each line of :data:`CHECKS`, in its order. A check that fails itself is a failure; what it needs
        and is not there makes it "not checked".
    """
    case = Case(opened, here)
    return Health(tuple(_checked(name, look, case) for name, look in CHECKS.items()))


def _checked(name: str, look: Callable[[Case], Finding], case: Case) -> Check:
    try:
        finding = look(case)
    except NotCheckedError as reason:
        finding = Finding(CheckState.NOT_CHECKED, str(reason))
    except ToolkitError as error:
        finding = of_error(error)
    except (SQLAlchemyError, OSError, ValueError) as error:  # ValueError: what was stored as JSON is none
        finding = failure(f"cannot be read: {first_line(error)}", "put the workspace's database back from a copy")
    return Check(name, finding.state, _without_addresses(finding.found), _without_addresses(finding.advice))


def _without_addresses(text: str) -> str:
    """Cut the part before the @ of e-mail addresses and URLs: a message may quote a line of a file.

    Examples
    --------
    >>> _without_addresses("ada.l@lab.example: postgresql://ada:pw@db.example/x")
    '…@lab.example: postgresql://…@db.example/x'
    """
    return re.sub(r"[^\s/@\"'<>]+@", "…@", text)


# --- this machine


def _versions(case: Case) -> Finding:
    parts = case.here.parts
    found = ", ".join(f"{part.name} {part.version or 'is not installed'}" for part in parts)
    wrong = [part for part in parts if part.version is None or not part.supported]
    if not wrong:
        return ok(found)
    advice = "; ".join(f"install {part.name} {' or '.join(part.series)}" for part in wrong)
    return (warning if all(part.version for part in wrong) else failure)(found, advice)


def _modes(case: Case) -> Finding:
    loose = case.here.loose
    if not loose:
        return ok("what is secret is its owner's alone")
    commands = [
        f"chmod {mode:o} {' '.join(shlex.quote(str(case.here.folder / p.path)) for p in loose if p.wanted == mode)}"
        for mode in sorted({path.wanted for path in loose}, reverse=True)
    ]
    found = "others on this machine can reach " + ", ".join(f"{path.path} ({path.mode:04o})" for path in loose)
    return failure(found, "; ".join(commands))


def _lock(case: Case) -> Finding:
    if case.here.holder is None:
        return ok("free")
    return ok(f"held by {case.here.holder}", "commands that write wait for it; if it hangs, end it")


def _disk(case: Case) -> Finding:
    free = case.here.free
    found = ", ".join(f"{name} {size / 1e9:.1f} GB" for name, size in free.items()) + " free"
    least = min(free.values())
    if least < TOO_SCARCE_BYTES:
        return failure(found, "make space, before a database is left half written")
    return warning(found, "make space") if least < SCARCE_BYTES else ok(found)


# --- the workspace


def _configuration(case: Case) -> Finding:
    if isinstance(case.opened, ConfigError):
        finding = of_error(case.opened)
        return finding if finding.advice else failure(finding.found, "mend the files; `toolkit config check`")
    return ok(f"workflow.yaml, team.yaml and {len(case.operation.packs)} domain packs")


def _workspace(case: Case) -> Finding:
    if isinstance(case.opened, ToolkitError) and not isinstance(case.opened, ConfigError):
        return of_error(case.opened)
    url = case.operation.settings.database
    kind = "SQLite" if url is None or url.startswith("sqlite") else f"PostgreSQL at {urlsplit(url).hostname}"
    return ok(f"{kind}, schema {SCHEMA}")


def _ledger(case: Case) -> Finding:
    ledger = case.operation.state.ledger
    problems, (n_entries, _) = ledger.verify(), ledger.head()
    if problems:
        return failure("; ".join(problems[:MAX_NAMED]), "put the workspace's database back from a copy")
    return ok("no entry yet" if not n_entries else f"{n_entries} entries, the chain holds")


def _collected(case: Case) -> Finding:
    state = case.operation.state
    open_ = [p for p in state.work.placements(status=PlacementStatus.OPEN) if p.server_task is not None]
    if not open_:
        return ok("no task is open on the server")
    newest = _newest(state)
    age = now() - (newest or min(placement.placed_at for placement in open_))
    told = "nothing was ever collected" if newest is None else f"newest change read is {_hours(age)} old"
    found = f"{told}, {len(open_)} tasks are open"
    if age <= STALE:
        return ok(found)
    return warning(found, "`toolkit collect`; where that finds nothing, nobody has annotated since")


def _newest(state: State) -> datetime | None:
    """Return the moment of the newest change read: the server's by its clock, the last entry's by ours."""
    moments = [record.cursor for record in state.registry.projects() if record.cursor is not None]
    n_entries, _ = state.ledger.head()
    last = state.ledger.entry(n_entries) if n_entries else None
    if last is not None and last.kind != EVENT:
        moments.append(datetime.fromisoformat(last.at))
    return max(moments, default=None)


def _hours(age: timedelta) -> str:
    hours = max(int(age.total_seconds() // 3600), 0)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def _media(case: Case) -> Finding:
    n_tasks = n_inline = 0
    for task in case.operation.state.corpus.tasks():
        n_tasks += 1
        n_inline += _is_inline(task.fields)
    found = f"{n_inline} of {n_tasks} tasks hold media or more than a million characters in a field"
    if not n_inline:
        return ok(found)
    return warning(found, "put the media beside the records as files and ingest those: whoever lists tasks gets all")


def _is_inline(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > HUGE_FIELD or (len(value) > INLINE_MEDIA and value.startswith("data:"))
    if isinstance(value, Mapping):
        return any(_is_inline(item) for item in value.values())
    return isinstance(value, list | tuple) and any(_is_inline(item) for item in value)


def _ladder(case: Case) -> Finding:
    found = gaps(case.operation)
    if not found:
        return ok("somebody for everything that is asked, and for what may be disputed")
    advice = "`toolkit team add`, or correct team.yaml; until then what is disputed there waits"
    return warning(f"nobody is {named(list(map(_described, found)))}", advice)


def _described(gap: Gap) -> str:
    """Say whom the team lacks, as the end of a sentence.

    Examples
    --------
    >>> from toolkit.models import Tier
    >>> _described(Gap("law", Tier.ADJUDICATOR, ("fr",), 2)), _described(Gap("law", Tier.SPECIALIST, (), 0))
    ('adjudicator in law and reads fr (2 tasks wait)', 'specialist in law')
    """
    reads = f" and reads {' or '.join(gap.languages)}" if gap.languages else ""
    tasks = {0: "", 1: " (1 task waits)"}.get(gap.n_waiting, f" ({gap.n_waiting} tasks wait)")
    return f"{gap.tier} in {gap.domain}{reads}{tasks}"


def _handovers(case: Case) -> Finding:
    if not case.here.n_handovers:
        return ok("none is left lying")
    found = f"{case.here.n_handovers} with a password in {case.here.folder / HANDOVER}"
    return warning(found, "delete each one as soon as it is handed over")


CHECKS: Mapping[str, Callable[[Case], Finding]] = MappingProxyType(
    {
        "versions": _versions,
        "configuration": _configuration,
        "workspace": _workspace,
        "file modes": _modes,
        "lock": _lock,
        "disk space": _disk,
        "ledger": _ledger,
        "last collect": _collected,
        "ladder": _ladder,
        "inline media": _media,
        "server": on_server.server,
        "token": on_server.owner,
        "sign-up": on_server.sign_up,
        "legacy tokens": on_server.legacy_tokens,
        "connection": on_server.connection,
        "clock": on_server.clock,
        "server's database": on_server.server_database,
        "project size": on_server.project_size,
        "tasks on the server": on_server.tasks,
        "unknown accounts": on_server.unknown_accounts,
        "team's accounts": on_server.team_accounts,
        "former members": on_server.former_members,
        "hand-over files": _handovers,
    }
)
