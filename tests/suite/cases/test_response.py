"""Cases of success answers: generated valid bodies."""

from __future__ import annotations

import json
from typing import Any

from chatcert.cases.case import JsonBody

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
