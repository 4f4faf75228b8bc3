"""Faults that break *relation*: an answer does not fit its request, the time, other answers or the next request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend, resource_places
from chatcert.mock.deviation.answer_rule import AnswerRule, WrongValue, rules_on_answers
from chatcert.mock.deviation.echo_edits import echo_edits
from chatcert.mock.deviation.echo_samples import echoable
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.intermittent import VARIANT, tenth_repeating
from chatcert.mock.deviation.json_edits import Change
from chatcert.mock.deviation.refused_requests import members_of, refusing
from chatcert.mock.examples import instance, timestamp
from chatcert.mock.known_resources import values_at
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import OF_SUCCESS, Schema
from chatcert.openapi.schemas import pointer
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Accepts, Answers, Rule
from chatcert.requirements.requirement import Kind, Requirement

DAY = 86_400
"""Seconds."""

_GREATER = ("milliseconds", "nanoseconds")
"""Units in which a time is so great a number that whatever must not be before it is."""


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every rule that relates an answer to something else."""
    for requirement, link in draft.family(Kind.RELATION, Accepts):
        yield from _refused_links(draft, requirement, link)
    for rule in rules_on_answers(draft, Kind.RELATION):
        yield from _broken(rule)
    for requirement, check in draft.family(Kind.RELATION, Answers):
        if check.rule == Rule.UNIQUE and check.status.startswith(OF_SUCCESS):
            yield draft.make(
                requirement,
                VARIANT,
                f"one in ten answers repeats {'/'.join(check.path)}",
                intermittent=True,
                values=(tenth_repeating(check.path),),
            )


def _refused_links(draft: FaultDraft, requirement: Requirement, check: Accepts) -> Iterator[Fault]:
    """Yield the faults of refusing an id that the server gave out: always, or beside all other fields."""
    name, documented = "/".join(check.path), members_of(draft.contract).keys()

    def follows(body: Any, backend: Backend) -> bool:
        return any(value in backend.issued for value in values_at(body, check.path))

    yield refusing(
        draft,
        requirement,
        check,
        "",
        f"{name} must not be an id that the server gave out",
        lambda call, body, backend: follows(body, backend),
    )
    if documented:
        yield refusing(
            draft,
            requirement,
            check,
            "all-fields",
            f"{name} must not be an id that the server gave out where all other fields are there",
            lambda call, body, backend: follows(body, backend) and documented <= body.keys(),
        )


def _broken(rule: AnswerRule) -> Iterator[Fault]:
    name = rule.check.rule
    if name == Rule.NOT_BEFORE:
        other = pointer.tokens_of(str((rule.check.detail or {}).get("field", "")))
        yield rule.value_fault_beside(f"{rule.subject} is earlier than {'/'.join(other)}", other, _earlier)
        return
    for variant, description, wrong in _wrong_values(rule):
        if _is_right(rule, variant):
            continue
        if variant == "stale" or name != Rule.CLOCK or not _is_referred_to(rule) or variant in _GREATER:
            yield rule.value_fault(variant, f"{rule.subject} is {description}", wrong, *_also(rule, variant))


def _wrong_values(rule: AnswerRule) -> Iterator[tuple[str, str, WrongValue]]:
    """Yield the ways of breaking a relation, as (variant, description, what makes the wrong value)."""
    flat = rule.schema
    match rule.check.rule:
        case Rule.UNIQUE:
            yield from _repeated()
        case Rule.EQUALS:
            yield from _unequal(flat, rule.root, _is_free_text(rule), _echoable(rule))
        case Rule.INITIAL:
            yield "", "already changed", lambda context, value: _other(value, flat)
        case Rule.CLOCK:
            yield from _off_clock(flat)
        case Rule.CLOCK_MOVES:
            kept: list[Any] = []
            yield "frozen", "the time at which the server started", lambda context, value: _first(kept, value)
        case Rule.REPLY:
            yield from _no_replies(rule)
        case Rule.CONSTANT:
            numbers = count(1)
            yield "", "another one each time", lambda context, value: f"{value}-{next(numbers)}"


def _no_replies(rule: AnswerRule) -> Iterator[tuple[str, str, WrongValue]]:
    """Yield what is no reply: the user's own text, and messages of another speaker."""
    detail = rule.check.detail or {}
    path, role = pointer.tokens_of(str(detail.get("input", ""))), str(detail.get("role", ""))
    fits = predicate(rule.schema, rule.root)

    def echo(context: AnswerContext, value: Any) -> Any:
        text = pointer.lookup(context.body, path)
        changed = _with_texts(value, text) if isinstance(text, str) else value
        return changed if fits(changed) else value

    def turned(context: AnswerContext, value: Any) -> Any:
        changed = [{**one, role: "user"} if isinstance(one, dict) else one for one in value]
        return changed if fits(changed) else value

    if path:
        yield "echo", "the text of the request", echo
    if role and types_of(rule.schema)[:1] == ("array",):
        yield "user", "a message of the user", turned


def _with_texts(value: Any, text: str) -> Any:
    """Return a reply in which the text is another one: the reply itself, or the contents of its messages."""
    if isinstance(value, str):
        return text
    messages = value if isinstance(value, list) else [value]
    changed = [
        {name: [text] if isinstance(inner, list) else inner for name, inner in one.items()}
        if isinstance(one, dict)
        else text
        for one in messages
    ]
    return changed if isinstance(value, list) else changed[0]


def _echoable(rule: AnswerRule) -> tuple[Any, ...] | None:
    """Return values that a request may have where this member repeats a part of its body; ``None`` elsewhere."""
    expression = str((rule.check.detail or {}).get("expression", ""))
    if not expression.startswith("$request.body"):
        return None
    return echoable(rule.draft.contract.body, pointer.tokens_of(expression.partition("#")[2])) or None


