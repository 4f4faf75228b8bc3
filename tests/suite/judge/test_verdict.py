"""What all verdicts together mean: total, monotone, and never a pass by absence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.judge.ruling import Ruling, broken, doubtful, kept, vacuous
from chatcert.judge.verdict import WORST_FIRST, Outcome, VerdictKind, exit_code_of, outcome_of, worst_exit
from chatcert.judge.weighing import verdict_of
from chatcert.requirements.requirement import Level

RANK = {Outcome.CONFORMANT: 0, Outcome.CONFORMANT_WITH_REMARKS: 1, Outcome.NO_VERDICT: 2, Outcome.NOT_CONFORMANT: 2}
words = st.lists(st.sampled_from(WORST_FIRST), max_size=12)


@given(words)
def test_every_set_of_verdicts_has_an_outcome_and_an_exit_code(found: list[VerdictKind]) -> None:
    """Whatever the verdicts, there is one outcome and one documented exit status."""
    assert outcome_of(found) in Outcome
    assert exit_code_of(found) in (0, 1, 70, 75)
    assert exit_code_of(found, fail_on_warn=True) in (0, 1, 70, 75)


@given(words.filter(bool), st.data())
def test_a_worse_verdict_never_gives_a_better_outcome(found: list[VerdictKind], data: st.DataObject) -> None:
    """Replace any verdict by a worse one: the outcome is no better, and success does not come back."""
    index = data.draw(st.integers(0, len(found) - 1))
    place = WORST_FIRST.index(found[index])
    worse = [*found]
    worse[index] = data.draw(st.sampled_from(WORST_FIRST[: place + 1]))

    assert RANK[outcome_of(found)] <= RANK[outcome_of(worse)]
    for strict in (False, True):
        assert not (exit_code_of(found, fail_on_warn=strict) and not exit_code_of(worse, fail_on_warn=strict))


@given(words)
def test_what_a_profile_leaves_out_makes_no_outcome_better(found: list[VerdictKind]) -> None:
    """Nor is anything plainly conformant of which a part was left out."""
    outcome = outcome_of(found, left_out=True)

    assert RANK[outcome] >= RANK[outcome_of(found)]
    assert outcome is not Outcome.CONFORMANT


@given(words)
def test_only_what_passed_is_a_success(found: list[VerdictKind]) -> None:
    """Exit 0 means that something passed, and that nothing failed, was missing, broken or in doubt."""
    bad = {VerdictKind.ERROR, VerdictKind.FAIL, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN}

    assert (exit_code_of(found) == 0) == (VerdictKind.PASS in found and not bad & set(found))
    assert (outcome_of(found) in (Outcome.CONFORMANT, Outcome.CONFORMANT_WITH_REMARKS)) == (exit_code_of(found) == 0)


@given(words)
def test_order_and_number_do_not_matter(found: list[VerdictKind]) -> None:
    """An outcome depends on which verdicts there are, not on where or how often."""
    assert outcome_of(found) == outcome_of(reversed(found)) == outcome_of([*found, *found])
    assert exit_code_of(found) == exit_code_of([*reversed(found), *found])


@given(words)
def test_a_strict_exit_is_never_kinder(found: list[VerdictKind]) -> None:
    """With --fail-on warn a remark fails the run, and nothing else changes."""
    strict, lenient = exit_code_of(found, fail_on_warn=True), exit_code_of(found)

    assert strict == (1 if VerdictKind.WARN in found else lenient)
    assert lenient == 0 or strict != 0


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        ([], "no-verdict", 75),
        (["pass"], "conformant", 0),
        (["pass", "not-applicable"], "conformant", 0),
        (["not-applicable"], "no-verdict", 75),
        (["pass", "warn"], "conformant-with-remarks", 0),
        (["pass", "waived"], "conformant-with-remarks", 0),
        (["pass", "not-run"], "no-verdict", 75),
        (["pass", "inconclusive"], "no-verdict", 75),
        (["pass", "error"], "no-verdict", 70),
        (["pass", "fail"], "not-conformant", 1),
        (["fail", "error", "inconclusive", "not-run"], "not-conformant", 1),
    ],
)
def test_outcomes(found: list[str], outcome: str, code: int) -> None:
    """The table of outcomes and exit codes."""
    present = [VerdictKind(word) for word in found]

    assert outcome == outcome_of(present)
    assert code == exit_code_of(present)


@given(st.lists(st.sampled_from([0, 1, 5, 65, 70, 75, 78]), min_size=1))
def test_the_exit_of_several_vendors_is_the_worst(codes: list[int]) -> None:
    """Several vendors end in success only if each of them does; a breach outweighs everything else."""
    worst = worst_exit(codes)

    assert worst in codes
    assert (worst == 0) == (set(codes) == {0})
    assert (worst == 1) == (1 in codes)


KINDS = ("kept", "vacuous", "doubtful", "must", "should", "own level")
MAKERS = {
    "kept": kept,
    "vacuous": vacuous,
    "doubtful": lambda exchange: doubtful(exchange, "the target was not well"),
    "must": lambda exchange: broken(exchange, "this", "that", Level.MUST),
    "should": lambda exchange: broken(exchange, "this", "that", Level.SHOULD),
    "own level": lambda exchange: broken(exchange, "this", "that"),
}


@pytest.mark.parametrize(
    ("path", "own"), [("response/200/json", VerdictKind.FAIL), ("protocol/method/PUT", VerdictKind.WARN)]
)
@given(kinds=st.lists(st.sampled_from(KINDS), max_size=8))
def test_rulings_add_up(bench: Any, path: str, own: VerdictKind, kinds: list[str]) -> None:
    """The worst ruling is the verdict: a breach before a doubt, a doubt before a pass, and no pass of nothing."""
    made = bench("agencii")
    requirement = made.catalogue.requirements[f"agencii/{path}"]
    rulings: list[Ruling] = [MAKERS[kind](made.success()) for kind in kinds]

    verdict = verdict_of(
        requirement, rulings, made.catalogue.contract, absent="nothing to see", missing=VerdictKind.NOT_APPLICABLE
    )

    breaches = {
        VerdictKind.FAIL if kind == "must" else VerdictKind.WARN if kind == "should" else own
        for kind in kinds
        if kind in ("must", "should", "own level")
    }
    wanted = (
        VerdictKind.FAIL
        if VerdictKind.FAIL in breaches
        else VerdictKind.WARN
        if breaches
        else VerdictKind.INCONCLUSIVE
        if "doubtful" in kinds
        else VerdictKind.PASS
        if "kept" in kinds
        else VerdictKind.NOT_APPLICABLE
    )
    assert wanted == verdict.kind
    assert len(kinds) == verdict.cases
    assert (verdict.finding is not None) == bool(breaches)
    assert bool(verdict.reason) == (wanted in (VerdictKind.INCONCLUSIVE, VerdictKind.NOT_APPLICABLE))
    if verdict.finding is not None:
        assert 1 <= verdict.finding.occurrences <= verdict.finding.observed
        assert {e.exchange.number for e in rulings} >= set(verdict.finding.exchanges)


def test_a_finding_shows_the_smallest_request(bench: Any) -> None:
    """Of many breaches the one with the shortest body is shown, with what differs, its curl line and all numbers."""
    made = bench("agencii")
    large = made.refusal("request/json/garbage", 200, sent=b"x" * 500, edit="a long body")
    small = made.refusal("request/json/garbage", 200, sent=b"{", edit="a lone brace")

    finding = made.verdict("request/json/garbage", large, small).finding

    assert finding is not None
    assert (small.number, large.number) == finding.exchanges
    assert "a lone brace" in finding.actual
    assert "400" in finding.expected
    assert made.line(small) == finding.curl
    assert (2, 2) == (finding.occurrences, finding.observed)


def test_each_result_is_a_finding_of_its_own(bench: Any) -> None:
    """A hang beside server errors is reported beside them, with its own exchanges and count."""
    made = bench("sigmamind")
    path = "robustness/payload"
    crashes = [made.exchange(path, "any", 500, {}, control_accepted=True) for _ in range(2)]
    hung = made.exchange(path, "any", error="timeout", sent=b"x" * 900, control_accepted=True)

    finding = made.verdict(path, made.success(), *crashes, hung).finding

    assert ("status 500", 2, 3) == (finding.cause, finding.occurrences, finding.observed)
    (other,) = finding.also
    assert ("no answer: it was timeout", 1, 3) == (other.cause, other.occurrences, other.observed)
    assert (hung.number,) == other.exchanges


def test_a_breach_of_two_requests_shows_both(bench: Any) -> None:
    """An id that repeats is shown with the exchange that had it first, and with the lines of both."""
    made = bench("agencii")
    first, second = (made.success({"chatId": "same"}, after=seconds) for seconds in (0.0, 3.0))

    finding = made.verdict("response/200/chatId/unique", first, second).finding

    assert f"'same', as in exchange {first.number}" == finding.actual
    assert {first.number, second.number} == set(finding.exchanges)
    assert [made.line(first), "sleep 3", made.line(second)] == finding.curl.splitlines()


def test_ids_that_repeat_now_and_then_are_shown_by_a_loop(bench: Any) -> None:
    """Where two of ten answers have the id of an earlier one, one request is repeated until an id comes twice."""
    made = bench("agencii")
    answers = [made.success({"chatId": f"c{number}"}) for number in (1, 2, 3, 3, 4, 5, 6, 7, 7, 8)]

    finding = made.verdict("response/200/chatId/unique", *answers).finding

    assert (2, 10) == (finding.occurrences, finding.observed)
    assert finding.curl == f"for i in $(seq 15); do {made.line(answers[3])}; echo; done  # repeat in a loop: 2 of 10"


def test_a_breach_of_some_answers_is_repeated_in_a_loop(bench: Any) -> None:
    """One wrong answer of twenty is not shown by one request: the line repeats it."""
    made = bench("agencii")
    answers = [made.success() for _ in range(19)]
    wrong = made.success(b"oops")

    finding = made.verdict("response/200/json", *answers, wrong).finding

    assert f"for i in $(seq 60); do {made.line(wrong)}; echo; done  # repeat in a loop: 1 of 20" == finding.curl


def test_a_request_that_breaks_it_each_time_needs_no_loop(bench: Any) -> None:
    """Where the same request was sent twice and broke a rule of the run twice, one line shows it again."""
    made = bench("agencii")
    answers = [made.success() for _ in range(19)]
    wrong, again = (made.exchange(sent={"apiIntegrationId": "other"}, status=500) for _ in range(2))

    finding = made.verdict("response/any/no-server-error", *answers, wrong, again).finding

    assert made.line(wrong) == finding.curl


def test_a_breach_that_came_again_at_once_needs_no_loop(bench: Any) -> None:
    """A rule of the run that one request breaks, each of three times that it was sent, is shown by that request."""
    made = bench("agencii")
    answers = [made.success() for _ in range(19)]
    wrong = made.exchange(sent={"apiIntegrationId": "other"}, status=500, attempt=3)

    finding = made.verdict("response/any/no-server-error", *answers, wrong).finding

    assert made.line(wrong) == finding.curl


def test_where_all_requests_of_a_kind_break_it_one_is_shown_once(bench: Any) -> None:
    """A rule on all answers that each refusal breaks, and no success, needs no loop."""
    made = bench("sigmamind")
    answers = [made.success() for _ in range(6)]
    wrong = [made.refusal(answer={"message": "***"}, sent={"n": n}, leaks=("apiKeyAuth",)) for n in range(5)]

    finding = made.verdict("response/any/no-credential", *answers, *wrong).finding

    assert (5, 11) == (finding.occurrences, finding.observed)
    assert made.line(wrong[0]) == finding.curl


def test_requests_with_a_header_that_break_it_each_time_need_no_loop(bench: Any) -> None:
    """Where all requests with a credential break a rule on all answers, and none without it does, one line shows it."""
    made = bench("sigmamind")
    asked = [made.stranger("missing") for _ in range(3)]
    refused = [made.stranger(form, headers=(), sent={"form": form}) for form in ("wrong", "empty", "truncated")]
    silent = [replace(one, sent=replace(one.sent, headers=(("X-API-Key", "***"),))) for one in refused]

    finding = made.verdict("protocol/www-authenticate", made.success(), *asked, *silent).finding

    assert (3, 6) == (finding.occurrences, finding.observed)
    assert made.line(silent[0]) == finding.curl


def test_a_body_that_breaks_it_each_time_needs_no_loop(bench: Any) -> None:
    """Where all requests with the shown body break a rule of the run, whatever their headers, one line shows it."""
    made = bench("agencii")
    answers = [made.success() for _ in range(19)]
    body = {"apiIntegrationId": "other"}
    wrong = made.exchange(sent=body, status=500)
    other = made.exchange(sent=body, status=500)
    again = replace(other, sent=replace(other.sent, headers=(*other.sent.headers, ("X-Forwarded-For", "192.0.2.7"))))
    alone = made.exchange(sent={"apiIntegrationId": "longer than that"}, status=500)

    assert made.line(wrong) == made.verdict("response/any/no-server-error", *answers, wrong, again).finding.curl
    assert "repeat in a loop" in made.verdict("response/any/no-server-error", *answers, alone).finding.curl


def test_the_request_that_a_person_can_read_is_shown(bench: Any) -> None:
    """A plain body is shown rather than a shorter generated one, and that rather than one that has to be packed."""
    made = bench("agencii")
    packed = made.exchange(sent=b"\x01", status=500)
    generated = replace(made.exchange(sent={"n": 1}, status=500), edit="generated body 7")
    plain = made.exchange(sent={"apiIntegrationId": "other"}, status=500)

    finding = made.verdict("response/any/no-server-error", packed, generated, plain).finding
    assert plain.number == finding.exchanges[0]
    assert "--minimise" not in finding.curl

    finding = made.verdict("response/any/no-server-error", packed, generated).finding
    assert generated.number == finding.exchanges[0]
    advice = "# chatcert replay REPORT agencii/response/any/no-server-error --minimise 30 makes the body smaller"
    assert advice == finding.curl.splitlines()[-1]


def test_the_simplest_request_that_breaks_it_is_shown(bench: Any) -> None:
    """A request with one variation is shown rather than a shorter one with several, or with a generated body in it."""
    made = bench("agencii")
    mixed = replace(made.exchange(sent={"n": 1}, status=500), edit="2 variations at once: a blank; generated body 7")
    several = replace(made.exchange(sent={"n": 2}, status=500), edit="2 variations at once: a blank; a tab")
    plain = made.exchange(sent={"apiIntegrationId": "other"}, status=500)

    shown = [
        made.verdict("response/any/no-server-error", *sent).finding.exchanges[0]
        for sent in ((mixed, several, plain), (mixed, several))
    ]
    assert [plain.number, several.number] == shown
    assert "--minimise" in made.verdict("response/any/no-server-error", mixed).finding.curl


def test_a_breach_that_any_request_meets_is_repeated_as_often_as_that_takes(bench: Any) -> None:
    """Two of twenty different requests were wrong, but not when it was sent again: the loop is long enough for that."""
    made = bench("sigmamind")
    bodies = [{"agentId": "D5D0p7TUs66TTAEAx", "input": f"Is it there? {number}"} for number in range(20)]
    answers = [made.success(sent=body, case=f"c{number}") for number, body in enumerate(bodies[2:], 2)]
    for number, body in enumerate(bodies[:2]):
        answers += [made.refusal(sent=body, case=f"c{number}", expectation="accepted", final=False)]
        answers += [made.success(sent=body, case=f"c{number}", attempt=2)]

    finding = made.verdict("state/every-time", *answers).finding

    assert (2, 22) == (finding.occurrences, finding.observed)
    assert "for i in $(seq 33); do" in finding.curl
    assert finding.curl.endswith("# repeat in a loop: 2 of 22")


def test_an_answer_that_comes_and_goes_is_counted(bench: Any) -> None:
    """A request that got 500 twice and then 400 is reported with both."""
    made = bench("agencii")
    attempts = [made.refusal(status=status, case="x", final=status == 400) for status in (500, 500, 400)]

    finding = made.verdict("response/any/no-server-error", *attempts).finding

    assert "status 500, and status 400 when the same request was sent again" == finding.actual
    assert finding.curl.endswith("# repeat in a loop: 2 of 3")


@pytest.mark.parametrize(
    ("path", "status", "expectation", "reason"),
    [
        ("response/500/json", 400, "refused", "no answer of status 500 came"),
        ("response/500/json", 500, "any", "status 500 came once, but to no request that this rule is on"),
        ("response/404/json", 400, "refused", "no answer of status 404 came"),
    ],
)
def test_a_reason_is_true_of_all_exchanges(bench: Any, path: str, status: int, expectation: str, reason: str) -> None:
    """A report says that no answer of a status came only if none came to any request."""
    made = bench("sigmamind")
    exchange = made.exchange("robustness/payload", expectation, status, {}, control_accepted=True)

    verdict = made.verdict(path, made.success(), exchange)

    assert (VerdictKind.NOT_APPLICABLE, reason) == (verdict.kind, verdict.reason)
    assert all(claim.holds([exchange]) for claim in verdict.claims)
    assert verdict.claims


def test_a_reason_is_true_of_exchanges_that_do_not_count(bench: Any) -> None:
    """A server error after the last answer that counts is one that came."""
    made = bench("sigmamind")
    served = [made.success(since=number) for number in range(2)]
    last = made.exchange("robustness/payload", "any", 500, {}, control_accepted=True, since=2)

    verdict = made.verdict("response/500/json", *served, last)

    assert "status 500 came once, but to no request that this rule is on" == verdict.reason
    assert all(claim.holds([*served, last]) for claim in verdict.claims)
