"""Edits of a statement's text that permute what a query, window or aggregate function leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from pytest_reprocheck.execution.openness import can_go_on
from pytest_reprocheck.execution.orders import Engine, Query, clause, items, names_of, rows_of
from pytest_reprocheck.execution.spots import Spot

Edit = tuple[int, int, str]
"""From, to, and the text that stands there instead."""

ORDER_FUNCTION = "reprocheck_order"
"""Name of the function that the probes give to SQLite: a number for each row, from that of the permutation."""
_WHOLE = "reprocheck_rows"


class ImpossibleError(Exception):
    """Something is open, and no text is known that permutes it and nothing else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Permutation:
    """Which permutation, on which engine."""

    engine: Engine
    number: int

    def term(self, select: Query | None, *, grouped: bool = True) -> str:
        """An expression that gives every row some number, to order by.

        Args:
            select: where it stands; None for a query around the whole one.
            grouped: whether GROUP BY has made groups of the rows there.
        """
        dialect, number = self.engine.dialect, self.number
        group = clause(select, "group") if grouped and select is not None else None
        if dialect == "sqlite":
            return f"{ORDER_FUNCTION}({number})"
        if dialect == "mysql":
            return f"RAND({number})"
        if dialect == "snowflake":
            return f"RANDOM({number})"
        if dialect == "duckdb":
            return f"hash({', '.join(self._values(select, group, '*COLUMNS(*)'))}, {number})"
        if dialect == "postgres":
            return f"md5(CONCAT({', '.join(self._values(select, group, _WHOLE))}, '{number}'))"
        raise ImpossibleError(f"no permutation is known for {dialect or 'this dialect'}")

    def _values(self, select: Query | None, group: exp.Expr | None, whole: str) -> list[str]:
        """What tells rows apart, as text; without placeholders, which would take a parameter more."""
        if not isinstance(select, exp.Select):
            return [whole]
        dialect = self.engine.dialect
        if group is not None:
            named = {each.alias: each.this for each in select.expressions if isinstance(each, exp.Alias)}
            values = [named.get(each.name, each) for each in group.expressions if not isinstance(each, exp.Literal)]
            values += [_ordinal(select, each) for each in group.expressions if isinstance(each, exp.Literal)]
        elif dialect == "duckdb":
            return [whole]
        else:
            sources = rows_of(select, self.engine).sources
            values = [exp.to_identifier(source.alias) for source in sources if source.alias]
        texts = [each.sql(dialect) for each in values if not each.find(exp.Placeholder, exp.Parameter, exp.Star)]
        usable = [text for text in texts if "%" not in text]
        if not usable:
            raise ImpossibleError("nothing is known that tells the rows apart")
        return usable


def permute(
    sql: str, spot: Spot, node: exp.Expr, outer: Sequence[tuple[Spot, exp.Expr]], how: Permutation
) -> list[Edit]:
    """Edits that permute what is open at a spot; raises ImpossibleError where none are known.

    Args:
        sql: the text that the spot's places count in.
        spot: where.
        node: the query, window or aggregate function there.
        outer: all queries of the statement, whose columns must keep their names.
        how: the permutation.
    """
    if spot.kind == "query":
        assert isinstance(node, exp.Select | exp.SetOperation)
        edits = _query(spot, node, how)
    else:
        if isinstance(node, exp.Window) and not can_go_on(node):
            raise ImpossibleError("a longer ORDER BY would change a window's frame")
        select = node.find_ancestor(exp.Select)
        term = how.term(select, grouped=spot.kind == "window")
        edits = [(spot.at, spot.at, _further(spot, term))]
    return [*edits, *_named(sql, spot, outer, how)]


