"""Two answers to one prompt, of which one was preferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from toolkit.models import ControlKind
from toolkit.releases.formats.conversations import (
    ASSISTANT,
    USER,
    Message,
    UnusableTextError,
    media_of,
    messages_in,
    text_in,
)
from toolkit.releases.formats.screen import compared_fields, dialogue_keys
from toolkit.releases.records import ReleaseRecord
from toolkit.releases.sheets import Sheet

PROMPTS = ("prompt", "question", "instruction", "dialogue", "messages")  # names of what comes before the answers
SIDES = ("left", "right")
Said: TypeAlias = str | list[Message]


@dataclass(frozen=True, slots=True)
class Pair:
    """One pairwise control: which fields it compares, and what they answer."""

    control: str
    prompt: str | None  # None where the answers are whole conversations
    answers: tuple[str, str]  # left and right
    keys: Mapping[str, tuple[str, str]]  # field that holds a dialogue → names of author and text in its turns


@dataclass(frozen=True, slots=True)
class Preference:
    """What was preferred to what, as texts or as turns."""

    prompt: Said
    chosen: Said
    rejected: Said


def pairs_of(sheet: Sheet) -> tuple[Pair, ...]:
    """Return the pairwise controls of a label config.

    Raises
    ------
    UnusableTextError
        It has none, or nothing tells the fields that are compared or the prompt.

    Examples
    --------
    >>> from toolkit.labelconfig import read_controls
    >>> from toolkit.models import Modality
    >>> xml = '''<View><Text name="p" value="$prompt"/><Text name="a" value="$one"/><Text name="b" value="$two"/>
    ...   <Pairwise name="better" toName="a,b"/></View>'''
    >>> sheet = Sheet("law", "pairs", "Pairs", Modality.TEXT, ("one", "prompt", "two"), read_controls(xml), xml)
    >>> pairs_of(sheet)[0].prompt, pairs_of(sheet)[0].answers
    ('prompt', ('one', 'two'))
    """
    asked = sheet.of_kind(ControlKind.PAIRWISE)
    if not asked:
        raise UnusableTextError("it does not ask which of two answers is better")
    if media := media_of(sheet):
        raise UnusableTextError(media)
    return tuple(_pair(sheet, control.name, compared_fields(sheet, control)) for control in asked)


def read_preference(pair: Pair, record: ReleaseRecord) -> Preference | None:
    """Return what a row prefers, None where no side was preferred: nothing was decided, or a tie.

    Texts stay texts. As soon as a field is a dialogue, all is turns: a prompt that is a text was said by the user, an
    answer that is one by the assistant; of two conversations, the prompt is what they share and their last turns are
    compared.

    Raises
    ------
    UnusableTextError
        A field holds neither, or two conversations differ before their last turn, or that is not the assistant's.
    """
    side = record.labels.get(pair.control)
    if side not in SIDES:
        return None
    chosen, rejected = pair.answers if side == "left" else reversed(pair.answers)
    if not pair.keys:
        prompt = text_in(record.fields, str(pair.prompt))
        return Preference(prompt, text_in(record.fields, chosen), text_in(record.fields, rejected))
    better, worse = _conversation(pair, chosen, record.fields), _conversation(pair, rejected, record.fields)
    if better[:-1] != worse[:-1] or len(better) < 2:
        raise UnusableTextError(f"{pair.control} compares conversations that differ before their last turn")
    if not better[-1]["role"] == worse[-1]["role"] == ASSISTANT:
        raise UnusableTextError(f"{pair.control} compares conversations that do not end with the assistant")
    return Preference(better[:-1], better[-1:], worse[-1:])


def _pair(sheet: Sheet, control: str, answers: tuple[str, str] | None) -> Pair:
    if answers is None:
        raise UnusableTextError(f"nothing tells the two fields that {control} compares")
    others = [name for name in sheet.fields if name not in answers]
    named = [name for name in PROMPTS if name in others]
    if len(others) > 1 and len(named) != 1:
        raise UnusableTextError(
            f"it shows {', '.join(others)} beside the answers; call the field that they answer prompt"
        )
    prompt = next(iter(named or others), None)
    shown = (*answers, *([prompt] if prompt else []))
    keys = {name: found for name in shown if (found := dialogue_keys(sheet, name)) is not None}
    if prompt is None and not all(name in keys for name in answers):
        raise UnusableTextError("it shows two answers and nothing that they answer")
    return Pair(control, prompt, answers, keys)


def _conversation(pair: Pair, answer: str, fields: Mapping[str, Any]) -> list[Message]:
    prompt = _turns(pair, pair.prompt, fields, USER) if pair.prompt else []
    said = _turns(pair, answer, fields, ASSISTANT)
    return said if said[: len(prompt)] == prompt else prompt + said


def _turns(pair: Pair, name: str, fields: Mapping[str, Any], role: str) -> list[Message]:
    if name in pair.keys:
        return messages_in(fields, name, pair.keys[name])
    return [{"role": role, "content": text_in(fields, name)}]
