"""Download of a document that ``--spec`` gives by its address: once, before anything is derived from it."""

from __future__ import annotations

import atexit
import hashlib
import re
import shutil
import ssl
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from chatcert.exceptions import SuiteError, UsageError
from chatcert.files import write_whole
from chatcert.run.options import RunOptions
from chatcert.transport.client import Client
from chatcert.transport.exchange import Received, TransportError
from chatcert.transport.limits import DEFAULT_TIMEOUT

DOCUMENTS: Final = ".documents"
"""Folder below the report folder that keeps downloaded documents, for ``--resume`` and ``chatcert report``."""
PAUSE: Final = 0.5
"""Seconds between two attempts."""
_ADDRESS: Final = re.compile(r"(https?):/+(?=[^/])")


def address_in(spec: Path | None) -> str:
    """Return the address that a path stands for; empty if it is the path of a file."""
    text = spec.as_posix() if spec is not None else ""
    found = _ADDRESS.match(text)
    return f"{found[1]}://{text[found.end() :]}" if found is not None else ""


def with_document(options: RunOptions) -> RunOptions:
    """Return options whose document is a file: what its address gave, in the report folder.

    For a plan, which writes nothing there, it is in a temporary folder until the program ends.

    Raises:
        UsageError: the address gives no document.
        SuiteError: the disk does not take it.
    """
    address = address_in(options.spec)
    if not address:
        return options
    content = _downloaded(address, options.timeout or DEFAULT_TIMEOUT, options.wait or 0.0)
    name = f"{hashlib.sha256(content).hexdigest()[:16]}{Path(address.partition('?')[0]).suffix or '.yaml'}"
    folder = options.report_dir / DOCUMENTS
    if options.plan:
        folder = Path(tempfile.mkdtemp(prefix="chatcert-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, content)
    except OSError as error:
        raise SuiteError(error.strerror or "cannot be written", where=str(folder), hint="make room") from None
    return replace(options, spec=folder / name, spec_address=address)


def _downloaded(address: str, timeout: float, wait: float) -> bytes:
    """Return what an address gives; ask again for some seconds where it gives nothing yet."""
    context = ssl.create_default_context() if address.startswith("https:") else None
    client = Client(timeout=timeout, connections=1, context=context)
    ends = time.monotonic() + wait
    try:
        while True:
            answer = client.send("GET", address, [("Accept", "application/json, application/yaml, */*;q=0.8")], None)
            if isinstance(answer, Received) and answer.status == 200:
                break
            if time.monotonic() >= ends:
                raise _no_document(address, answer)
            time.sleep(min(PAUSE, max(0.0, ends - time.monotonic())))
    finally:
        client.close()
    if answer.truncated:
        raise UsageError(f"{address} gives too large a document", where="--spec", hint="download it, and give the file")
    return answer.body


def _no_document(address: str, answer: Received | TransportError) -> UsageError:
    what = answer.message if isinstance(answer, TransportError) else f"status {answer.status}"
    location = answer.header("Location") if isinstance(answer, Received) else None
    hint = f"it leads to {location}: give that address" if location else "is it right, and does it run? --wait S waits"
    return UsageError(f"{address} gives no document: {what}", where="--spec", hint=hint)
