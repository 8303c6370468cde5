"""Which rows a query leaves open, and the same query with another choice of exactly those.

What is open: the order of a result without ORDER BY, of rows that its ORDER BY does not tell apart, which rows LIMIT
keeps of either, and what window and aggregate functions make of such an order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from pytest_reprocheck.execution.openness import (
    Order,
    aggregate_order,
    depends_on_input,
    important,
    order_of,
    passed_on,
    reads_one_query,
    result_of,
    window_order,
)
from pytest_reprocheck.execution.orders import MARKER, Engine, Keys
from pytest_reprocheck.execution.permuting import Edit, ImpossibleError, Permutation, edited, permute, permute_table
from pytest_reprocheck.execution.spots import Spot, Text, readable, spots, statements

Kind = Literal["none", "all", "ties", "inner", "unknown"]

_READ = frozenset({"SELECT", "WITH", "FROM", "(", "VALUES", "INSERT", "REPLACE", "CREATE", "COPY", "UPDATE", "DELETE"})
_ORDER_OR_CHOICE = re.compile(
    r"\b(ORDER\s+BY|LIMIT|FETCH|OFFSET|TOP|ROWNUM|SAMPLE|DISTINCT\s+ON|INSERT|UPDATE|DELETE|CREATE)\b", re.IGNORECASE
)
_CATALOGUES = ("sqlite_", "pg_", "information_schema", "duckdb_", "pragma_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a statement leaves open."""

    kind: Kind
    """Of the result's rows: ``none``, their order (``all``), that of rows alike in ORDER BY (``ties``); ``inner``: only
    what subqueries, windows or aggregate functions make of an order; ``unknown``: the text could not be read."""
    sql: str
    """The statement with what is open permuted; the statement itself where nothing is, or can be."""
    problem: str = ""
    """Why something that is open is not permuted."""
    tables: tuple[str, ...] = ()
    """Tables whose unique columns would tell more."""
    catalogue: bool = False
    """Whether nothing but the engine's own catalogue is read."""
    shuffle: bool = False
    """Whether the rows may be shuffled once they are fetched, because nothing but their order is open; where there is a
    problem with permuting them otherwise."""


