"""Modules that a command imports are no business of the garbage collector; everything else is."""

from __future__ import annotations

import subprocess
import sys

_PRINTED = """
import gc
from chatcert.cli.lasting_imports import imports_that_stay
with imports_that_stay():
    searched = gc.isenabled()
    {inside}
print(searched, gc.isenabled(), gc.get_freeze_count() > 0)
"""


def _printed(inside: str) -> str:
    done = subprocess.run([sys.executable, "-c", _PRINTED.format(inside=inside)], capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_modules_that_are_imported_are_never_searched_and_later_garbage_is() -> None:
    """No search takes place meanwhile, what was imported is set aside, and then garbage is looked for again."""
    assert _printed("import email.mime.text") == "False True True"


def test_where_nothing_is_imported_no_garbage_is_set_aside() -> None:
    """A program that calls the command line many times keeps no garbage of earlier calls."""
    assert _printed("import sys") == "False True False"


def test_a_collector_that_is_off_stays_off() -> None:
    """Who has turned the collector off, does so for a reason."""
    off = _PRINTED.format(inside="import email.mime.text").replace("import gc\n", "import gc; gc.disable()\n", 1)
    done = subprocess.run([sys.executable, "-c", off], capture_output=True, check=True)
    assert done.stdout.decode().split()[:2] == ["False", "False"]
