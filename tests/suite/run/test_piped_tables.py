"""Tables in a pipe: one whole row a line, so that ids can be searched and cut out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chatcert.requirements.catalogue import derive
from chatcert.vendors import open_vendor


@pytest.mark.parametrize("command", [("requirements",), ("certify", "--plan", "--profile", "quick")])
@pytest.mark.slow
def test_ids_are_whole_and_nothing_is_padded(command: tuple[str, ...]) -> None:
    """Each requirement has one line, its id stands before the first tab, and no line ends in white space."""
    done = subprocess.run(
        [sys.executable, "-m", "chatcert", *command, "agencii"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    names = set(derive(open_vendor("agencii")).requirements)
    found = [line.split("\t")[0] for line in lines if line.startswith("agencii/")]

    assert len(found) == len(set(found)) > 50
    assert set() == set(found) - names
    assert lines == [line.rstrip() for line in lines]
