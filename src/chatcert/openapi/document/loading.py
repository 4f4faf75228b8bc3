"""Read a specification that may be hostile: bounded in size, without access to the network or to other folders."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from contextlib import nullcontext, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from chatcert.exceptions import UsageError
from chatcert.files import FileTooLargeError, read_bounded
from chatcert.openapi.document.document_kinds import foreign_text
from chatcert.openapi.schemas.keywords import WITH_NAMED_SCHEMAS
from chatcert.openapi.schemas.references import with_plain_references

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 2_000_000
MAX_DEPTH = 100
MAX_FILES = 200
FILES_KEY = "x-chatcert-files"
REPEATED_KEY = "x-chatcert-repeated"
"""Key of a document in which a mapping has a key twice: the names of such keys. The last value counts."""

_VALUES = ("example", "default", "const", "enum")
"""Keywords that hold values, in which ``$ref`` is not a reference (OpenAPI 3.1, section 4.8)."""
_PROSE = ("info", "tags")
"""Keywords in which references are not followed."""
_WITH_NAMES = (
    *WITH_NAMED_SCHEMAS,
    "definitions",
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "headers",
    "securitySchemes",
    "securityDefinitions",
    "links",
    "callbacks",
    "pathItems",
    "paths",
    "webhooks",
    "content",
    "encoding",
    "variables",
    "mapping",
)
"""Keywords whose members have names that the vendor chooses."""

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?\Z")
_CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def read_document(path: Path) -> dict[str, Any]:
    """Read one OpenAPI or Overlay document, JSON or YAML, with its relative ``$ref`` files bundled in.

    Files that the document refers to must be in its own folder; they are moved under the ``x-chatcert-files`` key, so
    that the result is complete.

    Raises:
        UsageError: the file is unreadable, too large, not a mapping, or refers to something outside its folder.
    """
    root = _resolved(path, shown=str(path))
    repeated: list[str] = []
    document = _read_mapping(root, shown=str(path), repeated=repeated)
    if repeated:
        document[REPEATED_KEY] = sorted(set(repeated))
    if not isinstance(document.get(FILES_KEY, {}), dict):
        raise UsageError(f"{FILES_KEY} is not a mapping", where=str(path), hint="remove the key")
    document = dict(with_plain_references(document))
    _Bundle(document, root).complete()
    return document


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files of a document: itself first, then those in its folder that it refers to.

    Raises:
        UsageError: as ``read_document``.
    """
    root = _resolved(path, shown=str(path))
    bundle = _Bundle(dict(with_plain_references(_read_mapping(root, shown=str(path)))), root)
    bundle.complete()
    return bundle.files


