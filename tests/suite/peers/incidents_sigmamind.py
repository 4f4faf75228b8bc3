"""SigmaMind after incidents: variables read too closely, errors that differ by cause, answers that differ by input."""

from __future__ import annotations

import json
from typing import Any

from . import reference as ref
from .incidents import Incident, failing, late, refusing, unauthenticated
from .incidents_answers import changed
from .incidents_bodies import taken
from .kit import on_body
from .model import Reply, Request, Service, Turn, depth, is_number, iso, loads


def variables(test: Any) -> Any:
    """Match requests of which some variable passes a test."""

    def when(turn: Turn) -> bool:
        found = turn.values.get("dynamicVariables")
        return isinstance(found, dict) and any(test(v) for v in found.values())

    return when


def words(test: Any) -> Any:
    """Match requests of which the input passes a test."""
    return lambda t: isinstance(t.values.get("input"), str) and test(t.values["input"])


def in_units(service: Service) -> None:
    """Count the input in UTF-16 units."""
    service.rules["input"].measure = lambda v: len(v.encode("utf-16-le", "surrogatepass")) // 2


def of_kind(kind: str, **fields: Any) -> Any:
    """Set fields of one kind of refusal."""
    return late(lambda s, q, r: changed(r, **fields) if r.kind == kind else None)


def old_clock(service: Service, request: Request, reply: Reply) -> None:
    """Stamp one kind of refusal an hour early."""
    if reply.kind == "resource":
        changed(reply, timestamp=iso(service.clock() - 3600))


def listed(service: Service, request: Request, reply: Reply) -> None:
    """List what is too long."""
    if reply.kind == "schema" and b"at most" in reply.body:
        changed(reply, validationErrors=[{"field": "input", "message": "too long"}])


def without_agent(turn: Turn, body: Any) -> Any:
    """Forget the agent of a chat that goes on."""
    return {**body, "agent": None} if turn.values.get("previousChatId") else body


def queued(turn: Turn, body: Any) -> Any:
    """Put long inputs into a queue."""
    return {**body, "status": "queued"} if len(turn.values["input"]) > 10000 else body


def single(turn: Turn, body: Any) -> Any:
    """Return one message instead of a list, with variables."""
    return {**body, "response": body["response"][0]} if turn.values.get("dynamicVariables") else body


def same_item(turn: Turn, body: Any) -> Any:
    """Give each message the same id."""
    return {**body, "response": [{**item, "id": "item_0000000000000001"} for item in body["response"]]}


def zoneless(service: Service) -> None:
    """Write times without a zone."""
    service.stamp = lambda seconds: iso(seconds).removesuffix("Z")


def cached_without_key(service: Service) -> None:
    """Keep successes by body alone, for a while, whoever asks."""
    kept: dict[bytes, Reply] = {}

    def before(request: Request) -> Reply | None:
        if request.path != "/v1/chats" or request.method != "POST":
            return None
        return kept.get(request.body)

    def after(request: Request, reply: Reply) -> None:
        if not reply.kind:
            kept[request.body] = reply

    service.before.append(before)
    service.after.append(after)


def trailing(service: Service) -> None:
    """Read the first document of a body and no further."""
    decoder = json.JSONDecoder()

    def read(text: str) -> Any:
        try:
            return loads(text)
        except ValueError:
            return decoder.raw_decode(text.lstrip())[0]

    service.loads = read


def deep_values(most: int) -> Any:
    """Find variables that are nested."""
    return variables(lambda v: isinstance(v, dict | list) and depth(v) > most)


def held_by_first_error(service: Service) -> None:
    """Repeat the first complaint of the process in all later errors."""
    first: dict[str, str] = {}

    def shape(request: Request, refusal: Any, body: Any) -> Any:
        if refusal.kind == "schema" and refusal.fields:
            first.update({} if first else refusal.fields)
            return {**body, "message": "; ".join(first.values()), "validationErrors": first}
        return body

    service.error_shapes.append(shape)


def big(value: Any) -> bool:
    """Find numbers beyond 64 bits."""
    return is_number(value) and abs(value) >= 2**63


