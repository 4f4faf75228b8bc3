"""Reading a specification that may be hostile: bounded in size, closed to the network and to other folders."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from chatcert.exceptions import UsageError

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 2_000_000
MAX_FILES = 200
FILES_KEY = "x-chatcert-files"

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?\Z")
_CONSTANTS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def read_document(path: Path) -> dict[str, Any]:
    """Read one OpenAPI or Overlay document, JSON or YAML, with its relative ``$ref`` files bundled in.

    Files that the document refers to are looked for in its own folder only and are moved under the
    ``x-chatcert-files`` key, so that the result stands alone.

    Raises:
        UsageError: the file is unreadable, too large, not a mapping, or refers to something outside its folder.
    """
    root = path.resolve()
    document = _read_mapping(root, shown=str(path))
    bundled: dict[Path, str] = {root: "#"}
    _bundle(document, document, root, root.parent, bundled)
    return document


def _read_mapping(path: Path, *, shown: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"larger than {MAX_BYTES >> 20} MiB", where=shown, hint="give a smaller document")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("not UTF-8 text", where=shown, hint="save the document as UTF-8") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise UsageError(reason, where=shown, hint="give the path of an OpenAPI document") from None
    value = _parse(text, shown)
    if not isinstance(value, dict):
        raise UsageError("not a mapping at its top level", where=shown, hint="give an OpenAPI document")
    return value


def _parse(text: str, shown: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # YAML is a superset of JSON: let its parser have the last word and name the line
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if node is None:
            return None
        _expanded_size(node, {}, set(), shown)
        return _construct(node, shown)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{shown}:{mark.line + 1}" if mark is not None else shown
        problem = getattr(error, "problem", None) or "not JSON or YAML"
        raise UsageError(f"not valid YAML: {problem}", where=line, hint="mend the document") from None
    except RecursionError:
        raise UsageError("nested too deeply", where=shown, hint="give a flatter document") from None


def _expanded_size(node: yaml.Node, known: dict[int, int], open_nodes: set[int], shown: str) -> int:
    """Number of nodes once aliases are expanded; refused before anything is built."""
    key = id(node)
    if key in open_nodes:
        raise UsageError("a YAML alias contains itself", where=shown, hint="remove the recursive alias")
    if key not in known:
        open_nodes.add(key)
        size = 1
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                size += _expanded_size(name, known, open_nodes, shown)
                size += _expanded_size(value, known, open_nodes, shown)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                size += _expanded_size(item, known, open_nodes, shown)
        open_nodes.discard(key)
        if size > MAX_NODES:
            raise UsageError("its YAML aliases expand without end", where=shown, hint="write the document out")
        known[key] = size
    return known[key]


def _construct(node: yaml.Node, shown: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for name, value in node.value:
            if name.value == "<<" and isinstance(value, yaml.MappingNode):
                result = {**_construct(value, shown), **result}
            elif isinstance(name, yaml.ScalarNode):
                result[str(name.value)] = _construct(value, shown)
            else:
                line = f"{shown}:{name.start_mark.line + 1}"
                raise UsageError("a mapping key is not a string", where=line, hint="use plain keys")
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, shown) for item in node.value]
    text = str(node.value)
    if node.style in ("'", '"', "|", ">") or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.match(text) and len(text) < 400:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def _bundle(node: Any, root: dict[str, Any], current: Path, folder: Path, bundled: dict[Path, str]) -> None:
    """Rewrite each reference to another file of the folder into one that stays inside the root document."""
    if isinstance(node, list):
        for item in node:
            _bundle(item, root, current, folder, bundled)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            node["$ref"] = _inner_reference(reference, root, current, folder, bundled)
        for name, value in list(node.items()):
            if name != FILES_KEY:
                _bundle(value, root, current, folder, bundled)


def _inner_reference(
    reference: str, root: dict[str, Any], current: Path, folder: Path, bundled: dict[Path, str]
) -> str:
    place, _, fragment = reference.partition("#")
    if not place:
        base = bundled[current]
        return reference if base == "#" else base + fragment
    shown = f"{current.name}: $ref {reference!r}"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", place):
        raise UsageError("points outside the document", where=shown, hint="bundle it: no network is used")
    target = (current.parent / unquote(place)).resolve()
    if not target.is_relative_to(folder):
        raise UsageError("leaves the document's folder", where=shown, hint="keep all parts in one folder")
    if target not in bundled:
        if len(bundled) > MAX_FILES:
            raise UsageError(f"refers to more than {MAX_FILES} files", where=str(folder), hint="bundle it first")
        name = str(len(bundled))
        bundled[target] = f"#/{FILES_KEY}/{name}"
        part = _read_mapping(target, shown=shown)
        root.setdefault(FILES_KEY, {})[name] = part
        _bundle(part, root, target, folder, bundled)
    return bundled[target] + fragment
