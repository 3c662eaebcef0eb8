"""In real browsers: an adjudicator sees the answers side by side without names; an annotator changes what came back."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.browser.screen_driver import SUBMIT
from tests.integration.disputes import PASSWORD, People, at, begin, set_up, settle
from tests.workflow.disputes import PEOPLE
from tests.workflow.screens import answer
from toolkit.workflow import collect, publish, why
from toolkit.workspace import init_workspace, open_workspace

pytestmark = [pytest.mark.browser, pytest.mark.labelstudio]

REASON = "A state that can print its money pays."
SEND_BACK = "send back to who answered otherwise"


@pytest.fixture
def operation(tmp_path, platform, label_studio, monkeypatch):
    folder = tmp_path / "workspace"
    init_workspace(folder)
    settings = yaml.safe_load((folder / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["url"] = label_studio.url
    (folder / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    set_up(folder, tmp_path, PEOPLE, n_tasks=1)
    with open_workspace(folder) as opened:
        yield opened
        for record in opened.state.registry.projects():
            platform.delete_project(record.server_id)


@contextmanager
def browsing(chromium, operation, email):
    """A window of somebody who has logged in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{operation.platform.url}/user/login/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    yield page
    context.close()


def save_screenshot(page, name):
    if folder := os.environ.get("TOOLKIT_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"adjudication-{name}.png")


def saved(method):
    return lambda answer: answer.request.method == method and "/annotations" in answer.url


def read_the_answers(page, url):
    """Open the dispute from the list and compare; return all that can be read on the way."""
    page.goto(url)
    page.get_by_text("Anleihen").first.click()
    page.locator("text=answer A").first.wait_for()
    page.locator("text=answer B").first.wait_for()
    read = page.inner_text("body")
    save_screenshot(page, "opened")
    page.click('button[aria-label="Compare all annotations"]')
    page.locator("[class*=grid] >> text=Your ruling").nth(2).wait_for()  # the form and both answers, side by side
    save_screenshot(page, "compared")
    read += page.inner_text("body")
    page.click('button[aria-label="Compare all annotations"]')
    page.locator(SUBMIT).wait_for()
    return read


def rule(page, label):
    """Choose a label, and submit: the reason is insisted upon."""
    choice = page.locator(f"label:has-text('{label}') input").first
    if not choice.is_checked():  # the form is filled with one of the answers
        choice.click()
    page.click(SUBMIT)
    page.get_by_text("Give the reason for your ruling.").first.wait_for()
    save_screenshot(page, "without-reason")
    page.keyboard.press("Escape")
    page.locator('[name="ruling_reason"]').fill(REASON)
    page.locator(f"label:has-text('{SEND_BACK}') input").first.click()
    save_screenshot(page, "ruled")
    with page.expect_response(saved("POST")) as answer:
        page.click(SUBMIT)
    assert answer.value.status == 201, answer.value.text()


def look_again(page, url, label):
    """Find what came back and why, and change one's own annotation."""
    page.goto(url)
    page.get_by_text(REASON).first.wait_for()
    save_screenshot(page, "sent-back")
    page.get_by_text(REASON).first.click()
    page.locator("text=Annotator bea").first.click()
    page.locator("label:has-text('high') input:checked").first.wait_for()
    page.locator(f"label:has-text('{label}') input").first.click()
    save_screenshot(page, "changed")
    with page.expect_response(saved("PATCH")) as answer:
        page.locator("button:has-text('Update')").first.click()
    assert answer.value.status == 200, answer.value.text()
    page.goto(url)
    page.get_by_text("sent back").first.wait_for()


def test_an_adjudicator_compares_and_rules_and_the_annotator_changes_what_came_back(operation, tmp_path, chromium):
    people = People(operation, "ada", "bea", "cai")
    begin(operation, tmp_path)
    (state,) = at(operation, "specialist")
    people.say("ada", state, answer("low"))
    people.say("bea", state, answer("high", ["fraud"]))
    _, published = settle(operation)
    (view,) = [one for one in published.views if one.annotator == "cai"]
    with browsing(chromium, operation, people.accounts["cai"].email) as page:
        read = read_the_answers(page, view.url)
        rule(page, "low")
    for name in ("ada", "bea", people.accounts["ada"].email, people.accounts["bea"].email, "specialist"):
        assert name not in read.split()
        assert f"Annotator {name}" not in read

    report, published = settle(operation)
    assert [item.reason for item in report.resolutions] == [f"ruled: {REASON}"]
    (item,) = published.sent_back
    assert item.annotator == "bea"
    with browsing(chromium, operation, people.accounts["bea"].email) as page:
        look_again(page, item.url, "low")
    collect(operation)
    story = why(operation, state.placement.task)
    assert story.reworks[0].done_at is not None
    assert {one.label for one in story.judgments if (one.annotator, one.control) == ("bea", "risk")} == {"low"}
    assert publish(operation).sent_back == ()
