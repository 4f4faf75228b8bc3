"""Show that every defect and every manner differs from the reference as it should."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from .kit import (
    ALL,
    ID,
    OK,
    SECRETS,
    Call,
    Defect,
    Manner,
    Oddity,
    anonymous,
    invalid,
    malformed,
    unknown,
    valid,
    wrong_key,
)
from .model import BUGS
from .registry import DEFECTS, MANNERS
from .serve import serve

TIMEOUT = 1.5
CLOCKS = ("createdAt", "timestamp", "created_at", "updated_at")
QUIET = ("date", "server", "content-length")
REFUSALS = {"wrong-key": (401, 403), "anonymous": (400, 401, 403)}
Facts = list[Any]


@dataclass
class Exchange:
    """What one request brought."""

    error: str = ""
    response: httpx.Response | None = None
    seconds: float = 0.0


def send(client: httpx.Client, call: Call) -> Exchange:
    """Send one request."""
    began = time.monotonic()
    url = call.path + (f"?{call.query}" if call.query else "")
    try:
        response = client.request(call.method, url, headers=list(call.headers), content=call.body)
    except httpx.HTTPError as problem:
        return Exchange(error=type(problem).__name__, seconds=time.monotonic() - began)
    return Exchange(response=response, seconds=time.monotonic() - began)


def make(client: httpx.Client, call: Call) -> list[Exchange]:
    """Send a call as often as it says."""
    if call.parallel:
        with ThreadPoolExecutor(call.times) as pool:
            return list(pool.map(lambda _: send(client, call), range(call.times)))
    exchanges = []
    for turn in range(call.times):
        if turn and call.pause:
            time.sleep(call.pause)
        exchanges.append(send(client, call))
    return exchanges


def moment(value: Any) -> Any:
    """Describe a time: its type, how it is written, whether it is now."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return [type(value).__name__, value]
    if isinstance(value, str):
        try:
            seconds = datetime.fromisoformat(value.upper()).timestamp()
        except ValueError:
            seconds = 0.0
        return ["text", re.sub(r"\d", "9", value), abs(seconds - time.time()) < 15]
    return [type(value).__name__, abs(value - time.time()) < 15]


def identity(value: Any) -> Any:
    """Describe an id: its type, length and characters."""
    if not isinstance(value, str):
        return type(value).__name__
    odd = re.sub(r"[A-Za-z0-9]+", "", value)
    return [len(value), odd, value.isdigit(), value == value.upper() and len(value) > 9]


def describe(value: Any, path: str = "") -> Any:
    """Describe a document without what differs each time."""
    name = path.rsplit(".", 1)[-1]
    fixed = path.startswith(".chat.")
    if not fixed and name in CLOCKS:
        return moment(value)
    if not fixed and name in (*ID.values(), "requestId"):
        return identity(value)
    if isinstance(value, dict):
        return [[key, describe(item, f"{path}.{key}")] for key, item in value.items()]
    if isinstance(value, list):
        return ["items", *(describe(item, path) for item in value)]
    return [type(value).__name__, repr(value)]


def delay(response: httpx.Response) -> Any:
    """Tell how long after its creation a chat was updated."""
    try:
        body = response.json()
        return body["updated_at"] - body["created_at"]
    except (ValueError, TypeError, KeyError):
        return None


def facts(exchange: Exchange, secrets: Iterable[str]) -> Facts:
    """Describe an exchange."""
    response = exchange.response
    if response is None:
        return ["error", exchange.error]
    headers = sorted(
        (
            name.decode("latin-1"),
            "" if name.lower() in (b"x-request-id", b"set-cookie") else value.decode("latin-1"),
        )
        for name, value in response.headers.raw
        if name.decode("latin-1").lower() not in QUIET
    )
    body = response.content
    try:
        document = describe(json.loads(body))
    except ValueError:
        document = ["not JSON", repr(body)[:80] if not body.startswith(b"{") else ""]
    layout = [body[:1], body[-1:], b"\n" in body, b"\\u" in body, b"\\/" in body, body.count(b'"')]
    leaked = any(s in response.text or s in str(headers) for s in secrets)
    lag = delay(response)
    return [response.status_code, headers, document, layout, lag, leaked, response.http_version]


