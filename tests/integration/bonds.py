"""A small domain of its own on a real server: two questions about each text, answered by people with accounts."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import yaml

from tests.workflow.screens import write_pack
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.workflow import apply, collect, ingest, invite, publish, route
from toolkit.workflow.collection import freeze
from toolkit.workflow.credentials import Credentials
from toolkit.workflow.exchange import Submission
from toolkit.workspace import init_workspace, open_workspace

XML = """<View>
  <Labels name="parts" toName="text">
    <Label value="issuer"/><Label value="sum"/><Label value="date"/><Label value="place"/>
  </Labels>
  <Text name="text" value="$text"/>
  <Choices name="risk" toName="text" required="true">
    <Choice value="none"/><Choice value="low"/><Choice value="mid"/><Choice value="high"/>
  </Choices>
  <Choices name="kinds" toName="text" choice="multiple">
    <Choice value="price"/><Choice value="fraud"/><Choice value="rumour"/>
  </Choices>
</View>
"""
TONE = """<View>
  <Text name="text" value="$text"/>
  <Choices name="tone" toName="text" required="true"><Choice value="calm"/><Choice value="shrill"/></Choices>
</View>
"""
TEXT = "Rendite der Anleihen: {} Punkte, sagt die Notenbank."
NAMES = ("ada", "bea", "cai")
READING = ("GET", "HEAD", "OPTIONS")
NAMESPACE = uuid.UUID("2f0d5f52-4a5b-4c39-8b43-7d6bb1a4f0c1")


class Watched(httpx.BaseTransport):
    """Carries requests to the server and notes those that may change something there."""

    def __init__(self):
        self._carrier = httpx.HTTPTransport()
        self.writes = []

    def handle_request(self, request):
        if request.method not in READING:
            self.writes.append(f"{request.method} {request.url.path}")
        return self._carrier.handle_request(request)

    def end(self):
        """End the connections; a client that is closed leaves them to the others."""
        self._carrier.close()


def write_bonds(folder, xml=XML, *, overlap=2, tone=True, decisive="risk", migrations=None):
    """Write the pack `bonds`: one question about risk and, where wanted, one about the tone."""
    about = {"modality": "text", "fields": ["text"]}
    configs = {"risk": {"file": "labels/risk.xml", "title": "Risk of bonds", "decisive": [decisive], **about}}
    if tone:
        configs["tone"] = {"file": "labels/tone.xml", "title": "Tone of bonds", "decisive": ["tone"], **about}
    write_pack(folder, xml, overlap=overlap, configs=configs, migrations=migrations)
    (folder / "configs" / "domains" / "bonds" / "labels" / "tone.xml").write_text(TONE, encoding="utf-8")


@contextmanager
def bonds_workspace(folder, server, *, n_tasks, names=(), **pack):
    """A workspace on the server with the tasks published to three annotators; others may have accounts besides."""
    with ExitStack() as at_the_end, pytest.MonkeyPatch.context() as patched:
        watched = Watched()
        at_the_end.callback(watched.end)
        platform = LabelStudioPlatform(server.url, server.token, transport=watched)
        patched.setattr("toolkit.workspace.connect", lambda *_: platform)
        init_workspace(folder)
        everybody = (*NAMES, *names)
        write_bonds(folder, **pack)
        domains = {name: {"bonds": "specialist"} if name in NAMES else {"general": "generalist"} for name in everybody}
        members = [{"pseudonym": name, "languages": ["de"], "domains": domains[name]} for name in everybody]
        (folder / "team.yaml").write_text(yaml.safe_dump({"members": members}), encoding="utf-8")
        rows = [json.dumps({"id": f"d{n}", "text": TEXT.format(n)}) for n in range(n_tasks)]
        (folder / "bonds.jsonl").write_text("\n".join(rows), encoding="utf-8")
        with open_workspace(folder) as operation:
            ingest(operation, [folder / "bonds.jsonl"])
            route(operation)
            apply(operation)
            for name in everybody:
                invite(operation, name, f"{name}.{operation.name}@lab.example")
            publish(operation)
        yield watched


def accounts(operation):
    """Everybody's account by pseudonym, with a token of their own."""
    found = {}
    for account in operation.state.registry.accounts().values():
        email, password = Credentials(operation.folder).of(account.pseudonym)
        found[account.pseudonym] = operation.platform.ensure_account(
            account.pseudonym, email, password, simulated=False
        )
    return found


def choice(control, *labels):
    return {"id": control, "from_name": control, "to_name": "text", "type": "choices", "value": {"choices": [*labels]}}


def span(label, number=0, control="parts"):
    value = {"start": 0, "end": 7, "text": "Rendite", "labels": [label]}
    return {"id": f"s{number}", "from_name": control, "to_name": "text", "type": "labels", "value": value}


def answer_all(operation, answer):
    """Let everybody answer what is assigned to them; `answer` gets the config's name, the task's and their number."""
    states = {state.placement.id: state for state in operation.state.work.placements()}
    people = accounts(operation)
    order = {key: number for number, key in enumerate(states)}
    jobs = []
    for item in operation.state.work.assignments():
        name, placement = item.assignment.annotator, item.assignment.placement
        results = answer(states[placement].placement.project.config, order[placement], NAMES.index(name))
        unique = str(uuid.uuid5(NAMESPACE, f"{operation.name}/{placement}/{name}"))
        jobs.append(Submission(people[name].token, states[placement].server_task, results, unique, 12.5, not results))
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(operation.platform.submit, jobs))
    collect(operation)


def held(operation):
    """What the server has: the annotations by placement, each with its author's pseudonym."""
    names = {user: account.pseudonym for user, account in operation.state.registry.accounts().items()}
    found = {}
    for record in operation.state.registry.projects():
        for task in operation.platform.annotations(record.server_id):
            assert task.external_id not in found
            found[task.external_id] = sorted(
                (
                    names[one.author],
                    json.dumps(one.results, sort_keys=True),
                    one.skipped,
                    one.lead_time_s,
                    one.ground_truth,
                )
                for one in task.annotations
            )
    return found


def snapshot(operation):
    """The bytes of the snapshot of the ledger as it stands."""
    return freeze(operation).read_bytes()


def record_of(operation, config):
    return next(record for record in operation.state.registry.projects() if record.key.config == config)


def placements_of(operation, config):
    return [state for state in operation.state.work.placements() if state.placement.project.config == config]


def annotations_on(operation, state):
    """A placement's annotations on the server, by id."""
    project = record_of(operation, state.placement.project.config).server_id
    found = list(operation.platform.annotations(project, tasks=[state.server_task]))
    return found[0].annotations if found else ()


def nothing_new(report):
    """Whether a collect found the server as the ledger says."""
    return (report.n_new, report.n_changed, report.n_deleted, report.n_restored, report.missing) == (0, 0, 0, 0, ())
