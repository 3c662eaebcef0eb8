"""What members can do on the server, and what changes in the workspace, must not turn into wrong labels."""

import json
from dataclasses import replace

import yaml

from tests.workflow.answering import assigned, choose, finance, general, judged, labels_of, user
from tests.workflow.conftest import BOND, member, write_team
from toolkit.models import AssignmentStatus, PlacementStatus, Tier
from toolkit.workflow import apply, collect, ingest, publish, resolve, route, run, simulate
from toolkit.workflow.collection import judgments_of
from toolkit.workspace import open_workspace


def test_what_was_simulated_stays_so_when_people_take_over(published, folder):
    simulate(published)
    collect(published)
    published.state.close()
    write_team(folder, *({**member(name), "simulated": False} for name in ("ada", "eli", "fay")))
    with open_workspace(folder, writing=False) as later:
        resolve(later)
        judgments = judgments_of(later)
        assert judgments
        assert all(judgment.simulated for judgment in judgments)


def test_the_open_tasks_of_somebody_who_left_go_to_others(published, folder, fake):
    news = general(published)
    gone = assigned(published, news)[0]
    published.state.close()
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    write_team(folder, *(one for one in team if one["pseudonym"] != gone))
    with open_workspace(folder, writing=False) as later:
        report = publish(later)
        assert report.n_assigned == 1
        names = fake.stored[news.server_task].data["assignees"].strip("|").split("|")
        assert gone not in names
        assert len(names) == 3


def test_a_tie_among_those_who_stood_in_goes_to_somebody_who_was_not_asked(folder, operation, texts, fake):
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    pack = folder / "configs" / "domains" / "general" / "domain.yaml"
    pack.write_text(pack.read_text("utf-8").replace("overlap: 3", "overlap: 2"), encoding="utf-8")
    write_team(folder, *(one for one in team if one["pseudonym"] in ("eli", "fay", "jon")))
    assert settings["escalation"]["ladder"] == ["generalist", "specialist", "adjudicator"]
    operation.state.close()
    with open_workspace(folder, writing=False) as small:
        (texts / "bond.txt").unlink()
        ingest(small, [texts])
        route(small)
        apply(small)
        publish(small)
        news = general(small)
        assert sorted(assigned(small, news)) == ["eli", "fay"]
        for name, label in (("eli", "public"), ("fay", "internal")):
            fake.annotate(news.server_task, user(small, fake, name), choose(domain="general", sensitivity=label))
        collect(small)
        (resolution,) = resolve(small).resolutions
        assert resolution.next[0].endswith("/adjudicator")


def test_media_are_known_by_their_content_not_their_path(operation, tmp_path, fake):
    clip = tmp_path / "clip.wav"
    for content in (b"RIFF one", b"RIFF two"):
        clip.write_bytes(content)
        ingest(operation, [clip])
        run(operation)
    assert [write for write in fake.writes if write[0] == "upload"] == [("upload", "clip.wav")] * 2


def test_one_vote_of_two_settles_nothing(published, fake):
    state = finance(published)
    names = assigned(published, state)
    full = {"risk": labels_of(published, "risk")[0], "forward_looking": labels_of(published, "forward_looking")[0]}
    fake.annotate(state.server_task, user(published, fake, names[0]), choose(**full))
    fake.annotate(state.server_task, user(published, fake, names[1]), choose(forward_looking=full["forward_looking"]))
    collect(published)
    (resolution,) = resolve(published).resolutions
    assert resolution.status is PlacementStatus.ESCALATED
    assert "risk" in resolution.reason


def test_an_annotation_whose_author_is_changed_stays_its_authors_vote(published, fake):
    state = finance(published)
    names = assigned(published, state)
    users = [user(published, fake, name) for name in names]
    number = fake.annotate(state.server_task, users[0], choose(risk=labels_of(published, "risk")[0]))
    collect(published)
    made, unique_id = fake.found[number]
    fake.found[number] = (replace(made, author=users[1], last_editor=users[1]), unique_id)
    assert collect(published).n_edited == 1
    assert {annotator for annotator, _ in judged(published)} == {names[0]}


def test_a_vote_outlives_its_authors_account(published, fake):
    state = finance(published)
    author = user(published, fake, assigned(published, state)[0])
    number = fake.annotate(state.server_task, author, choose(risk=labels_of(published, "risk")[0]))
    before = collect(published)
    made, unique_id = fake.found[number]
    fake.found[number] = (replace(made, author=None, last_editor=None), unique_id)
    after = collect(published)
    assert (after.n_judgments, after.n_edited) == (before.n_judgments, 1)


def test_an_answer_to_one_text_never_becomes_anothers(operation, tmp_path, fake):
    texts = tmp_path / "two.jsonl"
    lines = [f"{BOND} Texte {letter}." for letter in "AB"]
    texts.write_text("\n".join(json.dumps({"text": line}) for line in lines), encoding="utf-8")
    ingest(operation, [texts])
    route(operation)
    apply(operation)
    publish(operation)
    first, second = operation.state.work.placements()
    original = dict(fake.stored[first.server_task].data)
    fake.stored[first.server_task].data["external_id"] = second.placement.id
    publish(operation)
    after = {state.placement.id: state.server_task for state in operation.state.work.placements()}
    assert after == {first.placement.id: first.server_task, second.placement.id: second.server_task}
    assert fake.stored[first.server_task].data == original
    assert len(fake.stored) == 2


