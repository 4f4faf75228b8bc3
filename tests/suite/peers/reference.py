"""The four create-chat endpoints, as their pages describe them."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from .model import (
    Credential,
    Refusal,
    Request,
    Rule,
    Service,
    Turn,
    iso,
    phrase,
    random_id,
)

AGENCII_TOKEN = "sk-agencii-9fQ2vX7LmT4bR8wZ"
AGENCII_INTEGRATION = "dpCD7snQ0tCWrdtp6UhZ"
POLYAI_KEY = "pk_9fQ2vX7LmT4bR8wZ"
POLYAI_TOKEN = "tok_Hq3nB6yK1sD5jV0c"
POLYAI_ACCOUNT = "ACCOUNT-1a2b3c4d"
POLYAI_PROJECT = "PROJECT-5e6f7a8b"
SIGMAMIND_KEY = "sm_live_9fQ2vX7LmT4bR8wZ"
SIGMAMIND_AGENT = "D5D0p7TUs66TTAEAx"
OPENWEBUI_TOKEN = "sk-owui-9fQ2vX7LmT4bR8wZ"
OPENWEBUI_FOLDER = "folder-7c1e"
OPENWEBUI_USER = "5b0c1c0e-6c1c-4a43-9a53-0d5f3f6f2f11"


class Agencii(Service):
    """POST /create_new_chat."""

    vendor = "agencii"
    route = re.compile(r"/create_new_chat")

    def keys(self) -> list[Credential]:
        """One bearer token."""
        return [Credential("BearerAuth", "Authorization", AGENCII_TOKEN, "Bearer")]

    def fields(self) -> list[Rule]:
        """One required id."""
        return [Rule("apiIntegrationId", str, required=True)]

    def new_id(self, turn: Turn) -> Any:
        """Twenty letters and digits."""
        return random_id(20)

    def find(self, turn: Turn) -> None:
        """Look up the integration."""
        if turn.values["apiIntegrationId"] != AGENCII_INTEGRATION:
            raise Refusal("resource", "No such API integration")

    def content(self, turn: Turn) -> dict[str, Any]:
        """Return the chat id alone."""
        return {"chatId": self.make_id(turn)}

    def problem(self, request: Request, refusal: Refusal, status: int) -> dict[str, Any]:
        """Return a detail."""
        return {"detail": refusal.message}


class PolyAI(Service):
    """POST /{version}/{account_id}/{project_id}/chat/create."""

    vendor = "polyai"
    route = re.compile(r"/(?P<version>[^/]+)/(?P<account_id>[^/]+)/(?P<project_id>[^/]+)/chat/create", re.DOTALL)
    optional_body = True
    challenge = 'ApiKey realm="chat"'

    def __init__(self, prefix: str = "") -> None:
        """Know one account and one project."""
        super().__init__(prefix)
        self.place = {"version": "v1", "account_id": POLYAI_ACCOUNT, "project_id": POLYAI_PROJECT}

    def keys(self) -> list[Credential]:
        """Demand the key and the token."""
        return [
            Credential("ApiKeyAuth", "X-API-KEY", POLYAI_KEY),
            Credential("TokenAuth", "X-TOKEN", POLYAI_TOKEN),
        ]

    def fields(self) -> list[Rule]:
        """Demand types and channels; nothing is required."""
        return [
            Rule("integration_attributes", dict),
            Rule("variant_id", str),
            Rule("channel", str, enum=("webchat", "whatsapp", "sms", "api")),
            Rule("asr_lang_code", str),
            Rule("tts_lang_code", str),
            Rule("initial_message", str),
        ]

    def new_id(self, turn: Turn) -> Any:
        """Return a prefixed id."""
        return "CONV-" + random_id(16)

    def find(self, turn: Turn) -> None:
        """Look up version, account and project."""
        for name, known in self.place.items():
            if turn.params[name] != known:
                raise Refusal("resource", f"Unknown {name.removesuffix('_id')}")

    def content(self, turn: Turn) -> dict[str, Any]:
        """Return the conversation and a greeting."""
        return {"conversation_id": self.make_id(turn), "response": "Hi, how can I help?"}

    def problem(self, request: Request, refusal: Refusal, status: int) -> dict[str, Any]:
        """Return an error message."""
        return {"error_message": refusal.message}


def not_null(value: Any) -> bool:
    """Accept every JSON value but null."""
    return value is not None


class SigmaMind(Service):
    """POST /v1/chats."""

    vendor = "sigmamind"
    route = re.compile(r"/v1/chats")
    success = 201
    challenge = 'ApiKey realm="api"'

    def keys(self) -> list[Credential]:
        """Demand one API key."""
        return [Credential("apiKeyAuth", "X-API-Key", SIGMAMIND_KEY)]

    def fields(self) -> list[Rule]:
        """Demand types and lengths, counted in code points."""
        return [
            Rule("agentId", str, required=True, low=1, high=64),
            Rule("input", str, required=True, low=1, high=20480),
            Rule("dynamicVariables", dict, members=not_null),
            Rule("previousChatId", str, low=0, high=128),
        ]

    def new_id(self, turn: Turn) -> Any:
        """Return a prefixed id."""
        return "chat_" + random_id(16)

    def find(self, turn: Turn) -> None:
        """Look up the agent."""
        if turn.values["agentId"] != SIGMAMIND_AGENT:
            raise Refusal("resource", "The requested agent was not found")

    def content(self, turn: Turn) -> dict[str, Any]:
        """Return the chat, the agent and its output."""
        greeting = "Hello! My name is Grace. How can I help you today?"
        return {
            "chatId": self.make_id(turn),
            "createdAt": self.stamp(self.clock()),
            "status": "in_progress",
            "response": [
                {
                    "id": "item_" + random_id(16),
                    "role": "assistant",
                    "type": "message",
                    "content": [greeting],
                }
            ],
            "agent": {"name": "Grace", "agentId": SIGMAMIND_AGENT, "status": "Live"},
        }

    def problem(self, request: Request, refusal: Refusal, status: int) -> dict[str, Any]:
        """Return the standard error body."""
        body: dict[str, Any] = {
            "timestamp": iso(self.error_clock()),
            "status": status,
            "error": phrase(status),
            "message": refusal.message,
            "path": request.path,
        }
        if refusal.fields:
            body["validationErrors"] = refusal.fields
        return body


class OpenWebUI(Service):
    """POST /api/chats/new."""

    vendor = "openwebui"
    route = re.compile(r"/api/chats/new")
    special: ClassVar[dict[str, int]] = {"schema": 422}

    def keys(self) -> list[Credential]:
        """Demand one bearer token."""
        return [Credential("BearerAuth", "Authorization", OPENWEBUI_TOKEN, "Bearer")]

    def fields(self) -> list[Rule]:
        """Demand a chat; a folder is optional and may be null."""
        return [
            Rule("chat", dict, required=True),
            Rule("folder_id", str, nullable=True),
        ]

    def new_id(self, turn: Turn) -> Any:
        """Return a UUID."""
        return str(uuid.uuid4())

    def find(self, turn: Turn) -> None:
        """Look up the folder, if one is named."""
        if turn.values.get("folder_id") not in (None, OPENWEBUI_FOLDER):
            raise Refusal("resource", "Folder not found")

    def content(self, turn: Turn) -> dict[str, Any]:
        """Return the chat as provided, with its initial values."""
        chat = turn.values["chat"]
        title = chat.get("title")
        now = int(self.clock())
        return {
            "id": self.make_id(turn),
            "user_id": OPENWEBUI_USER,
            "title": title if isinstance(title, str) else "New Chat",
            "chat": chat,
            "created_at": now,
            "updated_at": now,
            "share_id": None,
            "archived": False,
            "pinned": False,
            "meta": {},
            "folder_id": turn.values.get("folder_id"),
        }

    def problem(self, request: Request, refusal: Refusal, status: int) -> dict[str, Any]:
        """Return a detail."""
        return {"detail": refusal.message}


SERVICES: dict[str, type[Service]] = {service.vendor: service for service in (Agencii, PolyAI, SigmaMind, OpenWebUI)}
VENDORS = tuple(SERVICES)


def environment(vendor: str) -> dict[str, str]:
    """Return the variables that a client needs to reach a vendor's reference."""
    return {
        "agencii": {
            "CHATCERT_AGENCII_BEARER_AUTH": AGENCII_TOKEN,
            "CHATCERT_AGENCII_API_INTEGRATION_ID": AGENCII_INTEGRATION,
        },
        "polyai": {
            "CHATCERT_POLYAI_API_KEY_AUTH": POLYAI_KEY,
            "CHATCERT_POLYAI_TOKEN_AUTH": POLYAI_TOKEN,
            "CHATCERT_POLYAI_ACCOUNT_ID": POLYAI_ACCOUNT,
            "CHATCERT_POLYAI_PROJECT_ID": POLYAI_PROJECT,
        },
        "sigmamind": {
            "CHATCERT_SIGMAMIND_API_KEY_AUTH": SIGMAMIND_KEY,
            "CHATCERT_SIGMAMIND_AGENT_ID": SIGMAMIND_AGENT,
        },
        "openwebui": {
            "CHATCERT_OPENWEBUI_BEARER_AUTH": OPENWEBUI_TOKEN,
            "CHATCERT_OPENWEBUI_FOLDER_ID": OPENWEBUI_FOLDER,
        },
    }[vendor]
