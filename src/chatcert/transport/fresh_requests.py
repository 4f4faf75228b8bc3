"""Give each request new values where a value must be new, as late as possible: when it is sent."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import count
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request
from chatcert.cases.requests.encoding import form_text
from chatcert.cases.requests.text_forms import is_form, read_text
from chatcert.openapi.contract import Contract
from chatcert.openapi.distinct import DistinctPlace, distinct_places
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, concrete_paths, lookup, replaced
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.fresh_values import fresh, varied
from chatcert.openapi.values.request_markers import free_texts, marker_of, schema_at
from chatcert.transport.exchange import Sent
from chatcert.transport.preparation import ControlUnusable

_PART = re.compile(r'; name="([^"\r\n]*)"\r\n\r\n(.*?)\r\n--', re.DOTALL)
"""A part of a multipart form: its name and its content."""

Key = tuple[str, tuple[str, ...]]
Typical = Callable[[str, tuple[str, ...]], Any]
"""Given a place, returns the value that valid requests have there; ``MISSING`` where there is none."""


class FreshRequests:
    """Replaces the values that must be new in the requests of one session, and gives requests a marker.

    The new values follow from a random number of the session and the number of the request, so that no two runs, and
    no two processes of one run, send the same ones. What identifies a request, such as its key, is that of the request
    before the replacement.

    Args:
        typical: gives the values that stand in requests until they are replaced.
        run: identifies the session; random by default.
    """

    def __init__(self, contract: Contract, typical: Typical, run: str = "") -> None:
        self._contract = contract
        self._typical = typical
        self._run = run or secrets.token_hex(8)
        self._numbers = count(1)
        self._places: dict[Key, DistinctPlace] = {place.key: place for place in distinct_places(contract)}

    @property
    def places(self) -> Mapping[Key, DistinctPlace]:
        """The places whose value must be new: those of the document, and those that were learnt."""
        return self._places

    def learn(self, place: DistinctPlace) -> None:
        """Treat the values of one more place as values that must be new."""
        self._places = {**self._places, place.key: place}

    def renewed(self, case: Case, sent: Sent | None = None, also: Iterable[DistinctPlace] = ()) -> Request:
        """Return the request of a case with new values.

        Args:
            sent: the request of the control as it was sent, whose values the request may have to repeat.
            also: further places that get a new value.

        Raises:
            ControlUnusable: a value to repeat is not to be found in the control.
        """
        request = case.request
        for place in (*self._places.values(), *also):
            if ANY in place.path:
                request = self._with_new_items(request, case, place)
                continue
            known = self._typical(*place.key)
            if place.key in request.repeats:
                value = value_sent(self._contract, sent, place) if sent is not None else MISSING
                if value is MISSING:
                    raise ControlUnusable(f"the earlier request has no {place.path[-1]} that could be repeated")
                request = _with_value(request, place, known, value)
                continue
            value = _value_in(request, place)
            if isinstance(request.body, RawBody) and place.place == "body":
                value = known
            if value is MISSING or value is None or (case.expectation is Expectation.ANY and value != known):
                continue
            request = _with_value(request, place, known, self._new(value, known, place))
        return self._with_marker(request, case)

    def _with_marker(self, request: Request, case: Case) -> Request:
        """Return the request with a marker in the first free text that is as in every valid request.

        Other texts are what a case is about.
        """
        body = request.body
        if isinstance(body, RawBody):
            return self._with_marked_text(request, body, case)
        if not isinstance(body, JsonBody):
            return request
        for path in free_texts(self._contract):
            text = lookup(body.value, path)
            is_fixed = ("body", path) in self._places or ("body", path) in request.repeats
            if is_fixed or not isinstance(text, str) or text != lookup(self._typical("body", path[:1]), path[1:]):
                continue
            marked = f"{text} {marker_of(self._run, case.request.key)}"
            if self._is_valid(path, marked):
                return replace(request, body=replace(body, value=replaced(body.value, path, marked)))
        return request

    def _with_marked_text(self, request: Request, body: RawBody, case: Case) -> Request:
        """Return the request with a marker in its bytes, where these hold the text of every valid request.

        An upload that breaks off announces the length of its bytes: it is sent as it is.
        """
        if any(name.lower() == "content-length" for name, _ in request.headers):
            return request
        for path in free_texts(self._contract):
            text = lookup(self._typical("body", path[:1]), path[1:])
            if not isinstance(text, str) or ("body", path) in (*self._places, *request.repeats):
                continue
            marked = f"{text} {marker_of(self._run, case.request.key)}"
            data = _with_text(body.data, path[-1], text, marked)
            if data != body.data and self._is_valid(path, marked):
                return replace(request, body=RawBody(data))
        return request

    def _is_valid(self, path: tuple[str, ...], text: str) -> bool:
        """Return whether the schema of a field allows a text."""
        body = self._contract.body
        return body is not None and validator_for(body.schema).part(schema_at(body.schema, path)).is_valid(text)

    def _with_new_items(self, request: Request, case: Case, place: DistinctPlace) -> Request:
        """Return the request with a new value in each item of a list; hostile bodies are sent as they are."""
        body = request.body
        if isinstance(body, RawBody):
            return replace(request, body=self._with_new_texts(body, place))
        if not isinstance(body, JsonBody) or case.expectation is Expectation.ANY:
            return request
        for path in concrete_paths(body.value, place.path):
            new = self._new_item(lookup(body.value, path), place)
            body = replace(body, value=replaced(body.value, path, new))
        return replace(request, body=body)

    def _with_new_texts(self, body: RawBody, place: DistinctPlace) -> RawBody:
        """Return bytes in which the values that the items of a valid body have are new ones."""
        within = place.path.index(ANY)
        items = self._typical("body", place.path[:within])
        for path in concrete_paths(items, place.path[within:]):
            known = lookup(items, path)
            body = RawBody(_with_text(body.data, place.path[-1], known, self._new_item(known, place)))
        return body

    def _new_item(self, value: Any, place: DistinctPlace) -> Any:
        """Return a new value for one in a list: alike if possible, and otherwise a valid one if the value is valid."""
        new = self._new(value, MISSING, place)
        is_valid = validator_for(place.root).part(place.schema).is_valid
        return self._new(value, value, place) if new == value and is_valid(value) else new

    def _new(self, value: Any, known: Any, place: DistinctPlace) -> Any:
        """Return a new value for one that stands in a request: a boundary value keeps its length, for example."""
        random = Random(f"{self._run} {next(self._numbers)} {place.key}")
        if place.place != "body" and isinstance(value, str):
            value, known = read_text(value, place.schema), read_text(str(known), place.schema)
        if value == known:
            new = fresh(value, place.schema, place.root, random)
            if new is not MISSING:
                return new
        return varied(value, place.schema, place.root, random, ascii_only=place.place == "header")


def values_sent(contract: Contract, sent: Sent, place: DistinctPlace) -> list[Any]:
    """Return the values at a place of a request as it was sent: one of each item, where the place is in a list."""
    if place.place == "body" and ANY in place.path:
        body = _body_of(contract, sent)
        return [lookup(body, path) for path in concrete_paths(body, place.path)]
    value = value_sent(contract, sent, place)
    return [] if value is MISSING else [value]


def value_sent(contract: Contract, sent: Sent, place: DistinctPlace) -> Any:
    """Return the value at a place of a request as it was sent; ``MISSING`` where there is none, or it is unreadable."""
    name = place.path[0]
    match place.place:
        case "body":
            return lookup(_body_of(contract, sent), place.path)
        case "query":
            values = parse_qs(urlsplit(sent.url).query, keep_blank_values=True).get(name, [])
            return values[0] if values else MISSING
        case "header":
            return next((value for key, value in sent.headers if key.lower() == name.lower()), MISSING)
        case "path":
            pattern = re.escape(contract.path).replace(re.escape("{" + name + "}"), "([^/]*)")
            found = re.search(re.sub(r"\\\{[^/]*?\\\}", "[^/]*", pattern) + r"\Z", sent.path)
            return unquote(found[1]) if found is not None and found.groups() else MISSING
        case _:
            return MISSING


def _body_of(contract: Contract, sent: Sent) -> Any:
    if contract.body is not None and is_form(contract.body.media_type):
        text = (sent.body or b"").decode("utf-8", "replace")
        if "multipart" in contract.body.media_type:
            return dict(_PART.findall(text))
        pairs = parse_qs(text, keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}
    return _parsed(sent.body or b"")


@lru_cache(maxsize=256)
def _parsed(body: bytes) -> Any:
    """Parse a body; what is found is kept, since each place that is learnt is looked for in all that was sent."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return MISSING


