"""Honest oddities of one vendor each, and the list of all of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from .defects_response import computed, put, without
from .kit import (
    ALL,
    Manner,
    anonymous,
    invalid,
    malformed,
    on_body,
    setting,
    setting_header,
    spoken,
    unknown,
    valid,
    wrong_key,
)
from .manners import ERRORS, Apply, Row, codes, encoded, ordered, shaped_errors
from .manners_common import common
from .model import Exact, Refusal, Reply, Request, Service, loads, random_id


def only_first(request: Request, refusal: Refusal, body: Any) -> Any:
    """List errors as FastAPI does."""
    if refusal.kind not in ("schema", "syntax"):
        return body
    return {"detail": [{"loc": ["body"], "msg": refusal.message, "type": "value_error"}]}


def missing_is_400(service: Service) -> None:
    """Answer a missing header as a bad request."""

    def late(request: Request, reply: Reply) -> Reply:
        if reply.kind == "auth" and not all(request.all(c.header) for c in service.credentials):
            reply.status = 400
            reply.set("www-authenticate", None)
        return reply

    service.after.append(late)


def agencii() -> Iterator[Row]:
    """Yield what Agencii's server may do."""
    lost = (unknown("agencii"),)
    yield "resource-400", "an unknown integration is a 400", codes(resource=400), lost, False
    yield "resource-403", "an unknown integration is a 403", codes(resource=403), lost, False
    yield (
        "resource-first",
        "integrations are looked up before the credentials",
        ordered("weigh", "parse", "validate", "find", "authenticate"),
        (wrong_key("agencii").raw(unknown("agencii").body),),
        False,
    )
    yield (
        "token-text",
        "the token is called a JWT in errors",
        shaped_errors(lambda b: {"detail": "Not a JWT: segments missing"}, "auth"),
        (wrong_key("agencii"),),
        False,
    )


def polyai() -> Iterator[Row]:
    """Yield what PolyAI's server may do."""
    good = valid("polyai")
    bad_language = good.put(asr_lang_code="not a language")
    yield "auth-403", "bad credentials are a 403", codes(auth=403), (wrong_key("polyai"),), False
    yield (
        "missing-400",
        "a missing header is a 400",
        missing_is_400,
        (anonymous("polyai"),),
        False,
    )
    yield (
        "resource-403",
        "a foreign account is a 403",
        codes(resource=403),
        (unknown("polyai"),),
        False,
    )
    yield "reply-empty", "the agent says nothing yet", put(response=""), (good,), False
    yield (
        "reply-long",
        "the agent says much, in other scripts",
        put(response="\u3053\u3093\u306b\u3061\u306f \U0001f600\n" * 500),
        (good,),
        False,
    )
    yield (
        "any-version",
        "every version is served",
        any_version,
        (good.at(good.path.replace("/v1/", "/v9/")),),
        False,
    )
    yield (
        "language-checked",
        "codes that are not a language are refused",
        checked_language,
        (bad_language,),
        False,
    )
    yield (
        "resource-early",
        "accounts are looked up before the credentials",
        ordered("find", "authenticate", "weigh", "parse", "validate"),
        (unknown("polyai").header("X-TOKEN", "nonsense"),),
        False,
    )


def any_version(service: Service) -> None:
    """Ignore the version."""
    service.place.pop("version")  # type: ignore[attr-defined]


def checked_language(service: Service) -> None:
    """Refuse what is not like en-US."""
    for name in ("asr_lang_code", "tts_lang_code"):
        service.rules[name].refuses.append(
            lambda v: not (len(v) == 5 and v[2] == "-" and v[:2].islower() and v[3:].isupper())
        )


def stamped(write: Callable[[float], str]) -> Apply:
    """Write createdAt in another way."""
    return setting(stamp=write)


def utc(pattern: str, shift: int = 0) -> Callable[[float], str]:
    """Write a time in UTC, or shifted by an offset."""
    return lambda seconds: time.strftime(pattern, time.gmtime(seconds + shift))


def messages(*roles: str) -> Apply:
    """Answer with several messages."""
    return put(
        response=[
            {
                "id": f"item_{random_id(8)}",
                "role": role,
                "type": "message",
                "content": [f"Hi {n}", ""],
            }
            for n, role in enumerate(roles)
        ]
    )


