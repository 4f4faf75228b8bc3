"""Refusal: a request that breaks one rule of the document is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.openapi.body_types import FORMS, can_be_written, holds_any_bytes
from chatcert.openapi.contract import Body, Parameter, Schema
from chatcert.openapi.distinct import DistinctPlace, distinct_places
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.alternatives import alternatives_of, lean_on_formats, tags_of
from chatcert.openapi.schemas.branched_fields import branched_fields
from chatcert.openapi.schemas.dialect import ORIGIN, UNSENT
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.fields import Field, is_impossible, walk
from chatcert.openapi.schemas.keywords import ANNOTATIONS, is_sent
from chatcert.openapi.schemas.path_tokens import ANY, of_pattern, shown_token
from chatcert.openapi.schemas.pointer import join
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.acceptance import alternatives_in_type
from chatcert.requirements.beside_rules import beside_rules, near_rules
from chatcert.requirements.check import PayloadForm, Refuses, RefusesInMediaType, RefusesPayload, RefusesRepeated
from chatcert.requirements.draft import Draft, format_value
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

KEYWORDS = (
    "type",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "dependentRequired",
    "oneOf",
    "anyOf",
    "not",
)

EMPTY = "empty-string"
"""In place of a keyword: the empty string, where a least length forbids it."""
_SAYS_NOTHING = frozenset(("$defs", ORIGIN, "example", "default", *ANNOTATIONS))
"""Keywords that a schema may have that takes any value."""

_TOLD_APART = frozenset(("integer", "number", "boolean", "null"))
"""Types of which not every text is a value."""
SAME = "schema"
"""In place of a keyword: all that a shared schema says, at a place of a large document that is not its first."""
_REPEATING = (SAME, EMPTY, "null", "format")
"""Keywords of refusals that repeat others."""
_NAMED_IN = {EMPTY: "minLength"}

MALFORMED = {
    PayloadForm.TRUNCATED: "A JSON text that breaks off in the middle is refused",
    PayloadForm.UNCLOSED: "A JSON text without its closing brace is refused",
    PayloadForm.GARBAGE: "A text that is no JSON at all is refused",
    PayloadForm.TRAILING_BYTES: "Anything after the JSON text is refused",
    PayloadForm.MISSING_COMMA: "A JSON text with a comma missing is refused",
    PayloadForm.NAN: "NaN, which JSON does not know, is refused where a member needs another type",
}
EXTENSIONS = {
    PayloadForm.TRAILING_COMMA: "A comma after the last member is refused",
    PayloadForm.COMMENT: "A comment in the JSON text is refused",
    PayloadForm.SINGLE_QUOTES: "Strings in single quotes are refused",
    PayloadForm.CONTROL_CHARACTER: "A line break inside a JSON string is refused",
}
"""Extensions of JSON: RFC 8259 section 9 permits a parser to accept them, so their refusal is a ``should``."""
ABSENT = {
    PayloadForm.ABSENT: "A request without its required body is refused",
    PayloadForm.EMPTY: "An empty body is refused where a body is required",
    PayloadForm.WHITE_SPACE: "A body of nothing but white space is refused",
}
_EXTRA_COST = {"type": 7, "maxLength": 3, "minLength": 3, "enum": 3}
"""Requests for keywords that have many boundary cases, to which the examples of the profile are added."""

MOST_IN_TYPE, MOST_IN_ALTERNATIVE = 6, 3
"""Invalid bodies that are sent in a further media type, and of each alternative of it."""

_BODY, _JSON, _ABSENT, _PARAMETERS, _BESIDE = (0,), (1,), (3,), (4,), (5,)
"""Positions in the part ``request`` of the catalogue; wrong media types (2) belong to the family ``protocol``."""


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``refusal``."""
    body = draft.contract.body
    if body is not None:
        of_fields = [
            one
            for field in branched_fields(body.schema, body.schema_pointer)
            for one in _field(draft, field, body.schema)
        ]
        yield from of_fields
        yield from near_rules(draft, body, _BODY)
        yield from _payload(draft, body)
        plain = [c.path for one in of_fields if isinstance(c := one.check, Refuses) and not c.choices]
        yield from beside_rules(draft, body, plain, _BESIDE)
        yield from _media_types(draft, body)
    for parameter in draft.contract.parameters:
        yield from _parameter(draft, parameter)
    for place in distinct_places(draft.contract):
        if place.refused:
            yield _repeated(draft, place)


