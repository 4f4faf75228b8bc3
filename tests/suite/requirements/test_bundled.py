"""The four bundled documents: valid by an independent validator, with the structure that their vendors publish."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.vendors import known_vendors, open_vendor, specs_folder

POLYAI = "/paths/~1{version}~1{account_id}~1{project_id}~1chat~1create/post"
SIGMAMIND = "/components/schemas/CreateChatRequest/properties"
CHAT_RESPONSE = "/components/schemas/ChatCompletionResponse/properties"
OPENWEBUI = "/components/schemas/CreateChatResponse"

PUBLISHED: dict[str, dict[str, Any]] = {
    "agencii": {
        "/openapi": "3.0.3",
        "/servers": ["https://agency-swarm-app-japboyzddq-uc.a.run.app"],
        "/paths": ["/create_new_chat"],
        "/paths/~1create_new_chat": ["post"],
        "/paths/~1create_new_chat/post/requestBody/required": True,
        "/paths/~1create_new_chat/post/responses": ["200", "400", "401", "500"],
        "/components/schemas/CreateNewChatRequest/required": ["apiIntegrationId"],
        "/components/schemas/CreateNewChatRequest/properties": ["apiIntegrationId"],
        "/components/schemas/CreateNewChatResponse/required": MISSING,
        "/components/schemas/CreateNewChatResponse/properties": ["chatId"],
        "/components/schemas/ErrorResponse/properties": ["detail"],
        "/components/securitySchemes/BearerAuth/scheme": "bearer",
        "/components/securitySchemes/BearerAuth/bearerFormat": "JWT",
    },
    "polyai": {
        "/openapi": "3.0.0",
        "/servers": [f"https://api.{region}-1.platform.polyai.app" for region in ("us", "uk", "euw")],
        "/paths": ["/{version}/{account_id}/{project_id}/chat/create"],
        f"{POLYAI}/operationId": "chatCreate",
        f"{POLYAI}/security": [{"ApiKeyAuth": []}, {"TokenAuth": []}],
        f"{POLYAI}/requestBody/required": False,
        f"{POLYAI}/responses": ["200", "400", "401", "403", "404", "500"],
        f"{POLYAI}/parameters/2/example": "v1",
        "/components/parameters/ApiKeyHeader/name": "X-API-KEY",
        "/components/parameters/ApiKeyHeader/required": True,
        "/components/parameters/TokenHeader/name": "X-TOKEN",
        "/components/parameters/TokenHeader/required": True,
        "/components/schemas/CreateChatRequest/required": MISSING,
        "/components/schemas/CreateChatRequest/properties": [
            "integration_attributes",
            "variant_id",
            "channel",
            "asr_lang_code",
            "tts_lang_code",
            "initial_message",
        ],
        "/components/schemas/CreateChatRequest/properties/channel/enum": ["webchat", "whatsapp", "sms", "api"],
        "/components/schemas/CreateChatResponse/required": ["conversation_id", "response"],
        "/components/schemas/Error/properties": ["error_message"],
    },
    "sigmamind": {
        "/openapi": "3.0.1",
        "/servers": ["https://api.sigmamind.ai"],
        "/paths": ["/v1/chats"],
        "/paths/~1v1~1chats/post/operationId": "createChat",
        "/paths/~1v1~1chats/post/responses": ["201", "400", "401", "403", "404", "500"],
        "/components/schemas/CreateChatRequest/required": ["agentId", "input"],
        f"{SIGMAMIND}": ["agentId", "input", "dynamicVariables", "previousChatId"],
        f"{SIGMAMIND}/agentId/minLength": 1,
        f"{SIGMAMIND}/agentId/maxLength": 64,
        f"{SIGMAMIND}/input/minLength": 1,
        f"{SIGMAMIND}/input/maxLength": 20480,
        f"{SIGMAMIND}/previousChatId/minLength": 0,
        f"{SIGMAMIND}/previousChatId/maxLength": 128,
        f"{SIGMAMIND}/dynamicVariables/additionalProperties/oneOf": [
            {"type": name} for name in ("string", "number", "boolean", "object", "array")
        ],
        "/components/schemas/ChatCompletionResponse/required": MISSING,
        f"{CHAT_RESPONSE}": ["chatId", "createdAt", "status", "response", "agent"],
        f"{CHAT_RESPONSE}/createdAt/format": "date-time",
        f"{CHAT_RESPONSE}/status/enum": ["in_progress", "ended", "error"],
        "/components/schemas/ChatMessage/properties/role/enum": ["user", "assistant"],
        "/components/schemas/ChatMessage/properties/type/enum": ["message"],
        "/components/schemas/AgentResponse/properties/status/enum": ["Live", "Testing", "Disabled"],
        "/components/schemas/Error/properties": ["timestamp", "status", "error", "message", "path", "validationErrors"],
        "/components/securitySchemes/apiKeyAuth/name": "X-API-Key",
    },
    "openwebui": {
        "/openapi": "3.1.0",
        "/info/x-chatcert-transcribed": True,
        "/paths": ["/api/chats/new"],
        "/paths/~1api~1chats~1new/post/responses": ["200"],
        "/components/schemas/CreateChatRequest/required": ["chat"],
        "/components/schemas/CreateChatRequest/properties": ["chat", "folder_id"],
        f"{OPENWEBUI}/required": ["id", "user_id", "title", "chat", "created_at", "updated_at", "archived", "pinned"],
        f"{OPENWEBUI}/properties": [
            "id",
            "user_id",
            "title",
            "chat",
            "created_at",
            "updated_at",
            "share_id",
            "archived",
            "pinned",
            "meta",
            "folder_id",
        ],
        f"{OPENWEBUI}/properties/created_at/type": "integer",
        f"{OPENWEBUI}/properties/share_id/type": "string",
        "/components/schemas/ChatData/required": MISSING,
        "/components/securitySchemes/BearerAuth/scheme": "bearer",
    },
}

# vendor: (title, method, path, operationId, parameters, credentials, body required, answers, media type)
READ: dict[str, tuple[Any, ...]] = {
    "agencii": (
        "Agencii Platform API",
        "POST",
        "/create_new_chat",
        "",
        [],
        [("BearerAuth", "bearer", "header", "Authorization")],
        True,
        ["200"],
        ["400", "401", "500"],
    ),
    "openwebui": (
        "Open WebUI API",
        "POST",
        "/api/chats/new",
        "",
        [],
        [("BearerAuth", "bearer", "header", "Authorization")],
        True,
        ["200"],
        [],
    ),
    "polyai": (
        "Chat API",
        "POST",
        "/{version}/{account_id}/{project_id}/chat/create",
        "chatCreate",
        [
            ("version", "path", "v1"),
            ("account_id", "path", "ACCOUNT-xxxxxxxx"),
            ("project_id", "path", "PROJECT-xxxxxxxx"),
        ],
        [("ApiKeyAuth", "apiKey", "header", "X-API-KEY"), ("TokenAuth", "apiKey", "header", "X-TOKEN")],
        False,
        ["200"],
        ["400", "401", "403", "404", "500"],
    ),
    "sigmamind": (
        "SigmaMind APIs",
        "POST",
        "/v1/chats",
        "createChat",
        [],
        [("apiKeyAuth", "apiKey", "header", "X-API-Key")],
        True,
        ["201"],
        ["400", "401", "403", "404", "500"],
    ),
}


def test_every_vendor_is_in_the_tables() -> None:
    """Every bundled vendor is in the tables of this module."""
    assert set(known_vendors()) == set(PUBLISHED) == set(READ)


def test_a_foreign_validator_finds_no_fault(published: dict[str, Any]) -> None:
    """Each document is valid OpenAPI of its version, by openapi-spec-validator."""
    from openapi_spec_validator import validate

    validate(published)


@pytest.mark.parametrize(("vendor", "pointer"), [(v, p) for v, facts in PUBLISHED.items() for p in facts])
def test_the_published_structure_is_kept(vendor: str, pointer: str) -> None:
    """Paths, names, limits, enums, required lists, statuses and servers are the vendor's own, in its order."""
    document = read_document(specs_folder() / vendor / "openapi.yaml")
    found = lookup(document, tokens_of(pointer))
    if pointer == "/servers":
        found = [server["url"] for server in found]
    elif isinstance(found, dict):
        found = list(found)

    assert PUBLISHED[vendor][pointer] == found


