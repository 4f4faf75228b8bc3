"""Requirements on what comes back: success answers, error answers, and how answers relate to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.openapi.contract import Answer
from chatcert.openapi.fields import Field, walk
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.draft import Draft, provenance_of, shown, source_of
from chatcert.requirements.requirement import Answers, Kind, Level, Requirement

FIELD_KEYWORDS = (
    "type",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "additionalProperties",
    "oneOf",
    "anyOf",
)
RELATIONS = ("unique", "equals", "initial", "clock", "not-before", "constant")
CLIENT_ERRORS = ("400", "401", "403", "404", "409", "413", "415", "422", "4XX", "default")


def answers(draft: Draft) -> Iterator[Requirement]:
    """Every requirement on answers."""
    contract = draft.contract
    for answer in contract.successes:
        yield from _success(draft, answer)
    for answer in contract.errors:
        yield from _error(draft, answer)
    yield from _refusal_statuses(draft)
    yield from _every_answer(draft)


def _success(draft: Draft, answer: Answer) -> Iterator[Requirement]:
    base = f"response/{answer.status}"
    first = answer is draft.contract.successes[0]
    if first:
        others = ", ".join(a.status for a in draft.contract.successes)
        yield draft.make(
            f"{base}/status",
            Kind.RESPONSE,
            Answers(answer.status, "status"),
            f"A created chat is answered with {others}",
            pointer=answer.pointer,
        )
        yield draft.make(
            f"{base}/framing",
            Kind.RESPONSE,
            Answers(answer.status, "framing"),
            "The answer arrives whole, as long as it says it is",
            provenance=Provenance.HTTP,
            level=Level.MUST,
            source="RFC 9112 section 6.3",
        )
    yield from _content(draft, answer, base, Kind.RESPONSE)


def _content(draft: Draft, answer: Answer, base: str, kind: Kind) -> Iterator[Requirement]:
    if not answer.content:
        return
    names = ", ".join(answer.content)
    yield draft.make(
        f"{base}/content-type",
        kind,
        Answers(answer.status, "content-type"),
        f"An answer of status {answer.status} is {names}",
        pointer=answer.pointer,
    )
    if not any("json" in name for name in answer.content):
        return
    yield draft.make(
        f"{base}/json",
        kind,
        Answers(answer.status, "json"),
        f"An answer of status {answer.status} is one well-formed JSON text",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        pointer=answer.pointer,
        source="RFC 8259 section 2",
    )
    if answer.schema is None:
        return
    yield draft.make(
        f"{base}/schema",
        kind,
        Answers(answer.status, "schema"),
        f"An answer of status {answer.status} matches its schema",
        pointer=answer.schema_pointer,
    )
    for field in walk(answer.schema, answer.schema_pointer):
        yield from _field(draft, answer, field, base, kind)


def _field(draft: Draft, answer: Answer, field: Field, base: str, kind: Kind) -> Iterator[Requirement]:
    place = "/".join(part for part in (base, field.name) if part)
    subject = field.name or "the answer"
    schema = field.schema

    def answers_with(rule: str, text: str, detail: Any = None, **more: Any) -> Requirement:
        return draft.make(
            f"{place}/{rule}",
            more.pop("kind", kind),
            Answers(answer.status, rule, field.path, detail),
            text,
            pointer=more.pop("pointer", f"{field.pointer}/{rule}"),
            **more,
        )

    if not field.optional_branch and kind is Kind.RESPONSE:
        for keyword in FIELD_KEYWORDS:
            if keyword in schema and field.path and not isinstance(schema[keyword], bool | dict):
                text = (
                    f"In answers of status {answer.status}, {subject} keeps to its {keyword}: {shown(schema[keyword])}"
                )
                yield answers_with(keyword, text, schema[keyword])
    promised = schema.get("x-chatcert-promised")
    if promised:
        yield answers_with(
            "promised",
            f"{subject} is in every answer of status {answer.status}, with a value",
            dict(promised),
            provenance=provenance_of(promised),
            source=source_of(promised),
            pointer=field.pointer,
        )
    if field.required and field.path and kind is Kind.RESPONSE and not field.optional_branch and not promised:
        parent = field.pointer.rpartition("/properties/")[0]
        yield answers_with(
            "required", f"{subject} is in every answer of status {answer.status}", pointer=f"{parent}/required"
        )
    for relation in RELATIONS:
        extension = schema.get(f"x-chatcert-{relation}")
        if isinstance(extension, Mapping):
            yield answers_with(
                relation,
                _relation_text(subject, relation, extension),
                dict(extension),
                kind=Kind.RELATION,
                provenance=provenance_of(extension),
                source=source_of(extension),
                pointer=field.pointer,
            )
            if relation == "clock" and answer.status.startswith("2"):
                yield answers_with(
                    "clock-moves",
                    f"{subject} moves on with time",
                    dict(extension),
                    kind=Kind.RELATION,
                    provenance=provenance_of(extension),
                    source=source_of(extension),
                    pointer=field.pointer,
                )


def _relation_text(subject: str, relation: str, extension: Mapping[str, Any]) -> str:
    match relation:
        case "unique":
            return f"{subject} differs for every chat"
        case "equals":
            return f"{subject} is what {extension.get('expression')} was"
        case "initial":
            return f"{subject} is {shown(extension.get('value'))} in a new chat"
        case "clock":
            return f"{subject} is the time of the answer, in {extension.get('unit')}"
        case "not-before":
            return f"{subject} is not earlier than {extension.get('field')}"
        case _:
            return f"{subject} stays the same for the same {extension.get('per', 'credentials')}"


def _error(draft: Draft, answer: Answer) -> Iterator[Requirement]:
    base = f"response/{answer.status}"
    yield from _content(draft, answer, base, Kind.ERROR)
    names = [f.path[0] for f in walk(answer.schema, "") if len(f.path) == 1] if answer.schema else []
    if names and answer.status in CLIENT_ERRORS:
        yield draft.make(
            f"{base}/informative",
            Kind.ERROR,
            Answers(answer.status, "informative", (), names),
            f"An answer of status {answer.status} tells something in {' or '.join(names[:6])}",
            provenance=Provenance.STATED,
            pointer=answer.schema_pointer,
            source=answer.description,
        )


def _refusal_statuses(draft: Draft) -> Iterator[Requirement]:
    contract = draft.contract
    must = bool(contract.documents_errors)
    named = contract.documented(400, 422)
    if contract.body is not None or contract.parameters:
        shown_status = str(named[0]) if named else "4XX"
        words = " or ".join(map(str, named)) if named else "a client error"
        yield draft.make(
            f"response/{shown_status}/status",
            Kind.ERROR,
            Answers("invalid", "status"),
            f"An invalid request is refused with {words}",
            provenance=Provenance.SCHEMA if must and named else Provenance.INFERRED,
            pointer=contract.operation_pointer,
        )
        if not must:
            yield draft.make(
                "response/4XX/json",
                Kind.ERROR,
                Answers("invalid", "json-object"),
                "An invalid request is refused with a JSON body",
                provenance=Provenance.INFERRED,
                pointer=contract.operation_pointer,
            )
    if contract.credentials:
        named = contract.documented(401, 403)
        shown_status = str(named[0]) if named else "401"
        words = " or ".join(map(str, named or (401, 403)))
        yield draft.make(
            f"response/{shown_status}/status",
            Kind.ERROR,
            Answers("unauthenticated", "status"),
            f"Bad credentials are refused with {words}",
            provenance=Provenance.SCHEMA if named else Provenance.INFERRED,
            pointer=contract.operation_pointer,
        )
        if not must:
            yield draft.make(
                "response/401/no-html",
                Kind.ERROR,
                Answers("unauthenticated", "no-html"),
                "Bad credentials are refused with no page for a browser",
                provenance=Provenance.INFERRED,
                pointer=contract.operation_pointer,
            )


def _every_answer(draft: Draft) -> Iterator[Requirement]:
    yield draft.make(
        "response/any/no-server-error",
        Kind.ROBUSTNESS,
        Answers("any", "no-server-error"),
        "Nothing that a client sends leads to a 5xx answer",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        source="RFC 9110 section 15.6",
    )
    yield draft.make(
        "response/any/no-stack-trace",
        Kind.SECURITY,
        Answers("any", "no-stack-trace"),
        "No answer shows a stack trace",
        provenance=Provenance.SECURITY,
        source="OWASP API8:2023 Security Misconfiguration",
    )
    if draft.contract.credentials:
        yield draft.make(
            "response/any/no-credential",
            Kind.SECURITY,
            Answers("any", "no-credential"),
            "No answer repeats a credential",
            provenance=Provenance.SECURITY,
            source="OWASP API8:2023 Security Misconfiguration",
        )
    yield draft.make(
        "response/any/no-redirect",
        Kind.PROTOCOL,
        Answers("any", "no-redirect"),
        "No answer sends the client elsewhere",
        provenance=Provenance.INFERRED,
    )
