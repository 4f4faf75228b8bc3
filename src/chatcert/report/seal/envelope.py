"""report.dsse.json: a signed envelope around the statement of a report, with one signature or several.

Dead Simple Signing Envelope v1 (https://github.com/secure-systems-lab/dsse) around the in-toto statement, whose digests
bind it to the report and the files beside it. Beyond what DSSE requires, a signature includes the public key, so that
damage is found without a key at hand, and may include a time-stamp (RFC 3161). Whose key it is can only be checked with
a key, or a list of keys, from elsewhere.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import rfc8785

from chatcert.exceptions import SuiteError
from chatcert.files import write_whole
from chatcert.report.file_names import ENVELOPE, STATEMENT_FILE
from chatcert.report.seal.keys import PublicKey, SigningKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_SIGNATURES: Final = 16


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope.

    Attributes:
        key: the public key that the signature includes.
        time_stamp: a time-stamp response (RFC 3161) over ``value``; empty if there is none.
    """

    key: PublicKey
    value: bytes
    time_stamp: bytes = b""

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        row = {"keyid": self.key.fingerprint, "publicKey": _base64(self.key.der), "sig": _base64(self.value)}
        return {**row, "timeStamp": _base64(self.time_stamp)} if self.time_stamp else row

    @classmethod
    def from_dict(cls, row: Any) -> Self:
        """Parse what ``to_dict`` returns.

        Raises:
            ValueError, KeyError, TypeError: it is no such signature.
        """
        return cls(
            PublicKey.from_der(base64.b64decode(row["publicKey"], validate=True)),
            base64.b64decode(row["sig"], validate=True),
            base64.b64decode(row.get("timeStamp", ""), validate=True),
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload.

    Attributes:
        payload: the bytes of the statement's file.
        signatures: at least one, sorted by key id; no key signs twice.
        payload_type: what the payload is; it is signed as well.
    """

    payload: bytes
    signatures: tuple[Signature, ...]
    payload_type: str = PAYLOAD_TYPE

    @property
    def holds(self) -> bool:
        """Return whether every signature is valid for its key and the payload."""
        signed = _to_be_signed(self.payload_type, self.payload)
        return all(one.key.confirms(one.value, signed) for one in self.signatures)

    @property
    def signers(self) -> tuple[PublicKey, ...]:
        """Return the keys that signed."""
        return tuple(one.key for one in self.signatures)

    def signed_by(self, key: SigningKey) -> Envelope:
        """Return the envelope with one more signature; that of the same key is replaced."""
        added = Signature(key.public, key.sign(_to_be_signed(self.payload_type, self.payload)))
        return self._with(added)

    def stamped(self, key: PublicKey, time_stamp: bytes) -> Envelope:
        """Return the envelope with a time-stamp of the signature by this key."""
        (signature,) = (one for one in self.signatures if one.key == key)
        return self._with(replace(signature, time_stamp=time_stamp))

    def _with(self, signature: Signature) -> Envelope:
        others = [one for one in self.signatures if one.key != signature.key]
        return replace(self, signatures=_ordered([*others, signature]))

    def to_bytes(self) -> bytes:
        """Serialise as canonical JSON (RFC 8785): an envelope has exactly one form."""
        return rfc8785.dumps(
            {
                "payload": _base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [one.to_dict() for one in self.signatures],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes, payload_type: str = PAYLOAD_TYPE) -> Envelope:
        """Parse what ``to_bytes`` returns.

        Raises:
            ValueError: it is not such an envelope, or not in this form; the text says why.
        """
        try:
            value: Any = json.loads(data)
            signatures = [Signature.from_dict(row) for row in value["signatures"]]
            envelope = cls(base64.b64decode(value["payload"], validate=True), _ordered(signatures), payload_type)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError("it is not an envelope with Ed25519 signatures of different keys") from None
        if not 1 <= len({key.fingerprint for key in envelope.signers}) == len(signatures) <= MAX_SIGNATURES:
            raise ValueError("it is not an envelope with Ed25519 signatures of different keys")
        if envelope.to_bytes() != data:
            raise ValueError("it is not in the form in which it was signed")
        return envelope


def sign_statement(statement: bytes, key: SigningKey, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Sign a statement and return its envelope."""
    return Envelope(statement, (), payload_type).signed_by(key)


def seal_report(folder: Path, key: SigningKey) -> None:
    """Sign the report in ``folder``, over the bytes of its statement on disk.

    Raises:
        SuiteError: the disk does not take it.
    """
    try:
        envelope = sign_statement((folder / STATEMENT_FILE).read_bytes(), key)
        write_whole(folder / ENVELOPE, envelope.to_bytes())
    except OSError as error:
        raise SuiteError(
            f"the report cannot be signed: {error.strerror or error}",
            where=str(folder),
            hint="make room there; the report itself is complete, without a signature",
        ) from None


def _ordered(signatures: list[Signature]) -> tuple[Signature, ...]:
    return tuple(sorted(signatures, key=lambda one: one.key.fingerprint))


def _to_be_signed(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding of DSSE, in which type and payload cannot be confused."""
    kind = payload_type.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