def test_the_contract_is_what_the_document_says(vendor: str, contract: Contract) -> None:
    """Operation, parameters, credentials, body and answers of each vendor."""
    assert contract.body is not None
    assert READ[vendor] == (
        contract.title,
        contract.method,
        contract.path,
        contract.operation_id,
        [(p.name, p.location, p.example) for p in contract.parameters],
        [(c.scheme, c.kind, c.location, c.name) for c in contract.credentials],
        contract.body.required,
        [answer.status for answer in contract.successes],
        [answer.status for answer in contract.errors],
    )
    assert "application/json" == contract.body.media_type
    assert {"application/json"} == {name for answer in contract.answers for name in answer.content}


RESOURCES = {
    "agencii": {"apiIntegrationId"},
    "openwebui": {"folder_id"},
    "polyai": {"account_id", "project_id", "variant_id"},
    "sigmamind": {"agentId", "previousChatId"},
}


def test_what_names_a_resource_is_marked(vendor: str, contract: Contract) -> None:
    """The overlay marks the fields and parameters that have to name something that exists."""
    assert contract.body is not None
    properties = contract.body.schema["$defs"]["CreateNewChatRequest" if vendor == "agencii" else "CreateChatRequest"]
    fields = {name for name, schema in properties["properties"].items() if "x-chatcert-resource" in schema}

    assert RESOURCES[vendor] == fields | {p.name for p in contract.parameters if p.resource}


def test_digests_distinguish_documents() -> None:
    """Two contracts have one digest only if their documents are the same; specification and overlay count apart."""
    contracts = [open_vendor(vendor) for vendor in known_vendors()]
    digests = [digest for contract in contracts for digest in (contract.spec_digest, contract.overlay_digest)]

    assert 2 * len(contracts) == len(set(digests))
    assert all(digest.startswith("sha256:") and 71 == len(digest) for digest in digests)
