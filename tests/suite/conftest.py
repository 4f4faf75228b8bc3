"""What all tests of ourselves share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def shelf_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder for caches that all processes of this test run share, and nothing else does."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "caches"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.delenv("CHATCERT_CACHE_DIR", raising=False)
        yield
