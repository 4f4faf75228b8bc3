"""The catalogue: readable, stable ids, levels that follow from provenance, and the same kinds at every vendor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.requirements.authentication import JWT_FORMS
from chatcert.requirements.catalogue import FAMILIES, derive
from chatcert.requirements.check import Authenticates
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Cost, Kind, Level, Requirement
from chatcert.vendors import known_vendors, open_vendor

PROMISED = {
    "agencii": ["request/body/apiIntegrationId/required", "response/200/chatId/unique", "auth/Authorization/missing"],
    "openwebui": ["response/200/chat/equals", "response/200/created_at/clock", "response/200/archived/initial"],
    "polyai": ["auth/X-TOKEN/missing", "auth/X-API-KEY/wrong", "accepts/body-absent", "accepts/body/channel/enum/sms"],
    "sigmamind": [
        "request/body/agentId/maxLength",
        "request/body/input/minLength",
        "response/404/schema",
        "resource/agentId/unknown",
        "request/body/dynamicVariables/*/oneOf",
        "response/201/status",
    ],
}
EVERYWHERE = [
    "accepts/required-only",
    "accepts/all-fields",
    "request/body/type",
    "request/json/truncated",
    "request/content-type/text-plain",
    "response/any/no-server-error",
    "response/any/no-stack-trace",
    "robustness/payload",
    "robustness/headers",
    "protocol/method/GET",
]


def _catalogue(document: dict[str, Any]) -> dict[str, Requirement]:
    return dict(derive(read_contract(document, vendor="v", where="")).requirements)


@cache
def _published(vendor: str) -> list[Requirement]:
    return [*_catalogue(dict(open_vendor(vendor).document)).values()]


def test_ids_are_unique_and_readable(vendor: str, requirements: list[Requirement]) -> None:
    """Each id is a path of plain words that begins with the vendor, and no two are the same in any case."""
    ids = [requirement.id for requirement in requirements]

    assert len(ids) == len({name.lower() for name in ids})
    assert [] == [name for name in ids if not re.fullmatch(r"[a-z]+(/[A-Za-z0-9_.*~-]+){2,}", name)]
    assert all(name.startswith(f"{vendor}/") and len(name) < 100 for name in ids)


@pytest.mark.parametrize(("vendor", "path"), [(v, p) for v, paths in PROMISED.items() for p in paths + EVERYWHERE])
def test_promised_requirements_exist(vendor: str, path: str) -> None:
    """The ids that pages and examples quote exist."""
    assert f"{vendor}/{path}" in derive(open_vendor(vendor)).requirements


def test_every_clause_can_be_looked_up(contract: Contract, requirements: list[Requirement]) -> None:
    """Each clause is a sentence, with a place in the document, or the page, RFC or list that states it."""
    clauses = [requirement.clause for requirement in requirements]

    assert [] == [c.pointer for c in clauses if lookup(contract.document, tokens_of(c.pointer)) is MISSING]
    assert [] == [r.id for r in requirements if r.provenance is Provenance.SCHEMA and not r.clause.pointer]
    elsewhere = (Provenance.STATED, Provenance.HTTP, Provenance.SECURITY)
    assert [] == [r.id for r in requirements if r.provenance in elsewhere and not r.clause.source]
    assert [] == [c.text for c in clauses if not c.text.strip() or c.text.endswith(".")]


def test_levels_follow_from_provenance(requirements: list[Requirement]) -> None:
    """What the page says is binding, what we infer is not; credentials, others' data and crashes always are."""
    binding = {r.id for r in requirements if r.level is Level.MUST}
    stated = {r.id for r in requirements if r.provenance in (Provenance.SCHEMA, Provenance.STATED)}
    ours = {r.id for r in requirements if r.provenance in (Provenance.SECURITY, Provenance.INFERRED)}
    credentials = {r.id for r in requirements if r.kind is Kind.AUTHENTICATION}

    assert set() == stated - binding
    always = {r.path for r in requirements if r.id in (ours & binding) - credentials}
    assert {"response/any/no-credential"} == always - {"response/any/no-other-request"}
    tokens = {r.id for r in requirements if isinstance(r.check, Authenticates) and r.check.form in JWT_FORMS}
    assert {r.id for r in requirements if r.id in credentials and r.provenance is Provenance.INFERRED} == (
        credentials - binding - tokens
    )
    assert {r.id for r in requirements if r.path == "response/any/no-server-error"} <= binding


def test_deriving_is_repeatable(vendor: str, contract: Contract) -> None:
    """The same contract gives the same catalogue, in the same order, with the same digest."""
    first, second = derive(contract), derive(open_vendor(vendor))

    assert list(first.requirements.items()) == list(second.requirements.items())
    assert first.digest == second.digest


