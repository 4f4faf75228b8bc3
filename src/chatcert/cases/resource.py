"""Plan the cases of resources: requests that name something that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from chatcert.cases.case import Case, Expectation
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.impossibility import Subject
from chatcert.cases.seeds import seed_of
from chatcert.openapi.schemas.pointer import replaced
from chatcert.requirements.check import KnowsResource, ResourceForm
from chatcert.requirements.requirement import Requirement

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""A name whose case means nothing (RFC 9562 section 4)."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_MIN_UNLIKELY = 8
"""Characters of a name whose beginning is hardly a name as well."""
_MIN_SUFFIX = 4
"""Characters that must follow a prefix such as ``chat_`` for the prefix to be kept."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests that name an unknown resource in place of a known one."""
    check, requests = requirement.check, context.requests
    assert isinstance(check, KnowsResource)
    bodies = requests.bodies
    if check.place == "body":
        known = bodies.typical_value(check.path)
        maximum = bodies.fields[check.path].schema.get("maxLength")
    else:
        known, maximum = requests.parameter_value(check.path[0], check.place), None
    names = _unknown_names(str(known), check.form, seed_of(context.seed, requirement.id))
    if check.form is ResourceForm.MALFORMED and context.profile.unusual and not check.open_question:
        names = chain(names, _nearly_known(str(known), check.place))
    if check.form is ResourceForm.UNKNOWN and context.profile.unusual and not check.open_question:
        names = _and_again(names)
    for label, value in names:
        if maximum is not None and len(value) > maximum:
            continue
        if check.place == "body":
            body = replaced(bodies.body_holding(check.path), bodies.concrete_path(check.path), value)
            if not bodies.validator.is_valid(body):
                continue
            request = requests.request(body)
        else:
            request = requests.request_with_parameter(check.place, check.path[0], value)
        edit = f"{check.path[-1]}: {label}"
        yield edited(requirement, request, Expectation.UNKNOWN, edit, requests.control())


def subject(requirement: Requirement) -> Subject | None:
    """Return what a requirement on an unknown name needs a request to hold."""
    check = requirement.check
    return Subject(check.place, check.path) if isinstance(check, KnowsResource) else None


def _unknown_names(known: str, form: ResourceForm, seed: int) -> Iterator[tuple[str, str]]:
    """Yield unknown names, each with a label: shaped like ``known`` after its prefix, or malformed."""
    if form == ResourceForm.MALFORMED:
        yield "a name of another shape", "no-such-thing!"
        yield "one character", "x"
        return
    prefix, separator, suffix = known.rpartition("_") if "_" in known else known.rpartition("-")
    if not separator or len(suffix) < _MIN_SUFFIX:
        prefix, separator, suffix = "", "", known
    for step in (1, 2):
        changed = "".join(_other(character, seed >> (index % 40), step) for index, character in enumerate(suffix))
        if changed != suffix:
            yield "well-formed, unknown", f"{prefix}{separator}{changed}"


def _and_again(names: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield names and the first of them once more: a server may keep what it has looked for in vain."""
    first: tuple[str, str] | None = None
    for label, value in names:
        first = first or (f"{label}, once more", value)
        yield label, value
    if first is not None:
        yield first


def _nearly_known(known: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield what a search finds that looks for the beginning of a name, or for a pattern, instead of the name."""
    if len(known) >= _MIN_UNLIKELY and not known.isdecimal():
        yield "without its last character", known[:-1]
    if place == "body":
        if known != known.lower() and known != known.upper() and not _UUID.fullmatch(known):
            yield "in another case", known.swapcase()
        yield "a name that every object has", "__proto__"
        yield "a pattern that every name matches", "%"
        yield "the folder above", ".."


def _other(character: str, number: int, step: int) -> str:
    """Return another letter of the same case, or another digit; other characters stay as they are."""
    for alphabet in (_LETTERS, _LETTERS.upper(), _DIGITS):
        if character in alphabet:
            size = len(alphabet)
            return alphabet[(alphabet.index(character) + 1 + (number + step) % (size - 1)) % size]
    return character
