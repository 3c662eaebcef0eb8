"""Domain packs: reading ``configs/domains/<name>/`` into :class:`~toolkit.models.DomainPack`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from toolkit.config import DomainFile, LabelConfigFile, Name, TermsFile, read_yaml
from toolkit.errors import ConfigError, UnknownDomainError
from toolkit.labelconfig import config_version, dead_conditions, read_controls, referenced_fields, taken_names
from toolkit.migrations import load_migrations, misfits
from toolkit.models import CATEGORICAL, DomainPack, LabelConfig, Migration, Task, Thresholds, Tier

FALLBACK_DOMAIN = "general"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_LANGUAGE = re.compile("[a-z]{2,3}")


def bundled_configs() -> Path:
    """Return the folder of the packs that come with the toolkit: in the wheel, or in the source tree."""
    here = Path(__file__).resolve().parent
    return next(path for path in (here / "configs", here.parent / "configs") if path.is_dir())


def load_packs(folder: Path) -> dict[str, DomainPack]:
    """Read every domain pack below a folder.

    Parameters
    ----------
    folder : Path
        Holds one folder per domain, named after it, each with ``domain.yaml``, ``guidelines.md`` and label configs;
        ``terms/LANGUAGE.yaml`` and ``migrations.yaml`` are optional.

    Returns
    -------
    dict of str to DomainPack
        By name, sorted.

    Raises
    ------
    ConfigError
        A pack is wrong or there is none; the message lists the problems of all packs at once.

    Examples
    --------
    >>> packs = load_packs(bundled_configs() / "domains")
    >>> packs["finance"].tier.value
    'specialist'
    """
    problems: list[str] = []
    packs: dict[str, DomainPack] = {}
    for path in sorted(folder.glob("*/domain.yaml")):
        pack, found = _load_pack(path.parent)
        problems += found
        if pack is not None:
            packs[pack.name] = pack
    if not packs and not problems:
        problems.append(f"{folder}: holds no domain pack (a folder with a domain.yaml)")
    elif FALLBACK_DOMAIN not in packs and not problems:
        problems.append(f"{folder}: has no {FALLBACK_DOMAIN!r} pack, which takes what no other domain wants")
    if problems:
        raise ConfigError("\n".join(problems))
    return packs


def pack_named(packs: Mapping[str, DomainPack], name: str) -> DomainPack:
    """Return a pack by name; raise :class:`UnknownDomainError` where there is none."""
    if name not in packs:
        raise UnknownDomainError(name, list(packs))
    return packs[name]


def configs_for(task: Task, pack: DomainPack) -> tuple[LabelConfig, ...]:
    """Return the label configs of a pack that fit a task: same modality, and it has every field they show.

    Where several fit, those that need most fields are meant: a task with a question and a solution is more than text.
    """
    fitting = [
        config
        for config in pack.configs
        if config.modality == task.modality and all(task.fields.get(field) for field in config.fields)
    ]
    most = max((len(config.fields) for config in fitting), default=0)
    return tuple(config for config in fitting if len(config.fields) == most)


def _load_pack(folder: Path) -> tuple[DomainPack | None, list[str]]:
    source = folder / "domain.yaml"
    parsed, problems = read_yaml(source, DomainFile)
    guidelines, missing = _guidelines(folder / "guidelines.md")
    problems += missing + _name_problems(folder)
    if parsed is None:
        return None, problems
    configs = []
    for name, entry in parsed.configs.items():
        config, found = _load_config(folder, name, entry, parsed)
        problems += [f"{source}: configs.{name}.{problem}" for problem in found]
        if config is not None:
            configs.append(config)
    migrations, found = _migrations(folder / "migrations.yaml", {config.name: config for config in configs})
    problems += found
    terms, found = _terms(folder, parsed)
    problems += found
    if problems:
        return None, problems
    return _pack(folder.name, parsed, terms, configs, guidelines, migrations), []


def _terms(folder: Path, parsed: DomainFile) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the terms of domain.yaml and of terms/LANGUAGE.yaml, by language."""
    weights, problems = dict(parsed.terms), []
    for path in sorted((folder / "terms").glob("*.yaml")):
        found, wrong = read_yaml(path, TermsFile)
        problems += wrong
        if not _LANGUAGE.fullmatch(path.stem):
            problems.append(f"{path}: {path.stem!r} is no language; name it as in fr.yaml")
        elif path.stem in parsed.terms:
            problems.append(f"{path}: domain.yaml has terms for {path.stem}, too; keep them in one place")
        elif found is not None:
            weights[path.stem] = found.terms
    return {
        language: {term: weight for weight, entries in by_weight.items() for term in entries}
        for language, by_weight in weights.items()
    }, problems


