"""Where user code turns something unordered into an order.

Iterating over a set leaves no event, so the code that ran is read instead: ``names`` tells which expressions are sets,
and here are the contexts that give them an order. What is found are candidates; the hash factor shows whether order
reaches a result, and trying the remedy shows which candidate it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pytest_reprocheck.core.sources import Edit, Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.names import infer
from pytest_reprocheck.diagnose.parsing import callee, enclosing_functions, parse, place_of, replace_node
from pytest_reprocheck.diagnose.shapes import (
    BY_MEMBER,
    SET,
    SET_NAMES,
    SET_OPERATORS,
    SET_RESULTS,
    Shape,
    Shapes,
    is_key_view,
    member_of,
)

_ORDER_FREE = frozenset(
    {
        "all", "any", "bool", "copy", "deepcopy", "drop", "frozenset", "fsum", "hash", "id", "in1d", "intersect1d",
        "isin", "isinstance", "issubclass", "len", "max", "min", "prod", "set", "setdiff1d", "sorted", "sum", "type",
        "union1d",
    }
)  # fmt: skip
"""Functions whose result does not depend on the order of their argument (sums of floats excepted, which the
tolerance judges)."""
_SORTING = frozenset({"sort", "unique"})
"""The same where they are numpy's."""
_SET_METHODS = SET_RESULTS | {
    "add", "difference_update", "discard", "intersection_update", "isdisjoint", "isin", "issubset", "issuperset",
    "remove", "symmetric_difference_update",
}  # fmt: skip
_KEPT_WHOLE = frozenset({"append", "appendleft", "insert", "put"})
"""Methods that take a set as one thing."""
_MANY_TO_ONE = frozenset({"explode", "sum"})
"""What makes one order of a collection of sets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An expression that may give a result its order."""

    place: Place
    function: str
    """The function it stands in, ``<module>`` at top level."""
    targets: tuple[str, ...]
    """Names that its statement assigns."""
    text: str
    """Source of the statement's first line."""
    kind: str
    """``set``: an order is made of a set; ``sets``: of several in a collection; ``hash``: hash() makes a number."""
    remedies: tuple[Edit, ...] = ()
    """Mechanical remedies, each a whole one, the plainest first; none where only the author can choose."""


def find_unordered(
    units: Sequence[Unit], observed: Mapping[str, Shape] = MappingProxyType({})
) -> tuple[Candidate, ...]:
    """All candidates of the user's code, in the order of units and lines.

    ``observed`` are shapes that module-level names had in a run.
    """
    trees = [(unit, tree) for unit in units if (tree := parse(unit)) is not None]
    known = infer([tree for _unit, tree in trees], observed)
    return tuple(candidate for unit, tree in trees for candidate in _candidates(unit, tree, known))


def depends_on_hash(units: Sequence[Unit]) -> bool:
    """Whether the code deals with sets or hash() at all, also in ways that ``find_unordered`` does not follow."""
    return any(_deals_with_sets(node) for unit in units if (tree := parse(unit)) is not None for node in ast.walk(tree))


def _deals_with_sets(node: ast.AST) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Name(id="hash"):
            return True
        case ast.Attribute(attr="__hash__" | "union" | "intersection" | "difference" | "symmetric_difference"):
            return True
        case ast.Attribute(value=owner, attr="set"):
            # Axes, events and registers have a method of that name.
            return isinstance(owner, ast.Name) and owner.id == "builtins"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_NAMES
        case ast.BinOp(left=left, op=operator, right=right):
            return isinstance(operator, SET_OPERATORS) and (is_key_view(left) or is_key_view(right))
        case _:
            return False


def _candidates(unit: Unit, tree: ast.Module, known: Shapes) -> Iterator[Candidate]:
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    functions = enclosing_functions(tree)
    found: list[tuple[ast.expr, str, tuple[Edit, ...]]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr):
            continue
        if isinstance(node, ast.Call) and _is_hash(node) and functions[node] not in ("__hash__", "__eq__"):
            found.append((node, "hash", ()))
        elif known.is_unordered(node):
            ordered = _ordering(node, parents, known)
            if ordered is not None:
                found.append((ordered, "set", _sorted_edits(unit, _source(node, known), ordered)))
        elif (call := _of_collection(node, parents, known)) is not None:
            found.append((call, "sets", ()))
    unique = {(node.lineno, node.col_offset, kind): (node, kind, remedies) for node, kind, remedies in reversed(found)}
    for _position, (node, kind, remedies) in sorted(unique.items(), key=lambda item: item[0]):
        statement = _statement(node, parents)
        yield Candidate(
            place=place_of(unit, node),
            function=functions[node],
            targets=_targets(statement),
            text=unit.line(node.lineno),
            kind=kind,
            remedies=remedies,
        )


def _is_hash(node: ast.Call) -> bool:
    return (isinstance(node.func, ast.Name) and node.func.id == "hash") or (
        isinstance(node.func, ast.Attribute) and node.func.attr == "__hash__"
    )


def _source(node: ast.expr, known: Shapes) -> ast.expr:
    """The set behind an iterator over it: ``names`` for ``map(f, names)`` and ``(f(x) for x in names)``."""
    match node:
        case ast.GeneratorExp(generators=generators):
            return next(_source(each.iter, known) for each in generators if known.is_unordered(each.iter))
        case ast.Call(func=ast.Name(id="filter" | "iter" | "map" | "starmap"), args=[*_, last]) if known.is_unordered(
            last
        ):
            return _source(last, known)
        case _:
            return node


