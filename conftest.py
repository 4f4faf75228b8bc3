"""The tiers of the test run, and the Hypothesis profiles.

``pytest`` without a path runs the fast tier: everything but the tests that are marked ``slow``. ``pytest --all`` runs
everything. Whoever names a path or a node id gets everything in it, slow tests included.

The Hypothesis profile ``suite`` has the same examples every time, half as many as Hypothesis' default; a property that
needs more says so. The fast tier stops after the first of them (profile ``fast``). ``tox -e explore`` uses the profile
``explore``: new examples each time, after those that failed before.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

WORKERS = 2
GARBAGE_THRESHOLDS = (5_000, 10, 50)
SLOW_MODULE = re.compile(r"^pytestmark = \[?pytest\.mark\.slow\b", re.MULTILINE)
FAST_TIER = pytest.StashKey[bool]()

settings.register_profile("suite", settings.get_profile("ci"), max_examples=50)
settings.register_profile("fast", settings.get_profile("suite"), max_examples=15)
settings.register_profile(
    "explore",
    derandomize=False,
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--all``."""
    parser.addoption("--all", action="store_true", help="run the slow tests, too")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and choose the tier and its examples; a worker of pytest-xdist takes its parent's."""
    config.addinivalue_line("markers", "slow: takes seconds; run with --all, or when its path is named")
    worker_input: dict[str, Any] = getattr(config, "workerinput", {})
    config.stash[FAST_TIER] = worker_input.get("fast_tier", _chooses_fast_tier(config))
    if config.stash[FAST_TIER] and config.option.hypothesis_profile == "suite":
        config.option.hypothesis_profile = "fast"  # before Hypothesis' own plugin is configured, which loads it


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the tier on to a worker of pytest-xdist."""
    node.workerinput["fast_tier"] = node.config.stash[FAST_TIER]


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole fast tier in two processes unless the command line says how many (``-n 0``: in this one)."""
    option = config.option
    alone = option.usepdb or option.collectonly or option.keyword or option.markexpr
    in_worker = hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ  # it must never start workers
    if in_worker or alone or not _chooses_fast_tier(config):
        return
    if getattr(option, "numprocesses", 0) is None and not option.tx:
        option.numprocesses = WORKERS


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected, nor among the collected tests afterwards: nothing of it goes.

    While tests run, what one of them leaves in caches is not searched again and again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import a module that is slow as a whole."""
    if not config.stash[FAST_TIER] or collection_path.suffix != ".py":
        return None
    return SLOW_MODULE.search(collection_path.read_text(encoding="utf-8")) is not None or None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which tier is run."""
    return "tier: fast (--all runs the slow tests, too)" if config.stash[FAST_TIER] else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the slow tests in the fast tier; with ``--all``, begin with the modules that have some.

    When a run is nearly over, quick tests are left, which are easily shared among its processes.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    if config.option.all:
        long_ones = {item.path for item in slow}
        items.sort(key=lambda item: item.path not in long_ones)
    if not config.stash[FAST_TIER]:
        return
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def _chooses_fast_tier(config: pytest.Config) -> bool:
    """Return whether the command line asks neither for everything nor for a path."""
    return not config.option.all and config.args_source is not pytest.Config.ArgsSource.ARGS