def sigmamind() -> Iterator[Row]:
    """Yield what SigmaMind's server may do."""
    good = (valid("sigmamind"),)
    bad = (invalid("sigmamind"), wrong_key("sigmamind"))
    yield "auth-403", "bad credentials are a 403", codes(auth=403), bad, False
    yield (
        "resource-403",
        "a foreign agent is a 403",
        codes(resource=403),
        (unknown("sigmamind"),),
        False,
    )
    for name, description, write in (
        (
            "offset",
            "has an offset of five hours and a half",
            utc("%Y-%m-%dT%H:%M:%S.250+05:30", 19800),
        ),
        ("negative-offset", "has a negative offset", utc("%Y-%m-%dT%H:%M:%S-08:00", -28800)),
        ("zero-offset", "has an offset of zero", utc("%Y-%m-%dT%H:%M:%S+00:00")),
        ("unknown-offset", "has the unknown offset", utc("%Y-%m-%dT%H:%M:%S-00:00")),
        ("whole", "has no fraction", utc("%Y-%m-%dT%H:%M:%SZ")),
        ("lower", "is written in lower case", utc("%Y-%m-%dt%H:%M:%Sz")),
        ("nanoseconds", "has nine digits", utc("%Y-%m-%dT%H:%M:%S.123456789Z")),
    ):
        yield f"created-{name}", f"createdAt {description}", stamped(write), good, False
    yield "clock-20s", "the clock is 20 seconds slow", slow_clock, good, False
    yield "clock-ahead", "the clock is 20 seconds fast", fast_clock, good, False
    yield (
        "status-float",
        "status is written 400.0 in errors",
        shaped_errors(lambda b: {**b, "status": Exact(f"{b['status']}.0")}),
        bad,
        False,
    )
    yield (
        "many-messages",
        "the agent says several things",
        messages("user", "assistant", "assistant"),
        good,
        False,
    )
    yield (
        "no-messages-content",
        "a message has no content yet",
        put(response=[{"id": "item_1", "role": "assistant", "type": "message", "content": []}]),
        good,
        False,
    )
    yield (
        "bare-message",
        "messages lack id and type",
        computed("response", lambda v: [{"role": "assistant", "content": ["Hello"]}]),
        good,
        False,
    )
    yield (
        "agent-prefixed",
        "the agent's id carries a prefix",
        computed("agent", lambda v: {**v, "agentId": "agent_" + v["agentId"]}),
        good,
        False,
    )
    yield (
        "agent-testing",
        "the agent is in testing",
        computed("agent", lambda v: {**v, "status": "Testing"}),
        good,
        False,
    )
    yield (
        "agent-bare",
        "the agent has no status and an empty name",
        computed("agent", lambda v: {"name": "", "agentId": v["agentId"]}),
        good,
        False,
    )
    yield "ended", "the chat has ended at once", put(status="ended"), good, False
    yield (
        "lean",
        "createdAt, status and agent are left out",
        without("createdAt", "status", "agent"),
        good,
        False,
    )
    yield (
        "location",
        "a Location header names the chat",
        setting_header("location", "/v1/chats/chat_1", ""),
        good,
        False,
    )
    yield (
        "error-lean",
        "errors carry a message alone",
        shaped_errors(lambda b: {"message": b["message"]}),
        bad,
        False,
    )
    yield (
        "error-offset",
        "error timestamps have an offset",
        shaped_errors(lambda b: {**b, "timestamp": utc("%Y-%m-%dT%H:%M:%S+02:00", 7200)(time.time())}),
        bad,
        False,
    )
    yield (
        "error-details",
        "validationErrors is always there",
        shaped_errors(lambda b: {**b, "validationErrors": {}}),
        bad,
        False,
    )


def slow_clock(service: Service) -> None:
    """Set every clock back."""
    service.clock = service.error_clock = lambda: time.time() - 20


def fast_clock(service: Service) -> None:
    """Set every clock forward."""
    service.clock = service.error_clock = lambda: time.time() + 20


