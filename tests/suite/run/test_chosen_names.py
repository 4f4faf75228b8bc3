"""Servers whose clients choose a name that must be new: honest ones are conformant, once and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from chatcert.cases.profile import profile_named
from chatcert.cli.main import main
from chatcert.exceptions import ReachabilityError
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

from . import chosen_names
from .chosen_names import ChosenNames

pytestmark = pytest.mark.slow

Certify = Callable[..., tuple[dict[str, Verdict], list[Exchange]]]


@pytest.fixture(scope="module")
def served(switchboard: Any) -> Callable[[ChosenNames], str]:
    """Serve an application in this process, and return its address."""

    def serve(server: ChosenNames) -> str:
        switchboard.app = server
        return str(switchboard.address)

    return serve


@pytest.fixture
def certified(served: Callable[[ChosenNames], str]) -> Certify:
    """Certify a server in this process, and return the verdicts and the exchanges.

    Every requirement is tested, those too for which the smallest profile sends nothing.
    """

    def run(server: ChosenNames, *, jobs: int = 1, seed: int = 1) -> tuple[dict[str, Verdict], list[Exchange]]:
        url = served(server)
        catalogue = derive(read_contract(server.document, vendor="own", where="own.yaml"))
        target = Target(url, {}, {}, limits=Limits(timeout=10.0))
        execution = Execution(catalogue, target, replace(profile_named("quick"), unusual=True), seed=seed, jobs=jobs)
        try:
            execution.preflight()
            execution.run_all(catalogue.requirements.values())
        finally:
            execution.close()
        verdicts = judge_all(catalogue, execution.exchanges, execution.reasons, execution.unfinished)
        return verdicts, execution.exchanges

    return run


UNSENT = Verdict(
    "own/protocol/method/DELETE",
    VerdictKind.NOT_APPLICABLE,
    reason="DELETE might delete every chat, since no credentials are needed there",
)
"""What is never sent to servers that everybody may use."""
ONE_FAULT = {"own/response/any/two-faults": VerdictKind.NOT_APPLICABLE}
"""What a document with a single field and no credentials leaves no room for."""


def not_passed(verdicts: dict[str, Verdict]) -> dict[str, VerdictKind]:
    """The verdicts other than a pass, without the one that these documents all have."""
    assert UNSENT == verdicts[UNSENT.requirement]
    others = {name: verdict.kind for name, verdict in verdicts.items() if name != UNSENT.requirement}
    return {name: kind for name, kind in others.items() if kind is not VerdictKind.PASS}


HONEST = {
    "thread_id": (chosen_names.threads, 409),
    "sessionId": (chosen_names.sessions, 409),
    "room_alias_name": (chosen_names.rooms, 400),
    "Request-Token": (chosen_names.tokens, 409),
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("jobs", [1, 4])
def test_an_honest_server_is_conformant_in_every_run(certified: Certify, name: str, jobs: int) -> None:
    """Every requirement passes, and again on the same server, which remembers the names of the first run."""
    make, status = HONEST[name]
    server = ChosenNames(make(), name, status)
    first, _ = certified(server, jobs=jobs)
    second, _ = certified(server, jobs=jobs)

    scarce = (
        {
            "own/accepts/body/sessionId/minLength": VerdictKind.NOT_APPLICABLE,
            "own/request/body/sessionId/minLength": VerdictKind.NOT_APPLICABLE,  # the pattern breaks too
        }
        if name == "sessionId"
        else ONE_FAULT
        if name == "Request-Token"
        else {}
    )
    assert scarce == not_passed(first) == not_passed(second)
    place = "header" if name == "Request-Token" else "body"
    assert f"own/request/{place}/{name}/distinct" in first


def test_an_invalid_value_in_use_is_not_refused_as_invalid(certified: Certify) -> None:
    """A server that looks at no format takes an invalid id once: that it is in use afterwards is no refusal of it."""
    made = chosen_names.threads()
    server = ChosenNames({**made, "paths": {"/chats": made["paths"]["/threads"]}}, "thread_id")
    server.validator = Draft202012Validator(server.validator.schema)

    first, second = certified(server)[0], certified(server)[0]

    form = "own/request/body/thread_id/format"
    assert [VerdictKind.WARN] * 2 == [first[form].kind, second[form].kind]
    steady = "own/state/every-time"
    assert [VerdictKind.PASS] * 2 == [first[steady].kind, second[steady].kind]


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("sessionId", 201, VerdictKind.FAIL),
        ("sessionId", 400, VerdictKind.FAIL),
        ("sessionId", 500, VerdictKind.FAIL),
        ("thread_id", 201, VerdictKind.WARN),
        ("thread_id", 500, VerdictKind.FAIL),
        ("room_alias_name", 201, VerdictKind.FAIL),
        ("room_alias_name", 409, VerdictKind.PASS),
    ],
)
def test_a_server_that_does_not_refuse_as_documented(
    certified: Certify, name: str, status: int, kind: VerdictKind
) -> None:
    """A value in use that is served, or refused in another way, breaks this requirement and no other."""
    verdicts, _ = certified(ChosenNames(HONEST[name][0](), name, status))

    assert kind is verdicts[f"own/request/body/{name}/distinct"].kind
    consequences = ("own/response/any/no-server-error", "own/response/any/documented-status") if status == 500 else ()
    assert {f"own/request/body/{name}/distinct", *consequences} >= {
        name for name, word in not_passed(verdicts).items() if word is not VerdictKind.NOT_APPLICABLE
    }


def test_each_request_has_an_idempotency_key_of_its_own(certified: Certify) -> None:
    """Where the document has the header, every request carries a new key, but for the one that leaves it out."""
    document = chosen_names.threads()
    document["paths"]["/threads"]["post"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    ]
    server = ChosenNames(document, "thread_id")
    verdicts, exchanges = certified(server)

    assert {} == not_passed(verdicts)
    assert len(server.keys) == len({*server.keys})
    without = [e for e in exchanges if not any(name == "Idempotency-Key" for name, _ in e.sent.headers)]
    assert ["own/accepts/header/Idempotency-Key/absent"] == [e.requirement for e in without]


LEARNT = "A value of name that is in use is refused with status"


@pytest.mark.parametrize("status", [409, 400])
@pytest.mark.parametrize("jobs", [1, 6])
def test_what_the_document_does_not_say_is_learnt(certified: Certify, status: int, jobs: int) -> None:
    """A server that refuses a name in use is conformant in every run, though its document does not mention it."""
    server = ChosenNames(chosen_names.silent(), "name", status)
    runs = [certified(server, jobs=jobs) for _ in range(2)]
    words = [{name: verdict.kind for name, verdict in verdicts.items()} for verdicts, _ in runs]

    assert words[0] == words[1]
    assert {"own/accepts/body/name/blank": VerdictKind.NOT_APPLICABLE} == not_passed(runs[0][0])
    assert all(any("body/name" in e.repeated for e in exchanges) for _, exchanges in runs)


def test_numbers_of_items_are_learnt_too(certified: Certify) -> None:
    """A number in the items of a list must be new: each request has new ones, whatever form its body has."""
    server = ChosenNames(chosen_names.members(), "members/*/ref", 400)

    for _ in range(2):
        verdicts, exchanges = certified(server, jobs=2)
        assert ONE_FAULT == not_passed(verdicts)
        assert {"body/members/*/ref"} == {name for exchange in exchanges for name in exchange.repeated}


def test_the_catalogue_is_that_of_the_document(certified: Certify) -> None:
    """What is learnt adds no requirement, and a server that serves names twice teaches nothing."""
    strict, lenient = (ChosenNames(chosen_names.silent(), "name", status) for status in (409, 201))
    first, learning = certified(strict)
    second, others = certified(lenient)

    assert list(first) == list(second)
    assert {} == not_passed(second)
    assert not any(exchange.repeated for exchange in others)
    assert len(learning) <= len(others) * 1.1


def test_two_names_that_must_be_new(certified: Certify) -> None:
    """Where either of two repeated values is refused, both are learnt."""

    class Both(ChosenNames):
        topics: ClassVar[set[str]] = set()

        def create(self, headers: dict[str, str], value: dict[str, Any]) -> tuple[int, Any]:
            if value.get("topic") in self.topics or value["name"] in self.names:
                return 409, {"error": "in use"}
            self.topics.update({value["topic"]} if "topic" in value else ())
            return super().create(headers, value)

    document = chosen_names.silent()
    body = document["paths"]["/chats"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["properties"]["note"] = {"type": "string"}
    verdicts, exchanges = certified(Both(document, "name"))

    assert {VerdictKind.NOT_APPLICABLE} >= {*not_passed(verdicts).values()}
    assert {"body/name", "body/topic"} == {name for exchange in exchanges for name in exchange.repeated}


def test_a_server_that_refuses_valid_requests_for_another_reason_teaches_nothing(certified: Certify) -> None:
    """A limit that the document does not have, and refusals now and then, are breaches as ever."""

    class Short(ChosenNames):
        def create(self, headers: dict[str, str], value: dict[str, Any]) -> tuple[int, Any]:
            if len(value["name"]) > 50:
                return 400, {"error": "too long"}
            return super().create(headers, value)

    class Moody(ChosenNames):
        count = 0

        def create(self, headers: dict[str, str], value: dict[str, Any]) -> tuple[int, Any]:
            self.count += 1
            return (400, {"error": "not now"}) if self.count % 5 == 0 else super().create(headers, value)

    for make, broken in ((Short, "accepts/body/name/maxLength"), (Moody, "response/201/status")):
        verdicts, exchanges = certified(make(chosen_names.silent(), "name", 201))
        assert VerdictKind.FAIL is verdicts[f"own/{broken}"].kind
        assert not any(exchange.repeated for exchange in exchanges)


def test_a_report_says_what_was_learnt(tmp_path: Path, served: Callable[[ChosenNames], str], certify: Any) -> None:
    """The command line finds the server conformant, remarks on the document, and the report verifies."""
    document = chosen_names.silent()
    spec = tmp_path / "own.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    url = served(ChosenNames(document, "name"))
    run = certify("--spec", str(spec), "--name", "own", "--url", url, "--profile", "quick")

    assert [defect["problem"] for defect in run.report("own")["spec_defects"] if LEARNT in defect["problem"]]
    assert [] == run.with_word("own", "fail", "warn", "error")
    assert 0 == main(["verify", str(run.folder / "own")])


UNSEEN = {"own/response/200/error/type": VerdictKind.NOT_APPLICABLE}
"""The member of refusals, which no success has."""


def okay_server(**changes: Any) -> ChosenNames:
    """A server that refuses with 200, changed in some attributes."""
    server = chosen_names.Okay(chosen_names.okay(), "none")
    for name, value in changes.items():
        setattr(server, name, value)
    return server


def test_refusals_with_200_are_refusals(certified: Certify) -> None:
    """A server that answers ``ok: false`` where it refuses is conformant, where the document says so."""
    verdicts, exchanges = certified(okay_server())

    assert UNSEEN == not_passed(verdicts)
    assert sum(exchange.refused for exchange in exchanges) > 30
    assert "own/response/200/refusal/schema" in verdicts


def test_without_the_extension_they_are_successes(certified: Certify) -> None:
    """The same server breaks its requirements where nothing tells a refusal."""
    server = okay_server()
    del server.document["paths"]["/chats"]["post"]["responses"]["200"]["x-chatcert-refusal"]
    verdicts, _ = certified(server)

    assert VerdictKind.FAIL is verdicts["own/request/body/topic/required"].kind


def test_a_refusal_of_a_valid_request_is_a_breach(certified: Certify) -> None:
    """A valid request that is answered ``ok: false`` is refused."""

    class Picky(chosen_names.Okay):
        def create(self, headers: dict[str, str], value: dict[str, Any]) -> tuple[int, Any]:
            return (400, {}) if "private" in value else super().create(headers, value)

    verdicts, _ = certified(Picky(chosen_names.okay(), "none"))
    verdict = verdicts["own/accepts/body/private/present"]

    assert VerdictKind.FAIL is verdict.kind
    assert verdict.finding is not None
    assert "a refusal by its /ok" in verdict.finding.actual


def test_an_invalid_request_that_is_served_is_a_breach(certified: Certify) -> None:
    """``ok: true`` to an invalid request is a success."""
    verdicts, _ = certified(okay_server(says={"ok": True, "id": "1"}))

    assert VerdictKind.FAIL is verdicts["own/request/body/topic/required"].kind


@pytest.mark.parametrize("says", [{"ok": False}, {"ok": False, "error": 5}])
def test_the_form_of_a_refusal_with_200(certified: Certify, says: dict[str, Any]) -> None:
    """A refusal that does not have its documented form breaks that requirement alone."""
    verdicts, _ = certified(okay_server(says=says))

    assert {**UNSEEN, "own/response/200/refusal/schema": VerdictKind.FAIL} == not_passed(verdicts)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
def test_a_budget_that_ends_while_something_is_learnt(served: Callable[[ChosenNames], str], most: int) -> None:
    """Whatever was sent is recorded, and no requirement fails."""
    server = ChosenNames(chosen_names.silent(), "name")
    catalogue = derive(read_contract(server.document, vendor="own", where="own.yaml"))
    target = Target(served(server), {}, {}, limits=Limits(timeout=10.0, max_requests=most))
    run = Execution(catalogue, target, profile_named("quick"), seed=1)
    try:
        with suppress(ReachabilityError):
            run.preflight()
            run.run_all(catalogue.requirements.values())
    finally:
        run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)

    assert [*range(1, len(run.exchanges) + 1)] == sorted(exchange.number for exchange in run.exchanges)
    assert not [name for name, verdict in verdicts.items() if verdict.kind in (VerdictKind.FAIL, VerdictKind.ERROR)]
