"""Runs with transient failures: retried while they pass, no verdict where they do not, and no blame for them."""

from __future__ import annotations

import email.utils
import random
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from chatcert.judge.verdict import Outcome, VerdictKind
from chatcert.requirements.requirement import Level, Rank
from chatcert.transport.resilience.retry import RetryPolicy

pytestmark = pytest.mark.slow

POLICY = RetryPolicy()


def answer(status: int, *headers: str) -> bytes:
    """An answer of a busy server or a gateway."""
    return "\r\n".join([f"HTTP/1.1 {status} Reason", "Content-Length: 0", *headers, "", ""]).encode()


def in_an_hour() -> str:
    return "Retry-After: " + email.utils.formatdate(time.time() + 3600, usegmt=True)


KINDS: dict[str, Callable[[], str | bytes]] = {
    "429 in seconds": lambda: answer(429, "Retry-After: 0"),
    "429 until a date": lambda: answer(429, "Retry-After: Thu, 01 Jan 2015 00:00:00 GMT"),
    "429 without more": lambda: answer(429),
    "502": lambda: answer(502),
    "503": lambda: answer(503, "Retry-After: 0"),
    "504": lambda: answer(504),
    "reset": lambda: "reset",
    "close": lambda: "close",
    "cut": lambda: "cut",
}
"""Kinds of transient failures that take no time, by name."""


def alternately(kinds: Iterable[str]) -> list[tuple[str, int]]:
    """Kinds of transient failures, each with one job or with several."""
    return [(kind, 8 if number % 2 else 1) for number, kind in enumerate(kinds)]


def every(nth: int, effect: Callable[[], str | bytes]) -> Callable[[int, bytes, int], str | bytes]:
    return lambda number, request, turn: effect() if number % nth == 0 else "calm"


def since(first: int, effect: Callable[[], str | bytes]) -> Callable[[int, bytes, int], str | bytes]:
    return lambda number, request, turn: effect() if number >= first else "calm"


@pytest.mark.parametrize(("kind", "jobs"), alternately(KINDS))
def test_transient_failures_change_no_verdict(under: Any, calm: Any, kind: str, jobs: int) -> None:
    """Some requests meet a transient failure: same verdicts, every attempt recorded, few requests more."""
    run = under(every(11, KINDS[kind]), jobs=jobs)

    assert calm.words == run.words
    assert Outcome.CONFORMANT == run.outcome
    assert run.sent_again
    assert run.arrived == len(run.exchanges) <= len(calm.exchanges) + POLICY.max_extra_requests


@pytest.mark.parametrize(("kind", "nth"), [("hang", 60), ("drip", 60)])
def test_slowness_that_passes_changes_no_verdict(under: Any, calm: Any, kind: str, nth: int) -> None:
    """An answer that now and then does not come, or does not end, is waited for once more."""
    run = under(every(nth, lambda: kind))

    assert calm.words == run.words
    assert {"timeout"} == run.sent_again


def test_connections_that_die_while_kept_change_no_verdict(under: Any, calm: Any) -> None:
    """A server that keeps no connection, and does not say so, costs one more attempt each time."""
    run = under(lambda number, request, turn: "calm" if turn == 1 else "close")

    assert calm.words == run.words
    assert run.sent_again <= {"reset"}


@pytest.mark.parametrize("seed", range(2))
def test_changing_failures_change_no_verdict(under: Any, calm: Any, seed: int) -> None:
    """All kinds of transient failures in turn, each request with the same small probability."""
    chance = random.Random(seed)
    effects = list(KINDS.values())
    spoilt = {number: chance.choice(effects) for number in range(1, 1000) if chance.random() < 0.06}

    run = under(lambda number, request, turn: spoilt[number]() if number in spoilt else "calm", jobs=4)

    assert calm.words == run.words
    assert len(run.exchanges) <= len(calm.exchanges) + POLICY.max_extra_requests


