"""Rules that an invalid request stays refused beside what is valid, and where it merely resembles a valid one."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Body
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.path_tokens import ANY, is_open, leads_to_one
from chatcert.requirements.check import Beside, Near, RefusesBeside, RefusesNear
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

MOST_FAULTS = 12
"""Single faults that are tried in one circumstance."""

_TEXTS = {
    Beside.CHARSET: "a charset parameter stands on the media type",
    Beside.UNKNOWN_FIELD: "a property is there that the schema does not name",
    Beside.OTHER_FIELDS: "the optional fields are there as well",
    Beside.LONG_NEIGHBOUR: "another field is long",
    Beside.KEY_ORDER: "the keys stand in another order",
    Beside.ESCAPED_KEYS: "the keys are written with escapes",
    Beside.LATER_ENTRY: "it is not the first entry of its list or map that is wrong",
    Beside.QUERY: "the query has what the body lacks",
}
_SOURCES = {
    Beside.CHARSET: "RFC 9110 section 8.3.1",
    Beside.KEY_ORDER: "RFC 8259 section 4",
    Beside.ESCAPED_KEYS: "RFC 8259 section 8.3",
}


def beside_rules(
    draft: Draft, body: Body, faults: list[tuple[str, ...]], position: tuple[int, ...]
) -> Iterator[Requirement]:
    """Derive that what is refused alone is refused in each circumstance that a body has room for.

    Args:
        faults: the fields on which there are rules.
    """
    if "json" not in body.media_type:
        return
    fields = [*walk(body.schema, body.schema_pointer)]
    top = [field for field in fields if len(field.path) == 1 and leads_to_one(field.path)]
    is_whole = any(parameter.is_whole_query for parameter in draft.contract.parameters)
    has_room = {
        Beside.OTHER_FIELDS: len(top) > 1 and any(not field.required for field in top),
        Beside.KEY_ORDER: len(top) > 1,
        Beside.LATER_ENTRY: any(ANY in path for path in faults),
        Beside.QUERY: not is_whole and any(field.required and field.types == ("string",) for field in top),
    }
    for circumstance, text in _TEXTS.items():
        if not any(faults) or not has_room.get(circumstance, True):
            continue
        source = _SOURCES.get(circumstance, "")
        yield draft.make(
            f"request/beside/{circumstance}",
            Kind.REFUSAL,
            RefusesBeside(circumstance),
            f"An invalid request stays refused where {text}",
            provenance=_provenance(circumstance),
            level=Level.SHOULD if circumstance is Beside.QUERY else Level.MUST,
            pointer=body.schema_pointer,
            source=source,
            rank=Rank.OTHER,
            cost=Cost(MOST_FAULTS, from_standard=True),
            position=position,
        )


def _provenance(circumstance: Beside) -> Provenance:
    """Return where a rule comes from. That a server looks for a field in the query as well is widespread."""
    if circumstance is Beside.QUERY:
        return Provenance.INFERRED
    return Provenance.HTTP if circumstance in _SOURCES else Provenance.SCHEMA


def near_rules(draft: Draft, body: Body, position: tuple[int, ...]) -> Iterator[Requirement]:
    """Derive that what merely resembles a member of an enum, or a required name, does not count as it."""
    if "json" not in body.media_type:
        return
    for field in walk(body.schema, body.schema_pointer):
        if field.optional_branch or not field.path or is_open(field.path[-1]):
            continue
        if any(isinstance(member, str) and member for member in field.schema.get("enum", ())):
            text = f"{field.name} takes nothing that merely resembles one of its values"
            yield _near(draft, field, Near.ENUM, text, position)
        if field.required and leads_to_one(field.path) and any(map(str.isalpha, field.path[-1])):
            text = f"A key that differs from {field.name} in its case is another key"
            yield _near(draft, field, Near.KEY, text, position)


def _near(draft: Draft, field: Field, near: Near, text: str, position: tuple[int, ...]) -> Requirement:
    return draft.make(
        f"request/body/{field.name}/{near}",
        Kind.REFUSAL,
        RefusesNear(field.path, near),
        text,
        provenance=Provenance.INFERRED,
        pointer=field.pointer,
        source="RFC 8259 section 8.3",
        cost=Cost(6 if near is Near.ENUM else 1, from_standard=True),
        position=position,
    )
