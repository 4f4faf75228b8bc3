"""No process outlives its run, however the run ends."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MOCK = "chatcert.mock"


@pytest.mark.parametrize(
    ("frontend", "number"), [("certify", signal.SIGKILL), ("certify", signal.SIGTERM), ("pytest", signal.SIGKILL)]
)
def test_the_mock_ends_with_its_run(
    started: Any, tmp_path: Any, family: Any, frontend: str, number: signal.Signals
) -> None:
    """A run that is killed, interrupted or ended takes its mock with it."""
    commands = {
        "certify": ("chatcert", "certify", "openwebui", "--profile", "quick", "--report-dir", tmp_path / "reports"),
        "pytest": (
            "pytest",
            "tests/contract",
            "-p",
            "no:cacheprovider",
            "--vendor",
            "openwebui",
            "--profile",
            "quick",
            "--report-dir",
            tmp_path / "reports",
        ),
    }
    run = started(*commands[frontend], variables=family.variables)
    assert 1 == len(family.until(1, MOCK)), (tmp_path / "output-0").read_text()

    os.kill(run.pid, number)

    assert 0 != run.wait(60)
    assert [] == family.until(0, MOCK)
