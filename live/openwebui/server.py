"""Open WebUI as a process on loopback: started, waited for, and stopped whatever happens."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from chatcert.exceptions import ReachabilityError, SuiteError

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
STOP_SECONDS = 10.0
LOG_LINES = 15


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

    It has a session of its own, so that Ctrl-C does not reach it before we stop it by its process id.

    Args:
        log: what it prints goes there.
        seconds: how long to wait for it.

    Raises:
        SuiteError: it cannot be started, or it ended.
        ReachabilityError: it is not ready in time.
    """
    url = f"http://127.0.0.1:{_free_port()}"
    line = [*command, "serve", "--host", "127.0.0.1", "--port", url.rpartition(":")[2]]
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(
                line,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        except OSError as error:
            raise SuiteError(str(error), where=line[0]) from None
        try:
            _wait(process, url, log, seconds)
            yield url
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    try:
        process.terminate()
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()  # does nothing where it has ended
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with httpx.Client(timeout=5, trust_env=False) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise SuiteError(f"the server ended with {process.returncode}: {_tail(log)}", where=str(log))
            if _is_ready(client, url):
                return
            time.sleep(0.2)
    raise ReachabilityError(
        f"the server is not ready after {seconds:g} s: {_tail(log)}", where=url, hint="allow more with --ready-timeout"
    )


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/ready").status_code == 200
    except httpx.HTTPError:
        return False


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
