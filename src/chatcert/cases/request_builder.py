"""Build requests: valid parameters and bodies, edits of them, and the controls that cases differ from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.encoding import form_text
from chatcert.cases.text_forms import read_text
from chatcert.cases.valid_bodies import ValidBodies
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.distinct import distinct_at, is_idempotency_key
from chatcert.openapi.fields import flattened
from chatcert.openapi.pointer import MISSING
from chatcert.openapi.sample_values import SampleBuilder
from chatcert.openapi.validator import validator_for
from chatcert.requirements.check import CredentialForm


class RequestBuilder:
    """Builds the requests of one contract.

    Args:
        resources: configured names of existing things, by field name.
    """

    def __init__(self, contract: Contract, resources: Mapping[str, Any]) -> None:
        self.contract = contract
        self.resources = resources
        self.bodies = ValidBodies(contract, resources)
        self._parameter_values: dict[tuple[str, str], str] = {}

    @property
    def media_type(self) -> str:
        """The media type of the body; empty where the operation takes none."""
        return self.contract.body.media_type if self.contract.body is not None else ""

    def request(
        self,
        body: Any = MISSING,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        credentials: Mapping[str, CredentialForm] | None = None,
    ) -> Request:
        """Build a request with every required parameter; parameters whose value is ``MISSING`` are left out.

        Args:
            body: a JSON value, a ``JsonBody``, a ``RawBody`` or ``None``; by default the smallest valid body.
            credentials: per security scheme, the form in which its credential is sent.
        """
        parameters: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for parameter in self.contract.parameters:
            if parameter.required or is_idempotency_key(parameter.name):
                value = self.parameter_value(parameter.name, parameter.location)
                parameters[parameter.location][parameter.name] = value
        parameters["path"].update(path or {})
        parameters["query"].update(query or {})
        parameters["cookie"].update(cookies or {})
        sent = {**parameters["header"], **(headers or {})}
        if parameters["cookie"]:
            pairs = [f"{name}={value}" for name, value in parameters["cookie"].items() if value is not MISSING]
            sent["Cookie"] = "; ".join(pairs) if pairs else MISSING
        content = self._content(body)
        if isinstance(content, JsonBody) and self.contract.body is not None and "Content-Type" not in sent:
            sent["Content-Type"] = self.media_type.replace("*/*", "application/json")
        return Request(
            method=self.contract.method,
            path_parameters=parameters["path"],
            query=tuple((name, value) for name, value in parameters["query"].items() if value is not MISSING),
            headers=tuple((name, value) for name, value in sent.items() if value is not MISSING),
            body=content,
            credentials=credentials or {},
        )

    def _content(self, body: Any) -> JsonBody | RawBody | None:
        if body is MISSING:
            return JsonBody(self.bodies.body()) if self.contract.body is not None else None
        return body if isinstance(body, JsonBody | RawBody | None) else JsonBody(body)

    def request_with_parameter(self, location: str, name: str, value: str) -> Request:
        """Build a valid request but for one parameter; ``MISSING`` leaves it out."""
        parameters = {location: {name: value}}
        return self.request(
            path=parameters.get("path"),
            query=parameters.get("query"),
            headers=parameters.get("header"),
            cookies=parameters.get("cookie"),
        )

    def parameter(self, name: str, location: str = "") -> Parameter:
        """Return the parameter of that name, and of that location where several share the name."""
        return next(p for p in self.contract.parameters if p.name == name and location in ("", p.location))

    def parameter_value(self, name: str, location: str = "") -> str:
        """Return a valid value of a parameter, as text.

        Args:
            location: where it travels; needed where several parameters share the name.
        """
        parameter = self.parameter(name, location)
        key = (parameter.location, name)
        if key not in self._parameter_values:
            self._parameter_values[key] = self._valid_text(parameter)
        return self._parameter_values[key]

    def _valid_text(self, parameter: Parameter) -> str:
        distinct = distinct_at(self.contract, parameter.location, (parameter.name,)) is not None
        if (
            not distinct
            and parameter.name in self.resources
            and (parameter.resource is not None or parameter.location == "path")
        ):
            return form_text(self.resources[parameter.name])
        value = parameter.example
        flat = flattened(parameter.schema, parameter.schema)
        typed = read_text(value, flat) if isinstance(value, str) else value
        if value is None or not validator_for(parameter.schema).is_valid(typed):
            value = SampleBuilder(parameter.schema, seed=parameter.name).value(parameter.schema)
        if value is MISSING:
            value = parameter.example if parameter.example is not None else "1"
        if isinstance(value, list):  # as the styles `form` and `simple` write it
            return ",".join(map(form_text, value))
        return form_text(value)

    def value_at(self, place: str, path: tuple[str, ...]) -> Any:
        """Return the value that valid requests have at a place, ``MISSING`` where none could be made.

        Args:
            place: ``body`` or the location of the parameter.
            path: the field, or the parameter's name.
        """
        if place != "body":
            return self.parameter_value(path[0], place)
        try:
            return self.bodies.typical_value(path)
        except Unplannable:
            return MISSING

    def control(self, request: Request | None = None, accepts: str = "required-only") -> Case:
        """Return a valid request whose one exchange serves every case that is one edit away from it.

        Args:
            request: by default the smallest valid one.
            accepts: the acceptance requirement that the request belongs to, without ``accepts/``.
        """
        if request is None and accepts == "required-only":
            return self._smallest_control
        return self._control(request or self.request(), accepts)

    @cached_property
    def _smallest_control(self) -> Case:
        return self._control(self.request(), "required-only")

    def _control(self, request: Request, accepts: str) -> Case:
        return Case(
            id=f"shared/{accepts}/{request.key}",
            requirement=f"{self.contract.vendor}/accepts/{accepts}",
            request=request,
            expectation=Expectation.ACCEPTED if self.bodies.exist else Expectation.ANY,
            edit="",
            shared=True,
        )

    def full_control(self) -> Case:
        """Return the control that sends every optional field of the body."""
        return self.control(self.request(self.bodies.full_body()), "all-fields")

    def control_holding(self, path: tuple[str, ...], body: Any) -> Case:
        """Return the control that sends ``body``, which is valid and holds the field at ``path``."""
        field = self.bodies.fields.get(path[:1])
        if field is None or field.required or body == self.bodies.body():
            return self.control(self.request(body))
        return replace(self.control(self.request(body), f"body/{path[0]}/present"), control=self.control())

    def optional_resources(self) -> Iterator[tuple[str, Case]]:
        """Yield each configured name that the smallest request leaves out, with the valid request that sends it."""
        for path, field in self.bodies.fields.items():
            if len(path) == 1 and not field.required and path[0] in self.resources and self.bodies.resource_at(path):
                yield path[0], self.control_holding(path, self.bodies.body_holding(path))
