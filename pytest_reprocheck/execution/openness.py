"""Which queries of a statement have an order that reaches a result, and how much of it their ORDER BY decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sqlglot import exp

from pytest_reprocheck.execution.orders import (
    ORDERED_AGGREGATES,
    Engine,
    Query,
    Rows,
    aggregates,
    bare,
    clause,
    decides,
    fixed,
    items,
    names_of,
    own,
    rows_of,
    single,
)

Order = Literal["none", "all", "ties"]
"""What is open of an order: nothing, all of it, or the order of rows alike in ORDER BY."""

_ROW_NUMBERS = (exp.RowNumber, exp.Lag, exp.Lead, exp.Ntile)
"""Window functions that number rows, and have no frame."""
_RANKS = frozenset({"rank", "dense_rank", "percent_rank", "cume_dist"})
"""Window functions that treat rows alike in ORDER BY alike."""


def result_of(tree: exp.Expr) -> Query | None:
    """The query whose rows a statement gives, or writes to a file."""
    return bare(tree.this) if isinstance(tree, exp.Copy) else bare(tree)


def stored_by(tree: exp.Expr) -> Query | None:
    """The query whose rows a statement puts into a table."""
    return bare(tree.args.get("expression")) if isinstance(tree, exp.Insert | exp.Create) else None


def important(tree: exp.Expr, engine: Engine) -> list[Query]:
    """The queries whose order reaches the statement's result: its own, those that keep some rows, those that feed."""
    found: dict[int, Query] = {}

    def add(query: Query | None) -> None:
        ordering = passed_on(query, engine)
        if ordering is not None:
            found[id(ordering)] = ordering

    add(result_of(tree))
    if engine.ordered:
        add(stored_by(tree))
    for query in tree.find_all(exp.Select, exp.SetOperation):
        assert isinstance(query, (exp.Select, exp.SetOperation))
        if _chooses(query) and not _only_asked_for_existence(query):
            add(query)
        if engine.dialect == "sqlite" and _is_scalar(query):
            add(query)  # which takes the first row of several; other engines raise
        if isinstance(query, exp.Select) and depends_on_input(query, engine):
            add(_only_source(query, engine))
    return list(found.values())


def passed_on(query: Query | None, engine: Engine) -> Query | None:
    """The query that gives the rows their order: a subquery, where the engine keeps the order of what is read."""
    while engine.ordered and isinstance(query, exp.Select) and _keeps_order(query):
        source = _only_source(query, engine)
        if source is None:
            break
        query = source
    return query


def reads_one_query(select: exp.Select, engine: Engine) -> bool:
    """Whether all that a SELECT reads is one subquery or common table expression."""
    return _only_source(select, engine) is not None


def order_of(query: Query, engine: Engine) -> Order:
    """How much of a query's order is open."""
    if single(query, engine):
        return "none"
    order = items(clause(query, "order"))
    if isinstance(query, exp.Select):
        if order:
            return "none" if decides(query, order, engine) else "ties"
        source = _only_source(query, engine)
        if engine.ordered and source is None and _keeps_order(query):
            return "none"
        return "all"
    names = names_of(query)
    if order:
        return "none" if names is not None and _names_all(order, names) else "ties"
    if engine.ordered and isinstance(query, exp.Union) and not query.args.get("distinct"):
        sides = [bare(query.this), bare(query.expression)]
        if all(side is not None and order_of(side, engine) == "none" for side in sides):
            return "none"
    return "all"


def window_order(window: exp.Window, engine: Engine) -> Order:
    """How much of the order that a window function goes by is open."""
    select = window.find_ancestor(exp.Select)
    if select is None or not any(_depends_on_ties(each, window) for each in _uses(window, select)):
        return "none"
    order = items(clause(window, "order"))
    if not order and engine.ordered and not window.args.get("partition_by") and _keeps_order(select):
        return "none"
    known = [each for each in [*order, *(window.args.get("partition_by") or [])] if not isinstance(each, exp.Literal)]
    if decides(select, known, engine):
        return "none"
    return "ties" if order else "all"


