"""What an ORDER BY decides: which columns fix a row, read off a query's syntax tree and the tables' unique columns.

A set of columns fixes a row when no two rows of the result can agree in all of them. It is found as one finds the
attributes that functionally depend on others: from constants and the given columns, over equalities of WHERE and ON,
to whole rows of each table of which a unique key is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

Keys = tuple[frozenset[str], ...]
"""Sets of columns in each of which no two rows agree; the empty set: there is at most one row."""
Column = tuple[str, str]
"""Name of a table in the query, and of its column, both lower case; the name alone where the table is unknown."""
Query = exp.Select | exp.SetOperation

MARKER = "reprocheck_open_"
"""Begins the names of functions that stand where an ORDER BY could go on; they decide nothing."""

ORDERED_AGGREGATES = frozenset(
    {
        "any_value",
        "arbitrary",
        "array_agg",
        "first",
        "group_concat",
        "json_agg",
        "json_arrayagg",
        "json_group_array",
        "json_group_object",
        "jsonb_agg",
        "last",
        "list",
        "listagg",
        "string_agg",
        "xmlagg",
    }
)
"""Aggregate functions whose result depends on the order of their input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """What is known of the engine and its tables."""

    dialect: str
    keys: Mapping[str, Keys]
    """Table, in lower case -> its unique columns."""
    ordered: bool = False
    """Whether rows of a single table come in the order in which they were inserted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A table of FROM."""

    alias: str
    keys: Keys
    query: Query | None = None
    """What gives its rows, where it is a subquery or a common table expression."""
    table: bool = False
    """Whether it is a stored table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """What FROM and WHERE say about the rows of a SELECT."""

    sources: tuple[Source, ...]
    constant: frozenset[Column]
    """Columns that WHERE holds to one value."""
    follows: tuple[tuple[Column, Column], ...]
    """Where the first is fixed the second is."""
    outputs: Mapping[str, exp.Expr] = field(default_factory=dict)
    """Alias -> expression of the select list."""

    def column(self, node: exp.Column) -> Column | None:
        """What a column of the query's text stands for; None for one of a query outside."""
        name, table = node.name.lower(), node.table.lower()
        if table:
            return (table, name) if any(source.alias == table for source in self.sources) else None
        if len(self.sources) == 1:
            return self.sources[0].alias, name
        # A name that is not ambiguous belongs to the one table that is known to have it.
        owners = [source.alias for source in self.sources if any(name in key for key in source.keys)]
        return (owners[0] if len(owners) == 1 else ""), name


def items(order: exp.Expr | None) -> list[exp.Expr]:
    """The expressions of an ORDER BY, markers left out."""
    found = [each.this if isinstance(each, exp.Ordered) else each for each in (order.expressions if order else [])]
    return [each for each in found if not (isinstance(each, exp.Anonymous) and each.name.startswith(MARKER))]


def clause(query: exp.Expr, name: str) -> exp.Expr | None:
    """A clause by the name of its keyword; some are stored under the name with an underscore."""
    found: exp.Expr | None = query.args.get(name) or query.args.get(f"{name}_")
    return found


def bare(query: exp.Expr | None) -> Query | None:
    """A query without its parentheses; None for anything else."""
    while isinstance(query, exp.Subquery) and not query.args.get("limit") and not query.args.get("order"):
        query = query.this
    return query if isinstance(query, (exp.Select, exp.SetOperation)) else None


