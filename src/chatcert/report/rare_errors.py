"""What so many valid answers say of a server that is wrong now and then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chatcert.cases.case import Expectation
from chatcert.cases.constancy import percent_found
from chatcert.cases.profile import profile_named
from chatcert.exceptions import UsageError
from chatcert.report.model import ShownConstancy
from chatcert.transport.exchange import Exchange, Role

USUAL_RARITY: Final = 10
"""One in so many answers is wrong, where the profile promises nothing of rarer ones."""


def constancy_of(exchanges: Iterable[Exchange], profile: str) -> ShownConstancy:
    """Count the valid requests that were answered and judged, and say what they show.

    Args:
        profile: its name, which may say which constancy was asked for.
    """
    answers = sum(
        exchange.final
        and exchange.role != Role.PROBE
        and not exchange.unsettled
        and exchange.expectation == Expectation.ACCEPTED
        and exchange.received is not None
        for exchange in exchanges
    )
    try:
        constancy = profile_named(profile).constancy
    except UsageError:  # of another version
        constancy = None
    one_in = constancy.one_in if constancy is not None else USUAL_RARITY
    return {"answers": answers, "one_in": one_in, "percent": percent_found(answers, one_in)}
