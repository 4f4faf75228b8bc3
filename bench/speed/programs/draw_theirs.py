"""Draw examples of a vendor's operation from the strategies of Schemathesis.

    python draw_theirs.py VENDOR NUMBER

Prints one line of JSON: by mode, ``positive`` and ``negative``, how many ``examples`` were drawn in how many
``seconds``. Importing, reading the document and the first example of each mode are not counted.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from chatcert.vendors import open_vendor


def main(vendor: str, number: int) -> None:
    """Draw, count, print."""
    contract = open_vendor(vendor)
    operation = schemathesis.openapi.from_dict(copy.deepcopy(dict(contract.document)))[contract.path][contract.method]
    drawn = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        strategy = operation.as_strategy(generation_mode=mode)
        examples, seconds = _drawn(strategy, number)
        drawn[mode.value] = {"examples": examples, "seconds": seconds}
    print(json.dumps(drawn))


def _drawn(strategy: Any, number: int) -> tuple[int, float]:
    moments: list[float] = []

    @settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @seed(1)
    @given(strategy)
    def draw(case: Any) -> None:
        moments.append(time.perf_counter())

    test: Callable[[], None] = draw
    test()
    return len(moments) - 1, moments[-1] - moments[0]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
