"""Find out whether the resources that a request names exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatcert.mock.backend import Backend, resource_places
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.path_tokens import ANY, is_open, matches_key
from chatcert.openapi.schemas.pointer import MISSING


def values_at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield all values at a field's path; ``*`` matches every item of an array and every member of an object.

    A pattern after ``*`` restricts it to the members whose name it matches.
    """
    if not path:
        yield value
    elif is_open(path[0]) and path[0] != ANY:
        for name, inner in value.items() if isinstance(value, dict) else ():
            if matches_key(path[0], name):
                yield from values_at(inner, path[1:])
    elif isinstance(value, list) and path[0].isdecimal() and int(path[0]) < len(value):
        yield from values_at(value[int(path[0])], path[1:])
    elif path[0] == ANY and isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from values_at(inner, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


class KnownResources:
    """The resources of a backend.

    Where the document has unknown values refused, a value must be the known one or an id that the mock has issued.
    Null, where the schema allows it, names no resource and is always right.

    Args:
        known: the known value of each place and path.
    """

    def __init__(self, contract: Contract, backend: Backend, known: Mapping[tuple[str, tuple[str, ...]], Any]) -> None:
        self._issued = backend.issued
        places = [place for place in resource_places(contract) if place.refuses_unknown]
        self._body = [(p.path, known[p.key]) for p in places if p.place == "body"]
        self._parameters = [(p.path[0], known[p.key]) for p in places if p.place != "body"]

    def unknown_name(self, body: Any, parameters: dict[str, Any]) -> str:
        """Return the first field or parameter that names an unknown resource; empty if there is none."""
        for name, known in self._parameters:
            value = parameters.get(name, MISSING)
            if value is not MISSING and value != known and value not in self._issued:
                return name
        for path, known in self._body:
            for value in values_at(body, path):
                if value is not None and value != known and value not in self._issued:
                    return "/".join(path)
        return ""
