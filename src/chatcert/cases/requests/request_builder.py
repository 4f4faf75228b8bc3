"""Build requests: valid parameters and bodies, edits of them, and the controls that cases differ from."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.requests.parameter_styles import PLAIN_WORD, arrives, header_text, path_text, query_pairs, schema_of
from chatcert.cases.requests.text_forms import read_configured, read_text
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.names import variable_name
from chatcert.openapi.contract import JSON_MEDIA_TYPE, Alternative, Answer, Contract, Parameter
from chatcert.openapi.distinct import distinct_at, is_idempotency_key
from chatcert.openapi.existing_names import parameter_names_something
from chatcert.openapi.schemas.branched_fields import branched_fields, is_large
from chatcert.openapi.schemas.fields import Choice, Field, shown_path
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.sample_values import SampleBuilder
from chatcert.requirements.acceptance import has_own_acceptance
from chatcert.requirements.check import CredentialForm, Variation
from chatcert.requirements.refusal import in_one_type

STREAM_SWITCH = "stream"
"""The field of a request that asks for a stream, or for none, where the document describes both."""


def accepted_types(answers: tuple[Answer, ...]) -> str:
    """Return the Accept header of requests of which no success is documented as plain JSON; empty for all others."""
    names = [name for answer in answers for name in answer.content]
    if not names or any("*" in name or name.partition(";")[0].strip().lower() == JSON_MEDIA_TYPE for name in names):
        return ""
    return ", ".join(dict.fromkeys([*names, JSON_MEDIA_TYPE]))


def _with_content(parameter: Parameter) -> Iterator[Any]:
    """Yield values of a parameter that have a member or an item: without any, it would not be sent at all."""
    samples, flat = SampleBuilder(parameter.schema, seed=parameter.name, plain=PLAIN_WORD), schema_of(parameter)
    wanted = [{"required": [name]} for name in flat.get("properties") or ()]
    for one in (*wanted, {"minProperties": 1}, {"minItems": 1}):
        value = samples.value({"allOf": [parameter.schema, one]})
        if value is not MISSING and arrives(parameter, value):
            yield value


MAX_CONTEXTS = 16
"""Alternatives beside which a rule is tried that cannot be tested in the smallest body."""


class RequestBuilder:
    """Builds the requests of one contract.

    Args:
        resources: configured names of existing things, by field name.
        credentials: names of the configured credentials; ``None`` for all of the contract.
    """

    def __init__(
        self, contract: Contract, resources: Mapping[str, Any], credentials: Container[str] | None = None
    ) -> None:
        self.contract = contract
        self.resources = resources
        self._configured = credentials
        self.carried = contract.chosen_alternative(credentials)
        self.bodies = ValidBodies(contract, resources)
        self._narrowed: dict[tuple[Choice, ...], ValidBodies] = {(): self.bodies}
        self._parameter_values: dict[tuple[str, str], Any] = {}
        self._accepted = accepted_types(contract.successes)
        self._streams = [stream for answer in contract.successes for stream in answer.streams]
        for path, field in (self._listed_fields(()) or {}).items():
            self.bodies.fields.setdefault(path, field)

    def of_media_type(self, media_type: str) -> RequestBuilder:
        """Return what builds the requests of the same operation if its body is of one of its media types alone."""
        assert self.contract.body is not None, "a media type is that of a body"
        contract = replace(self.contract, body=in_one_type(self.contract.body, media_type))
        return RequestBuilder(contract, self.resources, self._configured)

    def bodies_of(self, choices: tuple[Choice, ...]) -> ValidBodies:
        """Return what builds the bodies in which these alternatives are chosen."""
        if choices not in self._narrowed:
            fields = self._listed_fields(choices)
            outer = self.bodies_of(choices[:-1])
            self._narrowed[choices] = bodies = ValidBodies(self.contract, self.resources, choices, fields, outer)
            for found in self._fields_by_choices.get(choices, ()):
                bodies.fields.setdefault(found.path, found)
        return self._narrowed[choices]

    def _listed_fields(self, choices: tuple[Choice, ...]) -> dict[tuple[str, ...], Field] | None:
        """Return the fields of a large body of some alternatives; ``None`` for another body, which is read instead."""
        body = self.contract.body
        if body is None or not is_large(body.schema):
            return None
        ways = [choices[:length] for length in range(len(choices) + 1)]
        return {field.path: field for way in ways for field in self._fields_by_choices.get(way, ())}

    @cached_property
    def _fields_by_choices(self) -> dict[tuple[Choice, ...], list[Field]]:
        body = self.contract.body
        found: dict[tuple[Choice, ...], list[Field]] = {}
        for field in branched_fields(body.schema, body.schema_pointer) if body is not None else ():
            found.setdefault(field.choices, []).append(field)
        return found

    @cached_property
    def contexts(self) -> tuple[tuple[Choice, ...], ...]:
        """The alternatives of the body, each chosen alone: some rules can be tested beside one of them only."""
        return tuple(choices for choices in self._fields_by_choices if len(choices) == 1)[:MAX_CONTEXTS]

    @property
    def media_type(self) -> str:
        """The media type of the body; empty where the operation takes none."""
        return self.contract.body.media_type if self.contract.body is not None else ""

    @property
    def encoding(self) -> Mapping[str, Any]:
        """How the fields of a form are written."""
        return self.contract.body.encoding if self.contract.body is not None else {}

    def request(
        self,
        body: Any = MISSING,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        cookies: Mapping[str, Any] | None = None,
        credentials: Mapping[str, CredentialForm] | None = None,
    ) -> Request:
        """Build a request with every required parameter; parameters whose value is ``MISSING`` are left out.

        Args:
            body: a JSON value, a ``JsonBody``, a ``RawBody`` or ``None``; by default the smallest valid body.
            credentials: per security scheme, the form in which its credential is sent.
        """
        given = {"path": path or {}, "query": query or {}, "header": headers or {}, "cookie": cookies or {}}
        fields: dict[str, str] = {}
        texts: dict[str, str] = {}
        pairs: list[tuple[str, str]] = []
        crumbs: list[tuple[str, str]] = []
        for parameter in self.contract.parameters:
            name, location = parameter.name, parameter.location
            value = given[location].get(name, MISSING)
            if name not in given[location] and (parameter.required or is_idempotency_key(name)):
                value = self.parameter_value(name, location)
            if value is MISSING:
                continue
            match location:
                case "path":
                    texts[name] = path_text(parameter, value)
                case "query":
                    pairs += query_pairs(parameter, value)
                case "header":
                    fields[name] = header_text(parameter, value)
                case "cookie":
                    crumbs += query_pairs(parameter, value)
        known = {(parameter.location, parameter.name) for parameter in self.contract.parameters}
        texts |= {n: v for n, v in given["path"].items() if ("path", n) not in known and v is not MISSING}
        pairs += [(n, v) for n, v in given["query"].items() if ("query", n) not in known and v is not MISSING]
        fields |= {n: v for n, v in given["header"].items() if ("header", n) not in known and v is not MISSING}
        crumbs += [(n, v) for n, v in given["cookie"].items() if ("cookie", n) not in known and v is not MISSING]
        sent = dict(fields)
        if crumbs:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in crumbs)
        content = self._content(body)
        accepted = self._accepted_for(content)
        if accepted and "accept" not in map(str.lower, sent):
            sent["Accept"] = accepted
        has_media_type = any(name.lower() == "content-type" for name in (*sent, *given["header"]))
        if isinstance(content, JsonBody) and self.contract.body is not None and not has_media_type:
            sent["Content-Type"] = self.media_type.replace("*/*", "application/json")
        return Request(
            method=self.contract.method,
            path_parameters=texts,
            query=tuple(pairs),
            headers=tuple(sent.items()),
            body=content,
            credentials=credentials or {},
        )

    def _accepted_for(self, content: JsonBody | RawBody | None) -> str:
        """Return the Accept header of a request: of one that asks for a stream, the stream before JSON."""
        value = content.value if isinstance(content, JsonBody) else None
        if self._streams and isinstance(value, dict) and value.get(STREAM_SWITCH) is True:
            return f"{self._streams[0].media_type}, {JSON_MEDIA_TYPE}"
        return self._accepted

    def _content(self, body: Any) -> JsonBody | RawBody | None:
        if body is MISSING:
            return JsonBody(self.bodies.body()) if self.contract.body is not None else None
        return body if isinstance(body, JsonBody | RawBody | None) else JsonBody(body)

    def request_with_parameter(self, location: str, name: str, value: Any) -> Request:
        """Build a valid request but for one parameter; ``MISSING`` leaves it out."""
        parameters = {location: {name: value}}
        return self.request(
            path=parameters.get("path"),
            query=parameters.get("query"),
            headers=parameters.get("header"),
            cookies=parameters.get("cookie"),
        )

    def check_configured(self, *names: str) -> None:
        """Check that the target has these credentials.

        Raises:
            Unplannable: one of them is not configured.
        """
        for name in names:
            if self._configured is not None and name not in self._configured:
                raise Unplannable(
                    f"no value for {variable_name(self.contract.vendor, name)} is configured", Cause.NOT_CONFIGURED
                )

    def forms_with(self, scheme: str) -> dict[str, CredentialForm]:
        """Return the forms of the credentials of a valid request that carries one scheme; empty if all requests do.

        Raises:
            Unplannable: no alternative with that scheme is configured.
        """
        self.check_configured(scheme)
        if scheme in self.carried.schemes:
            return {}
        holding = [alternative for alternative in self.contract.alternatives if scheme in alternative.schemes]
        whole = [a for a in holding if self._configured is None or all(n in self._configured for n in a.schemes)]
        if not whole:
            self.check_configured(*holding[0].schemes)
        return self.forms_of(whole[0])

    @property
    def other_alternatives(self) -> list[Alternative]:
        """The alternatives of ``security`` that are configured as a whole, beside the one that requests carry."""
        return [one for one in self.contract.usable_alternatives(self._configured) if one != self.carried]

    def forms_of(self, alternative: Alternative) -> dict[str, CredentialForm]:
        """Return the forms of all credentials in a request that carries one alternative; empty if all requests do."""
        if alternative == self.carried:
            return {}
        left_out = [name for name in self.carried.schemes if name not in alternative.schemes]
        return dict.fromkeys(left_out, CredentialForm.MISSING) | dict.fromkeys(
            alternative.schemes, CredentialForm.VALID
        )

    def credentials_control(self, scheme: str) -> Case:
        """Return the control that carries the first configured alternative with a scheme."""
        forms = self.forms_with(scheme)
        name = "+".join(name for name, form in forms.items() if form is CredentialForm.VALID)
        return self.control(self.request(credentials=forms), f"security/{name}")

    def parameter(self, name: str, location: str = "") -> Parameter:
        """Return the parameter of that name, and of that location where several share the name."""
        return next(p for p in self.contract.parameters if p.name == name and location in ("", p.location))

    def parameter_value(self, name: str, location: str = "") -> Any:
        """Return a valid value of a parameter.

        Args:
            location: where it travels; needed where several parameters share the name.
        """
        parameter = self.parameter(name, location)
        key = (parameter.location, name)
        if key not in self._parameter_values:
            self._parameter_values[key] = self._valid_value(parameter)
        return self._parameter_values[key]

    def _valid_value(self, parameter: Parameter) -> Any:
        distinct = distinct_at(self.contract, parameter.location, (parameter.name,)) is not None
        if not distinct and parameter.name in self.resources:
            configured = self.resources[parameter.name]
            schema = parameter.schema
            return read_configured(configured, schema, schema) if isinstance(configured, str) else configured
        value = parameter.example
        is_valid = validator_for(parameter.schema).is_valid
        typed = read_text(value, schema_of(parameter)) if isinstance(value, str) else value
        if value is None or not is_valid(typed):
            value = SampleBuilder(parameter.schema, seed=parameter.name).value(parameter.schema)
            if not arrives(parameter, value):
                value = SampleBuilder(parameter.schema, seed=parameter.name, plain=PLAIN_WORD).value(parameter.schema)
            if not arrives(parameter, value):
                value = next(_with_content(parameter), value)
        if value is MISSING:
            value = parameter.example if parameter.example is not None else "1"
        return value

    def names_something(self, parameter: Parameter) -> bool:
        """Return whether not every value of a parameter is served: it names something, or a value is configured."""
        return parameter.name in self.resources or parameter_names_something(self.contract, parameter)

    def is_unknown(self, parameter: Parameter) -> bool:
        """Return whether an optional parameter names something for which nothing is configured: it is left out."""
        named = not parameter.required and parameter.name not in self.resources
        return named and self.names_something(parameter)

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

    def control(self, request: Request | None = None, accepts: str = Variation.REQUIRED_ONLY) -> Case:
        """Return a valid request whose one exchange serves every case that is one edit away from it.

        Args:
            request: by default the smallest valid one.
            accepts: the acceptance requirement that the request belongs to, without ``accepts/``.
        """
        if request is None and accepts == Variation.REQUIRED_ONLY:
            return self._smallest_control
        return self._control(request or self.request(), accepts)

    @cached_property
    def _smallest_control(self) -> Case:
        return self._control(self.request(), Variation.REQUIRED_ONLY)

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
        return self.control(self.request(self.bodies.full_body()), Variation.ALL_FIELDS)

    def control_holding(self, path: tuple[str, ...], body: Any, choices: tuple[Choice, ...] = ()) -> Case:
        """Return the control that sends ``body``, which is valid and holds the field at ``path``.

        Args:
            choices: the alternatives that it is of: where it is refused, the last of them is.
        """
        named = [number for number, choice in enumerate(choices, 1) if choice.name]
        if named and body != self.bodies.body():
            place = "/".join(shown_path(choices[named[-1] - 1].path, choices[: named[-1]]))
            return replace(self.control(self.request(body), f"body/{place}"), control=self.control())
        if body == self.bodies.body():
            return self.control(self.request(body))
        return replace(self.control(self.request(body), self._owner(path, body)), control=self.control())

    def _owner(self, path: tuple[str, ...], body: Any) -> str:
        """Return the requirement that is broken where a body is refused that is made to hold ``path``.

        It is that of the innermost optional field: a server that refuses it may well accept those around it. Where
        there is none, it is that of an optional field beside it, without which a form would be empty.
        """
        for length in range(len(path), 0, -1):
            field = self.bodies.fields.get(path[:length])
            if field is not None and has_own_acceptance(field):
                return f"body/{field.name}/present"
        smallest = self.bodies.body()
        for name in body if isinstance(body, dict) and isinstance(smallest, dict) else ():
            field = self.bodies.fields.get((name,))
            if name not in smallest and field is not None and has_own_acceptance(field):
                return f"body/{field.name}/present"
        return str(Variation.REQUIRED_ONLY)

    def optional_resources(self) -> Iterator[tuple[str, Case]]:
        """Yield each configured name that the smallest request leaves out, with the valid request that sends it."""
        for path, field in self.bodies.fields.items():
            if len(path) == 1 and not field.required and path[0] in self.resources and self.bodies.resource_at(path):
                yield path[0], self.control_holding(path, self.bodies.body_holding(path))
