"""Hostile answers: whatever a server sends, it is bounded in time and memory, told, and never a crash or a pass."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from chatcert.cli.main import main
from chatcert.judge.answers.json_text import MAX_DEPTH, NotJson, read_json
from chatcert.judge.security import STACK_TRACE
from chatcert.transport.client import MAX_BODY, MAX_HEADERS_LENGTH, Client
from chatcert.transport.exchange import Received, TransportError
from chatcert.transport.redaction.redactor import MAX_CUT
from chatcert.transport.resilience.retry import RetryBudget, RetryPolicy

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
CHAT = b'{"chatId": "chat_1", "response": [{"role": "assistant"}]}'
VENDOR = "sigmamind"
SECRET = "sm_test_9fQ2vX7LmT4bR8wZ"
KINDS = ("reset", "incomplete", "protocol", "decoding", "timeout")


def whole(body: bytes, *lines: bytes) -> bytes:
    """An answer with a Content-Length."""
    return OK + b"".join(line + b"\r\n" for line in (*lines, b"Content-Length: %d" % len(body))) + b"\r\n" + body


def packed_with(coding: bytes, body: bytes) -> bytes:
    """An answer that says that its body is packed."""
    return whole(body, b"Content-Encoding: " + coding)


def nested_bomb(layers: int) -> bytes:
    """Zeros, packed again and again."""
    data = bytes(32 * 2**20)
    for _ in range(layers):
        data = gzip.compress(data, 9)
    return data


# Each is one answer, as bytes; a kind of transport error or "answer" tells how it has to be taken.
ANSWERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no status line": (lambda: b"Content-Type: text/plain\r\n\r\nhello", "protocol"),
    "HTTP/0.9": (lambda: b"<html>hello</html>\n\n", "protocol"),
    "one line and no more": (lambda: b"hello\n", "reset"),
    "only line breaks": (lambda: b"\r\n" * 2000, "protocol"),
    "a status of two digits": (lambda: b"HTTP/1.1 20 OK\r\n\r\n", "protocol"),
    "a status that is not a number": (lambda: b"HTTP/1.1 OK 200\r\n\r\n", "protocol"),
    "the status 099": (lambda: b"HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n", "protocol"),
    "HTTP/1": (lambda: b"HTTP/1 201 OK\r\nContent-Length: 0\r\n\r\n", "protocol"),
    "NUL in a header": (lambda: whole(CHAT, b"X-Nul: a\0b"), "protocol"),
    "a line break alone in a header": (lambda: whole(CHAT, b"X-Break: a\rb"), "protocol"),
    "a header without a colon": (lambda: whole(CHAT, b"nothing"), "protocol"),
    "a space before the colon": (lambda: whole(CHAT, b"X-Space : a"), "protocol"),
    "a header of a megabyte": (lambda: whole(CHAT, b"X-Long: " + b"a" * 2**20), "protocol"),
    "a reason of a megabyte": (lambda: b"HTTP/1.1 201 " + b"a" * 2**20 + b"\r\n\r\n", "protocol"),
    "a million headers": (lambda: whole(CHAT, *[b"X: y"] * 1_000_000), "protocol"),
    "two lengths": (lambda: OK + b"Content-Length: 9\r\nContent-Length: 57\r\n\r\n" + CHAT, "protocol"),
    "a negative length": (lambda: OK + b"Content-Length: -1\r\n\r\n" + CHAT, "protocol"),
    "a length beyond counting": (lambda: OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + CHAT, "protocol"),
    "a length that is too long": (lambda: OK + b"Content-Length: 999\r\n\r\n" + CHAT, "incomplete"),
    "chunks without an end": (lambda: OK + b"Transfer-Encoding: chunked\r\n\r\n39\r\n" + CHAT, "incomplete"),
    "a chunk beyond counting": (lambda: OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 30 + b"\r\n", "protocol"),
    "trailers without an end": (
        lambda: OK + b"Transfer-Encoding: chunked\r\n\r\n39\r\n" + CHAT + b"\r\n0\r\n" + b"X-T: a\r\n" * 40_000,
        "protocol",
    ),
    "an unheard-of transfer coding": (lambda: OK + b"Transfer-Encoding: zip\r\n\r\n" + CHAT, "protocol"),
    "half of a gzip body": (lambda: packed_with(b"gzip", gzip.compress(CHAT)[:-9]), "decoding"),
    "five layers": (lambda: packed_with(b"gzip, gzip, gzip, gzip, gzip", nested_bomb(1)), "decoding"),
    "brotli, which was not asked for": (lambda: packed_with(b"br", b"\x0b\x02\x80{}\xff\x03"), "decoding"),
    "a gzip bomb": (lambda: packed_with(b"gzip", nested_bomb(1)), "answer"),
    "a gzip bomb in a gzip bomb": (lambda: packed_with(b"gzip, gzip, gzip", nested_bomb(3)), "answer"),
    "a deflate bomb": (lambda: packed_with(b"deflate", zlib.compress(bytes(32 * 2**20))), "answer"),
    "a coding that nobody knows": (lambda: packed_with(b"x-" + b"y" * 3000, CHAT), "answer"),
    "thousands of cookies": (lambda: whole(CHAT, *[b"Set-Cookie: a=b; Path=/"] * 3000), "answer"),
    "a reason that is not ASCII": (lambda: b"HTTP/1.1 201 \xff\xfe\r\nContent-Length: 0\r\n\r\n", "answer"),
    "headers that are not ASCII": (lambda: whole(CHAT, b"X-Odd: \xff\xfe\xc3\x28"), "answer"),
    "the status 999": (lambda: b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", "answer"),
    "an empty body": (lambda: whole(b""), "answer"),
    "no UTF-8": (lambda: whole(b'{"chatId": "\xff\xfe\xc3\x28"}'), "answer"),
    "UTF-16": (lambda: whole(CHAT.decode().encode("utf-16")), "answer"),
    "deep arrays": (lambda: whole(b"[" * 30_000 + b"]" * 30_000), "answer"),
    "deep objects": (lambda: whole(b'{"chatId":' * 100_000 + b"1" + b"}" * 100_000), "answer"),
    "somewhat deep objects": (lambda: whole(b'{"response":[' * 400 + b"1" + b"]}" * 400), "answer"),
    "a number beyond floats": (lambda: whole(b'{"chatId": 1e999999}'), "answer"),
    "a number of 100,000 digits": (lambda: whole(b'{"chatId": 1' + b"0" * 100_000 + b"}"), "answer"),
    "NaN": (lambda: whole(b'{"chatId": NaN, "response": [-Infinity]}'), "answer"),
    "half a surrogate pair": (lambda: whole(b'{"chatId": "\\ud800", "response": [{"role": "\\udfff"}]}'), "answer"),
    "control characters": (
        lambda: whole(b'{"chatId": "\\u0000\\u001b[2J\\u202e\\ufffe", "response": "]]>&<\\u0008"}'),
        "answer",
    ),
    "a hundred thousand names": (lambda: whole(json.dumps({f"n{i}": i for i in range(100_000)}).encode()), "answer"),
    "one name a hundred thousand times": (lambda: whole(b'{"chatId":1' + b',"chatId":1' * 100_000 + b"}"), "answer"),
    "a text of three megabytes": (lambda: whole(json.dumps({"chatId": "\u00e9" * 1_500_000}).encode()), "answer"),
    "something else than an object": (lambda: whole(b"[]"), "answer"),
    "a body with the status 204": (lambda: b"HTTP/1.1 204 No Content\r\nContent-Length: 57\r\n\r\n" + CHAT, "answer"),
    "a body with the status 304": (lambda: b"HTTP/1.1 304 Not\r\nContent-Length: 57\r\n\r\n" + CHAT, "answer"),
    "a length that is too short": (lambda: OK + b"Content-Length: 9\r\n\r\n" + CHAT, "answer"),
    "a redirect to itself": (lambda: b"HTTP/1.1 307 Again\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "answer"),
    "another protocol": (lambda: b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi", "protocol"),
}


@pytest.fixture
def client() -> Any:
    """A client that waits for two seconds."""
    one = Client(timeout=2.0, connections=2)
    yield one
    one.close()


def once(raw: bytes) -> Callable[..., bool]:
    """A behaviour: these bytes, and the end of the connection."""

    def behaviour(fake: Any, connection: Any, seen: Any) -> bool:
        connection.sendall(raw)
        return False

    return behaviour


def size_of(answer: Received) -> int:
    return len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_taken_for_what_it_is(fake: Any, client: Client, name: str) -> None:
    """An answer that cannot be read is an error of a kind that tells so; any other is recorded within bounds."""
    make, kind = ANSWERS[name]
    server = fake(once(make()))

    answer = client.send("POST", server.url, [], b"{}")

    if kind == "answer":
        assert isinstance(answer, Received), answer
        assert size_of(answer) <= MAX_BODY + MAX_HEADERS_LENGTH
    else:
        assert isinstance(answer, TransportError), answer
        assert (kind, True) == (answer.kind, bool(answer.message))


def endless(start: bytes, more: bytes) -> Callable[..., bool]:
    """A behaviour: a beginning, and then the same for ever."""

    def behaviour(fake: Any, connection: Any, seen: Any) -> bool:
        connection.sendall(start)
        while not fake.stopped.is_set():
            connection.sendall(more)
        return False

    return behaviour


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a body until the connection ends": (OK + b"\r\n", b"a" * 65_536),
    "a gigabyte": (OK + b"Content-Length: 1000000000\r\n\r\n", b"a" * 65_536),
    "chunks": (CHUNKED, b"10000\r\n" + b"a" * 65_536 + b"\r\n"),
    "chunks of one byte": (CHUNKED, b"1\r\na\r\n" * 10_000),
    "extensions of a chunk": (CHUNKED + b"1;", b"a" * 65_536),
    "provisional answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    "headers": (OK, b"X-Padding: a\r\n" * 5_000),
    "one header": (OK + b"X-Long: ", b"a" * 65_536),
    "trailers": (CHUNKED + b"0\r\n", b"X-Trailer: a\r\n" * 5_000),
    "a status line": (b"HTTP/1.1 201 ", b"a" * 65_536),
    "a compressed body": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], os.urandom(65_536)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_given_up(fake: Any, name: str) -> None:
    """Nothing that goes on for ever is read for long, or held in memory: it is cut, or it is an error."""
    client = Client(timeout=30.0, connections=1)  # the size has to end it, not the clock
    server = fake(endless(*ENDLESS[name]))

    tracemalloc.start()
    answer = client.send("POST", server.url, [], b"{}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    client.close()

    assert peak < 8 * MAX_BODY
    if isinstance(answer, Received):
        assert answer.truncated
        assert size_of(answer) <= MAX_BODY + MAX_HEADERS_LENGTH
    else:
        assert answer.kind in ("protocol", "decoding")


SMUGGLED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
SPOILT = {
    "a length that is too short": b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}" + SMUGGLED,
    "a body with 204": b"HTTP/1.1 204 No Content\r\n\r\n" + SMUGGLED,
    "a body with 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 44\r\n\r\n" + SMUGGLED,
    "half of an answer": b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 201 Created\r\nX-Swallow: ",
    "behind the last chunk": b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
}


# It was: what stood behind the end of one answer was taken for the answer to the next request.
@pytest.mark.parametrize("name", SPOILT)
def test_an_answer_belongs_to_its_request(fake: Any, behaviours: Any, client: Client, name: str) -> None:
    """What a server sends beyond the end of an answer is never taken for the answer to the next request."""
    refused = behaviours.message(422, b"{}")
    server = fake(behaviours.answers(SPOILT[name], refused))

    first = client.send("POST", server.url, [], b"{}")
    second = client.send("POST", server.url, [], b"{}")

    assert getattr(first, "status", None) in (204, 304, 400)
    assert 422 == getattr(second, "status", second)
    assert [1, 2] == [seen.connection for seen in server.requests]


def test_a_clean_connection_is_used_again(fake: Any, behaviours: Any, client: Client) -> None:
    """A connection on which nothing is left over serves further requests."""
    server = fake(behaviours.healthy)

    for _ in range(3):
        assert isinstance(client.send("POST", server.url, [], b"{}"), Received)

    assert {1} == {seen.connection for seen in server.requests}


def test_gzip_in_several_parts_is_unpacked(fake: Any, behaviours: Any, client: Client) -> None:
    """A gzip body may consist of several members, one behind the other."""
    raw = packed_with(b"gzip", gzip.compress(CHAT[:20]) + gzip.compress(CHAT[20:]))

    answer = client.send("POST", fake(behaviours.answers(raw)).url, [], b"{}")

    assert CHAT == getattr(answer, "body", answer)


@pytest.fixture
def certified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Certifies a vendor at an address, and gives the exit status and the report."""
    monkeypatch.setenv("CHATCERT_SIGMAMIND_API_KEY_AUTH", SECRET)
    monkeypatch.setenv("CHATCERT_SIGMAMIND_AGENT_ID", "agent_1")
    hurried = RetryPolicy(max_retries=8, backoff=0.001, max_backoff=0.01, cool_downs=(0.0,))
    monkeypatch.setattr("chatcert.transport.sending.RetryBudget", lambda policy: RetryBudget(hurried))

    def certify(url: str, vendor: str = VENDOR, *more: str) -> tuple[int, dict[str, Any]]:
        status = main(
            [
                "certify",
                vendor,
                "--url",
                url,
                "--profile",
                "quick",
                "--seed",
                "1",
                "--timeout",
                "2",
                "--report-dir",
                str(tmp_path),
                *more,
            ]
        )
        capsys.readouterr()
        folder = tmp_path / vendor
        ElementTree.parse(folder / "junit.xml")
        assert "</html>" in (folder / "report.html").read_text(encoding="utf-8")
        for path in (folder / "allure-results").glob("*-result.json"):
            json.loads(path.read_bytes())
        report: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
        return status, report

    return certify


