"""Open WebUI as a process on loopback: started, waited for, and stopped whatever happens."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import processes
from processes import free_port

NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens: a library that ignores the switches below gets no further."""
SWITCHES = {
    "USE_SLIM_DOCKER": "true",  # its slim mode, which does without the packages in overrides.txt
    "OFFLINE_MODE": "true",
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "ENABLE_OTEL": "false",
    "ENABLE_VERSION_UPDATE_CHECK": "false",
    "ENABLE_OLLAMA_API": "false",
    "ENABLE_OPENAI_API": "false",
    "ENABLE_API_KEYS": "true",  # off unless it is asked for
    "HTTP_PROXY": NOBODY,
    "HTTPS_PROXY": NOBODY,
    "NO_PROXY": "127.0.0.1,localhost",
}


def variables(data: Path) -> dict[str, str]:
    """The environment of a server that keeps everything in ``data``; nothing of ours but where programs are."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(data),
        "TMPDIR": str(data),
        "DATA_DIR": str(data),
        "WEBUI_SECRET_KEY": secrets.token_urlsafe(32),
        **SWITCHES,
    }


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, seconds: float
) -> Iterator[str]:
    """A server that ``command serve`` starts in ``folder``: yields its address once it is ready.

    Args:
        log: what it prints goes there.
        seconds: how long to wait for it.

    Raises:
        SuiteError: it cannot be started, or it ended.
        ReachabilityError: it is not ready in time.
    """
    port = free_port()
    line = [*command, "serve", "--host", "127.0.0.1", "--port", str(port)]
    with processes.running(line, environment, folder, log, port, is_ready=_is_ready, seconds=seconds):
        yield f"http://127.0.0.1:{port}"


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
