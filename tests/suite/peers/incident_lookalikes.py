"""More honest servers that look like incidents: frameworks, gateways and databases as they come."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
import re
import time
import zlib
from collections.abc import Callable
from typing import Any

from . import incidents_openwebui, incidents_polyai, incidents_sigmamind
from . import reference as ref
from .incident_manners import page, when
from .incidents import Apply, Incident, early, late, refusing, replace_step, together
from .kit import on_body
from .model import Refusal, Reply, Request, Service, Turn, depth, loads, texts


def closed_to_unknown(service: Service) -> None:
    """Refuse fields that nobody knows."""

    def step(turn: Turn) -> None:
        unknown = [name for name in turn.payload if name not in service.rules]
        if unknown:
            raise Refusal("schema", f"unknown field {unknown[0]}", {unknown[0]: "unknown"})

    service.insert(step, before="find")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def keys_once(service: Service) -> None:
    """Refuse a document with a key twice in one object."""
    service.loads = lambda text: loads(text, object_pairs_hook=once)


def bom_read(service: Service) -> None:
    """Skip a byte order mark."""
    service.decode = lambda body: body.decode("utf-8-sig")


def detected(service: Service) -> None:
    """Find out the encoding as RFC 4627 said."""
    service.decode = lambda body: body.decode(json.detect_encoding(body))


def coded(service: Service) -> None:
    """Read compressed bodies, and refuse other codings."""

    def step(turn: Turn) -> None:
        coding = (turn.request.header("content-encoding") or "identity").strip().lower()
        if coding == "gzip":
            try:
                turn.request.body = gzip.decompress(turn.request.body)
            except (OSError, EOFError, zlib.error):
                raise Refusal("syntax", "Malformed gzip") from None
        elif coding != "identity":
            raise Refusal("media", "Unsupported Content-Encoding")

    service.insert(step, before="weigh")


def coding_refused(service: Service) -> None:
    """Refuse bodies with a content coding."""

    def step(turn: Turn) -> None:
        if turn.request.header("content-encoding") not in (None, "identity"):
            raise Refusal("media", "Unsupported Content-Encoding")

    service.insert(step, before="weigh")


def shallow(most: int) -> Apply:
    """Refuse documents that are deeper than a parser goes."""
    return refusing(lambda t: depth(t.payload) > most, "syntax", "Maximum depth exceeded")


def whole_characters(service: Service) -> None:
    """Refuse texts that are no Unicode, or hold a NUL."""
    refusing(
        lambda t: any(c == "\0" or 0xD800 <= ord(c) < 0xE000 for text in texts(t.payload) for c in text),
        "schema",
        "unsupported Unicode escape sequence",
    )(service)


def gate_first(service: Service, request: Request) -> Reply | None:
    """Ask for credentials before anything is routed."""
    if all(credential.admits(request) for credential in service.credentials):
        return None
    return service.refuse(request, Refusal("auth", "Missing or invalid credentials"))


def methods_of_stdlib(service: Service, request: Request) -> Reply | None:
    """Know POST alone, as a small server does."""
    if request.method == "POST":
        return None
    body = b"" if request.method == "HEAD" else b"<p>Error code: 501"
    return Reply(501, [("content-type", "text/html;charset=utf-8"), ("connection", "close")], body, "method")


def texts_of_go(service: Service, request: Request, reply: Reply) -> None:
    """Answer what is not routed with plain text."""
    if reply.kind in ("path", "method"):
        reply.set("content-type", "text/plain; charset=utf-8")
        reply.body = b"404 page not found\n" if reply.kind == "path" else b"Method Not Allowed\n"


def empty_of_aspnet(service: Service, request: Request, reply: Reply) -> None:
    """Answer what is not routed with nothing."""
    if reply.kind in ("path", "method", "media"):
        reply.set("content-type", None)
        reply.body = b""


def cross_origin(service: Service, request: Request) -> Reply | None:
    """Answer preflights of browsers."""
    if request.method != "OPTIONS":
        return None
    headers = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST"),
        ("allow", "POST, OPTIONS"),
    ]
    return Reply(204, headers, b"", "preflight")


def redirected(service: Service, request: Request) -> Reply | None:
    """Send spellings with a slash at the end to the right path."""
    stripped = request.path.rstrip("/")
    if stripped != request.path and service.route.fullmatch(stripped):
        return Reply(307, [("location", stripped)], b"", "redirect")
    return None


def missing_is_forbidden(service: Service, request: Request, reply: Reply) -> None:
    """Answer 403 where there are no credentials at all, as a framework does."""
    if reply.kind == "auth" and not any(request.all(c.header) for c in service.credentials):
        reply.status = 403
        reply.set("www-authenticate", None)


def wrong_is_forbidden(service: Service, request: Request, reply: Reply) -> None:
    """Answer 403 where credentials are wrong, 401 where there are none."""
    if reply.kind == "auth" and any(request.all(c.header) for c in service.credentials):
        reply.status = 403
        reply.set("www-authenticate", None)


def sequential(service: Service) -> None:
    """Number the chats."""
    numbers = itertools.count(1001)
    service.make_id = lambda t: str(next(numbers))


def stored_as_jsonb(turn: Turn, body: Any) -> Any:
    """Bring keys into the order of the database."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: ordered(value[k]) for k in sorted(value, key=lambda k: (len(k.encode("utf-8", "replace")), k))}
        return [ordered(v) for v in value] if isinstance(value, list) else value

    return {**body, "chat": ordered(body["chat"])}


