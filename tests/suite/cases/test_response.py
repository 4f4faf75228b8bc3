"""Cases of success answers: generated valid bodies."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from chatcert.cases.case import JsonBody
from chatcert.cases.values.random_values import random_text

from .reading import properties


def test_generated_bodies_differ_from_each_other(planned: Any, vendor: str) -> None:
    """The generated valid bodies of a run are many, and distinct wherever the schema leaves any freedom."""
    plans = planned(vendor, "standard")
    success = plans.contract.successes[0].status

    bodies = [
        case.request.body.value
        for case in plans.of(f"response/{success}/status")
        if isinstance(case.request.body, JsonBody)
    ]

    distinct = {json.dumps(body, sort_keys=True) for body in bodies}
    free = [name for name, schema, _ in properties(plans) if "x-chatcert-resource" not in schema]
    assert len(distinct) >= (40 if free else 1)


def test_generated_texts_say_something() -> None:
    """A text is never empty or white space alone by chance: what is found there would depend on the seed."""
    texts = [random_text(Random(seed), least, 40) for least in (0, 1) for seed in range(10_000)]

    assert all(text.strip() for text in texts)
    assert 1 == min(map(len, texts))
    assert "" == random_text(Random(1), 0, 0)
