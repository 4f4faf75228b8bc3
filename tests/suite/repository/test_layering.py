"""Who may import whom, what only one module may do, and that vendors differ by their files alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import get_args

import pytest

from chatcert.requirements.check import Check
from chatcert.requirements.requirement import Kind
from chatcert.vendors import known_vendors

SOURCE = Path(__file__).resolve().parents[3] / "src" / "chatcert"

ROOMS = {
    "openapi": set(),
    "requirements": {"openapi"},
    "cases": {"openapi", "requirements"},
    "transport": {"openapi", "requirements", "cases"},
    "judge": {"openapi", "requirements", "cases", "transport"},
    "report": {"openapi", "requirements", "cases", "transport", "judge"},
    "own_rules": {"openapi", "requirements"},
    "mock": {"openapi", "requirements", "own_rules"},
    "run": {"openapi", "requirements", "cases", "transport", "judge", "report", "own_rules", "mock"},
    "drift": {"openapi", "requirements", "report"},
    "onboarding": {"openapi", "requirements"},
    "nightly": {"openapi", "transport", "judge", "report", "run"},
    "register": {"openapi", "requirements", "transport", "judge", "report", "run"},
}
"""What each room may import besides itself: nothing that stands after it, so that data flows one way."""

EVERYWHERE = {"__version__", "exceptions", "files", "names", "text"}
"""Modules that every room may use, and that use no room."""

FRONT_ENDS = {
    "cli": {*ROOMS},
    "pytest_plugin": {*ROOMS} - {"drift", "onboarding", "nightly", "register"},
}
"""The front ends: each may import every room that does its work, and no room imports a front end."""

ROOMS |= FRONT_ENDS

LOOSE = {"__init__", "__main__", "exceptions", "files", "names", "text", "vendors"}
"""All modules that stand in no room."""

PURE = ("openapi", "requirements", "cases", "judge")
READS_DOCUMENTS = "openapi/document/loading.py"
OUTSIDE_WORLD = {
    "asyncio",
    "http",
    "httpx",
    "os",
    "pathlib",
    "pytest",
    "random",
    "requests",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib3",
    "uuid",
}
OTHER_CLIENTS = {"aiohttp", "http.client", "requests", "urllib.request", "urllib3"}
MAX_LINES = 500

CHECKS = {check.__name__ for check in get_args(Check)}
FAMILY_ROOMS = ("requirements", "cases", "judge", "mock/faults")
FAULTS_BY_CHECK = "mock/deviation/fault_draft.py"
"""Gives each family of faults the requirements with one class of check."""


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree: parsed for the tests that need it, not for the collection of the tests."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    @property
    def room(self) -> str:
        """The folder that it is in, or its own name where it stands outside of all folders."""
        return self.name.partition("/")[0].removesuffix(".py")


MODULES = [
    Module(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
]


@cache
def _imports(module: Module) -> tuple[str, ...]:
    """Every module that is imported anywhere in a file, as a dotted path; names from ``chatcert`` itself included."""
    return tuple(_imported(module))


def _imported(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} imports by a relative path"
            path = node.module or ""
            yield from (f"{path}.{alias.name}" for alias in node.names) if path == "chatcert" else (path,)


def _is_seeded(module: Module) -> bool:
    """Whether all that a file takes from ``random`` are generators that follow from a seed."""
    nodes = module.nodes
    taken = {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "random"
        for alias in node.names
    }
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return taken == {"Random"} and all(call.args for call in calls if call.func.id == "Random")  # type: ignore[attr-defined]


def _rooms_of(module: Module) -> set[str]:
    """What a file imports of our own, by room."""
    return {path.split(".")[1] for path in _imports(module) if path.startswith("chatcert.")}


def _users(package: str) -> list[Module]:
    """The files that import a package; only those with its name in an import are parsed."""
    named = re.compile(rf"^\s*(?:from|import)\b.*\b{re.escape(package)}\b", re.MULTILINE)
    candidates = (module for module in MODULES if named.search(module.text))
    return [module for module in candidates if any(_is(path, package) for path in _imports(module))]


def _in_rooms(*rooms: str) -> list[Module]:
    return [module for module in MODULES if module.room in rooms]


def test_rooms_are_there() -> None:
    """Every folder of the source is a room that the rules below know, and nothing loose stands beside them."""
    assert set(ROOMS) == {module.room for module in MODULES if "/" in module.name}
    assert {module.room for module in MODULES if "/" not in module.name} <= LOOSE


@pytest.mark.slow
def test_order() -> None:
    """A room imports only itself and what stands before it."""
    without_vendors = ("openapi", "requirements", "cases", "transport", "judge")
    strange = {}
    for module in _in_rooms(*ROOMS):
        vendors = set() if module.room in without_vendors else {"vendors"}
        strange[module.name] = _rooms_of(module) - {module.room, *ROOMS[module.room], *EVERYWHERE, *vendors}
    assert {} == {name: rooms for name, rooms in strange.items() if rooms}


def test_words() -> None:
    """What every room may use depends on no room."""
    strange = {module.name: _rooms_of(module) - EVERYWHERE for module in _in_rooms(*EVERYWHERE)}
    assert {} == {name: rooms for name, rooms in strange.items() if rooms}


def test_one_client() -> None:
    """One module imports httpx, and no other way to send a request is in use."""
    assert ["transport/client.py"] == [module.name for module in _users("httpx")]
    assert {} == {client: found for client in OTHER_CLIENTS if (found := [one.name for one in _users(client)])}


def test_schemathesis_behind_one_small_module_a_room() -> None:
    """Parts of schemathesis are not its public API: each room that uses them does so in one place."""
    users = _users("schemathesis")
    rooms = [module.room for module in users]
    assert set(rooms) <= set(PURE)
    assert sorted(set(rooms)) == sorted(rooms)
    assert all(len(module.text.splitlines()) <= 150 for module in users)


@pytest.mark.slow
def test_purity() -> None:
    """The rooms from document to verdict touch no network, clock, environment or disk; one module reads documents."""
    strange = {module.name: _of_outside(module) for module in _in_rooms(*PURE)}
    assert {} == {name: found for name, found in strange.items() if found}


def _of_outside(module: Module) -> set[str]:
    """What a module uses of the outside world, other than what the one that reads documents needs."""
    allowed = {"pathlib", "chatcert.files"} if module.name == READS_DOCUMENTS else set()
    allowed |= {"random"} if _is_seeded(module) else set()
    packages = {path.partition(".")[0] for path in _imports(module)} & OUTSIDE_WORLD
    clocks = {node.attr for node in module.nodes if isinstance(node, ast.Attribute)} & {"now", "today", "utcnow"}
    return (packages | clocks | ({"chatcert.files"} & {*_imports(module)})) - allowed


@pytest.mark.parametrize("vendor", known_vendors())
@pytest.mark.slow
def test_no_vendor_in_the_code(vendor: str) -> None:
    """Vendors differ by their files under specs/: no string and no name in the code mentions one of them."""
    found = [
        f"{module.name}:{line}: {text}"
        for module in MODULES
        for line, text in _strings_and_names(module)
        if vendor in text.lower().replace("_", "").replace("-", "")
    ]
    found = [place for place in found if not place.startswith("cli/")]  # its help shows examples
    assert [] == found


@pytest.mark.parametrize("vendor", known_vendors())
def test_no_vendor_in_the_page(vendor: str) -> None:
    """The same holds for what a report page is made of."""
    files = [path for path in SOURCE.rglob("*") if path.is_file() and path.suffix in {".html", ".css", ".js", ".json"}]
    assert files
    assert [] == [path.name for path in files if vendor in path.read_text(encoding="utf-8").lower()]


@pytest.mark.slow
def test_only_families_ask_for_the_class_of_a_check() -> None:
    """What a run has to know about a requirement is a field of it; its family, blame and drift look at its check."""
    families = {f"{room}/{kind}.py" for room in FAMILY_ROOMS for kind in Kind}
    blame = {module.name for module in _in_rooms("judge") if module.name.startswith("judge/blame/")}
    allowed = {*families, FAULTS_BY_CHECK, *blame, *(module.name for module in _in_rooms("drift"))}
    users = {module.name for module in MODULES if any(_asks_for_checks(module.tree))}

    assert set() == users - allowed
    assert {"judge/protocol.py", FAULTS_BY_CHECK, "drift/effects.py"} <= users


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("if isinstance(check, Answers | Method): ...", [1]),
        ("x = 1 if isinstance(check, check_module.Refuses) else 2", [1]),
        ("isinstance(requirement.check, wanted)", [1]),
        ("match check:\n    case Accepts(): ...", [2]),
        ("if type(requirement.check) is wanted: ...", [1]),
        ("assert isinstance(check, Answers)", []),  # what is known already, for the type checker
        ("isinstance(answer, Answer)", []),
    ],
)
def test_asking_for_the_class_of_a_check_is_seen(text: str, line: list[int]) -> None:
    """Tests of classes are found in calls, in matches, and where the class is in a variable."""
    assert line == list(_asks_for_checks(ast.parse(text)))


def test_size() -> None:
    """No module is longer than a reader's patience."""
    assert [] == [module.name for module in MODULES if len(module.text.splitlines()) > MAX_LINES]


