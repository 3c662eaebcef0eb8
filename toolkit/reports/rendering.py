"""The page as HTML: one file that asks the network for nothing and lets no script run but its own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from threading import Lock, Thread
from typing import Any

from toolkit import __version__
from toolkit.reports import theme
from toolkit.reports.page import Page
from toolkit.reports.wording import raw, shown

_MAKING = Lock()
_SPECIAL = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def html(page: Page, *, refresh_s: int | None = None) -> str:
    """Return a report as one self-contained HTML page.

    Parameters
    ----------
    page : Page
        The report.
    refresh_s : int, optional
        After how many seconds a browser loads it again, for a page that is written again and again.

    Returns
    -------
    str
        HTML. Everything that comes from data is escaped; a content security policy with the hashes of the page's own
        scripts keeps any other from running, and forbids every request.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("toolkit.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(raw=raw, shown=shown, told=told)
    scripts = (_bundle(), _own("report.js"))
    return environment.get_template("report.html").render(
        page=page,
        version=__version__,
        style=_own("report.css"),
        scripts=scripts,
        policy=_policy(scripts),
        charts=in_script({one.id: one.chart for one in page.figures().values() if one.chart is not None}),
        configs=in_script({"light": theme.config(dark=False), "dark": theme.config(dark=True)}),
        refresh_s=refresh_s,
    )


def in_script(value: Any) -> str:
    r"""Return JSON that can stand in a script element, whatever texts it holds.

    Examples
    --------
    >>> in_script({"label": "</script>"})
    '{"label":"\\u003c/script\\u003e"}'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_SPECIAL)


def told(text: str) -> str:
    """Return a sentence as HTML: what stands between backticks is code, all else is text.

    Examples
    --------
    >>> str(told("run `toolkit <x>` & see"))
    'run <code>toolkit &lt;x&gt;</code> &amp; see'
    """
    from markupsafe import Markup, escape

    # What is put together is escaped before.
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _policy(scripts: tuple[str, ...]) -> str:
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    own = " ".join(f"'sha256-{one}'" for one in digests)
    # Vega compiles the expressions of a chart; what it compiles comes from the charts' own code, data are never code.
    return (
        f"default-src 'none'; script-src {own} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _own(name: str) -> str:
    return (files("toolkit.reports") / "templates" / name).read_text(encoding="utf-8")


def prepare() -> None:
    """Begin to load what drawing takes, while something else is computed."""

    def load() -> None:
        import altair  # noqa: F401 - what it is loaded for

        _bundle()

    Thread(target=load, daemon=True).start()


def _bundle() -> str:
    """Return the program that draws charts; who asks while it is made waits for it."""
    with _MAKING:
        return _made()


@cache
def _made() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; making it takes seconds."""
    import vl_convert

    # An HTML parser would end or swallow the script at these, were they in it.
    return re.sub(
        r"<(?=/script|!--|script)",
        r"\\x3c",
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        flags=re.IGNORECASE,
    )
