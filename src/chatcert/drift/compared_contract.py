"""One of two compared contracts: its requirements by a key that both share, and the value that each demands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatcert.drift.directions import rules_of_field
from chatcert.openapi.contract import Answer, Contract
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field, flattened, walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.answer_rules import FIELD_KEYWORDS
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import (
    Accepts,
    AnswerGroup,
    Answers,
    Authenticates,
    CredentialForm,
    KnowsResource,
    Refuses,
    Rule,
    Variation,
)
from chatcert.requirements.requirement import Clause, Kind, Level, Requirement

Fields = Mapping[tuple[str, ...], Field]
Rules = dict[tuple[str, ...], dict[str, Any]]

SUCCESS = "success"
OPERATION = "operation"
"""First segment of the ids of facts about the operation as a whole, which are compared like requirements."""

_INSENSITIVE = re.compile(r"(auth|request/header|accepts/header|robustness/header|accepts/wire)/")


@dataclass(frozen=True)
class ComparedContract:
    """A contract prepared for a comparison.

    Attributes:
        alias: its only success status, if the other contract has a different one.
        requirements: by key; requirements of the two contracts with one key are about the same subject.
        body: the fields of the request body, by path.
        answers: the fields of each answer, by path, for each status as the keys write it.
    """

    contract: Contract
    alias: str = ""
    requirements: Mapping[str, Requirement] = field(init=False)
    body: Fields = field(init=False)
    answers: Mapping[str, Fields] = field(init=False)

    def __post_init__(self) -> None:
        contract = self.contract
        found: dict[str, Requirement] = {}
        for requirement in (*_operation(contract), *derive(contract).requirements.values()):
            found.setdefault(self._key(requirement), requirement)
        body = contract.body
        fields = walk(body.schema, body.schema_pointer) if body is not None else ()
        answers = {
            self._status(a): {f.path: f for f in walk(a.schema or {}, a.schema_pointer)} for a in contract.answers
        }
        for name, value in (("requirements", found), ("body", {f.path: f for f in fields}), ("answers", answers)):
            object.__setattr__(self, name, value)

    def _status(self, answer: Answer) -> str:
        return SUCCESS if answer.status == self.alias else answer.status

    def _key(self, requirement: Requirement) -> str:
        """Return the id without its vendor, with header names in lower case, and without a status that was renamed."""
        path, check = requirement.path, requirement.check
        if isinstance(check, Answers):
            if check.status in (AnswerGroup.INVALID, AnswerGroup.UNAUTHENTICATED):
                return f"response/{check.status}/{check.rule}"
            if check.rule in (Rule.STATUS, Rule.FRAMING) or check.status == self.alias:
                return f"response/{SUCCESS}/{path.split('/', 2)[2]}"
        return path.lower() if _INSENSITIVE.match(path) else path

    @property
    def ways_in(self) -> list[frozenset[tuple[str, ...]]]:
        """The sets of credentials that are enough, each credential as its kind and its place; at least one set."""
        known: dict[str, tuple[str, ...]] = {
            c.scheme: (str(c.kind), c.location, c.name.lower()) for c in self.contract.credentials
        }
        ways = [frozenset(known.get(name, (name,)) for name in one.schemes) for one in self.contract.alternatives]
        return ways or [frozenset()]

    def answer_of(self, check: Answers) -> Fields | None:
        """Return the fields of the answer that a rule is about; ``None`` if the document does not describe it."""
        return self.answers.get(SUCCESS if check.status == self.alias else check.status)

    def value_of(self, requirement: Requirement) -> tuple[str, Any]:
        """Return the keyword of a requirement and its value; ``MISSING`` if the id says everything."""
        check = requirement.check
        match check:
            case Refuses(place="body"):
                return self._refused_in_body(check)
            case Refuses():
                return self._refused_in_parameter(check)
            case Accepts(variation=Variation.ALL_FIELDS):
                return "schema", self._rest_of_request()
            case Accepts() if check.variation in LIMITS:
                return check.variation, check.value
            case Authenticates(form=CredentialForm.MISSING) if check.scheme:
                used = next(c for c in self.contract.credentials if c.scheme == check.scheme)
                return "credential", [used.kind, used.location, used.name.lower()]
            case Answers():
                return self._answered(check)
            case KnowsResource():
                return "open", check.open_question
            case Operation():
                return check.keyword, check.value
            case _:
                return "", MISSING

    def _refused_in_parameter(self, check: Refuses) -> tuple[str, Any]:
        name, path = check.path[0], check.path[1:]
        parameter = next(p for p in self.contract.parameters if (p.location, p.name) == (check.place, name))
        if check.keyword == "required":
            return check.keyword, True
        found = next((field.schema for field in walk(parameter.schema, "") if field.path == path), {})
        return check.keyword, flattened(found, parameter.schema).get(check.keyword, MISSING)

    def _refused_in_body(self, check: Refuses) -> tuple[str, Any]:
        found = self.body.get(check.path)
        if check.keyword in ("required", "null") or found is None:
            return check.keyword, MISSING
        if check.keyword == "additionalProperties":
            return "names", sorted(found.schema.get("properties") or {})
        assert self.contract.body is not None
        return check.keyword, rules_of_field(found, self.contract.body.schema).get(check.keyword, MISSING)

    def _answered(self, check: Answers) -> tuple[str, Any]:
        contract = self.contract
        match check.rule:
            case Rule.STATUS if check.status == AnswerGroup.INVALID:
                return "statuses", sorted(contract.documented(400, 422)) or ["4XX"]
            case Rule.STATUS if check.status == AnswerGroup.UNAUTHENTICATED:
                return "statuses", sorted(contract.documented(401, 403)) or ["4XX"]
            case Rule.STATUS:
                return "statuses", sorted(
                    {status for a in contract.successes for status in _statuses_covered(a.status)}
                )
            case Rule.CONTENT_TYPE:
                answer = next(a for a in contract.answers if a.status == check.status)
                return "media-types", sorted(_base_media_types(answer.content))
            case Rule.MEDIA_TYPE:
                answer = next(a for a in contract.answers if a.status == check.status)
                schema = answer.content[str(check.detail)]
                return "schema", {found.path: rules_of_field(found, schema) for found in walk(schema, "")}
            case Rule.SCHEMA if check.stream:
                return "schema", self._rest_of_events(check)
            case Rule.SCHEMA:
                return "schema", self._rest_of_answer(check)
            case rule if check.header or check.stream:
                return rule, MISSING if check.detail is None else check.detail
            case rule if rule in FIELD_KEYWORDS:
                found = (self.answer_of(check) or {}).get(check.path)
                return rule, rules_of_field(found, self._root(check)).get(rule, MISSING) if found else check.detail
            case _ if isinstance(check.detail, Mapping):
                return "rule", {k: v for k, v in check.detail.items() if k not in ("source", "provenance")}
            case _:
                return "", MISSING

    def _root(self, check: Answers) -> dict[str, Any]:
        return next((a.schema for a in self.contract.answers if a.status == check.status), None) or {}

    def _rest_of_answer(self, check: Answers) -> Rules:
        fields, root = self.answer_of(check) or {}, self._root(check)
        return {path: rules_of_field(found, root) for path, found in fields.items()}

    def _rest_of_events(self, check: Answers) -> Rules:
        """Return the rules on the events of a stream, in the first way in which the document can be read."""
        answer = next(a for a in self.contract.answers if a.status == check.status)
        stream = answer.stream(check.stream)
        schema = stream.schemas[0].schema if stream is not None and stream.schemas else {}
        return {found.path: rules_of_field(found, schema) for found in walk(schema, "")}

    def _rest_of_request(self) -> Rules:
        rules: Rules = {}
        if self.contract.body is not None:
            for path, found in self.body.items():
                rules["body", *path] = rules_of_field(found, self.contract.body.schema)
        places = re.findall(r"\{([^}]*)\}", self.contract.path)
        for parameter in self.contract.parameters:
            name = parameter.name.lower() if parameter.location == "header" else parameter.name
            if name in places and parameter.location == "path":  # a server does not see the names of path parameters
                name = str(places.index(name))
            for found in walk(parameter.schema, parameter.pointer):
                rules[parameter.location, name, *found.path] = rules_of_field(found, parameter.schema)
        return rules


@dataclass(frozen=True, slots=True)
class Operation:
    """A fact about the operation as a whole."""

    keyword: str
    value: Any


def _base_media_types(media_types: Iterable[str]) -> set[str]:
    return {name.partition(";")[0].strip().lower() for name in media_types}


def _statuses_covered(status: str) -> list[str]:
    return [status] if status.isdigit() else [f"{status[0]}{number:02}" for number in range(100)]


def _styles(contract: Contract) -> dict[str, str]:
    """Return how each parameter is written: the media type of its content, or its style where that shows."""
    places = re.findall(r"\{([^}]*)\}", contract.path)
    found: dict[str, str] = {}
    for one in contract.parameters:
        name = str(places.index(one.name)) if one.location == "path" and one.name in places else one.name.lower()
        written = one.media_type or (one.style if one.style in ("label", "matrix") else "")
        if not one.media_type and {"array", "object"} & set(
            Field((), flattened(one.schema, one.schema), required=True, pointer="").types
        ):
            written = f"{one.style}, {'exploded' if one.explode else 'in one'}"
        found[f"{one.location} {name}"] = written
    return found


def _operation(contract: Contract) -> list[Requirement]:
    """Return what a request needs to reach the operation, in the form of requirements."""
    path = re.sub(r"\{[^}]*\}", "{}", contract.path)
    addresses = sorted({f"{server}{path}" for server in contract.servers} or {path})
    servers = ", ".join(contract.servers) or "no server that is named"
    media_types = sorted(_base_media_types(contract.body.content)) if contract.body is not None else []
    errors = [answer.status for answer in contract.errors]
    where = contract.operation_pointer

    def fact(name: str, keyword: str, value: Any, text: str, pointer: str) -> Requirement:
        return Requirement(
            f"{contract.vendor}/{OPERATION}/{name}",
            contract.vendor,
            Kind.PROTOCOL,
            Level.MUST,
            Provenance.SCHEMA,
            Clause(text, pointer),
            Operation(keyword, value),  # type: ignore[arg-type]
        )

    return [
        fact("method", "method", contract.method, f"A chat is created by {contract.method}", where),
        fact("path", "path", {"path": path, "whole": addresses}, f"A chat is created at {contract.path}", where),
        fact(
            "servers",
            "servers",
            {"servers": sorted(contract.servers), "whole": addresses},
            f"The API is served at {servers}",
            "/servers" if "openapi" in contract.document else "/host",
        ),
        fact(
            "media-types",
            "media-types",
            media_types,
            f"A request is {' or '.join(media_types) or 'without a body'}",
            contract.body.pointer if contract.body is not None else where,
        ),
        fact("parameters", "styles", _styles(contract), "Parameters are written in their styles", where),
        fact(
            "errors",
            "statuses",
            sorted(errors),
            f"An error has status {', '.join(sorted(errors)) or 'unknown'}",
            f"{where}/responses",
        ),
    ]
