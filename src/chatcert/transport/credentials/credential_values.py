"""Configured values of credentials: pasted with a quote, a line break or a scheme around them, and repaired."""

from __future__ import annotations

import base64
import re

from chatcert.openapi.contract import Credential


def recognised(credential: Credential, text: str) -> tuple[str, str]:
    """Return the value of a credential, and what was taken off the text that it was configured with.

    A bearer value is the token alone, a basic one ``user:password``, a cookie its value; ``Bearer x``, ``"x"``,
    ``name=x`` or a line break at the end are what people paste.

    Returns:
        The value, and what was removed, in words without the value; empty where nothing was.
    """
    found: list[str] = []
    value = text.strip()
    if value != text:
        found.append("white space around it")
    if len(value) > 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
        found.append("quotes around it")
    line = re.match(rf"{re.escape(credential.name)}\s*:\s*", value, re.IGNORECASE)
    if credential.location == "header" and line:
        value = value[line.end() :]
        found.append(f"the header's name {credential.name}")
    if credential.location == "cookie" and value.startswith(f"{credential.name}="):
        value = value.removeprefix(f"{credential.name}=")
        found.append("the cookie's name")
    if credential.kind != "apiKey" and (scheme := re.match(rf"{credential.kind}\s+(?=\S)", value, re.IGNORECASE)):
        value = value[scheme.end() :]
        found.append(f"the word {credential.kind.capitalize()} before it")
    if credential.kind == "basic" and ":" not in value and (plain := _pair(value)):
        value = plain
        found.append("base64, which a request adds by itself")
    return value, " and ".join(found)


def _pair(value: str) -> str:
    """Return the ``user:password`` that a base64 text holds; empty if it holds none (RFC 7617)."""
    try:
        plain = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return ""
    return plain if ":" in plain and plain.isprintable() else ""