def test_a_payload_that_ends_the_server_is_named(under: Any) -> None:
    """It was met once only, and may be a coincidence: no breach, but the request is named, and its requirement open."""
    run = under(lambda number, request, turn: "die" if len(request) > 90_000 else "calm")

    deadly = next(e for e in run.exchanges if e.received is None)
    assert run.ended_by is not None
    assert 75 == run.ended_by.exit_code
    sentence = f"the server stopped answering right after exchange {deadly.number} was sent"
    assert f"{sentence} ({deadly.requirement}: {deadly.edit})" in run.ended_by.what
    assert VerdictKind.INCONCLUSIVE is run.words[deadly.requirement]
    assert sentence in run.verdicts[deadly.requirement].reason
    assert all(e.received is None for e in run.exchanges if e.number >= deadly.number)


FOREVER = {
    **KINDS,
    "429 for an hour": lambda: answer(429, "Retry-After: 3600"),
    "429 until later": lambda: answer(429, in_an_hour()),
    "death": lambda: "die",
}
LASTING = ("429 without more", "429 for an hour", "429 until later")
"""Answers of a server whose quota is used up: with no pause, or a long one, in Retry-After."""


@pytest.mark.parametrize(("kind", "jobs"), alternately(FOREVER))
def test_a_target_that_goes_away_gives_no_verdict(under: Any, calm: Any, kind: str, jobs: int) -> None:
    """From some request on everything fails: results are kept, the rest is open, and the run ends soon."""
    run = under(since(40, FOREVER[kind]), jobs=jobs)

    assert run.trouble is None
    assert Outcome.NO_VERDICT == run.outcome
    assert set(run.words.values()) <= {
        VerdictKind.PASS,
        VerdictKind.NOT_APPLICABLE,
        VerdictKind.INCONCLUSIVE,
        VerdictKind.NOT_RUN,
    }
    assert 10 < sum(word is VerdictKind.PASS for word in run.words.values())
    assert 10 < sum(word is VerdictKind.NOT_RUN for word in run.words.values())
    assert any("valid requests were served until" in verdict.reason for verdict in run.verdicts.values())
    assert len(run.exchanges) <= 40 + POLICY.failure_threshold + len(POLICY.cool_downs) + 3 * jobs


@pytest.mark.parametrize("kind", FOREVER)
def test_a_target_that_never_answers_cannot_be_certified(under: Any, kind: str) -> None:
    """Failures from the first request on: the run does not begin, for want of a target that answers or of a quota."""
    run = under(since(1, FOREVER[kind]))

    assert run.trouble is not None
    assert (78 if kind in LASTING else 75) == run.trouble.exit_code
    assert len(run.exchanges) <= POLICY.attempts + 2


def test_an_outage_that_ends_costs_nothing_but_a_pause(under: Any, calm: Any) -> None:
    """A target that comes back during the pause is certified as if nothing had been."""
    down = range(60, 60 + POLICY.failure_threshold + 2)

    run = under(lambda number, request, turn: "reset" if number in down else "calm")

    assert VerdictKind.FAIL not in run.words.values()
    changed = {name for name, word in run.words.items() if word is not calm.words[name]}
    assert len(changed) <= 2
    assert {VerdictKind.INCONCLUSIVE} >= {run.words[name] for name in changed}


@pytest.mark.parametrize(("effect", "jobs"), [("reset", 1), ("close", 8), ("503", 8)])
def test_a_payload_that_kills_is_blamed_among_any_failures(under: Any, calm: Any, effect: str, jobs: int) -> None:
    """The payload fails every time while others are served, among transient failures: that alone is a fail."""
    deadly = KINDS[effect]

    def interference(number: int, request: bytes, turn: int) -> str | bytes:
        return deadly() if b"\xf0\x9f" in request or b"\\ud83d" in request or number % 25 == 0 else "calm"

    run = under(interference, jobs=jobs)

    failed = {name for name, word in run.words.items() if word is VerdictKind.FAIL}
    assert Outcome.NOT_CONFORMANT == run.outcome
    assert any("robustness" in name for name in failed)
    blamed = {e.requirement for e in run.exchanges if e.final and not e.unsettled and (e.error or e.status == 503)}
    assert failed - blamed <= {name for name in failed if "/response/" in name}
    assert VerdictKind.INCONCLUSIVE not in run.words.values()


