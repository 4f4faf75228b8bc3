"""Blame: one defect, one finding. What fails because of another finding is folded under it.

A requirement is folded where its exchanges show nothing that the finding on the other one, its cause, leaves open: they
got the same answers, and meet the precondition of the cause. It is *inconclusive* then, since nothing can be said of it
while the cause is there. Only a ``fail`` that no waiver covers explains others, so that a waiver hides nothing.

The rule that there is no server error is the exception: where each server error breaks a requirement that is waived, it
is waived along with that, since somebody has accepted those very answers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.judge.blame.by_answers import garbled, of_another_form, with_one_clock
from chatcert.judge.blame.by_branches import inside_one_alternative, of_an_alternative
from chatcert.judge.blame.by_circumstances import (
    after_a_trigger,
    after_any_refusal,
    at_any_time,
    explained,
    in_one_framing,
    let_in_at_times,
)
from chatcert.judge.blame.by_features import with_one_feature
from chatcert.judge.blame.by_kinds import (
    empty_and_too_short,
    framed_otherwise,
    missing_alike,
    of_a_beginning,
    of_the_same_keyword,
    unknown_names_elsewhere,
)
from chatcert.judge.blame.by_members import in_a_refused_media_type, of_a_refused_type, under_a_refused_member
from chatcert.judge.blame.by_parts import HAS_PART, by_part, waived_along
from chatcert.judge.blame.by_requests import (
    chosen_by_the_client,
    in_another_media_type,
    in_another_order,
    like_a_token,
    of_the_same_kind,
    with_long_values,
    words_for_nothing,
)
from chatcert.judge.blame.failures import Failure, Folds, Run, Sign, sign_of
from chatcert.judge.blame.of_remarks import VALUES, fold_remarks
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import is_server_error
from chatcert.judge.ruling import Ruling
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.judge.waiver import ALONG
from chatcert.openapi.contract import OF_SUCCESS
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import (
    Accepts,
    AnswerGroup,
    Answers,
    Authenticates,
    CredentialForm,
    Guards,
    KnowsResource,
    Refuses,
    RefusesPayload,
    Rule,
    Variation,
    Withstands,
)
from chatcert.requirements.requirement import Kind, Level, Requirement
from chatcert.transport.exchange import Exchange

FOLDED = "it follows from the finding on "
"""How the reason of a folded requirement begins."""
MIN_ALIKE = 4
"""Number of requirements of one kind that must fail alike before one cause is assumed for all of them."""
MIN_SUCCESSES = 3
"""Equal answers to different requests that show that the body is always the same."""

_KINDS: Mapping[type[Refuses | RefusesPayload], str] = {
    Refuses: "requests that break the schema and have to be refused",
    RefusesPayload: "malformed bodies that have to be refused",
}
"""The kinds of invalid requests, each by the class of its checks."""
_JUDGED = (VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.WARN, VerdictKind.WAIVED)

Judge = Callable[[Requirement], Iterable[Ruling]]


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements on one kind of invalid requests that fail with the same answer, of so many that were judged."""

    check: type[Refuses | RefusesPayload]
    sign: Sign
    members: tuple[Failure, ...]
    judged: int


def fold(
    evidence: Evidence, requirements: Mapping[str, Requirement], verdicts: Mapping[str, Verdict], judge: Judge
) -> dict[str, Verdict]:
    """Return the verdicts with what follows from another finding folded under that.

    Args:
        verdicts: of one vendor, by requirement id; waivers are applied already.
        judge: gives the rulings on a requirement.
    """
    verdicts = fold_remarks(requirements, verdicts, judge)
    failing = [name for name, verdict in verdicts.items() if verdict.kind is VerdictKind.FAIL]
    if len(failing) < 2 and VerdictKind.WAIVED not in {verdict.kind for verdict in verdicts.values()}:
        return dict(verdicts)
    failures = {name: _failure(requirements[name], judge) for name in failing}
    run = Run(evidence, requirements, verdicts, tuple(failure for failure in failures.values() if failure.exchanges))
    reasons: dict[str, tuple[str, str]] = {}
    for derive in (
        _plain,
        under_a_refused_member,
        in_a_refused_media_type,
        of_a_refused_type,
        of_an_alternative,
        inside_one_alternative,
        after_any_refusal,
        after_a_trigger,
        let_in_at_times,
        at_any_time,
        in_one_framing,
        garbled,
        _alike,
        _logins,
        of_a_beginning,
        framed_otherwise,
        words_for_nothing,
        like_a_token,
        in_another_order,
        in_another_media_type,
        with_long_values,
        _fields,
        empty_and_too_short,
        of_the_same_keyword,
        unknown_names_elsewhere,
        missing_alike,
        _unknown_names,
        _edits_of_the_plain,
        _hostile,
        _of_invalid_requests,
        _whole_bodies,
        of_the_same_kind,
        with_one_feature,
        chosen_by_the_client,
        _constant,
        _replayed,
        of_another_form,
        with_one_clock,
        _errors,
        _server_errors,
    ):
        left = [failure for name, failure in failures.items() if name not in reasons and failure.exchanges]
        for failure, cause, why in derive(run, left):
            if failure is not cause and failure.name not in reasons and cause.name not in reasons:
                reasons[failure.name] = cause.name, why
    names = [name for name, verdict in verdicts.items() if verdict.kind is VerdictKind.WAIVED]
    waived = [failure for name in names if (failure := _failure(requirements[name], judge)).exchanges]
    along = {one.name: f"{ALONG}{cause}: {why}" for one, cause, why in waived_along(run, waived)}
    return {
        name: _folded(verdict, *reasons[name])
        if name in reasons
        else replace(verdict, kind=VerdictKind.WAIVED, reason=along[name])
        if name in along
        else verdict
        for name, verdict in verdicts.items()
    }


