"""Where the function that threads run changes what they share."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Event, Place
from pytest_reprocheck.diagnose.parsing import callee, parse, place_of

IN_THREADS = " in threads"
"""What an event says after the name of the function that threads run."""
_ADDING = frozenset(
    {"append", "appendleft", "extend", "insert", "put", "put_nowait", "setdefault", "update", "write", "writerow"}
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def shared_change(event: Event, units: Sequence[Unit]) -> Place | None:
    """The first line of the function, or of one that it calls, that adds to something that is not its own.

    None where the event is of something else, or no such line is found: then the line that starts the threads counts.
    """
    if event.source != "completion" or not event.what.endswith(IN_THREADS):
        return None
    name = event.what.removesuffix(IN_THREADS)
    known = [(unit, node) for unit in units if (tree := parse(unit)) is not None for node in ast.walk(tree)]
    functions = [(unit, node) for unit, node in known if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for unit, function in _reached(name, functions):
        change = next(_changes(function), None)
        if change is not None:
            return place_of(unit, change)
    return None


def _reached(
    name: str, functions: Sequence[tuple[Unit, ast.FunctionDef | ast.AsyncFunctionDef]]
) -> Iterator[tuple[Unit, _Function]]:
    """The functions of this name, then those that they call."""
    own = [(unit, node) for unit, node in functions if node.name == name]
    yield from own
    called = {callee(node) for _unit, function in own for node in ast.walk(function) if isinstance(node, ast.Call)}
    yield from ((unit, node) for unit, node in functions if node.name in called - {name})


def _changes(function: _Function) -> Iterator[ast.expr]:
    """Calls and assignments that add to something that is not a name of the function's own, in their order."""
    own = _own_names(function)
    for node in sorted(_expressions(function), key=lambda each: (each.lineno, each.col_offset)):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _ADDING and not _is_own(value, own):
                yield node
            case ast.Subscript(value=value, ctx=ast.Store()) if not _is_own(value, own):
                yield node
            case ast.Call(func=ast.Name(id="print")):
                yield node
            case ast.Name(id=name, ctx=ast.Store()) if name in _shared_names(function):
                yield node
            case _:
                pass


def _expressions(function: _Function) -> Iterator[ast.expr]:
    return (node for node in ast.walk(function) if isinstance(node, ast.expr))


def _own_names(function: _Function) -> frozenset[str]:
    """Names that the function assigns; its arguments may be shared."""
    stored = {
        node.id for node in _expressions(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return frozenset(stored - _shared_names(function))


def _shared_names(function: _Function) -> frozenset[str]:
    """Names that it declares ``global`` or ``nonlocal``."""
    return frozenset(
        name for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    )


def _is_own(value: ast.expr, own: frozenset[str]) -> bool:
    return isinstance(value, ast.Name) and value.id in own
