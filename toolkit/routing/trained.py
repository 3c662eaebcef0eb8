"""A router that learned from labelled texts, and the folder it is kept in."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from toolkit.errors import ConfigError, InputError, StorageError
from toolkit.models import DomainPack, Evidence, Task
from toolkit.routing import lexicon
from toolkit.routing.lexicon import LexiconRouter
from toolkit.routing.router import Promise
from toolkit.routing.scores import Scores
from toolkit.routing.stacking import Parts
from toolkit.routing.terms import words_of
from toolkit.routing.wordmodel import WordModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "router"  # in a workspace
MODEL, ARRAYS, SEAL = "model.json", "model.npz", "seal"
VERSION = 1  # raised when the same numbers would mean something else
MAX_WORDS = 4  # of those that speak most for a domain, per domain
N_SHOWN = 3  # domains whose words are shown
TRAIN = "train it with `toolkit router train`"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a router was trained on and how it did on texts of it that were held back.

    Attributes
    ----------
    n_texts : int
        Labels that were used.
    by_domain : mapping of str to int
        The same by domain; a domain that is not named keeps the lexicon's score.
    n_groups, n_folds : int
        What the texts come from, and how many times a part was left out.
    grouped : bool
        Whether groups were left out; else the texts count as in-house.
    chosen : tuple of str
        The parts that are used.
    candidates : tuple of mapping
        Every set of parts that was tried: loss, accuracy, worst, verdict.
    accuracy, lexicon_accuracy, macro_f1, calibration_error : float
        On texts held back.
    coverage : float
        Share of the texts that the thresholds send past triage.
    kept_precision, kept_coverage : float or None
        Of thresholds chosen on the other folds, on what was left out.
    notes : tuple of str
        What to know before relying on it.
    """

    n_texts: int
    by_domain: Mapping[str, int]
    n_groups: int
    n_folds: int
    grouped: bool
    chosen: tuple[str, ...]
    candidates: tuple[Mapping[str, Any], ...]
    accuracy: float
    lexicon_accuracy: float
    macro_f1: float
    calibration_error: float
    coverage: float
    kept_precision: float | None
    kept_coverage: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """All that a trained router is, besides the packs."""

    domains: tuple[str, ...]
    parts: Parts
    words: WordModel
    promise: Promise
    packs: str  # as :func:`packs_hash` returns it
    data: str  # hash of the labelled texts
    texts: frozenset[str]  # their keys
    figures: Figures


@dataclass(frozen=True, slots=True)
class _Saved:
    """The JSON file; the arrays' file is known by its hash."""

    version: int
    arrays: str
    domains: tuple[str, ...]
    parts: Parts
    promise: Promise
    packs: str
    data: str
    texts: tuple[str, ...]
    figures: Figures


class TrainedRouter:
    """Scores tasks by the packs' terms and by what labelled texts taught.

    Log-odds are the lexicon's, naive Bayes' and a linear model's, weighted by how they did on texts held back. The
    thresholds that keep the promised precision are in `promise`.

    Parameters
    ----------
    packs : mapping of str to DomainPack
        Those it was trained with.
    model : TrainedModel
        As :func:`toolkit.routing.training.train` made it, or :func:`load_trained` read it.

    Raises
    ------
    ConfigError
        The packs' terms are others than it was trained with.
    """

    asked_last = False

    def __init__(self, packs: Mapping[str, DomainPack], model: TrainedModel) -> None:
        if packs_hash(packs) != model.packs:
            raise ConfigError(
                "The trained router was made with other domain packs: domains or terms have changed since.",
                hint="train it again with `toolkit router train`, or put the packs back.",
            )
        self.model = model
        self.promise = model.promise
        self.name = name_of(model)
        self._lexicon = LexiconRouter(packs)

    def score(self, task: Task, text: str) -> Scores:
        """Return log-odds of all domains; evidence is the terms found and the words that speak most for a domain."""
        model, parts, words = self.model, self.model.parts, words_of(text)
        found = self._lexicon.score_words(words, task.language)
        totals = [
            parts.lexicon * found.log_odds[name] + bias for name, bias in zip(model.domains, parts.bias, strict=True)
        ]
        evidence = [Evidence(e.domain, e.term, e.count, round(parts.lexicon * e.weight, 6)) for e in found.evidence]
        heard = found.heard
        if model.words.vocabulary:
            entries, for_bayes, for_linear, counts = model.words.found(words)
            added = parts.bayes * for_bayes[:, None] * model.words.bayes[entries]
            added += parts.linear * for_linear[:, None] * model.words.linear[entries]
            learnt = added.sum(axis=0) + parts.linear * model.words.intercept
            totals = [total + float(more) for total, more in zip(totals, learnt, strict=True)]
            evidence += self._words(entries, counts, added, totals)
            heard = heard or bool(len(entries))
        evidence.sort(key=lambda item: (-item.weight, item.domain, item.term))
        return Scores(dict(zip(model.domains, totals, strict=True)), tuple(evidence), heard, found.note)

    def _words(
        self, entries: NDArray[np.intp], counts: NDArray[np.intp], added: NDArray[np.float64], totals: list[float]
    ) -> list[Evidence]:
        """Return the words that added most to the best domains."""
        found, vocabulary = list[Evidence](), self.model.words.vocabulary
        last = max(0, len(entries) - MAX_WORDS)
        for domain in sorted(range(len(totals)), key=lambda number: -totals[number])[:N_SHOWN]:
            weights = added[:, domain]
            places = weights.argpartition(last)[last:] if last else weights.argsort()
            for place, weight in zip(places.tolist(), weights[places].tolist(), strict=True):
                if (rounded := round(weight, 6)) > 0:
                    name = self.model.domains[domain]
                    found.append(Evidence(name, vocabulary[entries[place]], int(counts[place]), rounded))
        return found


