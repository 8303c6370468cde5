"""Where user code turns something unordered into an order.

Iterating over a set leaves no event, so the code that ran is read instead: a small flow-insensitive inference finds
the expressions that are sets, across functions, attributes, notebook cells and the project's modules, and the
contexts that give them an order. What it finds are candidates; the hash factor shows whether order reaches a
result, and trying the remedy shows which candidate it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pytest_reprocheck.core.sources import Edit, Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.parsing import callee, enclosing_functions, parse, place_of, replace_node

_ORDER_FREE = frozenset(
    {
        "all", "any", "bool", "copy", "deepcopy", "frozenset", "fsum", "hash", "id", "isinstance", "issubclass", "len",
        "max", "min", "prod", "set", "sorted", "sum", "type",
    }
)  # fmt: skip
"""Functions whose result does not depend on the order of their argument (sums of floats excepted, which the
tolerance judges)."""
_SET_RESULTS = frozenset({"copy", "difference", "intersection", "symmetric_difference", "union"})
_SET_METHODS = _SET_RESULTS | {
    "add", "difference_update", "discard", "intersection_update", "isdisjoint", "isin", "issubset", "issuperset",
    "remove", "symmetric_difference_update", "update",
}  # fmt: skip
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
_SET_NAMES = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
_ROUNDS = 4
"""Passes of the inference; each carries what is known one call or assignment further."""


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
    """``set``: an order is made of a set; ``hash``: a number is made by hash()."""
    remedy: Edit | None
    """The mechanical remedy; None where there is none."""


@dataclass(kw_only=True, slots=True)
class _Knowledge:
    """Names known to hold sets; grows from round to round."""

    names: set[tuple[str, str]] = field(default_factory=set)
    """(scope, name); the scope of a function is its name, of module level and all cells ``<module>``."""
    containers: set[tuple[str, str]] = field(default_factory=set)
    """Names of mappings whose values are sets, as ``defaultdict(set)``."""
    attributes: set[str] = field(default_factory=set)
    returns: set[str] = field(default_factory=set)
    """Functions that return sets."""
    parameters: dict[str, list[str]] = field(default_factory=dict)
    """User functions -> their parameters in order, without ``self``."""


def find_unordered(units: Sequence[Unit]) -> tuple[Candidate, ...]:
    """All candidates of the user's code, in the order of units and lines."""
    trees = [(unit, tree) for unit in units if (tree := parse(unit)) is not None]
    known = _Knowledge()
    for _unit, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                _declare(node, known)
    for _ in range(_ROUNDS):
        for _unit, tree in trees:
            _learn(tree, known)
    return tuple(candidate for unit, tree in trees for candidate in _candidates(unit, tree, known))


def depends_on_hash(units: Sequence[Unit]) -> bool:
    """Whether the code deals with sets or hash() at all, also in ways that ``find_unordered`` does not follow."""
    return any(_deals_with_sets(node) for unit in units if (tree := parse(unit)) is not None for node in ast.walk(tree))


def _deals_with_sets(node: ast.AST) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Name(id="hash"):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _SET_NAMES
        case _:
            return False


def _declare(node: ast.FunctionDef | ast.AsyncFunctionDef, known: _Knowledge) -> None:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    known.parameters[node.name] = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
    for argument in arguments:
        if argument.annotation is not None and _is_set_annotation(argument.annotation):
            known.names.add((node.name, argument.arg))
    if node.returns is not None and _is_set_annotation(node.returns):
        known.returns.add(node.name)


def _is_set_annotation(node: ast.expr) -> bool:
    inner = node.value if isinstance(node, ast.Subscript) else node
    name = inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else ""
    return name in _SET_NAMES


def _learn(tree: ast.Module, known: _Knowledge) -> None:
    scopes = enclosing_functions(tree)
    for node in ast.walk(tree):
        scope = scopes[node]
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _assign(target, value, scope, known)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                _assign(target, value, scope, known)
            case ast.AugAssign(target=target, op=operator, value=value):
                if isinstance(operator, _SET_OPERATORS) and _is_set(value, scope, known):
                    _mark(target, scope, known)
            case ast.Return(value=ast.expr() as value) if _is_set(value, scope, known):
                known.returns.add(scope)
            case ast.Call():
                _pass_arguments(node, scope, known)
            case _:
                pass


def _assign(target: ast.expr, value: ast.expr, scope: str, known: _Knowledge) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for each, part in zip(target.elts, value.elts, strict=True):
            _assign(each, part, scope, known)
    elif _is_set(value, scope, known):
        _mark(target, scope, known)
    elif isinstance(target, ast.Name) and _holds_sets(value, scope, known):
        known.containers.add((scope, target.id))


def _mark(target: ast.expr, scope: str, known: _Knowledge) -> None:
    if isinstance(target, ast.Name):
        known.names.add((scope, target.id))
    elif isinstance(target, ast.Attribute):
        known.attributes.add(target.attr)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        known.containers.add((scope, target.value.id))


