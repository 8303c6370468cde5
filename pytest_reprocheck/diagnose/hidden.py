"""What a notebook that fails from top to bottom reads and only had in a kernel that ran its cells in another order."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Place, Trace
from pytest_reprocheck.diagnose.parsing import parse

_NAME = re.compile(r"^NameError: name '(\w+)' is not defined")
_KEY = re.compile(r"^KeyError: '([^']+)'$")
_FRAME = re.compile(r"^Cell In\s?\[(\d+)\], line (\d+)", re.MULTILINE)
_NEAR = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Hidden:
    """A name, or a column or key, that is read before any cell makes it."""

    name: str
    place: Place
    """The line that reads it."""
    running: Unit
    """The cell that was running."""
    defining: Unit | None
    """The first later cell that makes it; None where no cell does, as when it was deleted or changed."""


def find_hidden(trace: Trace, units: Sequence[Unit]) -> Hidden | None:
    """What a notebook's run failed for want of; None for every other failure, a misspelt name among them.

    A key that no cell makes is taken for a fault of the data.
    """
    step = trace.steps[-1].place if trace.steps else None
    place = trace.outcome.place
    if step is None or step.cell is None or place is None or trace.outcome.status != "raised":
        return None
    named, keyed = _NAME.match(trace.outcome.message), _KEY.match(trace.outcome.message)
    match = named or keyed
    cells = [unit for unit in units if unit.path == step.path and unit.cell is not None]
    running = next((unit for unit in cells if unit.cell == step.cell), None)
    if match is None or running is None:
        return None
    later = [unit for unit in cells if (unit.cell or 0) > step.cell]
    defining = next((unit for unit in later if match[1] in _made_by(unit, keys=named is None)), None)
    if defining is None and (named is None or _is_misspelt(match[1], cells)):
        return None
    reads = _reading_line(match[1], trace, cells) or place
    return Hidden(name=match[1], place=reads, running=running, defining=defining)


def _reading_line(name: str, trace: Trace, cells: Sequence[Unit]) -> Place | None:
    """The innermost line of the traceback that has the name in it: a function's, which an earlier cell defines."""
    for number, line in reversed(_FRAME.findall(trace.outcome.detail)):
        cell = trace.steps[int(number) - 1].place.cell if int(number) <= len(trace.steps) else None
        unit = next((unit for unit in cells if unit.cell == cell), None)
        if unit is not None and name in unit.line(int(line)):
            return Place(path=unit.path, cell=cell, line=int(line))
    return None


def _is_misspelt(name: str, cells: Sequence[Unit]) -> bool:
    """Whether the notebook, or Python, knows a name much like it."""
    known = {each for unit in cells for each in _made_by(unit, keys=False)} | set(dir(builtins))
    return bool(difflib.get_close_matches(name, known, 1, _NEAR))


def _made_by(unit: Unit, *, keys: bool) -> frozenset[str]:
    """The names that a cell binds at top level, or the constant keys that it assigns to."""
    tree = parse(unit)
    if tree is None:
        return frozenset()
    return frozenset(_keys(tree) if keys else (name for node in tree.body for name in _bound(node)))


def _keys(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str() as key), ctx=ast.Store()):
                yield key
            case _:
                pass


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds where it stands; what a function binds inside is its own."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)
