"""Why no exchange could have shown that a rule on answers is broken."""

from __future__ import annotations

from chatcert.cases.case import Expectation
from chatcert.judge.answers.answer_branches import is_meant
from chatcert.judge.answers.chosen_answers import (
    documented_answer,
    exchanges_of,
    has_other_media_type,
    readable,
    values_at,
)
from chatcert.judge.claims import (
    AnsweredElsewhere,
    BranchUnseen,
    Claim,
    FieldAbsent,
    FieldUnbreakable,
    FormatUnchecked,
    HeaderAbsent,
    NoAnswer,
    NoMediaType,
    NoRefusal,
    NotRead,
    RefusedElsewhere,
    with_status,
)
from chatcert.judge.evidence import Evidence
from chatcert.openapi.schemas.fields import flattened, shown_path
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.path_tokens import shown_token
from chatcert.requirements.check import AnswerGroup, Answers, Rule

_REFUSALS = {
    AnswerGroup.INVALID: Expectation.REFUSED,
    AnswerGroup.UNAUTHENTICATED: Expectation.UNAUTHENTICATED,
}


def why_unseen(evidence: Evidence, check: Answers) -> Claim:
    """Return why no answer has what a rule is on, as a claim that is true of all exchanges."""
    exchanges = evidence.exchanges
    if check.status == AnswerGroup.ANY:
        return NoAnswer() if NoAnswer().holds(exchanges) else FieldUnbreakable(())
    if check.status in _REFUSALS or check.rule is Rule.REFUSAL:
        expectation = _REFUSALS[AnswerGroup.INVALID if check.rule is Rule.REFUSAL else AnswerGroup(check.status)]
        none = NoRefusal(expectation)
        return none if none.holds(exchanges) else RefusedElsewhere(expectation)
    if check.status == "default":
        return NoAnswer() if NoAnswer().holds(exchanges) else FieldUnbreakable(check.path)
    if not exchanges_of(evidence, check.status):
        number = sum(1 for _ in with_status(exchanges, check.status))
        return AnsweredElsewhere(check.status, number) if number else NoAnswer(check.status)
    if check.stream:
        none_came = NoMediaType(check.status, check.stream)
        return none_came if none_came.holds(exchanges) else FieldUnbreakable(check.path)
    if check.rule is Rule.MEDIA_TYPE:
        return _why_other_type_unseen(evidence, check)
    if check.choices and not is_meant(evidence, check):
        return BranchUnseen(check.status, "/".join(shown_path(check.choices[-1].path, check.choices)))
    if check.rule is Rule.FORMAT and not check.header and check.detail not in CHECKED:
        return FormatUnchecked(str(check.detail))
    if check.header:
        absent = HeaderAbsent(check.status, check.header)
        return absent if absent.holds(exchanges) else FieldUnbreakable((check.header, *check.path))
    answer = documented_answer(evidence, check.status)
    if len(answer.content) > 1 and all(has_other_media_type(e, answer) for e in exchanges_of(evidence, check.status)):
        never = NoMediaType(check.status, answer.body_type)
        if never.holds(exchanges):
            return never
    path = check.path[:-1] if check.rule is Rule.REQUIRED else check.path
    if path and not any(True for _, body in readable(evidence, check.status) for _ in values_at(body, path)):
        refused = any(exchange.refused for exchange in exchanges)
        return FieldAbsent(check.status, path, promised=_is_promised(evidence, check), but_refusals=refused)
    return FieldUnbreakable(path)


def _why_other_type_unseen(evidence: Evidence, check: Answers) -> Claim:
    """Return why no body of another media type than JSON could have shown a breach."""
    name = str(check.detail)
    schema = documented_answer(evidence, check.status).content[name]
    never = NoMediaType(check.status, name)
    if never.holds(evidence.exchanges):
        return never
    is_any_text = name.lower().startswith("text/") and flattened(schema, schema).get("type") == "string"
    return FieldUnbreakable(()) if is_any_text else NotRead(check.status, name)


def _is_promised(evidence: Evidence, check: Answers) -> bool:
    """Return whether the contract has a requirement that the field of a rule be there."""
    names = (Rule.PROMISED, Rule.REQUIRED)
    base = "/".join((evidence.contract.vendor, "response", check.status, *map(shown_token, check.path)))
    return any(f"{base}/{name}" in evidence.requirements for name in names)
