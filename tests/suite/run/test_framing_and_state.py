"""Framing and state against servers that frame messages themselves: defects are found, peculiarities are not blamed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from framing_server import INTEGRATION, SECRET, framing_server

from chatcert.cases.profile import profile_named
from chatcert.judge.blame.folding import FOLDED
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.mock.process import running_mock
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_vendor

VENDOR = "agencii"
FAMILIES = (Kind.FRAMING, Kind.STATE)
OURS = ("framing/", "state/")
DEFECTS = [
    ("refuses-chunks-400", "framing/chunked"),
    ("chunks-unread", "framing/chunked"),
    ("first-chunk-only", "framing/chunked"),
    ("chunks-unchecked", "framing/chunked/invalid"),
    ("chunks-need-no-key", "framing/chunked/unauthenticated"),
    ("fails-on-expect", "framing/expect-continue"),
    ("fails-without-accept", "framing/accept/absent"),
    ("page-for-browsers", "framing/accept/list"),
    ("always-packed", "framing/accept-encoding/identity"),
    ("cut-off-when-closing", "framing/connection-close"),
    ("login-blocks-connection", "state/after-refused-login"),
    ("large-body-lingers", "state/after-oversized-body"),
    ("refusal-lingers", "state/after-refusal"),
    ("upload-lingers", "state/after-aborted-upload"),
]
HONEST = [
    ("", ""),
    ("refuses-chunks-411", "framing/chunked"),
    ("refuses-expect-417", "framing/expect-continue"),
    ("refuses-weights-406", "framing/accept/weighted"),
    ("packs-for-gzip", ""),
    ("closes-after-errors", ""),
    ("closes-silently", ""),
]


def certified(trait: str, seed: int = 1, kinds: Sequence[Kind] = FAMILIES) -> tuple[dict[str, Verdict], list[Exchange]]:
    """The verdicts on the families, and on all answers, after their requests were sent to a server."""
    catalogue = derive(open_vendor(VENDOR))
    with framing_server(trait) as url:
        credentials = {catalogue.contract.credentials[0].scheme: Secret(SECRET)}
        resources = {"apiIntegrationId": INTEGRATION}
        target = Target(url, credentials, resources, limits=Limits(timeout=2.0))
        run = Execution(catalogue, target, profile_named("standard"), seed=seed)
        try:
            run.preflight()
            run.run_all([one for one in catalogue.requirements.values() if one.kind in kinds])
        finally:
            run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    verdicts = fold_all(catalogue, run.exchanges, verdicts)
    return {name.partition("/")[2]: verdict for name, verdict in verdicts.items()}, run.exchanges


def broken(verdicts: dict[str, Verdict]) -> list[str]:
    """The requirements of the families that are broken, or of which nothing could be said for another reason."""
    good = (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)
    left = {path: verdict for path, verdict in verdicts.items() if not verdict.reason.startswith(FOLDED)}
    return [path for path, verdict in left.items() if path.startswith(OURS) and verdict.kind not in good]


@pytest.mark.parametrize(("trait", "owner"), DEFECTS)
@pytest.mark.slow
def test_a_defect_is_found(trait: str, owner: str) -> None:
    """The requirement that is about the defect is broken, and no other one of these families."""
    verdicts, _ = certified(trait)

    assert [owner] == broken(verdicts)


@pytest.mark.parametrize("seed", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_the_seed_does_not_matter(seed: int) -> None:
    """Under other seeds the same is found."""
    for trait, owner in (("chunks-unchecked", "framing/chunked/invalid"), ("upload-lingers", DEFECTS[-1][1])):
        assert [owner] == broken(certified(trait, seed)[0])


@pytest.mark.parametrize(
    ("trait", "reported"), [*HONEST[:2], *(pytest.param(*one, marks=pytest.mark.slow) for one in HONEST[2:])]
)
def test_an_honest_server_is_not_blamed(trait: str, reported: str) -> None:
    """What HTTP permits passes; where it is a refusal, the row reports it."""
    verdicts, exchanges = certified(trait)
    rows = {path for path, verdict in verdicts.items() if path.startswith(OURS) and verdict.reason}

    assert [] == broken(verdicts)
    assert ({reported} if reported else set()) == {path for path in rows if not path.startswith("framing/chunked/")}
    assert all(verdicts[path].kind is VerdictKind.PASS for path in rows)
    assert not reported or "as RFC 9110 section" in verdicts[reported].reason
    assert not any(verdict.kind is VerdictKind.FAIL for verdict in verdicts.values())
    assert len(exchanges) <= 29


@pytest.mark.slow
@pytest.mark.parametrize("trigger", ["", "refused-login", "oversized-body"])
def test_a_slow_server_is_tried_beside_other_requests(trigger: str) -> None:
    """None of them begins between a trigger and the valid request after it; what leaves a trace is found and blamed."""
    catalogue = derive(open_vendor(VENDOR))
    paths = ("auth/", "state/after-", "response/200/status")
    chosen = [one for one in catalogue.requirements.values() if one.path.startswith(paths)]
    faults = [f"{VENDOR}/fault/state/after-{trigger}/refused"] if trigger else []
    with running_mock([VENDOR], faults=faults, latency_ms=120) as mock:
        credentials, resources = from_environment(catalogue.contract, mock.environment)
        target = Target(f"{mock.url}/{VENDOR}", credentials, resources, limits=Limits(timeout=5.0))
        run = Execution(catalogue, target, profile_named("standard"), seed=1, jobs=8)
        try:
            run.preflight()
            run.run_all(chosen)
        finally:
            run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    begun = sorted(run.exchanges, key=lambda exchange: exchange.started)
    first = [
        place for place, exchange in enumerate(begun) if exchange.case.endswith("#1") and "/after-" in exchange.case
    ]

    owner = {f"{VENDOR}/state/after-{trigger}"} if trigger else set()
    assert owner <= {one.id for one in chosen if verdicts[one.id].kind is not VerdictKind.PASS}
    assert 6 == len(first)
    for place in first:
        trigger_sent, next_sent = begun[place], next(e for e in begun[place + 1 :] if e.role != "probe")
        assert (trigger_sent.requirement, "accepted") == (next_sent.requirement, next_sent.expectation)
    state = [exchange for exchange in begun if "/after-" in exchange.case]
    others = [exchange for exchange in begun if exchange not in state]
    assert any(one.started < other.started < one.started + one.seconds for one in state for other in others)
