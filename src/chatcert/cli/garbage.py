"""Search for garbage in the memory of a command that lives for seconds: seldom, and not among what stays."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (20_000, 20, 20)
"""New objects after which garbage is looked for, and how often among the older ones; the usual ones are 700, 10, 10."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage more seldom meanwhile: nearly all that a run makes is needed until its report is written.

    That saves a fifteenth of the processor time of a short run.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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
