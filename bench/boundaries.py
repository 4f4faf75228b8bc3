"""Write the boundary values that Schemathesis has for the documents of the bundled vendors.

    python bench/boundaries.py

chatcert reads them instead of asking Schemathesis in each run, which takes longer to import than a run takes. The
values are reviewed like code, and a test compares them with what Schemathesis says.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from chatcert.cases.values.schemathesis_values import boundaries_of
from chatcert.cases.values.second_opinion import documents_of
from chatcert.vendors import known_vendors, open_vendor

PLACE = Path(__file__).resolve().parents[1] / "src" / "chatcert" / "cases" / "reviewed_boundaries.py"
HEAD = '''"""Boundary values of Schemathesis for bundled documents: written by ``bench/boundaries.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

REVIEWED: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
'''
SHORT = 20
"""Equal characters in a row that are written out."""


def content() -> dict[str, dict[str, list[Any]]]:
    """The values by the place of the keyword, for each pair of documents; ours have a value of every type."""
    found = {}
    for vendor in known_vendors():
        contract = open_vendor(vendor)
        listed = boundaries_of(contract).items()
        found[documents_of(contract)] = {
            place: values for place, values in listed if not place.endswith(("/", "/type"))
        }
    return found


def written(value: Any) -> str:
    """A value as Python, with equal characters in a row counted."""
    if not isinstance(value, str) or len(value) <= SHORT:
        return ascii(value).replace("'", '"')
    runs = [(character, len(list(same))) for character, same in itertools.groupby(value)]
    return " + ".join(f'"{character}" * {number}' for character, number in runs)


def module() -> str:
    """The text of the module."""
    lines = [HEAD]
    for documents, values in content().items():
        lines.append(f'    "{documents}": {{\n')
        for place, listed in values.items():
            lines.append(f'        "{place}": [{", ".join(map(written, listed))}],\n')
        lines.append("    },\n")
    return "".join([*lines, "}\n"])


if __name__ == "__main__":
    PLACE.write_text(module(), encoding="ascii")
