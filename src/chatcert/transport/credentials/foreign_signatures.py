"""Signatures of JSON Web Tokens by a key that no server knows (RFC 7518, RFC 8037)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_FOREIGN_KEY: Final = hashlib.sha256(b"chatcert foreign key").digest() * 2
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: Final = {"256": (ec.SECP256R1, 32), "384": (ec.SECP384R1, 48), "512": (ec.SECP521R1, 66)}
"""Curve of each ``ES…`` algorithm, and the bytes of each half of its signature (RFC 7518 section 3.4)."""


def signature_by_foreign_key(algorithm: str, data: bytes) -> bytes | None:
    """Return the signature of data by a key that no server knows.

    Args:
        algorithm: its name in RFC 7518 or RFC 8037.

    Returns:
        ``None`` if it is none of these.
    """
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
