"""Blame by kinds: failures whose requests or answers are of the same kind as those of another finding."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.requests import is_server_error
from chatcert.requirements.check import (
    AnswerGroup,
    Answers,
    Authenticates,
    CredentialForm,
    Framed,
    KnowsResource,
    Refuses,
    Rule,
)
from chatcert.requirements.framing_forms import Content

MIN_FIELDS = 3
"""Number of fields in which the same keyword must fail alike before one cause is assumed."""
_BEGINNINGS = (CredentialForm.TRUNCATED, CredentialForm.EXTENDED, CredentialForm.CORRUPTED)
"""Forms of a credential that begin like the valid one, the most informative first."""


def framed_otherwise(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold wrong requests in another framing, and requests with two faults, under the finding on the single fault."""
    for failure in left:
        check = failure.requirement.check
        if isinstance(check, Framed) and check.content is not Content.VALID:
            is_login = check.content is Content.UNAUTHENTICATED
            causes = [one for one in left if _is_on_logins(one) if is_login] or ([] if is_login else _refusals(left))
            why = "the same fault in a request that is framed as usual got the same answer"
        elif isinstance(check, Answers) and check.rule is Rule.TWO_FAULTS:
            causes = [*_refusals(left), *(one for one in left if _is_on_logins(one))]
            why = "one of the faults alone got the same answer"
        else:
            continue
        cause = next((one for one in causes if one.sign is not None and one.sign == failure.sign), None)
        if cause is not None:
            yield failure, cause, why


def _refusals(left: Sequence[Failure]) -> list[Failure]:
    return [one for one in left if isinstance(one.requirement.check, Refuses)]


def _is_on_logins(failure: Failure) -> bool:
    check = failure.requirement.check
    if isinstance(check, Answers):
        return check.rule is Rule.STATUS and check.status == AnswerGroup.UNAUTHENTICATED
    return isinstance(check, Authenticates) and check.form in (CredentialForm.MISSING, CredentialForm.WRONG)


def of_the_same_keyword(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the same keyword, failing alike in several fields, under the first of these fields."""
    first: dict[tuple[str, object], list[Failure]] = {}
    for failure in left:
        check = failure.requirement.check
        if isinstance(check, Refuses) and failure.sign is not None:
            first.setdefault((str(check.keyword), failure.sign), []).append(failure)
    for (keyword, _), failures in first.items():
        if len(failures) >= MIN_FIELDS:
            for failure in failures[1:]:
                yield failure, failures[0], f"values that break {keyword} got the same answer in {len(failures)} fields"


def empty_and_too_short(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the empty string under the least length of a field, where other texts that are too short are served too."""
    checks = [(failure, check) for failure in left if isinstance(check := failure.requirement.check, Refuses)]
    short = {(check.place, check.path, check.choices): f for f, check in checks if check.keyword == "minLength"}
    for failure, check in checks:
        cause = short.get((check.place, check.path, check.choices)) if check.keyword == "empty-string" else None
        if cause is not None and failure.sign is not None and failure.sign == cause.sign:
            yield failure, cause, "a text that is too short got the same answer, and the empty one is too short as well"


def of_a_beginning(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold credentials that begin like the valid one under the truncated credential, if that is served as well."""
    checks = [(failure, check) for failure in left if isinstance(check := failure.requirement.check, Authenticates)]
    for scheme in {check.scheme for _, check in checks}:
        by_form = {check.form: failure for failure, check in checks if check.scheme == scheme}
        found = [by_form[form] for form in _BEGINNINGS if form in by_form]
        if CredentialForm.TRUNCATED in by_form and all(e.succeeded for one in found for e in one.exchanges):
            for failure in found[1:]:
                yield failure, found[0], "credentials are served that merely begin like the right one"


def unknown_names_elsewhere(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold unknown names that fail in other places with the same server error, or no answer, under the first place."""
    found = [one for one in left if isinstance(one.requirement.check, KnowsResource) and _is_crash(one)]
    for failure in found[1:]:
        if failure.sign is not None and failure.sign == found[0].sign:
            yield failure, found[0], "unknown names in another place got the same answer"


def missing_alike(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold fields that are missing under the first field that is missing in the same answers."""
    found = [
        f for f in left if isinstance(c := f.requirement.check, Answers) and c.rule in (Rule.PROMISED, Rule.REQUIRED)
    ]
    for number, failure in enumerate(found):
        cause = next((one for one in found[:number] if failure.is_within(one)), None)
        if cause is not None:
            yield failure, cause, "the same answers lack it too"


def _is_crash(failure: Failure) -> bool:
    return all(exchange.status is None or is_server_error(exchange.status) for exchange in failure.exchanges)
