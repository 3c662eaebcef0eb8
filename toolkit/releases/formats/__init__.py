"""The file formats of a release: one module each, and one line in the table.

Each is a :class:`~toolkit.releases.formats.writing.Format`.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.releases.formats.asr import ASR
from toolkit.releases.formats.coco import COCO
from toolkit.releases.formats.conll2003 import CONLL2003
from toolkit.releases.formats.delimited import CSV
from toolkit.releases.formats.huggingface import HUGGINGFACE
from toolkit.releases.formats.jsonl import JSONL
from toolkit.releases.formats.labelstudio import LABELSTUDIO
from toolkit.releases.formats.parquet import PARQUET
from toolkit.releases.formats.sft_messages import SFT_MESSAGES
from toolkit.releases.formats.spacy import SPACY
from toolkit.releases.formats.trl_preference import TRL_PREFERENCE
from toolkit.releases.formats.webvtt import WEBVTT
from toolkit.releases.formats.writing import Format
from toolkit.releases.formats.yolo import YOLO

# In the order in which help and cards list them: for any use first, then those for one.
_ALL: tuple[Format, ...] = (
    JSONL,
    CSV,
    PARQUET,
    HUGGINGFACE,
    LABELSTUDIO,
    TRL_PREFERENCE,
    SFT_MESSAGES,
    CONLL2003,
    SPACY,
    COCO,
    YOLO,
    ASR,
    WEBVTT,
)
FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
