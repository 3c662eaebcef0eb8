from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from toolkit.errors import ConfigError, InputError, StorageError
from toolkit.models import (
    Assignment,
    AssignmentStatus,
    Consensus,
    ConsensusStatus,
    Decision,
    Document,
    Evidence,
    LabelConfig,
    Modality,
    Placement,
    PlacementStatus,
    ProjectKey,
    ProjectRecord,
    Queue,
    Route,
    Task,
    Tier,
)
from toolkit.storage import database
from toolkit.storage.database import open_database
from toolkit.storage.registry import Account
from toolkit.storage.releases import ReleasedVersion
from toolkit.storage.state import State

KEY = ProjectKey("finance", "claims", Tier.SPECIALIST)


def document(name="doc", **changes):
    made = Document(name, f"{name}.txt", Modality.TEXT, {"text": "L’été, 3 %"}, "Titre", "fr", {"client": "α"})
    return replace(made, **changes)


def task(number=0, of="doc"):
    return Task(f"{of}-{number}", of, f"{of}.txt", Modality.TEXT, {"text": f"Passage {number} 🎉"}, "", "fr", number, 9)


def route(task_id, **changes):
    evidence = (Evidence("finance", "obligation*", 2, 3.0),)
    ranking = (("finance", 0.75), ("general", 0.25))
    made = Route(
        task_id, "finance", 0.75, Queue.DOMAIN, Tier.SPECIALIST, "fr", Modality.TEXT, ranking, evidence, "two terms"
    )
    return replace(made, **changes)


def placed(task_id, tier=Tier.SPECIALIST, overlap=2):
    key = replace(KEY, tier=tier)
    return Placement(f"{task_id}@{key}", task_id, key, overlap, "routed to finance")


def filled(state, n_tasks=2):
    tasks = [task(number) for number in range(n_tasks)]
    state.corpus.add(document(), tasks)
    for item in tasks:
        state.corpus.add_routes([(route(item.id), [placed(item.id)])])
    return tasks


def test_documents_and_tasks_come_back_as_they_went_in(state):
    tasks = [task(0), task(1)]
    assert state.corpus.add(document(), tasks) is True
    assert state.corpus.add(document(), tasks) is False
    assert list(state.corpus.tasks()) == tasks
    assert list(state.corpus.tasks(["doc-1", "nothing"])) == [tasks[1]]
    assert state.corpus.counts() == (1, 2)
    found = state.corpus.document("doc")
    assert (found.source, found.title, found.metadata) == ("doc.txt", "Titre", {"client": "α"})


def test_a_task_is_found_by_the_beginning_of_its_id_if_that_is_clear(state):
    state.corpus.add(document(), [task(0), task(1)])
    state.corpus.add(document("other"), [task(5, "other")])
    assert state.corpus.task("oth").id == "other-5"
    assert state.corpus.task("doc-1").id == "doc-1"
    with pytest.raises(InputError, match="begins the ids of several tasks: doc-0, doc-1"):
        state.corpus.task("doc")
    for nothing in ("missing", "%", ""):
        with pytest.raises(InputError, match=r"No task|several"):
            state.corpus.task(nothing)


def test_routes_keep_their_history_and_placements_are_made_once(state):
    first, _ = filled(state)
    better = route(first.id, domain="law", reason="generalists found law")
    state.corpus.reroute(better, [placed(first.id)])
    assert [found for _, found in state.corpus.routes(first.id)] == [route(first.id), better]
    assert state.corpus.unrouted() == []
    assert len(state.work.placements()) == 2
    assert state.work.projects_in_use() == [KEY]


def test_closing_a_placement_stores_its_decisions_and_opens_the_next(state):
    first, second = filled(state)
    shares = {"high": 0.5, "low": 0.5}
    consensus = Consensus(first.id, "risk", None, ConsensusStatus.TIE, 0.5, 2, shares, "tie")
    settled = Consensus(first.id, "claims", "x", ConsensusStatus.DECIDED, 1.0, 2, {"x": 1.0}, "majority")
    moment = datetime(2025, 9, 12, tzinfo=UTC)
    key = placed(first.id).id
    decisions = [Decision(key, settled, [{"start": 1}], moment), Decision(key, consensus, None, moment)]
    above = placed(first.id, Tier.ADJUDICATOR, 1)
    state.work.close(key, PlacementStatus.ESCALATED, "tie", decisions, next_placements=[above])
    assert state.work.decisions(task=first.id) == decisions
    assert {item.placement.id: item.status for item in state.work.placements(task=first.id)} == {
        key: PlacementStatus.ESCALATED,
        above.id: PlacementStatus.OPEN,
    }
    assert [item.placement.task for item in state.work.placements(project=KEY, status=PlacementStatus.OPEN)] == [
        second.id
    ]


