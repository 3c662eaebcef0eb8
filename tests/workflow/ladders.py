"""The small domain of `screens` under the overlap policy, with simulated people whose errors are known."""

import json
from collections import Counter

import yaml

from tests.workflow.screens import TEXT, write_pack
from toolkit.simulation.truth import latent_truth
from toolkit.workflow import ingest, route

ABILITY = {"generalist": 0.75, "specialist": 0.93, "adjudicator": 0.97}
COSTS = {"generalist": 1.0, "specialist": 3.0, "adjudicator": 6.0}


def people(generalists=8, specialists=6, adjudicators=0):
    counts = {"generalist": generalists, "specialist": specialists, "adjudicator": adjudicators}
    return [
        {
            "pseudonym": f"{tier[:4]}{n}",
            "languages": ["de"],
            "domains": {"bonds": tier},
            "simulated": True,
            "ability": {"*": ABILITY[tier]},
        }
        for tier, count in counts.items()
        for n in range(count)
    ]


def write_ladder(folder, members, *, overlap=None, pack_overlap=3, **escalation):
    """Let generalists begin, with the policy or a fixed overlap of theirs."""
    write_pack(folder, tier="generalist", overlap=pack_overlap)
    (folder / "team.yaml").write_text(yaml.safe_dump({"version": 1, "members": members}), encoding="utf-8")
    path = folder / "workflow.yaml"
    settings = yaml.safe_load(path.read_text("utf-8"))
    settings["escalation"] = {
        "ladder": ["generalist", "specialist", "adjudicator"],
        "review": {"share": 0},
        "costs": COSTS,
        **escalation,
    }
    if overlap is not None:
        settings["overlap"] = overlap
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def take_in(operation, tmp_path, n_tasks):
    rows = [json.dumps({"id": f"d{n}", "text": TEXT.format(n)}, ensure_ascii=False) for n in range(n_tasks)]
    (tmp_path / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    ingest(operation, [tmp_path / "bonds.jsonl"])
    route(operation)


def truth(operation):
    """The hidden right answer of every task, which simulated members err around."""
    states = {state.placement.task: state.placement.project for state in operation.state.work.placements()}
    return {
        task.id: latent_truth(task, operation.applied(states[task.id]), None, operation.settings.seed)["risk"]
        for task in operation.state.corpus.tasks(states)
    }


def decided(operation):
    """The label of every task that has one; a task that went up has that of the highest tier."""
    order = {"generalist": 0, "specialist": 1, "adjudicator": 2}
    found = {}
    for one in sorted(operation.state.work.decisions(), key=lambda one: order[one.placement.rpartition("/")[2]]):
        if one.consensus.control == "risk" and one.consensus.label is not None:
            found[one.consensus.task] = one.consensus.label
    return found


def cost_per_task(operation, n_tasks):
    """What the answers that were given cost, a task."""
    done = Counter(
        state.assignment.placement.rpartition("/")[2]
        for state in operation.state.work.assignments()
        if state.status.value == "done"
    )
    return sum(COSTS[tier] * n for tier, n in done.items()) / n_tasks
