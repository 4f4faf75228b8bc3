"""The targets file ``targets.toml``: read and validate named targets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.files import read_toml
from chatcert.names import did_you_mean
from chatcert.transport.correlation import header_names
from chatcert.transport.credentials.source_tables import TABLES, ConfiguredCredential, Table, Text
from chatcert.transport.expansion import variables_in
from chatcert.transport.target import check_url
from chatcert.transport.user_headers import RESERVED_HEADERS, SECRET_NAME

SCHEMA_FILE = "targets-1.schema.json"
MAX_BYTES = 1024 * 1024
LARGEST = 1e9
_TAG = 4
"""The step at which the kind of a credential stands in ``targets.NAME.credentials.SCHEME``."""


def _address(text: str) -> str:
    try:
        return check_url(text)
    except UsageError as error:
        raise ValueError(f"is {error.what.partition(' is ')[2] or error.what}: {error.hint}") from None


def _proxy(text: str) -> str:
    variables_in(text)
    if not re.match(r"https?://|\$\{", text):
        raise ValueError("is not the address of a proxy: give http://host:port")
    if re.search(r"//[^/@]*:[^$/@][^/@]*@", text):
        raise ValueError("holds a password in plain text: write ${VARIABLE} and set the environment variable")
    return text


def _template(text: str) -> str:
    variables_in(text)
    return text


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, text in headers.items():
        if name.lower() in RESERVED_HEADERS:
            raise ValueError(f"has {name}, which belongs to the message itself: leave it out")
        if SECRET_NAME.search(name) and not variables_in(text):
            raise ValueError(f"has {name} in plain text: write ${{VARIABLE}} and set the environment variable")
        if not text.isascii() or not text.isprintable():
            raise ValueError(f"has {name} with characters that no header can carry")
    return headers


Template = Annotated[Text, AfterValidator(_template)]
Number = Annotated[float, Field(gt=0, lt=LARGEST)]
Count = Annotated[int, Field(gt=0, lt=LARGEST)]
TargetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]


class ClientCertificate(Table):
    """A certificate with which chatcert proves itself to the server; paths are relative to the targets file."""

    cert: Text = Field(description="Path of the certificate, PEM.")
    key: Text = Field(description="Path of its private key, PEM, without a passphrase.")


class Entry(Table):
    """One named target: a vendor's service in one environment."""

    vendor: Text = Field(description="A bundled vendor, or the name that --spec gives one.")
    url: Annotated[Text, AfterValidator(_address)] = Field(
        description="Base address; what stands in its path is kept before the operation's path."
    )
    environment: str = Field("", description="What this is, for the report: staging, production, ...")
    region: str = Field("", description="Where it runs, for the report.")
    path: str = Field(
        "", pattern=r"^(/.*)?$", description="The operation's path, where it is not the documented one: a deviation."
    )
    credentials: dict[Text, ConfiguredCredential] = Field(
        default_factory=dict,
        description="By name of the security scheme: ${VARIABLE} of the environment, or a table on how to fetch it.",
    )
    resources: dict[Text, Template] = Field(
        default_factory=dict, description="Names of things that exist there, by field; ${VARIABLE} may stand in them."
    )
    headers: Annotated[dict[HeaderName, Template], AfterValidator(_headers)] = Field(
        default_factory=dict, description="Sent with every request; what comes from a ${VARIABLE} is masked everywhere."
    )
    correlation: list[HeaderName] | None = Field(
        None, description="Headers that carry an id of each request: X-Request-ID and traceparent, or others, or none."
    )
    request_hook: Annotated[Text, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] | None = Field(
        None, description="module:function that adds headers to each request, such as a signature."
    )
    rate: Number | None = Field(None, description="At most so many requests a second.")
    jobs: Count | None = Field(None, description="Requests in flight.")
    max_requests: Count | None = Field(None, description="At most so many requests.")
    max_chats: Count | None = Field(None, description="Create at most so many chats.")
    max_refused_logins: Count | None = Field(None, description="At most so many requests with bad credentials.")
    timeout: Number | None = Field(None, description="Seconds for one request.")
    max_time: Number | None = Field(None, description="Seconds for the whole run.")
    proxy: Annotated[Text, AfterValidator(_proxy)] | None = Field(
        None, description="Address of an HTTP proxy; ${VARIABLE} may stand in it."
    )
    ca_bundle: Text | None = Field(
        None, description="Path of the certificates to trust instead of the system's, PEM; relative to this file."
    )
    client_certificate: ClientCertificate | None = Field(None, description="Proves chatcert to the server.")
    production: bool = Field(False, description="Serves real customers: refused without --allow-production.")


SHARED_KEYS = frozenset(
    {
        "path",
        "headers",
        "correlation",
        "request_hook",
        "rate",
        "jobs",
        "max_requests",
        "max_chats",
        "max_refused_logins",
        "timeout",
        "max_time",
    }
) & frozenset(Entry.model_fields)
"""Keys of a target that ``[run]`` may have for all targets."""


