"""(e) How many confirmed cases are made in a second, beside the strategies of Schemathesis."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from speed.bench import PROGRAMS, PYTHON, Bench
from speed.goals import Goal, Judged, Sense
from speed.process import finish
from speed.spread import Spread, pooled, ratios, spread_of
from speed.table import Section, Table

TITLE = "(e) Generation"
PROFILE = "standard"
MODES = ("positive", "negative")
EXAMPLES = 100
REASON = (
    "of our time, the validator that confirms cases, and the requests that several of them share, takes 6 % where "
    "bodies are flat and 60 % where they are deep, Hypothesis 4 % at most; theirs are confirmed by nobody"
)
NEW = Goal("e", "new cases a second / as_strategy", Sense.AT_LEAST, 10, reason=REASON)
GOALS = (NEW,)
ABOUT = (
    f"Cases a second: every requirement of a vendor planned at `{PROFILE}` for three seeds, each request of a plan "
    "counted once however many requirements it serves, beside examples a second of `operation.as_strategy` of "
    f"Schemathesis, drawn by Hypothesis, {EXAMPLES} in each mode. Importing, reading the document, our catalogue and "
    "plan of a first seed, and the first example of each of their modes count on neither side. "
    "`confirmed` is how many of our cases a validator has found valid or invalid, as they claim; it "
    "alone is compared. The others (broken JSON, media types, credentials) claim nothing of a schema. Theirs are "
    "confirmed by nobody. `ratio` is that to both modes together."
)


def measure(bench: Bench) -> Section:
    """Every vendor, ours and theirs in turn."""
    rows: list[tuple[str, ...]] = []
    pairs: list[Spread] = []
    for vendor in bench.vendors:
        number = "20" if bench.quick else str(EXAMPLES)
        bench.warm_up("planning", partial(_result_of, "plan_ours.py", vendor, PROFILE))
        bench.warm_up("as_strategy", partial(_result_of, "draw_theirs.py", vendor, "2"))
        own, other = bench.in_turn(
            f"generation, {vendor}",
            {"ours": partial(_result_of, "plan_ours.py", vendor, PROFILE)},
            {"as_strategy": partial(_result_of, "draw_theirs.py", vendor, number)},
        )
        ours, theirs = own["ours"], other["as_strategy"]
        rate = spread_of(ours, lambda reported: reported["confirmed"] / reported["seconds"])
        modes = [
            Spread.of(reported[mode]["examples"] / reported[mode]["seconds"] for reported in theirs) for mode in MODES
        ]
        pairs.append(ratios(rate, spread_of(theirs, _both)))
        rows.append(
            (
                vendor,
                str(ours[0]["cases"]),
                str(ours[0]["confirmed"]),
                rate.text(),
                *(one.text() for one in modes),
                pairs[-1].text(),
            )
        )
    heads = ("vendor", "cases", "confirmed", "a second", *MODES, "ratio")
    return Section(TITLE, [ABOUT], [Table(heads, rows)], [Judged(NEW, pooled(pairs))])


def _both(reported: dict[str, Any]) -> float:
    """Examples a second of both modes, one after the other."""
    rate: float = sum(reported[mode]["examples"] for mode in MODES) / sum(reported[mode]["seconds"] for mode in MODES)
    return rate


def _result_of(program: str, *arguments: str) -> dict[str, Any]:
    reported: dict[str, Any] = json.loads(finish([PYTHON, PROGRAMS / program, *arguments]).out)
    return reported
