"""What the user's functions in a session use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import CodeType, FunctionType
from typing import Any

_DEPTH = 3
"""Calls of user functions that are followed to a seeding."""


def names_in(namespace: Mapping[str, Any], name: str) -> Collection[str]:
    """The names that the code of a user's function uses, and those of the functions that it calls."""
    found: set[str] = set()
    waiting = [(namespace.get(name), 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, FunctionType) and depth < _DEPTH:
            new = _names_of(value.__code__) - found
            found |= new
            waiting += [(value.__globals__.get(each), depth + 1) for each in new]
    return found


def _names_of(code: CodeType) -> set[str]:
    inner = [_names_of(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)
