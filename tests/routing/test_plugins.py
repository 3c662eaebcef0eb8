"""Routers come with other packages: they are found, checked, and cannot lose a run."""

import importlib
import math
import re
import sys
from pathlib import Path

import pytest

from tests.routing.test_lexicon import packs
from toolkit.errors import ConfigError, StorageError
from toolkit.models import Modality, Queue, Task
from toolkit.routing import LexiconRouter, RouterContext, Scores, TaskRouter
from toolkit.routing.plugins import load_routers

PACKS = packs()
TASK = Task("t1", "d1", "acme/a.md", Modality.TEXT, {"text": "One of many."}, language="en")
LAWYER = """
from toolkit.errors import ConfigError, StorageError
from toolkit.models import Evidence
from toolkit.routing import Scores

CONTEXTS = []


class Lawyer:
    name = "lawyer 1"
    asked_last = False

    def __init__(self, says=None):
        self._says = says or (lambda task: Scores({"law": 9.0}, (Evidence("law", "whereas", 1, 9.0),)))

    def score(self, task, text):
        return self._says(task)


def lawyer(context):
    CONTEXTS.append(context)
    return Lawyer(context.options.get("says"))
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Make an installed package of a module's source, with entry points in the group of routers."""
    made = []

    def installed(points, source="", name="made-up", metadata=""):
        module = name.replace("-", "_")
        folder = tmp_path / name
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        lines = [f"{router} = {module}:{factory}" for router, factory in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[toolkit.routers]", *lines, ""]))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}")
        (folder / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(str(folder))
        importlib.invalidate_caches()
        made.append(module)
        return module

    yield installed
    for module in made:
        sys.modules.pop(module, None)


def loaded(says):
    (router,) = load_routers({"lawyer": {"says": says}}, PACKS)
    return router


def test_a_router_of_another_package_has_its_say(install):
    install({"lawyer": "lawyer"}, LAWYER)
    routers = [LexiconRouter(PACKS), *load_routers({"lawyer": {}}, PACKS)]
    route = TaskRouter(PACKS, routers).route(TASK)
    assert (route.domain, route.queue, route.router) == ("law", Queue.DOMAIN, "lexicon + lawyer 1")
    assert [item.term for item in route.evidence] == ["whereas"]


def test_a_factory_is_given_what_it_needs(install, tmp_path):
    module = install({"lawyer": "lawyer"}, LAWYER)
    load_routers({"lawyer": {"says": None}}, PACKS, tmp_path, ["acme/*"])
    (given,) = sys.modules[module].CONTEXTS
    assert given == RouterContext(PACKS, {"says": None}, tmp_path, ("acme/*",))


def test_routers_keep_the_order_of_the_settings(install):
    install({"b": "lawyer", "a": "lawyer"}, LAWYER + '\n\nLawyer.name = property(lambda self: "x")\n')
    assert [router.name for router in load_routers({"b": {}, "a": {}}, PACKS)] == ["x", "x"]


def test_the_example_of_the_documentation_runs(install):
    page = (Path(__file__).parents[2] / "docs" / "routers.md").read_text("utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    install({"icd-10": "code_router"}, example)
    routers = [LexiconRouter(PACKS), *load_routers({"icd-10": {"domain": "medicine", "weight": 2.5}}, PACKS)]
    route = TaskRouter(PACKS, routers).route_text("Discharged with J45.0 and, from before, I10.9.", "en")
    assert (route.domain, route.queue.value, route.router) == ("medicine", "queue", "lexicon + icd-10")
    assert "J45.0 ×2" in route.reason
    with pytest.raises(ConfigError, match=r"routing\.routers\.icd-10: domain: there is no pack named 'cooking'"):
        load_routers({"icd-10": {"domain": "cooking"}}, PACKS)


def test_a_router_that_is_not_installed_is_told_from_those_that_are(install):
    install({"lawyer": "lawyer"}, LAWYER)
    with pytest.raises(ConfigError) as caught:
        load_routers({"lawyers": {}}, PACKS)
    assert "routing.routers.lawyers: no such router is installed; there are: lawyer, openai" in str(caught.value)
    assert "did you mean 'lawyer'?" in str(caught.value)


def test_a_router_that_two_packages_bring_is_refused(install):
    install({"lawyer": "lawyer"}, LAWYER)
    install({"lawyer": "lawyer"}, LAWYER, name="other")
    with pytest.raises(ConfigError, match="several packages bring it: made-up, other"):
        load_routers({"lawyer": {}}, PACKS)


@pytest.mark.parametrize(
    ("source", "metadata", "said"),
    [
        (
            "import not_there",
            "Provides-Extra: lawyer\n",
            'imported.\n  Hint: pip install "made-up[lawyer]"',
        ),
        ("def lawyer(context):\n    import not_there", "", 'imported.\n  Hint: pip install "made-up"'),
        ("def lawyer(context):\n    return 1 / 0", "", "made_up:lawyer failed: ZeroDivisionError: division by zero"),
        ("", "", "made_up:lawyer failed: AttributeError"),
        ("def lawyer(context):\n    return object()", "", "made_up:lawyer returned no router: it has no name"),
        (LAWYER + "\n\nlawyer = lambda context: Lawyer\n", "", "returned no router: Lawyer is a class"),
        (LAWYER + "\n\nLawyer.asked_last = 1\n", "", "its asked_last is neither true nor false"),
        (LAWYER + "\n\ndel Lawyer.score\n", "", "returned no router: it has no score()"),
        (LAWYER + "\n\ndef lawyer(context):\n    raise ConfigError('no.')\n", "", "lawyer: no."),
    ],
)
def test_what_goes_wrong_while_a_router_is_made_names_it(install, source, metadata, said):
    install({"lawyer": "lawyer"}, source, metadata=metadata)
    with pytest.raises(ConfigError) as caught:
        load_routers({"lawyer": {}}, PACKS)
    assert str(caught.value).startswith("routing.routers.lawyer: ")
    assert said in str(caught.value)


def test_the_router_that_comes_with_the_toolkit_says_which_extra_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)  # what an import finds where it is not installed
    options = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "limit": 0, "price_in": 0, "price_out": 0}
    with pytest.raises(ConfigError, match=r'pip install "annotation-toolkit\[openai\]"'):
        load_routers({"openai": options}, PACKS)


