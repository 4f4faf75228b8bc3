"""Faults in what a server accepts: one kind of valid request that it refuses all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatcert.mock.call import MISSING, Call
from chatcert.mock.faults.deviations import CallTest, Fault
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.header_names import names_sent
from chatcert.mock.known_resources import values_at
from chatcert.mock.parameters import Argument
from chatcert.mock.world import World
from chatcert.openapi.contract import Contract
from chatcert.openapi.fields import walk
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.check import Accepts
from chatcert.requirements.requirement import Requirement

FAMILY = "acceptance"

ValueTest = Callable[[Any], bool]

_JSON_TYPES: dict[str, ValueTest] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
_WHITE_SPACE = re.compile(rb'\A\s|\s\Z|[\n\t]|"\s+:|[\[{]\s+')


def acceptance_faults(draft: FaultDraft) -> Iterator[Fault]:
    """One fault or more for every requirement that a valid request is accepted."""
    for requirement, check in draft.of_kind(Accepts):
        for variant, text, test in _tests(draft.contract, check):
            needs = {"needs_names": (True,)} if check.variation == "header-name-case" else {}
            yield draft.make(
                requirement, FAMILY, variant, text, *_also(draft, requirement, check), refusals=(test,), **needs
            )


def _also(draft: FaultDraft, requirement: Requirement, check: Accepts) -> Iterator[str]:
    """What else fails where this valid request is refused: every other valid request of that kind."""
    match check.variation:
        case "present":
            yield from ("accepts/all-fields", f"resource/{'/'.join(check.path)}/unknown")
            for other, inner in draft.of_kind(Accepts):
                if check.path and inner.path[: len(check.path)] == check.path and other is not requirement:
                    yield other.path
        case "absent" | "body-empty" | "body-absent":
            yield from ("accepts/required-only", "accepts/body-absent", "accepts/body-empty")
        case "required-only":
            yield from ("accepts/body-absent", "accepts/body-empty", "accepts/all-fields")
            yield from (f"accepts/body/{name}/absent" for name in _named(draft.contract))
        case "all-fields":
            yield "accepts/required-only"
            yield from (f"accepts/body/{name}/present" for name in _named(draft.contract))
        case _ if check.path and check.place == "body":
            optional = f"accepts/body/{check.path[0]}/present"
            yield from ("accepts/all-fields", optional)
            yield from (other.path for other, inner in draft.of_kind(Accepts) if inner.path == check.path)
            if f"{draft.contract.vendor}/{optional}" not in draft.requirements:
                yield "accepts/required-only"


def _named(contract: Contract) -> Iterable[str]:
    schema = contract.body.schema if contract.body is not None else {}
    return next((f.schema for f in walk(schema, "")), {}).get("properties") or {}


def _tests(contract: Contract, check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    """Ways of refusing what ``check`` says is valid, as (variant, what the server does, test of a valid call)."""
    name, path = "/".join(check.path), check.path
    if check.place != "body":
        yield from _parameter_tests(contract, check)
        return
    for variant, words, test in _value_tests(check):
        yield variant, f"{words} is refused in {name}", _any_at(path, test)
    match check.variation:
        case "required-only" | "all-fields" | "extra" | "body-absent" | "body-empty":
            yield from _whole(contract, check.variation)
        case "present":
            yield "", f"a request with {name} is refused", _any_at(path, lambda value: value is not None)
        case "absent":
            yield "", f"a request without {name} is refused", lambda call, body, world: not [*values_at(body, path)]
        case "link":
            words = f"{name} must not be an id that the server gave out"
            yield "", words, lambda call, body, world: any(value in world.issued for value in values_at(body, path))
        case "content-type-charset" | "content-type-case" | "header-name-case" | "scheme-case":
            yield "", f"a request in the wire form {check.variation!r} is refused", _header_test(contract, check)
        case "json-escapes":
            yield "", "a body with JSON escapes is refused", lambda call, body, world: b"\\u" in call.body
        case "json-whitespace":
            words = "a body with white space between its tokens is refused"
            yield "", words, lambda call, body, world: _WHITE_SPACE.search(call.body) is not None
        case "key-order":
            yield from _order(contract)
        case variation if variation in LIMITS:
            yield from _limits(check)


def _value_tests(check: Accepts) -> Iterator[tuple[str, str, ValueTest]]:
    """Ways of refusing one valid value, as (variant, the value in words, test of a value)."""
    wanted = check.value
    match check.variation:
        case "enum":
            yield "", repr(wanted), lambda value: value == wanted and isinstance(value, type(wanted))
        case "null":
            yield "", "null", lambda value: value is None
        case "blank":
            yield "", "a blank value", lambda value: isinstance(value, str) and not value.strip()
        case "type":
            yield "", f"a value of type {wanted}", _JSON_TYPES[str(wanted)]
        case "text":
            yield from _TEXTS
        case "content":
            yield from _CONTENT


def _any_at(path: tuple[str, ...], test: ValueTest) -> CallTest:
    return lambda call, body, world: any(test(value) for value in values_at(body, path))


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
_CONTENT: tuple[tuple[str, str, ValueTest], ...] = (
    ("nested", f"an object {_DEPTH} levels deep", _nested),
    ("null", "a null", lambda value: isinstance(value, dict) and None in value.values()),
    ("keys", "a key beyond ASCII", lambda value: isinstance(value, dict) and not all(key.isascii() for key in value)),
)


def _whole(contract: Contract, variation: str) -> Iterator[tuple[str, str, CallTest]]:
    assert contract.body is not None or variation in ("required-only", "all-fields")
    root = next((f.schema for f in walk(contract.body.schema, "")), {}) if contract.body is not None else {}
    named, needed = set(root.get("properties") or {}), set(root.get("required") or [])

    def members(body: Any) -> set[str]:
        return set(body) if isinstance(body, dict) else set()

    match variation:
        case "required-only":
            yield (
                "",
                "a request with nothing but what is required is refused",
                lambda call, body, world: (not named or members(body) <= needed) and not call.query,
            )
        case "all-fields":
            yield (
                "",
                "a request with every documented field is refused",
                lambda call, body, world: members(body) >= named,
            )
        case "extra":
            yield (
                "",
                "a property that the schema does not name is refused",
                lambda call, body, world: bool(members(body) - named),
            )
        case "body-absent":
            yield "", "a request without a body is refused", lambda call, body, world: body is MISSING
        case _:
            yield "", "an empty object is refused", lambda call, body, world: body == {}


def _limits(check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    name, keyword, limit = "/".join(check.path), check.variation, check.value
    kind = {"Length": str, "Items": list, "Properties": dict}.get(keyword[3:])

    def at_limit(call: Call, body: Any, world: World) -> bool:
        values = list(values_at(body, check.path))
        if kind is not None:
            return any(isinstance(value, kind) and len(value) == limit for value in values)
        numbers = [value for value in values if _JSON_TYPES["number"](value)]
        if keyword.startswith("exclusive"):
            return any(abs(value - limit) <= 1 for value in numbers)
        return any(value == limit for value in numbers)

    yield "", f"{name} must not be exactly at its {keyword}", at_limit
    if keyword == "maxLength":
        for variant, words, encoding, width in (
            ("in-bytes", "bytes of UTF-8", "utf-8", 1),
            ("in-utf-16", "units of UTF-16", "utf-16-le", 2),
        ):
            yield variant, f"{name} is measured in {words}", _longer(check.path, int(limit), encoding, width)


def _longer(path: tuple[str, ...], limit: int, encoding: str, width: int) -> CallTest:
    return lambda call, body, world: any(
        isinstance(value, str) and len(value.encode(encoding, "surrogatepass")) > limit * width
        for value in values_at(body, path)
    )


def _header_test(contract: Contract, check: Accepts) -> CallTest:
    def media_type(call: Call) -> str:
        return call.header("content-type") or ""

    match check.variation:
        case "content-type-charset":
            return lambda call, body, world: "charset" in media_type(call).lower()
        case "content-type-case":
            return lambda call, body, world: (
                media_type(call).partition(";")[0] != media_type(call).partition(";")[0].lower()
            )
        case "scheme-case":
            credential = next(c for c in contract.credentials if c.scheme == check.path[0])
            scheme = credential.kind.capitalize()
            return lambda call, body, world: not (call.header(credential.name) or scheme).startswith(scheme)
        case _:
            documented = {c.name.lower(): c.name for c in contract.credentials if c.location == "header"}
            documented["content-type"] = "Content-Type"
            return lambda call, body, world: any(
                name != documented.get(name.lower(), name) for name in names_sent(call)
            )


def _order(contract: Contract) -> Iterator[tuple[str, str, CallTest]]:
    assert contract.body is not None
    names = list(next((f.schema for f in walk(contract.body.schema, "")), {}).get("properties") or {})
    if len(names) < 2:
        return

    def reordered(call: Call, body: Any, world: World) -> bool:
        seen = [names.index(name) for name in body if name in names] if isinstance(body, dict) else []
        return seen != sorted(seen)

    yield "", "the members of the body must come in the order of the document", reordered


def _parameter_tests(contract: Contract, check: Accepts) -> Iterator[tuple[str, str, CallTest]]:
    name = check.path[0]
    parameter = next(p for p in contract.parameters if p.name == name and p.location == check.place)
    argument = Argument(parameter)
    if check.variation == "present":
        yield (
            "",
            f"a request with the parameter {name} is refused",
            lambda call, body, world: argument.read(call) is not MISSING,
        )
    else:
        yield (
            "",
            f"the parameter {name} must not be {check.value!r}",
            lambda call, body, world: argument.read(call) == check.value,
        )
