"""What the digest of an installed rule covers: its module, and the modules of the same package that it imports.

Import statements are read, and nothing is imported for it. Other packages are not covered, nor data files, nor what is
imported by a name that is only made when the code runs.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_SUFFIXES: Final = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)


def digest_of_bytes(source: bytes) -> str:
    """Return the digest of one source file: ``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(source).hexdigest()}"


def digest_of_plugin(plugin: Any) -> str | None:
    """Return the digest of what a plugin consists of; ``None`` if its own source cannot be read.

    Of a single module it is the digest of the file; of several, that of a list of their names and digests.

    Args:
        plugin: a module, or an object that is defined in one.
    """
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(_defining(plugin))
    if module is None:
        return None
    files = _modules_of(module)
    if module.__name__ not in files:
        return None
    if len(files) == 1:
        return digest_of_bytes(files[module.__name__])
    lines = (f"{name} {digest_of_bytes(source)}\n" for name, source in sorted(files.items()))
    return digest_of_bytes("".join(lines).encode())


def _defining(plugin: Any) -> str:
    return str((plugin if isinstance(plugin, type) else type(plugin)).__module__)


def _modules_of(module: ModuleType) -> dict[str, bytes]:
    """Return the source of a module and of all modules of its package that are imported from there, by name."""
    found: dict[str, bytes] = {}
    top = module.__name__.partition(".")[0]
    folders = [Path(place) for place in getattr(sys.modules.get(top), "__path__", ())]
    open_names = [module.__name__]
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        file = _own_file(module) if name == module.__name__ else _file(name, folders)
        if file is None:
            continue
        found[name] = file.read_bytes()
        if file.suffix in SOURCE_SUFFIXES:
            imported = _imports(found[name], name, is_package=file.stem == "__init__")
            open_names += [other for other in imported if other.partition(".")[0] == top]
        open_names += [name.rpartition(".")[0]] if "." in name else []  # a package is run before its modules
    return found


def _own_file(module: ModuleType) -> Path | None:
    path = Path(getattr(module, "__file__", None) or "")
    return path if path.suffix in SOURCE_SUFFIXES and path.is_file() and path.stat().st_size else None


def _file(name: str, folders: list[Path]) -> Path | None:
    """Return the file of a module of a package in these folders; ``None`` where the name is that of no module."""
    inside = Path(*name.split(".")[1:])
    for folder in folders:
        for suffix in _SUFFIXES:
            for path in (folder / inside / f"__init__{suffix}", (folder / inside).with_name(f"{inside.name}{suffix}")):
                if inside.name and path.is_file():
                    return path
        if not inside.name and (folder / "__init__.py").is_file():
            return folder / "__init__.py"
    return None


def _imports(source: bytes, name: str, *, is_package: bool) -> Iterator[str]:
    """Yield the absolute names in all import statements of a module, those within functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            kept = len(parts) - node.level + is_package if node.level else 0
            base = ".".join([*parts[:kept], *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
