"""What wants attention is said where it is so, and not where it is not."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, delete, insert, select, update
from typer.testing import CliRunner

from toolkit.agreement.report import Coefficient, Drift, GroupAgreement, Period
from toolkit.cli import app
from toolkit.config.workflow import Order
from toolkit.models import ProjectKey, Tier
from toolkit.reports.attention import MOST, notices
from toolkit.reports.page import Urgency
from toolkit.storage import schema as s
from toolkit.workflow import attention, status
from toolkit.workflow.assigning import Vacancy
from toolkit.workflow.ladders import Gap
from toolkit.workflow.returns import Return
from toolkit.workflow.wanting import Concern, Places
from toolkit.workspace import open_workspace

CONCERNS = ("stuck", "findings", "deleted", "open_sources", "broken")
CLAIMS = {"domain": "finance", "config": "claims", "tier": "specialist"}
LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def calm(annotated):
    """Where the workspace stands that the report is on, looked at once."""
    with open_workspace(annotated, writing=False) as operation:
        yield operation, status(operation)


@pytest.fixture
def copied(annotated, tmp_path):
    """A copy of that workspace to do harm to: what is executed in its database, and then what is said of it."""
    folder = tmp_path / "workspace"
    shutil.copytree(annotated, folder)

    def said(*statements, change=lambda operation: operation):
        engine = create_engine(f"sqlite:///{folder / '.toolkit' / 'state.sqlite'}")
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)
        engine.dispose()
        with open_workspace(folder, writing=False) as operation:
            changed = change(operation)
            return by_subject(attention(changed, status(changed)))

    return said


def by_subject(concerns):
    found = {}
    for one in concerns:
        found.setdefault(one.subject, []).append(one)
    return found


def an_answer(operation):
    """An annotation on a placement that is on the server."""
    with operation.state.sightings._engine.connect() as connection:
        return connection.execute(select(s.sightings)).first()


def test_nothing_was_done_to_a_workspace_that_nobody_touched(calm):
    found = by_subject(attention(*calm))
    assert not {"tampered", "stuck", "overdue", "migration", "invalid", "sent back", "unroutable"} & set(found)
    assert not {"agreement", "drift", "contradiction"} & set(found)  # not asked


def test_stuck(copied, calm):
    at = an_answer(calm[0]).placement
    (one,) = copied(
        update(s.placements).where(s.placements.c.id == at).values(status="open", server_task=77),
        update(s.assignments).where(s.assignments.c.placement == at).values(status="open", assigned_at=LONG_AGO),
    )["stuck"]
    assert one.urgent
    assert one.sentence.startswith("1 task in ")
    assert "more than 7 days" in one.sentence
    assert one.link is None or one.link[1].endswith("/data?task=77")


def test_what_somebody_has_answered_is_not_stuck(copied, calm):
    at = an_answer(calm[0]).placement
    old = update(s.assignments).where(s.assignments.c.placement == at).values(assigned_at=LONG_AGO)
    assert "stuck" not in copied(update(s.placements).where(s.placements.c.id == at).values(status="open"), old)


@pytest.mark.parametrize(("days", "late"), [(-3, True), (400, False)])
def test_overdue(copied, calm, days, late):
    due = datetime.now(UTC).date() + timedelta(days=days)
    at = an_answer(calm[0]).placement

    def ordered(operation):
        settings = operation.settings.assignment.model_copy(update={"orders": (Order(sources="*", due=due),)})
        return replace(operation, settings=operation.settings.model_copy(update={"assignment": settings}))

    found = copied(update(s.placements).where(s.placements.c.id == at).values(status="open"), change=ordered)
    assert ("overdue" in found) is late
    if late:
        assert f"1 task of * still open, due on {due}: 3 days late." in found["overdue"][0].sentence


def test_an_order_that_is_due_before_the_expected_finish(copied, calm):
    operation, stands = calm
    today = datetime.now(UTC).date()
    due = today + timedelta(days=5)
    days = [today + timedelta(days=n) for n in (8, 10, 15)]
    finish = replace(stands.progress.finish, low=days[0], day=days[1], high=days[2], reason="")
    later = replace(stands, progress=replace(stands.progress, finish=finish))
    settings = operation.settings.assignment.model_copy(update={"orders": (Order(sources="*", due=due),)})
    changed = replace(operation, settings=operation.settings.model_copy(update={"assignment": settings}))
    concerns = SimpleNamespace(**{name: getattr(operation.state.concerns, name) for name in CONCERNS})
    concerns.open_sources = lambda: [("a.md", 4)]
    state = SimpleNamespace(**vars(operation.state) | {"concerns": concerns})
    (one,) = by_subject(attention(replace(changed, state=state), later))["overdue"]
    assert one.urgent
    assert f"expected to be done on {days[1]} (95 %: {days[0]} to {days[2]})" in one.sentence


def test_an_altered_entry(copied):
    (one,) = copied(update(s.ledger).where(s.ledger.c.seq == 5).values(payload="{}"))["tampered"]
    assert one.urgent
    assert one.sentence == "The ledger does not hold together: entry 5 was altered."


def test_a_removed_entry(copied):
    (one,) = copied(delete(s.ledger).where(s.ledger.c.seq == 5))["tampered"]
    assert "entry 5 is missing" in one.sentence


def test_a_deleted_annotation(copied, calm):
    seen = an_answer(calm[0])
    here = s.sightings.c.lineage == seen.lineage
    (one,) = copied(update(s.sightings).where(here).values(deleted=True, kind="deletion"))["tampered"]
    assert "1 annotation in " in one.sentence
    assert "deleted on the server" in one.sentence


@pytest.mark.parametrize(
    ("kind", "subject", "urgent", "words"),
    [
        ("edited", "tampered", True, "edited by somebody else"),
        ("forged", "tampered", True, "under another's name"),
        ("unknown", "tampered", True, "not in the registry"),
        ("invalid", "invalid", True, "in quarantine"),
        ("late", "invalid", False, "after their task was settled"),
    ],
)
def test_answers_that_do_not_simply_count(copied, calm, kind, subject, urgent, words):
    seen = an_answer(calm[0])
    row = {"placement": seen.placement, "annotator": seen.annotator, "lineage": seen.lineage, "kind": kind}
    (one,) = copied(insert(s.findings).values(**row, reason="so"))[subject]
    assert one.urgent is urgent
    assert words in one.sentence
    assert seen.annotator not in one.sentence


def test_an_unfinished_migration(copied):
    row = {"id": 1, "domain": "finance", "config": "claims", "tier": "specialist", "before": "a", "after": "b"}
    row |= {"status": "running", "started_at": LONG_AGO, "ledger_seq": 3}
    (one,) = copied(insert(s.label_migrations).values(**row))["migration"]
    assert "finance/claims/specialist from a to b, begun on 2026-01-05" in one.sentence
    assert "migration" not in copied(update(s.label_migrations).values(status="done"))


def test_what_cannot_be_routed(calm):
    operation, stands = calm
    worse = replace(stands, n_unplaced=2, n_unrouted=1, n_triage=stands.n_tasks)
    found = by_subject(attention(operation, worse))["unroutable"]
    assert [one.sentence for one in found[:2]] == ["No label config fits 2 tasks.", "1 task without a route."]
    assert f"{stands.n_tasks} of {stands.n_tasks} tasks in triage (100.0%" in found[2].sentence


def test_whom_the_team_lacks_and_what_contradicts(calm):
    operation, stands = calm
    vacancy = Vacancy("law", "fr", Tier.SPECIALIST, 12, 0.6, 2, "nobody reads fr")
    gaps = (Gap("law", Tier.SPECIALIST, ("fr",), 4), Gap("stem", Tier.ADJUDICATOR, (), 0))
    assigned = SimpleNamespace(vacancies=(vacancy,), contradictions=("orders.0 (*) never counts",))
    found = by_subject(attention(operation, replace(stands, gaps=gaps), None, assigned))
    first, second = found["unstaffed"]
    assert (first.urgent, second.urgent) == (True, False)
    assert "12 annotations in law/fr/specialist (0.6 hours; 2 more people could): nobody reads fr" in first.sentence
    assert "Nobody in stem at tier adjudicator" in second.sentence
    assert found["contradiction"][0].sentence == "Orders.0 (*) never counts."
    calm_one = SimpleNamespace(vacancies=(), contradictions=())
    assert not {"unstaffed", "contradiction"} & set(
        by_subject(attention(operation, replace(stands, gaps=()), None, calm_one))
    )


def test_sent_back_and_undecided(calm):
    operation, stands = calm
    back = Return("ada", "t1", "Claims", ("kind",), "look again", LONG_AGO, "http://x/projects/1/data?tab=2")
    left = (replace(stands.projects[0], n_undecided=3),)
    found = by_subject(attention(operation, replace(stands, sent_back=(back,), projects=left)))
    (one,) = found["sent back"]
    assert one.urgent
    assert one.link[1] == back.url
    assert "ada" not in one.sentence
    assert found["undecided"][0].sentence == f"3 tasks in {stands.projects[0].key} left open with nobody above to ask."
    fine = (replace(stands.projects[0], n_undecided=0),)
    assert "undecided" not in by_subject(attention(operation, replace(stands, projects=fine)))


def group(alpha, low, high, flags=()):
    found = Coefficient(alpha, low, high, None, 40, 0.0, flags)
    return GroupAgreement(
        "risk", "choice", "nominal", "", CLAIMS, 40, 6, 200, {}, (), {"krippendorff_alpha": found}, ()
    )


@pytest.mark.parametrize(
    ("found", "urgent"),
    [
        (group(0.5, 0.4, 0.6), True),
        (group(0.5, 0.3, 0.8), False),
        (group(0.5, None, None), False),
        (group(0.5, 0.4, 0.6, ("few_tasks",)), False),
        (group(0.7, 0.5, 0.9), None),
        (group(None, None, None), None),
    ],
)
def test_agreement_below_its_target(calm, found, urgent):
    measured = SimpleNamespace(report=SimpleNamespace(groups=(found,), changes=()), targets={"finance": 0.667})
    said = by_subject(attention(*calm, measured)).get("agreement", [])
    assert [one.urgent for one in said] == ([] if urgent is None else [urgent])
    if urgent:
        assert "is 0.500, 95 % 0.400 to 0.600; wanted is 0.667 (40 tasks, 6 annotators)" in said[0].sentence


@pytest.mark.parametrize(("p", "n"), [(0.01, 1), (0.2, 0), (None, 0)])
def test_drift(calm, p, n):
    periods = (Period("2026-01-05", 20, 0.9, 0.8), Period("2026-01-12", 20, 0.6, 0.3))
    drift = Drift("risk", CLAIMS, "week", periods, 9.0, 1, p, p, None)
    measured = SimpleNamespace(report=SimpleNamespace(groups=(), changes=(drift,)), targets={})
    said = by_subject(attention(*calm, measured)).get("drift", [])
    assert len(said) == n
    if n:
        assert "from 0.900 in the week of 2026-01-05 to 0.600 in the week of 2026-01-12" in said[0].sentence


def test_of_many_the_most_urgent_are_shown_and_every_subject_is():
    many = [Concern(f"{n}.", urgent=True, subject="stuck") for n in range(40)]
    others = [Concern("one.", subject=f"subject {n}") for n in range(5)]
    more = [Concern(f"late {n}.", subject="invalid") for n in range(20)]
    shown = notices([*many, *others, *more])
    assert len(shown) <= MOST
    assert [one.sentence for one in shown[:3]] == ["0.", "1.", "2. And 37 more."]
    assert {one.subject for one in shown} == {"stuck", "invalid", *(f"subject {n}" for n in range(5))}
    assert [one.urgency for one in shown] == sorted(one.urgency for one in shown)
    assert shown[0].urgency is Urgency.ACT
    assert sum(int(one.sentence.split()[-2]) for one in shown if "And" in one.sentence) + len(shown) == 65


def test_the_page_and_the_command_say_the_same(annotated, page):
    result = CliRunner().invoke(app, ["report", "-w", str(annotated), "--json"])
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["notices"]
    assert page.count("data-subject=") == len(said["notices"])
    assert all(one["urgency"] in ("act", "look") and one["advice"] for one in said["notices"])
    assert {one["title"] for one in said["tiles"]} >= {"tasks", "decided"}


def test_links_are_of_the_workspace_s_server():
    places = Places("http://x/", {ProjectKey("law", "clauses", Tier.SPECIALIST): 4})
    assert places.project(ProjectKey("law", "clauses", Tier.SPECIALIST)) == (
        "law/clauses/specialist",
        "http://x/projects/4/data",
    )
    assert places.project(ProjectKey("law", "other", Tier.SPECIALIST)) is None
    assert Places(None, places.ids).task(ProjectKey("law", "clauses", Tier.SPECIALIST), 3) is None
