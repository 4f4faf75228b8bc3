"""Faults that break *response*: the answer to a valid request is wrong by itself."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.call import Reply
from chatcert.mock.deviation.answer_rule import rules_on_answers
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.intermittent import VARIANT, tenth_reply, tenth_without
from chatcert.mock.deviation.refused_combinations import refused_combinations
from chatcert.mock.deviation.wrong_answers import wrong_answers
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind, Requirement


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every rule on the answers to valid requests."""
    for rule in rules_on_answers(draft, Kind.RESPONSE):
        yield from wrong_answers(rule)
    for requirement, check in draft.family(Kind.RESPONSE, Answers):
        if check.status.startswith("2"):
            yield from _intermittent(draft, requirement, check)
            if check.rule == Rule.STATUS:
                yield from _refused_combinations(draft, requirement)


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
            intermittent=True,
            values=(tenth_without(check.path),),
        )