def opened(
    sql: str, dialect: str, keys: Mapping[str, Keys] | None = None, *, number: int = 1, ordered: bool = False
) -> Opened:
    """What a text of one or several statements leaves open.

    Args:
        sql: as it is given to the driver, with placeholders.
        dialect: sqlglot's name for it; any other for SQL as such.
        keys: table, in lower case -> sets of columns that are unique and not NULL.
        number: the permutation starts from it.
        ordered: whether the engine gives the rows of a single table in the order of insertion.
    """
    dialect = dialect if Dialect.get(dialect) is not None else ""
    engine = Engine(dialect=dialect, keys=keys or {}, ordered=ordered)
    text = readable(sql, dialect)
    try:
        found = [_statement(text, each, engine, number) for each in statements(text, dialect) if each.word(0) in _READ]
    except (SqlglotError, RecursionError) as error:
        problem = f"cannot be parsed: {str(error).splitlines()[0]}"
        return Opened(kind="unknown", sql=sql, problem=problem, shuffle=_ORDER_OR_CHOICE.search(sql) is None)
    kinds: list[Kind] = [each.kind for each in found]
    order: tuple[Kind, ...] = ("all", "ties", "inner")
    return Opened(
        kind=next((kind for kind in order if kind in kinds), "none"),
        sql=edited(sql, [edit for each in found for edit in each.edits]),
        problem=next((each.problem for each in found if each.problem), ""),
        tables=tuple(sorted({table for each in found for table in each.tables})),
        catalogue=bool(found) and all(each.catalogue for each in found),
        shuffle=len(found) == 1 and found[0].order_alone,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What one statement leaves open."""

    kind: Kind = "none"
    edits: tuple[Edit, ...] = ()
    problem: str = ""
    tables: tuple[str, ...] = ()
    catalogue: bool = False
    order_alone: bool = False
    """Whether nothing is open but the order of all rows of the result."""


def _statement(sql: str, text: Text, engine: Engine, number: int) -> _Found:
    found = spots(text, engine.dialect)
    if not found:
        return _Found()
    start, end = text.begin(0), text.end(len(text.tokens) - 1)
    marks = [(spot.at - start, spot.at - start, spot.marked(index)) for index, spot in enumerate(found)]
    tree = sqlglot.parse_one(edited(sql[start:end], marks), dialect=engine.dialect)
    if isinstance(tree, exp.Create) and tree.args.get("kind") != "TABLE":
        return _Found()  # a view is read where it is used
    owners = _owners(tree, found)
    how = Permutation(engine=engine, number=number)
    edits: list[Edit] = []
    problem = ""
    kinds = {}
    for spot, node, order, feeds in _open(tree, owners, engine):
        kinds[id(node)] = order
        if spot is None:
            problem = problem or "a subquery that is open was not found in the text"
            continue
        try:
            edits += permute_table(sql, spot, node, how) if feeds else permute(sql, spot, node, owners, how)
        except ImpossibleError as error:
            problem = problem or str(error)
    return _Found(
        kind=_kind(tree, kinds, engine),
        edits=tuple(dict.fromkeys(edits)),
        problem=problem,
        tables=tuple(sorted({table.name.lower() for table in tree.find_all(exp.Table)})) if kinds else (),
        catalogue=_is_catalogue(tree),
        order_alone=_is_order_alone(tree, kinds),
    )


def _owners(tree: exp.Expr, found: Sequence[Spot]) -> list[tuple[Spot, exp.Expr]]:
    """What each spot belongs to in the tree, told by its mark: a query, a window, an aggregate function."""
    owners = []
    for mark in tree.find_all(exp.Anonymous):
        order = mark.find_ancestor(exp.Order)
        if not mark.name.startswith(MARKER) or order is None or order.parent is None:
            continue
        spot = found[int(mark.name.removeprefix(MARKER))]
        owner = order.parent
        if spot.kind == ("window" if isinstance(owner, exp.Window) else "query" if _is_query(owner) else "aggregate"):
            owners.append((spot, owner))
    return owners


def _is_query(node: exp.Expr) -> bool:
    return isinstance(node, exp.Select | exp.SetOperation)


def _open(
    tree: exp.Expr, owners: Sequence[tuple[Spot, exp.Expr]], engine: Engine
) -> Iterator[tuple[Spot | None, exp.Expr, Order, bool]]:
    """Spot, node and how much is open, for everything that is; and whether it is the order in which rows are read."""
    places = {id(node): spot for spot, node in owners}
    for query in important(tree, engine):
        if (order := order_of(query, engine)) != "none":
            yield places.get(id(query)), query, order, False
    for spot, node in owners:
        select = node.find_ancestor(exp.Select)
        order = "none"
        if isinstance(node, exp.Window):
            order = window_order(node, engine)
        elif spot.kind == "aggregate" and select is not None:
            order = aggregate_order(node, select, engine)
        if order != "none":
            yield spot, node, order, False
    for select in tree.find_all(exp.Select):
        if engine.dialect == "sqlite" and depends_on_input(select, engine) and not reads_one_query(select, engine):
            yield places.get(id(select)), select, "all", True


def _kind(tree: exp.Expr, kinds: Mapping[int, Order], engine: Engine) -> Kind:
    result = passed_on(result_of(tree), engine)
    own = order_of(result, engine) if result is not None else "none"
    return own if own != "none" or not kinds else "inner"


def _is_order_alone(tree: exp.Expr, kinds: Mapping[int, Order]) -> bool:
    result = result_of(tree)
    return result is tree and kinds == {id(result): "all"} and not result.args.get("limit")


def _is_catalogue(tree: exp.Expr) -> bool:
    tables = list(tree.find_all(exp.Table))
    names = [f"{table.db}.{table.name}".lower().lstrip(".") for table in tables]
    return bool(names) and all(name.startswith(_CATALOGUES) for name in names)