def can_go_on(window: exp.Window) -> bool:
    """Whether a longer ORDER BY gives a window function nothing but another choice of what is open."""
    select = window.find_ancestor(exp.Select)
    return select is not None and all(_choice_only(each, window) for each in _uses(window, select))


def aggregate_order(call: exp.Expr, select: exp.Select, engine: Engine) -> Order:
    """How much is open of the order in which an aggregate function is given its rows."""
    own_order = call.find(exp.Order)
    order = items(own_order)
    if not order and _only_source(select, engine) is not None:
        return "none"  # the subquery's order is what counts
    rows = rows_of(select, engine)
    group = clause(select, "group")
    known = [*order, *(group.expressions if group is not None else [])]
    columns = [column for each in known if isinstance(each, exp.Column) and (column := rows.column(each))]
    whole = fixed(rows, columns)[1]
    if len(whole) == len(rows.sources) or (own_order is not None and own_order.this in order):
        return "none"
    return "ties" if order else "all"


def depends_on_input(select: exp.Select, engine: Engine) -> bool:
    """Whether the order of what is read decides over values: ordered aggregates, columns that are not grouped by."""
    if any(_is_ordered(each) and not items(each.find(exp.Order)) for each in aggregates(select)):
        return True
    return engine.dialect in ("sqlite", "mysql") and any(True for _ in loose_columns(select, engine))


def loose_columns(select: exp.Select, engine: Engine) -> Iterator[exp.Expr]:
    """Columns of a grouped query that are neither grouped by nor aggregated: some row's value is taken."""
    group = clause(select, "group")
    if group is None and not any(True for _ in aggregates(select)):
        return
    rows = rows_of(select, engine)
    grouped = [_group_item(each, select) for each in (group.expressions if group is not None else [])]
    columns = [column for each in grouped if isinstance(each, exp.Column) and (column := rows.column(each))]
    known, whole = fixed(rows, columns)
    texts = {each.sql().lower() for each in grouped}
    calls = {id(each) for each in aggregates(select)}
    for output in select.expressions:
        bare_output = output.this if isinstance(output, exp.Alias) else output
        if bare_output.sql().lower() in texts:
            continue
        for node in bare_output.find_all(exp.Column):
            column = rows.column(node)
            inside = node.find_ancestor(exp.Select) is not select or any(id(up) in calls for up in _ancestors(node))
            if not inside and column is not None and column not in known and column[0] not in whole:
                yield node


def _group_item(node: exp.Expr, select: exp.Select) -> exp.Expr:
    if isinstance(node, exp.Literal) and node.name.isdigit() and 0 < int(node.name) <= len(select.expressions):
        node = select.expressions[int(node.name) - 1]
    elif isinstance(node, exp.Column) and not node.table:
        named = (each for each in select.expressions if isinstance(each, exp.Alias))
        node = next((each for each in named if each.alias.lower() == node.name.lower()), node)
    return node.this if isinstance(node, exp.Alias) else node


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    up = node.parent
    while up is not None:
        yield up
        up = up.parent


def _is_ordered(call: exp.Expr) -> bool:
    """Whether an aggregate function's value depends on the order of its rows."""
    kinds = (exp.GroupConcat, exp.ArrayAgg, exp.JSONArrayAgg, exp.First, exp.Last, exp.AnyValue)
    if call.find(exp.Distinct) is not None:
        return False
    return isinstance(call, kinds) or (isinstance(call, exp.Anonymous) and call.name.lower() in ORDERED_AGGREGATES)


def _only_source(select: exp.Select, engine: Engine) -> Query | None:
    """The subquery or common table expression from which alone a SELECT reads."""
    rows: Rows = rows_of(select, engine)
    return rows.sources[0].query if len(rows.sources) == 1 else None


