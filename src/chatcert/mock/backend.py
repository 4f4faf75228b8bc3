"""The data behind a mocked operation: its credentials, the resources that exist, the ids that it has issued."""

from __future__ import annotations

import base64
import hmac
import json
import random
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatcert.mock.examples import instance
from chatcert.mock.fresh_strings import Shape
from chatcert.mock.schema_parts import examples_of
from chatcert.mock.validators import predicate
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract, Credential, Schema
from chatcert.openapi.existing_names import key_of, resource_names
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import CredentialForm, configured_as, of_other_account

MAX_ISSUED = 10_000


@dataclass(frozen=True, slots=True)
class ResourcePlace:
    """A place of a request that names a resource.

    Attributes:
        place: ``body`` or a parameter location.
        path: the field, or the parameter's name.
        schema: the schema of the value.
        root: the standalone schema that holds the definitions.
        extension: the content of ``x-chatcert-resource``.
        example: a value that the document shows, or ``None``.
    """

    place: str
    path: tuple[str, ...]
    schema: Schema
    root: Schema
    extension: Mapping[str, Any]
    example: Any

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """The key under which a backend has the known value."""
        return self.place, self.path

    @property
    def refuses_unknown(self) -> bool:
        """Return whether unknown values are refused, according to the document."""
        return self.extension.get("unknown") != "either"


class IssuedIds:
    """The last ``MAX_ISSUED`` ids that the mock has issued."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def remember(self, value: str) -> None:
        """Add a new id."""
        self._ids[value] = None
        if len(self._ids) > MAX_ISSUED:
            self._ids.popitem(last=False)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and value in self._ids


class UsedValues:
    """The last ``MAX_ISSUED`` values that clients have chosen, by the place of the request that holds them."""

    def __init__(self) -> None:
        self._values: OrderedDict[tuple[str, tuple[str, ...], str], None] = OrderedDict()

    def remember(self, place: str, path: tuple[str, ...], value: Any) -> None:
        """Add a value."""
        self._values[place, path, json.dumps(value)] = None
        if len(self._values) > MAX_ISSUED:
            self._values.popitem(last=False)

    def has(self, place: str, path: tuple[str, ...], value: Any) -> bool:
        """Return whether a value is in use at a place."""
        return (place, path, json.dumps(value)) in self._values


@dataclass(frozen=True, slots=True)
class Backend:
    """The data of one mocked vendor.

    Attributes:
        secrets: the valid credential of each security scheme, ``user:password`` for HTTP Basic; of a JSON Web Token
            also one that has expired and one for another audience; and that of another account.
        resources: the one known value of each place and path.
        others: the one value that the other account knows, of each place and path.
        names: values of what else a client has to know, by name; the server takes any value there.
        in_use: the values of served requests that later requests must not repeat.
    """

    secrets: Mapping[str, str] = field(repr=False)
    resources: Mapping[tuple[str, tuple[str, ...]], Any]
    names: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[tuple[str, tuple[str, ...]], Any] = field(default_factory=dict)
    issued: IssuedIds = field(default_factory=IssuedIds, repr=False)
    in_use: UsedValues = field(default_factory=UsedValues, repr=False)

    @classmethod
    def of(cls, contract: Contract, seed: int | None = None) -> Backend:
        """Return a new backend with credentials and resources of its own.

        Args:
            seed: the same seed gives the same resources and names, but never the same credentials; ``None`` gives
                random ones.
        """
        chance = random.Random(f"{seed}/{contract.vendor}") if seed is not None else random.SystemRandom()
        return cls(
            secrets=dict(_secrets(contract)),
            resources={place.key: _known(place, chance) for place in resource_places(contract)},
            names=_names(contract, chance),
            others={place.key: _known(place, chance) for place in resource_places(contract)},
        )


def _other_names(contract: Contract) -> Iterator[tuple[str, Schema, Schema]]:
    """Yield what else a client has to know: names that no extension marks, with schema and root of their values."""
    wanted = resource_names(contract)
    for parameter in contract.parameters:
        if parameter.name in wanted and parameter.resource is None:
            yield parameter.name, parameter.schema, parameter.schema
    if contract.body is not None:
        for field in walk(contract.body.schema, ""):
            if key_of(field.path) in wanted and "x-chatcert-resource" not in field.schema:
                yield key_of(field.path), field.schema, contract.body.schema


def _names(contract: Contract, chance: random.Random) -> dict[str, Any]:
    """Return a value for each of these names; any value is served, but the client needs one."""
    names: dict[str, Any] = {}
    for name, schema, root in _other_names(contract):
        names.setdefault(name, instance(schema, root, chance=chance))
    return names


def environment(contract: Contract, backend: Backend) -> dict[str, str]:
    """Return the environment variables with which a client has the credentials and resources of a backend."""
    variables = {variable_name(contract.vendor, scheme): secret for scheme, secret in backend.secrets.items()}
    for (_, path), value in backend.resources.items():
        variables.setdefault(variable_name(contract.vendor, "_".join(path)), str(value))
    for (_, path), value in backend.others.items():
        variables.setdefault(variable_name(contract.vendor, of_other_account("_".join(path))), str(value))
    for name, value in backend.names.items():
        known = value if isinstance(value, str) else json.dumps(None if value is MISSING else value)
        variables.setdefault(variable_name(contract.vendor, name), known)
    return variables


def resource_places(contract: Contract) -> Iterator[ResourcePlace]:
    """Yield every place of a request that names a resource, parameters first."""
    for parameter in contract.parameters:
        if parameter.resource is not None:
            yield ResourcePlace(
                parameter.location,
                (parameter.name,),
                parameter.schema,
                parameter.schema,
                parameter.resource,
                parameter.example,
            )
    if contract.body is not None:
        root = contract.body.schema
        for found in walk(root, contract.body.schema_pointer):
            extension = found.schema.get("x-chatcert-resource")
            if isinstance(extension, Mapping):
                example = next(iter(examples_of(found.schema)), None)
                yield ResourcePlace("body", found.path, found.schema, root, extension, example)


def _secrets(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the valid credential of each scheme; of a token also those forms that only its issuer can make."""
    for credential in contract.credentials:
        if not credential.is_jwt:
            yield credential.scheme, _secret(credential)
            yield of_other_account(credential.scheme), _secret(credential)
            continue
        key, audience = secrets.token_bytes(32), f"{contract.vendor}-chats"
        yield credential.scheme, _token(key, exp=_FAR, aud=audience)
        yield configured_as(credential.scheme, CredentialForm.EXPIRED), _token(key, exp=_PAST, aud=audience)
        yield of_other_account(credential.scheme), _token(key, exp=_FAR, aud=audience)
        other = _token(key, exp=_FAR, aud="somebody-else")
        yield configured_as(credential.scheme, CredentialForm.OTHER_AUDIENCE), other


