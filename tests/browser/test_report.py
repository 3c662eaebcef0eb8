"""The report in a real browser: nothing breaks, nothing leaves the page, nobody is kept out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from benchmarks.shared.bigworkspace import big_workspace
from tests.reports.workspaces import annotated_workspace
from toolkit.engines.duckdb import DuckDBEngine
from toolkit.reports import html, workspace_page
from toolkit.reports.masking import retold
from toolkit.workspace import open_workspace

pytestmark = pytest.mark.browser
SCRIPT = "</script></title></style>\"'><script>window.ran=1</script><img src=x onerror=window.ran=1><b>\u202e"
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The reports on a small workspace of simulated people and on a busy one of forty people over sixty days."""
    folder = tmp_path_factory.mktemp("reports")
    busy = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) - timedelta(days=1)
    annotated_workspace(folder / "seeds")
    big_workspace(folder / "busy", 1000, n_annotators=40, until=busy)
    found = {}
    for name in ("seeds", "busy"):
        with open_workspace(folder / name) as operation:
            found[name] = workspace_page(operation, DuckDBEngine(), made_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
        (folder / f"{name}.html").write_text(html(found[name]), encoding="utf-8")
    return found, folder


@pytest.fixture
def made(pages, which):
    return pages[0][which]


@pytest.fixture
def file(pages, which):
    return pages[1] / f"{which}.html"


@pytest.fixture
def which():
    return "seeds"


@pytest.fixture
def visit(chromium):
    """Open a page in a window of its own; what it says in the console and asks the network for is kept."""
    contexts = []

    def open_page(path, width=1280, scheme="light", **more):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: page.said.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("[...document.querySelectorAll('[data-chart]')].every((one) => one.dataset.drawn)")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("which", ["seeds", "busy"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_is_drawn_within_its_place_and_nothing_is_said_or_asked(file, visit, made, width, scheme):
    page = visit(file, width, scheme)
    assert page.said == []
    assert page.asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drawn = [figure.id for figure in made.figures().values() if figure.chart is not None]
    assert len(drawn) > 8
    for name in drawn:
        box = page.locator(f"#figure-{name} .chart svg").bounding_box()
        place = page.locator(f"#figure-{name} .chart").bounding_box()
        assert box["width"] > 150, name
        assert box["x"] + box["width"] <= place["x"] + place["width"] + 1, f"{name} is cut off"
        assert page.locator(f"#figure-{name} svg [aria-roledescription]").count() > 0, f"{name} is empty"


@pytest.mark.parametrize("which", ["seeds", "busy"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(file, visit, width, scheme):
    page = visit(file, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in serious] == []


def test_tables_sort_up_and_down_by_mouse_and_by_keyboard_and_what_is_undefined_comes_last(file, visit):
    page = visit(file)
    figure = page.locator("#figure-agreement")
    figure.locator("summary").click()
    heading = figure.locator("th[data-column=alpha]")
    values = figure.locator("tbody td:nth-child(3)")

    def numbers():
        return [value.get_attribute("data-value") for value in values.all()]

    for order, by in (("descending", "mouse"), ("ascending", "keyboard")):
        heading.locator("button").click() if by == "mouse" else heading.locator("button").press("Enter")
        assert heading.get_attribute("aria-sort") == order
        told = [float(value) for value in numbers() if value]
        assert told == sorted(told, reverse=order == "descending")
        assert "" in numbers()
        assert "" not in numbers()[: len(told)]


def test_rows_are_filtered_by_what_is_typed(file, visit):
    page = visit(file)
    figure = page.locator("#figure-agreement")
    figure.locator("summary").click()
    n_rows = figure.locator("tbody tr:visible").count()
    figure.locator("[data-filter]").fill("FINANCE/")
    left = figure.locator("tbody tr:visible").all()
    assert 0 < len(left) < n_rows
    assert all("finance/" in row.text_content() for row in left)
    figure.locator("[data-filter]").fill("")
    assert figure.locator("tbody tr:visible").count() == n_rows


def test_links_of_the_page_lead_to_its_sections(file, visit, made):
    page = visit(file)
    links = page.locator("nav a").all()
    assert [link.get_attribute("href") for link in links] == [
        "#attention",
        *(f"#{section.id}" for section in made.sections),
    ]
    for link in links:
        link.click()
        there = f"document.querySelector('{link.get_attribute('href')} h2').getBoundingClientRect().top"
        page.wait_for_function(f"{there} >= 0 && {there} < 900")


def test_day_and_night_change_by_the_button_and_paper_is_always_light(file, visit, tmp_path):
    page = visit(file, scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.click("#theme")
    page.wait_for_function("[...document.querySelectorAll('[data-chart]')].every((e) => e.dataset.drawn == 'light')")
    assert page.evaluate(colour) != dark
    page.click("#theme")
    assert page.evaluate(colour) == dark
    page.emulate_media(media="print")
    page.wait_for_function("[...document.querySelectorAll('[data-chart]')].every((e) => e.dataset.drawn == 'light')")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 50_000


def planted(text):
    """Return a text with a script in it; days are no texts."""
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text + SCRIPT


@pytest.mark.parametrize("which", ["seeds", "busy"])
def test_a_script_planted_in_every_text_does_not_run(made, tmp_path, visit):
    path = tmp_path / "planted.html"
    path.write_text(html(retold(made, planted)), encoding="utf-8")
    page = visit(path)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.locator("#figure-agreement svg [aria-roledescription]").first.hover()
    assert page.evaluate("window.ran") is None
    assert page.said == []
    assert page.asked == [path.as_uri()]
    assert page.locator("main img, main script, main b").count() == 0


def test_without_scripts_the_tables_are_there(file, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator("#figure-agreement summary").click()
    assert page.locator("#figure-agreement tbody tr").first.is_visible()
    context.close()
