"""The entry point: ``toolkit`` and ``python -m toolkit``."""

from __future__ import annotations

import sys

BUG, INTERRUPTED = 70, 130


def main() -> None:
    """Run the command line; a bug exits with 70, so that it is never taken for a failed check."""
    try:
        from toolkit.cli import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run the same command again to go on\n")
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - the last resort; the traceback is what a bug report needs
        import traceback

        traceback.print_exc()
        sys.stderr.write("This is a bug in the toolkit; please report it with the lines above.\n")
        sys.exit(BUG)


if __name__ == "__main__":
    main()