def series(vendor: str, exchanges: list[Exchange]) -> Facts:
    """Describe what only several exchanges show: repeated ids, users, clocks."""
    bodies = []
    for exchange in exchanges:
        if exchange.response is not None and exchange.response.status_code == OK[vendor]:
            try:
                bodies.append(exchange.response.json())
            except ValueError:
                continue
    bodies = [body for body in bodies if isinstance(body, dict)]
    ids = [json.dumps(body.get(ID[vendor])) for body in bodies]
    users = {json.dumps(body.get("user_id")) for body in bodies}
    clocks = {json.dumps(body.get("created_at", body.get("createdAt"))) for body in bodies}
    return [len(ids) - len(set(ids)), len(users) > 1, len(clocks) > 1]


def observe(base: str, vendor: str, calls: Iterable[Call]) -> Facts:
    """Make calls on one connection pool and describe what came back."""
    seen: Facts = []
    with httpx.Client(base_url=base, timeout=TIMEOUT, trust_env=False) as client:
        for call in calls:
            exchanges = make(client, call)
            seen.append([facts(exchange, SECRETS[vendor]) for exchange in exchanges])
            paused = bool(call.pause)
            tally = series(vendor, exchanges)
            seen.append(tally if paused else tally[:2])
    return seen


def raw_facts(base: str, call: Call) -> Facts:
    """Describe exchanges as they are on the wire, where clients show nothing."""
    parts = urlsplit(base)
    head = [f"{call.method} {parts.path}{call.path} HTTP/1.1", f"Host: {parts.netloc}"]
    head += [f"{name}: {value}" for name, value in call.headers]
    head += [f"Content-Length: {len(call.body or b'')}", "Connection: close", "", ""]
    message = "\r\n".join(head).encode() + (call.body or b"")
    pieces: list[bytes] = []
    waits = []
    for _ in range(3):
        began = time.monotonic()
        with (
            socket.create_connection((parts.hostname, parts.port), TIMEOUT) as link,
            suppress(OSError),
        ):
            link.sendall(message)
            pieces = []
            while piece := link.recv(65536):
                if not pieces:
                    waits.append(time.monotonic() - began)
                pieces.append(piece)
    whole = b"".join(pieces)
    slow, slowest = min(waits, default=0.0) > 0.045, max(waits, default=0.0) > 0.9
    return [whole[:12], len(pieces) > 4, b"X-Checksum" in whole, slow, slowest]


@dataclass
class Finding:
    """What the check of one oddity found."""

    oddity: Oddity
    shown: bool
    trouble: str = ""


def battery(vendor: str) -> dict[str, Call]:
    """Return the calls whose right answers are known."""
    base = valid(vendor)
    return {
        "valid": base,
        "wrong-key": wrong_key(vendor),
        "anonymous": anonymous(vendor),
        "malformed": malformed(vendor),
        "invalid": invalid(vendor),
        "array": base.raw(b"[]"),
        "unknown": unknown(vendor),
        "text": base.header("Content-Type", "text/plain"),
        "path": base.at(base.path + "x"),
        "put": base.verb("PUT"),
    }


def persistent(client: httpx.Client, call: Call) -> Exchange:
    """Send one request, again if it was told to wait or was cut off."""
    exchange = send(client, call)
    for _ in range(2):
        response = exchange.response
        if response is not None and response.status_code not in (429, 503):
            break
        exchange = send(client, call)
    return exchange


def honest(base: str, vendor: str) -> str:
    """Hold a server against the plain rules; say what it breaks."""
    seen = []
    with httpx.Client(base_url=base, timeout=TIMEOUT, trust_env=False) as client:
        for _ in range(3):
            for name, call in battery(vendor).items():
                exchange = persistent(client, call)
                response = exchange.response
                if response is None:
                    return f"{name}: {exchange.error}"
                if name == "valid":
                    body = response.json()
                    if response.status_code != OK[vendor] or not body.get(ID[vendor]):
                        return f"{name}: {response.status_code} {response.text[:80]}"
                    seen.append(body[ID[vendor]])
                    sent = json.loads(call.body or b"")
                    if vendor == "openwebui" and body["chat"] != sent["chat"]:
                        return "valid: the chat is not echoed"
                elif response.status_code not in REFUSALS.get(name, range(400, 500)):
                    return f"{name}: {response.status_code}"
                elif name != "path" and not isinstance(response.json(), dict):
                    return f"{name}: no JSON object"
    return "" if len(seen) == len(set(seen)) else "ids repeat"