def _migrations(path: Path, configs: Mapping[str, LabelConfig]) -> tuple[tuple[Migration, ...], list[str]]:
    """Read the migrations of a pack that has some, and check what they name where the label config is at hand."""
    if not path.exists():
        return (), []
    migrations, problems = load_migrations(path)
    for number, migration in enumerate(migrations):
        config = configs.get(migration.config)
        if config is None:
            found = [f".config: no label config named {migration.config!r}; there are: {', '.join(configs) or 'none'}"]
        else:
            before = config.controls if migration.before == config.version else None
            after = config.controls if migration.after == config.version else None
            found = [f": {misfit}" for misfit in misfits(migration, before=before, after=after)]
        problems += [f"{path}: migrations.{number}{problem}" for problem in found]
    return migrations, problems


def _guidelines(path: Path) -> tuple[str, list[str]]:
    try:
        return path.read_text(encoding="utf-8"), []
    except FileNotFoundError:
        return "", [f"{path}: no such file; annotators need to know what a good answer is"]
    except (OSError, UnicodeDecodeError) as error:
        return "", [f"{path}: cannot be read: {error}"]


def _name_problems(folder: Path) -> list[str]:
    """Return what is wrong with a folder's name, which is the domain's: ids and titles are made of it."""
    try:
        _NAME.validate_python(folder.name)
    except ValidationError:
        wanted = "at most 40 of a-z, 0-9 and -, a letter first"
        return [f"{folder}: {folder.name!r} cannot name a domain; use {wanted}"]
    return []


def _pack(
    name: str,
    parsed: DomainFile,
    terms: Mapping[str, Mapping[str, float]],
    configs: Sequence[LabelConfig],
    guidelines: str,
    migrations: tuple[Migration, ...],
) -> DomainPack:
    limits = parsed.thresholds
    return DomainPack(
        name=name,
        title=parsed.title,
        description=parsed.description,
        tier=Tier(parsed.tier),
        terms=terms,
        thresholds=Thresholds(limits.route, limits.agreement, limits.support, limits.difficulty),
        configs=tuple(configs),
        guidelines=guidelines,
        migrations=migrations,
        minutes=parsed.minutes,
    )


def _load_config(
    folder: Path, name: str, entry: LabelConfigFile, parsed: DomainFile
) -> tuple[LabelConfig | None, list[str]]:
    try:
        xml = (folder / entry.file).read_text(encoding="utf-8")
        controls = read_controls(xml)
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"file: {entry.file} cannot be read: {error}"]
    except ConfigError as error:
        return None, [f"file: {entry.file}: {error}"]
    config = LabelConfig(
        name=name,
        domain=folder.name,
        title=entry.title,
        xml=xml,
        modality=entry.modality,
        fields=entry.fields,
        controls=controls,
        decisive=entry.decisive,
        overlap=entry.overlap or parsed.overlap,
        version=config_version(xml),
        confidential=entry.confidential,
    )
    return config, _problems(config)


def _problems(config: LabelConfig) -> list[str]:
    problems = []
    if not config.controls:
        problems.append("file: has no control, so nothing could be answered")
    shown = referenced_fields(config.xml)
    if missing := sorted(set(shown) - set(config.fields)):
        problems.append(f"fields: the screen shows {', '.join('$' + name for name in missing)}, which is not listed")
    if unused := sorted(set(config.fields) - set(shown)):
        problems.append(f"fields: {', '.join(unused)} is listed but not shown on the screen")
    if unknown := sorted(set(config.confidential) - set(config.fields)):
        problems.append(f"confidential: {', '.join(unknown)} is not among its fields")
    if dead := dead_conditions(config.xml):
        problems.append(f"file: parts of the screen wait for what cannot be chosen: {', '.join(dead)}")
    if taken := taken_names(config.xml):
        problems.append(f"file: {', '.join(taken)} is what adjudicators are asked besides; call it something else")
    for name in config.decisive:
        control = config.control(name)
        if control is None:
            known = ", ".join(control.name for control in config.controls)
            problems.append(f"decisive: no control named {name!r}; there are: {known}")
        elif control.kind not in CATEGORICAL:
            problems.append(f"decisive: {name!r} is of kind {control.kind}; only closed sets of labels can be voted on")
    return problems
