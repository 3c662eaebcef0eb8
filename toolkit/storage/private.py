"""Files with secrets: for their owner only, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from toolkit.errors import StorageError


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step.

    It is written aside with mode 0600 and then moved, so that nobody ever sees half of it, or all of it by the mode of
    the file that was there. Two processes must not write the same file at once: callers hold a lock.

    Parameters
    ----------
    path : Path
        An existing file is replaced, a missing folder is made with mode 0700.
    text : str
        Written as UTF-8.

    Raises
    ------
    StorageError
        The file cannot be written; what was there is as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_private(Path(folder) / "keys" / "token", "secret")
    ...     oct((Path(folder) / "keys" / "token").stat().st_mode)
    '0o100600'
    """
    aside = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)  # left by a process that was killed; its mode may be another
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        aside.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}.") from error
