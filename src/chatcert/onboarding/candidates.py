"""Candidates for an overlay: rules that a document suggests without stating them, for a person to decide on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.onboarding.heuristics import (
    RequestField,
    echo_of,
    initial_value_of,
    is_chat_id,
    is_other_time,
    refusal_of,
    request_fields,
    terminator_of,
    time_unit_of,
)
from chatcert.onboarding.neighbours import neighbours_of
from chatcert.onboarding.overlay_target import target_of
from chatcert.onboarding.prose_rules import stated_rules
from chatcert.openapi.contract import Answer, Contract, Schema
from chatcert.openapi.distinct import distinct_at, names_the_new_thing
from chatcert.openapi.document.operation_parts import OperationParts
from chatcert.openapi.document.overlay import apply_matching_actions
from chatcert.openapi.existing_names import field_names_resource, parameter_names_resource, words_of
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, join, lookup, tokens_of
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Rule
from chatcert.requirements.draft import format_value
from chatcert.requirements.stream import path_of

RULES = (
    *("resource", "distinct", "refusal", "stream", "unique", "promised", "equals", "clock", "initial", "prose"),
    *("read", "list", "delete"),
)
MAX_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """One action that an overlay may have, with the reason for it.

    Attributes:
        rule: the name of the extension, without its prefix: one of ``RULES``.
        target: JSONPath of the schema or parameter.
        content: the members of the extension.
        reason: why the rule is likely, in one line.
        requirements: ids of the requirements that follow from it, without the vendor.
    """

    rule: str
    target: str
    content: Mapping[str, Any]
    reason: str
    requirements: tuple[str, ...]

    @property
    def action(self) -> dict[str, Any]:
        """The candidate as an action of an overlay."""
        return {
            "target": self.target,
            "description": self.reason,
            "update": {f"x-chatcert-{self.rule}": dict(self.content)},
        }


def find_candidates(contract: Contract) -> tuple[Candidate, ...]:
    """Return the candidates that the document of a contract suggests, one for each target and rule.

    Every candidate is checked: in an overlay, it yields its requirements.
    """
    found: dict[tuple[str, str], Candidate] = {}
    for candidate in _CandidateFinder(contract).all():
        known = found.setdefault((candidate.rule, candidate.target), candidate)
        ids = dict.fromkeys((*known.requirements, *candidate.requirements))
        if known.content == candidate.content:  # one place that several answers share
            found[candidate.rule, candidate.target] = replace(known, requirements=tuple(ids))
    ordered = sorted(found.values(), key=lambda candidate: RULES.index(candidate.rule))
    return tuple(_checked(contract, ordered[:MAX_CANDIDATES]))


def _checked(contract: Contract, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates that yield their requirements; try all together first, then halves of those that fail."""
    if all(_yields_requirements(contract, candidates)):
        return candidates
    half = len(candidates) // 2
    parts = (candidates[:half], candidates[half:]) if half else ()
    return [candidate for part in parts for candidate in _checked(contract, part)]


def _yields_requirements(contract: Contract, candidates: list[Candidate]) -> Iterator[bool]:
    """Yield for each candidate whether its requirements follow when all candidates are in one overlay."""
    overlay = {"overlay": "1.1.0", "actions": [candidate.action for candidate in candidates]}
    try:
        document, _ = apply_matching_actions(dict(contract.document), overlay, where="overlay")
        read = read_contract(document, vendor=contract.vendor, where="document", operation=contract.operation)
    except UsageError:
        yield False
        return
    known = derive(read).requirements
    for candidate in candidates:
        yield all(f"{contract.vendor}/{path}" in known for path in candidate.requirements)


