"""Measure the structure of the source: rooms, floors, circles of imports, arrows both ways, sizes.

    python bench/structure.py [FOLDER]

FOLDER is the package to measure (default: src/chatcert). Nothing of it is imported: the figures come from the import
statements in its files, those inside functions included. A *room* is a folder at the top of the package, or a module
that stands there alone. A *floor* is a step on the longest chain of rooms that import each other. A *circle* is a set
of modules, of rooms, or of folders inside one room, that all reach each other by imports; an *arrow both ways* is an
import between two rooms of a circle.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[1] / "src" / "chatcert"
Graph = Mapping[str, set[str]]


def main(arguments: Sequence[str]) -> None:
    """Print the figures of one package."""
    package = Path(arguments[0]) if arguments else DEFAULT
    modules = modules_of(package)
    graph = import_graph(modules, package.name)
    rooms = room_graph(graph)
    sizes = sorted((text.count("\n"), name) for name, text in modules.items() if not name.endswith("__init__"))
    lengths = [size for size, _ in sizes]
    in_rooms = [room for room in rooms if any(name.startswith(f"{room}.") for name in modules)]
    module_circles, room_circles = circles(graph), circles(rooms)
    print(f"modules        {len(sizes)}")
    print(f"lines          {sum(lengths)}")
    print(f"median lines   {statistics.median(lengths):.0f}")
    print(f"largest        {sizes[-1][0]} ({sizes[-1][1]})")
    print(f"rooms          {len(in_rooms)} ({', '.join(sorted(in_rooms))})")
    print(f"loose modules  {len(rooms) - len(in_rooms)} ({', '.join(sorted(set(rooms) - set(in_rooms)))})")
    print(f"floors         {floors(rooms) if not room_circles else 'none: rooms import each other in a circle'}")
    print(f"room circles   {len(room_circles)} {describe(room_circles)}".rstrip())
    folder_circles = circles(folder_graph(graph))
    print(f"folder circles {len(folder_circles)} {describe(folder_circles)}".rstrip())
    print(f"module circles {len(module_circles)} {describe(module_circles)}".rstrip())
    print(f"both ways      {len(arrows_within(graph, room_circles))}")
    print(f"shared names   {describe(shared_names(modules)) or 'none'}")


def modules_of(package: Path) -> dict[str, str]:
    """Return the text of each module by its dotted name below the package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package).with_suffix("").parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def import_graph(modules: Mapping[str, str], package: str) -> dict[str, set[str]]:
    """Return which modules of the package each module imports, by dotted names below the package."""
    return {
        name: {target for path in imports_of(text, package) if (target := resolve(path, modules)) not in ("", name)}
        for name, text in modules.items()
    }


def imports_of(text: str, package: str) -> Iterator[str]:
    """Yield each imported path below the package, names of ``from`` imports included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.startswith(f"{package}."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == package:
            below = node.module.partition(".")[2]
            yield from (f"{below}.{alias.name}".strip(".") for alias in node.names)


def resolve(path: str, modules: Mapping[str, str]) -> str:
    """Return the module that an imported path leads to; empty where that is the package itself."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        for name in (".".join(parts[:length]), ".".join([*parts[:length], "__init__"])):
            if name in modules:
                return name
    return ""


def room_of(module: str) -> str:
    """Return the room of a module."""
    return module.partition(".")[0]


def room_graph(graph: Graph) -> dict[str, set[str]]:
    """Return which rooms each room imports."""
    rooms: dict[str, set[str]] = {}
    for name, targets in graph.items():
        room = rooms.setdefault(room_of(name), set())
        room |= {room_of(target) for target in targets} - {room_of(name)}
    return rooms


def folder_graph(graph: Graph) -> dict[str, set[str]]:
    """Return which folders of its own room each folder inside a room imports; the top of a room is no folder."""
    folders: dict[str, set[str]] = {}
    for name, targets in graph.items():
        if folder := folder_of(name):
            found = {folder_of(target) for target in targets if room_of(target) == room_of(name)}
            folders.setdefault(folder, set()).update(found - {"", folder})
    return folders


def folder_of(module: str) -> str:
    """Return the folder inside a room that a module is in, empty for one at the top of its room."""
    room, _, rest = module.partition(".")
    folder, _, inside = rest.partition(".")
    return f"{room}.{folder}" if inside else ""


def circles(graph: Graph) -> list[list[str]]:
    """Return every set of two or more nodes that all reach each other."""
    reach = {node: reachable(graph, node) for node in graph}
    groups = {tuple(sorted(other for other in reach[node] if node in reach[other])) for node in graph}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def reachable(graph: Graph, start: str) -> set[str]:
    """Return all nodes that can be reached from one, itself included where it is on a circle."""
    seen: set[str] = set()
    left = [*graph[start]]
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += graph.get(node, ())
    return seen


def floors(rooms: Graph) -> int:
    """Return the number of floors of rooms that import each other in no circle."""
    height: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        height[room] = 1 + max((height[other] for other in rooms.get(room, ())), default=0)
    return max(height.values(), default=0)


def arrows_within(graph: Graph, room_circles: Sequence[Sequence[str]]) -> list[str]:
    """Return the imports between two rooms of one circle: those of one direction would have to go."""
    return [
        f"{name} -> {target}"
        for name, targets in graph.items()
        for target in sorted(targets)
        if room_of(name) != room_of(target)
        and any(room_of(name) in group and room_of(target) in group for group in room_circles)
    ]


def shared_names(modules: Mapping[str, str]) -> list[list[str]]:
    """Return groups of modules that have one file name."""
    by_stem: dict[str, list[str]] = {}
    for name in modules:
        stem = name.rpartition(".")[2]
        if stem not in ("__init__", "__main__"):
            by_stem.setdefault(stem, []).append(name)
    return [sorted(group) for _, group in sorted(by_stem.items()) if len(group) > 1]


def describe(groups: Sequence[Sequence[str]]) -> str:
    """Return groups of names as one line."""
    return "; ".join(", ".join(group) for group in groups)


if __name__ == "__main__":
    main(sys.argv[1:])
