"""Whole runs against a server that says every credential back: afterwards, none of them stands anywhere."""

from __future__ import annotations

import base64
import gzip
import html
import http.client
import json
import os
import random
import string
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest

from chatcert.mock.process import running_mock
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.redaction.masking import Masker

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SECONDS = 300
TURNS = 9
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
AWKWARD = "+/=&\"<'%~"
LOGGING = "import logging, sys; logging.basicConfig(level=0); from chatcert.cli.main import main; sys.exit(main())"
TINY = {
    "openapi": "3.1.0",
    "info": {"title": "Tiny", "version": "1"},
    "security": [{"QueryKey": []}],
    "components": {"securitySchemes": {"QueryKey": {"type": "apiKey", "in": "query", "name": "key"}}},
    "paths": {
        "/chats": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["text"],
                                "properties": {"text": {"type": "string", "maxLength": 9}},
                            }
                        }
                    },
                },
                "responses": {
                    "201": {"description": "made", "content": {"application/json": {"schema": {"type": "object"}}}},
                    "401": {"description": "who?", "content": {"application/json": {"schema": {"type": "object"}}}},
                },
            }
        }
    },
}


SEVERAL_CREDENTIALS = ("auth/*", "protocol/*", "response/*", "accepts/required-only")
"""What `polyai` is tested for: its credentials are several; what any request does with them, the other two show."""
HARD = ('k8%ECBP"', "k'\"%4d&<", 'k&#65<"/', "k=3d\"'<+")
"""Beginnings that look like escapes themselves, beside characters that are escaped."""


def canary(number: int = 0) -> str:
    """A credential that occurs nowhere else, with everything in it that some encoding escapes; the same every time."""
    rng = random.Random(number)
    letters = [*AWKWARD, *rng.choices(string.ascii_letters + string.digits, k=24)]
    rng.shuffle(letters)
    return HARD[number % len(HARD)] + "".join(letters) + "z"


def spelt(value: str) -> dict[str, str]:
    """A value in every encoding, each written here anew."""
    codes = [f"{ord(c):02x}" for c in value]
    return {
        "raw": value,
        "lower": value.lower(),
        "upper": value.upper(),
        "percent": quote(value, safe=""),
        "path": quote(value),
        "plus": quote_plus(value),
        "percent, lower": "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in value),
        "percent, all": "".join(f"%{code}" for code in codes),
        "percent, twice": quote(quote(value, safe=""), safe=""),
        "json": json.dumps(value)[1:-1],
        "json, slashes": json.dumps(value)[1:-1].replace("/", "\\/"),
        "json, all": "".join(f"\\u00{code}" for code in codes),
        "json, all, upper": "".join(f"\\u00{code.upper()}" for code in codes),
        "json, twice": json.dumps(json.dumps(value)[1:-1])[1:-1],
        "html": html.escape(value),
        "html, decimal": "".join(f"&#{ord(c)};" for c in value),
        "html, hexadecimal": "".join(f"&#x{code};" for code in codes),
        "html in json": json.dumps(html.escape(value))[1:-1],
        "percent in html": html.escape(quote(value, safe="/'")),
        "python": repr(value)[1:-1],
        "bytes": "".join(f"\\x{code}" for code in codes),
        "hex": "".join(codes),
        "HEX": "".join(codes).upper(),
    }


def packed(value: str) -> dict[str, str]:
    """A value in base64, with one, two or three bytes of something else before it and something behind it."""
    found = {}
    for before in ("", "u", "u:", "us:"):
        text = (before + value + ":x").encode()
        found[f"base64 behind {before!r}"] = base64.b64encode(text).decode()
        found[f"URL-safe base64 behind {before!r}"] = base64.urlsafe_b64encode(text).decode().rstrip("=")
        found[f"escaped base64 behind {before!r}"] = quote(base64.b64encode(text).decode(), safe="")
    return found


