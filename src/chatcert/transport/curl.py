"""Curl lines that repeat a request, with credentials from environment variables."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shlex
from urllib.parse import quote, unquote_plus

from chatcert.openapi.contract import Contract
from chatcert.transport.credentials.shell_expressions import MASK_START, Expression, Expressions, literal
from chatcert.transport.exchange import Sent
from chatcert.transport.odd_paths import DOT_SEGMENT
from chatcert.transport.usual_headers import is_left_out

SHORT_BODY = 1500
"""Bytes of a body up to which a line shows it as it is."""
LONGEST_LINE = 20_000
"""Characters of a compressed body up to which a line holds it."""


def curl_line(sent: Sent, contract: Contract) -> str:
    """Return a line that sends a recorded request again, with credentials from environment variables.

    It works in any POSIX shell. A long body is compressed, and other programs decompress it for curl. A body that is
    too long even then is extracted from ``evidence.jsonl``, so the line has to be run in the folder of that file. A
    credential in the query needs curl 7.87 or later.
    """
    expressions = Expressions(contract)
    source = ""
    parts = ["curl", "-sS", "-i"]
    parts += ["--path-as-is"] if DOT_SEGMENT in sent.path else []
    parts += ["-I"] if sent.method == "HEAD" else ["-X", shlex.quote(sent.method)]
    address, query = _separated(sent.url, expressions)
    parts.append(shlex.quote(address))
    for name, expression in query:
        parts += ["--url-query", _filled(f"{quote(name, safe='')}=", expression)]
    for name, recorded in sent.headers:
        value = expressions.of_header(name, recorded)
        if isinstance(value, Expression):
            # without a value curl would drop the header, but not where a semicolon takes the colon's place
            parts += ["-H", _filled(f"{name}: ", value) if value else shlex.quote(f"{name};")]
        elif is_left_out(name, recorded):
            parts += ["-H", shlex.quote(f"{name}:")]
        else:
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    if sent.body is not None and sent.method != "HEAD":
        if not any(name.lower() == "content-type" for name, _ in sent.headers):
            parts += ["-H", "Content-Type:"]  # otherwise curl adds its own
        source, data = _data(sent.body)
        parts += ["--data-binary", data]
    line = " ".join(parts)
    return f"{source} | {line}" if source else line


def _separated(url: str, expressions: Expressions) -> tuple[str, list[tuple[str, Expression]]]:
    """Return an address without the credentials in its query, and these credentials."""
    base, mark, query = url.partition("?")
    kept: list[str] = []
    credentials: list[tuple[str, Expression]] = []
    for pair in query.split("&") if mark else ():
        name, _, value = pair.partition("=")
        expression = expressions.of(unquote_plus(value)) if MASK_START in value else value
        if isinstance(expression, Expression):
            credentials.append((unquote_plus(name), expression))
        else:
            kept.append(pair)
    return f"{base}?{'&'.join(kept)}" if kept else base, credentials


def _filled(before: str, expression: Expression) -> str:
    return f'"{literal(before)}{expression}"'


def is_readable(body: bytes) -> bool:
    """Return whether a command shows a body as it is, and not packed."""
    text = _text(body)
    shown = (text or "").replace("\n", "")
    return text is not None and len(body) <= SHORT_BODY and shown.isprintable() and not text.startswith("@")


def _data(body: bytes) -> tuple[str, str]:
    """Return commands that print a long body, empty for a short one, and what curl sends."""
    if is_readable(body):
        return "", shlex.quote(body.decode())
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    if len(packed) > LONGEST_LINE:
        return f"python3 -c {shlex.quote(_extraction(body))} evidence.jsonl", "@-"
    return f"echo {packed} | base64 -d | gunzip", "@-"


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _extraction(body: bytes) -> str:
    """Return a program that finds a request's body in the evidence by its digest, and prints it."""
    digest = hashlib.sha256(body).hexdigest()
    program = (
        "import json,sys;from base64 import b64decode;from hashlib import sha256;"
        "bodies=(json.loads(line)['sent']['body'] for line in open(sys.argv[1]));"
        "found=(b64decode(b['base64']) if 'base64' in b else"
        " ''.join(t*n for t,n in b.get('runs',[[b.get('text'),1]])).encode() for b in bodies if b);"
        f"sys.stdout.buffer.write(next(d for d in found if sha256(d).hexdigest()=='{digest}'))"
    )
    return program.replace("'", '"')
