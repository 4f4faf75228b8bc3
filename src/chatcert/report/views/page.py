"""What every HTML page here is made with: templates that escape all, and a policy under which nothing foreign runs."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from chatcert.files import packaged_text
from chatcert.text import count, format_duration, truncate, visible

TEXT_LIMIT: Final = 5_000
"""Characters of a single value that a page shows; what is longer is cut, with a word on it."""

_HEAP: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{8})"
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+)"
)
"""More combining marks on one letter than any language writes: no browser breaks the line within them."""

COMMAND_LIMIT: Final = 60_000
"""Characters of a command, which is of no use when it is cut earlier."""


def render_page(template: str, **values: Any) -> str:
    """One self-contained page: the style and the script of that name inside it, and a policy for just these two."""
    style, script = _part("report.css"), _part("report.js") if template == "report.html" else ""
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704  a file of this package
            script=Markup(script),  # noqa: S704  likewise
            policy=_policy(style, script),
            **values,
        )
    )


def shown(text: str, limit: int = TEXT_LIMIT) -> str:
    """``text`` as a page shows it: the unseen made visible, heaps of marks taken down, cut where nobody reads on."""
    return _HEAP.sub(lambda heap: f"{heap[1]}[{len(heap[2]):,} more marks]", visible(truncate(text, limit)))


def command(text: str) -> Markup:
    """A command line as a page shows it, whole wherever a shell would take it."""
    return escape(visible(truncate(text, COMMAND_LIMIT)))


def anchor(text: str) -> str:
    """The name of a place on the page: ``text``, or what stands for it where it is very long."""
    seen = visible(text)
    return seen if len(seen) <= 1_000 else f"{seen[:900]}-{hashlib.sha256(seen.encode()).hexdigest()}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates in which everything is escaped, the unseen made visible, and a missing name an error."""
    environment = Environment(
        loader=PackageLoader("chatcert.report.views", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count, command=command, anchor=anchor, duration=format_duration)
    return environment


def _part(name: str) -> str:
    return packaged_text("chatcert.report.views", "templates", name)


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which nothing runs or loads but the page's own style and script."""
    scripts = _hash(script) if script else "'none'"
    return f"default-src 'none'; style-src {_hash(style)}; script-src {scripts}; base-uri 'none'; form-action 'none'"


def _hash(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
