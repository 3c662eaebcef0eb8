"""The steps on a platform in memory; the same on the real server is in tests/integration."""

import json
import shutil

import pytest

from tests.releasing import release, rows_in
from tests.workflow.conftest import BOND, SEEDS, member, write_team
from toolkit.consensus.categorical import Rules
from toolkit.errors import InputError, LabelStudioError, WorkspaceError
from toolkit.models import PlacementStatus, Queue, Tier
from toolkit.simulation import Reference
from toolkit.workflow import (
    apply,
    collect,
    compute_consensus,
    ingest,
    invite,
    measure_agreement,
    publish,
    resolve,
    route,
    run,
    simulate,
    status,
    why,
)
from toolkit.workspace import open_workspace

CLAIMS = "finance/claims/specialist"


def prepared(operation, texts):
    ingest(operation, [texts])
    route(operation)
    apply(operation)


def placement_of(operation, source, config):
    task = next(task for task in operation.state.corpus.tasks() if task.source == source)
    return next(
        item for item in operation.state.work.placements(task=task.id) if item.placement.project.config == config
    )


def answers(**choices):
    """A result that answers single choices."""
    return [
        {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}
        for name, label in choices.items()
    ]


def accounts(operation, fake, *names):
    for name in names:
        account = fake.ensure_account(name, f"{name}@example.org", "x", simulated=True)
        operation.state.registry.save_account(account.server_user, name, simulated=True)
    return [fake.accounts[name].server_user for name in names]


def test_ingest_counts_what_is_new_known_twice_and_unreadable(operation, texts):
    (texts / "copy.txt").write_text(BOND, encoding="utf-8")
    (texts / "blob.txt").write_bytes(b"\x00\x01\x02")
    first = ingest(operation, [texts])
    assert (first.n_documents, first.n_tasks, first.n_known, first.n_duplicates) == (2, 2, 0, 1)
    assert [item.source for item in first.unreadable] == ["blob.txt"]
    assert not first.passed
    second = ingest(operation, [texts])
    assert (second.n_documents, second.n_tasks, second.n_known, second.n_duplicates) == (0, 0, 2, 1)