def test_an_answer_after_the_decision_is_told_and_changes_nothing(published, fake):
    state = finance(published)
    low, high = labels_of(published, "risk")[:2]
    same = labels_of(published, "forward_looking")[0]
    users = [user(published, fake, name) for name in assigned(published, state)]
    numbers = [fake.annotate(state.server_task, one, choose(risk=low, forward_looking=same)) for one in users]
    assert collect(published).n_late == 0
    assert resolve(published).resolutions[0].status is PlacementStatus.DECIDED
    for number in numbers:
        made, unique_id = fake.found[number]
        fake.found[number] = (replace(made, results=tuple(choose(risk=high, forward_looking=same))), unique_id)
    assert collect(published).n_late == 2
    assert resolve(published).resolutions == ()
    decided = {d.consensus.control: d.consensus.label for d in published.state.work.decisions()}
    assert decided["risk"] == low


def test_an_escalated_task_with_too_few_above_goes_on_up(published, folder, fake):
    news = general(published)
    for name, label in zip(assigned(published, news), ("public", "internal", "personal"), strict=True):
        fake.annotate(news.server_task, user(published, fake, name), choose(domain="general", sensitivity=label))
    collect(published)
    resolve(published)
    published.state.close()
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    write_team(folder, *(one for one in team if one["pseudonym"] != "fay"))
    with open_workspace(folder, writing=False) as later:
        apply(later)
        assert [item.missing for item in publish(later).unmet if "categorize/specialist" in item.placement] == [1]
        above = next(
            s
            for s in later.state.work.placements()
            if s.placement.project.config == "categorize" and s.placement.project.tier is Tier.SPECIALIST
        )
        fake.annotate(above.server_task, user(later, fake, "eli"), choose(domain="general", sensitivity="public"))
        collect(later)
        (resolution,) = resolve(later).resolutions
        assert resolution.next[0].endswith("/adjudicator")


def test_publishing_to_too_few_writes_once(published, folder, fake, texts):
    (texts / "more.txt").write_text(f"{BOND} Et encore.", encoding="utf-8")
    published.state.close()
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    write_team(folder, *(one for one in team if one["pseudonym"] != "fay"))
    with open_workspace(folder, writing=False) as later:
        ingest(later, [texts])
        route(later)
        publish(later)
        writes = len(fake.writes)
        publish(later)
        assert len(fake.writes) == writes


def test_when_everybody_left_the_task_is_in_nobodys_view(published, folder, fake):
    state = finance(published)
    published.state.close()
    write_team(folder, member("ada"))
    with open_workspace(folder, writing=False) as later:
        publish(later)
        assert fake.stored[state.server_task].data["assignees"] == "|"


def test_an_answer_counts_once_its_author_is_registered(published, fake):
    state = finance(published)
    name = assigned(published, state)[0]
    account = fake.ensure_account(name, "x@example.org", "x", simulated=False)
    fake.annotate(state.server_task, account.server_user, choose(risk=labels_of(published, "risk")[0]))
    report = collect(published)
    assert (report.n_judgments, len(report.uncounted)) == (0, 1)
    assert f"unknown-{account.server_user}" in str(report.uncounted[0])
    published.state.registry.save_account(account.server_user, name, simulated=False)
    report = collect(published)
    assert (report.n_changed, report.uncounted) == (1, ())
    assert report.n_judgments > 0


def test_somebody_who_answered_at_a_lower_tier_does_not_decide_at_the_next(published, fake):
    state = finance(published)
    names = assigned(published, state)
    low, high = labels_of(published, "risk")[:2]
    same = labels_of(published, "forward_looking")[0]
    for name, label in zip(names, (low, high), strict=True):
        fake.annotate(state.server_task, user(published, fake, name), choose(risk=label, forward_looking=same))
    collect(published)
    resolve(published)
    apply(published)
    publish(published)
    above = next(s for s in published.state.work.placements() if s.placement.project.tier is Tier.ADJUDICATOR)
    fake.annotate(above.server_task, user(published, fake, names[0]), choose(risk=low, forward_looking=same))
    assert "at a lower tier" in str(collect(published).uncounted[0])
    assert resolve(published).resolutions == ()


def test_what_somebody_else_made_of_an_answer_does_not_count(published, fake):
    state = finance(published)
    author, other = (user(published, fake, name) for name in assigned(published, state))
    low, high = labels_of(published, "risk")[:2]
    number = fake.annotate(state.server_task, author, choose(risk=low))
    collect(published)
    made, unique_id = fake.found[number]
    fake.found[number] = (replace(made, results=tuple(choose(risk=high)), last_editor=other), unique_id)
    report = collect(published)
    assert (report.n_changed, report.n_edited) == (1, 1)
    assert {label for (_, control), label in judged(published).items() if control == "risk"} == {low}


def test_a_changed_external_id_moves_no_answer(published, fake):
    state, news = finance(published), general(published)
    author = user(published, fake, assigned(published, state)[0])
    fake.stored[state.server_task].data["external_id"] = news.placement.id
    fake.annotate(state.server_task, author, choose(risk=labels_of(published, "risk")[0]))
    collect(published)
    done = {i.assignment.placement for i in published.state.work.assignments() if i.status is AssignmentStatus.DONE}
    assert done == {state.placement.id}
