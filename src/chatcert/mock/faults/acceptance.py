"""Faults that break *acceptance*: one kind of valid request is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.refused_requests import ValueTest, any_value_at, refusing
from chatcert.mock.deviation.wrong_credentials import forms_of
from chatcert.mock.examples import instance
from chatcert.mock.known_resources import values_at
from chatcert.mock.parameters import Argument
from chatcert.mock.payload import part_types
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Body, Contract, Parameter
from chatcert.openapi.multipart import listed_types
from chatcert.openapi.schemas.alternatives import alternatives_of, chosen, field_at, specialised
from chatcert.openapi.schemas.fields import shown_path, walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.check import Accepts, CredentialForm, Variation
from chatcert.requirements.requirement import Kind

_JSON_TYPES: dict[str, ValueTest] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every requirement that a valid request is accepted."""
    for requirement, check in draft.family(Kind.ACCEPTANCE, Accepts):
        for variant, text, test in _tests(draft.contract, check):
            yield refusing(draft, requirement, check, variant, text, test)


def _tests(contract: Contract, check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    """Yield the ways of refusing what ``check`` says is valid, as (variant, description, test of a valid call)."""
    name, path = "/".join(check.path), check.path
    if check.place != "body":
        yield from _parameter_tests(contract, check)
        return
    for variant, words, test in _value_tests(check):
        yield variant, f"{words} is refused in {name}", any_value_at(path, test)
    match check.variation:
        case Variation.MEDIA_TYPE if contract.body is not None and is_read(contract.body, str(check.value)):
            yield "", f"a body of the media type {check.value} is refused", of_media_type(str(check.value))
        case Variation.TYPED_ALTERNATIVE if contract.body is not None and is_read(contract.body, check.value[0]):
            media_type, choices = check.value
            shown, schema = "/".join(shown_path(choices[-1].path, choices)), contract.body.content[media_type]
            narrowed, is_of_type = predicate(specialised(schema, choices), schema), of_media_type(media_type)
            yield (
                "",
                f"what {shown} describes is refused in the media type {media_type}",
                lambda call, body, backend: is_of_type(call, body, backend) and narrowed(body),
            )
        case Variation.PART_TYPE if contract.body is not None:
            _, part, kind = check.value
            yield "", f"{part} is refused where it is of the media type {kind}", _of_part_type(contract, check)
        case (
            Variation.REQUIRED_ONLY
            | Variation.ALL_FIELDS
            | Variation.EXTRA
            | Variation.BODY_ABSENT
            | Variation.BODY_EMPTY
        ):
            yield from _whole(contract, check.variation)
        case Variation.CREDENTIALS:
            yield (
                "",
                f"a request with {' and '.join(check.value) or 'no credential'} alone is refused",
                _carries(contract, check.value),
            )
        case Variation.ALTERNATIVE:
            yield from _alternative(contract, check)
        case Variation.PRESENT:
            yield "", f"a request with {name} is refused", any_value_at(path, lambda value: value is not None)
        case Variation.ABSENT:
            yield "", f"a request without {name} is refused", lambda call, body, backend: not [*values_at(body, path)]
        case variation if variation in LIMITS:
            yield from _limits(check)


def _carries(contract: Contract, schemes: tuple[str, ...]) -> CallTest:
    """Return a test of calls: whether these credentials are right, and no other is."""

    def test(call: Call, body: Any, backend: Backend) -> bool:
        forms = forms_of(contract, backend.secrets)(call)
        return {name for name, form in forms.items() if form is CredentialForm.VALID} == set(schemes)

    return test


def _alternative(contract: Contract, check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    if contract.body is not None:
        narrowed = predicate(specialised(contract.body.schema, check.choices), contract.body.schema)
        name = "/".join(shown_path(check.path, check.choices))
        yield (
            "",
            f"what {name} describes is refused",
            lambda call, body, backend: narrowed(body) and bool([*values_at(body, check.path)]),
        )


def _value_tests(check: Accepts) -> Iterator[tuple[str, str, ValueTest]]:
    """Yield the ways of refusing one valid value, as (variant, description of the value, test of a value)."""
    wanted = check.value
    match check.variation:
        case Variation.ENUM:
            yield "", repr(wanted), lambda value: value == wanted and isinstance(value, type(wanted))
        case Variation.NULL:
            yield "", "null", lambda value: value is None
        case Variation.BLANK:
            yield "", "a blank value", lambda value: isinstance(value, str) and not value.strip()
        case Variation.TYPE:
            yield "", f"a value of type {wanted}", _JSON_TYPES[str(wanted)]
        case Variation.TEXT:
            yield from _TEXTS
        case Variation.CHARACTERS:
            yield _TEXTS[0]
        case Variation.CONTENT:
            yield from _CONTENT


def _nested(value: Any) -> bool:
    levels: list[Any] = [value]
    for _ in range(_DEPTH):
        levels = [inner for outer in levels if isinstance(outer, dict) for inner in outer.values()]
    return any(isinstance(inner, dict) for inner in levels)


_DEPTH = 5

_TEXTS: tuple[tuple[str, str, ValueTest], ...] = (
    ("non-ascii", "a letter beyond ASCII", lambda value: isinstance(value, str) and not value.isascii()),
    ("astral", "a character beyond the BMP", lambda value: isinstance(value, str) and any(c > "\uffff" for c in value)),
    ("line-break", "a line break", lambda value: isinstance(value, str) and "\n" in value),
    ("quote", "a quote", lambda value: isinstance(value, str) and '"' in value),
)


def _has_fraction(value: Any) -> bool:
    """Return whether an object has a member that no canonical JSON without fractions can write."""
    return isinstance(value, dict) and any(isinstance(one, float) and one % 1 for one in value.values())


_CONTENT: tuple[tuple[str, str, ValueTest], ...] = (
    ("nested", f"an object {_DEPTH} levels deep", _nested),
    ("fraction", "a number with a fraction", _has_fraction),
    ("null", "a null", lambda value: isinstance(value, dict) and None in value.values()),
    ("keys", "a key beyond ASCII", lambda value: isinstance(value, dict) and not all(key.isascii() for key in value)),
)


def _whole(contract: Contract, variation: Variation) -> Iterator[tuple[str, str, CallTest]]:
    assert contract.body is not None or variation in (Variation.REQUIRED_ONLY, Variation.ALL_FIELDS)
    root = next((f.schema for f in walk(contract.body.schema, "")), {}) if contract.body is not None else {}
    named, needed = set(root.get("properties") or {}), set(root.get("required") or [])

    def members(body: Any) -> set[str]:
        return set(body) if isinstance(body, dict) else set()

    match variation:
        case Variation.REQUIRED_ONLY:
            yield (
                "",
                "a request with nothing but what is required is refused",
                lambda call, body, backend: (not named or members(body) <= needed) and not call.query,
            )
        case Variation.ALL_FIELDS:
            yield (
                "",
                "a request with every documented field is refused",
                lambda call, body, backend: members(body) >= named,
            )
        case Variation.EXTRA:
            yield (
                "",
                "a property that the schema does not name is refused",
                lambda call, body, backend: bool(members(body) - named),
            )
        case Variation.BODY_ABSENT:
            yield "", "a request without a body is refused", lambda call, body, backend: body is MISSING
        case _:
            yield "", "an empty object is refused", lambda call, body, backend: body == {}


def _limits(check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    name, keyword, limit = "/".join(check.path), check.variation, check.value
    kind = {"Length": str, "Items": list, "Properties": dict}.get(keyword[3:])

    def at_limit(call: Call, body: Any, backend: Backend) -> bool:
        values = list(values_at(body, check.path))
        if kind is not None:
            return any(isinstance(value, kind) and len(value) == limit for value in values)
        numbers = [value for value in values if _JSON_TYPES["number"](value)]
        if keyword.startswith("exclusive"):
            return any(abs(value - limit) <= 1 for value in numbers)
        return any(value == limit for value in numbers)

    yield "", f"{name} must not be exactly at its {keyword}", at_limit
    if keyword == Variation.MAX_LENGTH:
        for variant, words, encoding, width in (
            ("in-bytes", "bytes of UTF-8", "utf-8", 1),
            ("in-utf-16", "units of UTF-16", "utf-16-le", 2),
        ):
            yield variant, f"{name} is measured in {words}", _longer(check.path, int(limit), encoding, width)


def _longer(path: tuple[str, ...], limit: int, encoding: str, width: int) -> CallTest:
    return lambda call, body, backend: any(
        isinstance(value, str) and len(value.encode(encoding, "surrogatepass")) > limit * width
        for value in values_at(body, path)
    )


def _parameter_tests(contract: Contract, check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    name = check.path[0]
    parameter = next(p for p in contract.parameters if p.name == name and p.location == check.place)
    argument = Argument(parameter)
    if check.variation == Variation.PRESENT:
        yield (
            "",
            f"a request with the parameter {name} is refused",
            lambda call, body, backend: argument.read(call) is not MISSING,
        )
    elif check.variation in (Variation.ALTERNATIVE, Variation.TYPE):
        words, test = _of_kind(parameter, check)
        yield (
            "",
            f"the parameter {name} must not be {words}",
            lambda call, body, backend: any(map(test, values_at(argument.read(call), check.path[1:]))),
        )
    elif check.path[1:] and check.variation in (Variation.ENUM, Variation.NULL):
        yield (
            "",
            f"the parameter {' '.join(check.path)} must not be {check.value!r}",
            lambda call, body, backend: check.value in values_at(argument.read(call), check.path[1:]),
        )
    else:
        yield (
            "",
            f"the parameter {name} must not be {check.value!r}",
            lambda call, body, backend: argument.read(call) == check.value,
        )


def _of_kind(parameter: Parameter, check: Accepts) -> tuple[str, ValueTest]:
    """Return what an alternative or a type of a parameter is called, and a test of its values."""
    if check.variation is Variation.TYPE:
        return f"of type {check.value}", _JSON_TYPES[str(check.value)]
    choice, root = check.choices[-1], parameter.schema
    flat = field_at(root, check.path[1:], root) or {}
    branch = chosen(flat, alternatives_of(flat)[choice.slot], choice.index, root)
    return f"what {choice.keyword} {choice.name} describes", predicate(branch, root)


def is_read(body: Body, media_type: str) -> bool:
    """Return whether the mock can read valid bodies of a media type: JSON, forms and texts."""
    base = _base(media_type)
    if base.startswith("text/") and "json" not in base:
        return isinstance(instance(body.content[media_type], body.content[media_type]), str) and "xml" not in base
    is_form = base in ("application/x-www-form-urlencoded", "multipart/form-data")
    return "*" not in base and (is_form or "json" in base)


def of_media_type(media_type: str) -> CallTest:
    """Return a test of calls: whether their body is of a media type."""
    return lambda call, body, backend: _base(call.header("content-type") or "") == _base(media_type)


def _of_part_type(contract: Contract, check: Accepts) -> CallTest:
    """Return a test of calls: whether a part of a form is of a listed media type, and of none that another entry is."""
    media_type, name, listed = check.value
    encoding = contract.body.encodings.get(media_type, {}) if contract.body is not None else {}
    others = [*filter(lambda one: one != listed, listed_types(encoding, name))]

    def test(call: Call, body: Any, backend: Backend) -> bool:
        stated = part_types(call.body, call.header("content-type") or "", name)
        return any(_is_in(kind, listed) and not ("*" in listed and kind in others) for kind in stated)

    return test


def _is_in(kind: str, listed: str) -> bool:
    wanted = _base(listed)
    return wanted in (kind, "*/*") or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
