"""A part of the operation's path that stands in the configured address too is recognised."""

from __future__ import annotations

import pytest

from chatcert.transport.called_address import doubled_path_hint


@pytest.mark.parametrize(
    ("base", "path", "better"),
    [
        ("http://127.0.0.1:1/api/v1", "/v1/chats", "http://127.0.0.1:1/api"),
        ("http://127.0.0.1:1/v1/chats/", "/v1/chats", "http://127.0.0.1:1"),
        ("http://127.0.0.1:1/api/chats", "/v1/chats", "http://127.0.0.1:1/api"),
    ],
)
def test_a_doubled_path_is_recognised(base: str, path: str, better: str) -> None:
    """The hint names the address that holds nothing of the path."""
    assert f"give {better} as" in doubled_path_hint(base, base.rstrip("/") + path)


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://127.0.0.1:1/v2", "http://127.0.0.1:1/v1/api"])
def test_another_path_is_not(base: str) -> None:
    """An address that shares nothing with the path, or not at its end, gets no hint."""
    assert "" == doubled_path_hint(base, f"{base}/v1/chats")
