"""The judge is pure: no order, no file and no odd answer changes or stops what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.judge.verdict import VerdictKind
from chatcert.requirements.check import KnowsResource
from chatcert.transport.exchange import Exchange, Received


def mixed(made: Any) -> list[Exchange]:
    """Honest and faulty answers, retries, probes, errors and doubts."""
    return [
        *made.honest(),
        made.success(change={"created_at": 5, "createdAt": "2021-04-20T10:00:00Z", "user_id": "another", "id": "same"}),
        made.success(change={"id": "same", "chatId": "same", "conversation_id": "same"}, after=2.5),
        made.success(change={"chatId": "same", "conversation_id": "same"}, headers=(("Content-Type", "text/html"),)),
        made.success(status=500, case="flaky", final=False),
        made.success(case="flaky", attempt=2),
        made.success(case="sad", error="reset", unsettled=True),
        made.success(status=503, role="probe"),
        made.refusal("request/json/nan", 201, made.chat(3), edit="NaN"),
        made.refusal("request/json/unclosed", 500, b"panic: runtime error", leaks=("key",)),
        made.refusal("request/json/truncated", control_accepted=False),
        made.stranger("empty", 200, made.chat(4)),
        made.exchange("robustness/payload", "any", error="incomplete", control_accepted=True),
        made.exchange("protocol/method/PUT", "method", 405, {}, headers=()),
    ]


@settings(max_examples=15)
@given(data=st.data())
@pytest.mark.slow
def test_the_order_of_exchanges_does_not_matter(each_bench: Any, data: st.DataObject) -> None:
    """The same evidence in any order leads to the same word on every requirement."""
    exchanges = mixed(each_bench)
    shuffled = data.draw(st.permutations(exchanges))

    assert each_bench.words(exchanges) == each_bench.words(shuffled)


@settings(max_examples=15)
@given(data=st.data())
@pytest.mark.slow
def test_a_report_does_not_depend_on_the_order(each_bench: Any, data: st.DataObject) -> None:
    """Judged as a run is reported, whole verdicts are the same, findings and numbers included."""
    exchanges = mixed(each_bench)
    shuffled = data.draw(st.permutations(exchanges))

    assert each_bench.verdicts(exchanges) == each_bench.verdicts(shuffled)


def test_what_was_written_down_is_judged_the_same(each_bench: Any) -> None:
    """Evidence that went through a file gives the very same verdicts."""
    exchanges = mixed(each_bench)
    read = [Exchange.from_dict(json.loads(json.dumps(exchange.to_dict()))) for exchange in exchanges]

    verdicts = each_bench.verdicts(exchanges)

    assert verdicts == each_bench.verdicts(read)
    assert {VerdictKind.FAIL, VerdictKind.PASS, VerdictKind.INCONCLUSIVE} <= {
        verdict.kind for verdict in verdicts.values()
    }


def test_judging_twice_says_the_same(each_bench: Any) -> None:
    """What is kept between two looks at the same evidence changes nothing."""
    exchanges = mixed(each_bench)

    assert each_bench.verdicts(exchanges) == each_bench.verdicts(exchanges)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "chatId",
    "createdAt",
    "status",
    "response",
    "agent",
    "id",
    "user_id",
    "title",
    "chat",
    "created_at",
    "updated_at",
    "share_id",
    "archived",
    "pinned",
    "meta",
    "folder_id",
    "conversation_id",
    "detail",
    "error_message",
    "timestamp",
    "error",
    "message",
    "path",
    "validationErrors",
)
STATUSES = (100, 199, 200, 201, 204, 302, 400, 401, 403, 404, 405, 422, 429, 500, 501, 503, 599)
objects = st.dictionaries(st.sampled_from(NAMES), json_values, max_size=6)
answers = (json_values | objects | objects).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
header_names = st.sampled_from(["Content-Type", "Date", "Allow", "Location", "X"])
header_values = st.text(max_size=30) | st.just("application/json")
headers = st.lists(st.tuples(header_names, header_values), max_size=3).map(tuple)


@st.composite
def scenes(draw: st.DrawFn, made: Any, expectations: tuple[str, ...]) -> list[Exchange]:
    """Exchanges that no honest server would lead to."""
    paths = [r.path for r in made.catalogue.requirements.values() if not isinstance(r.check, KnowsResource)]
    known = [r.path for r in made.catalogue.requirements.values() if isinstance(r.check, KnowsResource)]
    found = []
    for _ in range(draw(st.integers(1, 5))):
        expectation = draw(st.sampled_from(expectations))
        path = draw(st.sampled_from(known if expectation == "unknown" and known else paths))
        exchange = made.exchange(path, expectation, sent=draw(answers), case=draw(st.sampled_from(["one", "two"])))
        received = Received(
            draw(st.sampled_from(STATUSES)), draw(headers), draw(answers), truncated=draw(st.booleans())
        )
        found.append(
            replace(
                exchange,
                received=received,
                started=draw(st.floats(0, 4e9)),
                control=draw(st.none() | st.just(1)),
                control_accepted=draw(st.none() | st.booleans()),
                unsettled=draw(st.booleans()),
                final=draw(st.booleans()),
            )
        )
    return found


@settings(max_examples=30)
@given(data=st.data())
@pytest.mark.slow
def test_no_answer_stops_the_judge(each_bench: Any, expectations: tuple[str, ...], data: st.DataObject) -> None:
    """Whatever came back, there is a verdict on every requirement, with a finding or a reason where it needs one."""
    exchanges = data.draw(scenes(each_bench, expectations))

    verdicts = each_bench.verdicts(exchanges)

    assert list(each_bench.catalogue.requirements) == list(verdicts)
    for verdict in verdicts.values():
        assert (verdict.finding is not None) == (verdict.kind in (VerdictKind.FAIL, VerdictKind.WARN))
        assert bool(verdict.reason) == (
            verdict.kind in (VerdictKind.INCONCLUSIVE, VerdictKind.NOT_APPLICABLE, VerdictKind.NOT_RUN)
        )
        assert verdict.non_vacuous <= verdict.cases
