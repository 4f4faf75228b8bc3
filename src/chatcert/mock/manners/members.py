"""Manners of members: more than is documented, or no more than is promised."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chatcert.mock.manners.manner_draft import EditPlan, EditPlanner, MannerDraft, free
from chatcert.mock.manners.variations import Manner
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.pointer import MISSING, tokens_of

NEEDED = ("x-chatcert-promised", "x-chatcert-unique")
"""Rules that require a field."""


def member_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of answers with more fields, and with fewer."""
    yield draft.make(
        "extra-fields",
        "answers about created chats hold fields that are not documented",
        values=(draft.edit(_extended(_more), errors=False),),
    )
    yield draft.make(
        "extra-error-fields",
        "error answers hold fields that are not documented",
        values=(draft.edit(_extended(_more_about_errors), successes=False),),
    )
    yield draft.make(
        "fewer-fields",
        "answers about created chats hold no optional field that is not promised",
        values=(draft.edit(_reduced(_linked(draft.contract)), errors=False),),
    )
    yield draft.make(
        "fewer-error-fields",
        "error answers hold no more than one optional field",
        values=(draft.edit(_reduced(set(), keep_one=True), successes=False),),
    )


def _more() -> dict[str, Any]:
    return {
        "traceId": str(uuid.uuid4()),
        "apiVersion": 2,
        "region": None,
        "warnings": [],
        "_links": {"self": {"href": "/"}},
        "größe": 1.5,
    }


def _more_about_errors() -> dict[str, Any]:
    return {"code": "E1042", "requestId": str(uuid.uuid4()), "retryable": False, "hints": ["see the documentation"]}


def _extended(more: Callable[[], dict[str, Any]]) -> EditPlanner:
    """Add members to every object whose members are documented, and to the body itself."""

    def extend(value: Any) -> Any:
        return {**more(), **value} if isinstance(value, dict) else value

    return lambda places: [(p.path, extend) for p in free(places) if not p.path or p.schema.get("properties")]


def _reduced(needed: set[str], *, keep_one: bool = False) -> EditPlanner:
    """Leave out every optional member of the body that nothing needs.

    Args:
        needed: names of members that a later request needs.
        keep_one: whether one optional member stays if there would be none.
    """

    def plan(places: Sequence[Field]) -> EditPlan:
        members = [place for place in places if len(place.path) == 1]
        kept = needed | _compared(places)
        optional = [
            place
            for place in members
            if not place.required and place.path[0] not in kept and not any(rule in place.schema for rule in NEEDED)
        ]
        if optional and (keep_one or len(optional) == len(members)):
            optional.remove(_most_informative(optional))
        return [(place.path, _dropped) for place in optional]

    return plan


def _most_informative(places: Sequence[Field]) -> Field:
    """Return the first free text, or else the first field."""
    texts = [place for place in free(places) if place.types[:1] == ("string",) and "format" not in place.schema]
    return (texts or list(places))[0]


def _dropped(value: Any) -> Any:
    return MISSING


def _compared(places: Sequence[Field]) -> set[str]:
    """Return the names of members that another member is compared with."""
    rules = [place.schema.get("x-chatcert-not-before") for place in places]
    return {
        tokens_of(str(rule.get("field", "")))[0] for rule in rules if isinstance(rule, Mapping) and rule.get("field")
    }


def _linked(contract: Contract) -> set[str]:
    """Return the names of members that a later request takes a value from."""
    return {path[0] for path, _ in links(contract)}


def links(contract: Contract) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every path of a success that the document links to a field of a later request, with that field's name."""
    for answer in contract.successes:
        for link in answer.links.values():
            fields = link.get("requestBody") if isinstance(link, Mapping) else None
            for name, expression in fields.items() if isinstance(fields, Mapping) else ():
                source = str(expression)
                if source.startswith("$response.body#/"):
                    yield tokens_of(source.partition("#")[2]), str(name)