def guarded(check: Callable[[Any, References], Finding], references: References) -> Callable[[Any], Finding]:
    """Turn an exception of a check into a finding."""

    def run(oddity: Oddity) -> Finding:
        try:
            return check(oddity, references)
        except (*BUGS, OSError, httpx.HTTPError) as problem:
            return Finding(oddity, False, repr(problem))

    return run


class References:
    """One running reference per vendor and kind of transport."""

    def __init__(self, stack: ExitStack) -> None:
        """Start them all."""
        self.bases = {
            (vendor, raw): stack.enter_context(serve(vendor, raw=raw)) for vendor in ALL for raw in (False, True)
        }
        self.seen: dict[tuple[str, bool, tuple[Call, ...]], Facts] = {}
        self.examples = {key: observe(base, key[0], [valid(key[0])]) for key, base in self.bases.items()}

    def observe(self, vendor: str, raw: bool, calls: tuple[Call, ...]) -> Facts:
        """Describe a reference's answers, twice the first time; nothing if they differ."""
        key = (vendor, raw, calls)
        if key not in self.seen:
            base = self.bases[vendor, raw]
            first, second = (observe(base, vendor, calls) for _ in range(2))
            self.seen[key] = first if first == second else []
        return self.seen[key]


def check_defect(defect: Defect, references: References) -> Finding:
    """Compare a defect with the reference, and both on the example."""
    key = (defect.vendor, defect.raw)
    with serve(defect.vendor, defect=defect.name) as base:
        mine = observe(base, defect.vendor, defect.calls)
        plain = [call for call in defect.calls if replaced(call) == valid(defect.vendor)]
        same = bool(plain) or observe(base, defect.vendor, [valid(defect.vendor)]) == (references.examples[key])
    theirs = references.observe(*key, defect.calls)
    trouble = "" if same else "the example is answered differently too"
    if not theirs:
        trouble = "the reference is not steady"
    return Finding(defect, mine != theirs, trouble)


def replaced(call: Call) -> Call:
    """Forget how often a call is made."""
    return call.repeat(1)


def check_manner(manner: Manner, references: References) -> Finding:
    """Compare a manner with the reference, and hold it against the plain rules."""
    key = (manner.vendor, manner.raw)
    with serve(manner.vendor, manner=manner.name) as base:
        wire = raw_facts(base, valid(manner.vendor))
        mine = observe(base, manner.vendor, manner.calls)
        trouble = honest(base, manner.vendor)
    theirs = references.observe(*key, manner.calls)
    plain = raw_facts(references.bases[key], valid(manner.vendor))
    return Finding(manner, (mine, wire) != (theirs, plain), trouble)


def report(kind: str, findings: list[Finding]) -> int:
    """Print the counts and the exceptions; return how many there are."""
    shown = Counter(f.oddity.vendor for f in findings if f.shown)
    total = Counter(f.oddity.vendor for f in findings)
    for vendor in ALL:
        print(f"{kind:8} {vendor:10} {shown[vendor]:4} of {total[vendor]:4} differ")
    wrong = [f for f in findings if f.trouble or not f.shown]
    for finding in wrong:
        oddity = finding.oddity
        what = finding.trouble or "does not differ"
        print(f"  {oddity.vendor} {oddity.name}: {what}")
    return len(wrong)


def selfcheck(jobs: int = 8, only: str = "") -> int:
    """Check everything; return the number of exceptions."""
    began = time.monotonic()
    defects = [d for d in DEFECTS if only in d.name]
    manners = [m for m in MANNERS if only in m.name]
    with ExitStack() as stack:
        references = References(stack)
        wrong = [
            f"{vendor}: {trouble}"
            for (vendor, _), base in references.bases.items()
            if (trouble := honest(base, vendor))
        ]
        print(f"references: {len(references.bases) - len(wrong)} of {len(references.bases)} honest")
        print(*wrong, sep="\n", end="\n" if wrong else "")
        with ThreadPoolExecutor(jobs) as pool:
            bad = list(pool.map(guarded(check_defect, references), defects))
            odd = list(pool.map(guarded(check_manner, references), manners))
    failures = len(wrong) + report("defects", bad) + report("manners", odd)
    levels = Counter((d.vendor, d.severity) for d in defects)
    print("levels:", ", ".join(f"{v} {s} {n}" for (v, s), n in sorted(levels.items())))
    print(f"{failures} exceptions, {time.monotonic() - began:.0f} s")
    return failures
