"""A project that two people clicked together in their browsers becomes part of a workspace."""

from __future__ import annotations

import json

import pytest

from tests.browser.screen_driver import SUBMIT
from tests.releasing import release
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.releases import verify_release
from toolkit.workflow import adopt, collect, measure_agreement, plan, resolve
from toolkit.workspace import init_workspace, open_workspace

pytestmark = [pytest.mark.browser, pytest.mark.labelstudio]

N_TASKS = 50
PASSWORD = "eine-lange-Passphrase"


def saved(response):
    return response.request.method == "POST" and "/annotations" in response.url


def create_project(page, url, file):
    """Make a project as the welcome page suggests: a name, a file, a template; return its data manager's address."""
    page.goto(f"{url}/projects")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/api/projects" in answer.url):
        page.locator("button:has-text('Create')").first.click()  # makes a draft, which the file is uploaded to
    page.fill("input[name=name]", "Clicked together")
    page.get_by_text("Data Import", exact=True).click()
    page.set_input_files("input[type=file]", file)
    page.get_by_text("1 files uploaded").wait_for()
    page.get_by_text("Labeling Setup", exact=True).click()
    page.get_by_text("Natural Language Processing").click()
    page.get_by_text("Text Classification", exact=True).click()
    page.get_by_text("Choose text sentiment").first.wait_for()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/projects/*/data*")
    return page.url.partition("?")[0]


def choose_and_submit(page, key):
    page.keyboard.press(key)
    page.locator("input:checked").first.wait_for()
    with page.expect_response(saved) as answer:
        page.click(SUBMIT)
    assert answer.value.status == 201


def label_all_tasks(page, address):
    page.goto(address)
    page.get_by_text("Label All Tasks").first.click()
    for number in range(N_TASKS):
        page.locator(f".lsf-main-view__annotation >> text=day {number}.").wait_for()
        choose_and_submit(page, "12"[number % 2])


def annotate_once_more(page, address, tasks):
    """Open tasks that somebody has done already, one after the other, and add an annotation."""
    for number, task in enumerate(tasks):
        page.goto(f"{address}?task={task}")
        page.locator('button[aria-label="Create an annotation"]').click()
        page.locator(SUBMIT).wait_for()
        choose_and_submit(page, "1" if number % 10 == 1 else "12"[number % 2])


@pytest.fixture
def guest(chromium, label_studio, platform):
    """A member whose account no workspace made, in a browser of their own."""
    platform.ensure_account("uma", "uma@guests.example", PASSWORD, simulated=False)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{label_studio.url}/user/login/")
    page.fill("input[name=email]", "uma@guests.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    yield page
    context.close()


def test_a_project_clicked_together_in_the_browser_is_adopted_measured_and_released(
    annotator_browser, guest, platform, label_studio, tmp_path, monkeypatch
):
    reviews = tmp_path / "reviews.json"
    reviews.write_text(json.dumps([{"text": f"The breakfast was cold on day {day}."} for day in range(N_TASKS)]))
    page = annotator_browser.new_page()
    address = create_project(page, label_studio.url, str(reviews))
    project = int(address.split("/projects/")[1].split("/")[0])
    label_all_tasks(page, address)
    page.close()
    annotate_once_more(guest, address, sorted(task for task, _ in platform.task_data(project)))

    folder = tmp_path / "workspace"
    init_workspace(folder)
    monkeypatch.setattr("toolkit.workspace.connect", lambda *_: platform)
    with open_workspace(folder) as operation:
        report = adopt(operation, project)
        assert (report.n_tasks, report.n_annotations, len(report.annotators)) == (N_TASKS, 2 * N_TASKS, 2)
    with open_workspace(folder) as operation:
        assert not plan(operation).differs
        found = collect(operation)
        assert (found.n_annotations, found.n_changed, found.quarantined) == (2 * N_TASKS, 0, ())
        (group,) = measure_agreement(operation, DuckDBEngine()).report.groups
        assert group.coefficients["percent_agreement"].value == pytest.approx(0.9)
        assert resolve(operation).by_status["decided"] == 45
        assert verify_release(release(operation, "clicked").release.path).passed
    platform.delete_project(project)
