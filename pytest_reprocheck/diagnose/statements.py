"""An ``order_by`` for a statement of SQLAlchemy in the user's code that leaves the order of its rows open."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.sources import Edit, Unit
from pytest_reprocheck.diagnose.parsing import callee, insert_after, parse, segment

_GROUPING = frozenset({"distinct", "group_by"})
_Selecting = tuple[Unit, ast.Call, ast.expr]
"""A call of ``select`` or ``query`` with the outermost call of the chain that it begins."""


def ordered_statements(calls: Sequence[tuple[Unit, ast.Call]], units: Sequence[Unit]) -> list[Edit]:
    """Edits that make the statement of one of the calls decide the order of its rows; often none.

    By the primary keys of what is selected from, as the code declares them; else by all that is selected.
    """
    for unit, selecting, chain in _selections(calls, units):
        methods = list(_methods(chain))
        is_grouped = not _GROUPING.isdisjoint(map(callee, methods))
        terms = ([] if is_grouped else _keys(selecting, units)) or _selected(unit, selecting)
        ordering = next((each for each in methods if callee(each) == "order_by" and each.args), None)
        if terms and ordering is not None:
            known = {segment(unit, each) for each in ordering.args}
            more = [term for term in terms if term not in known]
            return [insert_after(unit, ordering.args[-1], f", {', '.join(more)}")] if more else []
        if terms:
            return [insert_after(unit, selecting, f".order_by({', '.join(terms)})")]
    return []


def _selections(calls: Sequence[tuple[Unit, ast.Call]], units: Sequence[Unit]) -> Iterator[_Selecting]:
    """Those in the calls, then those in what names and functions in them stand for, the same file's first."""
    for unit, call in calls:
        yield from _within(unit, call)
    for unit, call in calls:
        names = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
        names |= {callee(node) for node in ast.walk(call) if isinstance(node, ast.Call)}
        for other in sorted(units, key=lambda each: each is not unit):
            for node in ast.walk(parse(other) or ast.Module(body=[], type_ignores=[])):
                if isinstance(node, ast.FunctionDef) and node.name in names:
                    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
                    yield from (found for value in returned if value is not None for found in _within(other, value))
                elif isinstance(node, ast.Assign) and names.intersection(map(_name, node.targets)):
                    yield from _within(other, node.value)


def _within(unit: Unit, root: ast.expr) -> Iterator[_Selecting]:
    calls = [node for node in ast.walk(root) if isinstance(node, ast.Call)]
    chains = {part: node for node in reversed(calls) for part in _methods(node)}
    for node in calls:
        if callee(node) in ("select", "query") and node.args:
            yield unit, node, chains.get(node, node)


def _methods(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a chain, the last one first: ``where(...)`` and ``select(...)`` of ``select(...).where(...)``."""
    while isinstance(node, ast.Call):
        yield node
        node = node.func.value if isinstance(node.func, ast.Attribute) else node.func


def _selected(unit: Unit, selecting: ast.Call) -> list[str]:
    """All that is selected, if it is columns alone."""
    columns = [segment(unit, each) for each in selecting.args if isinstance(each, ast.Attribute)]
    return columns if len(columns) == len(selecting.args) else []


def _keys(selecting: ast.Call, units: Sequence[Unit]) -> list[str]:
    """The primary keys of all that is selected from; nothing where one of them is not known."""
    found: list[str] = []
    for name in dict.fromkeys(_root(each) for each in selecting.args):
        keys = [key for unit in units for key in _declared(name, unit)]
        if not keys:
            return []
        found += keys
    return found


def _declared(name: str, unit: Unit) -> Iterator[str]:
    """The primary key of a mapped class or of a table of this name."""
    for node in ast.walk(parse(unit) or ast.Module(body=[], type_ignores=[])):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for each in node.body:
                targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
                if _is_key(getattr(each, "value", None)):
                    yield from (f"{name}.{_name(target)}" for target in targets)
        elif isinstance(node, ast.Assign) and name in map(_name, node.targets) and isinstance(node.value, ast.Call):
            for column in filter(_is_key, node.value.args):
                first = column.args[0] if isinstance(column, ast.Call) and column.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield f"{name}.c.{first.value}"


def _is_key(node: object) -> bool:
    return isinstance(node, ast.Call) and any(
        each.arg == "primary_key" and isinstance(each.value, ast.Constant) and each.value.value is True
        for each in node.keywords
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return _name(node)


def _name(node: object) -> str:
    return node.id if isinstance(node, ast.Name) else ""
