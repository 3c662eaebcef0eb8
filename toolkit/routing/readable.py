"""What of a task may be read to route it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toolkit.models import MEDIA_FIELDS, Task

# What files and records say about their content; other metadata are ids, dates and addresses.
TELLING = ("abstract", "category", "description", "headline", "keywords", "subject", "summary", "tags", "topic")


def readable(task: Task, metadata: Mapping[str, Any] | None = None) -> str:
    r"""Return the words that tell what a task is about.

    A passage speaks for itself: title and metadata are those of its document, and count for a whole document only.
    Where a file lies says nothing.

    Parameters
    ----------
    task : Task
        Of any modality; the turns of a conversation, a transcript and a caption are all read.
    metadata : mapping, optional
        Its document's.

    Returns
    -------
    str
        Empty where there is nothing to read.

    Examples
    --------
    >>> from toolkit.models import Modality
    >>> task = Task("d", "d", "clip.wav", Modality.AUDIO, {"audio": "/data/clip.wav", "transcript": "Good morning."})
    >>> readable(task, {"keywords": ["cardiology"], "sha": "ab12"}).split("\n")
    ['cardiology', 'Good morning.']
    """
    whole = task.id == task.document
    begins_with_title = str(task.fields.get("text", "")).lstrip("# \n").startswith(task.title)
    title = task.title if whole and not begins_with_title else ""
    found = {name: value for name, value in task.fields.items() if name not in MEDIA_FIELDS}
    told = {name: metadata[name] for name in TELLING if name in metadata} if metadata and whole else {}
    return replace(task, title=title, fields={**told, **found}).text
