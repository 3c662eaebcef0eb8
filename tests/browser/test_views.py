"""An annotator's view, opened in a real browser: it serves exactly what is theirs and still open."""

from __future__ import annotations

import pytest

from tests.browser.screen_driver import SUBMIT
from tests.browser.test_screens import collect_errors
from toolkit.workflow.exchange import AnnotationContent, ProjectSpec, TaskPayload, view_url

pytestmark = [pytest.mark.browser, pytest.mark.labelstudio]

XML = """<View><Text name="text" value="$text"/>
  <Choices name="risk" toName="text"><Choice value="low" hotkey="a"/><Choice value="high" hotkey="s"/></Choices>
</View>"""


@pytest.fixture
def project(platform):
    from toolkit.models import ProjectKey, Tier

    key, marker = ProjectKey("finance", "claims", Tier.SPECIALIST), "[tk:views:test]"
    spec = ProjectSpec(key, "Views", f"Views {marker}", marker, XML, "", 1)
    number = platform.create_project(platform.settings_of(spec))
    yield number
    platform.delete_project(number)


def payload(text, assignees):
    return TaskPayload(text, {"text": text, "assignees": assignees, "external_id": text})


# What Label Studio remembers in the browser once somebody pressed "Label All Tasks", or "Label Tasks As Displayed".
@pytest.mark.parametrize("remembered", [None, "all", "filtered"])
def test_the_view_serves_exactly_the_open_tasks_of_its_annotator(annotator_browser, platform, project, remembered):
    shares = {"first": "|ada|", "second": "|bea|", "third": "|ada|bea|", "fourth": "|ada|"}
    platform.import_tasks(project, [payload(text, names) for text, names in shares.items()])
    ids = {task.external_id: task.server_id for task in platform.tasks(project)}
    me = next(member.server_user for member in platform.members() if member.own)
    done = AnnotationContent(me, [{"from_name": "risk", "to_name": "text", "type": "choices", "id": "a",
                                   "value": {"choices": ["low"]}}])  # fmt: skip
    platform.create_annotation(ids["fourth"], done, "6b4f2b0e-7a54-4a3a-9f64-0f3d5b0e8f27")
    view = platform.ensure_view(project, "ada", me)
    page = annotator_browser.new_page()
    errors = collect_errors(page)
    page.goto(f"{platform.url}/projects")
    page.evaluate("localStorage.removeItem('dm:labelstream:mode')")
    if remembered:
        page.evaluate(f"localStorage.setItem('dm:labelstream:mode', '{remembered}')")
    page.goto(view_url(platform.url, project, view))
    for text in ("first", "third"):
        page.wait_for_selector(f".lsf-main-view__annotation >> text={text}")
        page.keyboard.press("a")
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/annotations" in answer.url):
            page.click(SUBMIT)
    page.wait_for_timeout(1500)
    page.goto(f"{platform.url}/projects/{project}/data?tab={view}")
    page.wait_for_selector(".dm-tabs-dm-content, [class*=tabs]")
    page.wait_for_timeout(1500)
    assert page.locator("text=second").count() == 0
    page.close()
    assert errors == []
    answered = {task.external_id for task in platform.annotations(project)}
    assert answered == {"first", "third", "fourth"}
