"""``${VAR}`` in a text: what it refers to, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$")


class UnsetVariableError(Exception):
    """A text refers to variables that are not set, or blank; ``names`` tells which."""

    def __init__(self, *names: str) -> None:
        super().__init__(", ".join(names))
        self.names = names


def variables_in(text: str) -> tuple[str, ...]:
    """Names of the variables that a text refers to.

    Raises:
        ValueError: it has a ``$`` that belongs to no variable; ``$$`` stands for one.
    """
    names: list[str] = []
    for match in _PART.finditer(text):
        if match[0] == "$":
            raise ValueError("has a $ that begins no ${VARIABLE}: write $$ for a $")
        if match[1]:
            names.append(match[1])
    return tuple(dict.fromkeys(names))


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """A text with the values of its variables in their places, white space at their ends left out.

    Raises:
        UnsetVariableError: one of them is not set, or blank.
    """
    missing = [name for name in variables_in(text) if not environment.get(name, "").strip()]
    if missing:
        raise UnsetVariableError(*missing)
    return _PART.sub(lambda match: environment[match[1]].strip() if match[1] else "$", text)
