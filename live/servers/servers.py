"""The servers: what each is installed from, how it is started on loopback, and what has to exist on it first."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from chatcert.exceptions import SuiteError

HERE: Final = Path(__file__).resolve().parent
NOBODY: Final = "http://127.0.0.1:9"
"""The discard port, where nothing listens: no library gets to a server outside of this machine."""
UNBOUNDED: Final = {"per_second": 100_000, "burst_count": 100_000}
"""A rate limit that no run reaches."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a server is started.

    Attributes:
        command: its command line.
        variables: its environment, beside what every server gets.
    """

    command: list[str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """One server.

    Attributes:
        name: the folder with its requirements.txt, and the name under which it is certified.
        package: what it is installed from.
        operation: the operation that creates a chat.
        prepare: takes its empty folder, the folder of its programs, a port and a secret; returns how it is started.
        document: takes its address and a folder; returns the file with its published document.
        configure: takes its address and the secret; returns the variables that chatcert needs.
        base: the path before those of the document.
    """

    name: str
    package: str
    operation: str
    prepare: Callable[[Path, Path, int, str], Prepared]
    document: Callable[[str, Path], Path]
    configure: Callable[[str, str], dict[str, str]]
    base: str = ""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of every server: its own folder, and no way out of this machine."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "HTTP_PROXY": NOBODY,
        "HTTPS_PROXY": NOBODY,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _adk(folder: Path, programs: Path, port: int, _: str) -> Prepared:
    agent = folder / "agents" / "helper"
    agent.mkdir(parents=True)
    (agent / "__init__.py").write_text("from . import agent\n", encoding="utf-8")
    (agent / "agent.py").write_bytes((HERE / "adk" / "agent.py").read_bytes())
    command = [str(programs / "adk"), "api_server", "--host", "127.0.0.1", "--port", str(port), str(agent.parent)]
    return Prepared(command, {"ADK_DISABLE_TELEMETRY": "1"})


def _langgraph(folder: Path, programs: Path, port: int, _: str) -> Prepared:
    (folder / "graph.py").write_bytes((HERE / "langgraph" / "graph.py").read_bytes())
    settings = {"dependencies": ["."], "graphs": {"echo": "./graph.py:graph"}}
    (folder / "langgraph.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [str(programs / "langgraph"), "dev", "--host", "127.0.0.1", "--port", str(port)]
    switches = {"LANGSMITH_TRACING": "false", "LANGGRAPH_NO_VERSION_CHECK": "1", "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
    return Prepared([*command, "--no-browser", "--no-reload"], switches)


def _synapse(folder: Path, programs: Path, port: int, secret: str) -> Prepared:
    limits = ("rc_message", "rc_room_creation", "rc_third_party_invite")
    settings: dict[str, Any] = {
        "server_name": "localhost",
        "pid_file": str(folder / "synapse.pid"),
        "listeners": [
            {
                "port": port,
                "type": "http",
                "tls": False,
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"]}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "media_store_path": str(folder / "media"),
        "registration_shared_secret": secret,
        "macaroon_secret_key": secret,
        "form_secret": secret,
        "signing_key_path": str(folder / "signing.key"),
        "report_stats": False,
        "suppress_key_server_warning": True,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        **dict.fromkeys(limits, UNBOUNDED),
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), UNBOUNDED),
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), UNBOUNDED),
    }
    file = folder / "homeserver.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")  # YAML reads JSON
    command = [str(programs / "python"), "-m", "synapse.app.homeserver", "--config-path", str(file)]
    try:
        done = subprocess.run(
            [*command, "--generate-keys"], cwd=folder, env=environment(folder), capture_output=True, check=False
        )
    except OSError as error:
        raise SuiteError(str(error), where=command[0]) from None
    if done.returncode:
        raise SuiteError(
            f"ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}", where=command[2]
        )
    return Prepared(command, {})


def _served(url: str, folder: Path) -> Path:
    """Return the file with the document that the server itself publishes."""
    answer = httpx.get(f"{url}/openapi.json", timeout=30, trust_env=False)
    if not answer.is_success:
        raise SuiteError(
            f"status {answer.status_code}", where="GET /openapi.json", hint="has this version another API?"
        )
    file = folder / "openapi.json"
    file.write_bytes(answer.content)
    return file


def _transcribed(_: str, __: Path) -> Path:
    return HERE / "synapse" / "openapi.yaml"


def _account(url: str, secret: str) -> dict[str, str]:
    """Register a user of Synapse, and return the variable with the token that this gives."""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        nonce = _value(client.get("/_synapse/admin/v1/register"), "nonce")
        name, password = "chatcert", secrets.token_urlsafe(24)
        message = f"{nonce}\x00{name}\x00{password}\x00notadmin".encode()
        proof = hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()
        person = {"nonce": nonce, "username": name, "password": password, "mac": proof}
        token = _value(client.post("/_synapse/admin/v1/register", json=person), "access_token")
    return {"CHATCERT_SYNAPSE_ACCESS_TOKEN_BEARER": token}


def _value(answer: httpx.Response, name: str) -> str:
    """Return one text of a successful JSON answer; an error quotes nothing of it, since it may hold a credential."""
    where = f"{answer.request.method} {answer.request.url.path}"
    value = answer.json().get(name) if answer.is_success else None
    if not isinstance(value, str):
        raise SuiteError(f"status {answer.status_code}, no {name}", where=where, hint="has this version another API?")
    return value


SERVERS: Final = {
    server.name: server
    for server in (
        Server(
            "adk",
            "google-adk",
            "POST /apps/{app_name}/users/{user_id}/sessions",
            _adk,
            _served,
            lambda _, __: {"CHATCERT_ADK_APP_NAME": "helper", "CHATCERT_ADK_USER_ID": "user-1"},
        ),
        Server("langgraph", "langgraph-cli", "POST /threads", _langgraph, _served, lambda _, __: {}),
        Server(
            "synapse",
            "matrix-synapse",
            "POST /createRoom",
            _synapse,
            _transcribed,
            _account,
            base="/_matrix/client/v3",
        ),
    )
}
