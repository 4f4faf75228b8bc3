"""Expansion of ``${VARIABLE}`` references in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$")


class UnsetVariableError(Exception):
    """A text refers to variables that are unset or blank; they are in ``names``."""

    def __init__(self, *names: str) -> None:
        super().__init__(", ".join(names))
        self.names = names


def variables_in(text: str) -> tuple[str, ...]:
    """Return the names of the variables that a text refers to.

    Raises:
        ValueError: it has a ``$`` that does not begin a reference; ``$$`` stands for a literal one.
    """
    names: list[str] = []
    for match in _PART.finditer(text):
        if match[0] == "$":
            raise ValueError("has a $ that begins no ${VARIABLE}: write $$ for a $")
        if match[1]:
            names.append(match[1])
    return tuple(dict.fromkeys(names))


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Replace references by the values of their variables, without white space at their ends.

    Raises:
        UnsetVariableError: a variable is unset or blank.
    """
    missing = [name for name in variables_in(text) if not environment.get(name, "").strip()]
    if missing:
        raise UnsetVariableError(*missing)
    return _PART.sub(lambda match: environment[match[1]].strip() if match[1] else "$", text)
