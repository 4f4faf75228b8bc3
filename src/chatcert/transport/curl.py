"""Curl lines that repeat a request, with credentials from environment variables."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shlex
from collections.abc import Sequence
from urllib.parse import quote

from chatcert.transport.credential_forms import Expression

SHORT_BODY = 1500
LONGEST_LINE = 20_000


def curl_line(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes | None,
    query: Sequence[tuple[str, Expression]] = (),
) -> str:
    """Return a line for a POSIX shell, or for bash if the body is long and therefore compressed.

    A body that is too long even when compressed is extracted from ``evidence.jsonl`` by the line itself, which has to
    be run in the folder of that file.

    Args:
        headers: pairs of name and value; the shell expands a value that is an ``Expression``.
        query: credentials in the query (needs curl 7.87 or later).
    """
    parts = ["curl", "-sS", "-i"]
    parts += ["-I"] if method == "HEAD" else ["-X", shlex.quote(method)]
    parts.append(shlex.quote(url))
    for name, expression in query:
        parts += ["--url-query", _filled(f"{quote(name, safe='')}=", expression)]
    for name, value in headers:
        if isinstance(value, Expression):
            # without a value curl would drop the header, but not where a semicolon takes the colon's place
            parts += ["-H", _filled(f"{name}: ", value) if value else shlex.quote(f"{name};")]
        else:
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    if body is not None and method != "HEAD":
        if not any(name.lower() == "content-type" for name, _ in headers):
            parts += ["-H", "Content-Type:"]  # otherwise curl adds its own
        parts += ["--data-binary", _data(body)]
    return " ".join(parts)


def literal(text: str) -> str:
    """Escape a text for double quotes, so that the shell expands nothing in it."""
    return "".join(f"\\{character}" if character in '\\"`$' else character for character in text)


def _filled(before: str, expression: Expression) -> str:
    return f'"{literal(before)}{expression}"'


def _data(body: bytes) -> str:
    text = _text(body)
    shown = (text or "").replace("\n", "")
    if text is not None and len(body) <= SHORT_BODY and (shown.isprintable() and not text.startswith("@")):
        return shlex.quote(text)
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    if len(packed) > LONGEST_LINE:
        return f"@<(python3 -c {shlex.quote(_extraction(body))} evidence.jsonl)"
    return f"@<(echo {packed} | base64 -d | gunzip)"


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _extraction(body: bytes) -> str:
    """Return a program that finds a request's body in the evidence by its digest, and prints it."""
    member, read = ("base64", "b64decode(b['base64'])") if _text(body) is None else ("text", "b['text'].encode()")
    digest = hashlib.sha256(body).hexdigest()
    program = (
        "import json,sys;from base64 import b64decode;from hashlib import sha256;"
        "bodies=(json.loads(line)['sent']['body'] for line in open(sys.argv[1]));"
        f"found=({read} for b in bodies if b and '{member}' in b);"
        f"sys.stdout.buffer.write(next(d for d in found if sha256(d).hexdigest()=='{digest}'))"
    )
    return program.replace("'", '"')
