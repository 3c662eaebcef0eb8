"""One Chromium, logged in to the test server, for all tests that look at screens."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


def unavailable(reason):
    """Skip, or fail where everything is required."""
    if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (TOOLKIT_REQUIRE_ALL=1)")
    pytest.skip(reason)


def chromium_path():
    known = ["/usr/bin/chromium", *filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))]
    return next((path for path in known if Path(path).exists()), None)


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium; tests that need it are skipped where there is none."""
    path = chromium_path()
    if path is None:
        unavailable("no Chromium here; install the package chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        unavailable("no playwright here; install the development dependencies")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def annotator_browser(chromium, label_studio):
    """A browser window of 1280 by 800, logged in; it reaches the test server and nothing else."""
    own = (label_studio.url.rstrip("/") + "/", "data:", "blob:")
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(own) else route.abort())
    page = context.new_page()
    page.goto(f"{own[0]}user/login/")
    page.fill("input[name=email]", label_studio.email)
    page.fill("input[name=password]", label_studio.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/user/login" not in url)
    page.close()
    yield context
    context.close()
