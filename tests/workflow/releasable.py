"""A workspace whose documents two specialists have labelled, to release."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.workflow.screens import assigned, result, states, write_bond_team, write_pack
from toolkit.workflow import apply, collect, ingest, publish, resolve, route
from toolkit.workflow.operation import Operation
from toolkit.workspace import open_workspace

XML = """<View>
  <Text name="text" value="$text"/>
  <Choices name="risk" toName="text" required="true"><Choice value="low"/><Choice value="high"/></Choices>
  <Labels name="who" toName="text"><Label value="issuer"/></Labels>
  <TextArea name="note" toName="text"/>
</View>
"""
NAMES = ("ada", "bea")
PLAIN = "Die Rendite zehnjähriger Anleihen steigt, sagt die Notenbank zu den Bondmärkten."


def document(number: int, text: str = PLAIN, **more: object) -> dict[str, object]:
    """Return a document of the domain `bonds`."""
    return {"id": f"d{number}", "text": f"{text} Nummer {number}."} | more


@contextmanager
def labelled(
    folder: Path,
    fake: Any,
    source: Path,
    *documents: Mapping[str, object],
    answers: Callable[[str, str], list[dict[str, Any]]] = lambda name, text: [],
    pack: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Operation]:
    """Open the workspace after everybody answered that the risk is low, and what `answers` says of name and text."""
    write_pack(folder, XML, **(pack or {}))
    write_bond_team(folder, *NAMES)
    path = folder / "workflow.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | dict(settings or {})), "utf-8")
    source.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in documents), "utf-8")
    with open_workspace(folder) as operation:
        ingest(operation, [source])
        for step in (route, apply, publish):
            step(operation)
        for name in NAMES:
            account = operation.platform.ensure_account(name, f"{name}@example.org", "x", simulated=True)
            operation.state.registry.save_account(account.server_user, name, simulated=True)
        for state in states(operation):
            text = str(operation.state.corpus.task(state.placement.task).fields["text"])
            for name in assigned(operation, state):
                given = [result("risk", ["low"]), *answers(name, text)]
                fake.annotate(state.server_task, fake.accounts[name].server_user, given)
        collect(operation)
        resolve(operation)
        yield operation
