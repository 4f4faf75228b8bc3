"""A curl line that sends a request again, credentials taken from the environment."""

from __future__ import annotations

import base64
import gzip
import shlex
from collections.abc import Sequence

SHORT_BODY = 1500
LONGEST_LINE = 20_000


def curl_line(method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None) -> str:
    """A line for a POSIX shell (bash where the body is long: it then travels packed).

    Args:
        headers: values may hold ``$VARIABLE`` expressions, which the shell fills in.
    """
    parts = ["curl", "-sS", "-i"]
    parts += ["-I"] if method == "HEAD" else ["-X", method]
    parts.append(shlex.quote(url))
    for name, value in headers:
        if "CHATCERT_" in value:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
            parts += ["-H", f'"{name}: {escaped}"']
        else:
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    if body is not None and method != "HEAD":
        if not any(name.lower() == "content-type" for name, _ in headers):
            parts += ["-H", "Content-Type:"]  # curl would name one of its own
        parts += ["--data-binary", _data(body)]
    return " ".join(parts)


def _data(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if len(body) <= SHORT_BODY and text.replace("\n", "").isprintable() and not text.startswith("@"):
        return shlex.quote(text)
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    if len(packed) > LONGEST_LINE:
        return "@body-from-evidence.bin"
    return f"@<(echo {packed} | base64 -d | gunzip)"