def test_names_say_what_is_inside() -> None:
    """No module is a drawer for what has no place of its own."""
    drawers = {"util", "utils", "helper", "helpers", "common", "misc", "tools"}
    assert [] == [module.name for module in MODULES if Path(module.name).stem in drawers]


def _asks_for_checks(tree: ast.Module) -> Iterator[int]:
    """The lines that ask for the class of a requirement's check, other than in an assertion."""
    asserted = {node for found in ast.walk(tree) if isinstance(found, ast.Assert) for node in ast.walk(found)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "type"), args=[value, *classes]):
                of_check = isinstance(value, ast.Attribute) and value.attr == "check"
                if node not in asserted and (of_check or _names_in(classes) & CHECKS):
                    yield node.lineno
            case ast.MatchClass(cls=cls) if _names_in([cls]) & CHECKS:
                yield node.lineno


def _names_in(trees: Sequence[ast.AST]) -> set[str]:
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def _is(path: str, package: str) -> bool:
    return path == package or path.startswith(f"{package}.")


@cache
def _strings_and_names(module: Module) -> tuple[tuple[int, str], ...]:
    return tuple(_texts(module))


def _texts(module: Module) -> Iterator[tuple[int, str]]:
    docstrings = set(_docstrings(module.tree))
    for node in module.nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str(text)) if node not in docstrings:
                yield line, text
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield line, text
            case ast.keyword(arg=str(text)) | ast.alias(name=text):
                yield line, text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                yield line, text


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Strings that stand alone: docstrings, and those below an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