def _value_in(request: Request, place: DistinctPlace) -> Any:
    name = place.path[0]
    match place.place:
        case "body":
            return lookup(request.body.value, place.path) if isinstance(request.body, JsonBody) else MISSING
        case "query":
            return dict(request.query).get(name, MISSING)
        case "header":
            return dict(request.headers).get(name, MISSING)
        case "path":
            return request.path_parameters.get(name, MISSING)
        case _:
            return MISSING


def _with_value(request: Request, place: DistinctPlace, known: Any, new: Any) -> Request:
    name = place.path[0]
    match place.place:
        case "body" if isinstance(request.body, JsonBody):
            return replace(request, body=replace(request.body, value=replaced(request.body.value, place.path, new)))
        case "body" if isinstance(request.body, RawBody):
            return replace(request, body=RawBody(_with_text(request.body.data, place.path[-1], known, new)))
        case "query":
            return replace(request, query=_with_pair(request.query, name, form_text(new)))
        case "header":
            return replace(request, headers=_with_pair(request.headers, name, form_text(new)))
        case "path":
            return replace(request, path_parameters={**request.path_parameters, name: form_text(new)})
        case _:
            return request


def _with_pair(pairs: Iterable[tuple[str, str]], name: str, value: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, value if key == name else old) for key, old in pairs)