def name_of(model: TrainedModel) -> str:
    """Return what a router's routes are signed with: "trained" and the beginning of its file's hash."""
    content = _json(model, hashlib.sha256(_arrays(model.words)).hexdigest())
    return f"trained {hashlib.sha256(content).hexdigest()[:8]}"


def packs_hash(packs: Mapping[str, DomainPack]) -> str:
    """Return the hash of all that the lexicon's scores hang on: domains, terms and its constants."""
    constants = (lexicon.PASSAGE_WORDS, lexicon.PRIOR, lexicon.GENERAL_SHARE, lexicon.SHARPNESS)
    terms = {name: {code: dict(found) for code, found in pack.terms.items()} for name, pack in packs.items()}
    return hashlib.sha256(json.dumps([constants, terms], sort_keys=True).encode()).hexdigest()


def is_trained(folder: Path) -> bool:
    """Tell whether there is a trained router in a folder."""
    return (folder / MODEL).is_file()


def save_trained(model: TrainedModel, folder: Path) -> None:
    """Write a trained router into a folder, which is made: ``model.npz`` and then ``model.json``, each whole or not.

    Both are for their owner only, for they hold words of the texts. The same model makes the same bytes.

    Raises
    ------
    StorageError
        They cannot be written.
    """
    arrays = _arrays(model.words)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / ARRAYS, arrays)
        _write(folder / MODEL, _json(model, hashlib.sha256(arrays).hexdigest()))
    except OSError as error:
        raise StorageError(f"{folder}: the router cannot be written: {error.strerror or error}.") from error


def load_trained(folder: Path, packs: Mapping[str, DomainPack]) -> TrainedRouter:
    """Read a trained router and make it ready for the packs it was trained with.

    Raises
    ------
    InputError
        There is none, it is of another version, or its files are damaged or do not belong together.
    ConfigError
        The packs' terms have changed since it was trained.
    """
    return TrainedRouter(packs, read_trained(folder))


def read_trained(folder: Path) -> TrainedModel:
    """Read a trained router without holding it against packs; raises :class:`InputError` as :func:`load_trained`."""
    saved = _read_json(folder / MODEL)
    try:
        content = (folder / ARRAYS).read_bytes()
    except OSError as error:
        raise InputError(f"{folder / ARRAYS}: cannot be read: {error.strerror or error}.", hint=f"{TRAIN}.") from error
    if hashlib.sha256(content).hexdigest() != saved.arrays:
        raise InputError(
            f"{folder / ARRAYS}: is not the file that {MODEL} was written with: it was changed or damaged.",
            hint=f"{TRAIN} again.",
        )
    words = _words(content, len(saved.domains), folder / ARRAYS)
    if len(saved.parts.bias) != len(saved.domains):
        raise InputError(f"{folder / MODEL}: has not one constant per domain.", hint=f"{TRAIN} again.")
    figures, texts = saved.figures, frozenset(saved.texts)
    return TrainedModel(saved.domains, saved.parts, words, saved.promise, saved.packs, saved.data, texts, figures)


def _json(model: TrainedModel, arrays: str) -> bytes:
    saved = _Saved(
        version=VERSION,
        arrays=arrays,
        domains=model.domains,
        parts=model.parts,
        promise=model.promise,
        packs=model.packs,
        data=model.data,
        texts=tuple(sorted(model.texts)),
        figures=model.figures,
    )
    plain = json.loads(json.dumps(asdict(saved)))
    return (json.dumps({**plain, SEAL: seal_of(plain)}, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def seal_of(content: Mapping[str, Any]) -> str:
    """Return what tells that a model was not changed since it was written, by accident or by hand."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_json(path: Path) -> _Saved:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; no router was trained here.", hint=f"{TRAIN}.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}.", hint=f"{TRAIN} again.") from error
    version = content.get("version") if isinstance(content, dict) else None
    if version != VERSION:
        raise InputError(f"{path}: is of version {version}, this toolkit reads {VERSION}.", hint=f"{TRAIN} again.")
    if content.pop(SEAL, None) != seal_of(content):
        raise InputError(f"{path}: was changed or damaged since it was written.", hint=f"{TRAIN} again.")
    try:
        return TypeAdapter(_Saved).validate_python(content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise InputError(f"{path}: is no router: {where} is wrong or missing.", hint=f"{TRAIN} again.") from None


def _arrays(words: WordModel) -> bytes:
    """Return the arrays as a NumPy archive; the vocabulary as text, for nothing in it is ever unpickled."""
    import numpy as np

    file = io.BytesIO()
    vocabulary = np.frombuffer("\n".join(words.vocabulary).encode(), dtype=np.uint8)
    np.savez(
        file,
        vocabulary=vocabulary,
        bayes=words.bayes,
        linear=words.linear,
        rarity=words.rarity,
        intercept=words.intercept,
    )
    return file.getvalue()


def _words(content: bytes, n_domains: int, path: Path) -> WordModel:
    import zipfile

    import numpy as np

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            text = file["vocabulary"].tobytes().decode()
            vocabulary = tuple(text.split("\n")) if text else ()
            words = WordModel(vocabulary, file["bayes"], file["linear"], file["rarity"], file["intercept"])
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: holds no router's arrays: {error}.", hint=f"{TRAIN} again.") from error
    table = (len(vocabulary), n_domains)
    shapes = (words.bayes.shape, words.linear.shape, words.rarity.shape, words.intercept.shape)
    if shapes != (table, table, table[:1], table[1:]):
        raise InputError(f"{path}: its arrays do not fit the domains of {MODEL}.", hint=f"{TRAIN} again.")
    return words


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