TELLING = (
    "NUL in a header",
    "no UTF-8",
    "deep arrays",
    "somewhat deep objects",
    "half a surrogate pair",
    "control characters",
    "a redirect to itself",
    "brotli, which was not asked for",
)


@pytest.mark.parametrize("name", TELLING)
def test_a_run_ends_with_a_report_and_without_a_pass(fake: Any, certified: Any, name: str) -> None:
    """A server that answers like this to everything is certified by nobody, and nothing of ours breaks over it."""
    server = fake(once(ANSWERS[name][0]()))

    status, report = certified(server.url)

    verdicts = {row["id"]: row["verdict"] for row in report["requirements"]}
    assert report["outcome"] in ("not-conformant", "no-verdict")
    assert status in (1, 75)
    assert [] == [name for name, word in verdicts.items() if word == "error"]


@pytest.mark.parametrize("name", ["a gzip bomb", "a number of 100,000 digits"])
def test_now_and_then_is_no_pass_either(fake: Any, behaviours: Any, certified: Any, name: str) -> None:
    """A server that is right, but for every third answer, is not conformant; what was judged before stands."""
    hostile, healthy, turn = ANSWERS[name][0](), whole(CHAT), [0]

    def behaviour(fake: Any, connection: Any, seen: Any) -> bool:
        with fake.lock:
            turn[0] += 1
            chosen = hostile if turn[0] % 3 == 0 else healthy
        connection.sendall(chosen)
        return chosen is healthy

    status, report = certified(fake(behaviour).url)

    assert 1 == status
    assert "not-conformant" == report["outcome"]
    assert not any(row["verdict"] == "error" for row in report["requirements"])


