"""Acceptance: a valid request is accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from chatcert.openapi.body_types import can_be_written
from chatcert.openapi.contract import Body, Parameter, Schema
from chatcert.openapi.distinct import distinct_at, is_idempotency_key
from chatcert.openapi.existing_names import holds_name_or_code
from chatcert.openapi.multipart import is_multipart, listed_types
from chatcert.openapi.patterns.pattern_texts import text_beyond_ascii
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.alternatives import alternatives_of, names_of, tags_of
from chatcert.openapi.schemas.branched_fields import branched_fields, is_large
from chatcert.openapi.schemas.dialect import UNREAD
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.fields import JSON_TYPES, Choice, Field, flattened, walk
from chatcert.openapi.schemas.keywords import is_sent
from chatcert.openapi.schemas.path_tokens import is_open
from chatcert.openapi.schemas.pointer import escape, join
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import Accepts, Refuses, Variation
from chatcert.requirements.draft import Draft, format_value
from chatcert.requirements.requirement import Cost, Kind, Rank, Requirement
from chatcert.text import format_json

LIMITS = (
    Variation.MIN_LENGTH,
    Variation.MAX_LENGTH,
    Variation.MINIMUM,
    Variation.MAXIMUM,
    Variation.EXCLUSIVE_MINIMUM,
    Variation.EXCLUSIVE_MAXIMUM,
    Variation.MIN_ITEMS,
    Variation.MAX_ITEMS,
    Variation.MIN_PROPERTIES,
    Variation.MAX_PROPERTIES,
)
_FOREIGN = re.compile(r"\\[pP]\{|[^\x00-\x7f]|\\u(?!00[0-7]|\{0*[0-7]?[0-9A-Fa-f]\})|\\x[89A-Fa-f]")
"""Parts of patterns that name characters beyond ASCII: classes of Unicode, and single characters."""
MAX_MEMBERS = 40
"""Members of an ``enum`` that get a requirement of their own."""

_SIZES = (Variation.MIN_LENGTH, Variation.MAX_LENGTH, Variation.MIN_ITEMS, Variation.MAX_ITEMS)
"""Limits that, if they are 0, allow an empty text or array: not every style can tell one from no parameter."""

_WITH_BODY, _PARAMETERS = (0,), (2,)
"""Positions in the part ``accepts`` of the catalogue; links (1) and spellings of HTTP (3) belong to other families."""

_SHOWN_BESIDE_OTHERS: Final = frozenset(
    (
        Variation.PRESENT,
        Variation.ALTERNATIVE,
        Variation.ENUM,
        Variation.NULL,
        Variation.TYPE,
        Variation.TEXT,
        Variation.CONTENT,
        Variation.BLANK,
        Variation.MINIMUM,
        Variation.MAXIMUM,
        Variation.EXCLUSIVE_MINIMUM,
        Variation.EXCLUSIVE_MAXIMUM,
        Variation.MIN_LENGTH,
        Variation.MAX_LENGTH,
    )
)


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``acceptance``."""
    contract = draft.contract
    yield draft.make(
        "accepts/required-only",
        Kind.ACCEPTANCE,
        Accepts(Variation.REQUIRED_ONLY),
        "A request with nothing but what is required is accepted",
        pointer=contract.operation_pointer,
        rank=Rank.SMALLEST_REQUEST,
        position=_WITH_BODY,
    )
    yield draft.make(
        "accepts/all-fields",
        Kind.ACCEPTANCE,
        Accepts(Variation.ALL_FIELDS),
        "A request with every documented field is accepted",
        pointer=contract.operation_pointer,
        position=_WITH_BODY,
    )
    yield from _credentials(draft)
    if contract.body is not None:
        yield from _body(draft, contract.body)
    for parameter in contract.parameters:
        if not parameter.required:
            yield draft.make(
                f"accepts/{parameter.location}/{parameter.name}/present",
                Kind.ACCEPTANCE,
                Accepts(Variation.PRESENT, (parameter.name,), place=parameter.location),
                f"The optional parameter {parameter.name} is accepted",
                pointer=parameter.pointer,
                position=_PARAMETERS,
            )
        if not parameter.required and is_idempotency_key(parameter.name):  # all other requests have it
            yield draft.make(
                f"accepts/{parameter.location}/{parameter.name}/absent",
                Kind.ACCEPTANCE,
                Accepts(Variation.ABSENT, (parameter.name,), place=parameter.location),
                f"The optional parameter {parameter.name} may be left out",
                pointer=parameter.pointer,
                position=_PARAMETERS,
            )
        for field in walk(parameter.schema, parameter.pointer):
            yield from _parameter_field(draft, parameter, field)


