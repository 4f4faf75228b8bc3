"""GitHub Flavored Markdown in which text of a server or a document is never markup.

Such text stands in ``<code>`` or ``<pre>`` elements, where neither mentions nor links are looked for, with every
character that means something written as a reference.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final

from chatcert.text import one_line, shorten, truncate, visible

MAX_LINE: Final = 300
"""Characters of a line of code."""

MAX_BLOCK: Final = 20_000
"""Characters of a preformatted block."""

_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")


def code(text: str, limit: int = MAX_LINE) -> str:
    """Render text as one line of code: no markup, mention or link, and safe in a cell of a table."""
    line = shorten(one_line(text), limit)
    return f"<code>{_MARKUP.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"


def preformatted(text: str, limit: int = MAX_BLOCK) -> str:
    """Render text with its line breaks, as a block of its own."""
    return f"<pre>\n{html.escape(truncate(visible(text), limit))}\n</pre>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table of cells that are markup already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
