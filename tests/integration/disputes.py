"""A small domain with people of their own on the real server: who answers, who rules, who looks again."""

import json
import uuid

from tests.workflow.disputes import set_escalation, write_people
from tests.workflow.screens import TEXT, write_pack
from toolkit.models import Tier
from toolkit.workflow import apply, collect, ingest, publish, resolve, route
from toolkit.workflow.exchange import Submission

PASSWORD = "eine-lange-Passphrase"


class People:
    """Annotators with accounts that only this workspace knows."""

    def __init__(self, operation, *names):
        self._operation, self.accounts = operation, {}
        for name in names:
            email = f"{name}.{operation.name}@people.example"
            account = operation.platform.ensure_account(name, email, PASSWORD, simulated=False)
            operation.state.registry.save_account(account.server_user, name, simulated=False)
            self.accounts[name] = account

    def say(self, name, state, results, *, skipped=False):
        """Post an annotation as somebody."""
        submission = Submission(
            token=self.accounts[name].token,
            server_task=state.server_task,
            results=results,
            unique_id=str(uuid.uuid4()),
            lead_time_s=4.0,
            skipped=skipped,
        )
        assert self._operation.platform.submit(submission)

    def change(self, name, annotation, results):
        """Save an annotation again as its author, as the screen does."""
        import httpx

        url = f"{self._operation.platform.url}/api/annotations/{annotation}/"
        headers = {"Authorization": f"Token {self.accounts[name].token}"}
        answer = httpx.patch(url, headers=headers, json={"result": results}, timeout=60)
        assert answer.status_code == 200, answer.text


def set_up(folder, tmp_path, people, *, n_tasks, share=0.0):
    """Write the pack, the team and the texts."""
    write_pack(folder)
    write_people(folder, people)
    set_escalation(folder, review={"share": share})
    rows = [json.dumps({"id": f"d{n}", "text": TEXT.format(n)}, ensure_ascii=False) for n in range(n_tasks)]
    (tmp_path / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")


def begin(operation, tmp_path):
    ingest(operation, [tmp_path / "bonds.jsonl"])
    route(operation)
    apply(operation)
    return publish(operation)


def settle(operation):
    collect(operation)
    report = resolve(operation)
    apply(operation)
    return report, publish(operation)


def at(operation, tier):
    """The placements of a tier, by task."""
    return [one for one in operation.state.work.placements() if one.placement.project.tier is Tier(tier)]