HARD_VALUES = (
    b"1e999999",
    b"-1e999",
    b"1" + b"0" * 4000,
    b"-0.0",
    b'"\\ud800"',
    b'"\\u0000\\u001b[31m\\u202e"',
    b'"http://["',
    b'"0001-01-01T00:00:00+23:59"',
    b'"9999-12-31T23:59:59-23:59"',
    b'"2020-01-01T00:00:60.9999999999Z"',
    b'"' + b"9" * 100_000 + b'"',
    b'"' + b"a:" * 50_000 + b'"',
    b"[" * 340 + b"]" * 340,
    b'{"":' * 340 + b"1" + b"}" * 340,
    b'{"": {"": null}}',
    b"[]",
    b'"/\\u0000//[::1"',
    b'"1970-13-45"',
    b'"' + b"1 " * 5_000 + b'"',
)


@pytest.fixture(scope="module")
def answers_of_the_mock() -> Any:
    """What the mock answers to a valid request and to one without credentials, by vendor, with the contract."""
    from chatcert.cases.planner import Planner
    from chatcert.cases.profile import PROFILES
    from chatcert.mock.process import running_mock
    from chatcert.requirements.catalogue import derive
    from chatcert.transport.sending import Session
    from chatcert.transport.target import Target, from_environment
    from chatcert.vendors import known_vendors, open_vendor

    found = {}
    with running_mock() as mock:
        for vendor in known_vendors():
            contract = open_vendor(vendor)
            secrets, resources = from_environment(contract, mock.environment)
            planner = Planner(contract, resources, PROFILES["quick"], 1)
            target = Target(f"{mock.url}/{vendor}", secrets, resources)
            session = Session(contract, target, lambda _: None, baseline=planner.requests.control())
            refused = next(r for r in derive(contract).requirements.values() if r.id.endswith("/missing"))
            exchanges = [session.send(case) for case in (planner.requests.control(), *planner.plan(refused).cases)]
            session.close()
            assert [True, False] == [exchange.succeeded for exchange in exchanges]
            found[vendor] = (exchanges, contract)
        yield found


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value that holds no other."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [leaf for key, each in inner for leaf in leaves(each, (*path, key))] if inner else [path]