class _CandidateFinder:
    """Finds the candidates in the request and the answers of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._document = contract.document
        body = contract.body if contract.body is not None and "json" in contract.body.media_type else None
        self._request = _named_fields(contract.body.schema, contract.body.schema_pointer) if contract.body else []
        self._parts = request_fields(self._request, body.examples) if body is not None else {}
        parts = OperationParts(contract.document, contract.path, contract.method.lower())
        self._shown = {response.name: list(_examples(parts, response)) for response in parts.responses}
        self._shown_of = {
            (response.name, content.name): list(_examples_in(content.value))
            for response in parts.responses
            for content in parts.contents(response)
        }

    def all(self) -> Iterator[Candidate]:
        yield from self._resources()
        yield from self._distinct()
        yield from self._prose()
        for answer in self._contract.successes:
            yield from self._refusal(answer)
            yield from self._streams(answer)
            yield from self._of_success(answer)
        for answer in self._contract.errors:
            yield from self._of_error(answer)
        target = target_of(self._document, self._contract.operation_pointer)
        for one in neighbours_of(self._contract) if target else ():
            yield Candidate(one.rule, target, one.content, one.reason, one.requirements)

    def _candidate(
        self, rule: str, field: Field, content: Mapping[str, Any], reason: str, requirements: tuple[str, ...]
    ) -> Iterator[Candidate]:
        """Yield the candidate if an overlay can name its field, and if the rule is not stated there yet."""
        target = target_of(self._document, field.named_at)
        if target and f"x-chatcert-{rule}" not in field.schema:
            yield Candidate(rule, target, content, reason, requirements)

    def _resources(self) -> Iterator[Candidate]:
        missing = " and 404 is documented" if self._contract.documented(404) else ""
        for parameter in self._contract.parameters:
            if parameter.resource is not None or not parameter_names_resource(
                parameter.name, parameter.schema, in_path=parameter.location == "path"
            ):
                continue
            if distinct_at(self._contract, parameter.location, (parameter.name,)) is not None:
                continue
            field = Field((parameter.name,), {}, parameter.required, parameter.pointer, False, parameter.pointer)
            content = {
                "unknown": "refused" if parameter.required else "either",
                "required": parameter.required,
                "source": f"Parameter {parameter.name}.",
            }
            reason = f"The {parameter.location} parameter {parameter.name} looks like the name of a resource{missing}."
            yield from self._candidate("resource", field, content, reason, (f"resource/{parameter.name}/unknown",))
        for field in self._request:
            if not field_names_resource(field) or self._is_new(field):
                continue
            content = {
                "unknown": "refused" if field.required else "either",
                "required": field.required,
                "source": f"Request, {field.name}.",
            }
            reason = f"{field.name} in the request looks like the id of a resource that exists{missing}."
            place = f"resource/{'/'.join(field.path)}/unknown"
            yield from self._candidate("resource", field, content, reason, (place,))

    def _is_new(self, field: Field) -> bool:
        """Return whether a request field looks like a value that must be new."""
        if "x-chatcert-resource" in field.schema or field.schema.get("x-chatcert-distinct") is False:
            return False
        description = str(field.schema.get("description", ""))
        known = distinct_at(self._contract, "body", field.path) is not None
        named = field_names_resource(field) and names_the_new_thing(self._contract, field.path, description)
        return known or named

    def _distinct(self) -> Iterator[Candidate]:
        conflict = self._contract.documented(409)
        for field in self._request:
            if self._is_new(field):
                content = {**({"status": conflict[0]} if conflict else {}), "source": f"Request, {field.name}."}
                documented = " and 409 is documented" if conflict else ""
                reason = f"{field.name} in the request looks like a name that the client chooses anew{documented}."
                place = f"request/body/{'/'.join(field.path)}/distinct"
                yield from self._candidate("distinct", field, content, reason, (place,))

    def _prose(self) -> Iterator[Candidate]:
        """Yield what descriptions of request fields state in words, if the document's own examples keep to it."""
        for field in self._request:
            rule: dict[str, Any] = {}
            words = []
            for stated, said in stated_rules(field.schema):
                examples = self._parts[field.path].examples if field.path in self._parts else ()
                if all(map(validator_for(stated).is_valid, examples)):
                    rule |= stated
                    words.append(f'"{said}"')
            if rule and "x-chatcert-prose" not in field.schema:
                reason = f"The description of {field.name} says {' and '.join(words)}, which its schema does not."
                content = {"schema": rule, "source": f"Request, {field.name}."}
                yield from self._candidate("prose", field, content, reason, ())

    def _is_refuted(self, echo: tuple[RequestField, str], values: list[Any]) -> bool:
        """Return whether the document shows the copy with a value that the field of the request cannot have."""
        field = next((field for field in self._request if field.path == echo[0].path), None)
        if field is None or self._contract.body is None:
            return False
        is_valid = validator_for(self._contract.body.schema).part(dict(field.schema)).is_valid
        return not all(is_valid(value) for value in values if value is not None)

    def _refusal(self, answer: Answer) -> Iterator[Candidate]:
        """Yield the candidate for an answer whose examples or fields show that it may be a refusal."""
        found = refusal_of(_named_fields(answer.schema or {}, answer.schema_pointer), self._shown[answer.status])
        target = target_of(self._document, answer.pointer)
        if found is None or answer.refusal is not None or not target:
            return
        pointer, value, why = found
        content = {"pointer": pointer, **({} if value is MISSING else {"value": value})}
        content["source"] = f"Response {answer.status}, {'/'.join(tokens_of(pointer))}."
        reason = f"An answer of status {answer.status} may be a refusal: {why}."
        yield Candidate("refusal", target, content, reason, (f"response/{answer.status}/refusal/schema",))

    def _streams(self, answer: Answer) -> Iterator[Candidate]:
        """Yield the candidate for a stream whose example shows how it ends."""
        for stream in answer.streams:
            last = terminator_of(self._shown_of.get((answer.status, stream.media_type), []))
            target = target_of(self._document, stream.pointer)
            if not last or not target or stream.extension:
                continue
            content = {"terminator": last, "source": f"Response {answer.status}, example of {stream.media_type}."}
            reason = f"The example of {stream.media_type} ends with {format_value(last)}, which is not JSON."
            yield Candidate("stream", target, content, reason, (f"{path_of(answer, stream)}/{Rule.TERMINATOR}",))

    def _of_success(self, answer: Answer) -> Iterator[Candidate]:
        fields = _named_fields(answer.schema or {}, answer.schema_pointer)
        often = Counter(field.named_at for field in fields)
        for field in fields:
            if field.schema.get("writeOnly") is True:
                continue
            base = f"response/{answer.status}/{field.name}"
            source = f"Response {answer.status}, {field.name}."
            values = self._values(answer, field)
            echo = echo_of(field, values, self._parts)
            if echo is not None and not echo[1] and self._is_refuted(echo, values):
                echo = None
            if is_chat_id(field) and (echo is None or field.path[-1].lower() == "id"):
                why = f"{field.name} in the answer looks like the id of the new chat"
                yield from self._candidate(
                    "unique", field, {"source": source}, f"{why}, which no other has.", (f"{base}/unique",)
                )
                if not field.required:
                    yield from self._candidate(
                        "promised",
                        field,
                        {"source": source},
                        f"{why}, and the schema does not require it.",
                        (f"{base}/promised",),
                    )
            elif echo is not None and often[field.named_at] == 1:  # a shared schema would need another value elsewhere
                yield from self._echo(field, echo, base, source)
            elif (unit := time_unit_of(field, values)) is not None and not is_other_time(field):
                if not any(path[-1] == field.path[-1] for path in self._parts):  # else the client says the time
                    yield from self._clock(field, unit, base, source)
            elif often[field.named_at] == 1:
                yield from self._start(answer, field, initial_value_of(field, values), base, source)

    def _start(self, answer: Answer, field: Field, start: Any, base: str, source: str) -> Iterator[Candidate]:
        if start is MISSING or not validator_for(answer.schema or {}).part(dict(field.schema)).is_valid(start):
            return
        reason = f"The examples show {field.name} as {format_value(start)}, which looks like how every chat starts."
        content = {"value": start, "source": source}
        yield from self._candidate("initial", field, content, reason, (f"{base}/initial",))

    def _echo(self, field: Field, echo: tuple[RequestField, str], base: str, source: str) -> Iterator[Candidate]:
        part, prefix = echo
        content: dict[str, Any] = {"expression": f"$request.body#{join('', *part.path)}"}
        if prefix:
            content["prefix"] = prefix
        elif not part.required and field.nullable:
            content["default"] = None
        content["source"] = source
        ending = f" but for the prefix {prefix}" if prefix else ""
        reason = f"{field.name} in the answer has name and type of {'/'.join(part.path)} in the request{ending}."
        yield from self._candidate("equals", field, content, reason, (f"{base}/equals",))

    def _clock(self, field: Field, unit: tuple[str, str], base: str, source: str) -> Iterator[Candidate]:
        name, why = unit
        reason = f"{field.name} looks like the time of the answer, {why}."
        yield from self._candidate("clock", field, {"unit": name, "source": source}, reason, (f"{base}/clock",))

    def _of_error(self, answer: Answer) -> Iterator[Candidate]:
        for field in _named_fields(answer.schema or {}, answer.schema_pointer):
            base = f"response/{answer.status}/{field.name}"
            values = self._values(answer, field)
            expression = _error_expression(field, values)
            if expression:
                reason = f"{field.name} in the error looks like the value of {expression}."
                content = {"expression": expression, "source": f"Error answers, {field.name}."}
                yield from self._candidate("equals", field, content, reason, (f"{base}/equals",))
            elif (unit := time_unit_of(field, values)) is not None and not is_other_time(field):
                yield from self._clock(field, unit, base, f"Error answers, {field.name}.")

    def _values(self, answer: Answer, field: Field) -> list[Any]:
        """Return the examples of a field: those in examples of the whole answer first, then its own."""
        found = [lookup(example, field.path) for example in self._shown.get(answer.status, [])]
        own = [field.schema["example"]] if "example" in field.schema else list(field.schema.get("examples") or [])
        return [value for value in (*found, *own) if value is not MISSING]


