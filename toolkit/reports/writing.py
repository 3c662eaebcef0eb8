"""Files that are there whole or not at all: a browser may load them at any time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from toolkit.errors import StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and then put it there; two who do so at once leave the one's or the other's.

    Raises
    ------
    StorageError
        It cannot be written; what stood there before still does.
    """
    aside = path.with_name(f".report-{os.getpid()}.unfinished")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", hint="choose another --out.") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