def with_value(value: Any, path: tuple[Any, ...], new: str) -> Any:
    """A value with a mark at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("vendor", ["agencii", "openwebui", "polyai", "sigmamind"])
def test_no_value_breaks_the_judge(answers_of_the_mock: Any, vendor: str) -> None:
    """Whatever stands in any field of an answer, every requirement gets a verdict, and none says that we broke."""
    from dataclasses import replace

    from chatcert.judge.verdict import VerdictKind
    from chatcert.requirements.catalogue import derive
    from chatcert.run.safe_judging import judge_all

    exchanges, contract = answers_of_the_mock[vendor]
    catalogue = derive(contract)
    for exchange in exchanges:
        body = json.loads(exchange.received.body)
        for leaf in leaves(body):
            marked = json.dumps(with_value(body, leaf, "@mark@")).encode()
            hard = [
                replace(
                    exchange,
                    number=number,
                    received=replace(
                        exchange.received,
                        body=marked.replace(b'"@mark@"', value),
                        headers=(*exchange.received.headers, ("Date", "Mon, 01 Jan 0001 00:00:00 -0000")),
                    ),
                )
                for number, value in enumerate(HARD_VALUES, 1)
            ]
            verdicts = judge_all(catalogue, hard, {}, {})
            assert [] == [v for v in verdicts.values() if v.kind is VerdictKind.ERROR], leaf


def test_nesting_has_a_limit() -> None:
    """What nests deeper than anything that is sent is not read as JSON, however deep the reader itself could go."""
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    for deep in (b"[" * 401 + b"]" * 401, b'{"a":[' * 201 + b"]}" * 201):
        with pytest.raises(NotJson, match="levels deep"):
            read_json(deep)


TRACES = ("/a", "\n", "   at x() in ", "at a(1:1", "org.springframework.", "at /1:", 'File "', "#1 /a/")


# Some of these kept the search busy for hours.
@pytest.mark.parametrize("text", TRACES)
def test_looking_for_a_stack_trace_ends(text: str) -> None:
    """No text makes the search for a stack trace go over it again and again."""
    body = text * (64 * 1024 // len(text))

    assert STACK_TRACE.search(body) is None


def test_a_run_of_endless_answers_takes_little_memory(fake: Any, tmp_path: Path) -> None:
    """A server whose every answer has no end fills neither memory nor disk."""
    start, more = CHUNKED, b"10000\r\n" + b'{"' * 32_768 + b"\r\n"
    server = fake(endless(start, more))
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1200 << 20, 1200 << 20));"
        "from chatcert.cli.main import main; sys.exit(main())"
    )
    environment = {**os.environ, "CHATCERT_SIGMAMIND_API_KEY_AUTH": SECRET, "CHATCERT_SIGMAMIND_AGENT_ID": "agent_1"}

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "certify",
            VENDOR,
            "--url",
            server.url,
            "--profile",
            "quick",
            "--report-dir",
            str(tmp_path),
            "--max-requests",
            "60",
        ],
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )

    assert done.returncode in (1, 75), done.stderr[-2000:]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 60 * 8 * MAX_CUT
