"""Constancy: how many valid requests show, with which certainty, that a server does not answer some of them wrongly."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from chatcert.exceptions import UsageError

OPTION: Final = "--constancy"
MAX_ANSWERS: Final = 5000
"""Valid requests that a run sends for it at most."""
_SYNTAX: Final = re.compile(r"1in(\d{1,6})@(\d{1,2}(?:\.\d{1,3})?)%")


@dataclass(frozen=True, slots=True)
class Constancy:
    """The rarest wrong answer that a run is to meet, and how certainly.

    Attributes:
        one_in: a server answers one in so many valid requests wrongly, at random.
        percent: the probability with which a run meets one of these answers.
    """

    one_in: int
    percent: float

    @classmethod
    def parse(cls, text: str) -> Constancy:
        """Read ``1in20@99%``.

        Raises:
            UsageError: it has another form, or asks for more requests than a run sends.
        """
        found = _SYNTAX.fullmatch(text.replace(" ", ""))
        constancy = cls(int(found[1]), float(found[2])) if found is not None else None
        if constancy is None or constancy.one_in < 2 or not 0 < constancy.percent < 100:
            raise UsageError(f"invalid constancy {text!r}", where=OPTION, hint="give 1inN@P%, such as 1in20@99%")
        if constancy.answers > MAX_ANSWERS:
            raise UsageError(
                f"{text!r} takes {constancy.answers:,} valid requests",
                where=OPTION,
                hint=f"ask for at most {MAX_ANSWERS:,}",
            )
        return constancy

    def __str__(self) -> str:
        """Return the form that ``parse`` reads."""
        return f"1in{self.one_in}@{self.percent:g}%"

    @property
    def answers(self) -> int:
        """How many valid requests are needed: n with ``(1 - 1 / one_in) ** n <= 1 - percent / 100``."""
        return math.ceil(math.log(1 - self.percent / 100) / math.log(1 - 1 / self.one_in))


def percent_found(answers: int, one_in: int) -> float:
    """Return how probable it is, in percent, that some of so many answers show what one in ``one_in`` shows.

    Rounded down to a tenth.
    """
    return math.floor(1000 * (1 - (1 - 1 / one_in) ** answers)) / 10