def _parameter_field(draft: Draft, parameter: Parameter, field: Field) -> Iterator[Requirement]:
    """Derive the members and limits of a parameter, or of an item or a member of it."""
    path = (parameter.name, *field.path)
    base = "/".join(part for part in (f"accepts/{parameter.location}", parameter.name, field.name) if part)

    def accepts(
        suffix: str, variation: Variation, text: str, value: Any = None, choices: tuple[Choice, ...] = ()
    ) -> Requirement:
        return draft.make(
            f"{base}/{suffix}",
            Kind.ACCEPTANCE,
            Accepts(variation, path, value, parameter.location, choices),
            text,
            pointer=field.pointer,
            position=_PARAMETERS,
        )

    name = " ".join(path)
    for shown, member in _members(field.schema):
        yield accepts(f"enum/{shown}", Variation.ENUM, f"{name} takes {format_value(member)}", member)
    if parameter.resource is not None:
        return
    for limit in LIMITS:
        value = field.schema.get(limit)
        if not isinstance(value, int | float) or isinstance(value, bool) or (value == 0 and limit in _SIZES):
            continue
        if is_sent(limit, value, beyond=False):
            yield accepts(limit, limit, f"{name} may be exactly at its {limit} of {value}", value)
    if field.types == ("boolean",) and not field.schema.keys() & {"enum", "const"}:
        for truth in (True, False):
            yield accepts(f"boolean/{format_json(truth)}", Variation.ENUM, f"{name} takes {format_value(truth)}", truth)
    if parameter.media_type and field.nullable:
        yield accepts("null", Variation.NULL, f"{name} may be null")
    for kind in () if parameter.media_type else _union_types(field):
        if kind != "null":
            yield accepts(f"type/{kind}", Variation.TYPE, f"{name} may be of type {kind}", kind)
    for choice in _choices(field, parameter.schema):
        shown = f"{choice.keyword}/{escape(choice.name)}"
        text = f"{name} may be what {shown} describes, up to its limits"
        yield accepts(shown, Variation.ALTERNATIVE, text, choices=(choice,))


