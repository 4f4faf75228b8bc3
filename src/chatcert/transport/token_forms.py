"""Spoilt JSON Web Tokens: without a signature, or signed with an unknown key (RFC 7515, RFC 8725)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

UNSIGNED_HEADER: Final = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
"""The base64url form of ``{"alg":"none","typ":"JWT"}``."""

UNSIGNED_TOKEN: Final = f"{UNSIGNED_HEADER}.eyJzdWIiOiJhZG1pbiIsImV4cCI6NDEwMjQ0NDgwMH0."
"""An unsigned token with the claims ``{"sub":"admin","exp":4102444800}``, for whatever kind of credential."""

_FOREIGN_KEY: Final = hashlib.sha256(b"chatcert foreign key").digest() * 2
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: Final = {"256": (ec.SECP256R1, 32), "384": (ec.SECP384R1, 48), "512": (ec.SECP521R1, 66)}
"""Curve of each ``ES…`` algorithm, and the bytes of each half of its signature (RFC 7518 section 3.4)."""


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
    signed = f"{parts[0]}.{parts[1]}"
    signature = _signature(str(_decoded(parts[0])["alg"]), signed.encode())
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


def _signature(algorithm: str, data: bytes) -> bytes | None:
    kind, size = algorithm[:2], algorithm[2:]
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.from_private_bytes(_FOREIGN_KEY[:32]).sign(data)
    if size not in _HASHES:
        return None
    match kind:
        case "HS":
            return hmac.digest(_FOREIGN_KEY, data, f"sha{size}")
        case "RS":
            return _rsa_key().sign(data, padding.PKCS1v15(), _HASHES[size])
        case "PS":
            hashed = _HASHES[size]
            salted = padding.PSS(mgf=padding.MGF1(_HASHES[size]), salt_length=hashed.digest_size)
            return _rsa_key().sign(data, salted, hashed)
        case "ES":
            curve, half = _CURVES[size]
            r, s = decode_dss_signature(ec.generate_private_key(curve()).sign(data, ec.ECDSA(_HASHES[size])))
            return r.to_bytes(half, "big") + s.to_bytes(half, "big")
    return None


@lru_cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
