"""Plain objects, and the nodes that stand for others, as values: one form whatever the format they come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pytest_reprocheck.core.values import Items, Object, Opaque, Scalar, Value
from pytest_reprocheck.execution.artifacts.keeping import (
    Keeper,
    array_value,
    digest_of,
    object_array,
    scalar,
    table_value,
    text_value,
)
from pytest_reprocheck.execution.artifacts.nodes import Made, Members, Pairs, Told, UnreadableError

TABLE = "(table)"
"""Type of a Made that is a table: ``kind``, ``columns``, ``data`` (arrays, or lists of reprs) and ``dtypes``."""
_MOST_DEPTH = 120
_MOST_VISITS = 3_000_000
_MOST_KEPT = 20_000
"""Nodes of one file that are kept; the digest covers all."""
_LONG_TEXT = 200
_LONG_LIST = 200
"""Single values that are kept one by one; more of them become an array."""
_SINGLE = (bool, int, float, complex, str, bytes, bytearray, type(None), dt.date, dt.time, Told, np.generic)

Known = Callable[[Any], Any]
"""What stands for an object that the caller knows more of; the object itself for all others."""


def tell(obj: object, keeper: Keeper, known: Known = lambda obj: obj) -> Value:
    """The value of an object; raises UnreadableError when it is nested too deep or has too many parts."""
    teller = _Teller(keeper=keeper, known=known)
    teller.digest(obj)
    return teller.value(obj)


@dataclass(kw_only=True, slots=True)
class _Teller:
    keeper: Keeper
    known: Known
    left: int = _MOST_KEPT
    visits: int = 0
    digests: dict[int, str] = field(default_factory=dict)
    """Of objects by their identity; ``held`` keeps them alive."""
    held: list[object] = field(default_factory=list)
    path: dict[int, int] = field(default_factory=dict)
    """Objects around the one at hand -> their depth."""

    def digest(self, obj: object) -> str:
        return self._digest(obj)[0]

    def _digest(self, obj: Any) -> tuple[str, int]:
        """The digest, and the depth of the outermost object that it refers back to."""
        if type(obj) in (str, int, float, bool, type(None)):
            return digest_of("scalar", type(obj).__name__, repr(obj)), _MOST_DEPTH + 1
        identity = id(obj)
        if identity in self.digests:
            return self.digests[identity], _MOST_DEPTH + 1
        depth = len(self.path)
        if identity in self.path:
            return f"cycle {depth - self.path[identity]}", self.path[identity]
        self.visits += 1
        if depth > _MOST_DEPTH or self.visits > _MOST_VISITS:
            raise UnreadableError("nested too deep, or more parts than are looked at")
        self.path[identity] = depth
        try:
            digest, outermost = self._of_parts(self.known(obj))
        finally:
            del self.path[identity]
        if outermost >= depth:
            # What refers back to something around it is another thing elsewhere.
            self.digests[identity] = digest
            self.held.append(obj)
        return digest, outermost

    def _of_parts(self, obj: Any) -> tuple[str, int]:
        match obj:
            case np.ndarray():
                return array_value(obj, self.keeper).digest, _MOST_DEPTH + 1
            case Made(type=kind, parts=parts):
                names = sorted(parts)
                found = [self._digest(parts[name]) for name in names]
                told = [text for name, (digest, _) in zip(names, found, strict=True) for text in (name, digest)]
                return digest_of("object", kind, *told), _least(found)
            case dict() | Pairs():
                found = [self._digest(each) for pair in _pairs(obj) for each in pair]
                return digest_of("mapping", _type(obj), *(digest for digest, _ in found)), _least(found)
            case list() | tuple() | set() | frozenset() | Members():
                found = [self._digest(each) for each in _members(obj)]
                digests = [digest for digest, _ in found]
                told = digests if _ordered(obj) else sorted(digests)
                return digest_of("sequence", _type(obj), *told), _least(found)
            case _:
                return _single(obj).digest, _MOST_DEPTH + 1

    def value(self, obj: Any) -> Value:
        """The object with as many of its parts as are kept."""
        self.left -= 1
        plain = self.known(obj)
        if isinstance(plain, np.ndarray):
            return self._array(plain)
        if isinstance(plain, str) and len(plain) > _LONG_TEXT:
            return text_value(plain, self.keeper)
        if isinstance(plain, Told) and plain.type.startswith("text/"):
            return text_value(plain.text, self.keeper, plain.type)
        if not isinstance(plain, (Made, dict, Pairs, list, tuple, set, frozenset, Members)):
            return _single(plain)
        if id(obj) in self.path:
            return Opaque(type=_type(plain), reason="refers back to what holds it", digest=self.digest(obj))
        digest = self.digest(obj)
        if self.left <= 0:
            return Opaque(type=_type(plain), reason="too many parts to keep", digest=digest)
        self.path[id(obj)] = len(self.path)
        try:
            return self._container(plain, digest)
        finally:
            del self.path[id(obj)]

    def _container(self, obj: Any, digest: str) -> Value:
        if isinstance(obj, Made):
            if obj.type == TABLE:
                return self._table(obj)
            fields = {name: self.value(obj.parts[name]) for name in sorted(obj.parts)}
            return Object(type=obj.type, fields=fields, digest=digest)
        if isinstance(obj, (dict, Pairs)):
            pairs = _pairs(obj)
            kept = pairs[: max(self.left // 2, 1)]
            keys = tuple(self.value(key) for key, _value in kept)
            values = tuple(self.value(value) for _key, value in kept)
            return Items(type=_type(obj), length=len(pairs), keys=keys, values=values, digest=digest)
        members = _members(obj)
        if _ordered(obj) and (listed := self._listed(members)) is not None:
            return listed
        if not _ordered(obj):
            members = sorted(members, key=self.digest)
        values = tuple(self.value(each) for each in members[: max(self.left, 1)])
        return Items(type=_type(obj), length=len(members), keys=None, values=values, digest=digest)

    def _listed(self, members: Sequence[Any]) -> Value | None:
        """Numbers of one type, or many single values, as an array."""
        kinds = {type(each) for each in members}
        if kinds == {float}:
            return array_value(np.array(members), self.keeper)
        if kinds == {int} and all(-(2**63) <= each < 2**63 for each in members):
            return array_value(np.array(members, dtype=np.int64), self.keeper)
        if len(members) > _LONG_LIST and all(isinstance(each, _SINGLE) for each in members):
            return object_array([_single(each).text for each in members], (len(members),), self.keeper)
        return None

    def _array(self, values: Any) -> Value:
        if values.dtype.hasobject:
            raise UnreadableError("an array of Python objects")
        return array_value(values, self.keeper)

    def _table(self, made: Made) -> Value:
        data = [self._column(column) for column in made.parts["data"]]
        return table_value(made.parts["kind"], made.parts["columns"], data, made.parts["dtypes"])

    def _column(self, column: Any) -> Any:
        if isinstance(column, np.ndarray):
            return array_value(column, self.keeper)
        return object_array(column, (len(column),), self.keeper)


def _least(found: Sequence[tuple[str, int]]) -> int:
    return min((outermost for _digest, outermost in found), default=_MOST_DEPTH + 1)


def _type(obj: Any) -> str:
    return obj.type if isinstance(obj, (Members, Pairs, Made)) else type(obj).__name__


def _pairs(obj: Any) -> Sequence[tuple[Any, Any]]:
    return obj.pairs if isinstance(obj, Pairs) else list(obj.items())


def _members(obj: Any) -> Sequence[Any]:
    return obj.members if isinstance(obj, Members) else list(obj)


def _ordered(obj: Any) -> bool:
    return obj.ordered if isinstance(obj, Members) else not isinstance(obj, (set, frozenset))


def _single(obj: Any) -> Scalar:
    if isinstance(obj, Told):
        return scalar(obj.type, obj.text)
    if isinstance(obj, np.generic):
        item = obj.item()
        plain = isinstance(item, (bool, int, float, complex, str, bytes))
        return scalar(f"numpy.{type(obj).__name__}", repr(item) if plain else str(obj))
    if isinstance(obj, (bytes, bytearray)) and len(obj) > _LONG_TEXT:
        shown = f"{obj[:40]!r} ... ({len(obj)} bytes, {digest_of(bytes(obj))})"
        return scalar(type(obj).__name__, shown)
    if isinstance(obj, _SINGLE):
        return scalar(type(obj).__name__, repr(obj))
    raise UnreadableError(f"holds a {type(obj).__name__}")
