"""Requirements that a valid request is accepted."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Body
from chatcert.openapi.fields import ANY, JSON_TYPES, Field, flattened, walk
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.validator import validator_for
from chatcert.requirements.draft import Draft, shown
from chatcert.requirements.requirement import Accepts, Kind, Level, Requirement

LIMITS = (
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)
MAX_MEMBERS = 40

_WIRE_FORMS = {
    "content-type-charset": "A charset parameter on the media type changes nothing",
    "content-type-case": "The media type is compared without regard to case",
    "header-name-case": "Header names are compared without regard to case",
    "json-escapes": "JSON escapes mean the same as the characters that they stand for",
    "json-whitespace": "White space between JSON tokens changes nothing",
    "key-order": "The order of object members changes nothing",
}
_WIRE_SOURCES = {
    "content-type-charset": "RFC 9110 section 8.3.1",
    "content-type-case": "RFC 9110 section 8.3.1",
    "header-name-case": "RFC 9110 section 5.1",
    "json-escapes": "RFC 8259 section 7",
    "json-whitespace": "RFC 8259 section 2",
    "key-order": "RFC 8259 section 4",
}


def acceptance(draft: Draft) -> Iterator[Requirement]:
    """Every requirement of the kind ``acceptance``."""
    contract = draft.contract
    place = contract.operation_pointer
    yield draft.make(
        "accepts/required-only",
        Kind.ACCEPTANCE,
        Accepts("required-only"),
        "A request with nothing but what is required is accepted",
        pointer=place,
    )
    yield draft.make(
        "accepts/all-fields",
        Kind.ACCEPTANCE,
        Accepts("all-fields"),
        "A request with every documented field is accepted",
        pointer=place,
    )
    if contract.body is not None:
        yield from _body(draft, contract.body)
    for parameter in contract.parameters:
        if not parameter.required:
            yield draft.make(
                f"accepts/{parameter.location}/{parameter.name}/present",
                Kind.ACCEPTANCE,
                Accepts("present", (parameter.name,), place=parameter.location),
                f"The optional parameter {parameter.name} is accepted",
                pointer=parameter.pointer,
            )
        for member in flattened(parameter.schema, parameter.schema).get("enum", [])[:MAX_MEMBERS]:
            yield draft.make(
                f"accepts/{parameter.location}/{parameter.name}/enum/{member}",
                Kind.ACCEPTANCE,
                Accepts("enum", (parameter.name,), member, parameter.location),
                f"{parameter.name} takes {shown(member)}",
                pointer=parameter.pointer,
            )
    yield from _wire(draft)


def _body(draft: Draft, body: Body) -> Iterator[Requirement]:
    if not body.required and validator_for(body.schema).is_valid({}):
        forms = {"body-absent": "No body at all is accepted", "body-empty": "An empty object is accepted"}
        for form, text in forms.items():
            if form == "body-empty" and not body.schema:
                continue  # of a body without a schema nothing is said
            yield draft.make(f"accepts/{form}", Kind.ACCEPTANCE, Accepts(form), text, pointer=body.pointer)
    fields = list(walk(body.schema, body.schema_pointer))
    for field in fields:
        if not field.path:
            if _open(field) and body.schema:
                yield draft.make(
                    "accepts/additional-properties",
                    Kind.ACCEPTANCE,
                    Accepts("extra"),
                    "A property that the schema does not name is no reason to refuse",
                    provenance=Provenance.INFERRED,
                    pointer=field.pointer,
                    source="JSON Schema 2020-12, additionalProperties",
                )
            continue
        yield from _field(draft, field)
    for answer in draft.contract.successes:
        for name, link in answer.links.items():
            request = link.get("requestBody") if isinstance(link, dict) else None
            for target, expression in (request or {}).items() if isinstance(request, dict) else ():
                text = f"{target} takes the value that an earlier answer gives at {expression}"
                yield draft.make(
                    f"accepts/link/{name}",
                    Kind.RELATION,
                    Accepts("link", (str(target),), str(expression)),
                    text,
                    provenance=Provenance.STATED,
                    pointer=answer.pointer,
                    source=str(link.get("description", "")),
                )


def _open(field: Field) -> bool:
    return "object" in field.types and not any(
        field.schema.get(keyword) is not None and field.schema.get(keyword) is not True
        for keyword in ("additionalProperties", "unevaluatedProperties", "propertyNames", "maxProperties", "oneOf")
    )


def _field(draft: Draft, field: Field) -> Iterator[Requirement]:
    base, name, schema = f"accepts/body/{field.name}", field.name, field.schema

    def accepts(suffix: str, variation: str, text: str, value: object = None, **more: object) -> Requirement:
        return draft.make(
            f"{base}/{suffix}",
            Kind.ACCEPTANCE,
            Accepts(variation, field.path, value),
            text,
            pointer=field.pointer,
            **more,  # type: ignore[arg-type]
        )

    if not field.required and ANY not in field.path:
        yield accepts("present", "present", f"The optional field {name} is accepted")
        if len(field.path) == 1:
            yield accepts("absent", "absent", f"The optional field {name} may be left out")
    for member in (schema.get("enum") or [])[:MAX_MEMBERS]:
        yield accepts(f"enum/{member}", "enum", f"{name} takes {shown(member)}", member)
    if field.nullable:
        yield accepts("null", "null", f"{name} may be null")
    for limit in LIMITS:
        if isinstance(schema.get(limit), int | float) and not isinstance(schema.get(limit), bool):
            yield accepts(limit, limit, f"{name} may be exactly at its {limit} of {schema[limit]}", schema[limit])
    resource = schema.get("x-chatcert-resource") or schema.get("format") or schema.get("pattern")
    if schema.get("minLength", 0) >= 1 and "enum" not in schema and not resource:
        yield accepts("blank", "blank", f"{name} may be blank as long as it is long enough")
    if _is_free_text(field):
        yield accepts("text", "text", f"{name} takes text of any script and kind")
    if "object" in field.types and len(field.types) == 1 and _open(field) and field.path:
        yield accepts("content", "content", f"{name} takes any JSON values under any keys")
    prose = schema.get("x-chatcert-prose") or {}
    for example in (prose.get("schema") or {}).get("examples") or []:
        yield accepts(
            f"example/{example}",
            "enum",
            f"{name} takes {shown(example)}",
            example,
            provenance=Provenance.STATED,
            source=str(prose.get("source", "")),
        )
    for kind in _union_types(field):
        yield accepts(f"type/{kind}", "type", f"{name} may be of type {kind}", kind)


def _is_free_text(field: Field) -> bool:
    """Whether a field takes whatever a person writes."""
    narrowed = ("enum", "const", "format", "pattern", "x-chatcert-resource", "x-chatcert-prose", "oneOf", "anyOf")
    longest = field.schema.get("maxLength", 1000)
    return field.types == ("string",) and longest >= 200 and not any(word in field.schema for word in narrowed)


def _union_types(field: Field) -> tuple[str, ...]:
    branches = field.schema.get("oneOf") or field.schema.get("anyOf")
    if isinstance(branches, list):
        named = [b.get("type") for b in branches if isinstance(b, dict)]
        return tuple(t for t in named if isinstance(t, str)) if len(named) > 1 else ()
    if isinstance(field.schema.get("type"), list):
        return tuple(t for t in field.types if t in JSON_TYPES and t != "null") if len(field.types) > 2 else ()
    return ()


def _wire(draft: Draft) -> Iterator[Requirement]:
    media_type = draft.contract.body.media_type if draft.contract.body else ""
    for form, text in _WIRE_FORMS.items():
        if form != "header-name-case" and "json" not in media_type:
            continue
        yield draft.make(
            f"accepts/wire/{form}",
            Kind.PROTOCOL,
            Accepts(form),
            text,
            provenance=Provenance.HTTP,
            level=Level.MUST,
            source=_WIRE_SOURCES[form],
        )
    for credential in draft.contract.credentials:
        if credential.kind != "apiKey":
            yield draft.make(
                f"accepts/wire/{credential.name}-scheme-case",
                Kind.PROTOCOL,
                Accepts("scheme-case", (credential.scheme,)),
                "The authentication scheme's name is compared without regard to case",
                provenance=Provenance.HTTP,
                level=Level.MUST,
                pointer=credential.pointer,
                source="RFC 9110 section 11.1",
            )
