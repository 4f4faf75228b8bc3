"""The effect of a contract change on a client that was written for the old contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatcert.drift.compared_contract import SUCCESS, ComparedContract, Operation
from chatcert.drift.directions import Difference, Direction
from chatcert.openapi.contract import OF_SUCCESS
from chatcert.openapi.multipart import listed_types
from chatcert.openapi.schemas.alternatives import specialised
from chatcert.openapi.schemas.fields import JSON_TYPES, Field
from chatcert.openapi.schemas.inclusion import Inclusion
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import (
    Accepts,
    AnswerGroup,
    Answers,
    Authenticates,
    Check,
    CredentialForm,
    KnowsResource,
    Refuses,
    RefusesPayload,
    Rule,
)
from chatcert.requirements.refusal import ABSENT
from chatcert.requirements.requirement import Requirement


class Effect(StrEnum):
    """How a change affects a client."""

    BREAKING = "breaking"
    MAY_BREAK = "may-break"
    HARMLESS = "harmless"


class ChangeKind(StrEnum):
    """What happened to a requirement."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


EffectAndReason = tuple[Effect, str]
"""An effect, and the reason for it."""

_STILL_VALID: EffectAndReason = (Effect.HARMLESS, "what a client sends or reads stays right")
_NO_EFFECT: EffectAndReason = (Effect.HARMLESS, "")
_RANK = tuple(Effect)
_IN_TYPES = ("part-type", "typed-alternative")
_ABOUT_OTHERS = ("body-absent", "body-empty", "link", "media-type", "credentials", "absent", *_IN_TYPES)
"""Variations that are not about what the schema of the body allows."""
_NOT_READ = (Rule.INFORMATIVE, Rule.JSON, Rule.JSON_OBJECT, Rule.NO_HTML, Rule.FRAMING, Rule.CHALLENGE)
"""Rules on answers that no client reads anything by."""