def _media_types(draft: Draft, body: Body) -> Iterator[Requirement]:
    """Derive that invalid bodies are refused in each further media type in which one can be told from a valid one."""
    for media_type in [*body.content][1:]:
        if not can_be_written(media_type) or "*" in media_type:
            continue
        place = join(body.pointer, "content", media_type)
        told = {check.choices for check in breakable(draft, in_one_type(body, media_type))}
        named = {field.choices: field.name for field in alternatives_in_type(body, media_type)}
        for choices, name in {(): "", **named}.items():
            subject = f"A body that is invalid as {name}" if name else "An invalid body"
            if choices in told:
                yield draft.make(
                    "/".join(filter(None, (f"request/media-type/{media_type}", name))),
                    Kind.REFUSAL,
                    RefusesInMediaType(media_type, choices),
                    f"{subject} of the media type {media_type} is refused",
                    pointer=body.pointer if "swagger" in draft.contract.document else place,
                    rank=Rank.OTHER,
                    cost=Cost(MOST_IN_ALTERNATIVE if choices else MOST_IN_TYPE),
                    position=_BESIDE,
                )


def in_one_type(body: Body, media_type: str) -> Body:
    """Return a body that is of one of its media types alone."""
    return replace(body, content={media_type: body.content[media_type]}, examples=())


def breakable(draft: Draft, body: Body) -> Iterator[Refuses]:
    """Yield what must be refused of the fields of a body, those of its alternatives too, if its media type can show it.

    A form and a text have no null, and each text in them is a string.
    """
    is_json = "json" in body.media_type
    for field in branched_fields(body.schema, body.schema_pointer):
        is_told = is_json or (body.media_type in FORMS and _TOLD_APART.issuperset(field.types))
        for one in _field(draft, field, body.schema):
            check = one.check
            if not isinstance(check, Refuses) or one.level is not Level.MUST:
                continue
            if is_json or (check.keyword != "null" and (check.keyword != "type" or is_told)):
                yield check


def repeating(refusals: Iterable[Requirement]) -> set[str]:
    """Return the ids of refusals that a server breaks which breaks another one, in all likelihood.

    A value of another type is none of an enumeration either, null is a value of another type, and a schema that is used
    at several places is tested one keyword after the other at the first.
    """
    checks = {one.id: one.check for one in refusals if isinstance(one.check, Refuses)}
    listing = {(check.path, check.choices) for check in checks.values() if check.keyword in ("enum", "const")}
    return {
        name
        for name, check in checks.items()
        if check.keyword in _REPEATING or (check.keyword == "type" and (check.path, check.choices) in listing)
    }


def _repeated(draft: Draft, place: DistinctPlace) -> Requirement:
    name = "/".join(place.path)
    status = f" with {place.status}" if place.status is not None else ""
    return draft.make(
        f"request/{place.place}/{name}/distinct",
        Kind.REFUSAL,
        RefusesRepeated(place.place, place.path, place.status),
        f"A value of {name} that is in use is refused{status}",
        provenance=place.provenance,
        pointer=place.pointer,
        source=place.source,
        position=_BODY if place.place == "body" else _PARAMETERS,
    )


def _field(draft: Draft, field: Field, root: Schema) -> Iterator[Requirement]:
    base = "/".join(part for part in ("request/body", field.name) if part)
    subject = field.name or "The body"

    def refuses(keyword: str, text: str, *, lenient: bool = False) -> Requirement:
        of_whole = keyword in ("null", SAME)
        return draft.make(
            f"{base}/{keyword}",
            Kind.REFUSAL,
            Refuses("body", field.path, keyword, field.choices),
            text,
            pointer=field.pointer if of_whole else f"{field.pointer}/{_NAMED_IN.get(keyword, keyword)}",
            provenance=Provenance.INFERRED if lenient else Provenance.SCHEMA,
            cost=_cost(keyword),
            position=_BODY,
        )

    if field.same_as is not None and {*field.schema} <= _SAYS_NOTHING:
        return
    if field.same_as is not None:
        first = field.same_as.name or "the body"
        yield refuses(SAME, f"{subject} must keep to the rules that are tested one by one at {first}")
        return
    schema = {key: value for key, value in field.schema.items() if key not in field.outer or field.outer[key] != value}
    if field.choices and field.choices[-1].path == field.path and field.choices[-1].name:
        schema.pop("type", None)  # a value of another type breaks the alternatives together
    for keyword in KEYWORDS:
        if keyword not in schema or (keyword == "minLength" and schema[keyword] == 0):
            continue
        if _says_nothing(keyword, field) or not is_sent(keyword, schema[keyword], beyond=True):
            continue
        if (keyword == "enum" and TAG in schema) or (keyword in ("oneOf", "anyOf") and _is_optional(schema, keyword)):
            continue
        lenient = keyword == "format" or lean_on_formats(schema, keyword, root)
        yield refuses(keyword, _sentence(subject, keyword, schema[keyword]), lenient=lenient)
    if _forbids_empty(field):
        yield refuses(EMPTY, f"{subject} must not be the empty string")
    if "type" in schema and not field.nullable and not field.null_is_disputed:
        yield refuses("null", f"{subject} must not be null")
    if False in (schema.get("items"), schema.get("unevaluatedItems")):
        yield refuses("items", f"{subject} takes no more than {len(schema.get('prefixItems') or ())} items")
    if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
        yield refuses("additionalProperties", f"{subject} takes no property that the schema does not name")
    yield from _forbidden(draft, field, schema) if "object" in field.types else ()
    for tag in tags_of(schema):
        shown = "/".join(filter(None, (field.name, shown_token(tag))))
        yield draft.make(
            f"request/body/{shown}/discriminator",
            Kind.REFUSAL,
            Refuses("body", (*field.path, tag), "discriminator", field.choices),
            f"{shown} must name one of the documented alternatives",
            pointer=f"{field.pointer}/discriminator",
            position=_BODY,
        )
    if field.path[-1:] != (ANY,) or "required" in schema:
        needed = field.outer.get("required") or []
        for name in [name for name in schema.get("required") or [] if name not in needed]:
            shown = shown_token(name)
            path = f"{field.name}/{shown}" if field.name else shown
            yield draft.make(
                f"request/body/{path}/required",
                Kind.REFUSAL,
                Refuses("body", (*field.path, name), "required", field.choices),
                f"{path} is required",
                pointer=f"{field.pointer}/required",
                rank=Rank.REQUIRED_FIELD,
                position=_BODY,
            )


