"""Find and load own rules: from installed packages, beside a vendor's overlay, and from the file of ``--rules``.

The code of a rule is the user's own and runs as such. It is loaded only from these places, never from a report.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import pluggy

from chatcert.exceptions import ConfigurationError
from chatcert.files import portable, read_bounded
from chatcert.openapi.contract import Contract
from chatcert.own_rules import rule_hook
from chatcert.own_rules.rule_source import digest_of_bytes, digest_of_plugin
from chatcert.requirements.own_rule import InstalledRule, OwnRule
from chatcert.text import one_line
from chatcert.vendors import vendor_folders

FILE: Final = "rules.py"
"""The name of the file of own rules beside a vendor's overlay."""
OPTION: Final = "--rules"
MAX_BYTES: Final = 1_000_000
_MODULES: Final = "chatcert_rules_"


def rules_of(contract: Contract, file: Path | None = None, *, spec: Path | None = None) -> tuple[InstalledRule, ...]:
    """Return the own rules of one vendor: of installed packages, of its folder in ``specs``, and of a file.

    Args:
        file: the file that the option names.
        spec: the document, where it is not that of a vendor with a folder: no file beside it is loaded then.

    Raises:
        ConfigurationError: a module cannot be loaded, or what it gives are no rules.
    """
    files = [] if spec is not None else _beside_overlay(contract.vendor)
    files += [file] if file is not None else []
    return _rules(contract, [*_installed(), *(_read(path.absolute()) for path in files)])


def installed_rules(contract: Contract, file: Path | None = None) -> tuple[InstalledRule, ...]:
    """Return the own rules of installed packages and of a file: nothing near the current folder is loaded.

    Raises:
        ConfigurationError: a module cannot be loaded, or what it gives are no rules.
    """
    return _rules(contract, [*_installed(), *([_read(file.absolute())] if file is not None else [])])


def _beside_overlay(vendor: str) -> list[Path]:
    folder = vendor_folders().get(vendor)
    return [folder / FILE] if folder is not None and (folder / FILE).is_file() else []


class _Plugin(NamedTuple):
    """A module or another object with the hook.

    Attributes:
        origin: its name for messages.
        digest: of the source that it consists of.
    """

    origin: str
    value: Any
    digest: str


def _installed() -> Iterator[_Plugin]:
    """Yield the plugins of installed packages."""
    for entry in sorted(entry_points(group=rule_hook.PROJECT), key=lambda one: one.name):
        origin = f"entry point {one_line(entry.name)}"
        try:
            plugin = entry.load()
        except Exception as error:  # noqa: BLE001  it is the user's own code
            raise _unusable(origin, f"cannot be imported: {type(error).__name__}", "repair it, or remove it") from None
        yield _Plugin(origin, plugin, _digest_of(origin, plugin))


def _read(path: Path) -> _Plugin:
    """Run a file as a module of its own."""
    origin = portable(path)
    try:
        source = read_bounded(path, MAX_BYTES)
    except OSError as error:
        raise _unusable(origin, error.strerror or "cannot be read", "give a file of own rules") from None
    name = _MODULES + hashlib.sha256(str(path).encode() + source).hexdigest()[:16]
    if name in sys.modules:
        return _Plugin(origin, sys.modules[name], digest_of_bytes(source))
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise _unusable(origin, "is no Python file", f"give a file such as {FILE}")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102  the user's own code, from where it was named
    except (Exception, SystemExit) as error:  # noqa: BLE001
        del sys.modules[name]
        line = _line_in(error, path)
        raise _unusable(origin, f"cannot be run: {type(error).__name__}{line}", f"try: python {origin}") from None
    return _Plugin(origin, module, digest_of_bytes(source))


def _line_in(error: BaseException, path: Path) -> str:
    """Return the last line of a file that an error passed through, in words; empty if it passed through none."""
    if isinstance(error, SyntaxError):
        return f" in line {error.lineno}"
    lines, step = [], error.__traceback__
    while step is not None:
        lines += [step.tb_lineno] if step.tb_frame.f_code.co_filename == str(path) else []
        step = step.tb_next
    return f" in line {lines[-1]}" if lines else ""


def _rules(contract: Contract, plugins: Sequence[_Plugin]) -> tuple[InstalledRule, ...]:
    found: dict[str, InstalledRule] = {}
    for origin, plugin, digest in plugins:
        for rule in _given(contract, origin, plugin):
            if rule.name in found:
                where = found[rule.name].origin
                raise _unusable(origin, f"its rule {rule.name} is there already, from {where}", "rename one of them")
            found[rule.name] = InstalledRule(rule, digest, origin)
    return tuple(found.values())


def _given(contract: Contract, origin: str, plugin: Any) -> list[OwnRule]:
    """Return the rules that one plugin gives for a contract."""
    manager = pluggy.PluginManager(rule_hook.PROJECT)
    manager.add_hookspecs(rule_hook)
    try:
        manager.register(plugin)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        raise _unusable(origin, one_line(str(error)), f"the hook is {rule_hook.HOOK}(contract)") from None
    if not manager.hook.chatcert_own_rules.get_hookimpls():
        raise _unusable(origin, f"has no hook {rule_hook.HOOK}", "mark a function of that name with @hookimpl")
    try:
        rules = [rule for given in manager.hook.chatcert_own_rules(contract=contract) for rule in given]
    except ValueError as error:
        raise _unusable(origin, one_line(str(error)), "see docs/own-rules.md") from None
    except Exception as error:  # noqa: BLE001  it is the user's own code
        line = _line_in(error, Path(_source_file(plugin) or ""))
        raise _unusable(origin, f"{rule_hook.HOOK} raised {type(error).__name__}{line}", "repair it") from None
    strangers = [type(rule).__name__ for rule in rules if not isinstance(rule, OwnRule)]
    if strangers:
        raise _unusable(origin, f"{rule_hook.HOOK} gives a {strangers[0]}", "give a list of OwnRule")
    return rules


def _digest_of(origin: str, plugin: Any) -> str:
    try:
        digest = digest_of_plugin(plugin)
    except (OSError, SyntaxError, ValueError):
        digest = None
    if digest is None:
        raise _unusable(origin, "its source cannot be read, which a report names by its digest", "install its source")
    return digest


def _source_file(plugin: Any) -> str | None:
    try:
        return inspect.getsourcefile(plugin if isinstance(plugin, type | ModuleType) else type(plugin))
    except TypeError:
        return None


def _unusable(origin: str, what: str, hint: str) -> ConfigurationError:
    return ConfigurationError(what, where=f"own rules in {origin}", hint=hint)
