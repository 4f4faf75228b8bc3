"""Names of environment variables."""

from __future__ import annotations

import pytest

from chatcert.names import variable_name


@pytest.mark.parametrize(
    ("vendor", "name", "variable"),
    [
        ("agencii", "BearerAuth", "CHATCERT_AGENCII_BEARER_AUTH"),
        ("sigmamind", "apiKeyAuth", "CHATCERT_SIGMAMIND_API_KEY_AUTH"),
        ("agencii", "apiIntegrationId", "CHATCERT_AGENCII_API_INTEGRATION_ID"),
        ("polyai", "account_id", "CHATCERT_POLYAI_ACCOUNT_ID"),
        ("open-webui", "folder_id", "CHATCERT_OPEN_WEBUI_FOLDER_ID"),
        ("v", "X-API-Key", "CHATCERT_V_X_API_KEY"),
        ("v", "APIKeyID", "CHATCERT_V_API_KEY_ID"),
        ("v", "oauth2", "CHATCERT_V_OAUTH2"),
        ("v", "chat.owner", "CHATCERT_V_CHAT_OWNER"),
    ],
)
def test_variable_name(vendor: str, name: str, variable: str) -> None:
    """A name in any style becomes upper snake case under its vendor."""
    assert variable == variable_name(vendor, name)
