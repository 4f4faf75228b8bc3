"""The servers: which vendor's page each serves, with which framework, and how it is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON_FOLDER: Final = Path(__file__).resolve().parent / "python"

KEY, TOKEN = "key-7Fq2x9bR8wZt4LmN", "tok-3Jd8vQ1yHs6PkW0c"
"""Credentials of servers that live for one run on loopback."""
IDS: Final[Mapping[str, str]] = {
    "API_INTEGRATION_ID": "dpCD7snQ0tCWrdtp6UhZ",
    "FOLDER_ID": "0b9d6c1e-5a7f-4d1c-8e02-94c1b7a3f6d5",
    "ACCOUNT_ID": "ACCOUNT-1a2b3c4d",
    "PROJECT_ID": "PROJECT-5e6f7a8b",
    "VARIANT_ID": "VARIANT-9f0a1b2c",
    "AGENT_ID": "D5D0p7TUs66TTAEAx",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the packages are.

    Attributes:
        python: the folder of the programs of the virtual environment.
        node: the folder with the servers for Node.js, their packages and what is compiled of them.
    """

    python: Path
    node: Path


@dataclass(frozen=True, slots=True)
class Stack:
    """One server.

    Attributes:
        name: the framework.
        vendor: whose page it serves.
        command: returns the command line that serves it at a port.
        secrets: the environment variables with its credentials.
        variables: those with which chatcert gets the same credentials and names.
        behind_tls: whether nginx stands before it and speaks TLS.
    """

    name: str
    vendor: str
    command: Callable[[Places, int], list[str]]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    behind_tls: bool = False
    folder: Path = field(default=PYTHON_FOLDER)


def _uvicorn(app: str) -> Callable[[Places, int], list[str]]:
    return lambda places, port: [
        str(places.python / "uvicorn"),
        app,
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--no-access-log"),
    ]


def _gunicorn(app: str) -> Callable[[Places, int], list[str]]:
    return lambda places, port: [
        str(places.python / "gunicorn"),
        *("--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}", "--log-level", "warning", app),
    ]


def _script(name: str) -> Callable[[Places, int], list[str]]:
    return lambda places, port: [str(places.python / "python"), name, str(port)]


def _node(name: str, *arguments: str) -> Callable[[Places, int], list[str]]:
    return lambda places, port: ["node", str(places.node / name), str(port), *arguments]


_AGENCII = {
    "CHATCERT_AGENCII_BEARER_AUTH": TOKEN,
    "CHATCERT_AGENCII_API_INTEGRATION_ID": IDS["API_INTEGRATION_ID"],
}
_OPENWEBUI = {"CHATCERT_OPENWEBUI_BEARER_AUTH": KEY, "CHATCERT_OPENWEBUI_FOLDER_ID": IDS["FOLDER_ID"]}
_POLYAI = {
    "CHATCERT_POLYAI_API_KEY_AUTH": KEY,
    "CHATCERT_POLYAI_TOKEN_AUTH": TOKEN,
    "CHATCERT_POLYAI_ACCOUNT_ID": IDS["ACCOUNT_ID"],
    "CHATCERT_POLYAI_PROJECT_ID": IDS["PROJECT_ID"],
}
_SIGMAMIND = {"CHATCERT_SIGMAMIND_API_KEY_AUTH": KEY, "CHATCERT_SIGMAMIND_AGENT_ID": IDS["AGENT_ID"]}

STACKS: Final = (
    Stack("flask", "agencii", _gunicorn("flask_agencii:app"), {"TOKEN": TOKEN}, _AGENCII),
    Stack("nestjs", "agencii", _node("build/nest_agencii.js"), {"TOKEN": TOKEN}, _AGENCII),
    Stack("aiohttp", "openwebui", _script("aiohttp_openwebui.py"), {"KEY": KEY}, _OPENWEBUI),
    Stack("fastify", "openwebui", _node("fastify_openwebui.mjs"), {"KEY": KEY}, _OPENWEBUI),
    Stack("django-ninja", "polyai", _gunicorn("django_polyai:application"), {"API_KEY": KEY, "TOKEN": TOKEN}, _POLYAI),
    Stack("litestar", "polyai", _uvicorn("litestar_polyai:app"), {"API_KEY": KEY, "TOKEN": TOKEN}, _POLYAI),
    Stack(
        "fastapi-nginx-tls",
        "sigmamind",
        _uvicorn("fastapi_sigmamind:app"),
        {"API_KEY": KEY},
        _SIGMAMIND,
        behind_tls=True,
    ),
    Stack(
        "express",
        "sigmamind",
        _node("express_sigmamind.mjs", str(ROOT / "specs" / "sigmamind" / "openapi.yaml")),
        {"API_KEY": KEY},
        _SIGMAMIND,
    ),
)