class TargetsFile(Table):
    """The whole file."""

    run: dict[Text, str | bool | int | float | list[str]] = Field(
        default_factory=dict,
        description="Options of all targets, by their names with underscores.",
    )
    targets: dict[TargetName, Entry] = Field(description="By the name that --target takes.")


def read_targets(path: Path) -> Mapping[str, Entry]:
    """Read the named targets of a file.

    Raises:
        ConfigurationError: the file cannot be read, is not TOML, or has an unknown key or an invalid value; the message
            says where.
    """
    hint = "give the file with --targets-file, see targets.example.toml"
    content = _with_shared(read_toml(path, MAX_BYTES, hint=hint))
    try:
        return TargetsFile.model_validate(content).targets
    except ValidationError as error:
        raise _validation_error(error, path) from None


def _with_shared(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a file whose targets have the keys of ``[run]`` that they do not have themselves."""
    run, targets = content.get("run"), content.get("targets")
    if not isinstance(run, dict) or not isinstance(targets, dict):
        return content
    shared = {key: value for key, value in run.items() if key in SHARED_KEYS}
    lines = shared.pop("headers", [])
    pairs = [line.partition(":") for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    headers = {name.strip(): value.strip() for name, _, value in pairs}
    if isinstance(text := shared.get("correlation"), str):
        shared["correlation"] = list(header_names(text, "[run], correlation"))
    filled = {name: _filled(entry, shared, headers) for name, entry in targets.items()}
    return {**content, "targets": filled}


def _filled(entry: Any, shared: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    own = entry.get("headers", {})
    if headers and isinstance(own, dict):
        given = {name.lower() for name in own}
        return {**shared, **entry, "headers": {n: v for n, v in headers.items() if n.lower() not in given} | own}
    return {**shared, **entry}


def entry_named(name: str, entries: Mapping[str, Entry], path: Path) -> Entry:
    """Return one target of a file.

    Raises:
        ConfigurationError: there is no target of that name; the hint suggests the nearest one.
    """
    if name in entries:
        return entries[name]
    raise ConfigurationError(f"no target {name!r}", where=str(path), hint=did_you_mean(name, list(entries)))


def schema_text() -> str:
    """Return the published JSON Schema of a targets file."""
    schema = TargetsFile.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:chatcert:schema:targets:1"}
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


def _validation_error(error: ValidationError, path: Path) -> ConfigurationError:
    """Describe the first invalid value in one line. The value is never shown, since it may be a credential."""
    every = error.errors(include_url=False, include_input=False, include_context=False)
    found = next((one for one in every if one["type"] == "extra_forbidden"), every[0])
    steps = [str(step) for step in found["loc"]]
    places = [step for place, step in enumerate(steps) if step != "[key]" and not _is_tag(steps, place)]
    tables = len(places) if len(places) <= 1 else len(places) - 1
    section, key = ".".join(places[:tables]), places[-1] if len(places) > tables else ""
    subject = f"{key!r} " if key else ""
    match found["type"]:
        case "extra_forbidden":
            known = _keys_of(steps[:-1])
            what = f"unknown key {places[-1]!r}"
            where = f"{path}, [{section}]" if key else str(path)
            other = next((name for name in TABLES if places[-1] in TABLES[name].model_fields), "")
            if other and _is_tag(steps, len(steps) - 2):
                what = f"{places[-1]!r} is a key of another source than {known[0]!r}"
                return ConfigurationError(what, where=where, hint=f"of {known[0]} the keys are: {', '.join(known)}")
            return ConfigurationError(what, where=where, hint=did_you_mean(places[-1], known))
        case "missing":
            what = f"{places[-1]!r} is missing"
            where = f"{path}, [{section}]" if key else str(path)
            return ConfigurationError(what, where=where, hint="add it; see targets.example.toml")
        case "value_error":
            what, _, hint = found["msg"].removeprefix("Value error, ").partition(": ")
        case "model_type" | "dict_type":
            what, hint = "is not a table", "see targets.example.toml"
        case _ if found["loc"] and found["loc"][-1] == "[key]":
            what, hint = "is not a valid name", "use letters, digits and hyphens"
        case _:
            what, hint = found["msg"].replace("Input should", "should"), "see targets.example.toml"
    return ConfigurationError(f"{subject}{what[:1].lower()}{what[1:]}", where=f"{path}, [{section}]", hint=hint)


def _keys_of(places: Sequence[str]) -> list[str]:
    """Return the keys that a table of the file may have.

    Args:
        places: where it is in the file, with the kind of credential that pydantic found.
    """
    model: type[BaseModel] = TargetsFile if not places else Entry if len(places) == 2 else ClientCertificate
    if _is_tag(places, len(places) - 1):
        model = TABLES[places[-1]]
    return list(model.model_fields)


def _is_tag(steps: Sequence[str], place: int) -> bool:
    """Return whether a step of a place is the kind of a credential, and no key of the file."""
    return place == _TAG and steps[2] == "credentials"
