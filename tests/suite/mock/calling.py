"""Calling a mock in-process: one valid request of any contract, and every edit of it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from chatcert.mock.application import Application
from chatcert.mock.backend import Backend
from chatcert.mock.deviation.fault import Fault, combined
from chatcert.mock.deviation.faulty_service import FaultyService, valid_body
from chatcert.mock.service import Service
from chatcert.openapi.contract import Contract

KEEP: Any = object()
"""Leaves a part of the valid request as it is."""


class Caller:
    """Sends requests to a mock of one contract.

    Args:
        faults: those that the mock shall have.
    """

    def __init__(self, contract: Contract, *faults: Fault) -> None:
        self.contract = contract
        self.backend = Backend.of(contract)
        service = FaultyService(contract, self.backend, combined(faults)) if faults else Service(contract, self.backend)
        self.app = Application({contract.vendor: service})

    @property
    def path(self) -> str:
        """The path of the operation, known resources put in."""
        path = f"/{self.contract.vendor}{self.contract.path}"
        for parameter in self.contract.parameters:
            if parameter.location == "path":
                known = self.backend.resources.get(("path", (parameter.name,)), parameter.example)
                path = path.replace("{" + parameter.name + "}", quote(str(known), safe=""))
        return path

    @property
    def body(self) -> Any:
        """A small valid body."""
        return valid_body(self.contract, self.backend)

    @property
    def credentials(self) -> dict[str, str]:
        """The headers that carry the right credentials."""
        headers = {}
        for credential in self.contract.credentials:
            secret = self.backend.secrets[credential.scheme]
            if credential.kind == "basic":
                secret = f"Basic {base64.b64encode(secret.encode()).decode()}"
            headers[credential.name] = f"Bearer {secret}" if credential.kind == "bearer" else secret
        return headers

    def post(
        self,
        body: Any = KEEP,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        more: Mapping[str, str] | None = None,
        path: str = "",
        method: str = "",
        content_type: str | None = "application/json",
    ) -> httpx.Response:
        """The answer to the valid request, with what is given in place of its parts.

        Args:
            raw: the bytes of the body; ``body`` as JSON where it is not given.
            headers: all credentials; the right ones where they are not given.
            more: further headers.
        """
        content = raw if raw is not None else json.dumps(self.body if body is KEEP else body).encode()
        sent = (
            list((self.credentials if headers is None else dict(headers)).items())
            if not isinstance(headers, list)
            else list(headers)
        )
        sent += [("Content-Type", content_type)] if content_type is not None else []
        sent += list((more or {}).items())
        return self.ask(method or self.contract.method, path or self.path, sent, content)

    def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]], content: bytes) -> httpx.Response:
        """The answer to any request."""
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]

        async def exchange() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
                return await client.request(method, f"http://mock{path}", headers=raw, content=content)

        return asyncio.run(exchange())


def required_members(contract: Contract) -> Iterator[str]:
    """Names of the required members of the body."""
    if contract.body is not None:
        yield from contract.body.schema.get("required", [])
        reference = contract.body.schema.get("$ref", "").rpartition("/")[2]
        yield from contract.body.schema.get("$defs", {}).get(reference, {}).get("required", [])
