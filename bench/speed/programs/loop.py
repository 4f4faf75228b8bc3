"""The limit: one httpx client that sends requests one after another and looks at nothing.

    python loop.py FILE

FILE holds a JSON list of [method, address, headers, body in base64 or null]. Prints one line of JSON: ``seconds`` for
sending alone, and the ``statuses`` that came back.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path

import httpx


def main(path: Path) -> None:
    """Send everything."""
    rows = json.loads(path.read_bytes())
    requests = [
        (
            method,
            url,
            [(k.encode(), v.encode("utf-8", "replace")) for k, v in headers],
            base64.b64decode(body) if body is not None else None,
        )
        for method, url, headers, body in rows
    ]
    statuses = []
    with httpx.Client(timeout=30, trust_env=False) as client:
        started = time.perf_counter()
        for method, url, headers, content in requests:
            statuses.append(client.request(method, url, headers=headers, content=content).status_code)
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "statuses": statuses}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