def _resolved(path: Path, *, shown: str) -> Path:
    """Return the real path of a file, with symbolic links followed."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, a NUL character
        raise UsageError("is not a usable path", where=shown, hint="give the path of an OpenAPI document") from None


def _read_mapping(path: Path, *, shown: str, repeated: list[str] | None = None) -> dict[str, Any]:
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("not UTF-8 text", where=shown, hint="save the document as UTF-8") from None
    except FileTooLargeError as error:
        raise UsageError(error.reason, where=shown, hint="give a smaller document") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise UsageError(reason, where=shown, hint="give the path of an OpenAPI document") from None
    if text.lstrip()[:1] == "<" and (foreign := foreign_text(text)) is not None:
        raise UsageError(f"{foreign[0]}, not an OpenAPI document", where=shown, hint=foreign[1])
    value = _parse(text, shown, [] if repeated is None else repeated)
    if not isinstance(value, dict):
        raise UsageError("not a mapping at its top level", where=shown, hint="give an OpenAPI document")
    return value


def _parse(text: str, shown: str, repeated: list[str]) -> Any:
    too_deep = UsageError("nested too deeply", where=shown, hint=f"no more than {MAX_DEPTH} levels are read")
    try:
        value = _parse_json(text, repeated) if text.lstrip()[:1] == "{" else None
        value = _parse_yaml(text, shown, repeated) if value is None else value
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{shown}:{mark.line + 1}" if mark is not None else shown
        problem = getattr(error, "problem", None) or "not JSON or YAML"
        raise UsageError(f"not valid YAML: {problem}", where=line, hint="mend the document") from None
    except RecursionError:
        raise too_deep from None
    if size_and_depth(value)[1] > MAX_DEPTH:
        raise too_deep
    return value


def _parse_json(text: str, repeated: list[str]) -> Any:
    """Return the JSON value, or ``None`` if the text is not JSON: the YAML parser then names the line."""
    names: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names.extend(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return made

    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=members)
    except ValueError:
        return None
    repeated += names
    return value


def _parse_yaml(text: str, shown: str, repeated: list[str]) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    for event in yaml.parse(text, Loader=loader):  # composing recurses in C, where too much depth ends the process
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise RecursionError
    node = yaml.compose(text, Loader=loader)
    if node is None:
        return None
    _expanded_size(node, {}, set(), shown)
    return _construct(node, shown, repeated)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def size_and_depth(value: Any) -> tuple[int, int]:
    """Return the number of values in a value, itself included, and the depth of its nested collections."""
    size, depth, level = 1, 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
        size += len(level)
    return size, depth


def _expanded_size(node: yaml.Node, known: dict[int, int], open_nodes: set[int], shown: str) -> int:
    """Return the number of nodes after aliases are expanded; too many are refused before anything is built."""
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


def _construct(node: yaml.Node, shown: str, repeated: list[str]) -> Any:
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        own: set[str] = set()
        for name, value in node.value:
            if name.tag == "tag:yaml.org,2002:merge":
                for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not isinstance(part, yaml.MappingNode):
                        line = f"{shown}:{part.start_mark.line + 1}"
                        raise UsageError("a merge key takes mappings only", where=line, hint="mend the document")
                    result = {**_construct(part, shown, repeated), **result}
            elif isinstance(name, yaml.ScalarNode):
                if name.value in own:
                    repeated.append(str(name.value))
                own.add(name.value)
                result[str(name.value)] = _construct(value, shown, repeated)
            else:
                line = f"{shown}:{name.start_mark.line + 1}"
                raise UsageError("a mapping key is not a string", where=line, hint="use plain keys")
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, shown, repeated) for item in node.value]
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">") or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.match(text) and len(text) < 400:
        return int(text)
    number = float(text) if _FLOAT.match(text) else math.inf
    return number if math.isfinite(number) else text


class _Bundle:
    """Bundles into a root document all files of its folder that it refers to."""

    def __init__(self, document: dict[str, Any], path: Path) -> None:
        self._document = document
        self._files: dict[str, Any] = dict(document.get(FILES_KEY, {}))
        self._folder = path.parent
        self._bases: dict[Path, str] = {path: "#"}
        self._pending: list[tuple[dict[str, Any], Path]] = [(document, path)]

    @property
    def files(self) -> tuple[Path, ...]:
        """The root and every file that was bundled."""
        return tuple(self._bases)

    def complete(self) -> None:
        """Rewrite each reference to another file into one within the root document."""
        while self._pending:
            part, path = self._pending.pop(0)
            self._rewrite(part, path, part=part is not self._document)
        if self._files:
            self._document[FILES_KEY] = self._files

    def _rewrite(
        self, node: Any, current: Path, *, named: bool = False, part: bool = False, loose: bool = False
    ) -> None:
        """Rewrite the references below a node.

        Args:
            named: whether its keys are names that the vendor chose.
            part: whether it is the root of another file, whose keys may be names or keywords.
            loose: whether a broken ``$ref`` is allowed, since it is prose or belongs to another program.
        """
        if isinstance(node, list):
            for item in node:
                self._rewrite(item, current, loose=loose)
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                with suppress(UsageError) if loose else nullcontext():
                    node["$ref"] = self._inner(reference, current)
            for key, value in node.items():
                free = not named and not part
                if not (free and key in _VALUES):
                    foreign = key.startswith("x-") and not key.startswith("x-chatcert-")
                    inner = loose or (free and (foreign or key in _PROSE))
                    self._rewrite(value, current, named=not named and key in _WITH_NAMES, loose=inner)

    def _inner(self, reference: str, current: Path) -> str:
        place, _, fragment = reference.partition("#")
        if not place:
            base = self._bases[current]
            return reference if base == "#" else base + fragment
        shown = f"{current.name}: $ref {reference!r}"
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", place):
            raise UsageError("points outside the document", where=shown, hint="bundle it: no network is used")
        target = _resolved(current.parent / unquote(place), shown=shown)
        if not target.is_relative_to(self._folder):
            raise UsageError("leaves the document's folder", where=shown, hint="keep all parts in one folder")
        if target not in self._bases:
            self._bundle(target, shown)
        return self._bases[target] + fragment

    def _bundle(self, target: Path, shown: str) -> None:
        if len(self._bases) > MAX_FILES:
            raise UsageError(f"refers to more than {MAX_FILES} files", where=shown, hint="bundle it first")
        name = next(name for number in count(1) if (name := str(number)) not in self._files)
        part = _read_mapping(target, shown=shown)
        self._files[name] = part
        self._bases[target] = f"#/{FILES_KEY}/{name}"
        self._pending.append((part, target))
