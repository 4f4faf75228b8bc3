"""Choose the alternative of ``security`` that requests carry, where the server refuses the first one.

By ``security``, each alternative is enough. Which of them the server takes is learnt from the first requests of a run,
and read again from the exchanges of these: a run that goes on, and whoever checks its report, build the same requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.contract import Contract
from chatcert.transport.exchange import Exchange, Role

INSTEAD: Final = "in place of credentials that were refused"
"""Edit of a request that tries another alternative."""
_BEGINNING: Final = "/accepts/security/"


def other_ways(requests: RequestBuilder) -> list[tuple[str, Case]]:
    """Return the further alternatives that are configured as a whole, by name, each with the request that tries it.

    A request without credentials is none: that it is served says nothing about credentials that were refused.
    """
    ways = []
    for alternative in requests.other_alternatives:
        request = requests.request(credentials=requests.forms_of(alternative))
        case = requests.control(request, f"security/{alternative.name}")
        ways.append((alternative.name, replace(case, edit=INSTEAD)))
    return ways


def served_alternative(exchanges: Iterable[Exchange]) -> str:
    """Return the name of the alternative that was served in place of the first one; empty where none had to be."""
    tried = (one for one in exchanges if one.role == Role.PROBE and one.edit == INSTEAD and one.succeeded)
    return next((one.requirement.partition(_BEGINNING)[2] for one in tried), "")


def carrying(contract: Contract, alternative: str) -> Contract:
    """Return a contract whose requests carry the alternative of this name where it is configured."""
    first = [one for one in contract.alternatives if one.name == alternative]
    rest = [one for one in contract.alternatives if one.name != alternative]
    return replace(contract, alternatives=(*first, *rest)) if first else contract
