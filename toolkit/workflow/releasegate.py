"""The gate of a workspace's releases: it knows the people, the secrets and what the packs call confidential."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from toolkit.leaks import Scanner, is_confidential
from toolkit.releases.gate import LeakGate
from toolkit.workflow.leakage import workspace_secrets
from toolkit.workflow.operation import Operation


def release_gate(operation: Operation, *, personal_data: bool, redact: bool, allow: Collection[str]) -> LeakGate:
    """Return the gate that a release goes through.

    Parameters
    ----------
    operation : Operation
        The workspace.
    personal_data : bool
        Look for cards, accounts and telephone numbers as well; needs the extra ``presidio``.
    redact : bool
        Mask what is found in rows instead of refusing it.
    allow : collection of str
        Ids and kinds of findings that may pass.
    """
    hidden = {config.key: config.confidential for pack in operation.packs.values() for config in pack.configs}
    marked = frozenset(name for name, about in operation.state.corpus.all_metadata() if is_confidential(about))
    # What a label config calls confidential is so there only.
    secrets = replace(workspace_secrets(operation), fields=())
    return LeakGate(
        Scanner(secrets, personal=personal_data),
        redact=redact,
        allow=allow,
        confidential=marked.__contains__,
        hidden={key: fields for key, fields in hidden.items() if fields},
    )
