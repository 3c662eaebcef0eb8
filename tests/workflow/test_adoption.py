"""A project that was set up by hand becomes part of the workspace, and nothing changes on the platform."""

import json
from dataclasses import asdict

import pytest
import yaml

from tests.releasing import release, rows_in
from tests.workflow.fake import ADMIN, FakeTask
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.errors import InputError
from toolkit.models import AssignmentStatus, Modality, PlacementStatus, ProjectKey, Tier
from toolkit.storage.ledger import EVENT
from toolkit.workflow import add_member, adopt, apply, collect, ingest, measure_agreement, plan, publish, resolve, route
from toolkit.workspace import open_workspace

XML = """<View>
  <Text name="shown" value="$text"/>
  <Choices name="mood" toName="shown" required="true"><Choice value="good"/><Choice value="bad"/></Choices>
  <Choices name="topic" toName="shown" choice="multiple"><Choice value="food"/><Choice value="rooms"/></Choices>
  <TextArea name="why" toName="shown"/>
</View>
"""
KEY = ProjectKey("hotel-reviews", "main", Tier.GENERALIST)
FRENCH = "La chambre était propre et calme, le petit déjeuner un peu froid, visite numéro"


def said(mood, **more):
    values = {"mood": ("choices", {"choices": [mood]}), **more}
    return [
        {"id": name, "from_name": name, "to_name": "shown", "type": kind, "value": value}
        for name, (kind, value) in values.items()
    ]


@pytest.fixture
def people(fake):
    """Three people with accounts, as they signed up by themselves."""
    names = ("zoe", "yan", "xia")
    return [fake.ensure_account(name, f"{name}@example.org", "x", simulated=False).server_user for name in names]


@pytest.fixture
def project(fake, people):
    """Four tasks by hand: two with two answers, one with a skip, one with an import in somebody's name."""
    number = fake.create_project(
        {
            "title": "Hotel reviews",
            "description": "What guests write.",
            "label_config": XML,
            "expert_instruction": "<p>Say <b>good</b> or bad.</p>",
            "maximum_annotations": 2,
        }
    )
    tasks = [add(fake, number, index) for index in range(4)]
    for task, first, second in zip(tasks, ("good", "bad"), ("good", "good"), strict=False):
        fake.annotate(task, people[0], said(first))
        fake.annotate(task, people[1], said(second))
    fake.annotate(tasks[2], people[0], [], skipped=True)
    fake.annotate(tasks[3], people[1], said("bad"), editor=ADMIN)
    fake.writes.clear()
    return number


def add(fake, project, number, **data):
    """Put a task there, as somebody would who knows nothing of the toolkit."""
    made = fake.new_id()
    fake.stored[made] = FakeTask(project, {"text": f"{FRENCH} {number}", "row": number} | data, 2, fake.now())
    return made


def again(folder, step):
    """Do something in the workspace as the next command would find it."""
    with open_workspace(folder, writing=False) as operation:
        return step(operation)


def everything(operation):
    """All that a workspace knows, but for the moments and what other steps remember."""
    state = operation.state
    return (
        [asdict(task) for task in state.corpus.tasks()],
        [asdict(route) for _, route in state.corpus.routes()],
        [asdict(one.placement) | {"task": one.server_task} for one in state.work.placements()],
        [(one.assignment, one.status) for one in state.work.assignments()],
        [(one.kind, one.placement, one.annotator, one.payload) for one in state.ledger.entries() if one.kind != EVENT],
        [asdict(one) for one in state.registry.projects()],
        state.registry.accounts(),
        {name: (person.name, person.email) for name, person in state.people.all().items()},
        state.findings.all(),
    )


def files(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in [folder / "team.yaml", *(folder / "configs").rglob("*")]
        if path.is_file()
    }