def test_an_unknown_name_is_a_matter_of_reachability(run_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not resolve is tried a few times, and then said to be unreachable."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    run = run_at("http://nowhere.invalid")

    assert run.trouble is not None
    assert 75 == run.trouble.exit_code
    assert {"dns"} == {e.error.kind for e in run.exchanges}
    assert len(run.exchanges) <= POLICY.attempts + 2


def test_a_name_that_is_unknown_now_and_then_changes_no_verdict(
    under: Any, calm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that fails at times is a transient failure as well."""
    real, asked = socket.getaddrinfo, iter(range(1, 10_000))

    def flapping(*place: Any, **more: Any) -> Any:
        if next(asked) % 7 == 0:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(*place, **more)

    monkeypatch.setattr(socket, "getaddrinfo", flapping)

    run = under(lambda number, request, turn: "reset" if number % 6 == 0 else "calm")

    assert calm.words == run.words
    assert {"dns", "reset"} == run.sent_again


def test_jobs_change_neither_what_is_sent_nor_what_is_concluded(calm: Any, run_at: Any, mock: Any) -> None:
    """With many requests in flight the same ones are sent, and the verdicts are the same."""

    def sent(run: Any) -> list[tuple[str, str, bytes | None]]:
        return sorted((e.case, e.sent.url, e.sent.body) for e in run.exchanges if e.role != "probe")

    many = run_at(mock.url, jobs=16)

    assert sent(calm) == sent(many)
    assert calm.verdicts.keys() == many.verdicts.keys()
    assert [(v.kind, v.cases, v.non_vacuous) for v in calm.verdicts.values()] == [
        (v.kind, v.cases, v.non_vacuous) for v in many.verdicts.values()
    ]


def test_a_short_budget_goes_to_what_is_worth_most(under: Any, calm: Any, catalogue: Any) -> None:
    """With few requests, the verdicts on valid requests and on credentials that lock no account come first."""
    run = under(lambda *_: "calm", max_requests=30)

    assert run.arrived == len(run.exchanges)
    assert 29 <= run.arrived <= 30  # one is kept for a control at the end, which may not be needed
    assert Outcome.NO_VERDICT == run.outcome
    by_word = {name.partition("/")[2]: word for name, word in run.words.items()}
    assert VerdictKind.PASS is by_word["accepts/required-only"]
    credentials = [r for r in catalogue.requirements.values() if r.path.startswith("auth/") and r.level is Level.MUST]
    assert {VerdictKind.PASS} == {run.words[r.id] for r in credentials if r.rank is not Rank.LOCKING}
    assert {VerdictKind.NOT_RUN} == {word for name, word in by_word.items() if name.startswith("robustness/")}
    assert all("30 requests" in v.reason for v in run.verdicts.values() if v.kind is VerdictKind.NOT_RUN)


def test_a_breach_that_is_known_outlives_the_budget(under: Any) -> None:
    """A breach that was found is a fail, even if the budget ends before all cases are sent."""
    served = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    run = under(lambda number, request, turn: served if number > 1 else "calm", max_requests=12)

    assert 11 == run.arrived  # the last one is kept for a control, which a served request has made needless
    assert Outcome.NOT_CONFORMANT == run.outcome
    assert any("/auth/" in name for name, word in run.words.items() if word is VerdictKind.FAIL)


def test_a_request_is_cut_off_when_the_time_is_over(under: Any, catalogue: Any, mock: Any) -> None:
    """Requests in flight are cut off, nothing more is sent, and no verdict blames the server."""

    def interference(number: int, request: bytes, turn: int) -> str | bytes:
        return "calm" if number < 20 else "hang"

    run = under(interference, ends=time.monotonic() + 0.3)

    assert run.arrived == len(run.exchanges) <= 21  # the last one is the control at the end
    assert Outcome.NO_VERDICT == run.outcome
    assert VerdictKind.FAIL not in run.words.values()
    assert any("time" in v.reason for v in run.verdicts.values() if v.kind is VerdictKind.NOT_RUN)
