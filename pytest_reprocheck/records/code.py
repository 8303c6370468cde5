"""Digests of the user's code: one for each function, and one for each statement beside them."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.records.numbers import short_digest


def code_of(units: Sequence[Unit]) -> Mapping[str, Mapping[str, str]]:
    """File or cell -> function -> digest, and under the empty name those of all other statements in a row.

    Comments, blank lines and spaces at the ends of lines do not count.
    """
    return {str(Place(path=unit.path, cell=unit.cell)): _functions(unit) for unit in units}


def places_of(units: Sequence[Unit]) -> Mapping[str, Place]:
    """Where each piece of code begins, by its file or cell and function."""
    found = {}
    for unit in units:
        where = str(Place(path=unit.path, cell=unit.cell))
        found[f"code {where} "] = Place(path=unit.path, cell=unit.cell)
        _functions_of, rest = _split(unit)
        for number, (line, _text) in enumerate(rest):
            found[f"code {where} #{number}"] = Place(path=unit.path, cell=unit.cell, line=line)
        for name, node in _definitions(unit):
            found[f"code {where} {name}"] = Place(path=unit.path, cell=unit.cell, line=node.lineno)
    return found


def _functions(unit: Unit) -> dict[str, str]:
    functions, rest = _split(unit)
    return {"": " ".join(short_digest(*text, size=4) for _line, text in rest), **functions}


def _split(unit: Unit) -> tuple[dict[str, str], list[tuple[int, list[str]]]]:
    """The functions' digests, and the lines of each statement beside them with the number of its first line."""
    lines = _without_comments(unit.text)
    told: dict[str, str] = {}
    for name, node in _definitions(unit):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
        last = node.end_lineno or node.lineno
        # Of two functions of one name, as in the branches of an if, both count.
        told[name] = short_digest(told.get(name, ""), *_told(lines[first:last]))
        lines[first:last] = [""] * (last - first)
    starts = _starts(unit) or [0]
    pieces = [(start + 1, list(_told(lines[start:end]))) for start, end in pairwise([*starts, len(lines)])]
    return told, [(line, text) for line, text in pieces if text]


def _starts(unit: Unit) -> list[int]:
    """0-based lines at which statements begin; of what is no Python none."""
    try:
        body = ast.parse(unit.text).body
    except (SyntaxError, ValueError):
        return []
    decorated = ([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))] for node in body)
    return sorted({min(found) - 1 for found in decorated})


def _told(lines: Sequence[str]) -> Iterator[str]:
    yield from (line.rstrip() for line in lines if line.strip())


def _definitions(unit: Unit) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions and methods that are in no other function, innermost classes first named last."""
    try:
        tree = ast.parse(unit.text)
    except (SyntaxError, ValueError):
        return []
    return list(_inside(tree, ""))


def _inside(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{prefix}{each.name}", each
        elif isinstance(each, ast.ClassDef):
            yield from _inside(each, f"{prefix}{each.name}.")
        elif isinstance(each, ast.stmt):
            yield from _inside(each, prefix)


def _without_comments(text: str) -> list[str]:
    """The lines of a text; of what is no Python as they are from where that shows."""
    lines = text.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass
    return lines