def test_a_project_is_taken_in_whole_and_nothing_is_written_on_the_platform(operation, fake, project, folder):
    report = adopt(operation, project)
    assert fake.writes == []
    counts = (report.n_tasks, report.n_waiting, report.n_annotations, report.n_skipped, report.n_unusable)
    assert counts == (4, 2, 6, 1, 0)
    assert (report.project, report.annotators) == (str(KEY), ("annotator-1", "annotator-2"))
    assert (report.known, report.skipped, report.notes) == (False, (), ())
    pack = folder / "configs" / "domains" / "hotel-reviews"
    assert (pack / "labels" / "main.xml").read_bytes() == XML.encode()
    assert (pack / "guidelines.md").read_text("utf-8") == "Say **good** or bad.\n"
    with open_workspace(folder, writing=False) as later:
        config = later.config(KEY)
        assert (config.modality, config.fields, config.decisive, config.overlap) == (
            Modality.TEXT,
            ("text",),
            ("mood",),
            2,
        )
        assert not plan(later).differs
        first, *_ = later.state.corpus.tasks()
        assert (first.id, first.language, first.fields["row"]) == (f"adopted-{project}-1", "fr", 0)
        assert first.source == f"label-studio project {project}, task 1"
        (_, route_found), *_ = later.state.corpus.routes(first.id)
        assert (route_found.domain, route_found.confidence) == ("hotel-reviews", None)
        assert [one.annotator for one in later.state.ledger.entries() if one.kind != EVENT].count("annotator-1") == 3
        assert fake.writes == []


def test_agreement_votes_and_releases_work_on_what_was_adopted(operation, project, folder):
    adopt(operation, project)
    with open_workspace(folder, writing=False) as later:
        found = measure_agreement(later, DuckDBEngine())
        (group,) = [one for one in found.report.groups if one.control == "mood"]
        assert group.coefficients["percent_agreement"].value == 0.5
        report = resolve(later)
        assert sorted(item.status.value for item in report.resolutions) == ["decided", "escalated"]
        (row,) = rows_in(release(later, "hotel").release.path, "hotel-reviews.main")
        assert row["labels"] == {"mood": "good", "topic": [], "why": None}


def test_what_was_imported_in_somebodys_name_counts_before_the_adoption_and_not_after(
    operation, fake, project, people, folder
):
    adopt(operation, project)
    added = add(fake, project, 5)
    with open_workspace(folder, writing=False) as later:
        assert later.state.findings.all() == []
        fake.annotate(4, people[0], said("good"), editor=ADMIN)
        assert collect(later).quarantined[0].annotator == "annotator-1"
        fake.annotate(added, people[0], said("good"), editor=ADMIN)
        assert adopt(later, project).n_tasks == 1
        assert len(later.state.findings.all()) == 1


def test_running_it_again_changes_nothing(operation, fake, project, folder):
    adopt(operation, project)
    with open_workspace(folder, writing=False) as later:
        before = everything(later), files(folder), later.state.ledger.head()
        report = adopt(later, project)
        assert (report.known, report.n_tasks, report.n_annotations) == (True, 0, 0)
        assert (everything(later), files(folder), later.state.ledger.head()) == before
        assert fake.writes == []


def test_tasks_and_annotators_that_are_new_since_are_taken_in(operation, fake, project, people, folder):
    adopt(operation, project)
    added = add(fake, project, 5)
    fake.annotate(added, people[2], said("good"))
    fake.writes.clear()
    report = again(folder, lambda later: adopt(later, project, domain="hotel-reviews"))
    assert (report.known, report.n_tasks, report.n_annotations, report.annotators) == (True, 1, 1, ("annotator-3",))
    assert fake.writes == []
    with open_workspace(folder, writing=False) as later:
        assert [member.pseudonym for member in later.team][-1] == "annotator-3"
        assert not plan(later).differs
        (state,) = later.state.work.placements(task=f"adopted-{project}-{added}")
        (answer,) = later.state.work.assignments(task=state.placement.task)
        assert (answer.assignment.annotator, answer.status) == ("annotator-3", AssignmentStatus.DONE)


def test_a_task_that_was_sent_again_by_the_toolkit_is_no_new_one(operation, fake, project, folder):
    adopt(operation, project)
    with open_workspace(folder, writing=False) as later:
        del fake.projects[project]
        for number in list(fake.stored):
            fake.delete_task(number)
        apply(later)
        (record,) = later.state.registry.projects()
        assert record.adopted
        assert len(list(fake.tasks(record.server_id))) == 4
        assert adopt(later, record.server_id).n_tasks == 0


