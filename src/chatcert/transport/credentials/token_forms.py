"""Spoilt JSON Web Tokens: without a signature, or signed with an unknown key (RFC 7515, RFC 8725)."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

UNSIGNED_HEADER: Final = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
"""The base64url form of ``{"alg":"none","typ":"JWT"}``."""

UNSIGNED_TOKEN: Final = f"{UNSIGNED_HEADER}.eyJzdWIiOiJhZG1pbiIsImV4cCI6NDEwMjQ0NDgwMH0."
"""An unsigned token with the claims ``{"sub":"admin","exp":4102444800}``, for whatever kind of credential."""


def claims_of(value: str) -> dict[str, Any] | None:
    """Return the claims of a signed JSON Web Token; ``None`` if the value is none."""
    parts = _parts(value)
    claims: dict[str, Any] | None = _decoded(parts[1]) if parts is not None else None
    return claims


def unsigned(value: str) -> str | None:
    """Return a token with the same claims, ``alg`` none and no signature; ``None`` if the value is no token."""
    parts = _parts(value)
    return f"{UNSIGNED_HEADER}.{parts[1]}." if parts is not None else None


def foreign_signed(value: str) -> str | None:
    """Return a token with the same header and claims that another key of the same kind has signed.

    Returns:
        ``None`` if the value is no token, or names an algorithm that is not in RFC 7518 or RFC 8037.
    """
    parts = _parts(value)
    if parts is None:
        return None
    from chatcert.transport.credentials.foreign_signatures import (
        signature_by_foreign_key,  # few vendors have such tokens
    )

    signed = f"{parts[0]}.{parts[1]}"
    signature = signature_by_foreign_key(str(_decoded(parts[0])["alg"]), signed.encode())
    return f"{signed}.{_url_safe(signature)}" if signature is not None else None


def _parts(value: str) -> tuple[str, str, str] | None:
    parts = value.split(".")
    if len(parts) != 3 or not parts[2]:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    is_whole = isinstance(header, dict) and isinstance(header.get("alg"), str) and isinstance(claims, dict)
    return (parts[0], parts[1], parts[2]) if is_whole else None


def _decoded(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
