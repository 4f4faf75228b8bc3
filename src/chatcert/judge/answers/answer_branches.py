"""Rules on the alternatives of answers: a value is blamed for the alternative that it is meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.chosen_answers import documented_answer, readable, values_at
from chatcert.judge.evidence import Breach, Evidence
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.openapi.contract import Answer, Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, field_at, referenced_pointer
from chatcert.openapi.schemas.branch_choice import BranchReader, BranchValue, known_names, named
from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.fields import shown_path
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import join
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Level
from chatcert.text import shorten

_KEYWORDS = (Rule.ONE_OF, Rule.ANY_OF)
_MATCHES_ANOTHER = "it matches another of the alternatives too"


def judge_branch(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Yield the rulings on a rule that is on what is meant to be one alternative."""
    answer = documented_answer(evidence, check.status)
    place = check.path[len(check.choices[-1].path) :]
    for exchange, body in readable(evidence, check.status):
        found = list(evidence.branches(answer).values(body, check.choices))
        breaches = ((text, one) for one in found if (text := _breach(evidence, check, one, place)))
        message, culprit = next(breaches, ("", None))
        if culprit is not None:
            is_told_apart = message == _MATCHES_ANOTHER and culprit.is_named  # a client reads the name
            yield broken(exchange, _expected(check), message, Level.SHOULD if is_told_apart else None)
        else:
            yield kept(exchange) if any(_can_break(one, check, place) for one in found) else vacuous(exchange)


def judge_discriminator(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Yield the rulings on the rule that a discriminator names an alternative.

    One that is left out, or is no text, is blamed by the rules on presence and type.
    """
    branches = evidence.branches(documented_answer(evidence, check.status))
    expected = f"one of {', '.join(map(repr, check.detail))}"
    for exchange, body in readable(evidence, check.status):
        texts = [text for text in _values_inside(body, branches, check) if isinstance(text, str)]
        unknown = next((text for text in texts if text not in check.detail), None)
        if unknown is not None:
            yield broken(exchange, expected, f"it is {shorten(unknown, 80)!r}")
        else:
            yield kept(exchange) if texts else vacuous(exchange)


def _values_inside(body: Any, branches: BranchReader, check: Answers) -> Iterator[Any]:
    """Yield the values at the path of a rule, those of the alternatives that it is inside of."""
    if not check.choices:
        yield from values_at(body, check.path)
        return
    place = check.path[len(check.choices[-1].path) :]
    for one in branches.values(body, check.choices):
        yield from values_at(one.value, place)


def blamed_elsewhere(answer: Answer, body: Any, path: tuple[str, ...], keyword: str) -> bool:
    """Return whether each value that matches no alternative, or too many, has a name: another rule blames it."""
    schema = answer.schema or {}
    flat = field_at(schema, path, schema) if keyword in _KEYWORDS else None
    if flat is None:
        return False
    lists = [alternatives for alternatives in alternatives_of(flat) if alternatives.keyword == keyword]
    values = list(values_at(body, path))
    known = known_names(flat, schema)
    return bool(values) and all(
        _names_nothing(value, known)
        or _is_around(flat, alternatives, schema)
        or (len(alternatives.values) > 1 and named(value, flat, alternatives, schema) is not None)
        for value in values
        for alternatives in lists
    )


def _is_around(flat: Schema, alternatives: Alternatives, root: Schema) -> bool:
    """Return whether an alternative is what applies anyway: the parent of all others, whose own rules blame a value."""
    return any(referenced_pointer(branch, root) == flat.get(ORIGIN, "-") for branch in alternatives.branches)


def _names_nothing(value: Any, known: tuple[str, frozenset[str]] | None) -> bool:
    """Return whether an object names an alternative that does not exist, which the rule on the discriminator blames."""
    if known is None or not isinstance(value, dict):
        return False
    tag, names = known
    return isinstance(value.get(tag), str) and value[tag] not in names


def judges_branches(evidence: Evidence, check: Answers) -> bool:
    """Return whether alternatives of answers of that status have rules of their own."""
    start = f"{evidence.contract.vendor}/response/{check.status}/"
    return any(name.startswith(start) and name.endswith(f"/{Rule.BRANCH}") for name in evidence.requirements)


def is_meant(evidence: Evidence, check: Answers) -> bool:
    """Return whether an answer had a value that is meant to be the alternative."""
    branches = evidence.branches(documented_answer(evidence, check.status))
    return any(any(True for _ in branches.values(body, check.choices)) for _, body in readable(evidence, check.status))


def _expected(check: Answers) -> str:
    if check.rule is Rule.BRANCH:
        return f"what {'/'.join(shown_path(check.path, check.choices))} describes"
    return "present" if check.detail is None else f"{check.rule} {check.detail}"


def _breach(evidence: Evidence, check: Answers, one: BranchValue, place: tuple[str, ...]) -> str:
    """Return how a value breaks a rule; empty if it does not."""
    breaches = [(_pattern(path, place), keyword, message) for path, keyword, message in one.breaches]
    if check.rule is not Rule.BRANCH:
        return next((message for path, keyword, message in breaches if (path, keyword) == (place, check.rule)), "")
    for path, keyword, message in one.breaches:
        if not _has_requirement(evidence, check, (path, keyword, message)):
            return f"{keyword} is broken at {join('', *path) or 'the top'}: {message}"
    return _MATCHES_ANOTHER if not breaches and one.matches_another else ""


def _pattern(path: tuple[str, ...], place: tuple[str, ...]) -> tuple[str, ...]:
    """Return a place in a value as the rule writes it, where that is possible."""
    fits = len(path) == len(place) and all(part in (ANY, token) for token, part in zip(path, place, strict=True))
    return place if fits else path


def _has_requirement(evidence: Evidence, check: Answers, breach: Breach) -> bool:
    """Return whether a requirement of its own is on a keyword inside the alternative, or around it."""
    base, prefix = check.choices[-1].path, f"{evidence.contract.vendor}/response/{check.status}"
    spellings = (breach[0], tuple(ANY if token.isdecimal() else token for token in breach[0]))
    known = (check.choices[:number] for number in range(len(check.choices) + 1))
    shown = ("/".join(shown_path((*base, *path), choices)) for choices in known for path in spellings)
    return any(f"{prefix}/{name}/{breach[1]}" in evidence.requirements for name in shown)


def _can_break(one: BranchValue, check: Answers, place: tuple[str, ...]) -> bool:
    if check.rule is Rule.REQUIRED:
        return any(isinstance(value, dict) for value in values_at(one.value, place[:-1]))
    return check.rule is Rule.BRANCH or any(True for _ in values_at(one.value, place))