@pytest.mark.parametrize("at", ["Storing tasks", "Reading Hotel reviews"])
def test_killed_half_way_it_goes_on(folder, fake, project, operation, tmp_path, at):
    def killed(items, description, total=None):
        yield from items
        if description == at:
            raise KeyboardInterrupt

    with open_workspace(folder, writing=False, progress=killed) as first, pytest.raises(KeyboardInterrupt):
        adopt(first, project, domain="stays")
    assert not (folder / "configs" / "domains" / "stays").exists()
    assert not (folder / "configs" / ".adopting").exists()
    with open_workspace(folder, writing=False) as later:
        assert later.state.registry.projects() == []
        with pytest.raises(InputError, match="was adopted as 'stays'"):
            adopt(later, project, domain="others")
        assert adopt(later, project).project == "stays/main/generalist"
        assert len([one for one in later.state.ledger.entries() if one.kind != EVENT]) == 6
        assert len(list(later.state.corpus.tasks())) == 4
    with open_workspace(folder, writing=False) as later:
        assert [member.pseudonym for member in later.team][-2:] == ["annotator-1", "annotator-2"]
        assert not plan(later).differs


def test_killed_between_the_pack_and_the_record_it_goes_on(folder, fake, project, operation):
    begun = json.dumps({"domain": KEY.domain, "tier": "generalist", "since": "2020-01-01T00:00:00+00:00"})
    team = (folder / "team.yaml").read_bytes()
    adopt(operation, project)
    before = everything(operation), files(folder)
    operation.state.registry.forget_project(KEY)
    operation.state.registry.remember(f"adopting {project}", begun)
    (folder / "team.yaml").write_bytes(team)
    (folder / "configs" / ".adopting").mkdir()
    with open_workspace(folder, writing=False) as later:
        assert adopt(later, project).known is False
        assert not (folder / "configs" / ".adopting").exists()
        assert (everything(later), files(folder)) == before


def test_a_dry_run_stores_nothing(operation, fake, project, folder):
    before = everything(operation), files(folder), operation.state.ledger.head()
    report = adopt(operation, project, dry_run=True)
    assert (report.dry_run, report.n_tasks, report.annotators) == (True, 4, ("annotator-1", "annotator-2"))
    assert (everything(operation), files(folder), operation.state.ledger.head()) == before
    assert fake.writes == []


def test_who_is_known_keeps_their_pseudonym_and_who_has_gone_is_not_asked(operation, fake, project, people, folder):
    operation.state.registry.save_account(people[0], "ada", simulated=False)
    fake.inactive.add(people[1])
    report = adopt(operation, project)
    assert report.annotators == ("ada", "annotator-1")
    assert [note.partition(" ")[0] for note in report.notes] == ["ada", "annotator-1"]
    with open_workspace(folder, writing=False) as later:
        assert "annotator-1" not in {member.pseudonym for member in later.team}
        assert "annotator-1" in later.state.people.offboarded()
        assert not plan(later).differs
        assert later.state.work.count_assignments(AssignmentStatus.DONE) == 5


def test_names_and_addresses_stay_in_the_private_registry(operation, fake, project, folder):
    adopt(operation, project)
    person = operation.state.people.all()["annotator-1"]
    assert (person.name, person.email) == ("zoe", "zoe@example.org")
    told = [json.dumps(entry.payload) for entry in operation.state.ledger.entries()]
    told += [text.decode() for text in files(folder).values()]
    assert not [text for text in told if "zoe" in text]


def test_somebody_who_was_added_before_is_known_by_their_address(operation, fake, project, folder):
    add_member(
        operation, {"pseudonym": "oak", "languages": ["fr"], "domains": {"*": "generalist"}}, email="ZOE@example.org"
    )
    assert adopt(operation, project).annotators == ("oak", "annotator-1")
    assert operation.state.people.all()["oak"].email == "ZOE@example.org"


def test_the_administrator_who_annotates_is_an_annotator_and_a_deleted_account_is_nobody(operation, fake, project):
    fake.annotate(4, ADMIN, said("good"))
    fake.annotate(4, None, said("good"), editor=ADMIN)
    report = adopt(operation, project)
    assert report.annotators == ("annotator-1", "annotator-2", "annotator-3")
    assert report.n_without_author == 1
    assert operation.state.registry.accounts()[ADMIN].pseudonym == "annotator-1"
    assert [finding.kind.value for finding in operation.state.findings.all()] == ["unknown"]