def test_digests_follow_the_catalogue() -> None:
    """No two vendors share a digest, and a changed limit changes it."""
    contract = open_vendor("sigmamind")
    place = ("components", "schemas", "CreateChatRequest", "properties", "input", "maxLength")
    tighter = read_contract(replaced(contract.document, place, 20479), vendor="sigmamind", where="")
    digests = [derive(open_vendor(vendor)).digest for vendor in known_vendors()] + [derive(tighter).digest]

    assert len(digests) == len(set(digests))


def _removable() -> list[tuple[str, str, str]]:
    """Every property of every vendor that no link or relation refers to."""
    return [
        (vendor, schema, name)
        for vendor in known_vendors()
        for schema, value in open_vendor(vendor).document["components"]["schemas"].items()
        for name in value.get("properties", {})
        if name not in value.get("required", ()) and (vendor, name) != ("sigmamind", "previousChatId")
    ]


WITH_ROOM = ("/other-fields", "/key-order", "/later-entry")
"""The ends of ids of circumstances that a body may have no room for once a property is gone."""


@pytest.mark.parametrize(("vendor", "schema", "name"), _removable())
def test_an_edit_elsewhere_leaves_ids_alone(vendor: str, schema: str, name: str) -> None:
    """Without a property, only requirements that name it are gone, and the others keep id, level and clause."""
    place = ("components", "schemas", schema, "properties", name)
    before = _published(vendor)
    after = _catalogue(replaced(open_vendor(vendor).document, place, MISSING))
    expected = {
        requirement.path: (requirement.level, requirement.clause.pointer)
        for requirement in before
        if name not in re.split("[/]", requirement.path)
        and not requirement.path.endswith(
            ("/absent", "/informative", "/no-other-request", "/no-other-chat", "/names-field", *WITH_ROOM)
        )
        # the only thing that has to exist there
        and (requirement.path, name)
        not in (("auth/other-account", "folder_id"), ("state/after-unknown-name", "folder_id"))
    }

    found = {r.path: (r.level, r.clause.pointer) for r in after.values()}
    assert expected == {path: found.get(path) for path in expected}
    assert set(found) <= {requirement.path for requirement in before}


def test_an_operation_beside_it_changes_nothing(flawless: dict[str, Any]) -> None:
    """Other paths and unused schemas of the document leave the catalogue as it is."""
    before = _catalogue(flawless)
    flawless["paths"]["/chats/{id}"] = {"get": {"operationId": "getChat", "responses": {"200": {"description": "d"}}}}
    flawless["components"]["schemas"]["Unused"] = {"type": "string"}

    assert before == _catalogue(flawless)


def test_one_last_segment_is_one_kind_of_check_at_every_vendor() -> None:
    """``request/…/maxLength`` is a refusal wherever it occurs, so that several reports fit one table."""
    kinds: dict[tuple[str, str], set[tuple[Kind, type]]] = defaultdict(set)
    for vendor in known_vendors():
        for requirement in derive(open_vendor(vendor)).requirements.values():
            segments = requirement.path.split("/")
            if not {"enum", "type", "example", "link"}.intersection(segments[:-1]):  # the last segment is a value there
                group = (
                    segments[0] if segments[0] != "response" else "response" + ("2" if segments[1][0] == "2" else "")
                )
                kinds[group, segments[-1]].add((requirement.kind, type(requirement.check)))
    mixed = {key: found for key, found in kinds.items() if len({check for _, check in found}) > 1}

    assert {} == mixed
    assert {(Kind.REFUSAL,)} == {
        tuple(kind for kind, _ in kinds["request", word]) for word in ("maxLength", "required", "null")
    }


def test_vendors_with_the_same_rule_have_the_same_id(changed: Callable[..., dict[str, Any]]) -> None:
    """A vendor's name is the first segment of an id and nowhere else."""
    document = changed({})
    one, two = (derive(read_contract(document, vendor=name, where="")) for name in ("one", "two"))

    assert [name.removeprefix("one/") for name in one.requirements] == [
        name.removeprefix("two/") for name in two.requirements
    ]


def test_each_family_derives_its_own_kind_alone(contract: Contract) -> None:
    """The module of a family derives requirements of its kind, so that every room finds them under one name."""
    strangers = {
        requirement.id: requirement.kind
        for kind, derive_family in FAMILIES.items()
        for requirement in derive_family(Draft(contract))
        if requirement.kind is not kind
    }

    assert {} == strangers
    assert set(Kind) == set(FAMILIES)


