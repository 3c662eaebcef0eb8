"""A domain pack written for a project that was set up by hand: what its screen asks, in the words of a pack."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from toolkit.errors import InputError
from toolkit.labelconfig import control_tags, read_controls, referenced_fields
from toolkit.models import CATEGORICAL, Control, DomainPack, Modality, Tier
from toolkit.packs import FALLBACK_DOMAIN, load_packs
from toolkit.workflow.exchange import FoundProject
from toolkit.workflow.markdown import markdown_of

CONFIG = "main"  # an adopted project asks one question
DOMAINS = Path("configs/domains")
MAX_NAME, MIN_TITLE, MAX_TITLE, MIN_DESCRIPTION, MAX_OVERLAP = 40, 3, 50, 10, 50  # what a pack may say
READABLE = {
    "Text": Modality.TEXT,
    "HyperText": Modality.TEXT,
    "Paragraphs": Modality.CONVERSATION,
    "Chat": Modality.CONVERSATION,
}
OBJECTS = {
    **READABLE,
    "Audio": Modality.AUDIO,
    "AudioPlus": Modality.AUDIO,
    "Video": Modality.VIDEO,
    "Image": Modality.IMAGE,
}
NO_GUIDELINES = "The project had no instructions when it was adopted. Write here what a good answer is.\n"


@dataclass(frozen=True, slots=True)
class Screen:
    """What a label config shows and asks."""

    modality: Modality
    fields: tuple[str, ...]  # task fields it shows
    readable: tuple[str, ...]  # those of them that hold words, not the address of something
    decisive: tuple[str, ...]
    notes: tuple[str, ...]  # what the toolkit will make nothing of


@dataclass(frozen=True, slots=True)
class StagedPack:
    """A pack that was written and read again, and is not in the workspace yet."""

    pack: DomainPack
    folder: Path  # where it lies
    target: Path  # where it belongs

    def move(self) -> None:
        """Put it where it belongs, in one step."""
        self.folder.rename(self.target)


def read_screen(xml: str) -> Screen:
    """Return what a label config shows and asks.

    Raises
    ------
    ConfigError
        It is not well-formed.
    InputError
        It has no control that the toolkit knows, or shows nothing of a task.

    Examples
    --------
    >>> screen = read_screen('''<View><Image name="i" value="$scan"/>
    ...   <Choices name="sharp" toName="i"><Choice value="yes"/><Choice value="no"/></Choices></View>''')
    >>> screen.modality.value, screen.fields, screen.readable, screen.decisive
    ('image', ('scan',), (), ('sharp',))
    """
    controls, tags, fields = read_controls(xml), control_tags(xml), referenced_fields(xml)
    if not controls:
        there = ", ".join(f"<{tag}>" for tag in sorted(set(tags.values()))) or "none"
        raise InputError(
            f"The project's screen has no control that the toolkit knows; there are: {there}.",
            hint="projects whose answers are choices, ratings, texts, spans or boxes can be adopted.",
        )
    if not fields:
        raise InputError("The project's screen shows no field of its tasks, so nothing is asked about them.")
    shown = [node for node in ElementTree.fromstring(xml).iter() if node.tag in OBJECTS]  # noqa: S314 - read before
    found = dict.fromkeys(OBJECTS[node.tag] for node in shown)
    unread = {name: tag for name, tag in tags.items() if name not in {control.name for control in controls}}
    return Screen(
        modality=next((one for one in found if one is not Modality.TEXT), Modality.TEXT),
        fields=fields,
        readable=tuple(dict.fromkeys(field for node in shown if (field := _field_of_words(node)))),
        decisive=_decisive(controls),
        notes=tuple(
            f"the toolkit does not read <{tag}> controls: annotations that answer {name!r} cannot be used"
            for name, tag in unread.items()
        ),
    )


def _field_of_words(node: ElementTree.Element) -> str | None:
    value = node.get("value", "")
    by_address = (node.get("valueType") or node.get("valuetype")) == "url"
    return value[1:] if node.tag in READABLE and value.startswith("$") and not by_address else None


def _decisive(controls: Collection[Control]) -> tuple[str, ...]:
    """Return what must be settled: what has to be answered, or where nothing has to, all that is always asked."""
    asked = [one for one in controls if one.kind in CATEGORICAL and not (one.per_region or one.conditional)]
    return tuple(one.name for one in asked if one.required) or tuple(one.name for one in asked)


def free_name(title: str, project: int, taken: Collection[str]) -> str:
    """Return a name for a project's domain, made of its title, that nothing else has.

    Examples
    --------
    >>> free_name("Évaluation 2025: Größe", 7, {"general"})
    'evaluation-2025-grosse'
    >>> free_name("2. 评论", 7, ()), free_name("General", 7, {"general", "general-2"})
    ('project-7', 'general-3')
    """
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:MAX_NAME].rstrip("-") or f"project-{project}"
    numbered, number = name, 2
    while numbered in taken:
        ending = f"-{number}"
        numbered, number = f"{name[: MAX_NAME - len(ending)].rstrip('-')}{ending}", number + 1
    return numbered


def pack_overlap(wanted: Any) -> int:
    """Return the overlap that a pack can say for what a project has."""
    return min(max(int(wanted or 1), 1), MAX_OVERLAP)


@contextmanager
def staged_pack(workspace: Path, name: str, project: FoundProject, tier: Tier) -> Iterator[StagedPack]:
    """Write a project's pack beside those of the workspace and read it as they are read; what is not moved goes away.

    Raises
    ------
    ConfigError
        The pack could not be loaded.
    InputError
        The project's screen is none that a pack could describe.
    """
    clear_stage(workspace)
    domains, stage = (workspace / DOMAINS).resolve(), _stage(workspace)
    try:
        _write(stage / name, project, tier)
        shutil.copytree(domains / FALLBACK_DOMAIN, stage / FALLBACK_DOMAIN)  # packs come with this one
        yield StagedPack(load_packs(stage)[name], stage / name, domains / name)
    finally:
        clear_stage(workspace)


def clear_stage(workspace: Path) -> None:
    """Take away what a run that was killed has left beside the packs."""
    shutil.rmtree(_stage(workspace), ignore_errors=True)


def _stage(workspace: Path) -> Path:
    """Return where packs are written first: on the disk of the others, and where none is looked for."""
    return (workspace / DOMAINS).resolve().with_name(".adopting")


def _write(folder: Path, project: FoundProject, tier: Tier) -> None:
    settings, screen = project.settings, read_screen(str(project.settings["label_config"]))
    xml = folder / "labels" / f"{CONFIG}.xml"
    xml.parent.mkdir(parents=True)
    xml.write_bytes(str(settings["label_config"]).encode())
    title, description = (" ".join(str(settings[name] or "").split()) for name in ("title", "description"))
    title = title if len(title) >= MIN_TITLE else f"Project {project.server_id}"
    origin = f"Adopted from Label Studio's project {project.server_id}."
    config = {
        "file": str(xml.relative_to(folder)),
        "title": title[:MAX_TITLE],
        "modality": screen.modality.value,
        "fields": list(screen.fields),
        "decisive": list(screen.decisive),
    }
    domain = {
        "version": 1,
        "title": title,
        "description": description if len(description) >= MIN_DESCRIPTION else f"{description} {origin}".strip(),
        "tier": tier.value,
        "overlap": pack_overlap(settings["maximum_annotations"]),
        "configs": {CONFIG: config},
    }
    text = yaml.safe_dump(domain, sort_keys=False, allow_unicode=True, width=120)
    (folder / "domain.yaml").write_text(text, encoding="utf-8")
    guidelines = markdown_of(str(settings["expert_instruction"] or "")) or NO_GUIDELINES
    (folder / "guidelines.md").write_text(guidelines, encoding="utf-8")
