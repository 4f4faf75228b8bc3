"""report.dsse.json: the signature over a report's statement, in an envelope of its own.

Dead Simple Signing Envelope v1 (https://github.com/secure-systems-lab/dsse) around the in-toto statement, whose digests
bind it to the report and everything beside it. Beyond what DSSE asks for, a signature holds the public key, so that
damage is found without the key at hand; whose key it is, only a key from elsewhere can tell.
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
from chatcert.report.seal.keys import PublicKey, SigningKey
from chatcert.report.seal.statement import ENVELOPE, STATEMENT_FILE

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed statement.

    Attributes:
        payload: the bytes of the statement's file.
        key: the public key that the signature names.
    """

    payload: bytes
    signature: bytes
    key: PublicKey

    @property
    def holds(self) -> bool:
        """Whether the signature is one of that key over that payload."""
        return self.key.confirms(self.signature, _to_be_signed(self.payload))

    def to_bytes(self) -> bytes:
        """The file, as canonical JSON (RFC 8785): an envelope can be written in one way only."""
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
        """The inverse of ``to_bytes``.

        Raises:
            ValueError: it is no such envelope, or written in any other way; the text says why.
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
            raise ValueError("it is no envelope of a report with one Ed25519 signature") from None
        if envelope.to_bytes() != data:
            raise ValueError("it is not written as it was when it was signed")
        return envelope


def sign_statement(statement: bytes, key: SigningKey) -> Envelope:
    """The envelope of a statement, signed."""
    return Envelope(statement, key.sign(_to_be_signed(statement)), key.public)


def seal_report(folder: Path, key: SigningKey) -> None:
    """Sign the report in ``folder``, over the bytes of its statement as they lie there.

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
    """The pre-authentication encoding of DSSE: neither type nor payload can be taken for a part of the other."""
    kind = PAYLOAD_TYPE.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
