"""What a change of a contract does to a client that was written for the old one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chatcert.drift.contract_facts import SUCCESS, Operation, Side
from chatcert.drift.directions import Difference, Direction
from chatcert.openapi.fields import JSON_TYPES, Field
from chatcert.requirements.check import Accepts, Answers, Authenticates, KnowsResource, Refuses, RefusesPayload
from chatcert.requirements.refusal import ABSENT
from chatcert.requirements.requirement import Requirement


class Effect(StrEnum):
    """Whether a client notices."""

    BREAKING = "breaking"
    MAY_BREAK = "may-break"
    HARMLESS = "harmless"


class How(StrEnum):
    """What became of a requirement."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


Judged = tuple[Effect, str]
"""An effect, and why."""

_KEPT: Judged = (Effect.HARMLESS, "what a client sends or reads stays right")
_FINE: Judged = (Effect.HARMLESS, "")
_RANK = tuple(Effect)


@dataclass(frozen=True, slots=True)
class Judge:
    """Tells effects of changes from one contract to another."""

    old: Side
    new: Side

    def effect(self, how: How, requirement: Requirement, found: list[Difference]) -> Judged:
        """What a change does to a client.

        Args:
            requirement: the old one, or the new one where there is no old one.
            found: what exactly differs, where the requirement is on a whole schema.
        """
        check = requirement.check
        match check:
            case Operation():
                return self._operation(how, check)
            case Refuses():
                return self._refusal(how, check)
            case Accepts():
                return self._acceptance(how, check, found)
            case RefusesPayload():
                needed = check.form in ABSENT and how is How.ADDED
                return (Effect.BREAKING, "a request without a body is refused now") if needed else _FINE
            case Authenticates():
                new = check.form == "missing" and check.scheme and how in (How.ADDED, How.CHANGED)
                return (Effect.BREAKING, "a client that does not send this credential is refused") if new else _FINE
            case Answers():
                return self._answer(how, check, found)
            case _:
                return _FINE

    def _operation(self, how: How, check: Operation) -> Judged:
        match check.keyword:
            case "method" | "path":
                return Effect.BREAKING, "a request as before does not arrive"
            case "servers" if how is not How.LOOSENED:
                if self.old.contract.servers and self.new.contract.servers:
                    return Effect.BREAKING, "a client of a server that is not named any more does not arrive"
                return Effect.MAY_BREAK, "one of the documents does not say where the API is served"
            case "media-types" if how is not How.LOOSENED and self.old.contract.body is not None:
                return Effect.BREAKING, "a body of a media type that is not taken any more is refused"
            case "statuses" if how is not How.TIGHTENED:
                return Effect.MAY_BREAK, "a client may meet a status that it does not know"
            case _:
                return _KEPT

    def _refusal(self, how: How, check: Refuses) -> Judged:
        if how in (How.REMOVED, How.LOOSENED):
            return _KEPT
        if how is How.ADDED and not self._was_there(check):
            return Effect.HARMLESS, "it concerns what is new, and may be left out"
        if check.keyword == "required":
            return Effect.BREAKING, "a client that leaves it out is refused"
        if check.keyword in ("additionalProperties", "unevaluatedProperties"):
            return Effect.BREAKING, "a client that sends what is not named any more is refused"
        return Effect.BREAKING, "a client may send what was allowed and is refused now"

    def _was_there(self, check: Refuses) -> bool:
        """Whether an old client can run into a rule: what it is on, or has to be in, was there before."""
        if check.place != "body":
            named = {(p.location, p.name.lower()) for p in self.old.contract.parameters}
            return check.keyword == "required" or (check.place, check.path[0].lower()) in named
        if check.keyword != "required":
            return check.path in self.old.body
        new_body = self.new.contract.body
        needed = self.old.contract.body is None and new_body is not None and new_body.required
        return check.path[:-1] in self.old.body or needed

    def _acceptance(self, how: How, check: Accepts, found: list[Difference]) -> Judged:
        if check.variation == "all-fields":
            if how is How.LOOSENED or not found:
                return _KEPT
            return Effect.MAY_BREAK, "a request as before may be refused"
        if how is How.TIGHTENED or how is How.CHANGED:
            return Effect.BREAKING, "a client may send what was allowed and is refused now"
        if how is not How.REMOVED:
            return _KEPT
        if check.variation == "body-absent":
            gone = self.new.contract.body is None
            return _FINE if gone else (Effect.BREAKING, "a request without a body is refused now")
        if check.variation == "link":
            return Effect.MAY_BREAK, "what an answer gives is not said to be usable any more"
        if check.variation not in ("present", "absent", "enum", "null", "type") or not check.path:
            return _FINE
        field, is_open = self._request_field(check)
        if field is None:
            if is_open:
                return Effect.MAY_BREAK, "it is not documented any more: it may be ignored, or refused"
            return Effect.BREAKING, "it is not documented any more, and what is not documented is refused"
        return self._still_valid(check, field)

    def _request_field(self, check: Accepts) -> tuple[Field | None, bool]:
        """A place of the new request, and whether something may be there though it is not named."""
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

    def _still_valid(self, check: Accepts, field: Field) -> Judged:
        refused: Judged = (Effect.BREAKING, "a client may send what was allowed and is refused now")
        match check.variation:
            case "absent":
                return (Effect.BREAKING, "a client that leaves it out is refused") if field.required else _FINE
            case "enum":
                members = field.schema.get("enum")
                return refused if isinstance(members, list) and check.value not in members else _FINE
            case "null":
                return refused if "null" not in field.types else _FINE
            case "type":
                types = {*field.types, *(["integer"] if "number" in field.types else [])}
                return refused if check.value in JSON_TYPES and check.value not in types else _FINE
            case _:
                return _FINE

    def _answer(self, how: How, check: Answers, found: list[Difference]) -> Judged:
        if how is How.ADDED:
            if check.rule == "content-type" and check.status not in self._old_statuses():
                return Effect.MAY_BREAK, "a client may meet a status that it does not know"
            return _FINE
        if check.status == "any" or check.rule in ("informative", "json", "json-object", "no-html", "framing"):
            return _FINE
        if check.rule == "status" and check.status in ("invalid", "unauthenticated"):
            moved = how in (How.LOOSENED, How.CHANGED)
            return (Effect.MAY_BREAK, "a refusal may have a status that a client does not know") if moved else _KEPT
        if check.rule == "status":
            return self._of_success_status(how)
        fields = self.new.answers.get(self._status(check.status))
        if fields is None:
            return Effect.HARMLESS, "the status is not documented any more"
        if check.rule == "content-type":
            if how in (How.REMOVED, How.CHANGED) and check.status.startswith("2"):
                return Effect.BREAKING, "a client cannot read an answer of another media type"
            return Effect.MAY_BREAK, "a client that asked for one of the media types may be given another"
        if check.rule == "schema":
            if how is How.REMOVED:
                return Effect.MAY_BREAK, "the answer is not described any more"
            return max((self._of_rule(How(d.direction), d) for d in found), key=_rank, default=_FINE)
        if check.path not in fields:
            return self._gone(check.status, check.path)
        if check.rule in ("required", "promised"):
            if how is not How.REMOVED or self._is_promised(self.new, check.status, check.path):
                return _FINE
            return Effect.BREAKING, "a client that relies on it may not find it"
        way = how if how is not How.REMOVED else How.LOOSENED
        return self._of_rule(way, Difference(check.path, check.rule, Direction(way), ""))

    def _of_success_status(self, how: How) -> Judged:
        match how:
            case How.TIGHTENED:
                return _KEPT
            case How.LOOSENED:
                return Effect.MAY_BREAK, "a client may meet a success status that it does not know"
            case _:
                return Effect.BREAKING, "a client that waits for the old status takes a success for a failure"

    def _of_rule(self, how: How, difference: Difference) -> Judged:
        """What it means for whoever reads an answer that a rule on it has moved."""
        if how in (How.TIGHTENED, How.ADDED):
            return _KEPT
        match difference.keyword:
            case "type":
                return Effect.BREAKING, "a client may read a value of a type that it does not expect"
            case "enum" | "const" if how is How.CHANGED:
                return Effect.BREAKING, "a client waits for a value that does not come any more"
            case "enum" | "const":
                return Effect.MAY_BREAK, "a strict client breaks: one that takes the known values for all there are"
            case "in-parent":
                return Effect.BREAKING, "a client that relies on it may not find it"
            case "field":
                return Effect.MAY_BREAK, "a client that reads it may not find it"
            case _:
                return Effect.MAY_BREAK, "a strict client breaks: one that relies on the old rule"

    def _gone(self, status: str, path: tuple[str, ...]) -> Judged:
        if self._is_promised(self.old, status, path):
            return Effect.BREAKING, "a client that relies on it does not find it any more"
        return Effect.MAY_BREAK, "it is not documented any more, though it was never promised"

    def _is_promised(self, side: Side, status: str, path: tuple[str, ...]) -> bool:
        key = "/".join(token.replace("/", "~1") for token in path)
        base = f"response/{self._status(status)}/{key}"
        return any(f"{base}/{rule}" in side.requirements for rule in ("promised", "required"))

    def _status(self, status: str) -> str:
        return SUCCESS if status in (self.old.alias, self.new.alias) else status

    def is_there(self, requirement: Requirement) -> bool:
        """Whether the new contract has the place that a requirement is on."""
        match requirement.check:
            case Answers(status=status, path=path) if path:
                return path in self.new.answers.get(self._status(status), {})
            case KnowsResource(place="body", path=path):
                return path in self.new.body
            case _:
                return True

    def _old_statuses(self) -> set[str]:
        return {answer.status for answer in self.old.contract.answers} | {self.new.alias}


def _rank(judged: Judged) -> int:
    return -_RANK.index(judged[0])