def test_a_path_that_does_not_exist_is_an_error(operation, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        ingest(operation, [tmp_path / "nowhere"])


def test_routing_sends_finance_to_its_specialists_and_the_rest_to_generalists(operation, texts):
    ingest(operation, [texts])
    report = route(operation)
    found = {operation.state.corpus.task(item.task).source: item for item in report.routes}
    assert (found["bond.txt"].domain, found["bond.txt"].queue, found["bond.txt"].tier) == (
        "finance", Queue.DOMAIN, Tier.SPECIALIST,
    )  # fmt: skip
    assert found["news.txt"].domain == "general"
    assert {str(key) for key in operation.state.work.projects_in_use()} == {CLAIMS, "general/categorize/generalist"}
    assert route(operation).routes == ()


ODD = json.dumps({"question": "2 + 2 ?", "solution": "La ville inaugure samedi une exposition."})


def test_a_task_that_one_domain_alone_asks_about_goes_there(operation, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text(ODD, encoding="utf-8")
    ingest(operation, [path])
    assert route(operation).unplaceable == ()
    (state,) = operation.state.work.placements()
    assert str(state.placement.project) == "stem/solution-check/specialist"
    assert "stem has" in state.placement.reason


def test_a_task_that_no_label_config_fits_is_named(folder, operation, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text(ODD, encoding="utf-8")
    operation.state.close()
    shutil.rmtree(folder / "configs" / "domains" / "stem")
    write_team(folder, member("ada"))
    with open_workspace(folder, writing=False) as later:
        ingest(later, [path])
        report = route(later)
        assert (len(report.unplaceable), report.n_placements) == (1, 0)
        assert route(later).unplaceable == report.unplaceable
        assert status(later).n_unplaced == 1
        story = why(later, report.unplaceable[0])
        assert (story.routes != (), story.placements) == (True, ())


def test_apply_makes_each_project_once_and_a_dry_run_none(operation, texts, fake):
    ingest(operation, [texts])
    route(operation)
    planned = apply(operation, dry_run=True)
    assert [project.action for project in planned.plan.projects] == ["create", "create"]
    assert fake.writes == []
    assert [project.action for project in apply(operation).plan.projects] == ["create", "create"]
    assert [project.action for project in apply(operation).plan.projects] == ["unchanged", "unchanged"]
    settings, record = fake.projects[1], operation.state.registry.projects()[0]
    assert settings["description"].endswith(f"[tk:{operation.name}:{record.key}]")
    assert settings["expert_instruction"].startswith("<h")
    assert 3 <= len(settings["title"]) <= 50


def test_publish_sends_each_task_once_with_its_annotators_and_views(operation, texts, fake):
    prepared(operation, texts)
    dry = publish(operation, dry_run=True)
    assert (dry.n_assigned, dry.n_imported) == (5, 2)
    report = publish(operation)
    assert (report.n_assigned, report.n_imported, report.n_updated, report.unmet) == (5, 2, 0, ())
    finance = placement_of(operation, "bond.txt", "claims")
    sent = fake.stored[finance.server_task].data
    assert sent["external_id"] == finance.placement.id
    assert sent["text"] == BOND
    assert sent["assignees"].count("|") == 3
    assert len(report.views) == 5
    assert all(view.url.startswith("http://label.example/projects/") for view in report.views)
    writes = len(fake.writes)
    again = publish(operation)
    assert (again.n_assigned, again.n_imported, again.n_updated) == (0, 0, 0)
    assert len(fake.writes) == writes


def test_publish_before_apply_says_so(operation, texts):
    ingest(operation, [texts])
    route(operation)
    with pytest.raises(WorkspaceError, match="has not been applied"):
        publish(operation)


def test_a_publish_that_breaks_goes_on_where_it_stopped(operation, texts, fake):
    prepared(operation, texts)
    fake.fail_import_after = 0
    with pytest.raises(LabelStudioError):
        publish(operation)
    publish(operation)
    ids = [task.data["external_id"] for task in fake.stored.values()]
    assert sorted(ids) == sorted(item.placement.id for item in operation.state.work.placements())


def test_what_nobody_can_take_is_said_and_waits(folder, operation, texts, fake):
    prepared(operation, texts)
    write_team(folder, member("ada"))
    operation.state.close()
    with open_workspace(folder, writing=False) as small:
        report = publish(small)
    assert {item.placement.rpartition("@")[2]: item.missing for item in report.unmet} == {
        CLAIMS: 2,
        "general/categorize/generalist": 2,
    }


def test_a_skip_asks_one_annotator_more(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    finance = placement_of(operation, "bond.txt", "claims")
    first = fake.stored[finance.server_task].data["assignees"].strip("|").split("|")
    (user,) = accounts(operation, fake, first[0])
    fake.annotate(finance.server_task, user, [], skipped=True)
    assert collect(operation).n_skipped == 1
    # Finance has two specialists; an adjudicator does not answer below their tier.
    report = publish(operation)
    assert [(item.placement, item.missing) for item in report.unmet] == [(finance.placement.id, 1)]
    assert fake.stored[finance.server_task].data["assignees"] == f"|{first[1]}|"


def test_agreement_settles_a_placement_and_disagreement_goes_up(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    finance = placement_of(operation, "bond.txt", "claims")
    names = fake.stored[finance.server_task].data["assignees"].strip("|").split("|")
    control = operation.config(finance.placement.project).control("risk")
    users = accounts(operation, fake, *names)
    for user, label in zip(users, control.labels, strict=False):
        fake.annotate(finance.server_task, user, answers(risk=label, forward_looking=_first(operation, finance)))
    assert collect(operation).n_new == 2
    report = resolve(operation)
    (resolution,) = report.resolutions
    assert resolution.status is PlacementStatus.ESCALATED
    assert "risk" in resolution.reason
    assert "tie" in resolution.reason
    assert report.n_waiting == 1
    assert resolution.next == (finance.placement.id.replace("specialist", "adjudicator"),)
    assert resolve(operation).resolutions == ()
    apply(operation)
    publish(operation)
    above = placement_of(operation, "bond.txt", "claims")
    assert above.placement.project.tier is Tier.ADJUDICATOR
    assert not set(fake.stored[above.server_task].data["assignees"].strip("|").split("|")) & set(names)


def _first(operation, state):
    return operation.config(state.placement.project).control("forward_looking").labels[0]


def test_what_triage_finds_out_is_sent_to_the_specialists(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    news = placement_of(operation, "news.txt", "categorize")
    names = fake.stored[news.server_task].data["assignees"].strip("|").split("|")
    for user in accounts(operation, fake, *names):
        fake.annotate(news.server_task, user, answers(domain="law", sensitivity="public"))
    collect(operation)
    (resolution,) = resolve(operation).resolutions
    assert resolution.status is PlacementStatus.DECIDED
    assert "generalists found law (3 of 3)" in resolution.reason
    story = why(operation, news.placement.task)
    assert [item.domain for _, item in story.routes] == ["general", "law"]
    assert {item.placement.project.domain for item in story.placements} == {"general", "law"}


def test_a_deleted_annotation_is_counted_and_its_judgment_kept(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    simulate(operation)
    before = collect(operation)
    fake.found.pop(next(iter(fake.found)))
    after = collect(operation)
    assert (after.n_deleted, after.n_judgments) == (1, before.n_judgments)
    assert collect(operation).n_deleted == 0
    assert status(operation).n_deleted == 1


def test_annotations_that_do_not_fit_their_config_are_named(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    finance = placement_of(operation, "bond.txt", "claims")
    name = fake.stored[finance.server_task].data["assignees"].strip("|").split("|")[0]
    (user,) = accounts(operation, fake, name)
    fake.annotate(finance.server_task, user, answers(risk="purple", nonsense="x"))
    report = collect(operation)
    assert any("purple" in str(finding) for finding in report.quarantined)
    assert any("nonsense" in str(finding) for finding in report.quarantined)


def test_simulating_twice_adds_nothing(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    first = simulate(operation)
    second = simulate(operation)
    assert first.n_submitted == 5
    assert (second.n_submitted, second.n_known) == (0, 5)
    assert len(fake.found) == 5


@pytest.fixture
def finished(operation):
    report = run(operation, Reference.load(SEEDS / "reference.jsonl")) if _seeded(operation) else None
    return operation, report


def _seeded(operation):
    return ingest(operation, sorted(SEEDS.glob("*.fr.md"))).passed


def test_a_run_on_the_seeds_comes_to_an_end_and_a_second_changes_nothing(finished, fake):
    operation, report = finished
    assert report.n_rounds < 10
    assert report.n_submitted == report.n_new > 100
    states = operation.state.work.placements()
    waiting = [state for state in states if state.status is PlacementStatus.OPEN]
    assert {item.placement for item in report.published.unmet} == {state.placement.id for state in waiting}
    assert any(state.status is PlacementStatus.ESCALATED for state in states)
    domains = {state.placement.project.domain for state in states}
    assert {"general", "finance", "security"} <= domains
    writes, head = list(fake.writes), operation.state.ledger.head()
    again = run(operation, Reference.load(SEEDS / "reference.jsonl"))
    assert (again.n_imported, again.n_submitted, again.n_new, again.resolutions) == (0, 0, 0, ())
    assert fake.writes == writes
    assert operation.state.ledger.head() == head
    assert operation.state.ledger.verify() == []


def test_the_release_of_a_run_holds_what_was_settled(finished):
    operation, _ = finished
    report = release(operation, "seeds")
    states = [state for state in operation.state.work.placements() if state.placement.purpose == "answer"]
    decided = sum(state.status is PlacementStatus.DECIDED for state in states)
    assert report.n_records == decided > 0
    assert report.release.manifest["simulated"] is True
    again = release(operation, "seeds")
    assert (again.release.version, again.release.created) == (1, False)
    rows = rows_in(report.release.path)
    assert len(rows) == decided
    text = "\n".join(
        path.read_text("utf-8")
        for path in report.release.path.rglob("*")
        if path.suffix in (".json", ".md", ".jsonl", ".csv")
    )
    assert not [item.pseudonym for item in operation.team if f'"{item.pseudonym}"' in text]
    story = why(operation, rows[0]["task"])
    assert ("seeds", 1) in {(name, version) for name, version, _, _ in story.releases}


def test_agreement_and_consensus_of_a_run(finished):
    from toolkit.engines.duckdb import DuckDBEngine

    operation, _ = finished
    found = measure_agreement(operation, DuckDBEngine())
    report = found.report
    assert found.n_simulated == report.n_judgments
    assert found.targets["general"] == operation.packs["general"].thresholds.agreement
    groups = {(group.by["domain"], group.by["tier"], group.control): group for group in report.groups}
    group = groups["general", "generalist", "domain"]
    alpha = group.coefficients["krippendorff_alpha"]
    assert alpha.low <= alpha.value <= alpha.high
    assert 0.3 < alpha.value < 1
    assert group.n_annotators == 4
    with compute_consensus(operation, DuckDBEngine()) as consensus:
        assert consensus.n_simulated == consensus.report.n_judgments == report.n_judgments
        assert {one.control for one in consensus.report.controls} >= {"domain", "sensitivity", "quality"}
        (control,) = [
            one for one in consensus.report.controls if one.control == "domain" and one.by["tier"] == "generalist"
        ]
        settled = [one for one in control.consensus(Rules()) if one.label is not None]
        assert 0 < len(settled) <= control.n_tasks


def test_nothing_can_be_released_or_measured_before_anything_is_there(operation):
    from toolkit.engines.duckdb import DuckDBEngine

    with pytest.raises(WorkspaceError, match="nothing to release"):
        release(operation, "seeds")
    with pytest.raises(WorkspaceError, match="Nothing has been collected"):
        measure_agreement(operation, DuckDBEngine())
    assert status(operation).n_tasks == 0
    assert run(operation).n_rounds == 1


def test_inviting_a_person_writes_a_private_file_once(folder, operation, fake):
    write_team(folder, member("ada"), {**member("zoe"), "simulated": False})
    with open_workspace(folder, writing=False) as opened:
        path = invite(opened, "zoe", "zoe@lab.example")
        again = invite(opened, "zoe", "zoe@lab.example")
        assert path == again
        assert path.stat().st_mode & 0o777 == 0o600
        assert fake.accounts["zoe"].password in path.read_text("utf-8")
        assert [account.pseudonym for account in opened.state.registry.accounts().values()] == ["zoe"]
        with pytest.raises(InputError, match="simulated"):
            invite(opened, "ada", "ada@lab.example")
        with pytest.raises(InputError, match="Nobody"):
            invite(opened, "ghost", "g@lab.example")
