"""Syntax trees as ``ast`` makes them, by the compiler alone: what else that module loads is not needed here."""

from __future__ import annotations

from _ast import AST, PyCF_ONLY_AST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import Expression, Module
    from collections.abc import Iterator
    from typing import Any


def parse(source: str | bytes, file: str = "<unknown>") -> Module:
    """The tree of a module; raises SyntaxError and ValueError."""
    tree: Any = compile(source, file, "exec", PyCF_ONLY_AST, dont_inherit=True)
    module: Module = tree
    return module


def parse_expression(source: str) -> Expression:
    """The tree of an expression; raises SyntaxError and ValueError."""
    tree: Any = compile(source, "<unknown>", "eval", PyCF_ONLY_AST, dont_inherit=True)
    expression: Expression = tree
    return expression


def walk(tree: AST) -> Iterator[AST]:
    """A tree's nodes, itself among them."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [each for each in value if isinstance(each, AST)]
        yield node
