"""Trusted time for a signature: requests to, and answers of, a time-stamp service (RFC 3161)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

QUERY_TYPE: Final = "application/timestamp-query"


def time_stamp_request(signature: bytes) -> bytes:
    """Return a request for a time-stamp of the bytes of a signature, DER: SHA-256, with nonce and certificates."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256)
    return bytes(builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes())


def check_reply(reply: bytes, request: bytes, signature: bytes) -> None:
    """Check that a service answered this request: granted, the same digest, the same nonce.

    Whether the service is trusted is not checked: ``stamped_time`` does that.

    Raises:
        ValueError: it did not; the text says why.
    """
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        answer = decode_timestamp_response(reply)
        status = answer.status
        info = answer.tst_info
        imprint, nonce = info.message_imprint.message, info.nonce
    except ValueError as error:
        raise ValueError(f"it is no time-stamp response: {error}") from None
    if status != PKIStatus.GRANTED:
        raise ValueError("the service refused")
    if imprint != hashlib.sha256(signature).digest():
        raise ValueError("it is a time-stamp of something else")
    if nonce.to_bytes((nonce.bit_length() + 7) // 8, "big") not in request:
        raise ValueError("it answers another request")


def stamped_time(reply: bytes, signature: bytes, roots: Sequence[bytes]) -> datetime:
    """Return the time that a trusted service gives for the bytes of a signature.

    Args:
        roots: root certificates of trusted services, PEM.

    Raises:
        ValueError: there is no time-stamp, or it is not valid, or no trusted service gave it; the text says why.
    """
    from cryptography.x509 import load_pem_x509_certificates
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    if not reply:
        raise ValueError("there is none")
    if not roots:
        raise ValueError("no time-stamp service is trusted")
    builder = VerifierBuilder()
    for root in {certificate for pem in roots for certificate in load_pem_x509_certificates(pem)}:
        builder = builder.add_root_certificate(root)
    try:
        answer = decode_timestamp_response(reply)
        builder.build().verify_message(answer, signature)
    except (ValueError, VerificationError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    moment = answer.tst_info.gen_time
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
