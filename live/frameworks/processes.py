"""Servers as processes on loopback: started, waited for, and stopped by their process id whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from packages import nginx
from stacks import IDS, Places, Stack

from chatcert.exceptions import ReachabilityError, SuiteError

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
LOG_LINES = 12

_NGINX = """\
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 8m;
    gzip on;
    gzip_types application/json;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
}}
"""


@contextmanager
def serving(stack: Stack, places: Places, folder: Path) -> Iterator[str]:
    """Serve a stack; yields its base address once it accepts connections.

    Args:
        folder: an empty folder for logs, certificates and the proxy's files.

    Raises:
        SuiteError: a process could not be started, or ended.
        ReachabilityError: it does not listen in time.
    """
    port = _free_port()
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "NODE_ENV": "production",
        "PYTHONDONTWRITEBYTECODE": "1",
        **IDS,
        **stack.secrets,
    }
    with _running(stack.command(places, port), environment, stack.folder, folder / "server.log", port):
        if not stack.behind_tls:
            yield f"http://127.0.0.1:{port}"
            return
        front = _free_port()
        trustme = [str(places.python / "python"), "-m", "trustme", "--quiet", "--dir", str(folder)]
        subprocess.run([*trustme, "--identities", "127.0.0.1", "localhost"], check=True, timeout=READY_SECONDS)
        configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""  # its workers write to a folder of ours
        text = _NGINX.format(folder=folder, port=front, behind=port, user=user)
        configuration.write_text(text, encoding="utf-8")
        command = [nginx(), "-c", str(configuration), "-p", str(folder), "-e", str(folder / "nginx.log")]
        with _running(command, environment, folder, folder / "proxy.log", front):
            yield f"https://127.0.0.1:{front}"


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, port: int
) -> Iterator[None]:
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        except OSError as error:
            raise SuiteError(str(error), where=command[0]) from None
        try:
            _wait(process, log, port)
            yield
        finally:
            _stop(process)


def _wait(process: subprocess.Popen[bytes], log: Path, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SuiteError(f"the server ended with {process.returncode}: {_tail(log)}", where=str(log))
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise ReachabilityError(f"nothing listens after {READY_SECONDS:g} s: {_tail(log)}", where=f"127.0.0.1:{port}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and the workers of its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
