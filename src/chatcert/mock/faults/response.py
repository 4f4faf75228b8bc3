"""Faults that break *response*: the answer to a valid request is wrong by itself."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Reply
from chatcert.mock.deviation.answer_rule import rules_on_answers
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.intermittent import VARIANT, tenth_reply, tenth_without
from chatcert.mock.deviation.refused_combinations import refused_combinations
from chatcert.mock.deviation.wrong_answers import wrong_answers
from chatcert.openapi.contract import OF_SUCCESS, Schema
from chatcert.openapi.schemas.fields import walk
from chatcert.requirements.check import Answers, Rule, Withstands
from chatcert.requirements.requirement import Kind, Requirement

_LIMITS = frozenset(("enum", "const", "pattern", "format", "maxLength", "x-chatcert-resource", "x-chatcert-prose"))


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every rule on the answers to valid requests."""
    for rule in rules_on_answers(draft, Kind.RESPONSE):
        yield from wrong_answers(rule)
    for requirement, check in draft.family(Kind.RESPONSE, Answers):
        if check.status.startswith(OF_SUCCESS):
            yield from _intermittent(draft, requirement, check)
            if check.rule == Rule.STATUS:
                yield from _refused_combinations(draft, requirement)
                yield from _on_hostile_texts(draft, requirement)


def _on_hostile_texts(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield the fault of another success for a text with signs of other languages, where a field takes any text."""
    body = draft.contract.body
    fields = [field for field in walk(body.schema, "") if len(field.path) == 1] if body is not None else []
    is_documented = any(answer.covers(202) for answer in draft.contract.successes)
    if not is_documented and any(_takes_any_text(field.schema) for field in fields):
        yield draft.make(
            requirement,
            "hostile",
            "a created chat is answered with 202 where a text has a quote and a semicolon",
            *(path for path in draft.paths(Withstands) if path.startswith("robustness/body/")),
            replies=(_accepted_later,),
        )


def _takes_any_text(flat: Schema) -> bool:
    return flat.get("type") == "string" and not _LIMITS & flat.keys()


def _accepted_later(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
    is_due = not context.message and b"';" in context.call.body
    return Reply(202, reply.body, reply.headers) if is_due else reply


def _refused_combinations(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield the faults of refusing valid requests whose parts are accepted, each by itself."""
    for variant, description, test in refused_combinations(draft.contract):
        yield draft.make(requirement, variant, description, refusals=(test,))


def _intermittent(draft: FaultDraft, requirement: Requirement, check: Answers) -> Iterator[Fault]:
    """Yield the faults that show in every tenth success."""
    if check.rule == Rule.STATUS:
        yield draft.make(
            requirement,
            VARIANT,
            "one in ten created chats is answered with 202",
            intermittent=True,
            replies=(tenth_reply(lambda reply: Reply(202, reply.body, reply.headers)),),
        )
    elif check.rule in (Rule.PROMISED, Rule.REQUIRED) and not check.header and not check.choices:
        yield draft.make(
            requirement,
            VARIANT,
            f"one in ten answers lacks {'/'.join(check.path)}",
            f"response/{check.status}/{'/'.join(check.path)}/{Rule.REQUIRED}",
            intermittent=True,
            values=(tenth_without(check.path),),
        )
