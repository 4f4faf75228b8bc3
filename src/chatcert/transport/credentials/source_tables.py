"""The tables of a targets file that say where a credential is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from chatcert.transport.expansion import variables_in

NEEDED: Final = {"client_credentials": (), "password": ("username", "password"), "refresh_token": ("refresh_token",)}
"""The keys that each grant needs, besides the address and the client."""
LONGEST_LIFE: Final = 1e9


def _template(text: str) -> str:
    variables_in(text)
    return text


def _secret(text: str) -> str:
    if not variables_in(text):
        raise ValueError("is a credential in plain text: write ${VARIABLE} and set the environment variable")
    return text


def _address(text: str) -> str:
    variables_in(text)
    if not re.match(r"https?://[^/@]+(/|$)|\$\{", text):
        raise ValueError("is not the address of a token endpoint: give https://host/path")
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
Template = Annotated[Text, AfterValidator(_template)]
SecretText = Annotated[Text, AfterValidator(_secret)]


class Table(BaseModel):
    """A table of the file: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OAuthTable(Table):
    """A token of an authorisation server (OAuth 2.0, RFC 6749)."""

    token_url: Annotated[Text, AfterValidator(_address)] = Field(description="Address of the token endpoint.")
    grant: Literal["client_credentials", "password", "refresh_token"] = Field(
        "client_credentials", description="How the token is asked for."
    )
    client_id: Template = Field(description="The client's id.")
    client_secret: SecretText | None = Field(None, description="Its secret; a public client has none.")
    client_authentication: Literal["basic", "body"] = Field(
        "basic", description="Where id and secret are sent: in the header Authorization, or in the body."
    )
    scope: Template | None = Field(None, description="Scopes, with blanks between them.")
    audience: Template | None = Field(None, description="What the token is for, where the server asks for that.")
    username: Template | None = Field(None, description="The user, for the grant password.")
    password: SecretText | None = Field(None, description="The user's password, for the grant password.")
    refresh_token: SecretText | None = Field(None, description="The first token, for the grant refresh_token.")

    @model_validator(mode="after")
    def _is_whole(self) -> OAuthTable:
        missing = [name for name in NEEDED[self.grant] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"has no {' and no '.join(missing)}: the grant {self.grant} needs it")
        return self


def _words(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError('is one text, and no shell reads it: give a list, such as ["vault", "kv", "get"]')  # noqa: TRY004
    return value


class CommandTable(Table):
    """A credential that a program prints."""

    command: Annotated[list[Text], Field(min_length=1), BeforeValidator(_words)] = Field(
        description="The program and its arguments, without a shell; ${VARIABLE} is not read in them."
    )
    lifetime: Annotated[float, Field(gt=0, lt=LONGEST_LIFE)] | None = Field(
        None, description="Seconds after which it is run again; a JSON Web Token says so itself."
    )


class FileTable(Table):
    """A credential in a file, which is read again when it was replaced."""

    file: Template = Field(description="Path of the file; relative to the targets file.")


TABLES: Final[Mapping[str, type[Table]]] = {"oauth": OAuthTable, "command": CommandTable, "file": FileTable}


def _kind(value: Any) -> str:
    """Return which form a configured credential has."""
    if isinstance(value, CommandTable | FileTable | OAuthTable):
        return next(name for name, table in TABLES.items() if isinstance(value, table))
    if isinstance(value, Mapping):
        return next((name for name in ("command", "file") if name in value), "oauth")
    return "text"


ConfiguredCredential = Annotated[
    Annotated[SecretText, Tag("text")]
    | Annotated[OAuthTable, Tag("oauth")]
    | Annotated[CommandTable, Tag("command")]
    | Annotated[FileTable, Tag("file")],
    Discriminator(_kind),
]
"""A fixed value, as ``${VARIABLE}``, or a table that says where it is fetched."""

CredentialTable = OAuthTable | CommandTable | FileTable


def texts_of(table: CredentialTable) -> dict[str, str]:
    """Return the texts of a table that may refer to variables, by key."""
    if isinstance(table, CommandTable):
        return {}
    values = {name: getattr(table, name) for name in type(table).model_fields}
    fixed = ("grant", "client_authentication")
    return {name: value for name, value in values.items() if isinstance(value, str) and name not in fixed}
