"""Fixtures for the tests of the judge: exchanges made by hand, as an honest server would have answered."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import Verdict
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.run.safe_judging import judge_all
from chatcert.transport.curl import curl_line
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Sent, TransportError
from chatcert.vendors import known_vendors, open_vendor

START = 1_800_000_000.0
JSON = (("Content-Type", "application/json"), ("Date", "Fri, 15 Jan 2027 08:00:00 GMT"))
CHALLENGE = ("WWW-Authenticate", 'Bearer realm="chat"')

REQUESTS: dict[str, dict[str, Any]] = {
    "agencii": {"apiIntegrationId": "dpCD7snQ0tCWrdtp6UhZ"},
    "openwebui": {"chat": {"title": "A chat", "history": {"messages": {}, "currentId": "m"}, "n": [1, 2.5, "é😀"]}},
    "polyai": {"channel": "webchat", "asr_lang_code": "en-US"},
    "sigmamind": {"agentId": "D5D0p7TUs66TTAEAx", "input": "Where is it?"},
}
PATHS = {
    "agencii": "/create_new_chat",
    "openwebui": "/api/chats/new",
    "polyai": "/v1/a/p/chat/create",
    "sigmamind": "/v1/chats",
}


def moment(seconds: float) -> str:
    """A time as RFC 3339 has it."""
    when = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache
def _catalogue(vendor: str) -> Catalogue:
    return derive(open_vendor(vendor))


class Bench:
    """Makes exchanges with one vendor, numbered from 1, and has them judged."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.catalogue = _catalogue(vendor)
        self.contract = self.catalogue.contract
        self.created = int(self.contract.successes[0].status)
        self._numbers, self._chats = itertools.count(1), itertools.count(1)

    def line(self, exchange: Exchange) -> str:
        """The command line that sends the exchange's request again."""
        return curl_line(exchange.sent, self.contract)

    def exchange(
        self,
        path: str = "accepts/required-only",
        expectation: str = "accepted",
        status: int | None = None,
        answer: Any = None,
        *,
        sent: Any = None,
        headers: tuple[tuple[str, str], ...] = JSON,
        error: str = "",
        after: float = 0.0,
        **more: Any,
    ) -> Exchange:
        """An exchange of the requirement at ``path``; ``answer`` is bytes or a JSON value, ``error`` a kind."""
        number = next(self._numbers)
        body = REQUESTS[self.vendor] if sent is None else sent
        out = body if isinstance(body, bytes) else json.dumps(body).encode()
        received = None
        if not error:
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            received = Received(self.created if status is None else status, headers, content)
        return Exchange(
            number=number,
            case=more.pop("case", f"{path}#{number}"),
            requirement=f"{self.vendor}/{path}",
            expectation=expectation,
            role=more.pop("role", "case"),
            sent=Sent("POST", f"http://h{PATHS[self.vendor]}", PATHS[self.vendor], (), out),
            started=START + after,
            seconds=0.01,
            received=received,
            error=TransportError(ErrorKind(error), f"it was {error}") if error else None,
            **more,
        )

    def chat(self, number: int, sent: Any = None, after: float = 0.0) -> dict[str, Any]:
        """The body of an honest success."""
        body = REQUESTS[self.vendor] if sent is None else sent
        match self.vendor:
            case "agencii":
                return {"chatId": f"chat-{number}"}
            case "polyai":
                return {"conversation_id": f"CONV-{number}", "response": "Hi, how can I help?"}
            case "sigmamind":
                reply = {"id": "item_1", "role": "assistant", "type": "message", "content": ["Hello"]}
                agent = {"agentId": body.get("agentId"), "name": "Grace", "status": "Live"}
                return {
                    "chatId": f"chat_{number}",
                    "createdAt": moment(START + after),
                    "status": "in_progress",
                    "response": [reply],
                    "agent": agent,
                }
            case _:
                return {
                    "id": f"id-{number}",
                    "user_id": "user-1",
                    "title": body["chat"].get("title", ""),
                    "chat": body["chat"],
                    "created_at": int(START + after),
                    "updated_at": int(START + after),
                    "share_id": None,
                    "archived": False,
                    "pinned": False,
                    "meta": {},
                    "folder_id": body.get("folder_id"),
                }

    def success(
        self,
        answer: Any = None,
        *,
        after: float = 0.0,
        change: dict[str, Any] | None = None,
        without: str = "",
        **more: Any,
    ) -> Exchange:
        """An honest success, or one that differs in the fields of ``change`` or lacks the field ``without``."""
        if answer is None:
            answer = self.chat(next(self._chats), more.get("sent"), after) | (change or {})
            answer.pop(without, None)
        return self.exchange(answer=answer, after=after, **more)

    def problem(self, status: int, after: float = 0.0) -> dict[str, Any]:
        """The body of an honest error."""
        if self.vendor == "agencii":
            return {"detail": "That is not right."}
        if self.vendor == "polyai":
            return {"error_message": "That is not right."}
        if self.vendor == "sigmamind":
            return {
                "timestamp": moment(START + after),
                "status": status,
                "error": "Bad Request",
                "path": "/v1/chats",
                "message": "That is not right.",
                "validationErrors": {"input": "missing"},
            }
        return {"detail": "That is not right."}

    def refusal(
        self, path: str = "request/json/garbage", status: int = 400, answer: Any = None, **more: Any
    ) -> Exchange:
        """An honest refusal of an invalid request whose control was accepted."""
        more.setdefault("control_accepted", True)
        body = self.problem(status) if answer is None else answer
        return self.exchange(path, more.pop("expectation", "refused"), status, body, **more)

    def stranger(self, form: str = "wrong", status: int = 401, answer: Any = None, **more: Any) -> Exchange:
        """An honest refusal of bad credentials whose control was accepted."""
        path = f"auth/{self.contract.credentials[0].name}/{form}"
        if status == 401:
            more.setdefault("headers", (*JSON, CHALLENGE))
        return self.refusal(path, status, answer, expectation="unauthenticated", **more)

    @staticmethod
    def answered(exchange: Exchange, answer: Any) -> Exchange:
        """The same exchange with another answer."""
        assert exchange.received is not None
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return replace(exchange, received=replace(exchange.received, body=content))

    def verdict(self, path: str, *exchanges: Exchange, reason: str = "") -> Verdict:
        """The judge's word on one requirement."""
        evidence = Evidence(self.contract, self.catalogue.requirements, exchanges)
        return judge(evidence, self.catalogue.requirements[f"{self.vendor}/{path}"], reason=reason)

    def verdict_on(self, path: str, expectation: str, came: int | str) -> Verdict:
        """The verdict where one case got this status, or ended in this kind of error, and another one was served."""
        how = {"error": came} if isinstance(came, str) else {"status": came, "answer": {}}
        return self.verdict(path, self.exchange(path, expectation, control_accepted=True, **how), self.success())

    def words(self, exchanges: Iterable[Exchange]) -> dict[str, str]:
        """The word on every requirement, by its id without the vendor, judged over exchanges in the order given."""
        evidence = Evidence(self.contract, self.catalogue.requirements, tuple(exchanges))
        return {r.path: judge(evidence, r).kind.value for r in self.catalogue.requirements.values()}

    def breaches(self, exchanges: Iterable[Exchange]) -> list[str]:
        """The paths of the requirements that are broken, judged over exchanges in the order given."""
        return [path for path, kind in self.words(exchanges).items() if kind in ("fail", "warn")]

    def verdicts(self, exchanges: Iterable[Exchange]) -> dict[str, Verdict]:
        """Every verdict of the catalogue, as a run reports it."""
        return judge_all(self.catalogue, exchanges, {}, {})

    def honest(self) -> list[Exchange]:
        """What an honest server answers to a little of everything."""
        found = [
            self.success(),
            self.success(after=1.0),
            self.success(after=4.0, path="accepts/all-fields"),
            self.refusal(),
            self.refusal("request/json/unclosed"),
            self.stranger(),
            self.stranger("missing"),
        ]
        if self.contract.documented(404):
            paths = [name for name in self.catalogue.requirements if name.endswith("/unknown")]
            path = paths[0].partition("/")[2]
            found.append(self.refusal(path, 404, expectation="unknown"))
        return found


@pytest.fixture(scope="session")
def bench() -> Callable[[str], Bench]:
    """Makes a bench for a vendor."""
    return Bench


@pytest.fixture(scope="session", params=known_vendors())
def each_bench(request: pytest.FixtureRequest) -> Bench:
    """A bench for each bundled vendor in turn."""
    return Bench(str(request.param))


@pytest.fixture(scope="session")
def expectations() -> tuple[str, ...]:
    """Every expectation that a case may have."""
    return tuple(e.value for e in Expectation)
