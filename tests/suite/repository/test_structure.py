"""The real graph of imports: no circle between modules or rooms, and no name that two modules share."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

FAMILIES = {
    "acceptance",
    "authentication",
    "error",
    "framing",
    "isolation",
    "lifecycle",
    "own",
    "protocol",
    "refusal",
    "relation",
    "resource",
    "response",
    "robustness",
    "security",
    "state",
    "stream",
}


@pytest.fixture(scope="module")
def structure(root: Path) -> Any:
    """The program that measures the structure of the source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "bench"))
        yield importlib.import_module("structure")


@pytest.fixture(scope="module")
def modules(structure: Any) -> dict[str, str]:
    """The text of each module of the source."""
    return dict(structure.modules_of(structure.DEFAULT))


@pytest.mark.slow
def test_no_circle(structure: Any, modules: dict[str, str]) -> None:
    """No two modules, no two rooms, and no two folders inside one room reach each other by imports."""
    graph = structure.import_graph(modules, "chatcert")
    folders = structure.folder_graph(graph)
    assert len(graph) > 200
    assert {"cases.values", "judge.blame"} < {*folders}
    assert [] == structure.circles(graph)
    assert [] == structure.circles(structure.room_graph(graph))
    assert [] == structure.circles(folders)


def test_names_are_used_once(structure: Any, modules: dict[str, str]) -> None:
    """Two modules share a name only where they are the rooms' parts of one family of requirements."""
    shared = [group for group in structure.shared_names(modules) if group[0].rpartition(".")[2] not in FAMILIES]
    assert [["cli.vendors", "vendors"]] == shared  # the command is called like what it lists


def test_each_family_has_a_module_in_each_room(modules: dict[str, str]) -> None:
    """A family of requirements is derived, planned, judged and broken in modules of its name."""
    rooms = ("requirements", "cases", "judge", "mock.faults")
    assert [] == [f"{room}.{family}" for room in rooms for family in FAMILIES if f"{room}.{family}" not in modules]


def test_each_family_has_its_tests(root: Path) -> None:
    """A family has a module of tests in each of these rooms, and one that certifies vendors."""
    folders = ("contract", "suite/requirements", "suite/cases", "suite/judge", "suite/mock")
    paths = [root / "tests" / folder / f"test_{family}.py" for folder in folders for family in sorted(FAMILIES)]
    assert [] == [str(path) for path in paths if not path.is_file()]


def test_a_circle_is_seen(structure: Any) -> None:
    """Two modules that import each other, one of them inside a function, are a circle of modules and of rooms."""
    modules = {
        "front.window": "from chatcert.back.yard import gate",
        "back.yard": "def gate():\n    import chatcert.front.window",
        "back.shed": "",
    }
    graph = structure.import_graph(modules, "chatcert")
    assert [["back.yard", "front.window"]] == structure.circles(graph)
    assert [["back", "front"]] == structure.circles(structure.room_graph(graph))
    assert ["back.yard -> front.window", "front.window -> back.yard"] == sorted(
        structure.arrows_within(graph, [["back", "front"]])
    )


def test_a_circle_of_folders_is_seen(structure: Any) -> None:
    """Two folders of one room that import each other are a circle, also where none of their modules are."""
    modules = {
        "house.attic.box": "import chatcert.house.cellar.wine",
        "house.cellar.wine": "",
        "house.cellar.door": "import chatcert.house.attic.lamp",
        "house.attic.lamp": "import chatcert.house.stairs",
        "house.stairs": "import chatcert.house.attic.box",
    }
    graph = structure.import_graph(modules, "chatcert")
    assert [] == structure.circles(graph)
    assert [["house.attic", "house.cellar"]] == structure.circles(structure.folder_graph(graph))
