"""What changes in files, team and servers must not turn into wrong labels."""

import shutil
import sqlite3
from dataclasses import replace

import pytest
import yaml

from tests.releasing import release
from tests.workflow.answering import assigned, choose, finance, general, judged, labels_of, user
from tests.workflow.conftest import member, write_team
from tests.workflow.fake import FakePlatform
from toolkit.errors import ConfigError, InputError, LabelStudioError, StorageError, WorkspaceError
from toolkit.models import PlacementStatus
from toolkit.workflow import apply, collect, ingest, invite, publish, resolve, route, run
from toolkit.workspace import open_workspace


def test_another_server_is_refused_and_the_same_one_elsewhere_is_not(published, folder, fake, monkeypatch):
    published.state.close()
    fake.url = "http://moved.example"
    with open_workspace(folder, writing=False) as moved:
        assert [project.action for project in apply(moved).plan.projects] == ["unchanged", "unchanged"]
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: FakePlatform(url="http://other.example"))
    with open_workspace(folder, writing=False) as wrong, pytest.raises(WorkspaceError, match="none of this workspace"):
        apply(wrong)


def test_a_smaller_overlap_does_not_close_tasks_that_were_promised_more(published, folder, fake):
    news = general(published)
    assert fake.stored[news.server_task].overlap == 3
    published.state.close()
    pack = folder / "configs" / "domains" / "general" / "domain.yaml"
    pack.write_text(pack.read_text("utf-8").replace("overlap: 3", "overlap: 2"), encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        apply(later)
        assert fake.stored[news.server_task].overlap == 2
        publish(later)
        assert fake.stored[news.server_task].overlap == 3


def test_answers_made_before_a_config_changed_are_judged_by_the_old_one(published, folder, fake):
    state = finance(published)
    author = user(published, fake, assigned(published, state)[0])
    label = labels_of(published, "risk")[0]
    fake.annotate(state.server_task, author, choose(risk=label))
    published.state.close()
    xml = folder / "configs" / "domains" / "finance" / "labels" / "claims.xml"
    xml.write_text(xml.read_text("utf-8").replace(f'value="{label}"', 'value="nil"', 1), encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        apply(later)
        assert not [finding for finding in collect(later).quarantined if "risk" in str(finding)]
        assert ("risk", label) in {(control, found) for (_, control), found in judged(later).items()}


@pytest.mark.parametrize("used", [False, True])
def test_a_second_copy_on_the_server_is_deleted_or_taken_out_of_the_views(published, fake, used):
    state = finance(published)
    original = fake.stored[state.server_task]
    fake.stored[99] = replace(original, data=dict(original.data))
    if used:
        fake.annotate(99, 10, [])
    assert publish(published).n_duplicates == 1
    assert (fake.stored[99].data["assignees"] == "|") if used else (99 not in fake.stored)
    writes = len(fake.writes)
    publish(published)
    assert len(fake.writes) == writes


def test_a_task_that_fitted_nothing_is_placed_when_a_config_comes(operation, folder, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text('{"question": "2 + 2 ?", "solution": "La ville inaugure samedi une exposition."}', encoding="utf-8")
    operation.state.close()
    shutil.rmtree(folder / "configs" / "domains" / "stem")
    write_team(folder, member("ada"))
    with open_workspace(folder, writing=False) as before:
        ingest(before, [path])
        assert len(route(before).unplaceable) == 1
    general = folder / "configs" / "domains" / "general"
    (general / "labels" / "solution.xml").write_text(
        '<View><Text name="q" value="$question"/><Text name="s" value="$solution"/>'
        '<Choices name="ok" toName="s"><Choice value="yes"/><Choice value="no"/></Choices></View>',
        encoding="utf-8",
    )
    pack = yaml.safe_load((general / "domain.yaml").read_text("utf-8"))
    pack["configs"]["solution"] = {
        "file": "labels/solution.xml", "title": "Solution", "modality": "text", "fields": ["question", "solution"],
    }  # fmt: skip
    (general / "domain.yaml").write_text(yaml.safe_dump(pack, allow_unicode=True), encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        report = route(later)
        assert (report.routes, report.n_placements, report.unplaceable) == ((), 1, ())


@pytest.mark.parametrize("ladder", [["generalist"], ["generalist", "specialist", "adjudicator"]])
def test_a_domain_that_was_found_is_followed_when_the_question_is_closed(published, folder, fake, ladder):
    news = general(published)
    for name, label in zip(assigned(published, news), ("public", "internal", "personal"), strict=True):
        fake.annotate(news.server_task, user(published, fake, name), choose(domain="law", sensitivity=label))
    collect(published)
    published.state.close()
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["escalation"]["ladder"] = ladder
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        (resolution,) = resolve(later).resolutions
    opened = [item.rpartition("@")[2] for item in resolution.next]
    if len(ladder) == 1:
        assert (resolution.status, opened) == (PlacementStatus.UNDECIDED, ["law/clauses/specialist"])
    else:
        assert (resolution.status, opened) == (PlacementStatus.ESCALATED, ["general/categorize/specialist"])


def test_scripts_in_guidelines_do_not_reach_the_server(folder, operation, texts, fake):
    operation.state.close()
    guidelines = folder / "configs" / "domains" / "finance" / "guidelines.md"
    guidelines.write_text("# Finance\n\n<script>alert(1)</script> <img src=x onerror=alert(1)>\n", encoding="utf-8")
    with open_workspace(folder, writing=False) as later:
        ingest(later, [texts])
        route(later)
        apply(later)
    settings = next(one for one in fake.projects.values() if ":finance/" in one["description"])
    assert "<script" not in settings["expert_instruction"]
    assert "<img" not in settings["expert_instruction"]


def test_an_invitation_that_is_refused_keeps_the_password_that_works(folder, operation, fake, monkeypatch):
    operation.state.close()
    write_team(folder, {**member("zoe"), "simulated": False})
    with open_workspace(folder, writing=False) as opened:
        path = invite(opened, "zoe", "zoe@lab.example")
        before = path.read_text("utf-8")

        def refuse(*_, **__):
            raise LabelStudioError("That address belongs to somebody else.")

        with monkeypatch.context() as patched:
            patched.setattr(fake, "ensure_account", refuse)
            with pytest.raises(LabelStudioError):
                invite(opened, "zoe", "zoe@lab.example")
        with pytest.raises(InputError, match="under another address"):
            invite(opened, "zoe", "eve@lab.example")
        with pytest.raises(InputError, match="no e-mail address"):
            invite(opened, "zoe", "zoe")
        assert invite(opened, "zoe", "zoe@lab.example").read_text("utf-8") == before


def test_a_pack_that_is_gone_is_named(published, folder):
    published.state.close()
    pack = folder / "configs" / "domains" / "finance"
    pack.rename(folder / "finance-away")
    team = [member(name, domain="general") for name in ("ada", "bea", "cai")]
    write_team(folder, *team)
    with open_workspace(folder, writing=False) as later, pytest.raises(ConfigError, match="finance"):
        apply(later)


def test_two_workspaces_cannot_share_a_database(folder, tmp_path):
    from toolkit.workspace import init_workspace

    other = tmp_path / "other"
    init_workspace(other)
    for path in (folder, other):
        settings = yaml.safe_load((path / "workflow.yaml").read_text("utf-8"))
        settings["database"] = f"sqlite:///{tmp_path}/shared.sqlite"
        (path / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with open_workspace(folder):
        pass
    with pytest.raises(WorkspaceError, match="another workspace"), open_workspace(other):
        pass


def test_the_release_says_which_versions_its_labels_were_made_under(published):
    run(published)
    versions = release(published, "seeds").release.manifest["label_configs"]
    assert versions["general/categorize"] == next(
        config.version for config in published.packs["general"].configs if config.name == "categorize"
    )


def test_a_finished_answer_counts_before_a_later_skip(published, fake):
    state = finance(published)
    author = user(published, fake, assigned(published, state)[0])
    fake.annotate(state.server_task, author, choose(risk=labels_of(published, "risk")[0]))
    fake.annotate(state.server_task, author, [], skipped=True)
    assert collect(published).n_skipped == 0
    assert judged(published)


def test_a_tier_whose_people_do_not_read_the_language_is_passed_over(published, folder, fake):
    news = general(published)
    for name, label in zip(assigned(published, news), ("public", "internal", "personal"), strict=True):
        fake.annotate(news.server_task, user(published, fake, name), choose(domain="general", sensitivity=label))
    collect(published)
    published.state.close()
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    write_team(folder, *(one | {"languages": ["de"]} if one["pseudonym"] in ("eli", "fay") else one for one in team))
    with open_workspace(folder, writing=False) as later:
        (resolution,) = resolve(later).resolutions
        assert resolution.next[0].endswith("/adjudicator")


def test_a_skip_is_not_the_end_while_somebody_who_left_holds_the_other_place(published, folder, fake):
    state = finance(published)
    skips, leaves = assigned(published, state)
    fake.annotate(state.server_task, user(published, fake, skips), [], skipped=True)
    collect(published)
    published.state.close()
    team = yaml.safe_load((folder / "team.yaml").read_text("utf-8"))["members"]
    write_team(folder, *(one for one in team if one["pseudonym"] != leaves))
    with open_workspace(folder, writing=False) as later:
        (resolution,) = resolve(later).resolutions
        assert "no other specialist" in resolution.reason
        assert resolution.next[0].endswith("/adjudicator")


def test_nothing_is_released_from_a_ledger_that_was_tampered_with(published, folder):
    run(published)
    with sqlite3.connect(folder / ".toolkit" / "state.sqlite") as connection:
        connection.execute("update ledger set annotator = 'eve' where seq = 2")
    connection.close()
    with pytest.raises(StorageError, match="entry 2 was altered"):
        release(published, "seeds")
