"""Alternatives in a further media type: each is accepted and refused there, and what is wrong with one names it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import media_server as peer
import pytest

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

TOPIC = {"type": "string", "minLength": 1, "maxLength": 12}
CHAT = {"type": "object", "required": ["topic"], "properties": {"topic": TOPIC}}


def branch(kind: str, field: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """One alternative, which its kind and a field of its own tell from others."""
    return {
        "title": kind,
        "type": "object",
        "required": ["kind", field],
        "properties": {"kind": {"const": kind}, field: rule},
    }


MAIL, PHONE = branch("mail", "box", {"type": "string", "maxLength": 9}), branch("phone", "number", {"pattern": "^a+$"})
UNION = {"type": "object", "oneOf": [MAIL, PHONE]}
PHONE["properties"]["number"]["type"] = "string"
INNER = {"type": "object", "required": ["to"], "properties": {"to": UNION}}
TAKEN = [peer.FORM, peer.MULTIPART, peer.VENDOR]


def unsatisfied(schemas: Mapping[str, Any], server: AbstractContextManager[str]) -> dict[str, str]:
    """The verdicts of a run that are neither a pass nor not applicable, folded, by requirement."""
    identity = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    operation = {
        "operationId": "createChat",
        "requestBody": {"required": True, "content": {name: {"schema": schema} for name, schema in schemas.items()}},
        "responses": {
            "201": {"description": "made", "content": {"application/json": {"schema": identity}}},
            "400": {"description": "bad"},
            "415": {"description": "of another media type"},
        },
    }
    info = {"title": "a", "version": "1"}
    spec = {"openapi": "3.1.0", "info": info, "paths": {"/chats": {"post": operation}}}
    catalogue = derive(read_contract(spec, vendor="a", where="a.yaml"))
    with server as address:
        run = Execution(catalogue, Target(address, {}, limits=Limits(timeout=10.0)), profile_named("quick"), seed=1)
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    found = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    verdicts = fold_all(catalogue, run.exchanges, found).values()
    good = (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)
    return {one.requirement.removeprefix("a/"): one.kind.value for one in verdicts if one.kind not in good}


def failing(documented: Mapping[str, Any], honoured: Mapping[str, Any]) -> list[str]:
    """The requirements that fail on a server that honours other schemas than those of its document."""
    found = unsatisfied(documented, peer.media_server(honoured))
    return [name for name, word in found.items() if word == "fail"]


@pytest.mark.parametrize("media_type", TAKEN)
def test_an_honest_server_passes(media_type: str) -> None:
    """It takes each alternative by its own rules."""
    schemas = {peer.JSON: CHAT, media_type: UNION}

    assert {} == unsatisfied(schemas, peer.media_server(schemas))


@pytest.mark.parametrize("media_type", TAKEN)
@pytest.mark.parametrize(("kind", "other"), [("mail", PHONE), ("phone", MAIL)])
def test_an_alternative_that_is_refused_is_the_one_finding(media_type: str, kind: str, other: dict[str, Any]) -> None:
    """It may be the one that the smallest body of this media type is."""
    schemas = {peer.JSON: CHAT, media_type: UNION}

    assert [f"accepts/media-type/{media_type}/oneOf/{kind}"] == failing(schemas, {**schemas, media_type: other})


@pytest.mark.parametrize("media_type", TAKEN)
@pytest.mark.parametrize(("kind", "field", "other"), [("mail", "box", PHONE), ("phone", "number", MAIL)])
def test_an_alternative_that_is_not_validated_is_the_one_finding(
    media_type: str, kind: str, field: str, other: dict[str, Any]
) -> None:
    """Whatever is refused in the other one, this one takes anything under its name."""
    schemas = {peer.JSON: CHAT, media_type: UNION}
    loose = {"type": "object", "oneOf": [{"required": ["kind"], "properties": {"kind": {"const": kind}}}, other]}

    assert [f"request/media-type/{media_type}/oneOf/{kind}"] == failing(schemas, {**schemas, media_type: loose})


def test_alternatives_of_a_field_are_tested_too() -> None:
    """They are inside the body of the further media type, which is JSON as well."""
    schemas = {peer.JSON: CHAT, peer.VENDOR: INNER}
    loose = {"type": "object", "oneOf": [MAIL, {"required": ["kind"], "properties": {"kind": {"const": "phone"}}}]}
    to_loose = {**INNER, "properties": {"to": loose}}
    to_mail = {**INNER, "properties": {"to": MAIL}}

    assert {} == unsatisfied(schemas, peer.media_server(schemas))
    assert [f"request/media-type/{peer.VENDOR}/to/oneOf/phone"] == failing(schemas, {**schemas, peer.VENDOR: to_loose})
    assert [f"accepts/media-type/{peer.VENDOR}/to/oneOf/phone"] == failing(schemas, {**schemas, peer.VENDOR: to_mail})


def test_an_alternative_that_is_refused_in_each_media_type_is_one_finding() -> None:
    """That of the media type in which all other requests are sent."""
    schemas = {peer.JSON: UNION, peer.FORM: UNION}

    assert {} == unsatisfied(schemas, peer.media_server(schemas))
    assert ["accepts/body/oneOf/phone"] == failing(schemas, {peer.JSON: MAIL, peer.FORM: MAIL})


def test_a_media_type_that_is_refused_as_such_is_one_finding() -> None:
    """What its alternatives are worth is then unknown."""
    schemas = {peer.JSON: CHAT, peer.FORM: UNION}

    assert [f"accepts/media-type/{peer.FORM}"] == failing(schemas, {peer.JSON: CHAT})