def traces(value: str) -> dict[str, bytes]:
    """Everything that must not be found of a value: each encoding of it, and of its first eight and last ten bytes."""
    found: dict[str, bytes] = {}
    for name, part in (
        ("whole", value),
        ("beginning", value[:8]),
        ("half", value[: len(value) // 2]),
        ("end", value[-10:]),
    ):
        for encoding, text in spelt(part).items():
            found[f"{name}, {encoding}"] = text.encode()
        raw = part.encode()
        for shift in range(3):  # three characters stand for three bytes: those of the value alone are in the middle
            core = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")[4 if shift else 0 : -2]
            found[f"{name}, base64 at {shift}"] = core
            found[f"{name}, URL-safe base64 at {shift}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    return {name: text for name, text in found.items() if len(text) >= 7}


class Echo(BaseHTTPRequestHandler):
    """Passes requests on to the mock, and puts all credentials that it got into what the mock answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement
    mock: str
    known: dict[str, str]
    count = 0

    def _translated(self, text: str, encode: Callable[[str], str] = str) -> str:
        for mine, theirs in self.known.items():
            text = text.replace(encode(mine), encode(theirs))
        return text

    def answer(self) -> None:
        """Answer one request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        place = urlsplit(self.mock)
        link = http.client.HTTPConnection(place.hostname or "", place.port)
        link.putrequest(self.command, place.path + self._translated(self.path, quote_plus), True, True)
        for name, value in self.headers.items():
            link.putheader(name, self._translated(value))
        link.endheaders(body or None)
        answer = link.getresponse()
        content = answer.read()
        link.close()
        type(self).count += 1
        self._send(answer.status, answer.getheader("Content-Type") or "text/plain", content, type(self).count)

    def _send(self, status: int, content_type: str, content: bytes, number: int) -> None:
        reported = [
            value.removeprefix("Bearer ")
            for name, value in self.headers.items()
            if name.lower() in ("authorization", "x-api-key", "x-token")
        ]
        reported += [*self.known]
        if number % 40 == 7:
            self.wfile.write(f"HTTP/1.1 {reported[0]} {reported[-1]}\r\n\r\n".encode("latin-1"))
            self.close_connection = True
            return
        every = [text for value in reported for text in (*spelt(value).values(), *packed(value).values())]
        spellings = every[number % TURNS :: TURNS]  # all of them in turns: an answer of a bearable length each
        strings = [text if "\\" in text else json.dumps(text)[1:-1] for text in spellings]
        strings += [f"and {value[len(value) // 2 :]}".replace("\\", "\\\\").replace('"', '\\"') for value in reported]
        if content.startswith(b"{") and content.rstrip().endswith(b"}"):
            inner = ", ".join(f'"{text}"' for text in strings)
            lead = ", " if content.strip() != b"{}" else ""
            content = content.rstrip()[:-1] + f'{lead}"echo": [{inner}]}}'.encode()
        headers = [
            ("Content-Type", content_type),
            ("Location", f"/login?key={quote(reported[-1])}&again={reported[0]}"),
        ]
        headers += [(f"X-Told-{index}", text) for index, text in enumerate(spellings) if len(text) < 120]
        headers += [("X-Half", value[: len(value) // 2]) for value in reported]
        headers += [("Set-Cookie", f"key={value}; Path=/") for value in reported]
        headers += [(f"X-{value.encode().hex()}", "1") for value in reported]
        if number % 3 == 0:
            content, headers = gzip.compress(content), [*headers, ("Content-Encoding", "gzip")]
        self.send_response(status, reported[-1])
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def echoing(vendor: str, spec: Path | None = None) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """An echoing server's address, the variables that reach it, and the credentials among their values."""
    with running_mock(() if spec else (vendor,), spec, name=vendor if spec else None) as mock:
        variables = dict(mock.environment)
        known: dict[str, str] = {}
        for name, theirs in mock.environment.items():
            if name.endswith(("_AUTH", "_KEY")):
                variables[name] = canary(len(known))
                known[variables[name]] = theirs
        methods = dict.fromkeys([f"do_{method}" for method in METHODS], Echo.answer)
        handler = type("Handler", (Echo,), {"mock": f"{mock.url}/{vendor}", "known": known, **methods})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            server.daemon_threads, server.block_on_close = True, False
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}", variables, list(known)
            finally:
                server.shutdown()
                thread.join(5)


def run(folder: Path, variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[bytes]:
    """Run this Python in a folder that everything goes to, what it says included."""
    for name in ("home", "temporary"):
        (folder / name).mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATCERT_", "PYTEST_"))}
    places = {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "XDG_CACHE_HOME": str(folder / "home" / ".cache"),
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=kept | places | variables,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    (folder / "stdout").write_bytes(done.stdout)
    (folder / "stderr").write_bytes(done.stderr)
    return done


def leaks(folder: Path, canaries: list[str]) -> list[str]:
    """Every place below a folder at which a trace of a canary stands."""
    found = []
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "tiny.json"]
    assert len(files) > 1
    for number, value in enumerate(canaries):
        wanted = traces(value)
        for path in files:
            data = path.read_bytes()
            found += [
                f"{path.relative_to(folder)}: canary {number} {name}" for name, text in wanted.items() if text in data
            ]
    return found


def report_of(folder: Path, vendor: str) -> dict[str, str]:
    """The verdicts of a run, by requirement."""
    report: dict[str, Any] = json.loads((folder / "reports" / vendor / "report.json").read_bytes())
    return {row["id"]: row["verdict"] for row in report["requirements"]}


@pytest.mark.parametrize("vendor", ["polyai", "openwebui", "tiny"])
def test_certify_writes_no_credential(tmp_path: Path, vendor: str) -> None:
    """Whatever a server does with its credentials, no byte of a run, of its log included, holds any of them."""
    spec = tmp_path / "tiny.json"
    spec.write_text(json.dumps(TINY), encoding="utf-8")
    with echoing(vendor, spec if vendor == "tiny" else None) as (url, variables, canaries):
        chosen = ["--spec", str(spec), "--name", vendor] if vendor == "tiny" else [vendor]
        for pattern in SEVERAL_CREDENTIALS if vendor == "polyai" else ():
            chosen += ["--only", pattern]
        done = run(
            tmp_path,
            variables,
            "-c",
            LOGGING,
            "certify",
            *chosen,
            "--url",
            url,
            "--profile",
            "quick",
            "--seed",
            "1",
            "--report-dir",
            "reports",
            "--jobs",
            "2",
        )

    assert [] == leaks(tmp_path, canaries)[:20]
    assert done.returncode in (0, 1, 75), done.stderr[-2000:]
    assert b"httpcore" in done.stderr
    verdicts = report_of(tmp_path, vendor)
    assert "error" not in verdicts.values()
    assert verdicts[f"{vendor}/response/any/no-credential"] in ("fail", "warn")
    assert "pass" in verdicts.values()


BREAKING = """
import httpx

asked = [0]
real = httpx.HTTPTransport.handle_request

def handle_request(self, request):
    asked[0] += 1
    if asked[0] % 4 == 1:
        told = {"url": str(request.url), "headers": request.headers.raw}
        raise ValueError(f"cannot send {told}")
    return real(self, request)

httpx.HTTPTransport.handle_request = handle_request
"""


def test_pytest_writes_no_credential(tmp_path: Path) -> None:
    """Nor does pytest, asked to show and store everything, in several processes, where our own code breaks."""
    (tmp_path / "breaking.py").write_text(BREAKING, encoding="utf-8")
    with echoing("agencii") as (url, variables, canaries):
        paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = run(
            tmp_path,
            variables | {"PYTHONPATH": paths},
            "-m",
            "pytest",
            str(ROOT / "tests" / "contract"),
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(ROOT),
            "-o",
            f"cache_dir={tmp_path / 'cache'}",
            "-p",
            "breaking",
            "-n",
            "2",
            "-k",
            "auth or required-only or credential",
            "--vendor",
            "agencii",
            "--url",
            url,
            "--profile",
            "quick",
            "--chatcert-seed",
            "1",
            "--report-dir",
            str(tmp_path / "reports"),
            "--showlocals",
            "--tb=long",
            "-vv",
            "-rA",
            "--full-trace",
            "--log-level=DEBUG",
            "-o",
            "log_cli=true",
            "--log-file",
            "log.txt",
            "--junitxml",
            "junit.xml",
            "--alluredir",
            "allure",
        )

    assert [] == leaks(tmp_path, canaries)[:20]
    verdicts = {*report_of(tmp_path, "agencii").values()}
    assert "error" in verdicts
    # An answer that repeats a credential is a breach, which counts for more, if its requirement did not break as well.
    assert (1 if "fail" in verdicts else 70) == done.returncode, done.stdout[-3000:]
    assert b"chatcert broke at breaking.py:11: ValueError" in done.stdout
    assert b"httpcore" in (tmp_path / "log.txt").read_bytes() + done.stdout
    assert any((tmp_path / "allure").iterdir())


def test_an_error_of_ours_shows_no_credential(tmp_path: Path) -> None:
    """Where our own code breaks before the first verdict, one line names the place, and nothing that was being sent."""
    value = canary()
    broken = f"{BREAKING.replace('% 4 == 1', '> 0')}\n{LOGGING}"
    variables = {"CHATCERT_OPENWEBUI_BEARER_AUTH": value}
    done = run(tmp_path, variables, "-c", broken, "certify", "openwebui", "--url", "http://127.0.0.1:9")

    assert 70 == done.returncode
    assert b"ValueError" in done.stderr.splitlines()[-1]
    assert b"Traceback" not in done.stderr
    assert [] == leaks(tmp_path, [value])


def test_the_plan_shows_no_credential(tmp_path: Path) -> None:
    """What would be sent is reported without any credential, and without asking the server."""
    canaries = [canary()]
    variables = {"CHATCERT_OPENWEBUI_BEARER_AUTH": canaries[0]}
    done = run(tmp_path, variables, "-c", LOGGING, "certify", "openwebui", "--url", "http://127.0.0.1:9", "--plan")

    assert 0 == done.returncode, done.stderr
    for name, text in traces(canaries[0]).items():
        assert text not in done.stdout + done.stderr, name


@pytest.mark.parametrize("number", range(12))
def test_masking_leaves_no_trace(number: int) -> None:
    """Whatever is searched for after a run, masking has found it before: in each encoding, whole and in part."""
    value = canary(number)
    masker = Masker({"key": Secret(value)})
    half = len(value) // 2
    parts = (value, value[:half], value[half:], value[:8], value[-10:])
    texts = [*packed(value).values(), *(text for part in parts for text in spelt(part).values())]
    shown = "\n".join(
        masker.masked(written)[0]
        for text in texts
        for written in (f"and {text} behind", repr([(b"X-Told", text.encode())]), json.dumps({"echo": text}))
    ).encode()

    assert [] == [name for name, trace in traces(value).items() if trace in shown]


def test_a_canary_would_be_found(tmp_path: Path) -> None:
    """The search itself finds a credential in each of the encodings, whole and in part."""
    value = canary()
    (tmp_path / "harmless").write_text("nothing", encoding="utf-8")
    for name, text in (spelt(value) | packed(value) | spelt(value[:8])).items():
        (tmp_path / "artefact").write_text(f"before {text} behind", encoding="utf-8")
        assert leaks(tmp_path, [value]), name