_PAST, _FAR = 1_000_000_000, 4_000_000_000
"""Times in seconds since 1970: in 2001, and in 2096."""


def _token(key: bytes, **claims: Any) -> str:
    """Return a JSON Web Token that is signed with HMAC (RFC 7515, RFC 7519)."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": secrets.token_hex(4), **claims})
    signed = ".".join(_url_safe(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{_url_safe(hmac.digest(key, signed.encode(), 'sha256'))}"


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _secret(credential: Credential) -> str:
    def mixed(length: int) -> str:
        while True:
            text = secrets.token_urlsafe(length)
            if (
                text[0].isalnum()
                and text[-1].isalnum()
                and any(c.isdigit() for c in text)
                and any(c.islower() for c in text)
                and any(c.isupper() for c in text)
            ):
                return text

    return f"{mixed(9)}:{mixed(24)}" if credential.kind == "basic" else mixed(24)


def _known(place: ResourcePlace, chance: random.Random) -> Any:
    fits = predicate(place.schema, place.root)
    example = place.example if isinstance(place.example, str) else None
    maximum = place.schema.get("maxLength")
    made = Shape(example, int(place.schema.get("minLength", 0)), maximum and int(maximum), chance).fresh()
    if fits(made):
        return made
    bare = {key: value for key, value in place.schema.items() if key not in ("example", "examples", "default")}
    value = instance(bare, place.root, chance=chance)
    return made if value is MISSING else value
