"""A trained router on disk: the same after as before, and refused where it cannot be trusted."""

import json

import numpy as np
import pytest

from tests.routing.labelled_examples import packs, texts
from toolkit.errors import ConfigError, InputError
from toolkit.models import Modality, Task
from toolkit.routing import TaskRouter
from toolkit.routing.trained import (
    SEAL,
    TrainedRouter,
    is_trained,
    load_trained,
    read_trained,
    save_trained,
    seal_of,
)
from toolkit.routing.training import train


@pytest.fixture(scope="module")
def model():
    return train(texts(25), packs(), 0.9, grouped=False)


@pytest.fixture
def folder(model, tmp_path):
    save_trained(model, tmp_path / "router")
    return tmp_path / "router"


def task(text, language="en"):
    return Task("t", "t", "a.txt", Modality.TEXT, {"text": text}, language=language)


def test_a_saved_router_scores_bit_for_bit_the_same(model, folder):
    before, after = TrainedRouter(packs(), model), load_trained(folder, packs())
    assert before.name == after.name
    assert before.promise == after.promise
    for text in texts(10, seed=9):
        first, second = (one.score(task(text.text), text.text) for one in (before, after))
        assert first == second


def test_the_same_router_is_the_same_bytes(model, folder, tmp_path):
    save_trained(train(texts(25), packs(), 0.9, grouped=False), tmp_path / "again")
    for name in ("model.json", "model.npz"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.npz"]


def test_evidence_is_what_was_found_and_adds_up(model):
    router = TrainedRouter(packs(), model)
    said = router.score(task(""), "The verdict of the tribunal, a decree, and the statute")
    assert max(said.log_odds, key=said.log_odds.get) == "law"
    shown = {item.term: item for item in said.evidence if item.domain == "law"}
    assert "tribunal*" in shown
    assert {"verdict", "decree", "statute"} & {term.rstrip("*") for term in shown}
    assert all(item.weight > 0 for item in said.evidence)
    assert [item.weight for item in said.evidence] == sorted((i.weight for i in said.evidence), reverse=True)
    alone = router.score(task(""), "zzz")
    bare = {name: said.log_odds[name] - alone.log_odds[name] for name in said.log_odds}
    assert bare["law"] > max(bare["finance"], bare["general"])


def test_a_route_says_who_made_it_and_keeps_the_promise(model):
    trained = TrainedRouter(packs(), model)
    route = TaskRouter(packs(), [trained], trained.promise).route_text("An appeal, a verdict and a witness.", "en")
    assert (route.domain, route.router) == ("law", trained.name)
    assert trained.name.startswith("trained ")
    assert len(trained.name) == len("trained 12345678")
    assert route.confidence >= trained.promise.thresholds["law"]


def test_words_that_nobody_knows_are_silence(model):
    said = TrainedRouter(packs(), model).score(task("", "xx"), "zzz qqq")
    assert not said.heard


def test_there_is_one_or_there_is_none(folder, tmp_path):
    assert is_trained(folder)
    assert not is_trained(tmp_path)
    with pytest.raises(InputError, match="no such file; no router was trained here"):
        load_trained(tmp_path, packs())


def test_packs_that_changed_are_refused(folder):
    changed = packs(law={"en": {"plaintiff*": 3}})
    with pytest.raises(ConfigError, match="made with other domain packs"):
        load_trained(folder, changed)
    assert read_trained(folder).domains == ("finance", "general", "law")


def edit(folder, **changes):
    """Change a saved model as somebody would who knows how it is sealed."""
    path = folder / "model.json"
    content = json.loads(path.read_text("utf-8")) | changes
    content.pop(SEAL)
    path.write_text(json.dumps({**content, SEAL: seal_of(content)}), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.npz").write_bytes(b"PK"), "changed or damaged"),
        (lambda f: (f / "model.npz").unlink(), "cannot be read"),
        (lambda f: (f / "model.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "model.json").write_text("[]"), "is of version None"),
        (lambda f: edit(f, version=2), "is of version 2, this toolkit reads 1"),
        (lambda f: edit(f, parts=None), "parts is wrong or missing"),
        (lambda f: edit(f, domains=["finance"]), "do not fit the domains"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_what_to_do(folder, damage, message):
    damage(folder)
    with pytest.raises(InputError) as caught:
        load_trained(folder, packs())
    assert message in str(caught.value)
    assert "toolkit router train" in str(caught.value)


def test_nothing_is_ever_unpickled(folder):
    import hashlib

    np.savez(folder / "model.npz", vocabulary=np.array([{"evil": 1}], dtype=object))
    edit(folder, arrays=hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest())
    with pytest.raises(InputError, match="holds no router's arrays"):
        load_trained(folder, packs())


def test_a_model_that_was_changed_by_hand_is_refused(folder):
    path = folder / "model.json"
    path.write_text(path.read_text("utf-8").replace('"precision": 0.9', '"precision": 0.5'), encoding="utf-8")
    with pytest.raises(InputError, match="was changed or damaged"):
        read_trained(folder)
