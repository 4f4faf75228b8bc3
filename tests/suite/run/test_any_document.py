"""Documents of every shape that vendors publish: nothing breaks, the mock keeps to them, and its faults are found."""

from __future__ import annotations

import hashlib
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.plan import TOO_MANY
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES, profile_named
from chatcert.cli.main import main
from chatcert.exceptions import ReachabilityError
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import Fault, faults_of
from chatcert.mock.server import create_app, environment
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.check import Answers, Method
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_spec

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[1] / "documents"
DOCUMENTS = (
    "classic.yaml",
    "contacts.yaml",
    "courier.yaml",
    "dialog.yaml",
    "either.yaml",
    "exchange.yaml",
    "helpdesk.json",
    "languages.yaml",
    "muddle.yaml",
    "pictures.yaml",
    "relay.yaml",
    "sketch.yaml",
    "slugs.yaml",
    "split/openapi.yaml",
    "streams.yaml",
    "strict.yaml",
    "token.yaml",
    "tracked.yaml",
    "upload.yaml",
    "words.yaml",
)
HIDDEN = {"strict-rooms/fault/request/body/labels/*/type"}
"""A label of another type is also no `main`, which `contains` asks for: the one is never wrong without the other."""
SAMPLE = 10
"""Faults of each document that are met: the same ones every time, whatever is added elsewhere."""
FEW = 6
"""Requirements of each kind whose requests a fault in answers is met with first."""
REQUESTS = 300
"""Requests of the profile that a document of a megabyte is tested with."""


