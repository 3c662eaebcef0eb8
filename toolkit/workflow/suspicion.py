"""What was done to the work, as far as the ledger and the findings tell; no server is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from toolkit.storage.findings import FindingKind
from toolkit.wording import count
from toolkit.workflow.operation import Operation
from toolkit.workflow.wanting import Concern, Places

NEWEST = 50_000  # ledger entries whose content is checked each time; all of a million take half a minute
MOST_SHOWN = 3  # broken entries that are named
DONE_BY_OTHERS: Mapping[FindingKind, str] = MappingProxyType(
    {
        FindingKind.FORGED: "posted under another's name",
        FindingKind.EDITED: "edited by somebody else",
        FindingKind.UNKNOWN: "by somebody who is not in the registry",
    }
)
NOT_COUNTED: Mapping[FindingKind, str] = MappingProxyType(
    {
        FindingKind.INVALID: "in quarantine: not fitting the label config",
        FindingKind.UNASKED: "that are rulings nobody asked for, and do not count",
        FindingKind.INCOMPLETE: "without a required control",
        FindingKind.REPEATED: "given twice by the same person; one of them counts",
        FindingKind.LOWER: "by people who had answered the question at a lower tier",
        FindingKind.SURPLUS: "more than were wanted",
        FindingKind.LATE: "after their task was settled",
    }
)


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Whether the ledger holds together: the order of all entries, the content of the newest."""

    n_entries: int
    broken: Sequence[str]  # what is wrong


def check_ledger(operation: Operation) -> LedgerCheck:
    """Check the order of all of the ledger's entries, and the content of the newest :data:`NEWEST`."""
    n_entries, _ = operation.state.ledger.head()
    return LedgerCheck(n_entries, operation.state.concerns.broken(NEWEST))


def tampered(operation: Operation, places: Places, ledger: LedgerCheck) -> Iterator[Concern]:
    """Yield what breaks the ledger's chain, what was deleted, and what others did to people's answers."""
    concerns, n_entries, broken = operation.state.concerns, ledger.n_entries, ledger.broken
    if broken:
        more = f", and {len(broken) - MOST_SHOWN:,} more" if len(broken) > MOST_SHOWN else ""
        yield Concern(
            f"The ledger does not hold together: {'; '.join(broken[:MOST_SHOWN])}{more}.",
            advice="put the workspace's database back from a copy; `toolkit ledger verify` names all",
            urgent=True,
        )
    restore = "`toolkit ledger verify` tells who and when, `toolkit ledger restore` puts it back"
    for kind, key, n in concerns.findings():
        if kind in DONE_BY_OTHERS:
            sentence = f"{count(n, 'answer')} in {key} {DONE_BY_OTHERS[kind]}."
            yield Concern(sentence, advice=restore, urgent=True, link=places.project(key))
    for key, n in concerns.deleted():
        sentence = f"{count(n, 'annotation')} in {key} deleted on the server; the ledger has them."
        yield Concern(sentence, advice=restore, urgent=True, link=places.project(key))
    if n_entries > NEWEST and not broken:
        yield Concern(
            f"Of {n_entries:,} ledger entries the order is right; the content was checked of the newest {NEWEST:,}"
            " only.",
            advice="`toolkit ledger verify` checks all",
        )


def uncounted(operation: Operation, places: Places) -> Iterator[Concern]:
    """Yield the answers that do not simply count, by kind and project."""
    for kind, key, n in operation.state.concerns.findings():
        if kind in NOT_COUNTED:
            yield Concern(
                f"{count(n, 'answer')} in {key} {NOT_COUNTED[kind]}.",
                advice="`toolkit why TASK` tells the reason of each",
                urgent=kind is FindingKind.INVALID,
                link=places.project(key),
            )
