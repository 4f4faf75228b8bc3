"""What a request is wrong in, whatever its values are: judged by jsonschema-rs on the schemas of the contract."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from behaviour.library import Case, Contract, JsonBody, RawBody


class Signatures:
    """Describes the cases of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._body = _Validator(contract.body.schema if contract.body is not None else True)
        self._parameters = {
            (p.location, _folded(p.location, p.name)): _Validator(p.schema) for p in contract.parameters
        }
        self._required = {(p.location, _folded(p.location, p.name)) for p in contract.parameters if p.required}

    def of(self, case: Case) -> str:
        """The expectation of a case, then whatever sets it apart from a plain valid request, sorted.

        A broken keyword is written ``maxLength@body/input``; ``*`` stands for a position in an
        array, or for a key that no schema names.
        """
        return " ".join([str(case.expectation), *sorted({*self._marks(case), *self._broken(case)})])

    def _marks(self, case: Case) -> Iterator[str]:
        """Yield the properties of a request, other than broken keywords, that a record keeps."""
        request = case.request
        if request.method != self._contract.method:
            yield f"method={request.method}"
        for scheme, form in request.credentials.items():
            yield f"credential:{scheme}={form}"
        usual = self._contract.body.media_type if self._contract.body is not None else ""
        for name, value in request.headers:
            if name.lower() == "content-type" and value != usual:
                yield f"media={value}"
        if self._contract.body is not None and request.body is None:
            yield "no-body"
        if isinstance(request.body, RawBody):
            yield "raw"
        if isinstance(request.body, JsonBody) and request.body.bindings:
            yield "bound"
        if case.control is not None:
            yield "controlled"
        if case.shared:
            yield "shared"
        if case.group:
            yield "together"
        if case.wait:
            yield "waits"

    def _broken(self, case: Case) -> Iterator[str]:
        body = case.request.body
        if isinstance(body, JsonBody):
            yield from self._body.errors(body.value, "body")
        elif isinstance(body, RawBody):
            try:
                value = json.loads(body.data)
            except (ValueError, RecursionError):
                yield "not-json@body"
            else:
                yield from self._body.errors(value, "body")
        sent = _sent(case)
        for location, name in sorted(self._required - sent.keys()):
            yield f"required@{location}:{name}"
        for place, texts in sent.items():
            if place in self._parameters:
                yield from _errors_in_text(self._parameters[place], texts, ":".join(place))


def _folded(location: str, name: str) -> str:
    return name.lower() if location == "header" else name


def _sent(case: Case) -> dict[tuple[str, str], list[str]]:
    """The texts of all parameters that a request carries, by location and name."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    request = case.request
    for name, value in request.path_parameters.items():
        found["path", name].append(value)
    for name, value in request.query:
        found["query", name].append(value)
    for name, value in request.headers:
        found["header", name.lower()].append(value)
        if name.lower() == "cookie":
            for part in value.split("; "):
                key, _, text = part.partition("=")
                found["cookie", key].append(text)
    return found


class _Validator:
    """Names every keyword that a value breaks, with the place in the value."""

    def __init__(self, schema: Any) -> None:
        self._declared = set(_declared(schema))
        try:
            self._validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        except ValueError:  # a pattern in a dialect that it does not know, for example
            self._validator = None

    def errors(self, value: Any, place: str) -> set[str]:
        """Every broken keyword of a value that stands at ``place`` of the request."""
        if self._validator is None:
            return {f"unknown-schema@{place}"}
        try:
            return {self._error(error, place) for error in self._validator.iter_errors(value)}
        except UnicodeEncodeError:  # half a surrogate pair
            return {f"not-unicode@{place}"}
        except (ValueError, RecursionError):  # a number or a depth beyond its limits
            return {f"beyond-limits@{place}"}

    def _error(self, error: jsonschema_rs.ValidationError, place: str) -> str:
        tokens = [token if token in self._declared else "*" for token in error.instance_path]
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
            tokens.append(error.kind.property)
        return f"{error.kind.name}@{'/'.join([place, *tokens])}"


def _declared(schema: Any) -> Iterator[str]:
    """Names of all properties in a schema; any other key of a value may be a generated one."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
    for inner in schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ():
        yield from _declared(inner)


def _errors_in_text(validator: _Validator, texts: Iterable[str], place: str) -> set[str]:
    """What is broken in a parameter under the kindest reading of its text."""
    readings = [validator.errors(value, place) for value in _readings(list(texts))]
    return min(readings, key=lambda found: (len(found), f"type@{place}" in found, sorted(found)))


def _readings(texts: list[str]) -> Iterator[Any]:
    """The values that a text in a parameter may stand for: itself, a number or other JSON value, a list."""
    text = texts[0]
    if len(texts) == 1:
        yield text
        yield _parsed(text)
    parts = text.split(",") if len(texts) == 1 else texts
    yield parts
    yield [_parsed(part) for part in parts]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
