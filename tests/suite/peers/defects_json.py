"""Defects of reading JSON: syntax that passes, and payloads that crash or hang."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

from .defects_validation import crashing
from .kit import (
    ALL,
    FREE_TEXT,
    OPEN_OBJECT,
    PAYLOADS,
    Call,
    Defect,
    placed,
    setting,
    spoken,
    valid,
    wire,
)
from .model import Exact, Request, Service, Turn, is_json, loads, texts

Apply = Callable[[Service], None]
EXTENSIONS = ("trailing-comma", "single-quotes", "comments", "nan", "control", "bad-utf8", "real-form")


def trailing(text: str) -> Any:
    """Read the first document and ignore what follows."""
    return json.JSONDecoder(parse_float=Exact).raw_decode(text.lstrip())[0]


def repaired(text: str) -> Any:
    """Close what a truncated document left open."""
    for closers in ("", "}", '"}', "}}", '"}}', "}}}", "]}", "}}}}", "}}}}}"):
        try:
            return loads(text + closers)
        except ValueError:
            continue
    raise ValueError("not JSON")


def relaxed(text: str) -> Any:
    """Allow commas before closing brackets."""
    return loads(re.sub(r",\s*([}\]])", r"\1", text))


def single_quoted(text: str) -> Any:
    """Allow single quotes when there are no double ones."""
    return loads(text if '"' in text else text.replace("'", '"'))


def commented(text: str) -> Any:
    """Allow comments between tokens."""
    return loads(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def with_constants(text: str) -> Any:
    """Allow NaN and Infinity."""
    return loads(text, parse_constant=lambda name: 0)


def with_control(text: str) -> Any:
    """Allow raw control characters within strings."""
    return loads(text, strict=False)


def twice(text: str) -> Any:
    """Parse a string that holds JSON once more."""
    value = loads(text)
    return loads(value) if isinstance(value, str) else value


def unwrapped(text: str) -> Any:
    """Take the first item of an array."""
    value = loads(text)
    return value[0] if isinstance(value, list) and value else value


def replacing(vendor: str, test: Callable[[Any], bool]) -> Callable[[str], Any]:
    """Read some documents as if they were the example."""

    def read(text: str) -> Any:
        value = loads(text)
        return json.loads(json.dumps(PAYLOADS[vendor])) if test(value) else value

    return read


def ignoring(vendor: str) -> Callable[[str], Any]:
    """Read what is no JSON as if it were the example."""

    def read(text: str) -> Any:
        try:
            return loads(text)
        except ValueError:
            return json.loads(json.dumps(PAYLOADS[vendor]))

    return read


def forms(service: Service) -> None:
    """Take real forms, field by field."""
    read = service.loads

    def either(text: str) -> Any:
        if text.lstrip()[:1] in ("{", "[", '"', ""):
            return read(text)
        return dict(urllib.parse.parse_qsl(text))

    service.loads = either
    service.media = lambda value: is_json(value) or "form-urlencoded" in (value or "")


def lenient() -> Iterator[Defect]:
    """Yield malformed documents that pass."""
    for vendor in ALL:
        base = valid(vendor)
        body = base.body or b""
        quoted = body.replace(b'"', b"'").replace(b"null", b"''")
        number = placed(vendor, "score", 314159).body or b""
        control = spoken(vendor, "a\x01b").body or b""
        control = control.replace(b"\\u0001", b"\x01")
        rows: list[tuple[str, str, Apply, Call]] = [
            ("trailing", "bytes after the document are ignored", setting(loads=trailing),
             base.raw(body + b" trailing")),
            ("truncated", "a truncated document is repaired", setting(loads=repaired),
             base.raw(body[:-1])),
            ("trailing-comma", "a comma before a closing bracket passes", setting(loads=relaxed),
             base.raw(body[:-1] + b",}")),
            ("single-quotes", "single quotes pass", setting(loads=single_quoted),
             base.raw(quoted)),
            ("comments", "comments pass", setting(loads=commented),
             base.raw(b"/* hi */" + body)),
            ("nan", "NaN passes", setting(loads=with_constants),
             base.raw(number.replace(b"314159", b"NaN"))),
            ("control", "raw control characters pass", setting(loads=with_control),
             base.raw(control)),
            ("bad-utf8", "bytes that are not UTF-8 pass",
             setting(decode=lambda raw: raw.decode("utf-8", "replace")),
             base.raw((spoken(vendor, "latin Q").body or b"").replace(b" Q", b" \xe9"))),
            ("double-encoded", "JSON within a JSON string passes", setting(loads=twice),
             base.raw(json.dumps(body.decode()))),
            ("array-body", "an object within an array passes", setting(loads=unwrapped),
             base.raw(b"[" + body + b"]")),
            ("empty-array-body", "an empty array passes",
             setting(loads=replacing(vendor, lambda v: v == [])), base.raw(b"[]")),
            ("null-body", "null passes",
             setting(loads=replacing(vendor, lambda v: v is None)), base.raw(b"null")),
            ("string-body", "a string passes",
             setting(loads=replacing(vendor, lambda v: isinstance(v, str))), base.raw(b'"hi"')),
            ("number-body", "a number passes",
             setting(loads=replacing(vendor, lambda v: isinstance(v, int | float))),
             base.raw(b"42")),
            ("malformed", "what is no JSON passes", setting(loads=ignoring(vendor)),
             base.raw(b'{"broken": ')),
        ]
        if vendor in ("agencii", "polyai"):
            form = urllib.parse.urlencode(
                {k: v for k, v in PAYLOADS[vendor].items() if isinstance(v, str)}
            )
            rows.append(("real-form", "a form passes", forms,
                         base.raw(form).header("Content-Type",
                                               "application/x-www-form-urlencoded")))
        for flaw, description, apply, call in rows:
            soft = flaw in EXTENSIONS
            yield Defect(f"parses-{flaw}", vendor, description, apply, (call,),
                         breaks="request/body/json", severity="should" if soft else "must")


def bad_syntax(turn: Turn) -> bool:
    """Test for malformed JSON."""
    try:
        loads(turn.request.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return bool(turn.request.body)
    return False


def bad_utf8(turn: Turn) -> bool:
    """Test for bytes that are not UTF-8."""
    try:
        turn.request.body.decode()
    except ValueError:
        return True
    return False


def says(test: Callable[[str], bool]) -> Callable[[Turn], bool]:
    """Test every string of the body, keys included."""
    return lambda turn: any(map(test, texts(turn.payload)))


def early(test: Callable[[Turn], bool]) -> Apply:
    """Fail before parsing when a test holds."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if test(turn):
                raise RuntimeError("unexpected")

        service.insert(step, before="weigh")

    return apply


