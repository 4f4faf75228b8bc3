"""Shorten long texts that repeat themselves, such as the echo of a hundred thousand equal letters."""

from __future__ import annotations

BLOCK = 1440
"""Characters: more than any encoding makes of the part of a value that is searched, and a multiple of the groups of
base64 and of hexadecimal digits."""


def without_repetitions(text: str) -> str:
    """Leave out each block of a text that equals the two before it.

    Whatever stands in up to ``BLOCK`` characters of the text stands in the result as well, since each two neighbouring
    blocks are still neighbours somewhere.
    """
    blocks = [text[at : at + BLOCK] for at in range(0, len(text), BLOCK)]
    kept = [block for at, block in enumerate(blocks) if at < 2 or not block == blocks[at - 1] == blocks[at - 2]]
    return text if len(kept) == len(blocks) else "".join(kept)