def test_what_is_intrusive_says_so(requirements: list[Requirement]) -> None:
    """Hostile values, malformed payloads and other methods are marked; a wrong value of one field is not."""
    marked = {r.path.rsplit("/", 1)[0] if r.path.count("/") > 1 else r.path for r in requirements if r.intrusive}
    ordinary = {r.path for r in requirements if not r.intrusive}

    assert {"request/json", "request/content-type", "protocol/method", "robustness/payload"} <= marked
    assert {"accepts/required-only", "request/body/type", "response/any/no-server-error"} <= ordinary
    assert [] == [r.path for r in requirements if r.intrusive and r.path.startswith("accepts/")]
    logins = {r.path for r in requirements if not r.intrusive and r.path.startswith("auth/")}
    assert {"missing", "wrong"} == {path.rpartition("/")[2] for path in logins}


def test_what_is_judged_on_the_whole_run_says_so(requirements: list[Requirement]) -> None:
    """Rules on answers and on framing, and what HTTP asks of headers, are judged on all requests; no other is."""
    run_wide = {r.path for r in requirements if r.run_wide and r.kind is not Kind.FRAMING}
    on_headers = {"protocol/allow", "protocol/www-authenticate"}

    rules = {r.path for r in requirements if r.path.startswith("response/")} - {"response/any/two-faults"}
    assert rules | on_headers | {"state/every-time"} == run_wide


def test_what_many_requests_are_sent_for_costs_as_much(requirements: list[Requirement]) -> None:
    """Generated bodies, examples and hostile values are counted; what is judged on other requests costs nothing."""
    costs = {r.path: r.cost for r in requirements}

    assert Cost(7, examples=True) == costs["request/body/type"]
    assert Cost(12) == costs["robustness/payload"]
    assert Cost(1) == costs["accepts/required-only"]
    assert Cost(0) == costs["response/any/no-server-error"]
    status = next(r for r in requirements if re.fullmatch(r"response/2../status", r.path))
    assert Cost(valid_bodies=True) == status.cost


def test_a_report_lists_the_parts_one_after_the_other(requirements: list[Requirement]) -> None:
    """Requests come first, then credentials, resources, hostile input, framing and methods, and last answers."""
    parts = [requirement.path.partition("/")[0] for requirement in requirements]
    order = ("accepts", "request", "auth", "resource", "robustness", "framing", "state", "protocol", "response")

    assert parts == sorted(parts, key=order.index)


def test_alternatives_of_security_are_enough_each() -> None:
    """By `security` one credential is enough: a wrong one beside it is a should, nothing but wrong ones a must."""
    requirements = derive(open_vendor("polyai")).requirements.values()
    alone = [r for r in requirements if r.path.startswith(("auth/X-API-KEY/", "auth/X-TOKEN/"))]
    together = {r.path: r.level for r in requirements if r.path.startswith("auth/all/")}
    (defect,) = (d for d in open_vendor("polyai").defects if d.pointer.endswith("/security"))

    assert 36 == len(alone)
    assert {(Level.SHOULD, Provenance.INFERRED, defect.pointer)} == {
        (r.level, r.provenance, r.clause.pointer) for r in alone
    }
    assert all(defect.problem in r.clause.source for r in alone)
    assert {Level.MUST} == set(together.values())
    assert {f"auth/all/{form}" for form in ("missing", "wrong", "prefix", "other-header", "swapped")} <= set(together)


@pytest.mark.parametrize(
    ("security", "required", "levels"),
    [
        ([{"A": [], "B": []}], True, {"must"}),
        ([{"A": []}, {"B": []}], True, {"should"}),
        ([{"A": []}, {"A": [], "B": []}], True, {"must", "should"}),
        ([{"A": []}, {"B": []}], False, {"must"}),
    ],
)
def test_credentials_that_are_needed_together(security: list[Any], required: bool, levels: set[str]) -> None:
    """A credential that every alternative has, or the only one that is sent, stays a must."""
    parameters = [{"name": n, "in": "header", "required": required, "schema": {"type": "string"}} for n in ("A", "B")]
    schemes = {n: {"type": "apiKey", "in": "header", "name": n} for n in ("A", "B")}
    document = {
        "openapi": "3.0.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/chats": {
                "post": {"security": security, "parameters": parameters, "responses": {"200": {"description": ""}}}
            }
        },
        "components": {"securitySchemes": schemes},
    }

    found = _catalogue(document).values()

    assert levels == {r.level for r in found if r.path.startswith(("auth/A/", "auth/B/"))}
