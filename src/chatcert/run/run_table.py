"""The table ``[run]`` of a targets file: values of options that the command line does not give."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, Final

from chatcert.exceptions import ConfigurationError
from chatcert.files import read_toml
from chatcert.names import did_you_mean
from chatcert.run.options import OPTIONS, Option, RunOptions
from chatcert.transport.targets_file import MAX_BYTES, SHARED_KEYS

HINT: Final = "see targets.example.toml"
_OF_COMMAND: Final = frozenset(
    {
        "vendors",
        "url",
        "targets",
        "targets_file",
        "resume",
        "plan",
        "allow_production",
        "with_robustness",
        "clean_up_production",
    }
)
"""Options that belong to one command: what it tests, whether it goes on, and permissions for production."""


def with_run_table(options: RunOptions) -> RunOptions:
    """Return the options of a run with named targets, those that were not given from the table ``[run]`` of their file.

    What a target has a key of its own for is left to the target. Paths begin at the folder of the file.

    Raises:
        ConfigurationError: the file cannot be read, or the table has an unknown key or an invalid value.
    """
    if not options.targets:
        return options
    file = options.targets_file
    table = read_toml(file, MAX_BYTES, hint="give the file with --targets-file, see targets.example.toml").get(
        "run", {}
    )
    if not isinstance(table, dict):
        raise ConfigurationError("'run' is not a table", where=str(file), hint=HINT)
    rows = {option.name: option for option in OPTIONS}
    defaults = {one.name: one.default for one in fields(RunOptions) if one.default is not MISSING}
    found: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{file}, [run]"
        if key in _OF_COMMAND:
            raise ConfigurationError(f"{key!r} is for the command line alone", where=where, hint="give it there")
        if key not in rows:
            known = sorted(rows.keys() - _OF_COMMAND)
            raise ConfigurationError(f"unknown key {key!r}", where=where, hint=did_you_mean(key, known))
        converted = _converted(rows[key], value, where)
        if isinstance(converted, Path) and not _is_address(converted):
            converted = file.parent / converted
        if key not in SHARED_KEYS and getattr(options, key) == defaults[key]:
            found[key] = converted
    return replace(options, **found)


def _is_address(path: Path) -> bool:
    """Return whether a path stands for an address, as ``spec`` may."""
    return path.as_posix().startswith(("http:/", "https:/"))


def _converted(option: Option, value: Any, where: str) -> Any:
    """Return a value of the table as the command line would give it.

    Raises:
        ConfigurationError: it is of another type, or none of the choices.
    """
    wanted, fits = "a text", isinstance(value, str) and bool(value)
    if option.switch:
        wanted, fits = "true or false", isinstance(value, bool)
    elif option.many or (option.name == "correlation" and isinstance(value, list)):
        wanted = "a list of texts"
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
    elif option.type in (int, float):
        wanted = "a whole number" if option.type is int else "a number"
        fits = isinstance(value, option.type | int) and not isinstance(value, bool)
    if not fits or (option.choices and value not in option.choices):
        raise ConfigurationError(
            f"{option.name!r} is not {' or '.join(option.choices) or wanted}", where=where, hint=HINT
        )
    if isinstance(value, list):
        return tuple(value)
    return Path(value) if option.type is Path else value