@pytest.mark.parametrize("error", [ValueError("no such\n model"), StorageError("disk full"), RecursionError()])
def test_an_exception_costs_one_tasks_scores_and_is_told(install, error):
    install({"lawyer": "lawyer"}, LAWYER)

    def fails(task):
        raise error

    routers = [LexiconRouter(PACKS), loaded(fails)]
    route = TaskRouter(PACKS, routers).route_text("The plaintiff brought the clause before another jurisdiction.", "en")
    assert (route.domain, route.queue) == ("law", Queue.DOMAIN)
    told = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    assert f"lawyer 1 failed: {told}" in route.reason


def test_a_long_exception_is_cut(install):
    install({"lawyer": "lawyer"}, LAWYER)

    def fails(task):
        raise ValueError("x" * 5000)

    assert len(loaded(fails).score(TASK, "x").note) < 200


def test_a_wrong_setting_stops_the_run(install):
    install({"lawyer": "lawyer"}, LAWYER)

    def fails(task):
        raise ConfigError("the key is wrong.")

    with pytest.raises(ConfigError, match="the key is wrong"):
        loaded(fails).score(TASK, "x")


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"law": 1.0}, "dict is not Scores"),
        (Scores({"lawn": 1.0}), "no domain is named 'lawn'; there are: finance, general, law, medicine, security"),
        (Scores({"law": math.nan}), "law has nan, which is no finite number"),
        (Scores({"law": 1.0, "general": -math.inf}), "general has -inf, which is no finite number"),
        (Scores({"law": "3"}), "law has '3', which is no finite number"),
    ],
)
def test_scores_that_are_none_are_refused_with_router_and_task(install, scores, said):
    install({"lawyer": "lawyer"}, LAWYER)
    with pytest.raises(ConfigError) as caught:
        loaded(lambda task: scores).score(TASK, "x")
    assert f"routing.routers.lawyer: its scores of task t1 are wrong: {said}." in str(caught.value)


def test_evidence_is_checked_like_scores(install):
    module = install({"lawyer": "lawyer"}, LAWYER)
    router = loaded(lambda task: Scores({}, (sys.modules[module].Evidence("law", "x", 1, math.inf),)))
    with pytest.raises(ConfigError, match="law has inf"):
        router.score(TASK, "x")


def test_nothing_to_say_stays_nothing(install):
    install({"lawyer": "lawyer"}, LAWYER)
    assert loaded(lambda task: None).score(TASK, "x") is None
