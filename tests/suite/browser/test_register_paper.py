"""The pages of a register on paper, where nothing can be opened by a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.files import packaged_text

pytestmark = pytest.mark.slow


def test_closed_details_are_printed(visit: Callable[..., Any]) -> None:
    """What is closed on the screen is there on paper."""
    style = packaged_text("chatcert.register.site", "templates", "register.css")
    details = "<details><summary>Digests</summary><p id='digest'>sha256:0</p></details>"
    page = visit(f"<!doctype html><title>Register</title><style>{style}</style>{details}").page
    shown = "document.getElementById('digest').checkVisibility({contentVisibilityAuto: true})"

    assert not page.evaluate(shown)
    page.emulate_media(media="print")
    page.wait_for_function(shown)  # the browser may lay the page out a moment later
