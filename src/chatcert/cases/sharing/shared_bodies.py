"""Requests whose bodies hold what several cases change in the smallest valid body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, Final

from chatcert.cases.case import Case, Expectation, JsonBody, Request
from chatcert.cases.requests.body_changes import Blend, Change, with_changes
from chatcert.cases.requests.encoding import json_bytes
from chatcert.cases.requests.impossibility import Subject
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.sharing.shared_headers import with_spellings
from chatcert.openapi.distinct import distinct_at
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING

MAX_HOSTILE_TEXT: Final = 500_000
"""Characters of hostile texts that are sent as one."""
MAX_LEVELS: Final = 100
"""Levels of nesting that every server is expected to read."""
_ESCAPED: Final = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)
"""Half a surrogate pair: a body with one is written with escapes alone, so that it has no text of other scripts."""

Headers = tuple[tuple[str, str], ...]


class Doubt(IntEnum):
    """Why a right server may refuse a case that shares a request; such cases are parted from the others first."""

    NONE = 0
    NAME = 1
    """It may name something that does not exist."""
    DEEP = 2
    """It is nested deeply."""
    UNREADABLE = 3
    """Parsers and gateways may refuse it before the API reads it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a case changes.

    Attributes:
        changes: in the body.
        headers: those that no valid request has.
        carries: whether its whole body is the one that others are changes of.
        is_escaped: whether its body is written with escapes.
        doubt: why a right server may well refuse it, if it may.
        spelled: the case, if it spells headers or credentials in another way.
    """

    changes: tuple[Change, ...] = ()
    headers: Headers = ()
    carries: bool = False
    is_escaped: bool = False
    doubt: Doubt = Doubt.NONE
    spelled: Case | None = None


class SharedBodies:
    """Finds what cases change in the body, and makes requests with the changes of several cases."""

    def __init__(self, requests: RequestBuilder) -> None:
        self._requests = requests
        self._bodies = requests.bodies
        self._plain = requests.request()
        self._smallest = self._bodies.body()
        self._known: dict[str, _Known] = {}

    def carry(self, case: Case) -> bool:
        """Remember a valid case whose body others may change; return whether it can be changed."""
        if not isinstance(self._smallest, dict) or not isinstance(_body_of(case), dict):
            return False
        self._known[case.id] = _Known(carries=True)
        return True

    def subject_of(self, case: Case) -> Subject | None:
        """Return the field of the smallest body in which a case has another value; ``None`` if that is not all."""
        body = _body_of(case)
        if case.shared or not isinstance(body, dict):
            return None
        names = [name for name, value in body.items() if name not in self._smallest or self._smallest[name] != value]
        return Subject("body", (names[0],)) if len(names) == 1 else None

    def take(self, subject: Subject, blend: Blend, case: Case) -> bool:
        """Remember what a valid case changes in the body; return whether that can be changed beside other things.

        Args:
            subject: what its requirement needs a request to hold.
            blend: how its value shares a request with other values of the same field.
        """
        body = _body_of(case)
        if subject.place != "body" or subject.choices or not isinstance(body, dict):
            return False
        change = self._added(body) if blend is Blend.PROPERTIES else self._changed(subject, blend, case, body)
        if change is None:
            return False
        self._known[case.id] = _Known((change,))
        return True

    def _added(self, body: Mapping[str, Any]) -> Change | None:
        """Return the property that the schema does not name."""
        names = [*(body.keys() - self._smallest.keys())]
        return Change(names[0], body[names[0]], Blend.PROPERTIES) if len(names) == 1 else None

    def _changed(self, subject: Subject, blend: Blend, case: Case, body: Mapping[str, Any]) -> Change | None:
        """Return the other value of one field; ``None`` where that is not all that differs, or it must be new."""
        top, is_certain = subject.path[:1], case.expectation is Expectation.ACCEPTED
        if not top or (case.shared and (blend is not Blend.ANY or len(subject.path) > 1)):
            return None
        if distinct_at(self._requests.contract, "body", top) is not None:
            return None
        if is_certain and self._bodies.is_fixed(top) and not subject.absent:
            return None
        if not is_certain and top[0] in self._smallest:
            return None
        others = {name: value for name, value in self._smallest.items() if name != top[0]}
        if subject.absent:
            return Change(top[0], MISSING) if top[0] not in body else None
        if top[0] not in body or {name: value for name, value in body.items() if name != top[0]} != others:
            return None
        return self._blended(subject.path, blend, body[top[0]])

    def _blended(self, path: tuple[str, ...], blend: Blend, value: Any) -> Change:
        name, typical = path[0], self._requests.value_at("body", path[:1])
        if blend in (Blend.ANY, Blend.TEXTS) and len(path) == 1:
            return Change(name, value, blend)
        is_free = len(path) == 1 or (len(path) == 2 and not any(f[:2] == path for f in self._named))
        if blend is Blend.MEMBERS and is_free and isinstance(value, dict) and isinstance(typical, dict):
            return Change(name, _more(value, typical), Blend.MEMBERS, typical)
        return Change(name, value)

    @cached_property
    def _named(self) -> list[tuple[str, ...]]:
        """The fields that have a name of their own."""
        return [path for path in self._bodies.fields if leads_to_one(path)]

    def take_hostile(self, subject: Subject | None, case: Case) -> bool:
        """Remember what a hostile case changes; return whether it is valid and can be changed beside other things."""
        body = _body_of(case)
        if not isinstance(body, dict) or case.request.credentials or case.request.query != self._plain.query:
            return False
        headers = tuple(pair for pair in case.request.headers if pair not in self._plain.headers)
        if subject is None:
            self._known[case.id] = _Known(headers=headers)
            return body == self._smallest and bool(headers)
        if subject.place != "body" or headers or len(subject.path) > 1 or not self._is_valid(body):
            return False
        name = subject.path[0]
        if name not in body or body != {**self._smallest, name: body[name]}:
            return False
        is_name = self._bodies.is_fixed((name,))
        if is_name and name in self._smallest:  # a server will refuse it
            return False
        value, typical = body[name], self._requests.value_at("body", (name,))
        change = Change(name, value, Blend.TEXTS if isinstance(value, str) and value else Blend.ALONE)
        if isinstance(value, dict) and isinstance(typical, dict):
            change = Change(name, _more(value, typical), Blend.MEMBERS, typical, in_place=True)
        text = json_bytes(value)
        is_escaped = _ESCAPED.search(text) is not None
        doubt = Doubt.DEEP if text.count(b"[") > MAX_LEVELS else Doubt.NAME if is_name else Doubt.NONE
        self._known[case.id] = _Known((change,), is_escaped=is_escaped, doubt=doubt)
        return True

    def doubt(self, case: Case) -> Doubt:
        """Return why a right server may well refuse a case, if it may."""
        is_name = case.expectation in (Expectation.LIMIT, Expectation.UNKNOWN)
        return Doubt.NAME if is_name else self._known[case.id].doubt

    def take_spelling(self, case: Case) -> bool:
        """Remember a case that spells headers or credentials in another way; return whether that is all it does."""
        if case.request.body != self._plain.body or with_spellings(self._requests, [case]) is None:
            return False
        self._known[case.id] = _Known(spelled=case)
        return True

    def distance(self, carrier: Case, case: Case) -> int:
        """Return how many fields have to be added to the body of a carrier, or left out, for the changes of a case."""
        body = _body_of(carrier) or {}
        changes = self._known[case.id].changes
        return sum((change.name in body) is (change.value is MISSING) for change in changes)

    def _is_valid(self, body: Any) -> bool:
        """Return whether a body is valid; one with numbers that no validator computes with is not."""
        try:
            return self._bodies.validator.is_valid(body)
        except (OverflowError, RecursionError):
            return False

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the valid request with the changes of cases, of which the first may be one that carries them."""
        known = [self._known[case.id] for case in cases]
        changes = [change for one in known for change in one.changes]
        base = self._smallest
        if known[0].carries:
            base = _body_of(cases[0])
        elif any(change.value is MISSING for change in changes):
            base = self._bodies.full_body()
        body = with_changes(base, changes) if isinstance(base, dict) else None
        if body is None or not self._is_valid(body):
            return None
        request = self._requests.request(body)
        spelled = with_spellings(self._requests, [one.spelled for one in known if one.spelled is not None])
        if spelled is None or request.headers != self._plain.headers:
            return request if spelled is not None and not any(one.spelled for one in known) else None
        return replace(spelled, body=request.body)

    def merged_hostile(self, cases: Sequence[Case]) -> Request | None:
        """Return the valid request with the hostile values and headers of cases."""
        known = [self._known[case.id] for case in cases]
        if len({one.is_escaped for one in known if one.changes}) > 1:
            return None
        headers = [pair for one in known for pair in one.headers]
        if len({name.lower() for name, _ in headers}) < len(headers):
            return None
        body = with_changes(self._smallest, (change for one in known for change in one.changes), MAX_HOSTILE_TEXT)
        if body is None or not self._is_valid(body):
            return None
        return self._requests.request(body, headers=dict(headers))


def _body_of(case: Case) -> Any:
    return (
        case.request.body.value if isinstance(case.request.body, JsonBody) and not case.request.body.bindings else None
    )


def _more(value: Mapping[str, Any], typical: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that a value has beside the typical ones, or instead of them."""
    more = {name: member for name, member in value.items() if name not in typical or typical[name] != member}
    return more or dict(value)