@dataclass
class Vendor:
    """What the servers of one document share: secrets, names of existing things, and so the plan."""

    document: str
    catalogue: Catalogue = field(init=False)
    backend: Backend = field(init=False)
    planners: dict[str, Planner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalogue = derive(open_spec(FOLDER / self.document))
        self.backend = Backend.of(self.catalogue.contract)

    def certified(
        self, board: Any, profile: str, requirements: list[Requirement], faults: tuple[Fault, ...] = ()
    ) -> dict[str, list[str]]:
        """The requirements by verdict after a run."""
        contract = self.catalogue.contract
        board.app = create_app([contract], faults=[one.id for one in faults], backends={contract.vendor: self.backend})
        settings = from_environment(contract, environment(contract, self.backend))
        target = Target(f"{board.address_of(*faults)}/{contract.vendor}", *settings, limits=Limits(timeout=5.0))
        plans = self.planners.get(profile)
        jobs = 1 if faults else 4  # one thread takes less of the processor's time, and shows a fault as well
        run = Execution(self.catalogue, target, profile_named(profile), seed=1, jobs=jobs, plans=plans)
        self.planners[profile] = run.planner
        try:
            run.preflight()
            run.run_all(requirements)
        finally:
            run.close()
        verdicts = judge_all(self.catalogue, run.exchanges, run.reasons, run.unfinished).values()
        return {word.value: [v.requirement for v in verdicts if v.kind is word] for word in VerdictKind}

    def concerned(self, fault: Fault, *, few: bool = False) -> list[Requirement]:
        """The requirements whose cases can show a fault.

        Args:
            few: of those that only bring answers about, some of each kind, which are mostly enough.
        """
        if fault.intermittent:
            return list(self.catalogue.requirements.values())
        found = [self.catalogue.requirements[name] for name in fault.breaks]
        if any(isinstance(requirement.check, Answers | Method) for requirement in found):
            every = self.catalogue.requirements.values()
            found += [r for r in every if isinstance(r.check, Method)]
            for kind in (Kind.ACCEPTANCE, Kind.REFUSAL, Kind.AUTHENTICATION, Kind.RESOURCE):
                found += [r for r in every if r.kind is kind][: FEW if few else None]
        return list({requirement.id: requirement for requirement in found}.values())


@cache
def vendor_of(document: str) -> Vendor:
    return Vendor(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_mock_keeps_to_it(switchboard: Any, document: str) -> None:
    """Nothing is broken, doubtful, left out or beyond us, and most of what is asked for can be judged."""
    vendor = vendor_of(document)
    words = vendor.certified(switchboard, "standard", list(vendor.catalogue.requirements.values()))

    assert {} == {word: words[word] for word in ("fail", "error", "inconclusive", "not-run", "warn") if words[word]}
    assert len(words["pass"]) > 3 * len(words["not-applicable"])


def sampled(document: str) -> list[Fault]:
    """Some faults of one document, each of whose requirements has a case."""
    vendor = vendor_of(document)
    faults = faults_of(vendor.catalogue.contract)
    return sorted(faults, key=lambda fault: hashlib.sha256(fault.id.encode()).hexdigest())[:SAMPLE]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_faults_are_found(switchboard: Any, document: str) -> None:
    """The requirement that a fault is made for breaks, unless nothing can be sent that shows it.

    It is met with few requests, and where these miss it with all that can show it. A fault of one
    in ten answers takes a profile that promises to meet such: `quick` may send too few requests.
    """
    vendor = vendor_of(document)
    missed: list[str] = []
    for fault in sampled(document):
        if fault.id in HIDDEN:
            continue
        profile = "standard" if fault.intermittent else "quick"
        words = vendor.certified(switchboard, profile, vendor.concerned(fault, few=True), (fault,))
        if fault.breaks[0] not in [*words["fail"], *words["warn"]]:
            assert [] == words["error"]
            words = vendor.certified(switchboard, profile, vendor.concerned(fault), (fault,))
        seen = fault.breaks[0] in [*words["fail"], *words["warn"]]
        unplannable = fault.breaks[0] in words["not-applicable"]
        missed += [] if seen or unplannable else [fault.id]
        assert [] == words["error"]

    assert [] == missed


def test_media_types_that_are_not_validated_are_found(switchboard: Any) -> None:
    """A server that does not validate one media type, or all but the first, breaks the requirement on each of them."""
    vendor = vendor_of("languages.yaml")
    faults = [fault for fault in faults_of(vendor.catalogue.contract) if "/fault/request/media-type/" in fault.id]

    assert 5 == len(faults)
    for fault in faults:
        words = vendor.certified(switchboard, "quick", vendor.concerned(fault), (fault,))
        assert {*fault.breaks} == {*words["fail"]}


def test_alternatives_of_a_further_media_type_are_told_apart(switchboard: Any) -> None:
    """A server that refuses one of them, or does not validate it, breaks the requirement on this one."""
    vendor = vendor_of("contacts.yaml")
    found = faults_of(vendor.catalogue.contract)
    faults = [f for f in found if "/media-type/" in f.id and ("oneOf" in f.id or "anyOf" in f.id)]

    assert 8 == len(faults)
    for fault in faults:
        words = vendor.certified(switchboard, "quick", vendor.concerned(fault), (fault,))
        assert {*fault.breaks} == {*words["fail"]}


def test_media_types_of_parts_that_are_refused_are_found(switchboard: Any) -> None:
    """A server that refuses one of the media types of a part breaks the requirement on this one."""
    vendor = vendor_of("pictures.yaml")
    faults = [fault for fault in faults_of(vendor.catalogue.contract) if "/media-type/" in fault.id]

    assert 5 == len(faults)
    for fault in faults:
        words = vendor.certified(switchboard, "quick", vendor.concerned(fault), (fault,))
        assert {*fault.breaks} == {*words["fail"]}


def test_a_success_that_never_arrives_whole_is_found_without_credentials(switchboard: Any) -> None:
    """The server is there: it refuses what is not JSON; so what it does to valid requests is its own doing."""
    vendor = vendor_of("either.yaml")
    fault = next(fault for fault in faults_of(vendor.catalogue.contract) if "/framing" in fault.id)

    words = vendor.certified(switchboard, "quick", vendor.concerned(fault), (fault,))

    assert fault.breaks[0] in words["fail"]


def test_no_malformed_request_finds_out_whether_a_production_server_is_there(switchboard: Any) -> None:
    """Where such requests are to stay off, a server that answers no valid request whole is not reachable."""
    vendor = vendor_of("either.yaml")
    contract = vendor.catalogue.contract
    fault = next(fault for fault in faults_of(contract) if "/framing" in fault.id)
    switchboard.app = create_app([contract], faults=(fault.id,), backends={contract.vendor: vendor.backend})
    target = Target(f"{switchboard.address}/{contract.vendor}", {}, limits=Limits(timeout=5.0), safe_only=True)
    run = Execution(vendor.catalogue, target, profile_named("quick"), seed=1)

    with pytest.raises(ReachabilityError):
        run.preflight()
    run.close()

    assert {"POST"} == {exchange.sent.method for exchange in run.exchanges}
    assert all(isinstance(json.loads(exchange.sent.body or b""), dict) for exchange in run.exchanges)


def large(count: int = 150) -> dict[str, Any]:
    """A document of about a megabyte, whose schemas all lead into each other."""
    names = [f"Model{number}" for number in range(count)]
    schemas = {
        name: {
            "type": "object",
            "description": "What it is. " * 450,
            "required": ["id"],
            "properties": {
                "id": {"type": "string", "description": "How it is called, from when it was made until it is gone."},
                "kind": {"type": "string", "enum": [f"kind {n}" for n in range(number % 7 + 2)]},
                "next": {"$ref": f"#/components/schemas/{names[(number * 7 + 1) % count]}"},
                "many": {"type": "array", "items": {"$ref": f"#/components/schemas/{names[(number * 3 + 2) % count]}"}},
                "either": {
                    "anyOf": [{"$ref": f"#/components/schemas/{names[(number + n) % count]}"} for n in range(6)]
                },
            },
        }
        for number, name in enumerate(names)
    }
    paths = {f"/things/{number}": {"post": {"responses": {"200": {"description": "d"}}}} for number in range(300)}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Model5"}}}
    paths["/conversations"] = {
        "post": {
            "requestBody": {"required": True, "content": content},
            "responses": {"200": {"description": "d", "content": content}, "400": {"description": "d"}},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def test_a_document_of_a_megabyte(tmp_path: Path, certify: Callable[..., Any], environment: Any) -> None:
    """It is read, its operation is picked and named, and the mock keeps to it, all within limits of time and memory.

    A profile with few requests leaves out most of its fields: these alone are not run, and left to a larger profile.
    """
    environment.setitem(PROFILES, "quick", replace(PROFILES["quick"], requests=REQUESTS))
    path = tmp_path / "large.json"
    path.write_text(json.dumps(large()), encoding="utf-8")
    began, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    run = certify("--spec", path)
    report = run.report("large")
    rows = report["requirements"]

    assert path.stat().st_size > 900_000
    assert "large: POST /conversations" in run.text
    assert 0 == run.status, run.text
    assert {"pass", "not-applicable", "not-run"} == {row["verdict"] for row in rows}
    assert {TOO_MANY} == {row["reason"] for row in rows if row["verdict"] == "not-run"}
    assert 100 < sum(row["verdict"] == "pass" for row in rows)
    assert time.process_time() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 500_000  # kilobytes


def test_a_body_that_cannot_be(certify: Callable[..., Any]) -> None:
    """Where no valid request can exist, that is proven for each requirement and nothing is concluded."""
    run = certify("--spec", FOLDER / "impossible.yaml")
    rows = run.report("impossible")["requirements"]

    assert 75 == run.status
    assert set() == {row["verdict"] for row in rows} & {"fail", "warn", "error"}
    assert any("cannot exist: id: minLength 3 is above maxLength 1" == row["reason"] for row in rows)
    assert any("hold itself without end" in defect["problem"] for defect in run.report("impossible")["spec_defects"])


def small(properties: dict[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """A document of one operation, whose body has a topic and these properties."""
    schema = {"type": "object", "properties": {"topic": {"type": "string"}, **properties}, "required": list(required)}
    chat = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "201": {"description": "d", "content": {"application/json": {"schema": chat}}},
            "400": {"description": "d"},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {"/conversations": {"post": operation}},
    }


SIZES = {
    "minProperties": {"type": "object", "minProperties": 1_000_000_000},
    "minItems": {"type": "array", "minItems": 1_000_000_000, "items": {"type": "string"}},
    "minLength": {"type": "string", "minLength": 1_000_000_000},
}


@pytest.mark.parametrize("required", [[], ["huge"]], ids=["optional", "required"])
@pytest.mark.parametrize("keyword", [*SIZES])
def test_a_limit_of_a_thousand_million(
    keyword: str, required: list[str], tmp_path: Path, certify: Callable[..., Any]
) -> None:
    """No value of such a size is made: what cannot be tested is not applicable, and the run takes seconds."""
    path = tmp_path / "huge.json"
    path.write_text(json.dumps(small({"huge": SIZES[keyword]}, required)), encoding="utf-8")
    began = time.process_time()

    run = certify("--spec", path, "--profile", "standard")

    assert (75 if required else 0) == run.status, run.text
    assert [] == run.with_word("small", "error", "fail")
    assert time.process_time() - began < 20


def test_a_title_of_five_thousand_characters(tmp_path: Path, certify: Callable[..., Any]) -> None:
    """The vendor's name is its beginning; a name that is given must not be too long."""
    document = small({}) | {"info": {"title": "A very long title " * 300, "version": "1"}}
    path = tmp_path / "title.json"
    path.write_text(json.dumps(document), encoding="utf-8")

    run = certify("--spec", path)
    named = certify("--spec", path, "--name", "n" * 65)

    assert 0 == run.status, run.text
    assert ["a-very-long-title-a-very-long-title-a-very-long-title-a-very-lon"] == [
        folder.name for folder in run.folder.iterdir() if folder.is_dir()
    ]
    assert 2 == named.status
    assert "is longer than 64 characters" in named.text


@pytest.mark.parametrize("command", [("requirements",), ("faults",), ("certify", "--plan", "--profile", "quick")])
@pytest.mark.parametrize("document", [*DOCUMENTS, "impossible.yaml"])
def test_every_command_takes_it(
    document: str, command: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str], environment: Any
) -> None:
    """Nothing breaks, and the operation that was picked is named."""
    place = ["--report-dir", str(tmp_path)] if command[0] == "certify" else []
    status = main([*command, "--spec", str(FOLDER / document), "--name", "acme", *place])

    assert 0 == status
    assert "acme: POST /" in capfd.readouterr().out