ROWS: list[Incident] = [
    Incident(
        "sigmamind",
        "deep-variable-crash",
        "robustness/nesting/20",
        "variables of more than five levels are a failure",
        failing(deep_values(5)),
    ),
    Incident(
        "sigmamind",
        "fraction-variable-crash",
        "accepts/body/dynamicVariables/*/type/number",
        "a number with a fraction is a failure",
        failing(variables(lambda v: isinstance(v, float))),
    ),
    Incident(
        "sigmamind",
        "cached-by-body",
        "response/201/chatId/unique",
        "answers are kept by body alone",
        cached_without_key,
    ),
    Incident(
        "sigmamind",
        "key-injection",
        "auth/X-API-Key/injection",
        "the key is written into the query",
        unauthenticated(lambda q: "' or '" in (q.header("x-api-key") or "").lower()),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "sigmamind", "input-in-units", "accepts/body/input/maxLength", "lengths are counted in UTF-16 units", in_units
    ),
    Incident(
        "sigmamind",
        "false-variable-refused",
        "accepts/body/dynamicVariables/*/type/boolean",
        "a variable that is false counts as missing",
        refusing(variables(lambda v: v is False)),
    ),
    Incident(
        "sigmamind",
        "zero-variable-refused",
        "accepts/body/dynamicVariables/*/type/number",
        "a variable that is zero counts as missing",
        refusing(variables(lambda v: is_number(v) and v == 0)),
    ),
    Incident(
        "sigmamind",
        "empty-variable-refused",
        "accepts/body/dynamicVariables/*/type/string",
        "an empty text counts as missing",
        refusing(variables(lambda v: v == "")),
    ),
    Incident(
        "sigmamind",
        "big-variable-crash",
        "robustness/body/dynamicVariables",
        "a number beyond 64 bits is a failure",
        failing(variables(big)),
    ),
    Incident(
        "sigmamind",
        "object-variable-refused",
        "accepts/body/dynamicVariables/*/type/object",
        "variables are scalars",
        refusing(variables(lambda v: isinstance(v, dict))),
    ),
    Incident(
        "sigmamind",
        "null-previous-crash",
        "request/body/previousChatId/null",
        "an earlier chat that is null is a failure",
        lambda s: (
            taken("previousChatId", lambda v: v is None, lambda v: "\0null")(s),
            failing(lambda t: t.values.get("previousChatId") == "\0null")(s),
        )[0],
    ),
    Incident(
        "sigmamind", "zoneless-creation", "response/201/createdAt/format", "the time of creation has no zone", zoneless
    ),
    Incident(
        "sigmamind",
        "not-found-clock",
        "response/404/timestamp/clock",
        "errors about unknown agents are an hour old",
        late(old_clock),
    ),
    Incident(
        "sigmamind",
        "login-error-path",
        "response/401/path/equals",
        "refused logins are forwarded to /error",
        of_kind("auth", path="/error"),
    ),
    Incident(
        "sigmamind",
        "syntax-status",
        "response/400/status/equals",
        "malformed JSON is called 500 in the body",
        of_kind("syntax", status=500),
    ),
    Incident(
        "sigmamind", "too-long-listed", "response/400/schema", "lengths are complained of in a list", late(listed)
    ),
    Incident(
        "sigmamind",
        "continued-without-agent",
        "response/201/agent/type",
        "a chat that goes on has no agent",
        on_body(without_agent),
    ),
    Incident(
        "sigmamind",
        "long-input-queued",
        "response/201/status/enum",
        "long inputs have a status of their own",
        on_body(queued),
    ),
    Incident(
        "sigmamind",
        "single-message",
        "response/201/response/type",
        "with variables the response is no list",
        on_body(single),
    ),
    Incident(
        "sigmamind",
        "trailing-unread",
        "request/json/trailing-bytes",
        "what follows the first document is not read",
        trailing,
    ),
    Incident(
        "sigmamind",
        "history-as-list",
        "request/body/input/type",
        "input may be a list of messages",
        taken("input", lambda v: isinstance(v, list) and v != [], lambda v: "history"),
    ),
    Incident(
        "sigmamind",
        "blank-input-crash",
        "response/any/no-server-error",
        "nothing but spaces is a failure",
        failing(words(lambda v: not v.strip())),
    ),
    Incident(
        "sigmamind",
        "control-crash",
        "robustness/body/input",
        "a control character is a failure",
        failing(words(lambda v: any(ord(c) < 32 and c not in "\t\r\n" for c in v))),
    ),
    Incident(
        "sigmamind",
        "first-complaint-kept",
        "response/400/names-field",
        "errors repeat the first complaint of the process",
        held_by_first_error,
    ),
    Incident(
        "sigmamind",
        "template-crash",
        "robustness/body/input",
        "braces in the input are a failure",
        failing(words(lambda v: "{{" in v or "{%" in v or "${" in v)),
    ),
    Incident(
        "sigmamind",
        "agent-as-asked",
        "response/201/agent/agentId/equals",
        "the agent in the answer is called by its input",
        on_body(lambda t, b: {**b, "agent": {**b["agent"], "agentId": ref.SIGMAMIND_AGENT[:-1] + "y"}}),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""


ALIKE: list[Incident] = [
    Incident("sigmamind", "same-item", "", "all messages have one id", on_body(same_item)),
]
"""What looks like an incident, and is permitted."""
