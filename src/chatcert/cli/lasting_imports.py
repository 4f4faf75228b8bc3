"""Imports of a command that lives for seconds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imports_that_stay() -> Iterator[None]:
    """Import modules without a search for garbage among them, now or later: they stay as long as the process.

    Otherwise the collector goes through their objects again and again; an eighth of the processor time of a short run.
    """
    collects, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:  # else nothing was imported, and what is garbage would stay too
            gc.freeze()
        if collects:
            gc.enable()
