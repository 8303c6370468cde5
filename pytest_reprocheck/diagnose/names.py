"""What is known of the user's names: which hold sets, or collections of them.

A small flow-insensitive inference over all units at once: across functions, methods, attributes, properties, fields,
modules and notebook cells.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.core.values import Items, Value
from pytest_reprocheck.diagnose.parsing import callee
from pytest_reprocheck.diagnose.shapes import (
    BY_MEMBER,
    SET,
    SET_OPERATORS,
    Function,
    Many,
    Shape,
    Shapes,
    many,
    member_of,
    shape_of_annotation,
)

_ROUNDS = 8
"""Passes at most; each carries what is known one call or assignment further."""

_VARIABLE = "variable "

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def observed_shapes(trace: Trace) -> dict[str, Shape]:
    """The shapes of the subject's own variables in a run, wherever their values came from."""
    found: dict[str, Shape] = {}
    for item in trace.observations:
        if item.aspect == "state" and item.what.startswith(_VARIABLE) and (shape := _shape_of_value(item.value)):
            found[item.what.removeprefix(_VARIABLE)] = shape
    return found


def _shape_of_value(value: Value) -> Shape | None:
    if not isinstance(value, Items):
        return None
    if value.type.rpartition(".")[2] in ("set", "frozenset"):
        return SET
    inner = {_shape_of_value(each) for each in value.values}
    return Many(SET) if SET in inner else None


def infer(trees: Sequence[ast.Module], observed: Mapping[str, Shape]) -> Shapes:
    """What the code tells of its names, and what is known of module-level ones from a run."""
    known = Shapes(names={("", name): shape for name, shape in observed.items()})
    for tree in trees:
        _scope(tree, "", known)
    nodes = [node for tree in trees for node in ast.walk(tree)]
    for node in nodes:
        _declare(node, known)
    for _ in range(_ROUNDS):
        before = known.changes
        for node in nodes:
            _learn(node, known)
        if known.changes == before:
            break
    return known


def _scope(node: ast.AST, scope: str, known: Shapes) -> None:
    known.scopes[node] = scope
    inner = scope
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        inner = f"{scope}.{node.name}".lstrip(".")
        if isinstance(node, ast.ClassDef):
            known.classes.add(inner)
    for child in ast.iter_child_nodes(node):
        _scope(child, inner, known)


def _declare(node: ast.AST, known: Shapes) -> None:
    """Signatures, fields and imports: what is told without looking at values."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            scope = f"{known.scopes[node]}.{node.name}".lstrip(".")
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = tuple(each.arg for each in arguments if each.arg not in ("self", "cls"))
            known.functions.setdefault(node.name, []).append(Function(scope=scope, parameters=names))
            if node.name == "__init__":
                owner = known.scopes[node].rpartition(".")[2]
                known.functions.setdefault(owner, []).append(Function(scope=scope, parameters=names))
            for each in arguments:
                known.learn(known.names, (scope, each.arg), shape_of_annotation(each.annotation))
            _give(node, shape_of_annotation(node.returns), known)
        case ast.ClassDef(name=name, body=body):
            fields = [each.target for each in body if isinstance(each, ast.AnnAssign)]
            scope = f"{known.scopes[node]}.{name}".lstrip(".")
            names = tuple(each.id for each in fields if isinstance(each, ast.Name))
            known.functions.setdefault(name, []).append(Function(scope=scope, parameters=names))
        case ast.AnnAssign(target=target, annotation=annotation):
            known.bind(target, shape_of_annotation(annotation))
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            known.modules.update((each.asname or each.name).partition(".")[0] for each in aliases)
        case _:
            pass


def _give(function: FunctionNode, shape: Shape | None, known: Shapes) -> None:
    """A function gives something of a shape; a property does so without being called."""
    decorators = {callee(each) if isinstance(each, ast.Call) else _last(each) for each in function.decorator_list}
    if any("property" in name for name in decorators):
        known.learn(known.attributes, function.name, shape)
    else:
        known.learn(known.returns, function.name, shape)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _learn(node: ast.AST, known: Shapes) -> None:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                known.bind(target, known.of(value))
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            known.bind(target, known.of(value))
        case ast.AugAssign(target=target, op=operator, value=value):
            if isinstance(operator, SET_OPERATORS) and known.is_unordered(value):
                known.bind(target, SET)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            known.bind(node.target, member_of(known.of(node.iter)))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _learn_function(node, known)
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                if alias.asname:
                    known.learn(known.names, ("", alias.asname), known.names.get(("", alias.name)))
        case ast.Call():
            _learn_call(node, known)
        case _:
            pass


def _learn_function(node: FunctionNode, known: Shapes) -> None:
    scope = f"{known.scopes[node]}.{node.name}".lstrip(".")
    for inner in _own_nodes(node):
        match inner:
            case ast.Return(value=ast.expr() as value):
                _give(node, known.of(value), known)
            case ast.Yield(value=ast.expr() as value):
                _give(node, many(known.of(value)), known)
            case _:
                pass
    positional = [*node.args.posonlyargs, *node.args.args]
    with_default = zip(reversed(positional), reversed(node.args.defaults), strict=False)
    for argument, default in (*with_default, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)):
        if default is not None:
            known.learn(known.names, (scope, argument.arg), known.of(default))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)


def _learn_call(node: ast.Call, known: Shapes) -> None:
    """A set handed to a user's function is a set inside it; one that is appended makes a collection of sets."""
    name = callee(node)
    for function in known.functions.get(name, ()):
        given = [*zip(function.parameters, node.args, strict=False)]
        given += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None]
        for parameter, argument in given:
            if function.scope in known.classes:  # a dataclass, whose fields are its parameters
                known.learn(known.attributes, parameter, known.of(argument))
            else:
                known.learn(known.names, (function.scope, parameter), known.of(argument))
    match node.func:
        case ast.Attribute(value=ast.Name() as owner, attr="append" | "appendleft") if node.args:
            known.bind(owner, many(known.of(node.args[0])))
        case ast.Attribute(value=owner) if name in BY_MEMBER:
            _hand_over(node, member_of(known.of(owner)), known)
        case ast.Name() if name in BY_MEMBER | {"filter"} and len(node.args) > 1:
            _hand_over(node, member_of(known.of(node.args[1])), known)
        case _:
            pass


def _hand_over(node: ast.Call, shape: Shape | None, known: Shapes) -> None:
    """Members of a collection are handed to a function, one by one."""
    match node.args:
        case [ast.Lambda(args=arguments), *_] if arguments.args:
            scope = known.scopes.get(node, "")
            known.learn(known.names, (scope, arguments.args[0].arg), shape)
        case [ast.Name(id=name) | ast.Attribute(attr=name), *_]:
            for function in known.functions.get(name, ()):
                if function.parameters:
                    known.learn(known.names, (function.scope, function.parameters[0]), shape)
        case _:
            pass
