"""An ORDER BY for a query in the user's code that leaves the order of its rows open."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.sources import Edit, Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.parsing import parse

_QUERY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_WITH_ROWID = ("sqlite", "duckdb")
"""Drivers whose tables number their rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clause:
    text: str
    at: int
    """Offset in the query."""


def ordered_queries(calls: Sequence[tuple[Unit, ast.Call]], units: Sequence[Unit], driver: str) -> list[Edit]:
    """Edits that make the query of one of the calls decide the order of its rows, the shortest first; often none.

    A table's own row number is enough where it has one; else all columns together, since rows that agree in all of
    them are the same in any order.
    """
    for unit, literal in _literals(calls, units):
        if isinstance(literal.value, str) and _QUERY.match(literal.value):
            edits = [_edit(unit, literal, clause) for clause in _clauses(literal.value, driver)]
            if found := [edit for edit in edits if edit is not None]:
                return found
    return []


def _literals(calls: Sequence[tuple[Unit, ast.Call]], units: Sequence[Unit]) -> Iterator[tuple[Unit, ast.Constant]]:
    """Texts in the calls, then those that names in them stand for, the same file's first."""
    arguments = [(unit, argument) for unit, call in calls for argument in (*call.args, *call.keywords)]
    for unit, argument in arguments:
        yield from ((unit, node) for node in ast.walk(argument) if isinstance(node, ast.Constant))
    for unit, argument in arguments:
        for node in ast.walk(argument):
            if isinstance(node, (ast.Name, ast.Attribute)):
                name = node.id if isinstance(node, ast.Name) else node.attr
                for other in sorted(units, key=lambda each: each is not unit):
                    yield from ((other, literal) for literal in _assigned(other, name))


def _assigned(unit: Unit, name: str) -> Iterator[ast.Constant]:
    tree = parse(unit)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            yield from (inner for inner in ast.walk(node.value) if isinstance(inner, ast.Constant))


def _clauses(sql: str, driver: str) -> Iterator[_Clause]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    dialect = next((name for name in _WITH_ROWID if name in driver), None)
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
        at = _end_of_rows(sql, dialect)
    except SqlglotError:
        return
    if not isinstance(tree, exp.Select):
        return
    order = tree.args.get("order")
    known = [each.this.sql() for each in order.expressions] if order is not None else []
    lead = ", " if known else " ORDER BY "
    plain = isinstance(getattr(tree.args.get("from_") or tree.args.get("from"), "this", None), exp.Table)
    if dialect is not None and plain and not any(tree.args.get(name) for name in ("joins", "group", "distinct")):
        yield _Clause(text=f"{lead}rowid", at=at)
    columns = [_term(number, each) for number, each in enumerate(tree.expressions, start=1)]
    if "*" not in columns and (needed := [each for each in columns if each not in known]):
        yield _Clause(text=f"{lead}{', '.join(needed)}", at=at)


def _term(number: int, expression: object) -> str:
    """A column of the result as ORDER BY can name it; ``*`` for all of a table's."""
    from sqlglot import exp

    match expression:
        case exp.Star():
            return "*"
        case exp.Column() as column:
            return "*" if isinstance(column.this, exp.Star) else column.sql()
        case exp.Alias() as alias:
            return str(alias.alias)
        case _:
            return str(number)


def _end_of_rows(sql: str, dialect: str | None) -> int:
    """Where ORDER BY ends or would stand: before LIMIT, else behind the last word."""
    from sqlglot import TokenType, tokenize

    depth, end = 0, 0
    for token in tokenize(sql, read=dialect):
        if token.token_type in (TokenType.L_PAREN, TokenType.R_PAREN):
            depth += 1 if token.token_type == TokenType.L_PAREN else -1
        elif depth == 0 and token.token_type in (
            TokenType.LIMIT,
            TokenType.OFFSET,
            TokenType.FETCH,
            TokenType.SEMICOLON,
        ):
            break
        end = token.end + 1
    return end


def _edit(unit: Unit, literal: ast.Constant, clause: _Clause) -> Edit | None:
    """The clause inside the literal; None where its text does not stand in the code as it is (escapes, parts)."""
    source = ast.get_source_segment(unit.text, literal) or ""
    start = source.find(str(literal.value))
    if start < 0:
        return None
    before = source[: start + clause.at]
    line = literal.lineno + before.count("\n")
    column = len(before.rpartition("\n")[2])
    if "\n" not in before:
        first = unit.text.splitlines()[literal.lineno - 1]
        column += len(first.encode()[: literal.col_offset].decode(errors="ignore"))
    place = Place(path=unit.path, cell=unit.cell, line=line)
    return Edit(place=place, column=column, end_line=line, end_column=column, text=clause.text)
