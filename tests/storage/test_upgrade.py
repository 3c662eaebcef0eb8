"""A workspace of the first schema, filled as the first toolkit did, is taken on: nothing is lost, nothing is new."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, insert, select, text

from tests.workflow.fake import ADMIN, FakePlatform
from tests.workflow.screens import answer, assigned, published_bonds, states
from toolkit.storage import schema
from toolkit.storage.database import MIGRATIONS, SCHEMA
from toolkit.storage.findings import FindingKind
from toolkit.storage.schema import to_json
from toolkit.workflow import collect, plan, publish
from toolkit.workflow.collection import judgments_of
from toolkit.workspace import init_workspace, open_workspace

FIRST_SEEN = datetime(2025, 9, 12, 19, 0, tzinfo=UTC)
STRANGER = 99


class OldLedger:
    """Entries as the first toolkit appended them: one look at everything a project holds after the other."""

    def __init__(self, project, config_version, placements, people):
        self.rows = []
        self._project, self._version = project, config_version
        self._placements, self._people = placements, people
        self._last = {}

    def look(self, annotations):
        """Append what is new, changed or gone."""
        for one in annotations:
            payload = self._payload(one)
            if self._last.get(one.server_id, (None, None))[1] != payload:
                self._add("annotation", self._placements[one.server_task], self._name(one.author), one, payload)
                self._last[one.server_id] = (one, payload)
        for number in sorted(self._last.keys() - {one.server_id for one in annotations}):
            one, payload = self._last[number]
            if payload is not None:
                self._add("deletion", self._placements[one.server_task], self._name(one.author), one, {})
                self._last[number] = (one, None)

    def _payload(self, one):
        return {
            "member": one.author in self._people,
            "simulated": one.author in self._people,
            "server_task": one.server_task,
            "results": list(one.results),
            "skipped": one.skipped,
            "created_at": one.created_at.isoformat(),
            "updated_at": one.updated_at.isoformat(),
            "lead_time_s": one.lead_time_s,
            "edited_by": None if one.last_editor == one.author else self._name(one.last_editor),
            "ground_truth": one.ground_truth,
            "config_version": self._version,
        }

    def _name(self, user):
        return self._people.get(user, f"unknown-{user}")

    def _add(self, kind, placement, annotator, one, payload):
        previous = self.rows[-1]["hash"] if self.rows else "0" * 64
        seq = len(self.rows) + 1
        at = (FIRST_SEEN + timedelta(seconds=seq)).isoformat(timespec="microseconds")
        content = [seq, at, kind, self._project, placement, annotator, one.server_id, payload]
        row = {"seq": seq, "at": at, "kind": kind, "project": self._project, "placement": placement}
        row |= {"annotator": annotator, "server_id": one.server_id, "payload": to_json(payload), "previous": previous}
        self.rows.append(row | {"hash": hashlib.sha256(f"{previous}\n{to_json(content)}".encode()).hexdigest()})


def write_old_database(url, content):
    """Make a database of the first schema and fill it; columns that it does not have are left out."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = MetaData()
        old.reflect(connection)
        for table in schema.metadata.sorted_tables:
            rows = content.get(table.name, [])
            if table.name in old.tables and rows:
                names = old.tables[table.name].columns.keys()
                connection.execute(
                    insert(old.tables[table.name]), [{name: row[name] for name in names} for row in rows]
                )
    engine.dispose()


def rows_of(operation):
    """The rows of every table, moments with their zone."""
    content = {}
    with operation.state._engine.connect() as connection:
        for table in schema.metadata.sorted_tables:
            content[table.name] = [
                {k: v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for k, v in row._mapping.items()}
                for row in connection.execute(select(table))
            ]
    return content


@pytest.fixture
def platform(monkeypatch):
    fake = FakePlatform()
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: fake)
    return fake