def _holds_sets(value: ast.expr, scope: str, known: _Knowledge) -> bool:
    match value:
        case ast.Call(args=[ast.Name(id="set" | "frozenset"), *_]):
            return callee(value) == "defaultdict"
        case ast.Dict(values=[first, *_]):
            return _is_set(first, scope, known)
        case ast.DictComp(value=inner):
            return _is_set(inner, scope, known)
        case _:
            return False


def _pass_arguments(node: ast.Call, scope: str, known: _Knowledge) -> None:
    """A set handed to a user's function is a set inside it."""
    name = callee(node)
    if name not in known.parameters:
        return
    for parameter, argument in zip(known.parameters[name], node.args, strict=False):
        if _is_set(argument, scope, known):
            known.names.add((name, parameter))
    for keyword in node.keywords:
        if keyword.arg is not None and _is_set(keyword.value, scope, known):
            known.names.add((name, keyword.arg))


def _is_set(node: ast.expr, scope: str, known: _Knowledge) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return (scope, name) in known.names or ("<module>", name) in known.names
        case ast.Attribute(attr=name):
            return name in known.attributes
        case ast.Call():
            name = callee(node)
            if isinstance(node.func, ast.Attribute) and name in _SET_RESULTS:
                return _is_set(node.func.value, scope, known)
            return name in ("set", "frozenset") or name in known.returns
        case ast.BinOp(left=left, op=operator, right=right):
            return isinstance(operator, _SET_OPERATORS) and any(
                _is_set(side, scope, known) or _is_key_view(side) for side in (left, right)
            )
        case ast.IfExp(body=body, orelse=orelse):
            return _is_set(body, scope, known) or _is_set(orelse, scope, known)
        case ast.BoolOp(values=values):
            return any(_is_set(value, scope, known) for value in values)
        case ast.NamedExpr(value=value):
            return _is_set(value, scope, known)
        case ast.Subscript(value=ast.Name(id=name)):
            return (scope, name) in known.containers or ("<module>", name) in known.containers
        case _:
            return False


def _is_key_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def _candidates(unit: Unit, tree: ast.Module, known: _Knowledge) -> Iterator[Candidate]:
    scopes = enclosing_functions(tree)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found: list[tuple[ast.expr, str, Edit | None]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr):
            continue
        if isinstance(node, ast.Call) and callee(node) == "hash" and scopes[node] not in ("__hash__", "__eq__"):
            found.append((node, "hash", None))
        elif _is_set(node, scopes[node], known):
            ordered = _ordering(node, parents, known)
            if ordered is not None:
                found.append((ordered, "set", _sorted_edit(unit, node, ordered, parents)))
    for node, kind, remedy in sorted(found, key=lambda item: (item[0].lineno, item[0].col_offset)):
        statement = _statement(node, parents)
        yield Candidate(
            place=place_of(unit, node),
            function=scopes[node],
            targets=_targets(statement),
            text=unit.line(node.lineno),
            kind=kind,
            remedy=remedy,
        )


def _ordering(node: ast.expr, parents: dict[ast.AST, ast.AST], known: _Knowledge) -> ast.expr | None:
    """The expression that makes an order of the set, which is the set itself where it is iterated over; or None."""
    parent = parents[node]
    match parent:
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return node if iterated is node else None
        case ast.comprehension(iter=iterated) if iterated is node:
            whole = parents[parent]
            outer = parents[whole]
            free = isinstance(whole, ast.SetComp) or (
                isinstance(whole, (ast.GeneratorExp, ast.ListComp))
                and isinstance(outer, ast.Call)
                and _is_order_free(outer)
            )
            return None if free else node
        case ast.Call(func=function) if function is not node:
            return None if _is_order_free(parent) or callee(parent) in known.parameters else parent
        case ast.keyword():
            call = parents[parent]
            assert isinstance(call, ast.Call)
            return None if _is_order_free(call) or callee(call) in known.parameters else call
        case ast.Attribute(attr="pop"):
            return parent
        case ast.Starred():
            return None if isinstance(parents[parent], ast.Set) else node
        case ast.FormattedValue() | ast.YieldFrom():
            return node
        case ast.Assign(targets=[ast.Tuple() | ast.List(), *_]):
            return node
        case _:
            return None


def _is_order_free(call: ast.Call) -> bool:
    """Whether a call's result is the same in any order of its argument; with a ``key``, the first of equals wins."""
    name = callee(call)
    return name in _SET_METHODS or (name in _ORDER_FREE and not any(keyword.arg == "key" for keyword in call.keywords))


def _sorted_edit(unit: Unit, node: ast.expr, ordered: ast.expr, parents: dict[ast.AST, ast.AST]) -> Edit | None:
    text = ast.get_source_segment(unit.text, node)
    if text is None or (ordered is not node and isinstance(ordered, ast.Attribute)):
        return None  # a member popped off a set: which one is wanted, only the author knows
    if (
        isinstance(ordered, ast.Call)
        and callee(ordered) == "list"
        and len(ordered.args) == 1
        and parents[node] is ordered
    ):
        return replace_node(unit, ordered, f"sorted({text})")
    return replace_node(unit, node, f"sorted({text})")


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