def _named_fields(schema: Schema, pointer: str) -> list[Field]:
    """Return the named fields of a schema, those nearest to its root first; items of arrays are left out."""
    fields = [field for field in walk(schema, pointer) if field.path and ANY not in field.path]
    return sorted(fields, key=lambda field: len(field.path))


def _examples(parts: OperationParts, response: Any) -> Iterator[Any]:
    """Yield the examples of one answer, in the forms of OpenAPI 3 and of Swagger 2.0."""
    for content in parts.contents(response):
        yield from _examples_in(content.value)
    if "swagger" in parts.document and isinstance(response.value.get("examples"), Mapping):
        yield from response.value["examples"].values()


def _examples_in(content: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the examples of one media type; those of OpenAPI 3.2 may be written as they are sent."""
    if "example" in content:
        yield content["example"]
    named = content.get("examples")
    for entry in named.values() if isinstance(named, Mapping) else ():
        for key in ("value", "dataValue", "serializedValue"):
            if isinstance(entry, Mapping) and key in entry:
                yield entry[key]


def _error_expression(field: Field, examples: list[Any]) -> str:
    """Return the OpenAPI runtime expression whose value a field of an error looks like; empty if there is none."""
    words = words_of(field.path[-1])
    statuses = [v for v in examples if isinstance(v, int) and not isinstance(v, bool) and 400 <= v < 600]
    if "integer" in field.types and "type" in field.schema and words[:1] in (("status",), ("http",)):
        return "$statusCode" if len(statuses) == len(examples) else ""
    if "integer" in field.types and words == ("code",) and examples and len(statuses) == len(examples):
        return "$statusCode"
    paths = [value for value in examples if isinstance(value, str) and value.startswith("/")]
    if words in (("path",), ("request", "path")) and "string" in field.types and len(paths) == len(examples):
        return "$request.path"
    return ""
