"""Render a page of the site: self-contained, without scripts, with every value escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from chatcert.files import packaged_text
from chatcert.register.entries import STATUS_MEANINGS, Status
from chatcert.register.replicas import suspicion
from chatcert.register.site.site_view import ShownEntry
from chatcert.register.site.status_badge import render_status_badge
from chatcert.report.views.page import escaping_environment
from chatcert.text import count

STYLE: Final = "register.css"


def render_site_page(template: str, up: str, **values: Any) -> str:
    """Render a page that includes its style sheet, and a Content-Security-Policy that allows nothing else.

    Args:
        template: the name of its template.
        up: the relative path from the page's folder to that of the site: empty, or ``../``.
    """
    text, header = _style()
    style = Markup(text)  # noqa: S704  a file of this package
    common = {
        "style": style,
        "policy_header": header,
        "up": up,
        "meanings": STATUS_MEANINGS,
        "statuses": [*Status],
        "suspicion": suspicion,
    }
    return _environment().get_template(template).render(**common, badge=_badge, **values)


def _badge(shown: ShownEntry) -> Markup:
    return Markup(render_status_badge(shown))  # noqa: S704  it is serialised by an XML library


@lru_cache(maxsize=1)
def _style() -> tuple[str, str]:
    style = packaged_text("chatcert.register.site", "templates", STYLE)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        style,
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return escaping_environment("chatcert.register.site", count=count)
