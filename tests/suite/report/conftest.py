"""Fixtures for the tests of the report."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The builders of sample data beside this file."""
    spec = spec_from_file_location("report_samples", Path(__file__).with_name("samples.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "</pre></details></article></main><iframe src=//evil.example></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<!doctype html><plaintext>",
    "<textarea><title><xmp><noscript>",
    "]]><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "&lt;script&gt;&#60;script&#62;",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "\u202e\u2066gnp.exe\u2028\u2029\u200b\ufeff\ufffe",
    "\ud800<script>\udfff",
    "a\u0300" * 300,
    "x" * 3_000,
)


@pytest.fixture(params=PAYLOADS, ids=lambda payload: ascii(payload)[:30])
def payload(request: pytest.FixtureRequest) -> str:
    """Text that a hostile server, document or proxy may send."""
    return str(request.param)
