"""The plan: which cases put a requirement to the test. The same contract, seed and resources give the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from chatcert.cases.builder import Builder
from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.encoding import form_text
from chatcert.cases.instances import Instances
from chatcert.cases.plan import IMPOSSIBLE, SPARED, Plan
from chatcert.cases.pool import Pool
from chatcert.cases.profile import Profile
from chatcert.cases.text_forms import read_text
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.fields import flattened
from chatcert.openapi.pointer import MISSING, replaced
from chatcert.openapi.validator import validator_for
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import (
    Accepts,
    Answers,
    Authenticates,
    KnowsResource,
    Method,
    Refuses,
    RefusesPayload,
    Withstands,
)
from chatcert.requirements.requirement import Requirement

__all__ = ["IMPOSSIBLE", "SPARED", "Plan", "Planner", "Unplannable"]


class Planner:
    """Plans the cases of one contract.

    Args:
        resources: configured names of existing things, by field name.
        seed: the run's seed; the same seed gives the same requests.
        gentle: plan nothing hostile or malformed.
    """

    def __init__(
        self,
        contract: Contract,
        resources: Mapping[str, Any],
        profile: Profile,
        seed: int,
        *,
        gentle: bool = False,
    ) -> None:
        self.gentle = gentle
        self.contract = contract
        self.profile = profile
        self.seed = seed
        self.resources = resources
        self.instances = Instances(contract, resources)
        self._plans: dict[str, Plan] = {}
        self._values: dict[tuple[str, str], str] = {}

    def plan(self, requirement: Requirement) -> Plan:
        """The cases of one requirement, each confirmed by the validator to be what it claims to be."""
        if requirement.id not in self._plans:
            self._plans[requirement.id] = self._plan(requirement)
        return self._plans[requirement.id]

    def _plan(self, requirement: Requirement) -> Plan:
        from chatcert.cases import acceptance, refusal, response, robustness

        if self.gentle and requirement.intrusive:
            return Plan((), SPARED)
        check = requirement.check
        if not self.instances.possible:
            return Plan((), IMPOSSIBLE)
        match check:
            case Accepts():
                found = acceptance.cases(self, requirement, check)
            case Refuses() | RefusesPayload():
                found = refusal.cases(self, requirement, check)
            case Authenticates() | KnowsResource() | Withstands() | Method():
                found = robustness.cases(self, requirement, check)
            case Answers():
                found = response.cases(self, requirement, check)
        try:
            cases = tuple(_numbered(requirement, found))
        except Unplannable as reason:
            return Plan((), str(reason))
        return Plan(cases, "" if cases else "no case of it can be generated")

    def request(
        self,
        body: Any = MISSING,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Request:
        """A request with valid parameters; ``body`` is a JSON value, ``RawBody``, ``JsonBody`` or ``None``."""
        parameters: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for parameter in self.contract.parameters:
            if parameter.required:
                parameters[parameter.location][parameter.name] = self.parameter_value(
                    parameter.name, parameter.location
                )
        parameters["path"].update(path or {})
        parameters["query"].update(query or {})
        parameters["cookie"].update(cookies or {})
        sent = {**parameters["header"], **(headers or {})}
        if parameters["cookie"]:
            named = {name: value for name, value in parameters["cookie"].items() if value is not MISSING}
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in named.items()) if named else MISSING
        content: JsonBody | RawBody | None
        if body is MISSING:
            content = JsonBody(self.instances.body()) if self.contract.body is not None else None
        else:
            content = body if isinstance(body, JsonBody | RawBody | None) else JsonBody(body)
        if isinstance(content, JsonBody) and self.contract.body is not None and "Content-Type" not in sent:
            sent["Content-Type"] = self.contract.body.media_type.replace("*/*", "application/json")
        return Request(
            method=self.contract.method,
            path_parameters=parameters["path"],
            query=tuple((name, value) for name, value in parameters["query"].items() if value is not MISSING),
            headers=tuple((name, value) for name, value in sent.items() if value is not MISSING),
            body=content,
            **more,
        )

    def request_with(self, location: str, name: str, value: str) -> Request:
        """A valid request but for one parameter; ``MISSING`` leaves it out."""
        place = {location: {name: value}}
        return self.request(
            path=place.get("path"), query=place.get("query"), headers=place.get("header"), cookies=place.get("cookie")
        )

    def parameter_value(self, name: str, location: str = "") -> str:
        """A valid value of a parameter, as text.

        Args:
            location: where it travels, for a name that parameters of several places have.
        """
        parameter = self.parameter(name, location)
        key = (parameter.location, name)
        if key not in self._values:
            self._values[key] = self._parameter_text(parameter)
        return self._values[key]

    def parameter(self, name: str, location: str = "") -> Parameter:
        """The parameter of that name."""
        return next(p for p in self.contract.parameters if p.name == name and location in ("", p.location))

    def _parameter_text(self, parameter: Parameter) -> str:
        if parameter.name in self.resources and (parameter.resource is not None or parameter.location == "path"):
            return form_text(self.resources[parameter.name])
        value = parameter.example
        flat = flattened(parameter.schema, parameter.schema)
        typed = read_text(value, flat) if isinstance(value, str) else value
        if value is None or not validator_for(parameter.schema).is_valid(typed):
            value = Builder(parameter.schema, parameter.name).first(parameter.schema, parameter.name)
        if value is MISSING:
            value = parameter.example if parameter.example is not None else "1"
        if isinstance(value, list):  # as styles `form` and `simple` write it
            return ",".join(map(form_text, value))
        return form_text(value)

    @cached_property
    def pool(self) -> Pool:
        """Generated values that are wrong where another type, another member or a shorter text is due."""
        return Pool(self.seed, self.profile.examples)

    def boundary_values(self, path: tuple[str, ...], keyword: str) -> Sequence[Any]:
        """Values that Schemathesis puts at ``path`` of the body to break ``keyword`` there; empty where it has none."""
        if "*" in path:
            return ()
        return self.boundaries.get("".join(f"/properties/{token}" for token in path) + f"/{keyword}", ())

    @cached_property
    def boundaries(self) -> Mapping[str, Sequence[Any]]:
        """The boundary values of the whole body, by where the keyword stands in its schema."""
        from chatcert.cases.schemathesis_values import boundaries_of

        return boundaries_of(self.contract)

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """The whole catalogue of the contract."""
        return tuple(derive(self.contract).requirements.values())

    def control(self, request: Request | None = None, accepts: str = "required-only") -> Case:
        """A valid request that one exchange may serve for all: by default the smallest one.

        Args:
            accepts: the acceptance requirement that owns it, without ``accepts/``.
        """
        if request is None and accepts == "required-only":
            return self._smallest
        return self._control(request or self.request(), accepts)

    @cached_property
    def _smallest(self) -> Case:
        return self._control(self.request(), "required-only")

    def _control(self, chosen: Request, accepts: str) -> Case:
        return Case(
            id=f"shared/{accepts}/{chosen.key}",
            requirement=f"{self.contract.vendor}/accepts/{accepts}",
            request=chosen,
            expectation=Expectation.ACCEPTED if self.instances.possible else Expectation.ANY,
            edit="",
            shared=True,
        )

    def control_with(self, path: tuple[str, ...], body: Any) -> Case:
        """The control that sends ``body``, valid and holding the field at ``path``."""
        field = self.instances.fields.get(path[:1])
        if field is None or field.required or body == self.instances.body():
            return self.control(self.request(body))
        return replace(self.control(self.request(body), f"body/{path[0]}/present"), control=self.control())

    def optional_resources(self) -> Iterator[tuple[str, Case]]:
        """Each configured name that the smallest request does without, with the valid request that names it."""
        for path, field in self.instances.fields.items():
            if len(path) == 1 and not field.required and path[0] in self.resources and self.instances.resource_at(path):
                yield path[0], self.control_with(path, self.instances.body_with(path))

    def edited(
        self, requirement: Requirement, request: Request, expectation: Expectation, edit: str, control: Case | None
    ) -> Case:
        """A case that is one edit away from ``control``; it gets its number later."""
        return Case("", requirement.id, request, expectation, edit, control)

    def altered(self, base: Any, path: tuple[str, ...], value: Any) -> Any:
        """``base`` with ``value`` at a concrete path."""
        return replaced(base, path, value)


def _numbered(requirement: Requirement, cases: Iterable[Case]) -> Iterator[Case]:
    seen: set[str] = set()
    number = 0
    for case in cases:
        key = f"{case.request.key} {case.edit}"
        if key in seen:
            continue
        seen.add(key)
        number += 1
        if case.shared:
            yield case
        else:
            yield replace(case, id=f"{requirement.id}#{number}", requirement=requirement.id)