def either(service: Service) -> None:
    """Take one of two credentials, and ignore the other."""

    def authenticate(turn: Turn) -> None:
        if not any(credential.admits(turn.request) for credential in service.credentials):
            raise Refusal("auth", "Missing or invalid credentials")

    replace_step(service, "authenticate", authenticate)


def field(name: str, test: Callable[[str], bool], kind: str = "schema", reason: str = "is not acceptable") -> Apply:
    """Refuse values of a text field."""

    def step(turn: Turn) -> None:
        value = turn.values.get(name)
        if isinstance(value, str) and test(value):
            raise Refusal(kind, f"{name} {reason}", {name: reason})

    return lambda service: service.insert(step, before="find")


def spoken_tag(value: str) -> bool:
    """Find what is no language with its region."""
    return not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", value)


def known_chats(service: Service) -> None:
    """Continue only chats that there are."""
    known = {""}

    def step(turn: Turn) -> None:
        if turn.values.get("previousChatId", "") not in known:
            raise Refusal("resource", "The previous chat was not found")

    def after(request: Request, reply: Reply) -> None:
        if not reply.kind:
            known.add(json.loads(reply.body)["chatId"])

    service.insert(step, before="find")
    service.after.append(after)


def prefixed(service: Service) -> None:
    """Call the agent by its prefixed id, and know it by both."""
    on_body(lambda t, b: {**b, "agent": {**b["agent"], "agentId": f"agent_{ref.SIGMAMIND_AGENT}"}})(service)
    strict = service.find

    def find(turn: Turn) -> None:
        turn.values["agentId"] = turn.values["agentId"].removeprefix("agent_")
        strict(turn)

    replace_step(service, "find", find)


def elsewhere(service: Service) -> None:
    """Tell the time with an offset and microseconds, by a clock that is twenty seconds slow."""
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    service.stamp = lambda seconds: dt.datetime.fromtimestamp(seconds - 20, zone).isoformat(timespec="microseconds")


def written_out(turn: Turn, body: Any) -> Any:
    """Answer in two messages."""
    item = body["response"][0]
    return {**body, "response": [item, {**item, "id": "item_2" + item["id"][6:], "content": ["One moment.", "Done."]}]}


def bucket(burst: int, rate: float) -> Apply:
    """Let so many requests a second through, and say when to come back."""
    level, last = float(burst), time.monotonic()

    def answer(service: Service, request: Request) -> Reply | None:
        nonlocal level, last
        now = time.monotonic()
        level, last = min(burst, level + (now - last) * rate), now
        if level >= 1:
            level -= 1
            return None
        body = json.dumps({"detail": "Too many requests", "message": "Too many requests"}).encode()
        return Reply(429, [("content-type", "application/json"), ("retry-after", "1")], body, "limit")

    return early(answer)


def firewall(request: Request) -> bool:
    """Find what looks like an attack."""
    return bool(re.search(rb"<script|union\s+select|' or '1'='1|\.\./\.\./|/etc/passwd", request.body, re.IGNORECASE))


def charset_refused(service: Service) -> None:
    """Refuse media types of another charset than UTF-8."""
    strict = service.media

    def media(value: str | None) -> bool:
        found = re.search(r'charset\s*=\s*"?([^\s;"]+)', value or "", re.IGNORECASE)
        return strict(value) and (found is None or found[1].lower() in ("utf-8", "utf8"))

    service.media = media


def terminated(service: Service, request: Request, reply: Reply) -> None:
    """Add a line end, a charset, a cache rule and what a tracing proxy adds."""
    reply.body = reply.body + b"\n" if reply.body else reply.body
    reply.headers = [
        (n, f"{v}; charset=utf-8" if n == "content-type" and v == "application/json" else v) for n, v in reply.headers
    ]
    reply.set("etag", f'W/"{zlib.crc32(reply.body):x}"')
    reply.set("cache-control", "private, max-age=0")
    reply.set("server-timing", "app;dur=3.2")
    if request.header("traceparent"):
        reply.set("traceparent", request.header("traceparent"))


