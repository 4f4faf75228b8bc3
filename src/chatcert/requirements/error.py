"""Error: a refusal is answered as documented."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Answer, Contract
from chatcert.openapi.error_fields import field_places
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.requirements.answer_rules import after_answers, content_rules, numbered_fields, promised
from chatcert.requirements.branch_rules import branch_rules
from chatcert.requirements.check import AnswerGroup, Answers, Rule
from chatcert.requirements.draft import Draft, provenance_of, source_of
from chatcert.requirements.header_rules import header_rules
from chatcert.requirements.requirement import Cost, Kind, Rank, Requirement

CLIENT_ERRORS = ("400", "401", "403", "404", "409", "413", "415", "422", "4XX", "default")


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``error``."""
    for number, answer in enumerate(draft.contract.errors, start=len(draft.contract.successes)):
        yield from content_rules(draft, number, answer, Kind.ERROR)
        for place in numbered_fields(answer):
            yield from promised(draft, number, answer, place, Kind.ERROR)
        yield from branch_rules(draft, number, answer, Kind.ERROR)
        yield from _informative(draft, number, answer)
        yield from _names_field(draft, number, answer)
        yield from header_rules(draft, number, answer, Kind.ERROR)
    for number, answer in enumerate(draft.contract.successes):
        if answer.refusal is not None:
            yield draft.make(
                f"response/{answer.status}/refusal/schema",
                Kind.ERROR,
                Answers(answer.status, Rule.REFUSAL),
                f"A refusal with status {answer.status} has the documented form",
                provenance=provenance_of(answer.refusal),
                pointer=answer.schema_pointer,
                source=source_of(answer.refusal),
                run_wide=True,
                position=(number, 3),
            )
    yield from _invalid(draft)
    yield from _unauthenticated(draft)
    yield from _documented_status(draft)
    yield from _two_faults(draft)


def _informative(draft: Draft, number: int, answer: Answer) -> Iterator[Requirement]:
    names = [f.path[0] for f in walk(answer.schema, "") if len(f.path) == 1] if answer.schema else []
    if names and answer.status in CLIENT_ERRORS:
        yield draft.make(
            f"response/{answer.status}/informative",
            Kind.ERROR,
            Answers(answer.status, Rule.INFORMATIVE, (), names),
            f"An answer of status {answer.status} tells something in {' or '.join(names[:6])}",
            provenance=Provenance.STATED,
            pointer=answer.schema_pointer,
            source=answer.description,
            run_wide=True,
            position=(number, 2),
        )


def _names_field(draft: Draft, number: int, answer: Answer) -> Iterator[Requirement]:
    """Derive that an error names the field that is wrong, where the document has a place for that."""
    statuses = (*map(str, draft.contract.bad_request_statuses), "4XX", "default")
    places = field_places(answer.schema) if answer.status in statuses else ()
    if places:
        shown = " or ".join("/".join(token for token in path if token != ANY) for path in places[:4])
        yield draft.make(
            f"response/{answer.status}/names-field",
            Kind.ERROR,
            Answers(answer.status, Rule.NAMES_FIELD, (), list(places)),
            f"An answer of status {answer.status} to an invalid request names in {shown} the field that is wrong",
            provenance=Provenance.INFERRED,
            pointer=answer.schema_pointer,
            source=answer.description,
            run_wide=True,
            position=(number, 2),
        )


def _invalid(draft: Draft) -> Iterator[Requirement]:
    """Derive how invalid requests are refused; more than the status where the document describes no error."""
    contract = draft.contract
    if (contract.body is None and not contract.parameters) or _refuses_with_success(contract):
        return
    documented = contract.documented(400, 422)
    yield draft.make(
        f"response/{documented[0] if documented else '4XX'}/status",
        Kind.ERROR,
        Answers(AnswerGroup.INVALID, Rule.STATUS),
        f"An invalid request is refused with {' or '.join(map(str, documented)) or 'a client error'}",
        provenance=Provenance.SCHEMA if contract.documents_errors and documented else Provenance.INFERRED,
        pointer=contract.operation_pointer,
        run_wide=True,
        position=(after_answers(contract),),
    )
    if not contract.documents_errors:
        yield draft.make(
            "response/4XX/json",
            Kind.ERROR,
            Answers(AnswerGroup.INVALID, Rule.JSON_OBJECT),
            "An invalid request is refused with a JSON body",
            provenance=Provenance.INFERRED,
            pointer=contract.operation_pointer,
            run_wide=True,
            position=(after_answers(contract),),
        )


def _documented_status(draft: Draft) -> Iterator[Requirement]:
    """Derive that no other status comes than the documented ones, where the document lists errors one by one."""
    contract = draft.contract
    if not contract.documents_errors or any(answer.status == "default" for answer in contract.answers):
        return
    statuses = " or ".join(answer.status for answer in contract.answers)
    yield draft.make(
        "response/any/documented-status",
        Kind.ERROR,
        Answers(AnswerGroup.ANY, Rule.DOCUMENTED_STATUS),
        f"A request that the document describes is answered with a documented status: {statuses}",
        provenance=Provenance.INFERRED,
        pointer=contract.operation_pointer,
        run_wide=True,
        position=(after_answers(contract),),
    )


def _two_faults(draft: Draft) -> Iterator[Requirement]:
    """Derive that two faults at once are refused like one: the document has no other answer for them."""
    contract = draft.contract
    if contract.body is None or _refuses_with_success(contract):
        return
    yield draft.make(
        "response/any/two-faults",
        Kind.ERROR,
        Answers(AnswerGroup.ANY, Rule.TWO_FAULTS),
        "A request with two faults is refused like one with either of them",
        provenance=Provenance.SCHEMA if contract.documents_errors else Provenance.INFERRED,
        pointer=contract.operation_pointer,
        rank=Rank.LOCKING,
        cost=Cost(3, from_standard=True),
        intrusive=True,
        position=(after_answers(contract),),
    )


def _refuses_with_success(contract: Contract) -> bool:
    """Return whether refusals with the status of a success are the only ones that the document describes."""
    return not contract.documents_errors and any(answer.refusal is not None for answer in contract.successes)


def _unauthenticated(draft: Draft) -> Iterator[Requirement]:
    """Derive how bad credentials are refused; more than the status where the document describes no error."""
    contract = draft.contract
    if not contract.credentials or _refuses_with_success(contract):
        return
    documented = contract.documented(401, 403)
    yield draft.make(
        f"response/{documented[0] if documented else 401}/status",
        Kind.ERROR,
        Answers(AnswerGroup.UNAUTHENTICATED, Rule.STATUS),
        f"Bad credentials are refused with {' or '.join(map(str, documented or (401, 403)))}",
        provenance=Provenance.SCHEMA if documented else Provenance.INFERRED,
        pointer=contract.operation_pointer,
        run_wide=True,
        position=(after_answers(contract),),
    )
    if not contract.documents_errors:
        yield draft.make(
            "response/401/no-html",
            Kind.ERROR,
            Answers(AnswerGroup.UNAUTHENTICATED, Rule.NO_HTML),
            "Bad credentials are refused with no page for a browser",
            provenance=Provenance.INFERRED,
            pointer=contract.operation_pointer,
            run_wide=True,
            position=(after_answers(contract),),
        )
