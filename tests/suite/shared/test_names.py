"""Names of environment variables, and hints for unknown names."""

from __future__ import annotations

import pytest

from chatcert.names import did_you_mean, variable_name


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


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("Statgin", ["staging", "production"], "did you mean staging?"),
        ("x", ["staging", "production"], "known: staging, production"),
        ("x", [], "there is none"),
        ("x", [f"name{number}" for number in range(21)], "known: name0, name1, name2 and others"),
    ],
)
def test_the_nearest_name_is_suggested(name: str, known: list[str], hint: str) -> None:
    """A name that is nearly right gets that one as a hint, any other the names that exist."""
    assert hint == did_you_mean(name, known)


def test_a_command_that_lists_the_names() -> None:
    """Where a command lists the names, the hint names it."""
    assert "chatcert faults lists them" == did_you_mean("x", ["acme/fault/one"], listed_by="chatcert faults")