@dataclass(frozen=True, slots=True)
class EffectJudge:
    """Judges the effects of the changes from one contract to another."""

    old: ComparedContract
    new: ComparedContract

    def effect(self, how: ChangeKind, requirement: Requirement, found: list[Difference]) -> EffectAndReason:
        """Return the effect of a change on a client, and the reason.

        Args:
            requirement: the old one; the new one if there is no old one.
            found: the exact differences, if the requirement is about a whole schema.
        """
        check = requirement.check
        if self._is_wider_request(check) or self._is_narrower_answer(how, check, found):
            return _STILL_VALID
        match check:
            case Operation():
                return self._operation(how, check)
            case Refuses():
                return self._refusal(how, check)
            case Accepts():
                return self._acceptance(how, check, found)
            case RefusesPayload():
                needed = check.form in ABSENT and how is ChangeKind.ADDED
                return (Effect.BREAKING, "a request without a body is refused now") if needed else _NO_EFFECT
            case Authenticates():
                is_new = how is ChangeKind.CHANGED or (how is ChangeKind.ADDED and self._locks_out())
                if is_new and check.form is CredentialForm.MISSING and check.scheme:
                    return Effect.BREAKING, "a client that does not send this credential is refused"
                return _NO_EFFECT
            case Answers():
                return self._answer(how, check, found)
            case _:
                return _NO_EFFECT

    def _is_wider_request(self, check: Check) -> bool:
        """Return whether each body, or each value of the field, that was valid before is proven to be valid now."""
        old, new = self.old.contract.body, self.new.contract.body
        if not isinstance(check, Accepts | Refuses) or check.place != "body" or old is None or new is None:
            return False
        if isinstance(check, Accepts) and check.variation in _ABOUT_OTHERS:
            return False
        if check.path and not check.choices and len(check.path) == 1 and check.path not in self.new.body:
            return False  # it is not documented any more
        inclusion = Inclusion(old.schema, new.schema)
        if inclusion.holds(old.schema, new.schema):
            return True
        before, after = self.old.body.get(check.path[:1]), self.new.body.get(check.path[:1])
        if before is None or after is None or not check.path:
            return False
        if any(choice.path[:1] != check.path[:1] for choice in check.choices):
            return False  # what surrounds the field decides as well
        return (before.required or not after.required) and inclusion.holds(before.schema, after.schema)

    def _is_narrower_answer(self, how: ChangeKind, check: Check, found: list[Difference]) -> bool:
        """Return whether each answer of a status now is proven to be one that a client knows."""
        if not isinstance(check, Answers) or check.stream or check.header or how is ChangeKind.ADDED:
            return False
        if check.rule in (Rule.STATUS, Rule.CONTENT_TYPE, Rule.MEDIA_TYPE, Rule.PROMISED):
            return False
        status = self._status(check.status)
        if check.path not in self.new.answers.get(status, {check.path: None}) and check.path:
            return False  # it is gone: what is not there keeps to every rule
        if any(difference.keyword in ("field", "in-parent") for difference in found):
            return False
        old, new = (
            next((a for a in s.contract.answers if self._status(a.status) == status), None) for s in self._sides
        )
        if old is None or new is None or old.schema is None or new.schema is None:
            return False
        return Inclusion(new.schema, old.schema).holds(new.schema, old.schema)

    @property
    def _sides(self) -> tuple[ComparedContract, ComparedContract]:
        return self.old, self.new

    def _operation(self, how: ChangeKind, check: Operation) -> EffectAndReason:
        match check.keyword:
            case "method" | "path":
                return Effect.BREAKING, "a request as before does not arrive"
            case "servers" if how is not ChangeKind.LOOSENED:
                if self.old.contract.servers and self.new.contract.servers:
                    return Effect.BREAKING, "a client of a server that is not named any more does not arrive"
                return Effect.MAY_BREAK, "one of the documents does not say where the API is served"
            case "media-types" if how is not ChangeKind.LOOSENED and self.old.contract.body is not None:
                return Effect.BREAKING, "a body of a media type that is not accepted any more is refused"
            case "styles":
                return Effect.BREAKING, "what a client writes is read as another value, or refused"
            case "statuses" if how is not ChangeKind.TIGHTENED:
                return Effect.MAY_BREAK, "a client may meet a status that it does not know"
            case _:
                return _STILL_VALID

    def _refusal(self, how: ChangeKind, check: Refuses) -> EffectAndReason:
        if how in (ChangeKind.REMOVED, ChangeKind.LOOSENED):
            return _STILL_VALID
        if how is ChangeKind.ADDED and not self._concerns_old_clients(check):
            return Effect.HARMLESS, "it concerns what is new, and may be left out"
        if check.keyword == "required":
            return Effect.BREAKING, "a client that leaves it out is refused"
        if check.keyword in ("additionalProperties", "unevaluatedProperties"):
            return Effect.BREAKING, "a client that sends what is not named any more is refused"
        return Effect.BREAKING, "a client may send what was allowed and is refused now"

    def _concerns_old_clients(self, check: Refuses) -> bool:
        """Return whether a rule concerns old clients: its field, or the required parent, existed before."""
        if check.place != "body":
            named = {(p.location, p.name.lower()) for p in self.old.contract.parameters}
            return check.keyword == "required" or (check.place, check.path[0].lower()) in named
        if check.keyword != "required":
            return check.path in self.old.body
        new_body = self.new.contract.body
        needed = self.old.contract.body is None and new_body is not None and new_body.required
        return check.path[:-1] in self.old.body or needed

    def _locks_out(self) -> bool:
        """Return whether credentials that were enough before are not enough now."""
        before, after = (side.ways_in for side in self._sides)
        return any(not any(now <= was for now in after) for was in before)

    def _acceptance(self, how: ChangeKind, check: Accepts, found: list[Difference]) -> EffectAndReason:
        if check.variation == "all-fields":
            if how is ChangeKind.LOOSENED or not found:
                return _STILL_VALID
            return Effect.MAY_BREAK, "a request as before may be refused"
        if how is ChangeKind.TIGHTENED or how is ChangeKind.CHANGED:
            return Effect.BREAKING, "a client may send what was allowed and is refused now"
        if how is not ChangeKind.REMOVED:
            return _STILL_VALID
        if check.variation == "body-absent":
            gone = self.new.contract.body is None
            return _NO_EFFECT if gone else (Effect.BREAKING, "a request without a body is refused now")
        if check.variation == "link":
            return Effect.MAY_BREAK, "what an answer gives is not said to be usable any more"
        if check.variation == "credentials":
            return (Effect.BREAKING, "credentials that were enough are refused") if self._locks_out() else _NO_EFFECT
        if check.variation == "media-type":
            body = self.new.contract.body
            kept = body is None or check.value in body.content
            return _NO_EFFECT if kept else (Effect.BREAKING, "a body of this media type is refused now")
        if check.variation in _IN_TYPES:
            return self._in_media_type(check)
        if check.variation not in ("present", "absent", "enum", "null", "type") or not check.path:
            return _NO_EFFECT
        field, is_open = self._request_field(check)
        if field is None:
            if is_open:
                return Effect.MAY_BREAK, "it is not documented any more: it may be ignored, or refused"
            return Effect.BREAKING, "it is not documented any more, and what is not documented is refused"
        return self._still_valid(check, field)

    def _in_media_type(self, check: Accepts) -> EffectAndReason:
        """Judge that a part of a form no longer has a media type, or a media type no longer an alternative."""
        media_type, old, new = check.value[0], self.old.contract.body, self.new.contract.body
        if old is None or new is None or media_type not in new.content:
            return _NO_EFFECT  # which the requirement on the media type says
        if check.variation == "part-type":
            _, name, kind = check.value
            listed = listed_types(new.encodings.get(media_type), name)
            ranges = ("*/*", f"{kind.partition('/')[0]}/*", kind)
            kept = not listed or any(one in listed for one in ranges)
            return _NO_EFFECT if kept else (Effect.MAY_BREAK, "a part of this media type may be refused now")
        before, after = specialised(old.content[media_type], check.value[1]), new.content[media_type]
        kept = Inclusion(before, after).holds(before, after)
        return _NO_EFFECT if kept else (Effect.BREAKING, "what this alternative describes may be refused now")

    def _request_field(self, check: Accepts) -> tuple[Field | None, bool]:
        """Return a field of the new request, and whether it may be sent even if it is not documented."""
        if check.place != "body":
            given = [
                p
                for p in self.new.contract.parameters
                if (p.location, p.name.lower()) == (check.place, check.path[0].lower())
            ]
            return (Field(check.path, given[0].schema, given[0].required, "") if given else None), True
        field, parent = self.new.body.get(check.path), self.new.body.get(check.path[:-1])
        closed = parent is not None and False in (
            parent.schema.get("additionalProperties"),
            parent.schema.get("unevaluatedProperties"),
        )
        return field, not closed and self.new.contract.body is not None

    def _still_valid(self, check: Accepts, field: Field) -> EffectAndReason:
        refused: EffectAndReason = (Effect.BREAKING, "a client may send what was allowed and is refused now")
        match check.variation:
            case "absent":
                return (Effect.BREAKING, "a client that leaves it out is refused") if field.required else _NO_EFFECT
            case "enum":
                return _NO_EFFECT if self._takes(field, check.value) else refused
            case "null":
                return _NO_EFFECT if self._takes(field, None) else refused
            case "type":
                types = {*field.types, *(["integer"] if "number" in field.types else [])}
                return refused if check.value in JSON_TYPES and check.value not in types else _NO_EFFECT
            case _:
                return _NO_EFFECT

    def _takes(self, field: Field, value: Any) -> bool:
        """Return whether a field of the new request may have a value."""
        body = self.new.contract.body
        definitions = body.schema.get("$defs", {}) if body is not None else {}
        return validator_for({"$defs": definitions, **field.schema}).is_valid(value)

    def _answer(self, how: ChangeKind, check: Answers, found: list[Difference]) -> EffectAndReason:
        if how is ChangeKind.ADDED:
            if check.rule is Rule.CONTENT_TYPE and check.status not in self._old_statuses():
                return Effect.MAY_BREAK, "a client may meet a status that it does not know"
            return _NO_EFFECT
        if check.status == AnswerGroup.ANY or check.rule in _NOT_READ:
            return _NO_EFFECT
        if check.rule is Rule.STATUS and check.status in (AnswerGroup.INVALID, AnswerGroup.UNAUTHENTICATED):
            moved = how in (ChangeKind.LOOSENED, ChangeKind.CHANGED)
            return (
                (Effect.MAY_BREAK, "a refusal may have a status that a client does not know") if moved else _STILL_VALID
            )
        if check.rule is Rule.STATUS:
            return self._of_success_status(how)
        fields = self.new.answers.get(self._status(check.status))
        if fields is None:
            return Effect.HARMLESS, "the status is not documented any more"
        if check.header:
            return self._header(how, check)
        if check.stream:
            return self._stream(how, check, found)
        if check.rule is Rule.CONTENT_TYPE:
            if how in (ChangeKind.REMOVED, ChangeKind.CHANGED) and check.status.startswith(OF_SUCCESS):
                return Effect.BREAKING, "a client cannot read an answer of another media type"
            return Effect.MAY_BREAK, "a client that asked for one of the media types may be given another"
        if check.rule in (Rule.SCHEMA, Rule.MEDIA_TYPE):
            if how is ChangeKind.REMOVED:
                return Effect.MAY_BREAK, "the answer is not described any more"
            return max((self._of_rule(ChangeKind(d.direction), d) for d in found), key=_rank, default=_NO_EFFECT)
        if check.path not in fields:
            return self._gone(check.status, check.path)
        if check.rule in (Rule.REQUIRED, Rule.PROMISED):
            if how is not ChangeKind.REMOVED or self._is_promised(self.new, check.status, check.path):
                return _NO_EFFECT
            return Effect.BREAKING, "a client that relies on it may not find it"
        way = how if how is not ChangeKind.REMOVED else ChangeKind.LOOSENED
        return self._of_rule(way, Difference(check.path, check.rule, Direction(way), ""))

    def _header(self, how: ChangeKind, check: Answers) -> EffectAndReason:
        if check.rule is Rule.REQUIRED:
            gone = how is ChangeKind.REMOVED
            return (Effect.BREAKING, "a client that relies on it may not find it") if gone else _NO_EFFECT
        way = how if how is not ChangeKind.REMOVED else ChangeKind.LOOSENED
        return self._of_rule(way, Difference((check.header, *check.path), check.rule, Direction(way), ""))

    def _stream(self, how: ChangeKind, check: Answers, found: list[Difference]) -> EffectAndReason:
        """Return the effect of a change on a client that reads the events of a stream."""
        match check.rule:
            case Rule.TERMINATOR:
                return Effect.BREAKING, "a client waits for an end that does not come any more"
            case Rule.STREAM_ERROR:
                return Effect.MAY_BREAK, "a client may take an error for another event"
            case Rule.SCHEMA if how is ChangeKind.REMOVED:
                return Effect.MAY_BREAK, "the events are not described any more"
            case Rule.SCHEMA:
                return max((self._of_rule(ChangeKind(d.direction), d) for d in found), key=_rank, default=_NO_EFFECT)
            case Rule.REQUIRED:
                gone = how is ChangeKind.REMOVED
                return (Effect.BREAKING, "a client that relies on it may not find it") if gone else _NO_EFFECT
            case rule:
                way = how if how is not ChangeKind.REMOVED else ChangeKind.LOOSENED
                return self._of_rule(way, Difference(check.path, rule, Direction(way), ""))

    def _of_success_status(self, how: ChangeKind) -> EffectAndReason:
        match how:
            case ChangeKind.TIGHTENED:
                return _STILL_VALID
            case ChangeKind.LOOSENED:
                return Effect.MAY_BREAK, "a client may meet a success status that it does not know"
            case _:
                return Effect.BREAKING, "a client that waits for the old status takes a success for a failure"

    def _of_rule(self, how: ChangeKind, difference: Difference) -> EffectAndReason:
        """Return the effect of a changed rule on a client that reads the answer."""
        if how in (ChangeKind.TIGHTENED, ChangeKind.ADDED):
            return _STILL_VALID
        match difference.keyword:
            case "type":
                return Effect.BREAKING, "a client may read a value of a type that it does not expect"
            case "enum" | "const" if how is ChangeKind.CHANGED:
                return Effect.BREAKING, "a client waits for a value that does not come any more"
            case "enum" | "const":
                return Effect.MAY_BREAK, "a strict client breaks: one that takes the known values for all there are"
            case "in-parent":
                return Effect.BREAKING, "a client that relies on it may not find it"
            case "field":
                return Effect.MAY_BREAK, "a client that reads it may not find it"
            case _:
                return Effect.MAY_BREAK, "a strict client breaks: one that relies on the old rule"

    def _gone(self, status: str, path: tuple[str, ...]) -> EffectAndReason:
        if self._is_promised(self.old, status, path):
            return Effect.BREAKING, "a client that relies on it does not find it any more"
        return Effect.MAY_BREAK, "it is not documented any more, though it was never promised"

    def _is_promised(self, side: ComparedContract, status: str, path: tuple[str, ...]) -> bool:
        key = "/".join(token.replace("/", "~1") for token in path)
        base = f"response/{self._status(status)}/{key}"
        return any(f"{base}/{rule}" in side.requirements for rule in (Rule.PROMISED, Rule.REQUIRED))

    def _status(self, status: str) -> str:
        return SUCCESS if status in (self.old.alias, self.new.alias) else status

    def has_place_of(self, requirement: Requirement) -> bool:
        """Return whether the new contract has the field that a requirement is about."""
        match requirement.check:
            case Answers(status=status, path=path, header="", stream="") if path:
                return path in self.new.answers.get(self._status(status), {})
            case KnowsResource(place="body", path=path):
                return path in self.new.body
            case _:
                return True

    def _old_statuses(self) -> set[str]:
        return {answer.status for answer in self.old.contract.answers} | {self.new.alias}


def _rank(judged: EffectAndReason) -> int:
    return -_RANK.index(judged[0])
