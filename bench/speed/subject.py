"""What other programs need to test one vendor: a document that names existing things, headers, a valid request."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatcert.cases.case import JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.exceptions import SuiteError
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract, Credential
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import from_environment
from chatcert.vendors import open_vendor

RESOURCE = "x-chatcert-resource"
ILLUSTRATIVE = "x-chatcert-illustrative"


@dataclass(frozen=True, slots=True)
class Posted:
    """One request with a body, credentials included.

    Attributes:
        path: the documented path, without the prefix of the base address.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A vendor behind a running mock.

    Attributes:
        url: the base address.
        environment: the variables with credentials and names of existing things.
    """

    contract: Contract
    url: str
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, vendor: str, url: str, environment: Mapping[str, str]) -> Subject:
        """Return a bundled vendor behind a mock."""
        return cls(open_vendor(vendor), f"{url}/{vendor}", environment)

    @property
    def vendor(self) -> str:
        """Its name."""
        return self.contract.vendor

    def headers(self) -> dict[str, str]:
        """Return the credentials as headers.

        Raises:
            SuiteError: a credential is not sent in a header.
        """
        secrets, _ = from_environment(self.contract, self.environment)
        return dict(_header(one, secrets[one.scheme]) for one in self.contract.credentials)

    def published(self, folder: Path) -> Path:
        """Write the vendor's document unchanged; return its path."""
        return _written(folder / "published.json", dict(self.contract.published))

    def informed(self, folder: Path) -> Path:
        """Write a document with which another program finds no failure in a conformant server; return its path.

        Our overlay is applied. A field that names an existing thing allows the known name only. Where the page only
        illustrates a structure, the schema requires no more than its type. Where the vendor documents no error, any
        status of class 4xx counts as one. Links are left out, since following them would send several times as much.
        """
        document = copy.deepcopy(dict(self.contract.document))
        for name, schema in _schemas(document):
            known = self.environment.get(variable_name(self.vendor, name)) if _refuses_unknown(schema) else None
            schema.pop(RESOURCE, None)
            if known is not None:
                for keyword in ("minLength", "maxLength", "pattern", "example"):
                    schema.pop(keyword, None)
                schema["enum"] = [None, known] if "null" in schema.get("type", ()) else [known]
            if schema.get(ILLUSTRATIVE):
                for keyword in ("properties", "required", "items", "additionalProperties"):
                    schema.pop(keyword, None)
        for answer in self.operation_of(document)["responses"].values():
            answer.pop("links", None)
        if not self.contract.documents_errors:
            self.operation_of(document)["responses"]["4XX"] = {"description": "The request is refused."}
        return _written(folder / "informed.json", document)

    def operation_of(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the operation in a document of this vendor."""
        operation: dict[str, Any] = document["paths"][self.contract.path][self.contract.method.lower()]
        return operation

    def valid_request(self) -> Posted:
        """Return a valid request whose body has every field, the optional ones included.

        Raises:
            SuiteError: the operation takes no JSON body.
        """
        _, resources = from_environment(self.contract, self.environment)
        planner = Planner(self.contract, resources, profile_named("quick"), seed=1)
        request = planner.requests.request(planner.requests.bodies.full_body())
        if not isinstance(request.body, JsonBody):
            raise SuiteError("a valid request has no JSON body", where=self.vendor)
        path = self.contract.path
        for name, value in request.path_parameters.items():
            path = path.replace(f"{{{name}}}", str(value))
        headers = {name: str(value) for name, value in request.headers} | self.headers()
        return Posted(request.method, path, headers, json.dumps(request.body.value))


def _header(credential: Credential, secret: Secret) -> tuple[str, str]:
    value = secret.reveal()
    match credential.kind:
        case "bearer":
            return "Authorization", f"Bearer {value}"
        case "basic":
            return "Authorization", f"Basic {base64.b64encode(value.encode()).decode('ascii')}"
        case "apiKey" if credential.location == "header":
            return credential.name, value
    raise SuiteError(f"no header carries the credential {credential.scheme}", where=credential.pointer)


def _schemas(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a document that may be a schema, with the name of the field or parameter it describes."""
    if isinstance(node, list):
        for item in node:
            yield from _schemas(item, name)
    elif isinstance(node, dict):
        yield name, node
        for key, value in node.items():
            if key == "properties" and isinstance(value, dict):
                for field_name, schema in value.items():
                    yield from _schemas(schema, field_name)
            else:
                yield from _schemas(value, str(node["name"]) if key == "schema" and "name" in node else name)


def _refuses_unknown(schema: Mapping[str, Any]) -> bool:
    extension = schema.get(RESOURCE)
    return isinstance(extension, dict) and extension.get("unknown") == "refused"


def _written(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
