"""Queries whose engine draws by itself: the text says so, and no probe reaches the engine's generator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.parsing import enclosing_functions, parse, place_of
from pytest_reprocheck.diagnose.unordered import Candidate

_QUERY = re.compile(r"\b(?:select|from|insert|update|create)\b", re.IGNORECASE)
_DRAWS = re.compile(
    r"\b(?:random|rand|randn|randstr|newid|uuid|gen_random_uuid|generate_uuid|randomblob)\s*\(|"
    r"\busing\s+sample\b(?!.*\brepeatable\b)|\btablesample\b(?!.*\brepeatable\b)",
    re.IGNORECASE | re.DOTALL,
)


def drawing_queries(units: Sequence[Unit]) -> tuple[Candidate, ...]:
    """Calls that are given the text of such a query, itself or by a name, in the order of units and lines."""
    trees = [(unit, tree) for unit in units if (tree := parse(unit)) is not None]
    texts = {name for _unit, tree in trees for name in _names_of_queries(tree)}
    found = []
    for unit, tree in trees:
        functions = enclosing_functions(tree)
        found += [
            Candidate(
                place=place_of(unit, call),
                function=functions.get(call, "<module>"),
                targets=(),
                text=unit.line(call.lineno),
                kind="draw",
            )
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and any(_is_query(each, texts) for each in call.args)
        ]
    return tuple(found)


def _names_of_queries(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_query(value, ()):
                yield name
            case _:
                pass


def _is_query(node: ast.expr, names: set[str] | tuple[()]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Constant(value=str() as text):
            return _QUERY.search(text) is not None and _DRAWS.search(text) is not None
        case ast.JoinedStr(values=values):
            text = " ".join(str(each.value) for each in values if isinstance(each, ast.Constant))
            return _QUERY.search(text) is not None and _DRAWS.search(text) is not None
        case _:
            return False
