"""Records in signed envelopes: write them, and read them strictly."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, cast

import jsonschema_rs
import rfc8785

from chatcert.exceptions import UsageError
from chatcert.files import packaged_text
from chatcert.register.record_rows import CatalogueEntryRow, PolicyRow, RecordType, Row
from chatcert.report.seal.envelope import Envelope, sign_statement
from chatcert.report.seal.keys import SigningKey
from chatcert.text import one_line, shorten, visible

PAYLOAD_TYPE: Final = "application/vnd.chatcert.register+json"
MAX_BYTES: Final = 4 * 1024 * 1024
CATALOGUE: Final = "catalogue"
WORDS: Final = frozenset({"version", "host", "environment", "region", "name", "reason", "note", "text"})
"""Members in which people write; a reader must see all of it, so that two versions never look the same."""


def sign_record(row: Row, keys: Sequence[SigningKey], stamp: Callable[[bytes], bytes] | None = None) -> bytes:
    """Return the envelope of a record, signed by each of the keys.

    Args:
        stamp: returns a time-stamp (RFC 3161) of the bytes of a signature; without it there is none.

    Raises:
        UsageError: the record is not valid; the text says why.
    """
    try:
        check_row(row, row["type"])
    except ValueError as error:
        raise UsageError(str(error), where=row["type"], hint="write it another way") from None
    first, *others = keys
    envelope = sign_statement(rfc8785.dumps(cast("Any", row)), first, PAYLOAD_TYPE)
    for key in others:
        envelope = envelope.signed_by(key)
    if stamp is not None:
        for signature in envelope.signatures:
            envelope = envelope.stamped(signature.key, stamp(signature.value))
    return envelope.to_bytes()


def read_record(data: bytes) -> tuple[Row, Envelope]:
    """Parse an envelope whose signatures hold, and the record in it.

    Raises:
        ValueError: it is no such envelope, or no valid record in canonical form; the text says why.
    """
    envelope = Envelope.from_bytes(data, PAYLOAD_TYPE)
    if not envelope.holds:
        raise ValueError("a signature is not valid")
    value = _parsed(envelope.payload)
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in [*RecordType]:
        raise ValueError("it is no record of a register")
    check_row(value, str(kind))
    return cast("Row", value), envelope


def read_policy(data: bytes) -> PolicyRow:
    """Parse ``register.json``.

    Raises:
        ValueError: it is not valid, or not in canonical form.
    """
    value = _parsed(data)
    check_row(value, "policy")
    return cast("PolicyRow", value)


def read_catalogue(data: bytes) -> list[CatalogueEntryRow]:
    """Parse the catalogue of an entry.

    Raises:
        ValueError: it is not valid, or not in canonical form.
    """
    value = _parsed(data)
    check_row(value, CATALOGUE)
    return cast("list[CatalogueEntryRow]", value)


def plain_bytes(value: object) -> bytes:
    """Return the canonical JSON of a policy or a catalogue."""
    return rfc8785.dumps(cast("Any", value))


def check_row(value: object, kind: str) -> None:
    """Check a value against the definition of its kind.

    Raises:
        ValueError: it is not valid; the text says where and why.
    """
    for path, text in _words(value) if kind != CATALOGUE else ():
        if visible(text) != text:
            raise ValueError(f"{path}: it has invisible characters: {shorten(one_line(text), 80)}")
        if path.rpartition("/")[2] == "version" and text != " ".join(unicodedata.normalize("NFKC", text).split()):
            raise ValueError(f"{path}: it looks like another version: {shorten(one_line(text), 80)}")
    for error in _validator(kind).iter_errors(value):
        place = "/".join(str(step) for step in error.instance_path) or "top level"
        raise ValueError(f"{place}: {shorten(one_line(error.message), 160, keep_end=True)}")


def _words(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield what people wrote in a record, by path: names of versions and places, reasons, notes and texts."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in rows:
        place = f"{path}/{key}".removeprefix("/")
        if key in WORDS and isinstance(member, str):
            yield place, member
        elif isinstance(member, dict | list):
            yield from _words(member, place)


def digest_of_bytes(data: bytes) -> str:
    """Return the digest of a file as records name it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _parsed(data: bytes) -> Any:
    try:
        value = json.loads(data)
        is_canonical = rfc8785.dumps(value) == data
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        raise ValueError("it is not valid JSON") from None
    if not is_canonical:
        raise ValueError("it is not canonical JSON")
    return value


@lru_cache(maxsize=16)
def _validator(kind: str) -> Any:
    schema = json.loads(packaged_text("chatcert.register", "schema", "register-1.schema.json"))
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
