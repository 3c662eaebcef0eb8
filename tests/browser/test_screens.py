"""Every label config of every domain pack, opened, answered and submitted in a real browser."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest

from tests.browser.screen_driver import SUBMIT, Screen

pytestmark = [pytest.mark.browser, pytest.mark.labelstudio]

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "tests" / "samples").glob("*/*.json"))
MEDIA = ("audio", "video", "image")
TOO_WIDE = """() => {
    const parts = [document.documentElement, ...document.querySelectorAll('.lsf-main-content, .tk, .tk-card')];
    return parts.filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => `${e.tagName}.${e.className}: ${e.scrollWidth} in ${e.clientWidth}`);
}"""


@pytest.fixture(scope="session")
def api(label_studio):
    headers = {"Authorization": f"Token {label_studio.token}"}
    with httpx.Client(base_url=label_studio.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def project(api, sample):
    """A project with the sample's label config; deleted afterwards."""
    title = f"{sample.parent.name} {sample.stem}"[:50]
    created = api.post("/api/projects/", json={"title": title, "label_config": xml_of(sample)})
    assert created.status_code == 201, created.text
    yield created.json()["id"]
    api.delete(f"/api/projects/{created.json()['id']}/")


def xml_of(sample):
    path = ROOT / "configs" / "domains" / sample.parent.name / "labels" / f"{sample.stem}.xml"
    return path.read_text(encoding="utf-8")


def import_task(api, project, sample):
    """Import the sample's task, its media uploaded, and return the task's id."""
    task = json.loads(sample.read_text(encoding="utf-8"))["task"]
    for field in set(MEDIA) & set(task):
        task[field] = upload(api, project, ROOT / "tests" / "samples" / "media" / task[field])
    imported = api.post(f"/api/projects/{project}/import?return_task_ids=true", json=[{"data": task}])
    assert imported.status_code == 201, imported.text
    return imported.json()["task_ids"][0]


def upload(api, project, path):
    with path.open("rb") as content:
        sent = api.post(f"/api/projects/{project}/import?commit_to_project=false", files={"file": (path.name, content)})
    assert sent.status_code == 201, sent.text
    return "/data/" + api.get(f"/api/import/file-upload/{sent.json()['file_upload_ids'][0]}").json()["file"]


def collect_errors(page):
    """Return a list that fills with what goes wrong in the page: script errors, and media that do not load."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if is_ours(message) else None)
    return errors


def is_ours(message):
    # Label Studio asks for things of its own that are not there (tips, the next task of a finished queue).
    lost = message.text.startswith("Failed to load resource")
    return message.type == "error" and (not lost or "/data/upload/" in message.location.get("url", ""))


def save_screenshot(page, sample):
    if folder := os.environ.get("TOOLKIT_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{sample.parent.name}-{sample.stem}.png")


def test_every_label_config_has_a_sample_task():
    configs = {(path.parents[1].name, path.stem) for path in (ROOT / "configs" / "domains").glob("*/labels/*.xml")}
    assert configs
    assert configs == {(sample.parent.name, sample.stem) for sample in SAMPLES}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.name}/{sample.stem}")
def test_a_task_can_be_read_answered_and_submitted(sample, annotator_browser, api, label_studio, project):
    task = import_task(api, project, sample)
    page = annotator_browser.new_page()
    errors = collect_errors(page)
    page.goto(f"{label_studio.url.rstrip('/')}/projects/{project}/data?labeling=1")
    page.wait_for_selector(SUBMIT)
    page.wait_for_selector(".lsf-main-view__annotation .tk")
    screen = Screen(page, xml_of(sample))
    assert page.evaluate(TOO_WIDE) == []

    screen.annotate()
    save_screenshot(page, sample)
    assert page.evaluate(TOO_WIDE) == []
    screen.submit()
    page.close()

    assert errors == []
    assert screen.always_required <= screen.answered
    (annotation,) = api.get(f"/api/tasks/{task}/annotations/").json()
    assert screen.answered <= {result["from_name"] for result in annotation["result"]}