def nest(levels: int) -> str:
    """Write arrays within arrays."""
    return "[" * levels + "]" * levels


def crashes() -> Iterator[Defect]:
    """Yield payloads that are answered 500."""
    for vendor in ALL:
        base = valid(vendor)
        text = FREE_TEXT.get(vendor, "title")
        rows: list[tuple[str, str, Apply, Call]] = [
            ("malformed", "malformed JSON", early(bad_syntax), base.raw(b'{"broken": ')),
            ("bad-utf8", "bytes that are not UTF-8", early(bad_utf8), base.raw(b'{"a": "\xff"}')),
            ("no-media-type", "a missing Content-Type",
             early(lambda t: t.request.header("content-type") is None),
             base.header("Content-Type")),
            ("array-body", "a body that is an array",
             crashing(lambda t: isinstance(t.payload, list)), base.raw(b"[]")),
            ("scalar-body", "a body that is a scalar",
             crashing(lambda t: not isinstance(t.payload, list | dict)), base.raw(b"null")),
            ("deep", "a body nested in 100 levels", early(
                lambda t: t.request.body.count(b"[") > 90), base.raw(
                json.dumps({**PAYLOADS[vendor], "x": 0}).replace('"x": 0', f'"x": {nest(100)}'))),
            ("very-deep", "a body nested in 100000 levels",
             early(lambda t: t.request.body.count(b"[") > 50_000), base.raw(nest(100_000))),
            ("surrogate", "an escaped lone surrogate",
             crashing(says(lambda s: any("\ud800" <= c <= "\udfff" for c in s))),
             spoken(vendor, "a\ud800b")),
            ("nul", "an escaped NUL", crashing(says(lambda s: "\0" in s)), spoken(vendor, "a\0b")),
            ("long", "a string of more than 20000 characters",
             crashing(says(lambda s: len(s) > 20_000)),
             spoken(vendor, "a" * 20_400)),
            ("unknown-field", "a field that the page does not list", unknown_field,
             base.put(x_note="hello")),
            ("null", "a field that is null", crashing(null_field(vendor)),
             base.put(**{next(iter(PAYLOADS[vendor])): None})),
            ("list-for-text", "a field that is an array",
             crashing(lambda t: isinstance(t.payload, dict) and any(
                 isinstance(v, list) for v in t.payload.values())),
             base.put(**{next(iter(PAYLOADS[vendor])): []})),
            ("huge-number", "a number beyond 64 bits",
             crashing(lambda t: bool(re.search(rb"[:\s]\d{20,}", t.request.body))),
             placed(vendor, "n", 10**30)),
            ("odd-key", "a key named __proto__", crashing(says(lambda s: s == "__proto__")),
             placed(vendor, "__proto__", {"a": 1})),
            ("empty-key", "an empty key", crashing(says(lambda s: s == "")),
             placed(vendor, "", 1)),
        ]
        if vendor != "openwebui":
            rows.append(("number-for-text", "a field that is a number", crashing(
                lambda t: isinstance(t.payload, dict) and any(
                    isinstance(v, int | float) and not isinstance(v, bool)
                    for v in t.payload.values())),
                base.put(**{"polyai": {"channel": 7}, "agencii": {"apiIntegrationId": 7},
                            "sigmamind": {"input": 7}}[vendor])))
        if vendor != "polyai":
            rows.append(("empty-body", "an empty body", early(lambda t: not t.request.body),
                         base.raw(b"")))
        if vendor != "agencii":
            rows += [
                ("emoji", "characters beyond the BMP",
                 crashing(says(lambda s: any(c > "\uffff" for c in s))),
                 spoken(vendor, "thanks \U0001f600")),
                ("apostrophe", f"an apostrophe in {text}", crashing(says(lambda s: "'" in s)),
                 spoken(vendor, "where's it")),
                ("braces", f"template braces in {text}", crashing(says(lambda s: "{{" in s)),
                 spoken(vendor, "{{ 7 * 7 }}")),
                ("percent", f"a percent sign in {text}", crashing(says(lambda s: "%s" in s)),
                 spoken(vendor, "100 %s")),
            ]
        if vendor in OPEN_OBJECT:
            rows.append(("dotted-key", "a key with a dot or a dollar sign",
                         crashing(says(lambda s: bool(re.fullmatch(r"\$?\w+[.]?\w*", s))
                                       and ("." in s or "$" in s))),
                         placed(vendor, "$where", "1")))
        for flaw, description, apply, call in rows:
            yield Defect(f"crash-{flaw}", vendor, f"500 on {description}", apply, (call,),
                         breaks="robustness/no-5xx")


