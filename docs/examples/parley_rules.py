"""Our own rules for the conversations of Parley."""

import re

from chatcert.own_rules import CannotTell, OwnRule, Trial, hookimpl

SAFE = re.compile(r"[A-Za-z0-9_-]{4,64}")


def through_proxies(valid):
    """Plan two requests: the valid one as it is, and as it comes through two proxies."""
    yield Trial("a plain request")
    yield Trial("a request through two proxies", headers={"X-Forwarded-For": "192.0.2.7, 198.51.100.4"})


def judge_id(request, answer):
    """Say what is wrong with the id of the new conversation, or return None."""
    if not answer.succeeded:
        raise CannotTell(f"no conversation was created: status {answer.status}")
    name = answer.json()["conversation_id"]
    return None if SAFE.fullmatch(name) else f"the conversation_id is {name!r}"


def break_id(request, answer):
    """Return the answer with an id that cannot stand in an address."""
    return answer.with_json({**answer.json(), "conversation_id": "a/b?c"}) if answer.succeeded else answer


def judge_region(request, answer):
    """Say that the answer names none of our regions, or return None."""
    region = answer.headers.get("x-region")
    return None if region in ("eu", "us") else f"X-Region is {region!r}"


@hookimpl
def chatcert_own_rules(contract):
    """Return the rules for a vendor's contract."""
    return [
        OwnRule(
            name="id-in-address",
            version="1",
            level="must",
            statement="The id of a conversation can stand in an address as it is",
            source="Our integration guide, section 3",
            plan=through_proxies,
            judge=judge_id,
            fault=break_id,
        ),
        OwnRule(
            name="region-named",
            version="1",
            level="should",
            statement="Each answer names the region that served it",
            judge=judge_region,
            keep=lambda request, answer: answer.with_header("X-Region", "eu"),
            fault=lambda request, answer: answer.with_header("X-Region", None),
        ),
    ]
