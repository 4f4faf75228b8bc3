"""SigmaMind's page as a FastAPI server: models for the body, exceptions for the rest, one form for every error."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from starlette.exceptions import HTTPException as StarletteHTTPException

AGENTS = {os.environ["AGENT_ID"]: "Grace"}
CHATS: dict[str, dict[str, Any]] = {}

app = FastAPI(title="SigmaMind APIs", openapi_url=None)
api_key = APIKeyHeader(name="X-API-Key", auto_error=False)

Variable = StrictStr | StrictBool | StrictInt | StrictFloat | dict[str, Any] | list[Any]


class CreateChatRequest(BaseModel):
    model_config = ConfigDict(strict=True, str_strip_whitespace=True)

    agentId: str = Field(min_length=1, max_length=64)
    input: str = Field(min_length=1, max_length=20480)
    dynamicVariables: dict[str, Variable] = Field(default_factory=dict)
    previousChatId: str = Field(default="", max_length=128)


def authenticated(key: Annotated[str | None, Depends(api_key)]) -> None:
    if not key or not secrets.compare_digest(key.encode(), os.environ["API_KEY"].encode()):
        raise HTTPException(401, "No usable X-API-Key came with the request")


@app.post("/v1/chats", status_code=201, dependencies=[Depends(authenticated)])
async def create_chat(body: CreateChatRequest) -> dict[str, Any]:
    name = AGENTS.get(body.agentId)
    if name is None:
        raise HTTPException(404, "There is no such agent")
    if body.previousChatId and body.previousChatId not in CHATS:
        raise HTTPException(404, "There is no such chat")
    chat_id = f"chat_{secrets.token_urlsafe(12)}"
    reply = {
        "id": f"item_{secrets.token_urlsafe(12)}",
        "role": "assistant",
        "type": "message",
        "content": ["How can I help you?"],
    }
    CHATS[chat_id] = {
        "chatId": chat_id,
        "createdAt": now(),
        "status": "in_progress",
        "response": [reply],
        "agent": {"agentId": body.agentId, "name": name, "status": "Live"},
    }
    return CHATS[chat_id]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem(request: Request, status: int, message: str, **more: Any) -> JSONResponse:
    content = {
        "timestamp": now(),
        "status": status,
        "error": HTTPStatus(status).phrase,
        "path": request.url.path,
        "message": message,
        **more,
    }
    return JSONResponse(content, status)


@app.exception_handler(StarletteHTTPException)
async def on_http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
    answer = problem(request, error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


@app.exception_handler(RequestValidationError)
async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    broken = {".".join(map(str, one["loc"][1:])) or "body": one["msg"] for one in error.errors()}
    return problem(request, 400, "Something in the request does not follow the documentation", validationErrors=broken)


@app.exception_handler(Exception)
async def on_crash(request: Request, error: Exception) -> JSONResponse:
    return problem(request, 500, "The server could not handle the request")
