"""Cases of valid requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chatcert.cases.boundaries import at_limit
from chatcert.cases.case import Case, Expectation, JsonBody, RawBody
from chatcert.cases.encoding import form_text, json_bytes
from chatcert.cases.planner import Planner, Unplannable
from chatcert.cases.text_forms import is_form, read_form
from chatcert.openapi.fields import ANY
from chatcert.openapi.pointer import MISSING
from chatcert.requirements.check import Accepts
from chatcert.requirements.requirement import Requirement

MOST_NEIGHBOURS = 64
"""Optional fields beside which one is left out: with each field its requests would grow, else, and their number too."""
_TYPE_SAMPLES: dict[str, tuple[Any, ...]] = {
    "string": ("Michael", ""),
    "number": (12.5, -3, 0),
    "integer": (7,),
    "boolean": (True, False),
    "object": ({"city": "Oslo", "tags": ["a"]}, {}),
    "array": (["a", 1, None], []),
    "null": (None,),
}

_TEXTS: tuple[tuple[str, str], ...] = (
    ("emoji", "Thanks 😀👩\u200d💻🇩🇪!"),
    ("accents and combining marks", "Žluťoučký cafe\u0301, naïve Ångström"),
    ("Chinese, Hebrew and Arabic", "订单在哪里? איפה ההזמנה? أين طلبي؟"),
    ("quotes and backslashes", 'It\'s "quoted" and C:\\temp\\new'),
    ("line breaks and a tab", "first line\nsecond line\r\n\tthird"),
    ("signs", "100% of {name} & <b>R&D</b> #1; a=b + 2 < 3 ~ `x` | $5"),
    ("a long text", "The parcel has not arrived. " * 70),
    ("one character", "?"),
)
_CONTENT: dict[str, Any] = {
    "text": "value",
    "number": 12.5,
    "whole": 7,
    "flag": True,
    "nothing": None,
    "list": [1, "two", None, {"a": []}],
    "nested": {"a": {"b": {"c": {"d": {"e": "deep"}}}}},
    "empty": {},
    "ключ 键 😀": "any key",
    "tags": ["a", "b"],
    "essay": 'The parcel has not arrived, and it\'s "urgent": 100% {sure} <b>#1</b>.\n' * 30,
}


def cases(planner: Planner, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """The valid requests that one acceptance requirement asks for."""
    if check.place != "body":
        yield from _parameter(planner, requirement, check)
        return
    match check.variation:
        case "required-only":
            yield planner.control()
        case "all-fields":
            query = {
                p.name: planner.parameter_value(p.name, "query")
                for p in planner.contract.parameters
                if p.location == "query" and not p.required
            }
            yield planner.control(planner.request(_full(planner), query=query), "all-fields")
        case "body-absent":
            yield planner.control(planner.request(None), "body-absent")
        case "body-empty":
            if not planner.instances.validator.is_valid({}):
                raise Unplannable("an empty object is not valid")
            if planner.instances.may_be_nothing:
                raise Unplannable("a form without fields is no body at all")
            yield planner.control(planner.request({}), "body-empty")
        case "extra":
            body = planner.instances.body()
            if isinstance(body, dict):
                for label, value in (("a string", "value"), ("an object", {"key": "value"})):
                    yield _valid(
                        planner,
                        requirement,
                        {**body, "undocumented_property": value},
                        f"an undocumented property holding {label}",
                    )
        case "link":
            yield from _link(planner, requirement, check)
        case "content-type-charset" | "content-type-case" | "header-name-case" | "scheme-case":
            yield from _headers(planner, requirement, check)
        case "json-escapes" | "json-whitespace" | "key-order":
            yield from _spellings(planner, requirement, check.variation)
        case _:
            yield from _field(planner, requirement, check)


def _full(planner: Planner) -> Any:
    if planner.contract.body is None:
        return None
    return planner.instances.body(*planner.instances.optional)


def _valid(
    planner: Planner,
    requirement: Requirement,
    body: Any,
    edit: str,
    *,
    limit: bool = False,
    control: Case | None = None,
) -> Case:
    """A case with a body that the validator confirms, and the accepted request that it is one edit away from."""
    if not planner.instances.validator.is_valid(body):
        raise Unplannable("no valid request of this kind exists: another rule of the schema forbids it")
    if _is_lost(planner, body):
        raise Unplannable("a form carries text only: it cannot say this value")
    return _confirmed(planner, requirement, body, edit, limit=limit, control=control)


def _confirmed(
    planner: Planner, requirement: Requirement, body: Any, edit: str, *, limit: bool, control: Case | None
) -> Case:
    """A case with a body of which it is known already that it is valid."""
    expectation = Expectation.LIMIT if limit else Expectation.ACCEPTED
    return planner.edited(requirement, planner.request(body), expectation, edit, control or planner.control())


def _is_lost(planner: Planner, body: Any) -> bool:
    """Whether a valid body is none any more once it has travelled as text."""
    contract, instances = planner.contract, planner.instances
    if contract.body is None or not is_form(contract.body.media_type):
        return False
    read = read_form(body, instances.root)
    return bool(read != body and not instances.validator.is_valid(read))


def _field(planner: Planner, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    instances, path = planner.instances, check.path
    field = instances.fields[path]
    names = field.name
    resource = instances.resource_at(path)
    configured = resource is None or path[-1] in planner.resources
    if check.variation == "absent":
        together = _neighbours(instances.optional, path[0])
        others = planner.control(planner.request(instances.body(*together)), "all-fields")
        left = instances.body(*(name for name in together if name != path[0]))
        if isinstance(left, dict) and path[0] in left:
            raise Unplannable(f"no valid request without {names} could be made that has a body")
        yield _valid(planner, requirement, left, f"{names} left out", control=others)
        return
    base = instances.body_with(path)
    concrete = instances.concrete(path)
    if check.variation == "present":
        if not instances.usable(path):
            raise Unplannable(f"needs the name of an existing {names}, and none is configured")
        if path[0] not in base:
            raise Unplannable(f"no valid request that holds {names} could be made")
        if configured and len(path) == 1 and base != instances.body():
            yield planner.control_with(path, base)
        else:  # also where the smallest valid request holds the field, since one of several has to be there
            yield _valid(planner, requirement, base, f"with {names}", limit=not configured)
        return
    unknown = resource is not None
    match check.variation:
        case "text":
            shortest, longest = field.schema.get("minLength", 0), field.schema.get("maxLength", 10_000)
            labelled: list[tuple[str, Any]] = [
                (f"{names}: {label}", text) for label, text in _TEXTS if shortest <= len(text) <= longest
            ]
        case "content":
            typical = instances.typical(path)
            whole = {**(typical if isinstance(typical, dict) else {}), **_CONTENT}
            labelled = [(f"{names}: values of every type", whole)]
        case "enum":
            labelled = [(f"{names} is {check.value!r}", check.value)]
            unknown = False
        case "null":
            labelled, unknown = [(f"{names} is null", None)], False
        case "blank":
            length = field.schema["minLength"]
            labelled = [(f"{names} is {length} spaces", " " * length), (f"{names} is line feeds", "\n" * length)]
        case "type":
            samples = _TYPE_SAMPLES.get(str(check.value), ())
            labelled = [(f"{names} is {json.dumps(sample)}", sample) for sample in samples]
            if not any(instances.validator.is_valid(planner.altered(base, concrete, sample)) for sample in samples):
                labelled += [(f"{names} is of type {check.value}", value) for value in _of_kind(planner, check)]
        case _:
            typical = instances.typical(path)
            labelled = [(f"{names}: {text}", value) for text, value in at_limit(field, check.variation, typical)]
    found = 0
    for label, value in labelled:
        body = planner.altered(base, concrete, value)
        if instances.validator.is_valid(body) and not _is_lost(planner, body):
            found += 1
            near = planner.control()
            if instances.known(path[:1]) and body != base:
                near = planner.control_with(path, base)
            yield _confirmed(planner, requirement, body, label, limit=unknown, control=near)
    if not found:
        raise Unplannable("no valid request of this kind exists: another rule of the schema forbids it")


def _neighbours(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """All optional fields; where there are very many, the part of them to which one belongs."""
    if len(names) <= MOST_NEIGHBOURS or name not in names:
        return names
    start = names.index(name) // MOST_NEIGHBOURS * MOST_NEIGHBOURS
    return names[start : start + MOST_NEIGHBOURS]


def _of_kind(planner: Planner, check: Accepts) -> list[Any]:
    """A value of one type that the schema of a field makes possible."""
    schema = {"allOf": [planner.instances.fields[check.path].schema, {"type": check.value}]}
    value = planner.instances.of_schema(schema)
    return [] if value is MISSING else [value]


def _link(planner: Planner, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    control = planner.control()
    expression = str(check.value)
    if not expression.startswith("$response.body#"):
        raise Unplannable(f"the link's expression {expression} is not about the answer's body")
    name = check.path[0]
    base = planner.instances.body()
    if not isinstance(base, dict) or ANY in check.path:
        raise Unplannable("the link does not lead to a field of the body")
    body = JsonBody({**base, name: ""}, {f"/{name}": expression.removeprefix("$response.body#")})
    yield planner.edited(
        requirement,
        planner.request(body),
        Expectation.ACCEPTED,
        f"{name} taken from the answer to an earlier request",
        control,
    )


def _headers(planner: Planner, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    media_type = planner.contract.body.media_type if planner.contract.body is not None else ""
    if check.variation == "scheme-case":
        for form in ("scheme-lower", "scheme-upper"):
            request = planner.request(credentials={check.path[0]: form})
            yield planner.edited(
                requirement,
                request,
                Expectation.ACCEPTED,
                f"scheme in {form.removeprefix('scheme-')} case",
                planner.control(),
            )
        return
    if check.variation == "header-name-case":
        if not planner.request().headers and not planner.contract.credentials:
            raise Unplannable("the request carries no header of its own")
        for form in ("lower", "upper"):
            headers = {} if not media_type else {"Content-Type": MISSING, getattr("Content-Type", form)(): media_type}
            names = {
                credential.scheme: f"name-{form}"
                for credential in planner.contract.credentials
                if credential.location == "header"
            }
            yield planner.edited(
                requirement,
                planner.request(headers=headers, credentials=names),
                Expectation.ACCEPTED,
                f"header names in {form} case",
                planner.control(),
            )
        return
    values = (
        [f"{media_type}; charset=utf-8", f'{media_type};charset="UTF-8"']
        if check.variation == "content-type-charset"
        else [media_type.upper(), media_type.title()]
    )
    for value in values:
        yield planner.edited(
            requirement,
            planner.request(headers={"Content-Type": value}),
            Expectation.ACCEPTED,
            f"Content-Type: {value}",
            planner.control(),
        )


def _spellings(planner: Planner, requirement: Requirement, variation: str) -> Iterator[Case]:
    body = _full(planner)
    media_type = planner.contract.body.media_type if planner.contract.body is not None else ""
    if variation == "json-escapes":
        text = "".join(f"\\u{ord(c):04x}" if c.isalpha() and c.isascii() else c for c in json.dumps(_first_text(body)))
        whole = json.dumps(body).replace(json.dumps(_first_text(body)), text, 1)
        data = whole.encode()
    elif variation == "json-whitespace":
        data = b" \r\n\t" + json.dumps(body, indent=4, ensure_ascii=False).encode() + b"\n \n"
    else:
        data = json_bytes(dict(reversed(list(body.items()))) if isinstance(body, dict) else body)
    if json.loads(data) != body:
        raise Unplannable("the body has no other spelling of this kind")
    request = planner.request(RawBody(data), headers={"Content-Type": media_type})
    yield planner.edited(
        requirement,
        request,
        Expectation.ACCEPTED,
        variation.replace("-", " "),
        planner.control(planner.request(body), "all-fields"),
    )


def _first_text(value: Any) -> str:
    if isinstance(value, str):
        return value if any(c.isalpha() and c.isascii() for c in value) else ""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            if text := _first_text(inner):
                return text
    return ""


def _parameter(planner: Planner, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    name = check.path[0]
    value = form_text(check.value) if check.variation == "enum" else planner.parameter_value(name, check.place)
    request = planner.request_with(check.place, name, value)
    yield planner.edited(requirement, request, Expectation.ACCEPTED, f"{name} is {value!r}", planner.control())