def _is_free_text(rule: AnswerRule) -> bool:
    """Return whether this member repeats a part of the request in which a client may write any text."""
    expression = str((rule.check.detail or {}).get("expression", ""))
    if not expression.startswith(("$request.body", "$request.query", "$request.header")):
        return False
    path = pointer.tokens_of(expression.partition("#")[2])
    return all(path != place.path for place in resource_places(rule.draft.contract) if place.refuses_unknown)


def _is_right(rule: AnswerRule, variant: str) -> bool:
    """Return whether a wrong value happens to be right here: the example's status in answers of that status."""
    example = str(rule.schema.get("example", ""))
    return rule.check.rule == Rule.EQUALS and variant == "fixed" and example == rule.answer.status


def _is_referred_to(rule: AnswerRule) -> bool:
    """Return whether another time must not be before this one, so that this one alone must not move ahead."""
    here = pointer.join("", *rule.check.path)
    limits = [schema.get("x-chatcert-not-before") for schema in rule.fields.values()]
    return any(isinstance(limit, dict) and limit.get("field") == here for limit in limits)


def _also(rule: AnswerRule, variant: str) -> Iterator[str]:
    """Yield the rules on the order of times that break as well."""
    if rule.check.rule == Rule.CLOCK_MOVES and "x-chatcert-not-before" in rule.schema:
        yield f"{'/'.join(rule.check.path)}/not-before"
    if variant in _GREATER and _is_referred_to(rule):
        yield from (f"{'/'.join(path)}/not-before" for path in rule.fields)


def _first(kept: list[Any], value: Any) -> Any:
    """Return the first value that was put into ``kept``."""
    if not kept:
        kept.append(value)
    return kept[0]


def _repeated() -> Iterator[tuple[str, str, WrongValue]]:
    kept: list[Any] = []
    by_body: dict[bytes, Any] = {}
    by_second: dict[int, Any] = {}
    yield "constant", "always the same", lambda context, value: _first(kept, value)
    yield (
        "per-body",
        "the same for the same request",
        lambda context, value: by_body.setdefault(context.call.body, value),
    )
    yield (
        "per-second",
        "the same within one second",
        lambda context, value: by_second.setdefault(int(context.now), value),
    )


def _unequal(
    flat: Schema, root: Schema, free_text: bool, sent: tuple[Any, ...] | None
) -> Iterator[tuple[str, str, WrongValue]]:
    """Yield the ways of repeating a part of a request wrongly that a valid request can show.

    Args:
        sent: what a request may have there; ``None`` where that is not known.
    """
    fits = predicate(flat, root)
    bare = {key: value for key, value in flat.items() if key != "x-chatcert-equals"}
    fixed = instance(bare, root)
    kinds = types_of(flat)

    def edited(change: Change) -> WrongValue:
        def wrong(context: AnswerContext, value: Any) -> Any:
            changed = change(value)
            return changed if fits(changed) else value

        return wrong

    def shows(change: Change) -> bool:
        changes = ((value, change(value)) for value in sent or ())
        return sent is None or any(fits(changed) and changed != value for value, changed in changes)

    if shows(lambda value: _other(value, flat)):
        yield "", "changed", edited(lambda value: _other(value, flat))
    if fixed is not MISSING:
        yield "fixed", "the same whatever is sent", lambda context, value: fixed
    if not free_text:
        return
    edits = [edit for kind in kinds[:1] for edit in echo_edits(kind)]
    yield from ((variant, description, edited(change)) for variant, description, change in edits if shows(change))


def _other(value: Any, flat: Schema) -> Any:
    """Another value of the same type, or of another that the schema names where the value is null."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}~"
        case dict():
            return dict(list(value.items())[1:]) if value else {"undocumented": True}
        case list():
            return value[1:] if value else ["undocumented"]
        case _:
            samples: dict[str, Any] = {"string": "other", "integer": 1, "number": 1, "boolean": True, "object": {}}
            return samples.get((types_of(flat) or ("string",))[0], "other")


def _off_clock(flat: Schema) -> Iterator[tuple[str, str, WrongValue]]:
    rule = flat.get("x-chatcert-clock")
    unit = str(rule.get("unit", "")) if isinstance(rule, Mapping) else ""

    def shifted(seconds: float) -> WrongValue:
        if unit == "date-time":
            return lambda context, value: timestamp(context.now + seconds)
        factor = 1000 if unit == "milliseconds" else 1
        return lambda context, value: int(context.now + seconds) * factor

    if "x-chatcert-not-before" not in flat:
        yield "stale", "a day old", shifted(-DAY)
    if unit == "date-time":
        yield "local", "a local time said to be UTC", shifted(7200)
    yield "future", "a day ahead", shifted(DAY)
    if unit == "seconds":
        yield "milliseconds", "in milliseconds", lambda context, value: int(context.now * 1000)
    if unit == "milliseconds":
        yield "seconds", "in seconds", lambda context, value: int(context.now)
    if unit in ("seconds", "milliseconds"):
        yield "nanoseconds", "in nanoseconds", lambda context, value: int(context.now * 1e9)


def _earlier(other: Any) -> Any:
    """Return a time a little before ``other``, in the same unit; ``other`` itself where it is not a time."""
    if isinstance(other, str) and other.endswith("Z"):
        return "2000-01-01T00:00:00.000Z"
    return other - 5 if isinstance(other, int | float) and not isinstance(other, bool) else other
