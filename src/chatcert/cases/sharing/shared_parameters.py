"""Requests whose path or query holds several hostile texts in one parameter, which takes any text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatcert.cases.case import Case, Request
from chatcert.cases.requests.impossibility import Subject
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.sharing.shared_bodies import Doubt
from chatcert.openapi.contract import Parameter
from chatcert.openapi.existing_names import parameter_names_something
from chatcert.openapi.schemas.validator import validator_for

_LONGEST: Final = 6000
"""Characters of all hostile texts of a request: every server is expected to read a request line of 8,000 (RFC 9112)."""


class _Text(NamedTuple):
    """A hostile text, and the parameter that holds it."""

    parameter: Parameter
    text: str


class SharedParameters:
    """Finds hostile texts of parameters that are valid there, and makes requests with several of them."""

    def __init__(self, requests: RequestBuilder) -> None:
        self._requests = requests
        self._plain = requests.request()
        self._texts: dict[str, _Text] = {}

    def take(self, subject: Subject | None, case: Case) -> bool:
        """Remember the hostile text of a case; return whether a right server may serve it.

        It does not where the parameter names something that has to exist, or where its schema excludes the text.
        """
        contract, request = self._requests.contract, case.request
        if subject is None or subject.place not in ("path", "query") or request.body != self._plain.body:
            return False
        found = [one for one in contract.parameters if (one.location, one.name) == (subject.place, subject.path[0])]
        if len(found) != 1 or parameter_names_something(contract, found[0]):
            return False
        pairs = request.path_parameters.items() if subject.place == "path" else request.query
        texts = [value for name, value in pairs if name == found[0].name]
        if len(texts) != 1 or not _is_valid(found[0], texts[0]):
            return False
        self._texts[case.id] = _Text(found[0], texts[0])
        return True

    def doubt(self, case: Case) -> Doubt:
        """Return why a right server may well refuse a case, if it may: gateways read a path in a path, and NUL."""
        text = self._texts[case.id].text
        return Doubt.UNREADABLE if "\0" in text or "/" in text else Doubt.NONE

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the valid request with the texts of all cases, one after another; ``None`` if that is no valid one."""
        values: dict[str, dict[str, str]] = {"path": {}, "query": {}}
        for parameter, text in (self._texts[case.id] for case in cases):
            held = values[parameter.location]
            held[parameter.name] = f"{held[parameter.name]} {text}" if parameter.name in held else text
            if not _is_valid(parameter, held[parameter.name]):
                return None
        if sum(len(text) for held in values.values() for text in held.values()) > _LONGEST:
            return None
        return self._requests.request(path=values["path"], query=values["query"])


def _is_valid(parameter: Parameter, text: str) -> bool:
    return validator_for(parameter.schema).is_valid(text)
