"""report.dsse.json: a signed envelope around the statement of a report.

Dead Simple Signing Envelope v1 (https://github.com/secure-systems-lab/dsse) around the in-toto statement, whose digests
bind it to the report and the files beside it. Beyond what DSSE requires, a signature includes the public key, so that
damage is found without a key at hand. Whose key it is can only be checked with a key from elsewhere.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from chatcert.exceptions import SuiteError
from chatcert.files import write_whole
from chatcert.report.file_names import ENVELOPE, STATEMENT_FILE
from chatcert.report.seal.keys import PublicKey, SigningKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed statement.

    Attributes:
        payload: the bytes of the statement's file.
        key: the public key that the signature includes.
    """

    payload: bytes
    signature: bytes
    key: PublicKey

    @property
    def holds(self) -> bool:
        """Return whether the signature is valid for this key and payload."""
        return self.key.confirms(self.signature, _to_be_signed(self.payload))

    def to_bytes(self) -> bytes:
        """Serialise as canonical JSON (RFC 8785): an envelope has exactly one form."""
        return rfc8785.dumps(
            {
                "payload": _base64(self.payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [
                    {
                        "keyid": self.key.fingerprint,
                        "publicKey": _base64(self.key.der),
                        "sig": _base64(self.signature),
                    }
                ],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Envelope:
        """Parse what ``to_bytes`` returns.

        Raises:
            ValueError: it is not such an envelope, or not in this form; the text says why.
        """
        try:
            value: Any = json.loads(data)
            (signature,) = value["signatures"]
            envelope = cls(
                base64.b64decode(value["payload"], validate=True),
                base64.b64decode(signature["sig"], validate=True),
                PublicKey.from_der(base64.b64decode(signature["publicKey"], validate=True)),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ValueError("it is not an envelope of a report with one Ed25519 signature") from None
        if envelope.to_bytes() != data:
            raise ValueError("it is not in the form in which it was signed")
        return envelope


def sign_statement(statement: bytes, key: SigningKey) -> Envelope:
    """Sign a statement and return its envelope."""
    return Envelope(statement, key.sign(_to_be_signed(statement)), key.public)


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


def _to_be_signed(payload: bytes) -> bytes:
    """Return the pre-authentication encoding of DSSE, in which type and payload cannot be confused."""
    kind = PAYLOAD_TYPE.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
