"""Render HTML pages from templates that escape every value, with a Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from chatcert.files import packaged_text
from chatcert.text import count, format_duration, truncate, visible

TEXT_LIMIT: Final = 5_000
"""Characters of a single value that a page shows; a longer one is truncated, and its length named."""

_HEAP: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{8})"
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+)"
)
"""More combining marks on a letter than any language uses: browsers do not break lines within them."""

COMMAND_LIMIT: Final = 60_000
"""Characters of a command; a shorter limit would make commands useless."""


def render_page(template: str, **values: Any) -> str:
    """Render a self-contained page that includes its style and script, and a policy that allows only these."""
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


def escaping_environment(package: str, **filters: Callable[..., Any]) -> Environment:
    """Return the environment of a package's templates: values are escaped, and an undefined name is an error."""
    environment = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: page_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment


def page_text(text: str) -> str:
    """Prepare text for a page: escape invisible characters, reduce piles of combining marks, and truncate it."""
    return _HEAP.sub(lambda heap: f"{heap[1]}[{len(heap[2]):,} more marks]", visible(truncate(text, TEXT_LIMIT)))


def command(text: str) -> Markup:
    """Prepare a command line for a page; it is whole if a shell would take it."""
    return escape(visible(truncate(text, COMMAND_LIMIT)))


def anchor(text: str) -> str:
    """Return the name of an anchor: ``text``, or a digest of it if it is very long."""
    seen = visible(text)
    return seen if len(seen) <= 1_000 else f"{seen[:900]}-{hashlib.sha256(seen.encode()).hexdigest()}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return escaping_environment(
        "chatcert.report.views", count=count, command=command, anchor=anchor, duration=format_duration
    )


def _part(name: str) -> str:
    return packaged_text("chatcert.report.views", "templates", name)


def _policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows nothing but the page's own style and script."""
    scripts = _hash(script) if script else "'none'"
    return f"default-src 'none'; style-src {_hash(style)}; script-src {scripts}; base-uri 'none'; form-action 'none'"


def _hash(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
