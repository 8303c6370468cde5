"""A value's leaves by their path; members of a list share one, so that a forest has as many as one of its trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.core.values import Array, Display, Items, Object, Scalar, Table, Text, Value

MOST_LEAVES = 50_000
_MOST_MEMBERS = 100
"""Members of a list that are told apart, where they are of different types."""
_CONTAINER_TIME = "container-time"
"""Type of a moment that a format notes beside what it holds."""
_LARGEST = 64 * 2**20
"""Bytes of an array that is looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One value without members."""

    path: str
    value: Value
    setting: bool = False
    """Whether it is a parameter of a fitted member, which stands among the parameters of the whole, too."""


def leaves(
    value: Value, name: Callable[[str], str], skipped: Callable[[str], bool], *, numbered: bool = False
) -> Iterator[Leaf]:
    """The leaves of a value, at most ``MOST_LEAVES``.

    ``name`` gives what a column or key is called in a record; what ``skipped`` names (durations of fits, counts of
    workers) is left out. ``numbered``: members of the value itself have paths of their own.
    """
    waiting: list[tuple[str, Value, bool]] = [("", value, False)]
    for _ in range(MOST_LEAVES):
        if not waiting:
            return
        path, found, setting = waiting.pop()
        inner = [each for each in _members(path, found, name) if not _is_left_out(each, skipped)]
        if numbered and found is value and isinstance(value, Items) and value.keys is None:
            inner = [(f"[{number}]", each) for number, each in enumerate(value.values)]
        if inner or (isinstance(found, (Items, Object, Table, Display)) and not _is_cut(found)):
            waiting += [(inside, each, setting or _is_setting(found, path, inside)) for inside, each in reversed(inner)]
        else:
            yield Leaf(path=path or "value", value=found, setting=setting)
    for path, found, setting in waiting:
        yield Leaf(path=path or "value", value=found, setting=setting)


def _is_setting(value: Value, path: str, inside: str) -> bool:
    fitted = path and isinstance(value, Object) and any(name.endswith("_") for name in value.fields)
    return bool(fitted) and not inside.endswith("_")


def _is_left_out(member: tuple[str, Value], skipped: Callable[[str], bool]) -> bool:
    path, value = member
    return skipped(path.rpartition(".")[2]) or (isinstance(value, Scalar) and value.type == _CONTAINER_TIME)


def _is_cut(value: Value) -> bool:
    """Whether more belongs to a value than was kept of it."""
    return (isinstance(value, Items) and len(value.values) < value.length) or (
        isinstance(value, Object) and not value.complete
    )


def _members(path: str, value: Value, name: Callable[[str], str]) -> Sequence[tuple[str, Value]]:
    start = f"{path}." if path else ""
    match value:
        case Items(keys=None, values=values):
            return _named_members(path, values, name) or _listed_members(path, values)
        case Items(keys=keys, values=values) if keys is not None:
            return [(f"{start}{name(key_text(key))}", each) for key, each in zip(keys, values, strict=False)]
        case Object(fields=fields):
            return [(f"{start}{key}", each) for key, each in fields.items()]
        case Table(columns=columns, data=data, index=index):
            told = [(f"{start}{name(column)}", each) for column, each in zip(columns, data, strict=True)]
            return [*told, (f"{start}(index)", index)] if index is not None else told
        case Display(forms=forms):
            # A table is sent as HTML and as text, which say the same.
            kept = [kind for kind in forms if kind != "text/html" or "text/plain" not in forms]
            return [(f"{start}{kind}", forms[kind]) for kind in kept]
    return ()


def _named_members(path: str, values: Sequence[Value], name: Callable[[str], str]) -> Sequence[tuple[str, Value]]:
    """Members that are tuples of a name and an object, as those of ensembles and pipelines; nothing for others."""
    found = []
    for each in values:
        if not isinstance(each, Items) or each.keys is not None or len(each.values) != each.length or each.length < 2:
            return ()
        key, told, *rest = each.values
        if not isinstance(key, Scalar) or key.type != "str" or not isinstance(told, (Object, Scalar)):
            return ()
        if len(values) > _MOST_MEMBERS or (isinstance(told, Scalar) and told.type != "str"):
            return ()
        found.append((text_of(key), told, rest))
    names = [name(text) for text, _told, _rest in found]
    if len(set(names)) < len(names):
        return ()
    start = f"{path}." if path else ""
    return [
        member
        for shown, (_text, told, rest) in zip(names, found, strict=True)
        for member in (
            (f"{start}{shown}", told),
            *((f"{start}{shown}[{number}]", each) for number, each in enumerate(rest, 2)),
        )
    ]


def _listed_members(path: str, values: Sequence[Value]) -> Sequence[tuple[str, Value]]:
    """Members of a list: objects of different types by their number, all others together."""
    kinds = {each.type for each in values if isinstance(each, Object)}
    if len(kinds) > 1 and len(values) <= _MOST_MEMBERS:
        return [(f"{path}[{number}]", each) for number, each in enumerate(values)]
    return [(f"{path}[*]", each) for each in values]


def key_text(key: Value) -> str:
    """A key as the user wrote it."""
    if isinstance(key, Scalar):
        return text_of(key) if key.type == "str" else key.text
    return "(key)"


def text_of(scalar: Scalar) -> str:
    """The string that a scalar is the repr of."""
    try:
        return str(ast.literal_eval(scalar.text))
    except (ValueError, SyntaxError):
        return scalar.text


def number_of(value: Value) -> float | int | bool | None:
    """The number that a scalar is; None for any other value."""
    if not isinstance(value, Scalar) or value.type == "str":
        return None
    try:
        found = ast.literal_eval(value.text)
    except (ValueError, SyntaxError):
        try:
            return float(value.text)
        except ValueError:
            return None
    return found if isinstance(found, (bool, int, float)) and abs(found) < 2**63 else None


def array_of(value: Value, blobs: Path | None) -> npt.NDArray[Any] | None:
    """The numbers of an array; None where they are none, or were not kept."""
    if not isinstance(value, Array) or value.blob is None or blobs is None or not value.blob.endswith(".npy"):
        return None
    try:
        found: npt.NDArray[Any] = np.load(blobs / value.blob, allow_pickle=False)
    except (OSError, ValueError):
        return None
    is_number = found.dtype.kind in "fiub" or (
        found.dtype.names is not None and all(found.dtype[name].kind in "fiub" for name in found.dtype.names)
    )
    return found if is_number and found.nbytes <= _LARGEST else None


def texts_of(value: Value, blobs: Path | None) -> list[str] | None:
    """The reprs of an array of objects, where they were kept."""
    import json

    if not isinstance(value, Array) or value.blob is None or blobs is None or not value.blob.endswith(".json"):
        return None
    try:
        found = json.loads((blobs / value.blob).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, list) else None


def is_text(value: Value) -> bool:
    """Whether a value is lines of text."""
    return isinstance(value, Text)