def floats(body: Any) -> Any:
    """Write times with a fraction of zero."""
    return {**body, **{k: Exact(f"{body[k]}.0") for k in ("created_at", "updated_at")}}


def problem_type(service: Service) -> None:
    """Label errors as RFC 9457 does."""
    setting_header("content-type", "application/problem+json", ERRORS)(service)
    shaped_errors(lambda b: {"type": "about:blank", "title": b["detail"]})(service)


def openwebui() -> Iterator[Row]:
    """Yield what Open WebUI's server may do."""
    good = (valid("openwebui"),)
    bad = (invalid("openwebui"), malformed("openwebui"))
    lost = (unknown("openwebui"),)
    yield "auth-403", "bad credentials are a 403", codes(auth=403), (wrong_key("openwebui"),), False
    yield "schema-400", "an invalid body is a 400", codes(schema=400), bad, False
    yield "syntax-422", "malformed JSON is a 422", codes(syntax=422), bad, False
    yield (
        "detail-list",
        "errors are listed as FastAPI does",
        lambda s: s.error_shapes.append(only_first),
        bad,
        False,
    )
    yield "problem-json", "errors are problem details", problem_type, bad, False
    yield "resource-400", "an unknown folder is a 400", codes(resource=400), lost, False
    yield "resource-403", "an unknown folder is a 403", codes(resource=403), lost, False
    yield "resource-422", "an unknown folder is a 422", codes(resource=422), lost, False
    yield "clock-20s", "the clock is 20 seconds slow", slow_clock, good, False
    yield "clock-ahead", "the clock is 20 seconds fast", fast_clock, good, False
    yield (
        "times-float",
        "times are written 1709337600.0",
        on_body(lambda t, b: floats(b)),
        (good),
        False,
    )
    yield (
        "updated-later",
        "updated_at is a second later",
        computed("updated_at", lambda v: v + 1),
        good,
        False,
    )
    yield (
        "lean",
        "share_id, meta and a folder_id of null are left out",
        on_body(
            lambda t, b: {k: v for k, v in b.items() if k not in ("share_id", "meta") and (k, v) != ("folder_id", None)}
        ),
        good,
        False,
    )
    yield (
        "untitled",
        "a chat without a title gets an empty one",
        on_body(lambda t, b: b if "title" in b["chat"] else {**b, "title": ""}),
        (valid("openwebui").put(chat={"history": {}}),),
        False,
    )
    yield "user-mail", "user_id is a mail address", put(user_id="ops+1@example.org"), good, False
    yield (
        "echo-ascii",
        "the echo is written with escapes",
        encoded(ascii=True),
        (spoken("openwebui", "caf\u00e9"),),
        False,
    )
    yield (
        "echo-javascript",
        "the echo has been an object of JavaScript",
        computed("chat", javascript),
        (valid("openwebui").put(chat={"title": "t", "n": 1.0, "big": 2**60 + 1, "9": 1, "__proto__": {}}),),
        False,
    )
    yield (
        "echo-reordered",
        "the echo's members come in another order",
        computed("chat", lambda c: loads(json.dumps(c, sort_keys=True))),
        good,
        False,
    )


def javascript(value: Any) -> Any:
    """Do as JSON.stringify after JSON.parse: doubles, names of digits first, no __proto__."""
    if isinstance(value, dict):
        first = sorted((key for key in value if key.isdecimal() and str(int(key)) == key), key=int)
        return {key: javascript(value[key]) for key in dict.fromkeys((*first, *value)) if key != "__proto__"}
    if isinstance(value, list):
        return [javascript(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        double = float(value)
    except OverflowError:
        return None
    whole = abs(double) < 1e21 and double == int(double)
    return int(double) if whole else None if double in (float("inf"), float("-inf")) else double


OWN = {"agencii": agencii, "polyai": polyai, "sigmamind": sigmamind, "openwebui": openwebui}


def every() -> Iterator[Manner]:
    """Yield the manners of every vendor, the common ones first."""
    for vendor in ALL:
        for name, description, apply, calls, raw in (*common(vendor), *OWN[vendor]()):
            yield Manner(name, vendor, description, apply, calls, raw)


MANNERS: list[Manner] = list(every())
