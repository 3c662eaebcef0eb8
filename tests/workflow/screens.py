"""A small domain of its own, whose label config tests can change, on a platform in memory."""

import json
from contextlib import contextmanager

import yaml

from toolkit.labelconfig import config_version
from toolkit.workflow import apply, collect, ingest, publish, route
from toolkit.workspace import open_workspace

XML = """<View>
  <Text name="text" value="$text"/>
  <Choices name="risk" toName="text" required="true">
    <Choice value="none"/><Choice value="low"/><Choice value="mid"/><Choice value="high"/>
  </Choices>
  <Choices name="kinds" toName="text" choice="multiple">
    <Choice value="price"/><Choice value="fraud"/><Choice value="rumour"/>
  </Choices>
</View>
"""
KEY = "bonds/risk/specialist"
TEXT = "Die Rendite zehnjähriger Anleihen steigt um {} Punkte, sagt die Notenbank zu den Bondmärkten."


def write_pack(folder, xml=XML, *, migrations=None, **changes):
    """Write the pack `bonds`, whose terms catch every task of these tests."""
    pack = folder / "configs" / "domains" / "bonds"
    (pack / "labels").mkdir(parents=True, exist_ok=True)
    (pack / "labels" / "risk.xml").write_text(xml, encoding="utf-8")
    (pack / "guidelines.md").write_text("# Bonds\n\nSay how risky it is.\n", encoding="utf-8")
    domain = {
        "version": 1,
        "title": "Bonds",
        "description": "Bonds and what becomes of them.",
        "tier": "specialist",
        "overlap": 2,
        "terms": {"de": {3: ["rendite*", "anleihe*", "notenbank*", "bondm*"]}},
        "configs": {
            "risk": {
                "file": "labels/risk.xml",
                "title": "Risk of bonds",
                "modality": "text",
                "fields": ["text"],
                "decisive": ["risk"],
            }
        },
    } | changes
    (pack / "domain.yaml").write_text(yaml.safe_dump(domain), encoding="utf-8")
    target = pack / "migrations.yaml"
    if migrations is None:
        target.unlink(missing_ok=True)
    else:
        target.write_text(yaml.safe_dump({"version": 1, "migrations": migrations}), encoding="utf-8")


def step(before, after, **operations):
    """One migration of `migrations.yaml`."""
    return {"config": "risk", "from": config_version(before), "to": config_version(after), **operations}


def write_bond_team(folder, *names):
    members = [
        {"pseudonym": name, "languages": ["de"], "domains": {"bonds": "specialist"}, "simulated": True}
        for name in names
    ]
    (folder / "team.yaml").write_text(yaml.safe_dump({"version": 1, "members": members}), encoding="utf-8")


@contextmanager
def published_bonds(folder, tmp_path, *, n_tasks=4, names=("ada", "bea", "cai")):
    """The workspace with so many tasks published."""
    write_pack(folder)
    write_bond_team(folder, *names)
    rows = [json.dumps({"id": f"d{n}", "text": TEXT.format(n)}, ensure_ascii=False) for n in range(n_tasks)]
    (tmp_path / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with open_workspace(folder) as operation:
        ingest(operation, [tmp_path / "bonds.jsonl"])
        route(operation)
        apply(operation)
        publish(operation)
        for name in names:
            account = operation.platform.ensure_account(name, f"{name}@example.org", "x", simulated=True)
            operation.state.registry.save_account(account.server_user, name, simulated=True)
        yield operation


def states(operation):
    return operation.state.work.placements()


def answer(risk=None, kinds=()):
    results = []
    if risk is not None:
        results.append(result("risk", [risk]))
    if kinds:
        results.append(result("kinds", list(kinds)))
    return results


def result(name, labels):
    return {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": labels}}


def assigned(operation, state):
    found = operation.state.work.assignments(task=state.placement.task)
    return [item.assignment.annotator for item in found]


def annotate_all(operation, fake, risks=("low", "high", "mid", "none"), kinds=("price",)):
    """Let everybody answer what is assigned to them, the same on each task; return annotation ids by task."""
    made = {}
    for state, risk in zip(states(operation), risks, strict=False):
        for name in assigned(operation, state):
            number = fake.annotate(state.server_task, fake.accounts[name].server_user, answer(risk, kinds))
            made.setdefault(state.placement.id, []).append(number)
    collect(operation)
    return made


def snapshot(operation):
    """The bytes of the snapshot of the ledger as it stands."""
    from toolkit.workflow.collection import freeze

    return freeze(operation).read_bytes()