def test_every_annotation_that_counts_has_a_seat_and_one_that_does_not_fit_has_none(operation, fake, project, people):
    fake.annotate(1, people[2], said("good"))
    fake.annotate(2, people[2], said("middling"))
    report = adopt(operation, project)
    assert report.n_unusable == 1
    overlaps = {one.server_task: one.placement.overlap for one in operation.state.work.placements()}
    assert overlaps == {1: 3, 2: 2, 3: 2, 4: 2}
    assert [finding.kind.value for finding in operation.state.findings.all()] == ["invalid"]


def test_tasks_that_lack_a_field_are_left_out_and_named(operation, fake, project):
    del fake.stored[2].data["text"]
    fake.stored[3].data["text"] = "half a \ud800 character"
    report = adopt(operation, project)
    assert [item.source for item in report.skipped] == ["task 2", "task 3"]
    assert "lacks text" in report.skipped[0].reason
    assert "half a character" in report.skipped[1].reason
    assert (report.n_tasks, report.n_annotations) == (2, 3)
    assert {one.server_task for one in operation.state.work.placements()} == {1, 4}


def test_a_field_that_no_task_has_is_only_told(operation, fake, project):
    fake.projects[project]["label_config"] = XML.replace("<View>", '<View><Header value="$headline"/>')
    report = adopt(operation, project)
    assert (report.n_tasks, report.skipped) == (4, ())
    assert "headline" in report.notes[0]


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"description": "x [tk:0badf00d:law/a/generalist]"}, {}, "belongs to another workspace"),
        ({"label_config": "<View><Brush name='b' toName='i'/></View>"}, {}, "there are: <Brush>"),
        ({"label_config": XML.replace("$text", "a text")}, {}, "shows no field"),
        ({}, {"domain": "finance"}, "a domain 'finance' already"),
        ({}, {"domain": "../finance"}, "cannot name a domain"),
    ],
)
def test_what_cannot_be_adopted_is_told_and_leaves_no_trace(
    operation, fake, project, folder, changes, options, message
):
    fake.projects[project] |= changes
    before = everything(operation), files(folder)
    with pytest.raises(InputError, match=message):
        adopt(operation, project, **options)
    assert (everything(operation), files(folder)) == before


def test_a_project_that_is_not_there_and_the_workspaces_own_cannot_be_adopted(operation, texts):
    with pytest.raises(InputError, match="no project 99"):
        adopt(operation, 99)
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    record = operation.state.registry.projects()[0]
    with pytest.raises(InputError, match="this workspace's own"):
        adopt(operation, record.server_id)
    operation.state.registry.forget_project(record.key)
    with pytest.raises(InputError, match="belongs to this workspace"):
        adopt(operation, record.server_id)


def test_a_second_project_of_the_same_title_gets_a_name_of_its_own(operation, fake, project, folder):
    adopt(operation, project)
    other = fake.create_project(dict(fake.projects[project]) | {"expert_instruction": None, "maximum_annotations": 60})
    with open_workspace(folder, writing=False) as later:
        report = adopt(later, other, tier=Tier.SPECIALIST)
        assert report.project == "hotel-reviews-2/main/specialist"
        assert "60 annotations" in report.notes[0]
        assert "what a good answer is" in (report.pack / "guidelines.md").read_text("utf-8")
        domain = yaml.safe_load((report.pack / "domain.yaml").read_text("utf-8"))
        assert (domain["tier"], domain["overlap"]) == ("specialist", 50)


def test_tasks_that_have_their_annotations_are_not_sent_before_the_vote(operation, fake, project, folder):
    adopt(operation, project)
    again(folder, publish)
    assert {write[1] for write in fake.writes if write[0] == "reopen"} == {3, 4}


def test_tasks_that_are_settled_are_not_sent_again(operation, fake, project, folder):
    adopt(operation, project)
    with open_workspace(folder, writing=False) as later:
        resolve(later)
        settled = {one.server_task for one in later.state.work.placements(status=PlacementStatus.DECIDED)}
        assert settled
        fake.writes.clear()
        apply(later)
        publish(later)
        assert not [write for write in fake.writes if write[0] == "reopen" and write[1] in settled]
