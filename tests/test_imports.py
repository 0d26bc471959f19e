"""Which room may know which: a walk over the imports of the package."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import daemon

PACKAGE = Path(daemon.__file__).parent
MODULES = {module.relative_to(PACKAGE).as_posix(): module for module in PACKAGE.rglob("*.py")}

# The rooms that a room may import from, beside itself.
FOUNDATION = {"errors", "records", "checks", "__init__"}
ALLOWED = {
    "__init__": set(),
    "errors": set(),
    "records": set(),
    "checks": {"records"},
    "config": FOUNDATION,
    "vision": FOUNDATION,
    "ann": FOUNDATION,
    "spool": FOUNDATION,  # though it stands above vision and ann, it knows nothing of pixels
    "training": FOUNDATION | {"config", "vision", "ann"},
    "service": FOUNDATION | {"config", "vision", "ann", "spool"},
    "review": FOUNDATION | {"config", "vision", "ann", "spool"},
    "exits": {"errors"},
    "cli": FOUNDATION
    | {"config", "vision", "ann", "spool", "training", "service", "review", "exits"},
    "__main__": {"cli"},
}

each_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module, named by its path or dotted name below the package."""
    first = parts[0].removesuffix(".py")
    beside = next((room for room in ("cli", "config") if first.startswith(f"{room}_")), None)
    return beside or first


def imported(nodes: Iterable[ast.AST], folder: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every name that is imported, in parts; `folder` is that of the file."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ("daemon", *folder)[: len(folder) + 2 - node.level] if node.level else ()
            inner = tuple(node.module.split(".")) if node.module else ()
            yield from ((*base, *inner, alias.name) for alias in node.names)


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below a node but what stands in functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from run_at_import(child)


@cache
def parse(module: Path) -> tuple[ast.Module, tuple[str, ...]]:
    """A file's tree, and its path below the package in parts."""
    return ast.parse(module.read_text(encoding="utf-8")), module.relative_to(PACKAGE).parts


@each_module
def test_a_room_knows_only_the_rooms_below_it(module: Path) -> None:
    tree, parts = parse(module)
    inner = [name[1:] for name in imported(ast.walk(tree), parts[:-1]) if name[0] == "daemon"]
    rooms = {"__init__" if name[0].startswith("__") else room_of(name) for name in inner}
    assert rooms <= ALLOWED[room_of(parts)] | {room_of(parts)}


@each_module
def test_tensorflow_is_imported_by_training_only_and_inside_functions(module: Path) -> None:
    tree, parts = parse(module)
    nodes = run_at_import(tree) if room_of(parts) == "training" else ast.walk(tree)
    assert not {"tensorflow", "keras"} & {name[0] for name in imported(nodes, parts[:-1])}


@each_module
def test_only_the_command_line_prints(module: Path) -> None:
    tree, parts = parse(module)
    prints = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not prints or room_of(parts) in {"cli", "exits"}


def test_the_walk_sees_the_rooms() -> None:
    """Else the tests above would hold of nothing."""
    assert {room_of((name,)) for name in (path.split("/")[0] for path in MODULES)} <= set(ALLOWED)
    tree = ast.parse("from ..records import Page\ndef f():\n  import keras.ops\nfrom . import ink")
    top = [("daemon", "records", "Page"), ("daemon", "vision", "ink")]
    assert list(imported(run_at_import(tree), ("vision",))) == top
    assert set(imported(ast.walk(tree), ("vision",))) == {*top, ("keras", "ops")}
