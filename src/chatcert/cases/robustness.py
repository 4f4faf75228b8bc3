"""Cases of bad credentials, unknown resources, hostile input and other methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chatcert.cases.case import Case, Expectation, RawBody
from chatcert.cases.drawing import seed_of
from chatcert.cases.hostile import DEPTH, HEADERS, PATH_VALUES, VALUES, nested, payloads
from chatcert.cases.planner import Planner, Unplannable
from chatcert.openapi.pointer import MISSING
from chatcert.requirements.check import Authenticates, KnowsResource, Method, Withstands
from chatcert.requirements.requirement import Requirement

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"


def cases(
    planner: Planner, requirement: Requirement, check: Authenticates | KnowsResource | Withstands | Method
) -> Iterator[Case]:
    """The requests that one such requirement asks for."""
    match check:
        case Authenticates():
            yield from _credentials(planner, requirement, check)
        case KnowsResource():
            yield from _unknown(planner, requirement, check)
        case Withstands():
            yield from _hostile(planner, requirement, check)
        case Method():
            yield from _methods(planner, requirement, check)


def _credentials(planner: Planner, requirement: Requirement, check: Authenticates) -> Iterator[Case]:
    schemes = [check.scheme] if check.scheme else [c.scheme for c in planner.contract.credentials]
    rounds = planner.profile.rounds if check.form in ("missing", "wrong", "prefix", "empty") else 1
    for number in range(1, rounds + 1):
        forms = dict.fromkeys(schemes, check.form)
        suffix = f", round {number}" if number > 1 else ""
        yield planner.edited(
            requirement,
            planner.request(credentials=forms),
            Expectation.UNAUTHENTICATED,
            f"{' and '.join(schemes)} {check.form}{suffix}",
            planner.control(),
        )


def _unknown(planner: Planner, requirement: Requirement, check: KnowsResource) -> Iterator[Case]:
    control = planner.control()
    instances = planner.instances
    if check.place == "body":
        known = instances.typical(check.path)
        maximum = instances.fields[check.path].schema.get("maxLength")
    else:
        known, maximum = planner.parameter_value(check.path[0], check.place), None
    for label, value in _strangers(str(known), check.form, seed_of(planner.seed, requirement.id)):
        if maximum is not None and len(value) > maximum:
            continue
        if check.place == "body":
            body = planner.altered(instances.body_with(check.path), instances.concrete(check.path), value)
            if not instances.validator.is_valid(body):
                continue
            request = planner.request(body)
        else:
            request = planner.request_with(check.place, check.path[0], value)
        yield planner.edited(requirement, request, Expectation.UNKNOWN, f"{check.path[-1]}: {label}", control)


def _strangers(known: str, form: str, number: int) -> Iterator[tuple[str, str]]:
    """Names of nothing: of the known one's shape (every letter and digit after its prefix changed), or misshapen."""
    if form == "malformed":
        yield "a name of another shape", "no-such-thing!"
        yield "one character", "x"
        return
    head, mark, tail = known.rpartition("_") if "_" in known else known.rpartition("-")
    if not mark or len(tail) < 4:
        head, mark, tail = "", "", known
    for step in (1, 2):
        changed = "".join(_shifted(character, number >> (index % 40), step) for index, character in enumerate(tail))
        if changed != tail:
            yield "well-formed, of nothing", f"{head}{mark}{changed}"


def _shifted(character: str, number: int, step: int) -> str:
    for letters in (_LETTERS, _LETTERS.upper(), _DIGITS):
        if character in letters:
            size = len(letters)
            return letters[(letters.index(character) + 1 + (number + step) % (size - 1)) % size]
    return character


def _hostile(planner: Planner, requirement: Requirement, check: Withstands) -> Iterator[Case]:
    if check.place == "headers":
        for label, headers in HEADERS:
            yield _any(planner, requirement, planner.request(headers=dict(headers)), label)
        for credential in planner.contract.credentials:
            if credential.location == "header":
                yield _any(
                    planner,
                    requirement,
                    planner.request(credentials={credential.scheme: "duplicated"}),
                    f"{credential.name} twice",
                )
        return
    if check.place == "payload":
        for label, data, content_type in payloads(planner.instances.body()):
            typed = {"Content-Type": content_type} if content_type else {}
            yield _any(planner, requirement, planner.request(RawBody(data), headers=typed), label)
        return
    if check.place != "body":
        for label, value in PATH_VALUES:
            if check.place in ("header", "cookie") and (not value.isprintable() or not value.isascii()):
                continue
            request = planner.request_with(check.place, check.path[0], value)
            yield _any(planner, requirement, request, f"{check.path[0]}: {label}")
        return
    base, concrete = planner.instances.body_with(check.path), planner.instances.concrete(check.path)
    if "json" not in (planner.contract.body.media_type if planner.contract.body else ""):
        chosen = [(label, value) for label, value in VALUES if isinstance(value, str)]
    else:
        chosen = list(VALUES)
    field = planner.instances.fields[check.path]
    inside = "object" in field.types and "string" not in field.types
    for label, value in chosen[: planner.profile.hostile]:
        actual = nested(DEPTH) if "nesting" in label else value
        body = planner.altered(base, concrete, actual)
        if inside:
            body = planner.altered(base, concrete, _filled(planner.instances.typical(check.path), actual))
        yield _any(planner, requirement, planner.request(body), f"{'/'.join(check.path)}: {label}")
    if inside:
        everything = {f"key {number}": value for number, (_, value) in enumerate(VALUES)}
        keys = {value: label for label, value in VALUES if isinstance(value, str) and len(value) < 1000}
        for label, content in (("all of these at once", everything), ("all of these as keys", keys)):
            typical = planner.instances.typical(check.path)
            merged = {**(typical if isinstance(typical, dict) else {}), **content}
            yield _any(
                planner,
                requirement,
                planner.request(planner.altered(base, concrete, merged)),
                f"{'/'.join(check.path)}: {label}",
            )


def _filled(typical: Any, value: Any) -> Any:
    """An object with a hostile value in a key of its own and in place of its first text."""
    members = dict(typical) if isinstance(typical, dict) else {}
    first = next((name for name, inner in members.items() if isinstance(inner, str)), None)
    if first is not None and isinstance(value, str):
        members[first] = value
    return {**members, "chatcert": value}


def _any(planner: Planner, requirement: Requirement, request: Any, edit: str) -> Case:
    return planner.edited(requirement, request, Expectation.ANY, edit, planner.control())


def _methods(planner: Planner, requirement: Requirement, check: Method) -> Iterator[Case]:
    control = planner.control()
    method = "PUT" if check.method == "ALLOW" else check.method
    if method == planner.contract.method:
        raise Unplannable(f"{method} is the documented method")
    request = replace(planner.request(), method=method)
    yield planner.edited(
        requirement, request, Expectation.METHOD, f"{method} instead of {planner.contract.method}", control
    )
    if check.method == "GET" and planner.contract.body is not None:
        bare = replace(planner.request(None, headers={"Content-Type": MISSING}), method="GET")
        yield planner.edited(requirement, bare, Expectation.METHOD, "GET without a body", control)