def problem_names(service: Service) -> None:
    """Say what a body lacks by the path to it."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        found = "; ".join(f"$.{n}: {m}" for n, m in refusal.fields.items())
        return {**body, "error_message": found} if found else body

    service.error_shapes.append(shape)


def greeting(turn: Turn, body: Any) -> Any:
    """Greet in the language of the voice, with the customer's number."""
    words = {"es": "¡Hola! ¿En qué puedo ayudarle?"}
    who = (turn.values.get("integration_attributes") or {}).get("customer_id", "")
    said = words.get(str(turn.values.get("tts_lang_code"))[:2], "Hi, how can I help?")
    return {**body, "response": f"{said} ({who})" if isinstance(who, str) and who else said}


MANNERS: list[Incident] = [
    Incident("sigmamind", "keys-once", "", "a key that comes twice is malformed", keys_once),
    Incident("openwebui", "whole-characters", "", "NUL and half characters are refused", whole_characters),
    Incident("sigmamind", "gate-first", "", "credentials come before routing", early(gate_first)),
    Incident("openwebui", "gate-first", "", "credentials come before routing", early(gate_first)),
    Incident("agencii", "post-alone", "", "other methods are 501 with a page", early(methods_of_stdlib)),
    Incident("openwebui", "redirected", "", "a slash at the end is redirected", early(redirected)),
    Incident("polyai", "wrong-is-forbidden", "", "wrong credentials are 403, none 401", late(wrong_is_forbidden)),
    Incident("sigmamind", "known-chats", "", "an earlier chat must exist", known_chats),
    Incident("polyai", "bucket", "", "a burst of 60, then 40 a second", bucket(60, 40)),
    Incident("agencii", "charset-refused", "", "charsets beside UTF-8 are 415", charset_refused),
    *incidents_openwebui.ALIKE,
    *incidents_polyai.ALIKE,
    *incidents_sigmamind.ALIKE,
]

FURTHER: list[Incident] = [
    Incident("agencii", "closed-to-unknown", "", "unknown fields are refused", closed_to_unknown),
    Incident("sigmamind", "closed-to-unknown", "", "unknown fields are refused", closed_to_unknown),
    Incident("polyai", "closed-to-unknown", "", "unknown fields are refused", closed_to_unknown),
    Incident("openwebui", "keys-once", "", "a key that comes twice is malformed", keys_once),
    Incident("agencii", "bom-read", "", "a byte order mark is skipped", bom_read),
    Incident("openwebui", "encoding-detected", "", "UTF-16 and UTF-32 are read too", detected),
    Incident("agencii", "gzip-read", "", "compressed bodies are read", coded),
    Incident("polyai", "codings-refused", "", "content codings are refused with 415", coding_refused),
    Incident("sigmamind", "sixty-four-levels", "", "the parser stops at 64 levels", shallow(64)),
    Incident("openwebui", "sixty-four-levels", "", "the parser stops at 64 levels", shallow(64)),
    Incident("agencii", "whole-characters", "", "NUL and half characters are refused", whole_characters),
    Incident("polyai", "texts-of-go", "", "what is not routed gets plain text", late(texts_of_go)),
    Incident("sigmamind", "empty-of-aspnet", "", "what is not routed gets an empty body", late(empty_of_aspnet)),
    Incident("polyai", "cross-origin", "", "preflights are answered", early(cross_origin)),
    Incident(
        "openwebui", "missing-is-forbidden", "", "no credentials are 403, wrong ones 401", late(missing_is_forbidden)
    ),
    Incident("agencii", "sequential", "", "chats are numbered", sequential),
    Incident("openwebui", "jsonb", "", "keys come in the order of the database", on_body(stored_as_jsonb)),
    Incident("polyai", "either", "", "one credential of two suffices", either),
    Incident(
        "polyai",
        "languages-checked",
        "",
        "language codes must have a region",
        together(field("asr_lang_code", spoken_tag), field("tts_lang_code", spoken_tag)),
    ),
    Incident(
        "polyai",
        "variant-must-exist",
        "",
        "an unknown variant is not found",
        field("variant_id", lambda v: not v.startswith("VARIANT-"), "resource", "was not found"),
    ),
    Incident("sigmamind", "prefixed", "", "the agent comes back with its prefix", prefixed),
    Incident("sigmamind", "elsewhere", "", "times have an offset and are slow by 20 s", elsewhere),
    Incident(
        "sigmamind",
        "blank-refused",
        "",
        "an input of nothing but spaces is refused",
        field("input", lambda v: not v.strip()),
    ),
    Incident("sigmamind", "two-messages", "", "the reply is two messages", on_body(written_out)),
    Incident("openwebui", "firewall", "", "what looks like an attack gets 403 and a page", when(firewall, page(403))),
    Incident("polyai", "terminated", "", "a line end, a charset, an ETag, tracing", late(terminated)),
    Incident("polyai", "paths-in-errors", "", "errors name fields by their paths", problem_names),
    Incident("polyai", "greeting", "", "the greeting follows the voice", on_body(greeting)),
]
"""Look-alikes that are tried by bench/detection.py alone; some of them earn a remark."""