def _forbidden(draft: Draft, field: Field, schema: Schema) -> Iterator[Requirement]:
    """Derive that properties are refused that the schema of an object has no value for, by name or by pattern."""
    for keyword, token_of in (("properties", str), ("patternProperties", of_pattern)):
        known = field.outer.get(keyword) or {}
        for key, inner in (schema.get(keyword) or {}).items():
            if not _is_forbidden(inner) or _is_forbidden(known.get(key)):
                continue
            token = token_of(key)
            shown = "/".join(filter(None, (field.name, shown_token(token))))
            what = f"{key} must not be there" if token == key else f"No property may be there whose name matches {key}"
            yield draft.make(
                f"request/body/{shown}/forbidden",
                Kind.REFUSAL,
                Refuses("body", (*field.path, token), "forbidden", field.choices),
                what,
                pointer=join(field.pointer, keyword, key),
                position=_BODY,
            )


def _forbids_empty(field: Field) -> bool:
    """Return whether a least length forbids the empty string; where an enum does, its own requirement says so."""
    schema = field.schema
    least = schema.get("minLength")
    is_new = field.outer.get("minLength") != least
    return (
        is_new and bool(field.path) and isinstance(least, int) and least > 0 and not schema.keys() & {"enum", "const"}
    )


def _is_forbidden(schema: Any) -> bool:
    """Return whether a schema says of a property that it may not be there; one for answers alone may be ignored."""
    if isinstance(schema, dict) and schema != UNSENT:
        parts = schema.get("allOf") or ()
        return UNSENT not in parts and any(map(is_impossible, (schema, *parts)))
    return schema is False


def _is_optional(schema: Schema, keyword: str) -> bool:
    """Return whether alternatives say no more than that a value may be null too.

    One that is a mere type says more: its fields are not listed, so that nothing else requires this type.
    """
    found = [alternatives for alternatives in alternatives_of(schema) if alternatives.keyword == keyword]
    return all(one.allows_null and len(one.values) == 1 and not one.are_types for one in found)


def _sentence(subject: str, keyword: str, value: object) -> str:
    match keyword:
        case "type":
            wanted = " or ".join(value) if isinstance(value, list) else str(value)
            return f"{subject} must be of type {wanted}"
        case "enum":
            return (
                f"{subject} must be one of {format_value(', '.join(map(str, value)))}"
                if isinstance(value, list)
                else ""
            )
        case "oneOf" | "anyOf":
            return f"{subject} must match one of the documented alternatives"
        case "uniqueItems":
            return f"{subject} must not hold the same item twice"
        case _:
            return f"{subject} must keep to its {keyword} of {format_value(value)}"