def permute_table(sql: str, spot: Spot, select: exp.Expr, how: Permutation) -> list[Edit]:
    """Edits that feed a SELECT its table's rows in another order."""
    if how.engine.dialect != "sqlite" or spot.table is None:
        raise ImpossibleError("the order in which rows reach an aggregate function cannot be permuted here")
    hidden = ("rowid", "oid", "_rowid_")
    if any(each.name.lower() in hidden for each in select.find_all(exp.Column)):
        raise ImpossibleError("a subquery has no rowid")
    start, end = spot.table
    text = f"(SELECT * FROM {sql[start:end]} ORDER BY {how.term(None)})"  # noqa: S608 - the user's own text
    return [(start, end, text if spot.aliased else f'{text} AS "{spot.name}"')]


def edited(sql: str, edits: Sequence[Edit]) -> str:
    """A text with edits, whose places count in the text without any."""
    for start, end, text in sorted(edits, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _query(spot: Spot, query: Query, how: Permutation) -> list[Edit]:
    if not _needs_wrapping(query, how.engine.dialect):
        return [(spot.at, spot.at, _further(spot, how.term(query)))]
    names = names_of(query)
    sources = len(rows_of(query, how.engine).sources) if isinstance(query, exp.Select) else 2
    if (names is None and sources > 1) or (names is not None and len(set(names)) < len(names)):
        raise ImpossibleError("columns of the result may bear one name")
    order = items(clause(query, "order"))
    if any(not _is_output(each, names) for each in order):
        raise ImpossibleError("ORDER BY goes by an expression")
    begin = spot.at if spot.order is None else spot.order
    around = f") AS {_WHOLE} "
    if spot.order is None:
        return [(spot.start, spot.start, "SELECT * FROM ("), (begin, begin, f"{around}ORDER BY {how.term(None)}")]
    return [
        (spot.start, spot.start, "SELECT * FROM ("),
        (begin, begin, around.lstrip()),
        (spot.at, spot.at, _further(spot, how.term(None))),
    ]


def _needs_wrapping(query: Query, dialect: str) -> bool:
    """Whether ORDER BY takes nothing but the query's own columns here."""
    if not isinstance(query, exp.Select):
        return True
    distinct = query.args.get("distinct")
    if dialect not in ("postgres", "duckdb"):
        return False
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
        if clause(query, "order") is None or not items(clause(query, "order")):
            raise ImpossibleError("DISTINCT ON without ORDER BY takes no other order")
        return False
    group = clause(query, "group")
    special = group is not None and (
        not group.expressions or any(group.args.get(name) for name in ("rollup", "cube", "grouping_sets"))
    )
    return bool(distinct) or special


def _is_output(item: exp.Expr, names: list[str] | None) -> bool:
    if isinstance(item, exp.Column):
        return not item.table and (names is None or item.name.lower() in names)
    return isinstance(item, exp.Literal) and not item.is_string


def _further(spot: Spot, term: str) -> str:
    return f", {term}" if spot.order is not None else f" ORDER BY {term}"


def _ordinal(select: exp.Select, item: exp.Expr) -> exp.Expr:
    index = int(item.name) - 1
    node = select.expressions[index] if 0 <= index < len(select.expressions) else item
    return node.this if isinstance(node, exp.Alias) else node


def _named(sql: str, spot: Spot, outer: Sequence[tuple[Spot, exp.Expr]], how: Permutation) -> list[Edit]:
    """Names for columns that are called after their text, which changes."""
    edits: list[Edit] = []
    for other, query in outer:
        if other is spot or other.kind != "query":
            continue
        first = query
        while not isinstance(first, exp.Select):
            first = first.this
        for (start, end), each in zip(other.selected, first.expressions, strict=False):
            if not start <= spot.at <= end or isinstance(each, exp.Alias):
                continue
            if how.engine.dialect == "duckdb":
                raise ImpossibleError("a column without a name is called after its text")
            if how.engine.dialect in ("sqlite", "mysql"):
                mark = "`" if how.engine.dialect == "mysql" else '"'
                edits.append((end, end, f" AS {mark}{sql[start:end].replace(mark, mark * 2)}{mark}"))
    return edits