def _folded(verdict: Verdict, cause: str, why: str) -> Verdict:
    return replace(verdict, kind=VerdictKind.INCONCLUSIVE, reason=f"{FOLDED}{cause}: {why}", finding=None, claims=())


def _failure(requirement: Requirement, judge: Judge) -> Failure:
    rulings = [ruling for ruling in judge(requirement) if ruling.is_breach]
    binding = [ruling for ruling in rulings if (ruling.level or requirement.level) is Level.MUST]
    return Failure(requirement, tuple(ruling.exchange for ruling in binding))


def _plain(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what got the same answer as the plain valid request, where no valid request was accepted."""
    plain = next((failure for failure in left if _is_plain(failure) and failure.sign is not None), None)
    if plain is None or run.evidence.successes:
        return
    for failure in left:
        is_sent = isinstance(failure.requirement.check, Accepts | Withstands)
        if (is_sent or _is_on_server_errors(failure)) and failure.sign == plain.sign:
            yield failure, plain, f"a plain valid request fails too, with {plain.answer}, and none is accepted"


def _edits_of_the_plain(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold hostile requests under the plain valid one that they are made from, where that got the same answer."""
    plain = next((failure for failure in left if _is_plain(failure) and failure.sign is not None), None)
    if plain is None:
        return
    numbers = {exchange.number for exchange in plain.exchanges}
    for failure in left:
        is_hostile = isinstance(failure.requirement.check, Withstands) and failure.sign == plain.sign
        if is_hostile and all(exchange.control in numbers for exchange in failure.exchanges):
            yield failure, plain, f"the valid request that its requests are made from fails too, with {plain.answer}"


def _is_plain(failure: Failure) -> bool:
    check = failure.requirement.check
    return isinstance(check, Accepts) and check.variation is Variation.REQUIRED_ONLY


def _alike(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold each kind of invalid requests of which nearly all fail alike under the first of that kind."""
    first: dict[Sign, Failure] = {}
    for group in _groups(run):
        cause = first.setdefault(group.sign, group.members[0])
        why = (
            f"{len(group.members)} of {group.judged} kinds of {_KINDS[group.check]} got the same answer, {cause.answer}"
        )
        for failure in group.members:
            yield failure, cause, why


def _groups(run: Run) -> Iterator[Group]:
    """Yield the kinds of invalid requests of which nearly all are answered alike."""
    for check in _KINDS:
        judged = [
            name
            for name, one in run.requirements.items()
            if isinstance(one.check, check) and one.level is Level.MUST and run.verdicts[name].kind in _JUDGED
        ]
        by_sign: dict[Sign, list[Failure]] = {}
        for failure in run.failures:
            if isinstance(failure.requirement.check, check) and failure.sign is not None:
                by_sign.setdefault(failure.sign, []).append(failure)
        for sign, members in by_sign.items():
            if len(members) >= MIN_ALIKE and 2 * len(members) >= len(judged):
                yield Group(check, sign, tuple(members), len(judged))


def _logins(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold wrong credentials that are served under the one that implies them: none at all, or any value."""
    served = [failure for failure in left if all(exchange.succeeded for exchange in failure.exchanges)]
    checks = [(failure, check) for failure in served if isinstance(check := failure.requirement.check, Authenticates)]
    causes = {(check.scheme, check.form): failure for failure, check in checks}
    for failure, check in checks:
        without = causes.get((check.scheme, CredentialForm.MISSING))
        wrong = causes.get((check.scheme, CredentialForm.WRONG))
        if without is not None:
            yield failure, without, "a request without the credential is served"
        elif wrong is not None and check.form in VALUES:
            yield failure, wrong, "any value of the credential is served"
    whole = [failure for (_, form), failure in causes.items() if form in (CredentialForm.MISSING, CredentialForm.WRONG)]
    for failure in served if whole else ():
        if isinstance(failure.requirement.check, Guards):
            yield failure, whole[0], "usual requests with bad credentials are served as well"


def _fields(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the other rules of a field under ``type`` where values of any type are served: nothing checks the field."""
    refusals = [(failure, check) for failure in left if isinstance(check := failure.requirement.check, Refuses)]
    unchecked = {
        (check.place, check.path, check.choices): failure
        for failure, check in refusals
        if check.keyword == "type" and all(exchange.succeeded for exchange in failure.exchanges)
    }
    for failure, check in refusals:
        cause = unchecked.get((check.place, check.path, check.choices))
        if cause is not None and failure.sign == cause.sign and check.keyword != "required":
            yield failure, cause, f"a value of any type is served in {'/'.join(check.path) or 'the body'}"


def _unknown_names(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold other values of a field that names something under its unknown names, where the answer is the same.

    A value at the limit of such a field names nothing either. An invalid or a hostile value is explained only by a
    server that fails on each name.
    """
    for cause in left:
        about = cause.requirement.check
        if not isinstance(about, KnowsResource):
            continue
        kinds = Accepts | Refuses | Withstands | KnowsResource if _is_crash(cause) else Accepts | KnowsResource
        for failure in left:
            check = failure.requirement.check
            if isinstance(check, kinds) and check.path == about.path and failure.sign == cause.sign:
                yield failure, cause, f"a {'/'.join(about.path)} that names nothing is answered with {cause.answer}"


def _hostile(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold hostile requests under invalid ones of the same kind, where nearly all of those are answered alike."""
    causes = {(group.sign, group.check is Refuses): group.members[0] for group in _groups(run)}
    for failure in left:
        sign = failure.sign
        if sign is None or not isinstance(failure.requirement.check, Withstands):
            continue
        kinds = {_kind_of(run.evidence, exchange) for exchange in failure.exchanges}
        found = [causes.get((sign, is_json)) for is_json in kinds if is_json is not None]
        cause = next((one for one in found if one in left), None)
        if cause is not None and None not in kinds:
            yield failure, cause, f"its bodies are invalid as well, and got the same answer, {cause.answer}"


def _of_invalid_requests(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what successes lack that answer invalid requests under the finding that these are served."""
    served = [f for f in left if isinstance(f.requirement.check, Refuses | RefusesPayload) and f.exchanges[0].succeeded]
    for failure in left if served else ():
        is_on_success = failure.requirement.kind in (Kind.RESPONSE, Kind.RELATION) and _is_on_success(failure)
        if is_on_success and all(_kind_of(run.evidence, exchange) is not None for exchange in failure.exchanges):
            yield failure, served[0], "the requests that show it are invalid, and should not have been served"


def _kind_of(evidence: Evidence, exchange: Exchange) -> bool | None:
    """Return whether a body is JSON that breaks its schema, or no JSON for every parser; ``None`` if it is neither.

    Halves of surrogate pairs, and numbers beyond doubles, are JSON that not every parser reads (RFC 8259
    sections 6 and 8.2).
    """
    body = evidence.contract.body
    try:
        value = read_json(exchange.sent.body or b"")
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (NotJson, ValueError):
        return False
    except RecursionError:
        return None
    return None if body is None or validator_for(body.schema).is_valid(value) else True


def _whole_bodies(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the refusal of a body with all fields under that of one of its fields."""
    accepted = [(failure, check) for failure in left if isinstance(check := failure.requirement.check, Accepts)]
    for failure, check in accepted:
        if check.variation is not Variation.ALL_FIELDS:
            continue
        sent = run.evidence.sent_json(failure.exchanges[0])
        for cause, other in accepted:
            if not other.path or other.place != "body":
                continue
            value = lookup(sent, other.path)
            refused = lookup(run.evidence.sent_json(cause.exchanges[0]), other.path)
            is_inside = value is not MISSING and value == refused  # else another value is what was refused
            if is_inside and cause.sign == failure.sign:
                yield (
                    failure,
                    cause,
                    f"its body has {'/'.join(other.path)} too, and got the same answer, {cause.answer}",
                )
                break


def _replayed(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what only answers break that came before, to the letter, under the finding that they are not new."""
    cause = next((f for f in left if isinstance(c := f.requirement.check, Answers) and c.rule is Rule.UNIQUE), None)
    bodies = Counter(e.received.body for e in run.evidence.valid_successes if e.received is not None)
    for failure in left if cause is not None else ():
        is_related = failure.requirement.kind is Kind.RELATION and _is_on_success(failure)
        if is_related and all(e.received is not None and bodies[e.received.body] > 1 for e in failure.exchanges):
            yield failure, cause, "the answers that show it came to other requests too, to the letter"  # type: ignore[misc]


def _constant(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what answers have to do with their requests under the first finding where they all have the same body."""
    bodies = {exchange.received.body for exchange in run.evidence.valid_successes if exchange.received is not None}
    requests = {exchange.sent.body for exchange in run.evidence.valid_successes}
    related = [failure for failure in left if failure.requirement.kind is Kind.RELATION and _is_on_success(failure)]
    if len(bodies) != 1 or len(requests) < MIN_SUCCESSES or not related:
        return
    unique = [
        f for f in related if isinstance(f.requirement.check, Answers) and f.requirement.check.rule is Rule.UNIQUE
    ]
    for failure in related:
        yield failure, (unique or related)[0], "every success has the same body"


def _is_on_success(failure: Failure) -> bool:
    check = failure.requirement.check
    return isinstance(check, Answers) and check.status.startswith(OF_SUCCESS)


def _errors(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the same rule on errors of other statuses under the first one: one handler writes them all."""
    first: dict[tuple[Any, ...], Failure] = {}
    for failure in left:
        check = failure.requirement.check
        if not isinstance(check, Answers) or check.status[:1] not in "45" or check.rule is Rule.STATUS:
            continue
        key = (check.rule, check.path, check.header, check.stream)
        cause = first.setdefault(key, failure)
        yield failure, cause, "it is the same rule on answers of another status, and broken there too"


def _server_errors(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the rule that there is no server error where each of them breaks the requirement that it was sent for."""
    for failure in filter(_is_on_server_errors, left):
        names = {other.name: other for other in left if other is not failure}
        logins = [other for other in left if _is_on_refused_logins(other)]
        shown = {exchange.number: other for other in logins for exchange in other.exchanges}
        nothing = [other for other in left if isinstance(other.requirement.check, KnowsResource) and _is_crash(other)]
        own = [
            names.get(e.requirement) or explained(run, e) or shown.get(e.number) or _names_nothing(e, nothing)
            for e in failure.exchanges
        ]
        open_ones = [e for e, cause in zip(failure.exchanges, own, strict=True) if cause is None]
        by_parts = [None if _is_known(run, e) else by_part(run, e, run.failures) for e in open_ones]
        unknown = [e for e, cause in zip(open_ones, by_parts, strict=True) if cause is None and not _is_known(run, e)]
        first = next((cause for cause in (*own, *by_parts) if cause is not None and cause in left), None)
        if first is not None and not unknown:
            also = f" or {HAS_PART}" if any(by_parts) else ""
            yield failure, first, f"each server error breaks the requirement that its request was sent for{also}"


def _names_nothing(exchange: Exchange, causes: Sequence[Failure]) -> Failure | None:
    """Return the finding on unknown names with the same answer, if the request holds an unknown name too."""
    is_alike = exchange.expectation == Expectation.UNKNOWN
    return next((cause for cause in causes if is_alike and sign_of(exchange) == cause.sign), None)


def _is_on_refused_logins(failure: Failure) -> bool:
    check = failure.requirement.check
    return isinstance(check, Answers) and check.rule is Rule.STATUS and check.status == AnswerGroup.UNAUTHENTICATED


def _is_on_server_errors(failure: Failure) -> bool:
    check = failure.requirement.check
    return isinstance(check, Answers) and check.rule is Rule.NO_SERVER_ERROR


def _is_known(run: Run, exchange: Exchange) -> bool:
    """Return whether an exchange breaks the requirement that it was sent for, be it a recommendation or waived."""
    verdict = run.verdicts.get(exchange.requirement)
    if verdict is None or verdict.kind is not VerdictKind.WARN or verdict.finding is None:
        return verdict is not None and verdict.kind in (VerdictKind.FAIL, VerdictKind.WAIVED)
    return any(exchange.number in one.exchanges for one in (verdict.finding, *verdict.finding.also))


def _is_crash(failure: Failure) -> bool:
    return all(exchange.status is None or is_server_error(exchange.status) for exchange in failure.exchanges)
