"""Disputes about the small domain of `screens`: people of every tier who answer, rule and look again."""

import json
from contextlib import contextmanager

import yaml

from tests.workflow.screens import TEXT, answer, result, write_pack
from toolkit.models import Tier
from toolkit.workflow import apply, collect, ingest, publish, resolve, route
from toolkit.workspace import open_workspace

SEND_BACK = "send back to who answered otherwise"
SPECIALIST, ADJUDICATOR = "bonds/risk/specialist", "bonds/risk/adjudicator"


def person(name, tier, **more):
    return {"pseudonym": name, "languages": ["de"], "domains": {"bonds": tier}} | more


PEOPLE = (person("ada", "specialist"), person("bea", "specialist"), person("cai", "adjudicator"))


def write_people(folder, people=PEOPLE):
    (folder / "team.yaml").write_text(yaml.safe_dump({"version": 1, "members": list(people)}), encoding="utf-8")


def set_escalation(folder, **changes):
    path = folder / "workflow.yaml"
    settings = yaml.safe_load(path.read_text("utf-8"))
    settings["escalation"] = {**settings["escalation"], **changes}
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


@contextmanager
def disputed_bonds(folder, tmp_path, *, n_tasks=1, people=PEOPLE, share=0, rulings=1, tier="specialist"):
    """The workspace with so many tasks published to two specialists; nobody is simulated."""
    write_pack(folder, tier=tier)
    write_people(folder, people)
    set_escalation(folder, overlap={"adjudicator": rulings}, review={"share": share})
    rows = [json.dumps({"id": f"d{n}", "text": TEXT.format(n)}, ensure_ascii=False) for n in range(n_tasks)]
    (tmp_path / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with open_workspace(folder) as operation:
        ingest(operation, [tmp_path / "bonds.jsonl"])
        route(operation)
        enrol(operation, *(one["pseudonym"] for one in people))
        go_on(operation)
        yield operation


def enrol(operation, *names):
    """Give people accounts that the workspace knows."""
    for name in names:
        account = operation.platform.ensure_account(name, f"{name}@example.org", "x", simulated=False)
        operation.state.registry.save_account(account.server_user, name, simulated=False)


def go_on(operation):
    """Send what is open; return what publish says."""
    apply(operation)
    return publish(operation)


def settle(operation):
    """Collect and resolve, then send what was opened."""
    collect(operation)
    resolutions = resolve(operation).resolutions
    go_on(operation)
    return resolutions


def at(operation, tier, n=0):
    """The n-th placement of a tier, by task."""
    return [one for one in operation.state.work.placements() if one.placement.project.tier is Tier(tier)][n]


def say(operation, fake, name, state, *results):
    """Answer a task as somebody; return the annotation's id."""
    return fake.annotate(state.server_task, fake.accounts[name].server_user, list(results))


def ruling(risk, reason=None, *, send_back=False, kinds=()):
    results = answer(risk, kinds)
    if reason is not None:
        text = {"id": "reason", "from_name": "ruling_reason", "to_name": "text", "type": "textarea"}
        results.append(text | {"value": {"text": [reason]}})
    if send_back:
        results.append(result("ruling_rework", [SEND_BACK]))
    return results


def dispute(operation, fake, first="low", second="high", n=0):
    """Let the two specialists differ on a task, which then is at the adjudicator's."""
    state = at(operation, "specialist", n)
    numbers = (
        say(operation, fake, "ada", state, *answer(first)),
        say(operation, fake, "bea", state, *answer(second, ["fraud"])),
    )
    settle(operation)
    return numbers