def test_assignments_are_made_once_and_answers_nobody_asked_for_are_noted(state):
    first, _ = filled(state)
    key = placed(first.id).id
    assert state.work.assign([Assignment(key, "ada", "works in finance")]) == 1
    assert state.work.assign([Assignment(key, "ada", "again"), Assignment(key, "bea", "too")]) == 1
    state.work.set_assignments({(key, "ada"): AssignmentStatus.DONE, (key, "eve"): AssignmentStatus.DONE})
    found = {
        item.assignment.annotator: (item.status, item.assignment.reason)
        for item in state.work.assignments(task=first.id)
    }
    assert found == {
        "ada": (AssignmentStatus.DONE, "works in finance"),
        "bea": (AssignmentStatus.OPEN, "too"),
        "eve": (AssignmentStatus.DONE, "answered without having been assigned"),
    }


def test_the_registry_remembers_the_servers_ids(state):
    config = LabelConfig("claims", "finance", "Claims", "<View/>", Modality.TEXT, ("text",), (), (), 2, "v1")
    registry = state.registry
    for title in ("Old", "New"):
        registry.save_project(ProjectRecord(KEY, 4, "v1", title), config)
        registry.save_account(9, "ada", simulated=True)
        registry.save_view(4, "ada", 12)
        registry.save_upload(4, "ab12", f"/data/{title}.wav")
        registry.remember("name", title)
    assert registry.projects() == [ProjectRecord(KEY, 4, "v1", "New")]
    assert registry.config_xml("finance", "claims", "v1") == "<View/>"
    assert registry.config_xml("finance", "claims", "v0") is None
    assert registry.accounts() == {9: Account("ada", simulated=True)}
    assert (registry.remembered("name"), registry.remembered("server")) == ("New", None)
    assert registry.views() == {(4, "ada"): 12}
    assert (registry.upload(4, "ab12"), registry.upload(5, "ab12")) == ("/data/New.wav", None)


def test_releases_of_a_task(state):
    first, second = filled(state)
    rows = [(first.id, "finance/claims", "train"), (second.id, "finance/claims", "test")]
    for _ in range(2):
        state.releases.record(ReleasedVersion("seeds", 1, "c" * 64, "d" * 64, 12), rows)
    assert state.releases.holding(first.id) == [("seeds", 1, "finance/claims", "train")]
    assert state.releases.released_up_to()[first.id] == {"seeds": 12}


def test_the_state_outlives_the_process(database_url):
    for expected in ((0, 0), (1, 2)):
        opened = State(open_database(database_url))
        assert opened.corpus.counts() == expected
        opened.corpus.add(document(), [task(0), task(1)])
        opened.close()


def test_the_newest_migration_is_the_schema_the_code_expects(database_url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from toolkit.storage.schema import metadata

    engine = open_database(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == database.SCHEMA
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_state_of_a_newer_toolkit_is_refused(database_url):
    open_database(database_url).dispose()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StorageError, match="made by a newer toolkit"):
        open_database(database_url)


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("postgresql+psycopg://ada:secret@127.0.0.1/x", ConfigError, "PGPASSWORD"),
        ("postgresql+psycopg://ada@127.0.0.1/x?password=secret", ConfigError, "PGPASSWORD"),
        ("nonsense", ConfigError, "Could not parse"),
        ("mysteryql://x", ConfigError, "mysteryql"),
        ("sqlite:////no/such/folder/x.sqlite", StorageError, "unable to open"),
        ("postgresql+psycopg://ada@127.0.0.1:1/x", StorageError, "cannot be used"),
    ],
)
def test_an_unusable_url_says_what_is_wrong_and_never_the_password(url, kind, message):
    with pytest.raises(kind, match=message) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_migration_that_breaks_leaves_nothing_behind(database_url, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("pulled the plug")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.operations.Operations.create_index", broken)
        with pytest.raises(RuntimeError, match="pulled the plug"):
            open_database(database_url)
    opened = State(open_database(database_url))
    assert opened.corpus.counts() == (0, 0)
    opened.close()


def test_closing_withdraws_who_has_not_answered(state):
    first, _ = filled(state)
    key = placed(first.id).id
    state.work.assign([Assignment(key, "ada", ""), Assignment(key, "bea", "")])
    state.work.set_assignments({(key, "ada"): AssignmentStatus.DONE})
    state.work.close(key, PlacementStatus.DECIDED, "settled", [])
    assert [item.status for item in state.work.assignments(task=first.id)] == [
        AssignmentStatus.DONE,
        AssignmentStatus.WITHDRAWN,
    ]


def test_a_routed_task_without_a_placement_is_found(state):
    state.corpus.add(document(), [task(0), task(1)])
    state.corpus.add_routes([(route("doc-0"), []), (route("doc-1"), [placed("doc-1")])])
    assert [item.id for item in state.corpus.unplaced()] == ["doc-0"]
    assert state.work.add([placed("doc-0"), placed("doc-1")]) == 1
    assert state.corpus.unplaced() == []
