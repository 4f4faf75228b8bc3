"""Webhooks: called on regressions and on nothing else, never an error, and their addresses are printed nowhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.judge.verdict import VerdictKind
from chatcert.nightly.folders import Folders
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.regressions import FILE, MAX_LISTED, Regression, chat_message, write_comparison
from chatcert.report.comparison import Change, Comparison

NIGHT = "2026-01-31T02:23:00.000Z"
LEGS = json.dumps({"include": [{"leg": "acme-eu", "vendor": "acme"}, {"leg": "blue", "vendor": "blue"}]})
PLAIN, SLACK = "CHATCERT_NIGHTLY_WEBHOOK", "CHATCERT_NIGHTLY_SLACK_WEBHOOK"
BROKEN = Change("acme/a", VerdictKind.PASS, VerdictKind.FAIL)
REST = (
    Change("acme/b", VerdictKind.FAIL, VerdictKind.FAIL),
    Change("acme/c", VerdictKind.FAIL, VerdictKind.PASS),
    Change("acme/d", VerdictKind.PASS, VerdictKind.INCONCLUSIVE),
    Change("acme/e", None, VerdictKind.FAIL),
)


class Hook:
    """A server on loopback that keeps what is posted to it."""

    def __init__(self) -> None:
        self.status = 200
        self.posted: list[tuple[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert "application/json" == self.headers["Content-Type"]
                hook.posted.append((self.path, json.loads(body)))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook on loopback."""
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A night of one leg that regressed, before anybody was informed."""
    monkeypatch.setenv("CHATCERT_CONTACTS", "maintainers = @us")
    night(tmp_path, BROKEN, *REST)
    return tmp_path


def night(folder: Path, *changes: Change) -> None:
    """Leave what the step merge leaves of a leg."""
    JobStatus("acme-eu", "acme", (1,), NIGHT).write(folder / "merged" / "acme-eu")
    write_comparison(Folders(folder), "acme-eu", Comparison("acme", (), (), changes))


def announce(folder: Path, *more: str) -> int:
    """The step that informs people, without a tracker."""
    return main(["nightly", "issues", "--night-dir", str(folder), "--legs", LEGS, "--night", NIGHT, *more])


def test_a_regression_is_posted(
    folder: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs and chats each get their form, of what is worse alone, and the address is not printed."""
    monkeypatch.setenv(PLAIN, f"{hook.url}/secret-a")
    monkeypatch.setenv(SLACK, f"{hook.url}/secret-b")

    assert 0 == announce(folder)

    regression = {
        "leg": "acme-eu",
        "vendor": "acme",
        "requirement": "acme/a",
        "kind": "newly-failing",
        "old": "pass",
        "new": "fail",
    }
    text = "chatcert: 1 regression at 1 target in the night of 2026-01-31\n• acme-eu: `acme/a`: pass → fail"
    assert [
        ("/secret-a", {"schema": "chatcert-regressions/1", "night": NIGHT, "regressions": [regression]}),
        ("/secret-b", {"text": text}),
    ] == hook.posted
    lines = capsys.readouterr().out.splitlines()
    assert [f"{PLAIN}: sent 1 regression", f"{SLACK}: sent 1 regression"] == lines[:2]
    assert "secret" not in "".join(lines)


def test_without_a_regression_nothing_is_posted(
    folder: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A breach that lasts, one that is gone, what could not be judged and what is new call nobody."""
    monkeypatch.setenv(PLAIN, hook.url)
    night(folder, *REST)

    assert 0 == announce(folder)
    assert [] == hook.posted
    assert f"{PLAIN}: not called: no regression" in capsys.readouterr().out


def test_a_dry_run_posts_nothing(
    folder: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what would be sent."""
    monkeypatch.setenv(PLAIN, hook.url)

    assert 0 == announce(folder, "--dry-run")
    assert [] == hook.posted
    assert f"{PLAIN}: would be sent 1 regression" in capsys.readouterr().out


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_one_line(
    folder: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """A webhook that does not take the message changes no exit status."""
    hook.status = status
    monkeypatch.setenv(SLACK, hook.url)

    assert 0 == announce(folder)
    assert f"{SLACK}: not taken: status {status}" == capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/secret", "not sent: refused"),
        ("http://hooks.example/secret", "not sent: its value is no https address"),
        ("https://", "not sent: its value is no https address"),
        ("https://[secret", "not sent: its value is no https address"),
        ("secret", "not sent: its value is no https address"),
        ("http://127.0.0.1:secret/", "not sent: "),
    ],
)
def test_an_address_that_leads_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str, said: str
) -> None:
    """It is one line that does not show the address, and no error."""
    monkeypatch.setenv(PLAIN, address)

    assert 0 == announce(folder)
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{PLAIN}: {said}")
    assert "secret" not in shown.out + shown.err


@pytest.mark.parametrize("text", ["{", "[]", '{"changes": [{}]}', '{"changes": [{"kind": "so so"}]}'])
def test_a_comparison_that_is_none(
    folder: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A file that was altered is said, and people are paged as ever."""
    monkeypatch.setenv(PLAIN, hook.url)
    (folder / "merged" / "acme-eu" / FILE).write_text(text, encoding="utf-8")

    assert 0 == announce(folder)
    assert [] == hook.posted
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("webhooks: not called: ")
    assert second.startswith("acme-eu: exit 1: vendor")


def test_no_name_mentions_anybody() -> None:
    """Slack's control characters are escaped, and a long list is cut."""
    one = Regression(leg="<!here>", vendor="acme", requirement="a`<@U1>\n&b", kind="worse", old="pass", new="warn")

    lines = chat_message([one] * (MAX_LISTED + 3), NIGHT)["text"].splitlines()

    assert "• &lt;!here&gt;: `a'&lt;@U1&gt; &amp;b`: pass → warn" == lines[1]
    assert MAX_LISTED + 2 == len(lines)
    assert "and 3 more" == lines[-1]
