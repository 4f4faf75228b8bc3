"""A part of a form may have several media types: each of them is tested, and the one that is refused is named."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from part_server import part_server

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

FILE = {"type": "string", "format": "binary"}
PICTURES = ("image/png", "image/jpeg")
SCHEMA = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string", "maxLength": 20}, "avatar": FILE},
}
NEEDED = {**SCHEMA, "required": ["title", "avatar"]}


def verdicts(
    server: AbstractContextManager[str],
    content_type: str = "image/png, image/jpeg",
    schema: Mapping[str, Any] = SCHEMA,
    first: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """The verdicts of a run but passes and what is not applicable, folded, and those on media types of parts."""
    identity = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    form = {"multipart/form-data": {"schema": schema, "encoding": {"avatar": {"contentType": content_type}}}}
    operation = {
        "operationId": "createChat",
        "requestBody": {"required": True, "content": {**(first or {}), **form}},
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
    good = (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)
    return {
        one.requirement.removeprefix("a/"): one.kind.value
        for one in fold_all(catalogue, run.exchanges, found).values()
        if one.kind not in good or "/avatar/media-type/" in one.requirement
    }


def shown(*media_types: str, **others: str) -> dict[str, str]:
    """The verdicts on the media types of the part: a pass but where another word is said."""
    return {
        f"accepts/body/avatar/media-type/{name}": others.get(name.partition("/")[2], "pass") for name in media_types
    }


@pytest.mark.parametrize("schema", [SCHEMA, NEEDED])
def test_a_server_that_takes_each_media_type_passes(schema: dict[str, Any]) -> None:
    """It looks at the bytes too, so that files are sent that begin as such files do."""
    server = part_server({"avatar": PICTURES}, schema["required"])

    assert shown(*PICTURES) == verdicts(server, schema=schema)


@pytest.mark.parametrize("schema", [SCHEMA, NEEDED])
@pytest.mark.parametrize("refused", PICTURES)
def test_the_media_type_that_is_refused_is_the_one_finding(schema: dict[str, Any], refused: str) -> None:
    """It may be the first one, which all other requests with this part have."""
    served = tuple(name for name in PICTURES if name != refused)
    found = verdicts(part_server({"avatar": served}, schema["required"]), schema=schema)

    assert [f"accepts/body/avatar/media-type/{refused}"] == [name for name, word in found.items() if word == "fail"]


def test_a_range_is_tested_with_one_of_its_members() -> None:
    """A member that the list does not name already."""
    served = ("application/pdf", "image/png", "image/gif", "image/jpeg")
    stated = "application/pdf, image/png, image/*"
    names = ("application/pdf", "image/png", "image/*")

    assert shown(*names) == verdicts(part_server({"avatar": served}), stated)
    found = verdicts(part_server({"avatar": served[:2]}), stated)
    assert shown(*names, **{"*": "fail"}) == found


def test_a_range_alone_is_sent_as_one_of_its_members() -> None:
    """There is nothing beside it that could be told apart, so that the part itself is what is accepted or not."""
    assert {} == verdicts(part_server({"avatar": ("image/png",)}), "image/*")
    found = verdicts(part_server({"avatar": ("text/plain",)}), "image/*")

    assert ["accepts/body/avatar/present"] == [name for name, word in found.items() if word == "fail"]


def test_a_media_type_of_which_there_is_no_file_is_named() -> None:
    """Nobody is blamed for refusing what is no such file."""
    found = verdicts(part_server({"avatar": ("image/png", "model/obj")}), "image/png, model/obj")

    assert shown("image/png", "model/obj", obj="not-applicable") == found


def test_the_parts_of_a_further_media_type_are_tested() -> None:
    """The form stands beside JSON, in which all other requests are sent."""
    import media_server

    def parts_of(*taken: str) -> Any:
        def read(raw: bytes, content_type: str) -> Any:
            avatar = raw.partition(b'name="avatar"')[2]
            title = raw.partition(b'name="title"')[2].partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0].decode()
            is_taken = not avatar or any(f"Content-Type: {name}\r\n".encode() in avatar for name in taken)
            return {"title": title} if is_taken and b'name="title"' in raw else {}

        return {**media_server.READERS, media_server.MULTIPART: read}

    rule = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "maxLength": 20}}}
    first = {"application/json": {"schema": rule}}
    rules = {media_server.JSON: rule, media_server.MULTIPART: rule}
    names = [f"accepts/media-type/multipart/form-data/avatar/media-type/{one}" for one in PICTURES]
    served = verdicts(media_server.media_server(rules, parts_of(*PICTURES)), first=first)
    found = verdicts(media_server.media_server(rules, parts_of("image/png")), first=first)

    assert dict.fromkeys(names, "pass") == served
    assert {names[0]: "pass", names[1]: "fail"} == found