def own(query: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of a kind that belong to this query and not to one inside it."""
    for node in query.find_all(kind):
        if node.find_ancestor(exp.Select, exp.SetOperation) is query:
            yield node


def rows_of(select: exp.Select, engine: Engine) -> Rows:
    """What FROM, JOIN and WHERE of a SELECT say."""
    sources = tuple(_source(node, engine) for node in _from(select))
    outputs = {each.alias.lower(): each.this for each in select.expressions if isinstance(each, exp.Alias)}
    plain = Rows(sources=sources, constant=frozenset(), follows=(), outputs=outputs)
    follows: list[tuple[Column | None, Column]] = []
    where = clause(select, "where")
    for equality in _equalities(where.this if where else None):
        follows += _connected(plain, equality, None)
    for join in select.args.get("joins") or []:
        sides = str(join.args.get("side") or "").upper()
        joined = _alias(join.this)
        only = {"": None, "LEFT": joined}.get(sides, "-")
        for equality in _equalities(join.args.get("on")):
            follows += _connected(plain, equality, only)
        for name in join.args.get("using") or []:
            follows += _same(plain, name.name.lower(), joined, only)
    return Rows(
        sources=sources,
        constant=frozenset(after for before, after in follows if before is None),
        follows=tuple((before, after) for before, after in follows if before is not None),
        outputs=outputs,
    )


def fixed(rows: Rows, columns: Iterable[Column]) -> tuple[set[Column], set[str]]:
    """Columns, and tables as a whole, that have one value once these columns have theirs."""
    known = set(columns) | rows.constant
    whole: set[str] = set()
    size = -1
    while size != len(known) + len(whole):
        size = len(known) + len(whole)
        known |= {after for before, after in rows.follows if before in known or before[0] in whole}
        for source in rows.sources:
            if any(all((source.alias, name) in known for name in key) for key in source.keys):
                whole.add(source.alias)
    return known, whole


def decides(select: exp.Select, expressions: Sequence[exp.Expr], engine: Engine) -> bool:
    """Whether rows of a SELECT that agree in these expressions are one row, or rows that nobody can tell apart."""
    rows = rows_of(select, engine)
    wanted = [_resolved(each, select, rows) for each in expressions]
    if any(isinstance(each, exp.Var) and each.name.upper() == "ALL" for each in wanted):
        return True
    columns = [column for each in wanted if isinstance(each, exp.Column) and (column := rows.column(each))]
    known, whole = fixed(rows, columns)
    texts = {_text(each, rows) for each in wanted}

    def settled(node: exp.Expr) -> bool:
        column = rows.column(node) if isinstance(node, exp.Column) else None
        if column is not None and (column in known or column[0] in whole):
            return True
        return _text(node, rows) in texts or (not isinstance(node, exp.Star) and _is_constant(node, rows))

    outputs = [each.this if isinstance(each, exp.Alias) else each for each in select.expressions]
    if all(settled(each) and not each.is_star for each in outputs):
        return True
    group = clause(select, "group")
    if group is not None:
        plain = not any(group.args.get(name) for name in ("rollup", "cube", "grouping_sets", "all", "totals"))
        return plain and all(settled(_resolved(each, select, rows)) for each in group.expressions)
    return not select.args.get("distinct") and len(whole) == len({source.alias for source in rows.sources})


def single(query: Query, engine: Engine) -> bool:
    """Whether a query gives one row at most."""
    limit = query.args.get("limit")
    if isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal) and limit.expression.name == "0":
        return True
    if not isinstance(query, exp.Select):
        return False
    if clause(query, "from") is None:
        return not any(True for _ in own(query, exp.UDTF))
    if clause(query, "group") is None and (clause(query, "having") or any(aggregates(query))):
        return True
    rows = rows_of(query, engine)
    return len(fixed(rows, ())[1]) == len(rows.sources) and clause(query, "group") is None


def names_of(query: Query) -> list[str] | None:
    """The names of a query's columns; None where a star stands for them."""
    while not isinstance(query, exp.Select):
        inner = bare(query.this)
        if inner is None:
            return None
        query = inner
    if not query.expressions or any(each.is_star for each in query.expressions):
        return None
    return [each.alias_or_name.lower() or each.sql().lower() for each in query.expressions]


def keys_of(query: Query, engine: Engine) -> Keys:
    """Sets of a query's columns that fix its rows."""
    if single(query, engine):
        return (frozenset(),)
    names = names_of(query)
    everything = () if names is None else (frozenset(names),)
    if not isinstance(query, exp.Select):
        return everything if query.args.get("distinct") else ()
    found: list[frozenset[str]] = list(everything) if query.args.get("distinct") else []
    rows = rows_of(query, engine)
    group = clause(query, "group")
    if group is not None:
        wanted = [_output(query, _resolved(each, query, rows), rows) for each in group.expressions]
        if wanted and all(wanted):
            found.append(frozenset(name for name in wanted if name))
    elif not query.args.get("distinct"):
        for source in rows.sources:
            for key in source.keys:
                outer = [_output(query, exp.column(name, table=source.alias), rows) for name in key]
                _known, whole = fixed(rows, [(source.alias, name) for name in key])
                if all(outer) and len(whole) == len(rows.sources):
                    found.append(frozenset(name for name in outer if name))
    return tuple(found)


def _from(select: exp.Select) -> Iterator[exp.Expr]:
    start = clause(select, "from")
    if start is not None:
        yield from _joined(start.this)
    for join in select.args.get("joins") or []:
        yield from _joined(join.this)
    yield from select.args.get("laterals") or []


def _joined(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        node = node.this
    yield node
    for join in node.args.get("joins") or []:
        yield from _joined(join.this)


def _alias(node: exp.Expr) -> str:
    return str(node.alias_or_name).lower()


def _source(node: exp.Expr, engine: Engine) -> Source:
    alias = _alias(node)
    if isinstance(node, exp.Subquery):
        query = bare(node)
        return Source(alias=alias, keys=keys_of(query, engine) if query is not None else (), query=query)
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        return Source(alias=alias, keys=())
    query = None if node.args.get("db") else _named(node)
    if query is not None:
        return Source(alias=alias, keys=keys_of(query, engine), query=query)
    return Source(alias=alias, keys=engine.keys.get(node.name.lower(), ()), table=True)


def _named(table: exp.Table) -> Query | None:
    """The common table expression that a name stands for."""
    name, node, inside = table.name.lower(), table.parent, {id(table)}
    while node is not None:
        listed = clause(node, "with")
        for each in listed.expressions if listed is not None else []:
            if id(each) in inside:
                break  # it cannot see itself or what comes later
            if each.alias.lower() == name:
                return bare(each.this)
        inside.add(id(node))
        node = node.parent
    return None


def _equalities(condition: exp.Expr | None) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    if isinstance(condition, exp.And):
        yield from _equalities(condition.this)
        yield from _equalities(condition.expression)
    elif isinstance(condition, exp.Paren):
        yield from _equalities(condition.this)
    elif isinstance(condition, exp.EQ):
        yield condition.this, condition.expression


def _connected(
    rows: Rows, equality: tuple[exp.Expr, exp.Expr], only: str | None
) -> Iterator[tuple[Column | None, Column]]:
    """What an equality fixes: the second by the first, or without condition where the first is None.

    Where a join may find no partner, it fixes columns of the table ``only`` alone.
    """
    for this, other in (equality, equality[::-1]):
        column = rows.column(this) if isinstance(this, exp.Column) else None
        if column is None or only not in (None, column[0]):
            continue
        if _is_constant(other, rows):
            yield None, column
        elif isinstance(other, exp.Column) and (before := rows.column(other)) is not None:
            yield before, column


def _same(rows: Rows, name: str, joined: str, only: str | None) -> Iterator[tuple[Column, Column]]:
    """What USING equates: the column by its name alone and that of each table."""
    for alias in (source.alias for source in rows.sources):
        if only != "-":
            yield ("", name), (alias, name)
        if alias != joined or only is None:
            yield (alias, name), ("", name)


def _is_constant(node: exp.Expr, rows: Rows) -> bool:
    if node.find(exp.Select, exp.AggFunc, exp.Anonymous, exp.Rand, exp.Window) is not None:
        return False
    return all(rows.column(each) is None for each in node.find_all(exp.Column))


def _resolved(node: exp.Expr, select: exp.Select, rows: Rows) -> exp.Expr:
    """An item of ORDER BY or GROUP BY as an expression over the rows: ordinals and aliases looked up."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        index = int(node.name) - 1
        before = select.expressions[: index + 1]
        if len(before) != index + 1 or any(each.is_star for each in before):
            return node
        node = before[index]
    elif isinstance(node, exp.Column) and not node.table and node.name.lower() in rows.outputs:
        node = rows.outputs[node.name.lower()]
    return node.this if isinstance(node, exp.Alias) else node


def _text(node: exp.Expr, rows: Rows) -> str:
    if isinstance(node, exp.Column):
        return ".".join(rows.column(node) or ("", node.sql().lower()))
    return node.sql(comments=False).lower()


def _output(select: exp.Select, node: exp.Expr, rows: Rows) -> str | None:
    """The name under which an expression stands in the select list."""
    wanted = _text(node, rows)
    for each in select.expressions:
        inner = each.this if isinstance(each, exp.Alias) else each
        if isinstance(node, exp.Column) and each.is_star and _star_covers(each, rows.column(node)):
            return node.name.lower()
        if _text(inner, rows) == wanted:
            return str(each.alias_or_name).lower() or None
    return None


def _star_covers(star: exp.Expr, column: Column | None) -> bool:
    if star.find(exp.Star) is not None and any((star.find(exp.Star) or star).args.values()):
        return False  # EXCEPT, REPLACE, RENAME
    return column is not None and (not isinstance(star, exp.Column) or star.table.lower() in ("", column[0]))


def aggregates(select: exp.Select) -> Iterator[exp.Expr]:
    """Calls of aggregate functions that are no window functions; max(a, b) is none in SQLite."""
    for node in own(select, exp.Func):
        named = isinstance(node, exp.Anonymous) and node.name.lower() in ORDERED_AGGREGATES | {"total"}
        scalar = isinstance(node, (exp.Max, exp.Min)) and node.expressions
        if scalar or not (named or isinstance(node, exp.AggFunc)):
            continue
        window = node.find_ancestor(exp.Window)
        if window is None or window.find_ancestor(exp.Select) is not select:
            yield node