def _keeps_order(select: exp.Select) -> bool:
    grouped = clause(select, "group") or select.args.get("distinct") or any(True for _ in aggregates(select))
    start = clause(select, "from")
    sampled = select.args.get("sample") or (start is not None and start.find(exp.TableSample) is not None)
    several = select.args.get("joins") or select.args.get("laterals")
    return not (grouped or sampled or several or items(clause(select, "order")))


def _chooses(query: Query) -> bool:
    """Whether a query keeps some rows by their order."""
    distinct = query.args.get("distinct")
    first_only = isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None
    return bool(query.args.get("limit") or query.args.get("offset") or first_only)


def _context(query: Query) -> exp.Expr | None:
    """What a query stands in, parentheses aside."""
    up = query.parent
    while isinstance(up, exp.Subquery | exp.Paren) and not isinstance(up.parent, exp.From | exp.Join | exp.Lateral):
        up = up.parent
    return up


def _only_asked_for_existence(query: Query) -> bool:
    return isinstance(_context(query), exp.Exists)


def _is_scalar(query: Query) -> bool:
    whole = (exp.CTE, exp.From, exp.Join, exp.Lateral, exp.Subquery, exp.In, exp.Exists, exp.Any, exp.All)
    others = (exp.SetOperation, exp.Insert, exp.Create, exp.Copy)
    context = _context(query)
    return context is not None and not isinstance(context, whole + others)


def _names_all(order: list[exp.Expr], names: list[str]) -> bool:
    """Whether an ORDER BY holds every column of a compound query."""
    held = set()
    for each in order:
        if isinstance(each, exp.Literal) and each.name.isdigit() and 0 < int(each.name) <= len(names):
            held.add(int(each.name) - 1)
        elif isinstance(each, exp.Column) and each.name.lower() in names:
            held.add(names.index(each.name.lower()))
    return len(held) == len(names)


def _uses(window: exp.Window, select: exp.Select) -> list[exp.Window]:
    """The calls that go by a window: itself, or those that name it."""
    if not isinstance(window.this, exp.Identifier):
        return [window]
    name = window.this.name.lower()
    return [each for each in own(select, exp.Window) if isinstance(each, exp.Window) and each.alias.lower() == name]


def _frame(use: exp.Window, window: exp.Window) -> tuple[str, str, str]:
    """Kind of a window's frame, where it starts, and where it ends, as written; empty without one."""
    spec = use.args.get("spec") or window.args.get("spec")
    if spec is None:
        return "", "", ""
    sides = [f"{spec.args.get(name) or ''} {spec.args.get(f'{name}_side') or ''}".upper() for name in ("start", "end")]
    return str(spec.args.get("kind") or "").upper(), sides[0].strip(), sides[1].strip()


def _function(use: exp.Window) -> exp.Expr:
    function: exp.Expr = use.this
    while isinstance(function, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
        function = function.this
    return function


def _depends_on_ties(use: exp.Window, window: exp.Window) -> bool:
    function = _function(use)
    if isinstance(function, (*_ROW_NUMBERS, exp.FirstValue, exp.LastValue, exp.NthValue)):
        return True
    if str(getattr(function, "sql_name", lambda: "")()).lower() in _RANKS or function.name.lower() in _RANKS:
        return False
    kind, start, end = _frame(use, window)
    everything = start == "UNBOUNDED PRECEDING" and end == "UNBOUNDED FOLLOWING"
    return (kind == "ROWS" and not everything) or _is_ordered(function)


def _choice_only(use: exp.Window, window: exp.Window) -> bool:
    """Whether one function may be given a longer ORDER BY; a frame of peers would lose some by it."""
    function = _function(use)
    kind, start, end = _frame(use, window)
    if isinstance(function, _ROW_NUMBERS) or kind == "ROWS":
        return True
    if isinstance(function, exp.FirstValue):
        return kind == "" or start == "UNBOUNDED PRECEDING"
    if isinstance(function, exp.LastValue):
        return kind != "" and end == "UNBOUNDED FOLLOWING"
    return False
