"""Each media type of a document is validated: an honest server passes, one that looks at the first alone fails."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import media_server as peer
import pytest

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow


TURNS = {"type": "integer", "minimum": 1, "maximum": 50}
CHAT = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": {"type": "string", "minLength": 1, "maxLength": 12}, "turns": TURNS},
}
NOTE = {"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "maxLength": 30}}}
SCHEMAS = {
    peer.JSON: CHAT,
    peer.VENDOR: CHAT,
    peer.FORM: CHAT,
    peer.MULTIPART: NOTE,
    peer.TEXT: {"type": "string", "minLength": 1, "maxLength": 5},
}
OTHERS = [*SCHEMAS][1:]


def contract() -> Contract:
    """One operation that takes a chat in five media types."""
    identity = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    operation = {
        "requestBody": {"required": True, "content": {name: {"schema": schema} for name, schema in SCHEMAS.items()}},
        "responses": {
            "201": {"description": "made", "content": {"application/json": {"schema": identity}}},
            "400": {"description": "bad"},
            "415": {"description": "of another media type"},
        },
    }
    info = {"title": "a", "version": "1"}
    spec = {"openapi": "3.1.0", "info": info, "paths": {"/chats": {"post": operation}}}
    return read_contract(spec, vendor="a", where="a.yaml")


def unsatisfied(server: AbstractContextManager[str]) -> dict[str, str]:
    """The verdicts of a run that are neither a pass nor not applicable, folded, by requirement."""
    catalogue = derive(contract())
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


def blind_to(*media_types: str) -> Mapping[str, Any]:
    """What a server checks that takes any body of some media types."""
    return {name: {} if name in media_types else schema for name, schema in SCHEMAS.items()}


def test_an_honest_server_passes() -> None:
    """It checks each media type by its own schema."""
    assert {} == unsatisfied(peer.media_server(SCHEMAS))


@pytest.mark.parametrize("media_type", OTHERS)
def test_a_media_type_that_is_not_validated_is_the_one_finding(media_type: str) -> None:
    """Whatever is refused in the others, this one takes anything."""
    assert {f"request/media-type/{media_type}": "fail"} == unsatisfied(peer.media_server(blind_to(media_type)))


def test_a_server_that_validates_the_first_media_type_alone_is_one_finding() -> None:
    """The other media types follow from the first of them."""
    found = unsatisfied(peer.media_server(blind_to(*OTHERS)))

    assert [f"request/media-type/{OTHERS[0]}"] == [name for name, word in found.items() if word == "fail"]


def test_a_limit_that_no_media_type_keeps_is_the_finding_on_the_limit() -> None:
    """The same fault in another media type is no finding of its own."""
    loose = {**CHAT, "properties": {"topic": {"type": "string", "minLength": 1}, "turns": TURNS}}
    found = unsatisfied(peer.media_server({name: loose if s is CHAT else s for name, s in SCHEMAS.items()}))

    assert ["request/body/topic/maxLength"] == [name for name, word in found.items() if word == "fail"]


def test_a_media_type_that_is_refused_as_such_is_the_finding_on_its_acceptance() -> None:
    """What it would refuse is then unknown."""
    found = unsatisfied(peer.media_server({name: schema for name, schema in SCHEMAS.items() if name != peer.FORM}))

    assert "fail" == found.pop(f"accepts/media-type/{peer.FORM}")
    assert {f"request/media-type/{peer.FORM}": "inconclusive"} == found


def test_a_form_whose_values_are_texts_is_read_as_well() -> None:
    """A server that has no numbers in its forms is not blamed for those that are texts to it."""
    texts = {
        **CHAT,
        "properties": {"topic": CHAT["properties"]["topic"], "turns": {"pattern": "^([1-9]|[1-4][0-9]|50)$"}},
    }
    readers = {**peer.READERS, peer.FORM: peer.as_texts, peer.MULTIPART: peer.as_texts}

    assert {} == unsatisfied(peer.media_server({**SCHEMAS, peer.FORM: texts}, readers))
