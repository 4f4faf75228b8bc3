"""Notice that pytest overlooked its configuration file because of an option of ours.

pytest looks for its configuration before it knows the options of plugins: in ``--spec FILE`` it takes FILE for the path
of a test. Where that lies elsewhere, the configuration of the current folder is not read, and everything there is
collected.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from chatcert.exceptions import UsageError
from chatcert.files import read_bounded
from chatcert.run.options import Frontend, options_of

_FILES = {
    "pytest.toml": "",
    ".pytest.toml": "",
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
"""Files that may hold the configuration of pytest, with the words by which they do."""
_MAX_BYTES = 1_000_000


def check_configuration_file(config: pytest.Config) -> None:
    """Check that pytest read the configuration of the folder in which it was started.

    Raises:
        UsageError: it did not, and the value of an option of ours is the reason.
    """
    if config.args_source is pytest.Config.ArgsSource.ARGS or hasattr(config, "workerinput"):
        return
    folder = config.invocation_params.dir
    given = next((pair for pair in _paths_given(config) if not _is_below(folder / pair[1], folder)), None)
    overlooked = _configuration_of(folder)
    if given is None or overlooked is None or overlooked == config.inipath:
        return
    flag, value = given
    raise UsageError(
        f"pytest takes {value} for the path of a test, and does not read {overlooked}",
        where=flag,
        hint=f"write {flag}={value}, or name the tests to run first",
    )


def _paths_given(config: pytest.Config) -> list[tuple[str, str]]:
    """Return the options of ours whose values are existing paths, written as words of their own."""
    flags = {flag for option in options_of(Frontend.PYTEST) for flag in option.pytest_flags}
    words = [str(word) for word in config.invocation_params.args]
    folder = config.invocation_params.dir
    return [(flag, value) for flag, value in pairwise(words) if flag in flags and (folder / value).exists()]


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _configuration_of(folder: Path) -> Path | None:
    """Return the file with the configuration of pytest for a folder, in it or in one above."""
    found = (place / name for place in (folder, *folder.parents) for name in _FILES)
    return next((path for path in found if path.is_file() and _holds(path, _FILES[path.name])), None)


def _holds(path: Path, words: str) -> bool:
    try:
        return words.encode() in read_bounded(path, _MAX_BYTES)
    except (OSError, ValueError):
        return False
