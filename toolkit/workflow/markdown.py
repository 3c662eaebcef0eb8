"""Instructions written as HTML, as Markdown that a person can read and go on writing."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
EMPHASIS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}
BLOCKS = frozenset({"p", "div", "section", "article", "table", "tr", "dt", "dd", "blockquote", "center", *HEADINGS})
LISTS = frozenset({"ul", "ol"})
INDENT = " " * 3  # below "1. " as well as "- "
BREAK = "\x00"  # stands before the line end of a <br> while we read; no HTML can hold it
UNSEEN = frozenset({"script", "style", "head"})


def markdown_of(instructions: str) -> str:
    r"""Return instructions as Markdown: headings, paragraphs, lists, tables, links and emphasis stay what they are.

    Parameters
    ----------
    instructions : str
        HTML, well-formed or not. Text without a single tag keeps its lines.

    Returns
    -------
    str
        Ends with one line end; "" where nothing can be read.

    Examples
    --------
    >>> print(markdown_of("<h2>Risk</h2><p>Say <b>high</b> where</p><ul><li>money<li>people</ul>"), end="")
    ## Risk
    <BLANKLINE>
    Say **high** where
    <BLANKLINE>
    - money
    - people
    """
    if not re.search(r"<[a-zA-Z!/]", instructions):
        text = html.unescape(instructions).strip()
    else:
        writer = _Writer()
        writer.feed(instructions)
        writer.close()
        text = writer.text()
    return f"{text}\n" if text else ""


class _Writer(HTMLParser):
    """Writes Markdown while it reads HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._lists: list[int | None] = []  # the lists we are in: None, or how many numbered items there were
        self._links: list[str] = []
        self._unseen = self._verbatim = 0
        self._n_rows = self._n_cells = 0

    def text(self) -> str:
        """Return what was written, without needless empty lines; a break stays where text goes on after it."""
        text = re.sub(r" +\n", "\n", "".join(self._out).rstrip(f" \n{BREAK}"))
        text = re.sub(rf"(?:{BREAK}\n *){{2,}}", "\n\n", text)
        text = re.sub(rf"{BREAK}\n(?! *\n)", "  \n", text).replace(BREAK, "")
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open what a tag stands for."""
        given = dict(attrs)
        self._unseen += tag in UNSEEN
        if tag in LISTS:
            self._line(blank=not self._lists)
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag in BLOCKS:
            self._line(blank=tag != "tr")
            self._n_rows, self._n_cells = self._n_rows if tag == "tr" else 0, 0
            self._out.append(f"{HEADINGS[tag]} " if tag in HEADINGS else "> " if tag == "blockquote" else "")
        elif tag in ("td", "th"):
            self._out.append(" | " if self._n_cells else "| ")
            self._n_cells += 1
        elif tag == "pre":
            self._line(blank=True)
            self._out.append("```\n")
            self._verbatim += 1
        elif tag == "a":
            self._links.append(given.get("href") or "")
            self._out.append("[" if self._links[-1] else "")
        else:
            self._inline(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close what a tag stands for."""
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in LISTS and self._lists:
            self._lists.pop()
            self._line(blank=not self._lists)
        elif tag == "tr" and self._n_cells:
            # A row of dashes makes the first one the heading, without which Markdown has no table.
            self._out.append(" |" if self._n_rows else f" |\n|{' --- |' * self._n_cells}")
            self._n_rows += 1
        elif tag == "pre" and self._verbatim:
            self._verbatim -= 1
            self._out.append("\n```\n\n")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._out.append(f"]({address})" if address else "")
        elif tag in BLOCKS:
            self._line(blank=True)
        elif tag in EMPHASIS and not self._verbatim:
            self._out.append(EMPHASIS[tag])

    def handle_data(self, data: str) -> None:
        """Write text, its white space as a browser shows it."""
        if self._unseen:
            return
        if self._verbatim:
            self._out.append(data)
            return
        text = re.sub(r"\s+", " ", data)
        self._out.append(text.lstrip() if not self._out or self._out[-1][-1:] in ("\n", " ", "") else text)

    def _inline(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "br":
            self._out.append(f"{BREAK}\n{INDENT * len(self._lists)}")
        elif tag == "hr":
            self._line(blank=True)
            self._out.append("---\n\n")
        elif tag == "img":
            self._out.append(f"![{given.get('alt') or ''}]({given.get('src') or ''})")
        elif tag in EMPHASIS and not self._verbatim:
            self._out.append(EMPHASIS[tag])

    def _item(self) -> None:
        self._line()
        mark = "-"
        if self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            mark = f"{self._lists[-1]}."
        self._out.append(INDENT * (len(self._lists) - 1) + f"{mark} ")

    def _line(self, *, blank: bool = False) -> None:
        """Begin a new line, after an empty one where a block begins or ends."""
        written = "".join(self._out[-4:])
        if not written.strip(" "):
            return
        if re.search(r"(^|\n) *([-*]|\d+\.|>) $", written):  # a paragraph within an item begins with it
            return
        end = len(written) - len(written.rstrip(" \n"))
        ends = written[len(written) - end :].count("\n")
        self._out.append("\n" * max((2 if blank and not self._lists else 1) - ends, 0))