def unknown_field(service: Service) -> None:
    """Fail on a field that the page does not list."""

    def step(turn: Turn) -> None:
        if isinstance(turn.payload, dict) and set(turn.payload) - set(service.rules):
            raise RuntimeError("unexpected")

    service.insert(step, before="validate")


def null_field(vendor: str) -> Callable[[Turn], bool]:
    """Test for a null where the page does not show one."""

    def test(turn: Turn) -> bool:
        fields = turn.payload.items() if isinstance(turn.payload, dict) else ()
        return any(value is None and name != "folder_id" for name, value in fields)

    return test


def deep_body(request: Request) -> bool:
    """Test for a body with many brackets."""
    return request.body.count(b"[") > 90


def not_json(request: Request) -> bool:
    """Test for a body that does not parse."""
    return bad_syntax(Turn(request, {}))


def long_body(request: Request) -> bool:
    """Test for a body of more than 15000 bytes."""
    return len(request.body) > 15_000


def emoji_body(request: Request) -> bool:
    """Test for a body with characters beyond the BMP."""
    return bool(re.search(rb"\\u[dD]83|\xf0", request.body))


def no_media(request: Request) -> bool:
    """Test for a request without a media type."""
    return request.header("content-type") is None


def severed() -> Iterator[Defect]:
    """Yield payloads on which the connection hangs or drops."""
    for vendor in ALL:
        base = valid(vendor)
        deep = base.raw(
            json.dumps({**PAYLOADS[vendor], "x": 0}).replace('"x": 0', f'"x": {nest(100)}')
        )
        emoji = spoken(vendor, "thanks \U0001f600")
        rows: list[tuple[str, str, Apply, Call]] = [
            ("drop-malformed", "the connection drops on malformed JSON",
             wire("drop", not_json), base.raw(b'{"broken": ')),
            ("drop-long", "the connection drops on a long body", wire("drop", long_body),
             spoken(vendor, "a" * 20_000)),
            ("hang-deep", "a deeply nested body is never answered", wire("hang", deep_body), deep),
            ("reset-no-media-type", "the connection is reset without a Content-Type",
             wire("reset", no_media), base.header("Content-Type")),
        ]
        if vendor != "agencii":
            rows.append(("hang-emoji", "characters beyond the BMP are never answered",
                         wire("hang", emoji_body), emoji))
        for flaw, description, apply, call in rows:
            yield Defect(flaw, vendor, description, apply, (call,), raw=True,
                         breaks="robustness/answers")


DEFECTS: list[Defect] = [*lenient(), *crashes(), *severed()]
