"""PolyAI's page with Litestar: msgspec structs, a guard for the credentials, a handler for the error's form."""

from __future__ import annotations

import os
import secrets
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException, ValidationException
from litestar.handlers import BaseRouteHandler

PROJECTS = {(os.environ["ACCOUNT_ID"], os.environ["PROJECT_ID"])}
VARIANTS = {os.environ["VARIANT_ID"]}


class CreateChatRequest(msgspec.Struct):
    integration_attributes: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    variant_id: str | msgspec.UnsetType = msgspec.UNSET
    channel: Literal["webchat", "whatsapp", "sms", "api"] | msgspec.UnsetType = msgspec.UNSET
    asr_lang_code: str | msgspec.UnsetType = msgspec.UNSET
    tts_lang_code: str | msgspec.UnsetType = msgspec.UNSET
    initial_message: str | msgspec.UnsetType = msgspec.UNSET


class CreateChatResponse(msgspec.Struct):
    conversation_id: str
    response: str


def either_credential(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let in who has the key or the token: `security` lists them as alternatives."""
    for header, variable in (("X-API-KEY", "API_KEY"), ("X-TOKEN", "TOKEN")):
        if secrets.compare_digest(connection.headers.get(header, "").encode(), os.environ[variable].encode()):
            return
    raise NotAuthorizedException("The credentials are absent or not accepted")


@post("/{version:str}/{account_id:str}/{project_id:str}/chat/create", guards=[either_credential], status_code=200)
async def create_chat(
    request: Request[Any, Any, Any],
    version: str,
    account_id: str,
    project_id: str,
    data: CreateChatRequest | None = None,
) -> CreateChatResponse:
    if data is None and await request.body():
        raise ValidationException("the body must be an object")
    if version != "v1" or (account_id, project_id) not in PROJECTS:
        raise NotFoundException("there is no such project")
    if data is not None and data.variant_id is not msgspec.UNSET and data.variant_id not in VARIANTS:
        raise ValidationException("variant_id names no variant of this project")
    return CreateChatResponse(f"CONV-{secrets.token_hex(8)}", "Good morning, what is it about?")


def on_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, str]]:
    return Response({"error_message": error.detail}, status_code=error.status_code, headers=error.headers)


app = Litestar([create_chat], exception_handlers={HTTPException: on_error}, openapi_config=None)