def _of_collection(node: ast.expr, parents: Mapping[ast.AST, ast.AST], known: Shapes) -> ast.expr | None:
    """The call that makes an order of each set in a collection: ``tags.explode()``, ``tags.apply(list)``; or None."""
    match parents[node]:
        case ast.Attribute(attr=name) as method if member_of(known.of(node)) == SET:
            call = parents[method]
            if not isinstance(call, ast.Call) or call.func is not method:
                return None
            by_member = name in BY_MEMBER and call.args and _makes_order(call.args[0])
            return call if name in _MANY_TO_ONE or by_member else None
        case ast.Call() as call if callee(call) == "explode" and isinstance(node, ast.Constant):
            return call if member_of(known.keys.get(str(node.value))) == SET else None
        case ast.Call(func=ast.Name(id="map"), args=[function, second, *_]) as call if second is node:
            return call if member_of(known.of(node)) == SET and _makes_order(function) else None
        case _:
            return None


def _makes_order(function: ast.expr) -> bool:
    """Whether a function that is handed over makes an order of a set: ``list``, ``", ".join``."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in ("join", "list", "repr", "str", "tuple", "array", "Index", "Series")
        case _:
            return False


def _ordering(node: ast.expr, parents: Mapping[ast.AST, ast.AST], known: Shapes) -> ast.expr | None:
    """The expression that makes an order of the set, which is the set itself where it is iterated over; or None."""
    parent = parents[node]
    if isinstance(parent, ast.expr) and not isinstance(parent, ast.Starred) and known.is_unordered(parent):
        return None
    match parent:
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated) | ast.comprehension(iter=iterated):
            whole = parents[parent]
            forgotten = isinstance(whole, ast.expr) and (known.is_unordered(whole) or _is_used_freely(whole, parents))
            return _source(node, known) if iterated is node and not forgotten else None
        case ast.Call(func=function) if function is not node:
            return _of_call(node, parent, parents, known)
        case ast.keyword():
            call = parents[parent]
            assert isinstance(call, ast.Call)
            return None if _takes_any_order(call, known) else call
        case ast.Attribute(attr="pop"):
            call = parents[parent]
            return parent if isinstance(call, ast.Call) and not call.args else None
        case ast.Starred():
            return None if _is_starred_freely(parents[parent], parents, known) else node
        case _:
            return node if _is_spelled_out(node, parent, parents) else None


def _is_starred_freely(whole: ast.AST, parents: Mapping[ast.AST, ast.AST], known: Shapes) -> bool:
    if isinstance(whole, ast.Call) and _takes_any_order(whole, known):
        return True
    return isinstance(whole, ast.expr) and (known.is_unordered(whole) or _is_used_freely(whole, parents))


def _is_spelled_out(node: ast.expr, parent: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a statement or an operator takes the members one by one: unpacking, ``+=`` on a list, ``%`` on a text."""
    match parent:
        case ast.FormattedValue() | ast.YieldFrom() | ast.AugAssign(op=ast.Add()):
            return True
        case ast.BinOp(op=ast.Mod()):
            return True
        case ast.Tuple():
            outer = parents[parent]
            return isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mod)
        case ast.Assign(targets=[ast.Tuple() | ast.List() | ast.Subscript(slice=ast.Slice()), *_], value=value):
            return value is node
        case _:
            return False


def _of_call(node: ast.expr, call: ast.Call, parents: Mapping[ast.AST, ast.AST], known: Shapes) -> ast.expr | None:
    if _takes_any_order(call, known) or _is_used_freely(call, parents):
        return None
    return _source(node, known) if isinstance(node, ast.GeneratorExp) else call


def _takes_any_order(call: ast.Call, known: Shapes) -> bool:
    """Whether a call is no place to look at: its result is the same in any order, or the user's code goes on inside."""
    name = callee(call)
    if name == "update" and isinstance(call.func, ast.Attribute):
        return known.is_unordered(call.func.value)
    return _is_order_free(call) or name in _KEPT_WHOLE or name in known.functions


def _is_used_freely(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether an order is made only to be forgotten: ``sorted(list(names))``."""
    outer = parents[node]
    return isinstance(outer, ast.Call) and node in outer.args and _is_order_free(outer)


def _is_order_free(call: ast.Call) -> bool:
    """Whether a call's result is the same in any order of its argument; with a ``key``, the first of equals wins."""
    name = callee(call)
    if name in _SORTING:
        return (
            isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id
            in (
                "np",
                "numpy",
            )
        )
    return name in _SET_METHODS or (name in _ORDER_FREE and not any(keyword.arg == "key" for keyword in call.keywords))


def _sorted_edits(unit: Unit, node: ast.expr, ordered: ast.expr) -> tuple[Edit, ...]:
    """``sorted(...)``, and the same with a key for members that cannot be compared."""
    text = ast.get_source_segment(unit.text, node)
    if text is None or isinstance(ordered, ast.Attribute):
        return ()  # a member popped off a set: which one is wanted, only the author knows
    with_key = replace_node(unit, node, f"sorted({text}, key=repr)")
    match ordered:
        case ast.Call(func=ast.Name(id="list") as function, args=[argument]) if argument is node:
            return replace_node(unit, function, "sorted"), with_key
        case _:
            return replace_node(unit, node, f"sorted({text})"), with_key


def _statement(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.stmt:
    while not isinstance(node, ast.stmt):
        node = parents[node]
    return node


def _targets(statement: ast.stmt) -> tuple[str, ...]:
    """Names bound by the statement or in it: a loop over a set fills what its body assigns or appends to."""
    names = {
        name.id
        for node in ast.walk(statement)
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if isinstance(
                statement, (ast.For, ast.AsyncFor)
            ):
                names.add(name)
            case (
                ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
                | ast.Attribute(value=ast.Name(id=name), ctx=ast.Store())
            ):
                names.add(name)
            case _:
                pass
    return tuple(sorted(names))