def _with_text(data: bytes, name: str, known: Any, new: Any) -> bytes:
    """Return bytes, JSON or not, in which a member of that name and value has the new value."""
    plain = re.escape(name.encode("utf-8", "replace"))  # a pattern that begins with fixed letters is searched fast
    before = (_spelled(name) if b"\\u" in data else plain) + rb"""["']?\s*[:=]\s*["']?"""
    for write in (_in_json, _in_ascii_json, form_text, _in_escapes):
        old, text = (write(value).encode("utf-8", "replace") for value in (known, new))
        if old not in data:  # which is found out much faster than by the pattern
            continue
        parts = re.split(rb"(" + before + rb")" + re.escape(old), data)
        if len(parts) > 1:
            return parts[0] + b"".join(part + text + rest for part, rest in zip(parts[1::2], parts[2::2], strict=True))
    return data


def _spelled(name: str) -> bytes:
    """Return a pattern of a name in which any character may be written as JSON escapes (RFC 8259 section 7)."""
    return b"".join(
        b"(?:%s|%s)" % (re.escape(character.encode("utf-8", "replace")), _escapes(character)) for character in name
    )


def _escapes(character: str) -> bytes:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return b"".join(b"\\\\u(?i:%s)" % units[at : at + 4].encode() for at in range(0, len(units), 4))


def _in_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).strip('"')


def _in_ascii_json(value: Any) -> str:
    return json.dumps(value).strip('"')


def _in_escapes(value: Any) -> str:
    return "".join(f"\\u{ord(c):04x}" if c.isalpha() and c.isascii() else c for c in _in_ascii_json(value))
