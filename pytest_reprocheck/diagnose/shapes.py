"""What an expression of the user's code is, as far as order matters: a set, a collection of sets, a tuple of either."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pytest_reprocheck.diagnose.parsing import callee

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unordered:
    """A set, or an iterator over one."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list, column or mapping whose members or values have a shape."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple."""

    parts: tuple[Shape | None, ...]


Shape = Unordered | Many | Row
SET = Unordered()

SET_NAMES = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
SET_RESULTS = frozenset({"copy", "difference", "intersection", "symmetric_difference", "union"})
SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
_MAPPINGS = frozenset({"DefaultDict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "dict"})
_COLLECTIONS = frozenset({"Iterable", "Iterator", "List", "Generator", "Sequence", "Tuple", "deque", "list", "tuple"})
_WRAPPERS = frozenset({"Annotated", "ClassVar", "Final", "Optional", "Required"})
_SAME = frozenset(
    {
        "copy", "deepcopy", "dropna", "head", "list", "reset_index", "reversed", "sort_index", "sorted", "tail",
        "to_list", "to_numpy", "tolist", "tuple", "values",
    }
)  # fmt: skip
"""Functions and methods that give a collection with the same members."""
BY_MEMBER = frozenset({"agg", "aggregate", "apply", "map", "starmap", "transform"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """One that the user wrote."""

    scope: str
    parameters: tuple[str, ...]
    """In order, without ``self``."""


@dataclass(kw_only=True, slots=True)
class Shapes:
    """What is known of names; grows from round to round."""

    scopes: dict[ast.AST, str] = field(default_factory=dict)
    """Node -> dotted path of the functions and classes around it; empty at module level, which all units share."""
    classes: set[str] = field(default_factory=set)
    """Scopes that are class bodies."""
    names: dict[tuple[str, str], Shape] = field(default_factory=dict)
    """(scope, name)."""
    attributes: dict[str, Shape] = field(default_factory=dict)
    keys: dict[str, Shape] = field(default_factory=dict)
    """Constant keys and columns: ``frame['tags']`` under ``tags``."""
    returns: dict[str, Shape] = field(default_factory=dict)
    """By the function's last name."""
    functions: dict[str, list[Function]] = field(default_factory=dict)
    """User functions, methods, and classes for their constructors, by the last name."""
    modules: set[str] = field(default_factory=set)
    """Names that imports bind."""
    changes: int = 0

    def is_unordered(self, node: ast.expr) -> bool:
        """Whether an expression is a set, or yields the members of one."""
        return isinstance(self.of(node), Unordered)

    def of(self, node: ast.expr) -> Shape | None:
        """The shape of an expression."""
        match node:
            case ast.Set() | ast.SetComp():
                return SET
            case ast.GeneratorExp(elt=element, generators=generators):
                return SET if any(self.is_unordered(each.iter) for each in generators) else many(self.of(element))
            case ast.ListComp(elt=element) | ast.DictComp(value=element):
                return many(self.of(element))
            case ast.Tuple(elts=elements):
                parts = tuple(map(self.of, elements))
                return Row(parts) if any(parts) else None
            case ast.List(elts=elements) | ast.Dict(values=elements):
                return many(self._first_of(elements))
            case ast.IfExp(body=body, orelse=orelse):
                return self._first_of([body, orelse])
            case ast.BoolOp(values=values):
                return self._first_of(values)
            case ast.NamedExpr(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                return self.of(value)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._combined(left, operator, right)
            case _:
                return self._looked_up(node)

    def _first_of(self, nodes: Sequence[ast.expr]) -> Shape | None:
        return next((shape for each in nodes if (shape := self.of(each))), None)

    def _looked_up(self, node: ast.expr) -> Shape | None:
        match node:
            case ast.Name(id=name):
                return self._named(name, self.scopes.get(node, ""))
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in self.modules:
                return self.names.get(("", name)) or self.attributes.get(name)
            case ast.Attribute(attr=name):
                return self.attributes.get(name)
            case ast.Subscript(value=value, slice=key):
                return self._member(value, key)
            case ast.Call():
                return self._result(node)
            case _:
                return None

    def _named(self, name: str, scope: str) -> Shape | None:
        while True:
            if (scope, name) in self.names:
                return self.names[scope, name]
            if not scope:
                return None
            scope = scope.rpartition(".")[0]

    def _member(self, value: ast.expr, key: ast.expr) -> Shape | None:
        whole = self.of(value)
        match whole, key:
            case Row(parts=parts), ast.Constant(value=int() as index) if -len(parts) <= index < len(parts):
                return parts[index]
            case Many(of=inner), _:
                return whole if isinstance(key, ast.Slice) else inner
            case None, ast.Constant(value=str() as name):
                return self.keys.get(name)
            case _:
                return None

    def _combined(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> Shape | None:
        shapes = self.of(left), self.of(right)
        if isinstance(operator, SET_OPERATORS) and (SET in shapes or any(is_key_view(each) for each in (left, right))):
            return SET
        return next((shape for shape in shapes if isinstance(shape, Many)), None)

    def _result(self, node: ast.Call) -> Shape | None:
        name = callee(node)
        if isinstance(node.func, ast.Attribute) and (found := self._of_method(node, node.func.value, name)):
            return found
        first = self.of(node.args[0]) if node.args else None
        match name:
            case "set" | "frozenset":
                return SET
            case "defaultdict":
                return many(self._made_by(node.args[0])) if node.args else None
            case "field":
                made = next((each.value for each in node.keywords if each.arg == "default_factory"), None)
                return self._made_by(made) if made is not None else None
            case "reduce":
                last = self.of(node.args[-1]) if len(node.args) > 2 else None
                return SET if SET in (last, member_of(first), member_of(self._second(node))) else None
            case "chain":
                return self._first_of(node.args)
            case "from_iterable":
                return SET if first == SET or member_of(first) == SET else None
            case "cast" | "filter":
                return self._second(node)
            case "wait" if node.args:
                return Row((SET, SET))  # of futures or tasks: those that are done, and the others
            case "iter" | "copy" | "deepcopy":
                return first
            case "map" | "starmap":
                return SET if self._second(node) == SET else many(self._made_by(node.args[0]))
            case _:
                return self._of_collection(node, name, first) or self.returns.get(name)

    def _second(self, node: ast.Call) -> Shape | None:
        return self.of(node.args[1]) if len(node.args) > 1 else None

    def _of_collection(self, node: ast.Call, name: str, first: Shape | None) -> Shape | None:
        match name, first:
            case "enumerate", Many(of=inner):
                return Many(Row((None, inner)))
            case "next", Many(of=inner):
                return inner
            case "zip", _:
                parts = tuple(member_of(self.of(each)) for each in node.args)
                return Many(Row(parts)) if any(parts) else None
            case _, Many() if name in _SAME:
                return first
            case _:
                return None

    def _of_method(self, node: ast.Call, receiver: ast.expr, name: str) -> Shape | None:
        owner = self.of(receiver)
        if name in SET_RESULTS and (owner == SET or _is_set_type(receiver)):
            return SET
        if name in ("get", "pop", "setdefault") and self._second(node) == SET:
            return SET
        if name in BY_MEMBER and node.args:
            return many(self._made_by(node.args[0]))
        match owner, name:
            case Many(of=inner), "get" | "pop" | "setdefault":
                return inner
            case Many(of=inner), "items":
                return Many(Row((None, inner)))
            case Many(), _ if name in _SAME:
                return owner
            case _:
                return None

    def _made_by(self, function: ast.expr) -> Shape | None:
        """What a function that is handed to another one gives."""
        match function:
            case ast.Lambda(body=body):
                return self.of(body)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return SET if _is_set_type(function) else self.returns.get(name)
            case _:
                return None

    def learn(self, table: dict[T, Shape], key: T, shape: Shape | None) -> None:
        """Add what is known of a name to one of the tables."""
        joined = _joined(table.get(key), shape)
        if joined is not None and joined != table.get(key):
            table[key] = joined
            self.changes += 1

    def bind(self, target: ast.expr, shape: Shape | None) -> None:
        """Add what an assignment tells of its target."""
        if shape is None:
            return
        match target:
            case ast.Name(id=name):
                scope = self.scopes.get(target, "")
                self.learn(self.names, (scope, name), shape)
                if scope in self.classes:
                    self.learn(self.attributes, name, shape)
            case ast.Attribute(attr=name):
                self.learn(self.attributes, name, shape)
            case ast.Subscript(slice=ast.Constant(value=str() as name)):
                self.learn(self.keys, name, shape)
                if not isinstance(shape, Many):
                    # A column of a frame tells nothing of the others.
                    self.bind(target.value, Many(shape))
            case ast.Subscript(value=value):
                self.bind(value, Many(shape))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                parts = shape.parts if isinstance(shape, Row) else [member_of(shape)] * len(elements)
                for each, part in zip(elements, parts, strict=False):
                    self.bind(each, part)
            case _:
                pass


def _is_set_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("set", "frozenset")


def is_key_view(node: ast.expr) -> bool:
    """Whether an expression is ``mapping.keys()`` or ``.items()``, of which operators make sets."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def many(shape: Shape | None) -> Shape | None:
    """A collection of what has the shape."""
    return Many(shape) if shape is not None else None


def member_of(shape: Shape | None) -> Shape | None:
    """What the members of a collection are."""
    return shape.of if isinstance(shape, Many) else None


def _joined(one: Shape | None, other: Shape | None) -> Shape | None:
    match one, other:
        case (None, shape) | (shape, None):
            return shape
        case Many(of=left), Many(of=right):
            return many(_joined(left, right))
        case Row(parts=left), Row(parts=right) if len(left) == len(right):
            return Row(tuple(map(_joined, left, right)))
        case _:
            return SET if SET in (one, other) else one


def shape_of_annotation(node: ast.expr | None) -> Shape | None:
    """The shape that a type stands for."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return SET if name in SET_NAMES else None
        case ast.Constant(value=str() as text):
            try:
                return shape_of_annotation(ast.parse(text, mode="eval").body)
            except SyntaxError:
                return None
        case ast.BinOp(left=left, right=right):
            return shape_of_annotation(left) or shape_of_annotation(right)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name in SET_NAMES:
                return SET
            if name in _WRAPPERS:
                return shape_of_annotation(arguments[0])
            if name in _MAPPINGS:
                return many(shape_of_annotation(arguments[-1]))
            return many(shape_of_annotation(arguments[0])) if name in _COLLECTIONS else None
        case _:
            return None
