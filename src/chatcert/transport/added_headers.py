"""Headers that are added to a request right before it is sent: its correlation id, and those of a hook."""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace

from chatcert.cases.case import Request
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import CredentialForm
from chatcert.transport.correlation import headers_of, request_id
from chatcert.transport.credentials.secret_values import mask
from chatcert.transport.preparation import PreparedRequest
from chatcert.transport.request_hook import OutgoingRequest
from chatcert.transport.target import Target


class AddedHeaders:
    """Adds headers to the requests of one session.

    A header is added only where the request has none of its name, and never one that the document describes.

    Args:
        run: the name of the run; a random one where it is empty.
        process: the name of this process, if several take part in the run.
        last_number: the number of the last request of an earlier part of the run.
    """

    def __init__(self, contract: Contract, target: Target, run: str, process: str, last_number: int) -> None:
        described = {p.name.lower() for p in contract.parameters if p.location == "header"}
        described |= {c.name.lower() for c in contract.credentials if c.location == "header"}
        self._names = tuple(name for name in target.correlation if name.lower() not in described)
        self._hook = target.hook
        self._schemes = {c.name.lower(): c.scheme for c in contract.credentials if c.location == "header"}
        self._run = run or secrets.token_hex(6)
        self._process = f"{contract.vendor}/{process}" if process else contract.vendor
        self._number = last_number
        self._lock = threading.Lock()

    def added_to(self, prepared: PreparedRequest, request: Request) -> PreparedRequest:
        """Return a request with the headers that it is sent with.

        Args:
            request: what was prepared; a hook that supplies a credential is left out where it is about that one.

        Raises:
            ConfigurationError: the hook gives anything but new headers.
        """
        given = {name.lower() for name, _ in prepared.headers}
        names = [name for name in self._names if name.lower() not in given]
        identifier = ""
        if names:
            with self._lock:
                self._number += 1
                identifier = request_id(self._run, self._process, self._number)
            found = headers_of(names, identifier)
            prepared = replace(prepared, headers=(*prepared.headers, *found), request_id=identifier)
        if self._hook is None or not all(
            request.credentials.get(scheme, CredentialForm.VALID) is CredentialForm.VALID
            for scheme in self._hook.supplies
        ):
            return prepared
        outgoing = OutgoingRequest(prepared.method, prepared.url, prepared.headers, prepared.body)
        added = self._hook.headers_for(outgoing)
        labels = {name: self._schemes.get(name.lower(), name) for name, _ in added}
        masked = tuple((name, mask(labels[name])) for name, _ in added)
        return replace(
            prepared,
            headers=(*prepared.headers, *added),
            sent=replace(prepared.sent, headers=(*prepared.sent.headers, *masked)),
            presented={**prepared.presented, **{labels[name]: value for name, value in added}},
        )
