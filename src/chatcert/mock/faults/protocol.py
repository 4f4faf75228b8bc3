"""Faults in how a server speaks HTTP: methods that it should not take, redirects."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import Reason, Reply
from chatcert.mock.faults.deviations import Fault
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.service import statuses_of
from chatcert.mock.world import World
from chatcert.requirements.check import Answers, KnowsResource, Method, Refuses, RefusesPayload
from chatcert.requirements.protocol import SAFE_METHODS

FAMILY = "protocol"


def protocol_faults(draft: FaultDraft) -> Iterator[Fault]:
    """Faults for every requirement on methods and redirects."""
    for requirement, check in draft.of_kind(Method):
        if check.method == "ALLOW":
            yield draft.make(
                requirement,
                FAMILY,
                "",
                "an answer of status 405 does not name the allowed methods",
                replies=(_without_allow,),
            )
            yield draft.make(
                requirement,
                FAMILY,
                "others",
                "an answer of status 405 names methods that are not served",
                replies=(_allowing_others,),
            )
        else:
            yield draft.make(requirement, FAMILY, "creates", f"{check.method} creates a chat", methods=(check.method,))
            if check.method not in SAFE_METHODS:
                yield draft.make(
                    requirement,
                    FAMILY,
                    "served",
                    f"{check.method} is answered with 204",
                    replies=(_Served(check.method),),
                )
    for requirement, rule in draft.of_kind(Answers):
        if rule.rule == "no-redirect":
            statuses = statuses_of(draft.contract)
            for variant, reason, text in (
                ("login", Reason.CREDENTIALS, "bad credentials are sent to a login page"),
                ("documentation", Reason.INVALID, "invalid requests are sent to the documentation"),
            ):
                if reason is Reason.CREDENTIALS and not draft.contract.credentials:
                    continue
                edit = _Redirect(statuses[reason], f"/{variant}")
                also = ["response/401/status", "response/unauthenticated/status"]
                if reason is Reason.INVALID:
                    kinds = (Refuses, RefusesPayload, KnowsResource)
                    also = [other.path for kind in kinds for other, _ in draft.of_kind(kind)]
                yield draft.make(requirement, FAMILY, variant, text, *also, replies=(edit,))


class _Served:
    def __init__(self, method: str) -> None:
        self._method = method

    def __call__(self, moment: Moment, reply: Reply, world: World) -> Reply:
        return Reply(204, b"", []) if moment.call.method == self._method else reply


class _Redirect:
    def __init__(self, status: int, place: str) -> None:
        self._status = status
        self._place = place.encode()

    def __call__(self, moment: Moment, reply: Reply, world: World) -> Reply:
        return Reply(302, b"", [(b"location", self._place)]) if moment.status == self._status else reply


def _without_allow(moment: Moment, reply: Reply, world: World) -> Reply:
    return Reply(reply.status, reply.body, [header for header in reply.headers if header[0] != b"allow"])


def _allowing_others(moment: Moment, reply: Reply, world: World) -> Reply:
    return Reply(reply.status, reply.body, [(n, b"GET, HEAD" if n == b"allow" else v) for n, v in reply.headers])