def _members(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Yield the members of an enum as ids write them: those that look alike, such as 1 and "1", in JSON."""
    members = (schema.get("enum") or [])[:MAX_MEMBERS]
    texts = [str(member) for member in members]
    for text, member in zip(texts, members, strict=True):
        yield text if texts.count(text) == 1 else json.dumps(member, ensure_ascii=False), member


def _choices(field: Field, root: Schema) -> Iterator[Choice]:
    """Yield the alternatives of a parameter, each once; null cannot be written."""
    for found in alternatives_of(field.schema):
        if found.keyword in ("oneOf", "anyOf") and not found.are_types:
            names = names_of(found, root)
            for index in found.values:
                yield Choice(field.path, found.keyword, found.slot, index, names[index] or str(index + 1))


def _media_types(draft: Draft, body: Body) -> Iterator[Requirement]:
    """Derive the media types of the body but the one in which all other requests are sent."""
    for media_type in [*body.content][1:]:
        place = join(body.pointer, "content", media_type)
        yield draft.make(
            f"accepts/media-type/{media_type}",
            Kind.ACCEPTANCE,
            Accepts(Variation.MEDIA_TYPE, value=media_type),
            f"A body of the media type {media_type} is accepted",
            pointer=body.pointer if "swagger" in draft.contract.document else place,
            position=_WITH_BODY,
        )
        yield from _part_types(draft, body, media_type, f"accepts/media-type/{media_type}")
        for field in alternatives_in_type(body, media_type):
            yield draft.make(
                f"accepts/media-type/{media_type}/{field.name}",
                Kind.ACCEPTANCE,
                Accepts(Variation.TYPED_ALTERNATIVE, value=(media_type, field.choices)),
                f"A body of the media type {media_type} may be what {field.name} describes",
                pointer=body.pointer if "swagger" in draft.contract.document else place,
                position=_WITH_BODY,
            )


def _part_types(draft: Draft, body: Body, media_type: str, base: str) -> Iterator[Requirement]:
    """Derive the media types of each part of a multipart form that may have several."""
    encoding = body.encodings.get(media_type, {})
    properties = flattened(body.content[media_type], body.content[media_type]).get("properties") or {}
    for name in encoding if is_multipart(media_type) else ():
        listed = listed_types(encoding, name)
        for kind in listed if name in properties and len(listed) > 1 else ():
            yield draft.make(
                f"{base}/{name}/media-type/{kind}",
                Kind.ACCEPTANCE,
                Accepts(Variation.PART_TYPE, value=(media_type, name, kind)),
                f"{name} may be of the media type {kind}",
                pointer=join(body.pointer, "content", media_type, "encoding", name, "contentType"),
                position=_WITH_BODY,
            )


def _credentials(draft: Draft) -> Iterator[Requirement]:
    """Derive that each alternative of ``security`` is enough, unless it is the only one or parameters demand more."""
    contract = draft.contract
    first = contract.chosen_alternative()
    is_only = len(contract.usable_alternatives()) < 2
    for alternative in contract.alternatives:
        if alternative.is_contradicted or (alternative == first and is_only):
            continue
        schemes = alternative.schemes
        yield draft.make(
            f"accepts/security/{alternative.name}",
            Kind.ACCEPTANCE,
            Accepts(Variation.CREDENTIALS, value=schemes),
            f"A request with no other credentials than {' and '.join(schemes)} is accepted"
            if schemes
            else "A request without credentials is accepted",
            provenance=Provenance.SCHEMA if schemes else Provenance.INFERRED,
            pointer=next((c.pointer for c in contract.credentials if c.scheme in schemes), contract.operation_pointer),
            position=_WITH_BODY,
        )


def _body(draft: Draft, body: Body) -> Iterator[Requirement]:
    yield from _media_types(draft, body)
    if body.content:
        yield from _part_types(draft, body, body.media_type, "accepts/body")
    if not body.required and validator_for(body.schema).is_valid({}):
        forms = {Variation.BODY_ABSENT: "No body at all is accepted"}
        if body.schema:  # without a schema, nothing says that an empty object is valid
            forms[Variation.BODY_EMPTY] = "An empty object is accepted"
        for form, text in forms.items():
            yield draft.make(
                f"accepts/{form}", Kind.ACCEPTANCE, Accepts(form), text, pointer=body.pointer, position=_WITH_BODY
            )
    fields = branched_fields(body.schema, body.schema_pointer)
    tags = {(*field.path, tag) for field in fields for tag in tags_of(field.schema)}
    for field in fields:
        if field.choices and field.choices[-1].path == field.path:
            yield from _alternative(draft, field)
        elif not field.path and _open(field) and body.schema:
            yield draft.make(
                "accepts/additional-properties",
                Kind.ACCEPTANCE,
                Accepts(Variation.EXTRA),
                "A property that the schema does not name is no reason to refuse",
                provenance=Provenance.INFERRED,
                pointer=field.pointer,
                source="JSON Schema 2020-12, additionalProperties",
                position=_WITH_BODY,
            )
        yield from _field(draft, field, is_tag=field.path in tags)


def alternatives_in_type(body: Body, media_type: str) -> Iterator[Field]:
    """Yield the field of each alternative of a further media type, if bodies of this media type are written.

    Of a large body, those inside other alternatives are left out.
    """
    schema = body.content[media_type]
    if not can_be_written(media_type) or "*" in media_type:
        return
    for field in branched_fields(schema, join(body.pointer, "content", media_type, "schema")):
        is_alternative = bool(field.choices) and field.choices[-1].path == field.path
        if is_alternative and field.choices[-1].name and not (is_large(schema) and len(field.choices) > 1):
            yield field


def _alternative(draft: Draft, field: Field) -> Iterator[Requirement]:
    """Derive that one alternative is accepted; where null is the only other one, the field itself is tested so."""
    if field.choices[-1].name:
        yield draft.make(
            f"accepts/body/{field.name}",
            Kind.ACCEPTANCE,
            Accepts(Variation.ALTERNATIVE, field.path, choices=field.choices),
            f"{'/'.join(field.path) or 'The body'} may be what {field.name} describes",
            pointer=field.pointer,
            position=_WITH_BODY,
        )


def has_own_acceptance(field: Field) -> bool:
    """Return whether that an optional field is accepted is a requirement of its own; an item of a list is none."""
    return not field.required and not field.outer and not is_open(field.path[-1])


def choices_shown_beside_others(requirement: Requirement) -> tuple[Choice, ...] | None:
    """Return the alternatives of a body that still shows what its requirement asks for where others share it.

    ``None`` where the body would not, as one that has no member beside those that are required.
    """
    check = requirement.check
    if not isinstance(check, Accepts | Refuses) or check.place != "body":
        return None
    return None if isinstance(check, Accepts) and check.variation not in _SHOWN_BESIDE_OTHERS else check.choices


def _open(field: Field) -> bool:
    return "object" in field.types and not any(
        field.schema.get(keyword) is not None and field.schema.get(keyword) is not True
        for keyword in ("additionalProperties", "unevaluatedProperties", "propertyNames", "maxProperties", "oneOf")
    )


def _field(draft: Draft, field: Field, *, is_tag: bool) -> Iterator[Requirement]:
    base, name = "/".join(filter(None, ("accepts/body", field.name))), field.name or "The body"
    schema = field.schema
    unread = bool(schema.get(UNREAD))  # no value of such a field is certain to be valid, but for those that it names
    new = {key: value for key, value in schema.items() if key not in field.outer or field.outer[key] != value}

    def accepts(suffix: str, variation: Variation, text: str, value: object = None, **more: object) -> Requirement:
        return draft.make(
            f"{base}/{suffix}",
            Kind.ACCEPTANCE,
            Accepts(variation, field.path, value, choices=field.choices),
            text,
            pointer=field.pointer,
            position=_WITH_BODY,
            **more,  # type: ignore[arg-type]
        )

    if has_own_acceptance(field):
        yield accepts("present", Variation.PRESENT, f"The optional field {name} is accepted")
        if len(field.path) == 1 and not field.choices:
            yield accepts("absent", Variation.ABSENT, f"The optional field {name} may be left out")
    if field.same_as is not None:  # what it allows is tested there
        return
    for shown, member in () if TAG in schema else _members(new):
        yield accepts(f"enum/{shown}", Variation.ENUM, f"{name} takes {format_value(member)}", member)
    is_boolean = {*field.types} - {"null"} == {"boolean"} and not schema.keys() & {"enum", "const"}
    for truth in (True, False) if is_boolean and not field.outer and not unread else ():
        shown = format_json(truth)
        yield accepts(f"boolean/{shown}", Variation.ENUM, f"{name} takes {shown}", truth)
    if field.nullable and not field.outer:
        yield accepts("null", Variation.NULL, f"{name} may be null")
    for limit in LIMITS:
        is_number = isinstance(new.get(limit), int | float) and not isinstance(new.get(limit), bool)
        if is_number and not unread and is_sent(limit, new[limit], beyond=False):
            yield accepts(limit, limit, f"{name} may be exactly at its {limit} of {schema[limit]}", schema[limit])
    is_name = distinct_at(draft.contract, "body", field.path) is not None
    resource = is_name or schema.get("x-chatcert-resource") or schema.get("format") or schema.get("pattern")
    if not unread and new.get("minLength", 0) >= 1 and "enum" not in schema and not resource:
        yield accepts(
            "blank",
            Variation.BLANK,
            f"{name} may be blank as long as it is long enough",
            provenance=Provenance.INFERRED,
            source="JSON Schema 2020-12, minLength, which counts characters of any kind",
        )
    if _is_free_text(field) and not is_name and not unread and not is_tag:
        text = f"{name} takes text of any script and kind"
        provenance = Provenance.INFERRED if holds_name_or_code(field.path) else Provenance.SCHEMA
        yield accepts("text", Variation.TEXT, text, cost=Cost(8), provenance=provenance)
    if not unread and (foreign := _beyond_ascii(new)):
        text = f"{name} takes characters beyond ASCII, which its pattern names"
        yield accepts("characters", Variation.CHARACTERS, text, foreign)
    if "object" in field.types and len(field.types) == 1 and _open(field) and field.path and not field.outer:
        yield accepts("content", Variation.CONTENT, f"{name} takes any JSON values under any keys", cost=Cost(4))
    prose = schema.get("x-chatcert-prose") or {}
    for example in (prose.get("schema") or {}).get("examples") or []:
        yield accepts(
            f"example/{example}",
            Variation.ENUM,
            f"{name} takes {format_value(example)}",
            example,
            provenance=Provenance.STATED,
            source=str(prose.get("source", "")),
        )
    for kind in _union_types(field):
        yield accepts(f"type/{kind}", Variation.TYPE, f"{name} may be of type {kind}", kind)


def _is_free_text(field: Field) -> bool:
    """Return whether a field takes whatever a person writes."""
    narrowed = (
        *("enum", "const", "format", "pattern", "x-chatcert-resource", "x-chatcert-prose", "oneOf", "anyOf"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    )
    longest = field.schema.get("maxLength", 1000)
    return field.types == ("string",) and longest >= 200 and not any(word in field.schema for word in narrowed)


def _beyond_ascii(schema: Schema) -> str:
    """Return a text with characters beyond ASCII, if a pattern names some; empty where none is sure to be valid."""
    pattern = schema.get("pattern")
    if not isinstance(pattern, str) or {"enum", "const", "format"} & schema.keys() or not _FOREIGN.search(pattern):
        return ""
    expression = compiled(pattern)
    limits = schema.get("minLength", 0), schema.get("maxLength")
    return text_beyond_ascii(expression, *limits) if expression is not None else ""


def _union_types(field: Field) -> tuple[str, ...]:
    branches = field.schema.get("oneOf") or field.schema.get("anyOf")
    if branches and not all(alternatives.are_types for alternatives in alternatives_of(field.schema)):
        return ()
    if isinstance(branches, list):
        named = [b.get("type") for b in branches if isinstance(b, dict)]
        return tuple(t for t in named if isinstance(t, str)) if len(named) > 1 else ()
    if isinstance(field.schema.get("type"), list):
        listed = tuple(name for name in field.types if name in JSON_TYPES and name != "null")
        return listed if len(listed) > 1 else ()
    return ()
