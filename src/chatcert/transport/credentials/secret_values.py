"""Credentials: values that cannot be printed, and the masks that stand for them in whatever is written."""

from __future__ import annotations

from typing import Final, final

MASK_LENGTH: Final = 8
"""So many characters of a credential in a row count as the credential; fewer do not identify anybody."""


@final
class Secret:
    """A credential's value. Printed in any way it shows a mask; ``reveal`` is the only access to the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the wire and for the masker only."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "•••"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a credential cannot be pickled or copied: pass the name of its environment variable instead")


def mask(name: str, form: str = "valid") -> str:
    """Return the text that is written in place of a credential, or of an altered form of it."""
    return f"«{name}»" if form == "valid" else f"«{name} {form}»"
