"""The few strings that a subject may put into a set, as its code and a run of it show them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.core.values import Items, Scalar, Text, Value
from pytest_reprocheck.diagnose.parsing import parse

MOST = 4
"""Strings in a group at most: more of them hardly ever keep their order under another hash number."""
_GROUPS = 100


def small_groups(units: Sequence[Unit], trace: Trace) -> tuple[tuple[str, ...], ...]:
    """Groups of two to four different strings that stand together in a literal or variable, in their order there."""
    found = dict.fromkeys(tuple(dict.fromkeys(group)) for group in (*_in_code(units), *_in_variables(trace)))
    return tuple(group for group in found if 2 <= len(group) <= MOST)[:_GROUPS]


def _in_code(units: Sequence[Unit]) -> Iterator[list[str]]:
    for unit in units:
        tree = parse(unit)
        for node in ast.walk(tree) if tree is not None else ():
            match node:
                case ast.Set(elts=members) | ast.List(elts=members) | ast.Tuple(elts=members):
                    yield [each.value for each in members if isinstance(each, ast.Constant) and type(each.value) is str]
                case ast.Dict(keys=keys):
                    yield [each.value for each in keys if isinstance(each, ast.Constant) and type(each.value) is str]
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="split"), args=[]):
                    yield text.split()
                case _:
                    pass


def _in_variables(trace: Trace) -> Iterator[list[str]]:
    for item in trace.observations:
        if item.aspect == "state" and isinstance(item.value, Items):
            yield [text for each in (item.value.keys or item.value.values) if (text := _string(each)) is not None]


def _string(value: Value) -> str | None:
    match value:
        case Text(text=text):
            return text
        case Scalar(type="str", text=text):
            with suppress(ValueError, SyntaxError):  # a shortened one
                return str(ast.literal_eval(text))
            return None
        case _:
            return None
