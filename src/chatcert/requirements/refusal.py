"""Requirements that an invalid request is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Body, Parameter
from chatcert.openapi.fields import ANY, Field, flattened, walk
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.draft import Draft, shown
from chatcert.requirements.requirement import Kind, Level, Refuses, RefusesPayload, Requirement

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
    "minProperties",
    "maxProperties",
    "propertyNames",
    "dependentRequired",
    "oneOf",
    "anyOf",
    "not",
)
_PARAMETER_KEYWORDS = ("type", "enum", "minLength", "maxLength", "pattern", "format", "minimum", "maximum")

MALFORMED = {
    "truncated": "A JSON text that breaks off in the middle is refused",
    "unclosed": "A JSON text without its closing brace is refused",
    "garbage": "A text that is no JSON at all is refused",
    "trailing-bytes": "Anything after the JSON text is refused",
    "missing-comma": "A JSON text with a comma missing is refused",
    "nan": "NaN, which JSON does not know, is refused where a member needs another type",
}
EXTENSIONS = {
    "trailing-comma": "A comma after the last member is refused",
    "comment": "A comment in the JSON text is refused",
    "single-quotes": "Strings in single quotes are refused",
    "control-character": "A line break inside a JSON string is refused",
}
"""No JSON, though RFC 8259 section 9 lets a parser accept more than JSON: hence no more than ``should``."""
ABSENT = {
    "absent": "A request without its required body is refused",
    "empty": "An empty body is refused where a body is required",
    "white-space": "A body of nothing but white space is refused",
}
MEDIA_TYPES = {
    "text-plain": "A body that says it is text/plain is refused",
    "form": "A form-encoded body is refused",
    "xml": "A body that says it is application/xml is refused",
}

_TYPES_OF_FORMS = {"text-plain": "text/plain", "form": "application/x-www-form-urlencoded", "xml": "application/xml"}


def refusal(draft: Draft) -> Iterator[Requirement]:
    """Every requirement of the kind ``refusal``."""
    body = draft.contract.body
    if body is not None:
        for field in walk(body.schema, body.schema_pointer):
            yield from _field(draft, field)
        yield from _payload(draft, body)
    for parameter in draft.contract.parameters:
        yield from _parameter(draft, parameter)


def _field(draft: Draft, field: Field) -> Iterator[Requirement]:
    base = "/".join(part for part in ("request/body", field.name) if part)
    subject = field.name or "The body"

    def refuses(suffix: str, path: tuple[str, ...], keyword: str, text: str, level: Level | None = None) -> Requirement:
        return draft.make(
            f"{base}/{suffix}",
            Kind.REFUSAL,
            Refuses("body", path, keyword),
            text,
            pointer=f"{field.pointer}/{keyword}" if keyword != "null" else field.pointer,
            provenance=Provenance.INFERRED if level else Provenance.SCHEMA,
        )

    schema = field.schema
    for keyword in KEYWORDS:
        if keyword not in schema or (keyword == "minLength" and schema[keyword] == 0):
            continue
        lenient = Level.SHOULD if keyword == "format" else None
        yield refuses(keyword, field.path, keyword, _sentence(subject, keyword, schema[keyword]), lenient)
    if "type" in schema and not field.nullable:
        yield refuses("null", field.path, "null", f"{subject} must not be null")
    if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
        keyword = "additionalProperties"
        yield refuses(keyword, field.path, keyword, f"{subject} takes no property that the schema does not name")
    if field.path[-1:] != (ANY,) or "required" in schema:
        for name in schema.get("required") or []:
            whole = f"{field.name}/{name}" if field.name else name
            yield draft.make(
                f"request/body/{whole}/required",
                Kind.REFUSAL,
                Refuses("body", (*field.path, name), "required"),
                f"{whole} is required",
                pointer=f"{field.pointer}/required",
            )


def _sentence(subject: str, keyword: str, value: object) -> str:
    match keyword:
        case "type":
            wanted = " or ".join(value) if isinstance(value, list) else str(value)
            return f"{subject} must be of type {wanted}"
        case "enum":
            return f"{subject} must be one of {shown(', '.join(map(str, value)))}" if isinstance(value, list) else ""
        case "oneOf" | "anyOf":
            return f"{subject} must match one of the documented alternatives"
        case "uniqueItems":
            return f"{subject} must not hold the same item twice"
        case _:
            return f"{subject} must keep to its {keyword} of {shown(value)}"


def _payload(draft: Draft, body: Body) -> Iterator[Requirement]:
    if "json" in body.media_type:
        for form, text in MALFORMED.items():
            yield draft.make(
                f"request/json/{form}",
                Kind.REFUSAL,
                RefusesPayload(form),
                text,
                provenance=Provenance.HTTP,
                level=Level.MUST,
                pointer=body.pointer,
                source="RFC 8259 section 2",
            )
        for form, text in EXTENSIONS.items():
            yield draft.make(
                f"request/json/{form}",
                Kind.REFUSAL,
                RefusesPayload(form),
                text,
                provenance=Provenance.HTTP,
                pointer=body.pointer,
                source="RFC 8259 sections 2, 7 and 9",
            )
        for form, text in MEDIA_TYPES.items():
            if any(_matches(_TYPES_OF_FORMS[form], offered) for offered in body.content):
                continue
            yield draft.make(
                f"request/content-type/{form}",
                Kind.PROTOCOL,
                RefusesPayload(form),
                text,
                provenance=Provenance.HTTP,
                pointer=body.pointer,
                source="RFC 9110 section 15.5.16",
            )
    if body.required:
        for form, text in ABSENT.items():
            yield draft.make(f"request/body/{form}", Kind.REFUSAL, RefusesPayload(form), text, pointer=body.pointer)


def _matches(media_type: str, offered: str) -> bool:
    """Whether a media type falls under one that the page takes, a range or a structured suffix included."""
    base = offered.partition(";")[0].strip().lower()
    kind, _, rest = base.partition("/")
    suffix = rest.endswith("+xml") and media_type == "application/xml"
    return (
        base in (media_type, "*/*")
        or (rest == "*" and media_type.startswith(f"{kind}/"))
        or suffix
        or (media_type == "application/xml" and base == "text/xml")
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
        )
    if parameter.resource is not None:
        return
    schema = flattened(parameter.schema, parameter.schema)
    for keyword in _PARAMETER_KEYWORDS:
        value = schema.get(keyword)
        text_is_enough = keyword == "type" and value not in ("integer", "number", "boolean")
        if value is None or text_is_enough or (keyword == "minLength" and parameter.location == "path"):
            continue
        level = Level.SHOULD if keyword == "format" else None
        yield draft.make(
            f"{base}/{keyword}",
            Kind.REFUSAL,
            Refuses(parameter.location, (name,), keyword),
            _sentence(name, keyword, value),
            pointer=f"{parameter.pointer}/schema/{keyword}",
            provenance=Provenance.INFERRED if level else Provenance.SCHEMA,
        )
