"""PolyAI's page with Django Ninja: one file of settings, schemas and a view."""

from __future__ import annotations

import json
import os
import secrets
from typing import Any, Literal

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(32),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["django.contrib.contenttypes"],
    APPEND_SLASH=False,
)
django.setup()

from ninja import NinjaAPI, Schema  # noqa: E402  Django has to be set up first
from ninja.errors import AuthenticationError, HttpError, ValidationError  # noqa: E402
from pydantic import ConfigDict  # noqa: E402

ACCOUNTS = {os.environ["ACCOUNT_ID"]: {os.environ["PROJECT_ID"]: {os.environ["VARIANT_ID"]}}}

api = NinjaAPI(title="Chat API", docs_url=None, openapi_url=None, urls_namespace="chat")


class CreateChatRequest(Schema):
    model_config = ConfigDict(strict=True)

    integration_attributes: dict[str, Any] = {}
    variant_id: str = ""
    channel: Literal["webchat", "whatsapp", "sms", "api"] = "api"
    asr_lang_code: str = "en-US"
    tts_lang_code: str = "en-US"
    initial_message: str = ""


def both(request: HttpRequest) -> bool:
    """Check the key of the account and the token of the connector."""
    return all(
        secrets.compare_digest(request.headers.get(name, "").encode(), os.environ[variable].encode())
        for name, variable in (("X-API-KEY", "API_KEY"), ("X-TOKEN", "TOKEN"))
    )


@api.post("/{version}/{account_id}/{project_id}/chat/create", auth=both)
def create_chat(
    request: HttpRequest, version: str, account_id: str, project_id: str, body: CreateChatRequest | None = None
) -> dict[str, Any]:
    if request.body.strip() and not isinstance(json.loads(request.body), dict):
        raise HttpError(400, "the body must be an object")
    if version != "v1":
        raise HttpError(404, f"there is no version {version}")
    variants = ACCOUNTS.get(account_id, {}).get(project_id)
    if variants is None:
        raise HttpError(404, "there is no such project")
    if body is not None and body.variant_id and body.variant_id not in variants:
        raise HttpError(400, "variant_id names no variant of this project")
    return {"conversation_id": f"CONV-{secrets.token_hex(8)}", "response": "Good morning, what is it about?"}


def answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    return api.create_response(request, {"error_message": message}, status=status)


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(request, error.status_code, str(error))


@api.exception_handler(AuthenticationError)
def on_bad_credentials(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer(request, 401, "The credentials are absent or not accepted")


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return answer(request, 400, "; ".join(str(one["msg"]) for one in error.errors))


urlpatterns = [path("", api.urls)]
application = get_wsgi_application()
