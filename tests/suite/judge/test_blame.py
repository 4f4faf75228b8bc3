"""Blame: what follows from another finding is folded under it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.blame.folding import FOLDED
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.openapi.values.request_markers import marker_of
from chatcert.requirements.catalogue import derive
from chatcert.run.safe_judging import fold_all
from chatcert.transport.exchange import Exchange

SIGMAMIND_REFUSALS = (
    "request/body/type",
    "request/body/null",
    "request/body/agentId/type",
    "request/body/agentId/required",
    "request/body/agentId/null",
    "request/body/input/type",
    "request/body/input/required",
    "request/body/input/null",
)


SHORT = {"type": "string", "maxLength": 3}
UNION = {
    "oneOf": [
        {"required": ["kind", "title"], "properties": {"kind": {"const": "a"}, "title": SHORT}},
        {"required": ["kind", "text"], "properties": {"kind": {"const": "b"}, "text": SHORT}},
    ],
    "type": "object",
}


def folded(made: Any, *exchanges: Exchange) -> dict[str, Verdict]:
    """The verdicts on broken requirements, by path, after folding."""
    verdicts = made.verdicts(exchanges)
    result = fold_all(made.catalogue, exchanges, verdicts)
    broken = {name for name, verdict in verdicts.items() if verdict.kind is VerdictKind.FAIL}
    return {name.partition("/")[2]: verdict for name, verdict in result.items() if name in broken}


def failing(verdicts: dict[str, Verdict]) -> list[str]:
    """The paths of what still fails, in the order of the catalogue."""
    return [path for path, verdict in verdicts.items() if verdict.kind is VerdictKind.FAIL]


def test_a_crash_on_every_invalid_body_is_one_finding(bench: Any) -> None:
    """Refusals that get the same server error follow from the first, and the rule on server errors from that."""
    made = bench("sigmamind")
    crashes = [made.refusal(path, 500, sent={}) for path in SIGMAMIND_REFUSALS]
    verdicts = folded(made, made.success(), *crashes)

    assert ["request/body/type"] == failing(verdicts)
    assert len(SIGMAMIND_REFUSALS) + 1 == len(verdicts)
    assert all(
        verdict.kind is VerdictKind.INCONCLUSIVE
        and verdict.finding is None
        and verdict.reason.startswith(f"{FOLDED}sigmamind/request/body/type: ")
        for path, verdict in verdicts.items()
        if path != "request/body/type"
    )


def test_other_answers_are_findings_of_their_own(bench: Any) -> None:
    """Three requirements that fail alike may have three causes, and a served request has another one than a crash."""
    made = bench("sigmamind")
    few = [made.refusal(path, 500, sent={}) for path in SIGMAMIND_REFUSALS[:3]]
    served = [made.success(path=path, expectation="refused", sent={}) for path in SIGMAMIND_REFUSALS[3:4]]

    assert [*SIGMAMIND_REFUSALS[:3], *SIGMAMIND_REFUSALS[3:4]] == sorted(
        failing(folded(made, made.success(), *few, *served)), key=SIGMAMIND_REFUSALS.index
    )


@pytest.mark.parametrize(("first", "causes"), [("missing", ["missing"]), ("wrong", ["wrong"])])
def test_logins_that_imply_others(bench: Any, first: str, causes: list[str]) -> None:
    """Where no credential, or any value, is needed, what else is served follows from that."""
    made = bench("agencii")
    forms = [first, "corrupted", "truncated", "extended"]
    served = [made.success(path=f"auth/Authorization/{form}", expectation="unauthenticated") for form in forms]

    paths = failing(folded(made, made.success(), *served))
    assert [f"auth/Authorization/{cause}" for cause in causes] == [path for path in paths if path.startswith("auth/")]


def test_logins_that_imply_nothing(bench: Any) -> None:
    """A key whose prefix is enough says nothing of one in the query string."""
    made = bench("agencii")
    served = [
        made.success(path=f"auth/Authorization/{form}", expectation="unauthenticated") for form in ("prefix", "query")
    ]

    assert {"auth/Authorization/prefix", "auth/Authorization/query"} <= set(
        failing(folded(made, made.success(), *served))
    )


def test_a_constant_body_is_one_finding(bench: Any) -> None:
    """Ids, echoes and clocks that are wrong because every answer is the same follow from the id."""
    made = bench("openwebui")
    answer = {**made.chat(1), "created_at": 1_000_000_000, "updated_at": 1_000_000_000}
    sent = [{"chat": {"title": f"title {number}", "history": {}}} for number in range(4)]
    verdicts = folded(made, *[made.success(answer, sent=body) for body in sent])

    assert ["response/200/id/unique"] == failing(verdicts)
    assert {"response/200/chat/equals", "response/200/created_at/clock"} <= set(verdicts)


def test_errors_of_one_handler_are_one_finding(bench: Any) -> None:
    """The same rule on errors of several statuses is folded under the first status; other rules are not."""
    made = bench("polyai")
    wrong = {"reason": "in another form"}
    verdicts = folded(made, made.success(), made.refusal(answer=wrong), made.stranger(answer=wrong))

    assert ["response/400/informative"] == failing(verdicts)
    assert "response/401/informative" in verdicts


def test_nothing_is_folded_under_what_is_waived(bench: Any) -> None:
    """A waiver hides nothing: what followed from the waived finding fails again."""
    made = bench("polyai")
    wrong = {"reason": "in another form"}
    exchanges = [made.success(), made.refusal(answer=wrong), made.stranger(answer=wrong)]
    verdicts = made.verdicts(exchanges)
    name = "polyai/response/400/informative"
    waived = {**verdicts, name: replace(verdicts[name], kind=VerdictKind.WAIVED, reason="agreed")}

    assert VerdictKind.FAIL == fold_all(made.catalogue, exchanges, waived)["polyai/response/401/informative"].kind


@pytest.mark.parametrize("status", [400, 500])
def test_where_a_plain_valid_request_fails_too_that_is_the_one_finding(bench: Any, status: int) -> None:
    """Other valid requests, hostile ones and the rule on server errors follow from it if the answer is the same."""
    made = bench("sigmamind")
    paths = ["accepts/all-fields", "robustness/body/input"]
    refused = [made.exchange(path, "any" if "robust" in path else "accepted", status) for path in paths]
    verdicts = folded(made, made.exchange(status=status), *refused, made.refusal())

    own = ("response/400/schema", "response/400/informative", "response/500/schema", "response/500/informative")
    assert ["accepts/required-only"] == [path for path in failing(verdicts) if path not in own]
    reason = f"a plain valid request fails too, with status {status}, and none is accepted"
    assert f"{FOLDED}sigmamind/accepts/required-only: {reason}" == verdicts["accepts/all-fields"].reason


def test_what_fails_while_plain_valid_requests_are_served_is_a_finding_of_its_own(bench: Any) -> None:
    """A plain valid request that failed once explains nothing."""
    made = bench("sigmamind")
    two = [made.exchange(status=500), made.exchange("accepts/body/input/maxLength", status=500)]

    assert {"accepts/required-only", "accepts/body/input/maxLength"} <= set(
        failing(folded(made, *two, made.success(path="accepts/all-fields")))
    )


@pytest.mark.parametrize(("status", "is_made_from_it"), [(500, True), (500, False), (502, True)])
def test_hostile_edits_of_a_failing_plain_request_follow_from_it(
    bench: Any, status: int, is_made_from_it: bool
) -> None:
    """A hostile request says nothing of its own if the valid one that it is made from got the same answer."""
    made = bench("sigmamind")
    plain = made.exchange(status=500)
    control = plain.number if is_made_from_it else None
    hostile = made.exchange("robustness/body/input", "any", status, control=control)
    verdicts = folded(made, plain, hostile, made.success(path="accepts/all-fields"))

    is_folded = status == 500 and is_made_from_it
    assert is_folded is ("robustness/body/input" not in failing(verdicts))
    assert "accepts/required-only" in failing(verdicts)


def test_no_server_error_follows_from_crashes_that_break_recommendations_too(bench: Any) -> None:
    """A crash on malformed JSON is one defect, though only some of its kinds have to be refused by all means."""
    made = bench("sigmamind")
    paths = [f"request/json/{kind}" for kind in ("truncated", "unclosed", "garbage", "missing-comma", "trailing-comma")]
    crashes = [made.refusal(path, 500, sent=b"{") for path in paths]

    assert ["request/json/truncated"] == [
        path for path in failing(folded(made, made.success(), *crashes)) if not path.startswith("response/500")
    ]


TAGGED = {"agentId": "agent-1", "input": "Hello", "dynamicVariables": {"a": "b"}}


def crashes_of_a_field(made: Any, *, another: int = 500) -> list[Exchange]:
    """Valid requests that crash since they have a field; ``another`` is the answer to one with a value of its own."""
    whole = made.exchange("accepts/all-fields", status=500, sent=TAGGED)
    present = made.exchange("accepts/body/dynamicVariables/present", status=500, sent=TAGGED)
    other = {**TAGGED, "dynamicVariables": {"c": "d"}}
    answer = made.chat(9, other) if another == 201 else None
    generated = made.exchange("response/201/status", status=another, sent=other, answer=answer)
    also = made.exchange("response/201/status", status=500, sent={**TAGGED, "dynamicVariables": {"e": "f"}})
    return [made.success(), whole, present, generated, also]


def test_crashes_of_all_bodies_with_a_field_are_one_finding(bench: Any) -> None:
    """Other valid bodies that have the field crash as well; where one is served, the others are not explained by it."""
    made = bench("sigmamind")
    ours = ("accepts/body/dynamicVariables/present", "accepts/all-fields", "response/any/no-server-error")

    def left(another: int) -> list[str]:
        return [path for path in failing(folded(made, *crashes_of_a_field(made, another=another))) if path in ours]

    assert [ours[0]] == left(500)
    assert sorted([ours[0], ours[2]]) == sorted(left(201))


def test_one_waiver_covers_what_a_field_that_crashes_breaks(bench: Any) -> None:
    """A body with all fields, and the rule on server errors, are waived along with the field."""
    made = bench("sigmamind")
    exchanges = crashes_of_a_field(made)
    verdicts = made.verdicts(exchanges)
    name = "sigmamind/accepts/body/dynamicVariables/present"
    waived = {**verdicts, name: replace(verdicts[name], kind=VerdictKind.WAIVED, reason="agreed")}

    found = fold_all(made.catalogue, exchanges, waived)

    for path in ("accepts/all-fields", "response/any/no-server-error"):
        assert VerdictKind.WAIVED is found[f"sigmamind/{path}"].kind
        assert found[f"sigmamind/{path}"].reason.startswith(f"waived along with {name}: ")


LONE = ("accepts/body/input/maxLength", "request/body/agentId/type", "response/any/no-server-error")


def after_waiving(made: Any, exchanges: list[Exchange], *waived: str) -> dict[str, Verdict]:
    """The verdicts on the requirements of two crashes, and on the rule on server errors, where some are waived."""
    verdicts = made.verdicts(exchanges)
    names = {f"sigmamind/{path}" for path in waived}
    result = {
        name: replace(verdict, kind=VerdictKind.WAIVED, reason="agreed") if name in names else verdict
        for name, verdict in verdicts.items()
    }
    folded_ones = fold_all(made.catalogue, exchanges, result)
    return {path: folded_ones[f"sigmamind/{path}"] for path in LONE}


def test_no_server_error_is_waived_along_with_the_requirements_that_all_server_errors_break(bench: Any) -> None:
    """One waiver is enough for a lone crash; another crash fails by itself, and the rule follows from that."""
    made = bench("sigmamind")
    lone = [made.success(), made.exchange(LONE[0], status=500)]
    two = [*lone, made.refusal(LONE[1], 500, sent={"agentId": 5, "input": "x"})]

    whole = after_waiving(made, lone, LONE[0])[LONE[2]]
    assert (VerdictKind.WAIVED, True) == (whole.kind, whole.finding is not None)
    assert (
        f"waived along with sigmamind/{LONE[0]}: each server error breaks a requirement that is waived" == whole.reason
    )

    rest = after_waiving(made, two, LONE[0])
    assert [VerdictKind.WAIVED, VerdictKind.FAIL, VerdictKind.INCONCLUSIVE] == [rest[path].kind for path in LONE]
    assert {VerdictKind.WAIVED} == {verdict.kind for verdict in after_waiving(made, two, *LONE[:2]).values()}


def test_no_server_error_is_not_waived_along_where_one_breaks_nothing_else(bench: Any) -> None:
    """A crash on a request of a requirement that holds otherwise was never agreed to."""
    made = bench("sigmamind")
    crashes = [
        made.success(),
        made.exchange(LONE[0], status=500),
        made.exchange("auth/X-API-Key/missing", "unauthenticated", 500),
    ]
    verdicts = made.verdicts(crashes)
    assert VerdictKind.PASS is verdicts["sigmamind/auth/X-API-Key/missing"].kind

    found = after_waiving(made, crashes, LONE[0])[LONE[2]]
    assert VerdictKind.INCONCLUSIVE is found.kind
    assert found.reason.startswith(f"{FOLDED}sigmamind/response/401/status: ")


def test_a_body_with_all_fields_follows_from_the_field_that_has_the_refused_value(bench: Any) -> None:
    """Another field, of which another value is refused, is not the cause."""
    made = bench("sigmamind")
    names = [name.partition("/")[2] for name in made.catalogue.requirements]
    optional = next(name for name in names if name.startswith("accepts/body/") and name.endswith("/present"))
    field = optional.split("/")[2]
    whole = {"agentId": "agent-1", "input": "Hello", field: "value"}
    refused = [
        made.exchange("accepts/body/input/maxLength", status=400, sent={**whole, "input": "a" * 20_480}),
        made.exchange(optional, status=400, sent=whole),
        made.exchange("accepts/all-fields", status=400, sent=whole),
    ]

    verdicts = folded(made, made.success(), *refused)

    assert verdicts["accepts/all-fields"].reason.startswith(f"{FOLDED}sigmamind/{optional}: ")


def framed(exchange: Exchange, *headers: tuple[str, str]) -> Exchange:
    """The same exchange, whose request had these headers."""
    return replace(exchange, sent=replace(exchange.sent, headers=headers))


def test_what_breaks_in_one_framing_alone_follows_from_it(bench: Any) -> None:
    """The server error of a request without Accept is the finding of that way of framing."""
    made = bench("agencii")
    crash = framed(made.exchange("framing/accept/absent", status=500, control_accepted=True), ("Accept", ""))

    verdicts = folded(made, made.success(), crash)
    assert ["framing/accept/absent"] == failing(verdicts)
    assert "response/any/no-server-error" in verdicts
    other = made.exchange("request/json/garbage", "refused", 500, control_accepted=True)
    assert "request/json/garbage" in failing(folded(made, made.success(), crash, other))


def test_what_breaks_after_a_trigger_alone_follows_from_the_state(bench: Any) -> None:
    """The requests that happen to come after a refused login fail like the one that was meant to."""
    made = bench("agencii")
    state, rule = "state/after-refused-login", "request/body/apiIntegrationId/required"
    exchanges = [made.success(since=0)]
    for number in (2, 4):
        exchanges.append(made.exchange(state, "unauthenticated", 401, made.problem(401), case=f"{state}#{number - 1}"))
        since = exchanges[-1].number
        exchanges.append(made.exchange(state, status=500, case=f"{state}#{number}", since=since, final=False))
        exchanges.append(made.success(path=state, case=f"{state}#{number}", since=since + 1, attempt=2))
    innocent = [made.stranger("missing"), made.refusal(rule, 500, sent={})]
    served, guilty = made.success(since=innocent[-1].number), made.refusal(rule, 500, sent={})

    verdicts = folded(made, *exchanges, *innocent, served)
    assert [state] == failing(verdicts)
    assert rule in verdicts
    assert rule in failing(folded(made, *exchanges, *innocent, served, guilty, made.success(since=guilty.number)))


def test_what_answers_of_another_form_lack_follows_from_the_form(bench: Any) -> None:
    """A status of the wrong type is not equal to that of HTTP either; an answer of the right form may be wrong too."""
    made = bench("sigmamind")
    wrong = {"status": "bad", "detail": []}
    unequal = {**made.problem(400), "status": 499}

    assert ["response/400/schema"] == failing(folded(made, made.success(), made.refusal(answer=wrong)))
    assert "response/400/status/equals" in failing(
        folded(made, made.success(), made.refusal(answer=wrong), made.refusal(answer=unequal))
    )


def test_one_clock_is_one_finding(bench: Any) -> None:
    """Two times that the same answers have wrong come from one clock."""
    made = bench("openwebui")
    late = {"created_at": 1_000_000_000, "updated_at": 1_000_000_000}

    verdicts = folded(made, made.success(change=late), made.success(change=late))
    assert ["response/200/created_at/clock"] == failing(verdicts)
    assert "response/200/updated_at/clock" in verdicts


def test_what_cannot_be_read_is_one_finding(bench: Any) -> None:
    """Answers that do not arrive whole break that rule, and not what was asked for."""
    made = bench("agencii")
    garbled = made.exchange(error="decoding", control_accepted=True)

    assert ["response/200/framing"] == failing(folded(made, made.success(), garbled))


def test_what_fails_now_and_then_is_one_finding(bench: Any) -> None:
    """What was tried once, and got an answer that others got once in a while, follows from the rule on all requests."""
    made = bench("polyai")
    exchanges = [made.success()]
    for path in ("accepts/wire/json-escapes", "accepts/wire/content-type-case"):
        exchanges.append(made.exchange(path, status=500, case=path, final=False))
        exchanges.append(made.success(path=path, case=path, attempt=2))
    once = made.exchange("accepts/body/channel/present", status=500, control_accepted=True)
    always = [
        made.exchange("accepts/body/variant_id/present", status=500, case="v", final=end) for end in (False, True)
    ]

    verdicts = folded(made, *exchanges, once)
    assert ["state/every-time"] == failing(verdicts)
    assert {"accepts/body/channel/present", "response/any/no-server-error"} <= set(verdicts)
    assert "accepts/body/variant_id/present" in failing(folded(made, *exchanges, *always))


def test_a_state_after_every_refusal_is_one_finding(bench: Any) -> None:
    """A request that fails alike after a body that is no JSON and after one with a wrong field fails after refusals."""
    made = bench("agencii")
    exchanges = [made.success(since=0)]
    for trigger in ("refusal", "invalid-body"):
        path = f"state/after-{trigger}"
        for number in (1, 3):
            exchanges.append(made.refusal(path, 400, case=f"{path}#{number}"))
            exchanges.append(made.exchange(path, status=500, case=f"{path}#{number + 1}", final=False))
            exchanges.append(made.success(path=path, case=f"{path}#{number + 1}", since=0, attempt=2))

    verdicts = folded(made, *exchanges, made.success(since=exchanges[-1].number))
    assert ["state/after-refusal"] == failing(verdicts)
    assert {"state/after-invalid-body", "state/every-time"} <= set(verdicts)


def test_words_for_nothing_are_one_finding(bench: Any) -> None:
    """A server that takes ``undefined`` for a key takes ``null`` for the same reason."""
    made = bench("sigmamind")
    served = [
        made.success(path=f"auth/X-API-Key/{form}", expectation="unauthenticated") for form in ("null", "undefined")
    ]

    assert ["auth/X-API-Key/undefined"] == failing(folded(made, made.success(), *served))


def test_keys_in_another_order_beside_optional_fields(bench: Any) -> None:
    """A body whose keys are in another order, and which has the optional fields too, shows what those show."""
    made = bench("polyai")
    whole, few = {"channel": 5, "initial_message": "Hello"}, {"channel": 5}
    alone = made.refusal("request/body/channel/type", sent=few)
    served = [
        made.success(path=f"request/beside/{path}", expectation="refused", sent=sent, control=alone.number)
        for path, sent in (("other-fields", whole), ("key-order", dict(reversed(whole.items()))))
    ]
    assert ["request/beside/other-fields"] == failing(folded(made, made.success(), alone, *served))
    other = made.success(path="request/beside/key-order", expectation="refused", sent=few, control=alone.number)
    assert 2 == len(failing(folded(made, made.success(), alone, served[0], other)))


def test_long_values_of_one_field_are_one_finding(bench: Any) -> None:
    """Hostile values fail like valid ones where both are longer than whatever is served."""
    made = bench("polyai")
    path, rule = "robustness/body/integration_attributes", "response/200/status"
    bodies = [{"integration_attributes": {f"key {n}": "value" for n in range(size)}} for size in (2, 20, 30, 1)]
    served = made.success(sent=bodies[0])
    valid = made.exchange(rule, status=500, answer=made.problem(500), sent=bodies[1], control_accepted=True)
    hostile, short = (
        made.exchange(path, "any", 500, made.problem(500), sent=body, control_accepted=True) for body in bodies[2:]
    )

    assert [rule] == failing(folded(made, served, valid, hostile))
    assert path in failing(folded(made, served, valid, short))


def test_limits_of_a_name_get_what_a_name_of_nothing_gets(bench: Any) -> None:
    """A longest name that is refused with 400 instead of 404 names nothing, like any other unknown one."""
    made = bench("sigmamind")
    body = {"agentId": "a" * 64, "input": "Hello"}
    paths = ("resource/agentId/unknown", "accepts/body/agentId/maxLength")
    kinds = ("unknown", "limit")
    sent = [made.refusal(path, 400, sent=body, expectation=kind) for path, kind in zip(paths, kinds, strict=True)]

    verdicts = folded(made, made.success(), *sent)
    assert {*paths} <= set(verdicts)
    assert [paths[0]] == [path for path in failing(verdicts) if path in paths]


def test_what_fails_on_tokens_is_one_finding(bench: Any) -> None:
    """A server that fails on whatever is shaped like a token fails on unsigned ones too."""
    made = bench("agencii")
    path, other = (f"auth/Authorization/{form}" for form in ("jwt-shaped", "unsigned"))
    shaped = made.exchange(path, "unserved", 500, made.problem(500), control_accepted=True)
    unsigned = made.exchange(other, "unauthenticated", 500, made.problem(500), control_accepted=True)

    assert [path] == failing(folded(made, made.success(), shaped, unsigned))


def test_logins_that_are_let_in_at_times_are_one_finding(bench: Any) -> None:
    """Which bad credentials are served now and then is by chance; those that are served each time are not."""
    made = bench("sigmamind")
    exchanges = [made.success()]
    for form in ("prefix", "case"):
        path = f"auth/X-API-Key/{form}"
        exchanges.append(made.success(path=path, expectation="unauthenticated", case=path, final=False))
        exchanges.append(made.exchange(path, "unauthenticated", 401, made.problem(401), case=path, attempt=2))
    always = made.success(path="auth/X-API-Key/extended", expectation="unauthenticated")

    verdicts = folded(made, *exchanges)
    assert ["auth/X-API-Key/prefix"] == failing(verdicts)
    assert {"auth/X-API-Key/case", "response/401/status"} <= set(verdicts)
    assert "auth/X-API-Key/extended" in failing(folded(made, *exchanges, always))


def test_requests_with_one_feature_are_one_finding(bench: Any) -> None:
    """What only requests with emoji break has one cause; where one of them is served, it has not."""
    made = bench("sigmamind")
    usual = {"agentId": "D5D0p7TUs66TTAEAx"}
    words = ["Hello!", "Where is it?", "x" * 300, "50 % off", "a, b", "(c)", "d-e", "f/g", "h: i", "j; k", "l = m"]
    served = [made.success(sent={**usual, "input": text}) for text in words]
    paths = (("accepts/body/input/maxLength", "accepted"), ("robustness/body/input", "any"))
    crashes = [
        made.exchange(path, kind, 500, made.problem(500), sent={**usual, "input": text}, control_accepted=True)
        for (path, kind), text in zip(paths, ("Thanks \U0001f600", "\U0001f44b\U0001f3fd"), strict=True)
    ]

    verdicts = folded(made, *served, *crashes)
    assert ["accepts/body/input/maxLength"] == failing(verdicts)
    assert "a character beyond ASCII alone" in verdicts["robustness/body/input"].reason
    also = made.success(sent={**usual, "input": "And \U0001f44b\U0001f3fd, \U0001f600"})
    assert "robustness/body/input" in failing(folded(made, *served, *crashes, also))


def test_a_text_with_a_marker_is_no_feature(bench: Any) -> None:
    """It is in one request alone, so that it says nothing of the cause of what this request shows."""
    made = bench("sigmamind")
    usual = {"agentId": "D5D0p7TUs66TTAEAx"}
    texts = [f"Where is it? {marker_of('run', str(number))}" for number in range(13)]
    served = [made.success(sent={**usual, "input": text}) for text in texts[1:]]
    crash = made.exchange("robustness/body/input", "any", 500, sent={**usual, "input": texts[0]}, control_accepted=True)

    reasons = [verdict.reason for verdict in folded(made, *served, crash).values()]
    assert [] == [reason for reason in reasons if "Where is it" in reason]
    assert any(reason.startswith(FOLDED) for reason in reasons)


def test_the_same_hostile_value_in_two_places_is_one_finding(bench: Any) -> None:
    """Two fields that fail on the same value fail in the same code; another value may have another cause."""
    made = bench("polyai")

    def crash(field: str, value: str) -> Exchange:
        edit = f"{field}: {value}"
        found: Exchange = made.exchange(f"robustness/path/{field}", "any", 500, edit=edit, control_accepted=True)
        return found

    exchanges = [made.success(), crash("version", "emoji"), crash("account_id", "emoji")]
    other = crash("project_id", "U+0000")

    assert ["robustness/path/version"] == failing(folded(made, *exchanges))
    paths = ["robustness/path/version", "robustness/path/project_id"]
    assert paths == [path for path in failing(folded(made, *exchanges, other)) if "path" in path]


def test_what_the_client_chooses_is_one_finding(bench: Any) -> None:
    """Fields of an answer that are what the request says under their names have one cause."""
    made = bench("openwebui")
    sent = {"chat": {"title": "A chat", "history": {}}, "archived": True, "pinned": True}
    chosen = made.success(
        path="robustness/payload", expectation="any", sent=sent, change={"archived": True, "pinned": True}
    )
    other = made.success(change={"pinned": True})

    assert ["response/200/archived/initial"] == failing(folded(made, made.success(), chosen))
    assert "response/200/pinned/initial" in failing(folded(made, made.success(), chosen, other))


def test_the_same_fault_in_another_framing_or_beside_another_is_one_finding(bench: Any) -> None:
    """A login that fails with a server error does so in chunks and with a second fault as well."""
    made = bench("agencii")
    crashes = [
        made.exchange(path, kind, 500, made.problem(500), control_accepted=True)
        for path, kind in (
            ("auth/Authorization/missing", "unauthenticated"),
            ("framing/chunked/unauthenticated", "unauthenticated"),
            ("response/any/two-faults", "unauthenticated"),
        )
    ]

    verdicts = folded(made, made.success(), *crashes)
    assert ["response/401/status"] == failing(verdicts)
    assert {"framing/chunked/unauthenticated", "response/any/two-faults", "response/any/no-server-error"} <= {*verdicts}


def test_a_keyword_that_is_broken_alike_in_several_fields_is_one_finding(bench: Any) -> None:
    """Null in three fields fails for one reason, in two perhaps for two."""
    made = bench("polyai")
    fields = ("variant_id", "channel", "initial_message")
    crashes = [
        made.refusal(f"request/body/{name}/null", 500, sent={name: None}, answer=made.problem(500)) for name in fields
    ]

    assert ["request/body/variant_id/null"] == failing(folded(made, made.success(), *crashes))
    two = failing(folded(made, made.success(), *crashes[:2]))
    assert ["request/body/variant_id/null", "request/body/channel/null"] == [path for path in two if "null" in path]


def test_answers_that_lack_everything_are_one_finding(bench: Any) -> None:
    """An error with the status of a success lacks each field; one that lacks a single field is another matter."""
    made = bench("openwebui")
    bare = made.exchange("accepts/all-fields", status=200, answer={"detail": "no"})
    other = made.exchange("accepts/body/folder_id/null", status=200, answer={**made.chat(1), "title": None})

    assert ["response/200/id/promised"] == failing(folded(made, made.success(), bare))
    assert "response/200/title/type" in failing(folded(made, made.success(), bare, other))


def test_credentials_that_begin_like_the_right_one_are_one_finding(bench: Any) -> None:
    """A server that compares the beginning alone takes what is shorter, and what is longer or another at its end."""
    made = bench("sigmamind")
    forms = ("corrupted", "truncated", "extended")
    served = [made.success(path=f"auth/X-API-Key/{form}", expectation="unauthenticated") for form in forms]

    assert ["auth/X-API-Key/truncated"] == failing(folded(made, made.success(), *served))
    assert ["auth/X-API-Key/truncated"] == failing(folded(made, made.success(), *served[1:]))
    assert 2 == len(failing(folded(made, made.success(), served[0], served[2])))


def remarks(made: Any, *exchanges: Exchange) -> list[str]:
    """The paths of the remarks after folding."""
    found = fold_all(made.catalogue, exchanges, made.verdicts(exchanges))
    return [name.partition("/")[2] for name, verdict in found.items() if verdict.kind is VerdictKind.WARN]


def test_credentials_that_may_be_left_out_are_one_remark(bench: Any) -> None:
    """What is served without a credential is served with any value of it, and either one may be left out."""
    made = bench("polyai")
    paths = [f"auth/{name}/{form}" for name in ("X-API-KEY", "X-TOKEN") for form in ("missing", "wrong", "null")]
    served = [made.success(path=path, expectation="unauthenticated") for path in paths]

    assert ["auth/X-API-KEY/missing"] == remarks(made, made.success(), *served)


def test_credentials_whose_values_do_not_matter_are_one_remark(bench: Any) -> None:
    """What is served with a wrong credential is served with any value of it; one remark speaks of both credentials."""
    made = bench("polyai")
    paths = [f"auth/{name}/{form}" for name in ("X-API-KEY", "X-TOKEN") for form in ("empty", "wrong", "null")]
    served = [made.success(path=path, expectation="unauthenticated") for path in paths]

    empty, wrong, null, *_, other = served

    assert ["auth/X-API-KEY/empty", "auth/X-API-KEY/wrong"] == remarks(made, made.success(), *served)
    assert ["auth/X-API-KEY/wrong", "auth/X-TOKEN/null"] == remarks(made, made.success(), wrong, null, other)
    assert ["auth/X-API-KEY/empty", "auth/X-API-KEY/null"] == remarks(made, made.success(), empty, null)


def test_an_answer_to_unknown_names_elsewhere_anywhere(bench: Any) -> None:
    """A server error on an unknown name follows from the finding on such names, whatever it was sent for."""
    made = bench("agencii")
    unknown = made.refusal(
        "resource/apiIntegrationId/unknown", 500, expectation="unknown", sent={"apiIntegrationId": "x"}
    )
    before = made.refusal("state/after-unknown-name", 500, expectation="unknown", sent={"apiIntegrationId": "x"})

    assert ["resource/apiIntegrationId/unknown"] == failing(folded(made, made.success(), unknown, before))


def of_a_union(bench: Any) -> Any:
    """A bench for a document whose body is one of two alternatives."""
    made = bench("sigmamind")
    content = {"application/json": {"schema": UNION}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"201": {"description": "made"}}}
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/v1/chats": {"post": operation}}}
    made.catalogue = derive(read_contract(document, vendor="sigmamind", where="made.yaml"))
    made.contract = made.catalogue.contract
    return made


def test_what_is_broken_inside_one_alternative_is_blamed_there(bench: Any) -> None:
    """The same fault makes the body none of the alternatives, while the other one is checked."""
    made = of_a_union(bench)
    verdicts = folded(
        made,
        made.success(sent={"kind": "a", "title": "x"}),
        made.refusal("request/body/oneOf", 201, sent={"kind": "a", "title": "long-other"}),
        made.refusal("request/body/oneOf/a/title/maxLength", 201, sent={"kind": "a", "title": "long"}),
        made.refusal("request/body/oneOf/b/text/maxLength", 400, sent={"kind": "b", "text": "long"}),
    )

    assert ["request/body/oneOf/a/title/maxLength"] == failing(verdicts)


def test_alternatives_that_are_not_checked_are_blamed_themselves(bench: Any) -> None:
    """What is no alternative at all breaks each of them."""
    made = of_a_union(bench)
    paths = ("oneOf", "oneOf/a/title/required", "oneOf/b/text/required")
    served = [made.refusal(f"request/body/{path}", 201, sent={"kind": "c"}) for path in paths]
    verdicts = folded(made, made.success(sent={"kind": "a", "title": "x"}), *served)

    assert ["request/body/oneOf"] == failing(verdicts)


def test_other_requests_of_no_alternative_are_a_finding_of_their_own(bench: Any) -> None:
    """They break more than the keyword that is not checked either."""
    made = of_a_union(bench)
    verdicts = folded(
        made,
        made.success(sent={"kind": "a", "title": "x"}),
        made.refusal("request/body/oneOf", 201, sent={"kind": "c"}),
        made.refusal("request/body/oneOf/a/title/maxLength", 201, sent={"kind": "a", "title": "long"}),
        made.refusal("request/body/oneOf/b/text/maxLength", 400, sent={"kind": "b", "text": "long"}),
    )

    assert {"request/body/oneOf", "request/body/oneOf/a/title/maxLength"} == set(failing(verdicts))