def _payload(draft: Draft, body: Body) -> Iterator[Requirement]:
    if "json" in body.media_type:
        malformed = [(form, text, Level.MUST, "RFC 8259 section 2") for form, text in MALFORMED.items()]
        extensions = [(form, text, Level.SHOULD, "RFC 8259 sections 2, 7 and 9") for form, text in EXTENSIONS.items()]
        for form, text, level, source in (*malformed, *extensions):
            yield draft.make(
                f"request/json/{form}",
                Kind.REFUSAL,
                RefusesPayload(form),
                text,
                provenance=Provenance.HTTP,
                level=level,
                pointer=body.pointer,
                source=source,
                intrusive=True,
                position=_JSON,
            )
    if body.required:
        is_text = body.media_type.startswith("text/")
        is_any = holds_any_bytes(body.media_type)
        may_be_empty = is_any or (is_text and validator_for(body.schema).is_valid(""))
        for form, text in ABSENT.items():
            if may_be_empty or (is_text and form is PayloadForm.WHITE_SPACE):
                continue
            yield draft.make(
                f"request/body/{form}",
                Kind.REFUSAL,
                RefusesPayload(form),
                text,
                pointer=body.pointer,
                intrusive=True,
                position=_ABSENT,
            )


def _parameter(draft: Draft, parameter: Parameter) -> Iterator[Requirement]:
    base, name = f"request/{parameter.location}/{parameter.name}", parameter.name
    if parameter.required and parameter.location != "path":
        yield draft.make(
            f"{base}/required",
            Kind.REFUSAL,
            Refuses(parameter.location, (name,), "required"),
            f"The parameter {name} is required",
            pointer=parameter.pointer,
            rank=Rank.REQUIRED_FIELD,
            position=_PARAMETERS,
        )
    if parameter.resource is not None:
        return
    for field in walk(parameter.schema, f"{parameter.pointer}/schema"):
        yield from _parameter_field(draft, parameter, field)


def _parameter_field(draft: Draft, parameter: Parameter, field: Field) -> Iterator[Requirement]:
    """Derive the rules of a parameter, or of an item or a member of it."""
    path = (parameter.name, *field.path)
    place, subject = "/".join(part for part in (parameter.name, field.name) if part), " ".join(path)
    is_text = not parameter.media_type
    for keyword in KEYWORDS:
        value = field.schema.get(keyword)
        any_text_is_valid = keyword == "type" and is_text and not _TOLD_APART.issuperset(field.types)
        is_untested = any_text_is_valid or not is_sent(keyword, value, beyond=True) or _says_nothing(keyword, field)
        if value is None or is_untested or (keyword == "minLength" and (not value or _in_path(parameter, field))):
            continue
        lenient = keyword == "format" or lean_on_formats(field.schema, keyword, parameter.schema)
        yield draft.make(
            f"request/{parameter.location}/{place}/{keyword}",
            Kind.REFUSAL,
            Refuses(parameter.location, path, keyword),
            _sentence(subject, keyword, value),
            pointer=f"{field.pointer}/{keyword}",
            provenance=Provenance.INFERRED if lenient else Provenance.SCHEMA,
            cost=_cost(keyword),
            position=_PARAMETERS,
        )
    if field.schema.get("additionalProperties") is False and not _has_loose_members(parameter, field):
        yield draft.make(
            f"request/{parameter.location}/{place}/additionalProperties",
            Kind.REFUSAL,
            Refuses(parameter.location, path, "additionalProperties"),
            f"{subject} takes no property that the schema does not name",
            pointer=f"{field.pointer}/additionalProperties",
            position=_PARAMETERS,
        )
    for name in field.schema.get("required") or []:
        yield draft.make(
            f"request/{parameter.location}/{place}/{name}/required",
            Kind.REFUSAL,
            Refuses(parameter.location, (*path, name), "required"),
            f"{subject} {name} is required",
            pointer=f"{field.pointer}/required",
            rank=Rank.REQUIRED_FIELD,
            position=_PARAMETERS,
        )


def _has_loose_members(parameter: Parameter, field: Field) -> bool:
    """Return whether members travel as parameters of their own: one that the schema does not name is not told apart."""
    is_exploded = parameter.explode and parameter.style != "deepObject" and not parameter.media_type
    return not field.path and is_exploded and parameter.location in ("query", "cookie")


def _says_nothing(keyword: str, field: Field) -> bool:
    """Return whether ``contains``, or a limit of it, says nothing (JSON Schema 2020-12 Validation, 6.4.4 and 6.4.5)."""
    if keyword == "contains":
        return bool(field.schema.get("minContains", 1) == 0)
    if keyword not in ("minContains", "maxContains"):
        return False
    return "contains" not in field.schema or (keyword == "minContains" and field.schema.get(keyword, 1) <= 1)


def _in_path(parameter: Parameter, field: Field) -> bool:
    """Return whether a text that is too short would not be part of a path at all."""
    return parameter.location == "path" and not field.path and field.schema.get("minLength") == 1


def _cost(keyword: str) -> Cost:
    return Cost(_EXTRA_COST[keyword], examples=True) if keyword in _EXTRA_COST else Cost(1)
