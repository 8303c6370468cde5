"""User code as syntax trees whose positions are those of the user's text."""

from __future__ import annotations

import ast
import re

from pytest_reprocheck.core.sources import Edit, Unit
from pytest_reprocheck.core.trace import Place

_MAGIC = re.compile(r"^(\s*)(?:%%?|!|\?)|\?\s*$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w.,\s]+=\s*)[%!].*$")


def parse(unit: Unit) -> ast.Module | None:
    """The unit's tree, with IPython magics as ``pass``, so that line numbers stay.

    None when it is no Python, as a cell of ``%%bash`` or one that does not parse.
    """
    try:
        return ast.parse(unit.text)
    except SyntaxError:
        if unit.cell is None:
            return None
    try:
        return ast.parse(python_text(unit))
    except SyntaxError:
        return None


def python_text(unit: Unit) -> str:
    """The unit's text, of a cell that does not parse with ``pass`` in place of its magics."""
    if unit.path.endswith(".py"):
        return unit.text
    try:
        ast.parse(unit.text)
    except SyntaxError:
        return "\n".join(_without_magic(line) for line in unit.text.splitlines())
    return unit.text


def _without_magic(line: str) -> str:
    if assigned := _ASSIGNED_MAGIC.match(line):
        return f"{assigned.group(1)}None"
    if magic := _MAGIC.search(line):
        return f"{magic.group(1) or ''}pass"
    return line


def place_of(unit: Unit, node: ast.expr | ast.stmt) -> Place:
    """Where a node begins."""
    return Place(path=unit.path, cell=unit.cell, line=node.lineno)


def segment(unit: Unit, node: ast.expr | ast.stmt) -> str:
    """The node's text on one line."""
    return " ".join((ast.get_source_segment(unit.text, node) or "").split())


def replace_node(unit: Unit, node: ast.expr, text: str) -> Edit:
    """An edit that puts ``text`` in the node's place."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Edit(
        place=place_of(unit, node),
        column=_characters(unit, node.lineno, node.col_offset),
        end_line=node.end_lineno,
        end_column=_characters(unit, node.end_lineno, node.end_col_offset),
        text=text,
    )


def insert_after(unit: Unit, node: ast.expr | ast.keyword, text: str) -> Edit:
    """An edit that puts ``text`` right behind the node."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    column = _characters(unit, node.end_lineno, node.end_col_offset)
    place = Place(path=unit.path, cell=unit.cell, line=node.end_lineno)
    return Edit(place=place, column=column, end_line=node.end_lineno, end_column=column, text=text)


def _characters(unit: Unit, line: int, byte_offset: int) -> int:
    """Columns count UTF-8 bytes in a syntax tree."""
    return len(unit.text.splitlines()[line - 1].encode()[:byte_offset].decode(errors="ignore"))


def callee(node: ast.Call) -> str:
    """The last name of what is called: ``shuffle`` for ``np.random.shuffle(...)``; empty for anything computed."""
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case _:
            return ""


def enclosing_functions(tree: ast.Module) -> dict[ast.AST, str]:
    """Each node -> name of the innermost function around it, ``<module>`` at top level."""
    names: dict[ast.AST, str] = {}

    def visit(node: ast.AST, name: str) -> None:
        names[node] = name
        inner = node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else name
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    visit(tree, "<module>")
    return names
