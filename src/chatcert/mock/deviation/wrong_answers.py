"""Break what a documented answer has to be by itself: its status, framing, media type, JSON, schema and members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.call import Reply
from chatcert.mock.deviation.answer_rule import AnswerRule, WrongValue
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.mock.deviation.schema_violation import violations
from chatcert.mock.deviation.wrong_branches import wrong_branches, wrong_discriminators
from chatcert.mock.deviation.wrong_headers import wrong_headers
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import is_json_type
from chatcert.requirements.check import Accepts, Rule, Variation

_RELATIONS = (
    Rule.ENUM,
    Rule.CONST,
    Rule.FORMAT,
    Rule.UNIQUE,
    Rule.EQUALS,
    Rule.INITIAL,
    Rule.CLOCK,
    Rule.CLOCK_MOVES,
    Rule.NOT_BEFORE,
)
"""Rules on a member none of which a value of another type can keep."""


def wrong_answers(rule: AnswerRule) -> Iterator[Fault]:
    """Yield the faults that break one rule on one documented answer."""
    if rule.check.header:
        yield from wrong_headers(rule)
        return
    if rule.check.rule is Rule.DISCRIMINATOR:
        yield from wrong_discriminators(rule)
        return
    if rule.check.choices:
        yield from wrong_branches(rule)
        return
    match rule.check.rule:
        case Rule.STATUS:
            yield from _statuses(rule)
        case Rule.FRAMING:
            yield _framing(rule)
        case Rule.LOCATION:
            yield rule.reply_fault("", "a redirect to a chat does not say where it is", _without_location)
        case Rule.CONTENT_TYPE:
            change = _with_type(b"text/html; charset=utf-8")
            yield rule.reply_fault("text", "the body is labelled text/html", change)
            yield rule.reply_fault("missing", "the media type of the body is not given", _with_type(b""))
        case Rule.JSON:
            yield from _malformed_json(rule)
        case Rule.MEDIA_TYPE:
            yield from _other_types(rule)
        case Rule.PROMISED:
            yield from _promised(rule)
        case Rule.REQUIRED:
            yield rule.value_fault("", f"{rule.subject} is left out", _left_out, "schema")
        case Rule.WRITE_ONLY:
            *parent, name = rule.check.path
            yield rule.body_fault(
                "",
                f"{rule.subject} is given back",
                lambda body: changed_at(
                    body,
                    tuple(parent),
                    lambda around: {**around, name: "as sent"} if isinstance(around, dict) else around,
                ),
                "schema",
            )
        case Rule.SCHEMA:
            yield rule.body_fault("", "the body is an array", lambda value: [value], *_presence_rules(rule))
        case Rule.INFORMATIVE:
            yield _uninformative(rule)
        case keyword:
            yield from _keyword(rule, keyword)


def _statuses(rule: AnswerRule) -> Iterator[Fault]:
    documented = {answer.status for answer in rule.draft.contract.successes}
    for status in (200, 201, 202):
        if str(status) not in documented and "2XX" not in documented:
            yield rule.reply_fault(str(status), f"a created chat is answered with {status}", _with_status(status))


def _framing(rule: AnswerRule) -> Fault:
    fault = rule.reply_fault(
        "",
        "the body is shorter than announced",
        lambda reply: Reply(reply.status, reply.body[:-1], reply.headers, len(reply.body)),
    )
    accepting = tuple(other.id for other, _ in rule.draft.checks(Accepts))  # no request was accepted either
    return replace(fault, breaks=(*fault.breaks, *accepting))


def _malformed_json(rule: AnswerRule) -> Iterator[Fault]:
    for variant, text, spoil in (
        ("truncated", "the JSON text breaks off", lambda body: body[:-1]),
        ("trailing", "something follows the JSON text", lambda body: body + b"\nOK"),
        ("page", "the body is an HTML page", lambda body: b"<!doctype html><title>Oops</title>"),
    ):
        yield rule.reply_fault(variant, text, _with_body(spoil))


def _other_types(rule: AnswerRule) -> Iterator[Fault]:
    """Yield the faults of an answer of another documented media type that does not match its schema."""
    name = str(rule.check.detail)
    schema, label = rule.answer.content[name], name.encode("latin-1", "replace")
    if is_json_type(name):
        yield rule.reply_fault("json", f"an answer of type {name} is not JSON", _relabelled(label, b"{"))
    elif name.startswith("text/"):
        texts = ("", "undocumented", "x" * (int(schema.get("maxLength", 0)) + 1))
        wrong = next((text for text in texts if not predicate(schema, schema)(text)), None)
        if wrong is not None:
            text = f"an answer of type {name} does not match its schema"
            yield rule.reply_fault("text", text, _relabelled(label, wrong.encode()))


def _relabelled(media_type: bytes, body: bytes) -> Callable[[Reply], Reply]:
    return lambda reply: _with_type(media_type)(Reply(reply.status, body, reply.headers))


def _promised(rule: AnswerRule) -> Iterator[Fault]:
    siblings = rule.fields[rule.check.path[:-1]].get("required") or []
    is_required = rule.check.path[-1] in siblings
    also = ["schema", f"{'/'.join(rule.check.path)}/{Rule.REQUIRED}"] if is_required else []
    yield rule.value_fault("dropped", f"{rule.subject} is left out", _left_out, *also)
    empty: dict[str, Any] = {"string": "", "array": [], "object": {}}
    kind = (types_of(rule.schema) or ("",))[0]
    unique = f"{'/'.join(rule.check.path)}/unique"
    if kind in empty:
        yield rule.value_fault("empty", f"{rule.subject} is empty", lambda context, value: empty[kind], unique)
    if kind == "string":
        yield rule.value_fault("blank", f"{rule.subject} is blank", lambda context, value: "   ", unique)


def _left_out(context: Any, value: Any) -> Any:
    return MISSING


def _presence_rules(rule: AnswerRule) -> list[str]:
    """Return the rules that members have to be there."""
    paths = ("/".join(path) for path in rule.fields if path)
    return ["informative", *(f"{path}/{presence}" for path in paths for presence in ("promised", "required"))]


def _uninformative(rule: AnswerRule) -> Fault:
    required = rule.root.get("required") or []

    def emptied(value: Any) -> Any:
        return dict.fromkeys(required, "") if isinstance(value, dict) else value

    return rule.body_fault("", "the body says nothing", emptied)


def _keyword(rule: AnswerRule, keyword: Rule) -> Iterator[Fault]:
    fits = predicate(rule.schema, rule.root)
    is_type = keyword == Rule.TYPE
    also = [f"{'/'.join(rule.check.path)}/{other}" for other in _RELATIONS] if is_type else []
    for variant, description, change in violations(rule.schema, keyword):
        if keyword == Rule.FORMAT or not _leaves_valid(fits, change, rule.schema):
            text = f"{rule.subject} is {description}"
            fault = rule.value_fault(variant, text, _without_context(change), "schema", *also)
            yield replace(fault, breaks=(*fault.breaks, *_links(rule))) if is_type else fault


def _links(rule: AnswerRule) -> list[str]:
    """Return the requirements that the next request can use what this answer gives out."""
    if not rule.is_success:
        return []
    return [other.id for other, inner in rule.draft.checks(Accepts) if inner.variation == Variation.LINK]


def _leaves_valid(fits: Callable[[Any], bool], change: Callable[[Any], Any], schema: Schema) -> bool:
    """Return whether a change leaves a value valid; a change that depends on the value is tried on a plain one."""
    samples: dict[str, Any] = {"string": "text", "array": [], "object": {}, "integer": 1, "number": 1, "boolean": True}
    declared = schema.get("type")
    kind = declared[0] if isinstance(declared, list) else declared
    sample = (schema.get("enum") or [samples.get(str(kind), "text")])[0]
    return fits(change(sample))


def _without_context(change: Callable[[Any], Any]) -> WrongValue:
    return lambda context, value: change(value)


def _without_location(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, [header for header in reply.headers if header[0].lower() != b"location"])


def _with_status(status: int) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(status, reply.body, reply.headers)


def _with_body(change: Callable[[bytes], bytes]) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(reply.status, change(reply.body), reply.headers)


def _with_type(media_type: bytes) -> Callable[[Reply], Reply]:
    named = [(b"content-type", media_type)] if media_type else []
    return lambda reply: Reply(
        reply.status, reply.body, [*named, *(h for h in reply.headers if h[0] != b"content-type")]
    )
