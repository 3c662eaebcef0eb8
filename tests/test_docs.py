"""What the documentation says is what happens."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("configs/**/*.md"), *ROOT.glob("seeds/README.md")]
MODULES = [
    module.name for module in pkgutil.walk_packages(toolkit.__path__, "toolkit.") if ".migrations" not in module.name
]


def code_blocks(language):
    text = (ROOT / "README.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_generated_pages_are_up_to_date():
    found = subprocess.run([sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_the_readmes_python_runs_and_prints_what_it_says(tmp_path):
    (block,) = code_blocks("python")
    said = [line.split("# ", 1)[1] for line in block.splitlines() if line.startswith("print(") and "# " in line]
    found = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert said
    assert found.stdout.splitlines() == said


def test_the_readmes_commands_exist():
    from typer.main import get_command

    from toolkit.cli import app

    known = get_command(app).commands
    text = (ROOT / "README.md").read_text("utf-8")
    inline = re.findall(r"(?<!`)`(toolkit [^`\n]+)`(?!`)", text)
    for line in re.findall(r"\btoolkit ([a-z][a-z -]*)", "\n".join([*code_blocks("sh"), *inline])):
        first, *rest = line.split()
        assert first in known, line
        if rest and hasattr(known[first], "commands"):
            names = known[first].commands
            assert rest[0] in names or "make" in names, line  # what is no command is the name of a release


def test_the_readmes_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        name for page in (ROOT / "README.md",) for name in re.findall(r"\bmake ([a-z-]+)", page.read_text("utf-8"))
    }
    assert named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_and_documented(name):
    if name == "toolkit.__main__":
        return
    module = importlib.import_module(name)
    assert module.__doc__
    public = getattr(module, "__all__", None)
    if public is None:
        return
    assert list(public) == sorted(public)
    for item in public:
        found = getattr(module, item)
        assert found.__doc__ or not callable(found), f"{name}.{item}"