@pytest.fixture
def upgraded(platform, tmp_path, database_url):
    """A workspace whose old toolkit had seen eight answers, then an edit by each side, a deletion and a stranger."""
    folder = tmp_path / "ws"
    init_workspace(folder)
    with published_bonds(folder, tmp_path) as operation:
        (record,) = operation.state.registry.projects()
        people = {user: account.pseudonym for user, account in operation.state.registry.accounts().items()}
        placements = {state.server_task: state.placement.id for state in states(operation)}
        ledger = OldLedger(record.server_id, record.config_version, placements, people)
        numbers = []
        for state in states(operation):
            for name in assigned(operation, state):
                author = platform.accounts[name].server_user
                numbers.append(platform.annotate(state.server_task, author, answer("low", ["price"])))
        ledger.look([platform.found[number][0] for number in numbers])
        own, edited, deleted = numbers[:3]
        platform.change(own, editor=platform.found[own][0].author, results=tuple(answer("high")))
        platform.change(edited, editor=ADMIN, results=tuple(answer("none")))
        platform.delete_annotation(deleted)
        platform.annotate(states(operation)[3].server_task, STRANGER, answer("mid"))
        ledger.look([one for one, _ in platform.found.values()])
        content = rows_of(operation) | {"ledger": ledger.rows}
    write_old_database(database_url, content)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8")) | {"database": database_url}
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder, ledger


def test_the_index_is_made_from_the_old_ledger_which_still_holds(upgraded, platform):
    folder, ledger = upgraded
    with open_workspace(folder) as operation:
        with operation.state._engine.connect() as connection:
            assert connection.execute(text("select version_num from alembic_version")).scalar() == SCHEMA
        assert operation.state.ledger.verify() == []
        assert operation.state.ledger.head() == (len(ledger.rows), ledger.rows[-1]["hash"])
        (record,) = operation.state.registry.projects()
        assert (record.cursor, record.adopted) == (None, False)
        alive = {one.server_id: one for one in operation.state.sightings.alive(record.server_id)}
        assert {number: one.server_task for number, one in alive.items()} == {
            number: one.server_task for number, (one, _) in platform.found.items()
        }
        assert sum(one.deleted for one in operation.state.sightings.of_placements(ledger._placements.values())) == 1


def test_nothing_is_new_or_sent_after_an_upgrade(upgraded, platform):
    folder, ledger = upgraded
    writes = list(platform.writes)
    with open_workspace(folder) as operation:
        report = collect(operation)
        assert (report.n_new, report.n_changed, report.n_deleted, report.n_restored) == (0, 0, 0, 0)
        assert operation.state.ledger.head()[0] == len(ledger.rows)
        kinds = {finding.kind: finding.annotator for finding in operation.state.findings.all()}
        assert kinds.pop(FindingKind.UNKNOWN) == f"unknown-{STRANGER}"
        assert set(kinds) == {FindingKind.EDITED}
        said = [judgment.label for judgment in judgments_of(operation) if judgment.control == "risk"]
        assert sorted(said) == ["high"] + ["low"] * 7  # the author's edit, not the stranger's; the deleted one too
        sent = publish(operation)
        assert (sent.n_assigned, sent.n_imported, sent.n_updated) == (0, 0, 0)
        assert not plan(operation).differs
        assert platform.writes == writes


def test_what_happens_after_an_upgrade_is_seen(upgraded, platform):
    folder, _ = upgraded
    with open_workspace(folder) as operation:
        numbers = sorted(platform.found)
        platform.change(numbers[-2], editor=platform.found[numbers[-2]][0].author, results=tuple(answer("mid")))
        platform.delete_annotation(numbers[-3])
        state = states(operation)[0]
        absent = ({"ada", "bea", "cai"} - set(assigned(operation, state))).pop()
        platform.annotate(state.server_task, platform.accounts[absent].server_user, answer("low"))
        report = collect(operation)
        assert (report.n_new, report.n_changed, report.n_deleted) == (1, 1, 1)
        assert operation.state.ledger.verify() == []
