"""Serve a stack on loopback, behind nginx with TLS where it asks for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packages import nginx
from processes import READY_SECONDS, free_port, running
from stacks import IDS, Places, Stack

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
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "NODE_ENV": "production",
        "PYTHONDONTWRITEBYTECODE": "1",
        **IDS,
        **stack.secrets,
    }
    with running(stack.command(places, port), environment, stack.folder, folder / "server.log", port):
        if not stack.behind_tls:
            yield f"http://127.0.0.1:{port}"
            return
        front = free_port()
        trustme = [str(places.python / "python"), "-m", "trustme", "--quiet", "--dir", str(folder)]
        subprocess.run([*trustme, "--identities", "127.0.0.1", "localhost"], check=True, timeout=READY_SECONDS)
        configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""  # its workers write to a folder of ours
        text = _NGINX.format(folder=folder, port=front, behind=port, user=user)
        configuration.write_text(text, encoding="utf-8")
        command = [nginx(), "-c", str(configuration), "-p", str(folder), "-e", str(folder / "nginx.log")]
        with running(command, environment, folder, folder / "proxy.log", front):
            yield f"https://127.0.0.1:{front}"
