"""Python objects as values (``core.values`` as JSON): small enough to keep, rich enough to compare by meaning.

The same object gives the same digest in another process, under another hash seed, in another memory layout. No user
code runs: no ``__repr__``, no pickling, no properties. A digest covers everything; the members kept beside it are
limited.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from .nodes import Node, opaque, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .blobs import Blobs
    from .digest import Digests

MOST_DEPTH = 8
"""Members deeper than this are digested but not kept."""
_RECURSION = 60
_MOST_VISITS = 200_000
_LONG_TEXT = 200
_MOST_TEXT = 100_000
_MOST_BLOBS = 48
_SIMPLE = (type(None), bool, int, float, complex, str, bytes)
_SIMPLE_SET = frozenset(_SIMPLE)


class OverBudgetError(Exception):
    """A value has more parts than the caller allows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much of a value is kept, and how large it may be; never a matter of time, so that all runs tell the same."""

    keep: int = 2000
    """Nodes to keep; 0 takes digests alone."""
    most_visits: int | None = None
    """Parts visited (other than plain numbers and strings) after which OverBudgetError is raised; None for no limit."""
    blob_size: int | None = None
    """Bytes of the largest array kept; None for the run's own limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """What all values of a run have in common."""

    digests: Digests
    """The algorithm."""
    blobs: Blobs
    """Where array data goes."""
    is_user_class: Callable[[type], bool]
    """Whether a class is the user's own; private attributes count for those alone."""
    forms: tuple[Callable[[Encoder, Any], Node | None], ...]
    """What knows other objects than containers, each giving None for what it does not know; in this order."""


class Encoder:
    """Encodes one value."""

    def __init__(self, encoding: Encoding, limits: Limits) -> None:
        self.digests = encoding.digests
        self.is_user_class = encoding.is_user_class
        self._forms = encoding.forms
        self._blobs = encoding.blobs
        self._left = limits.keep
        self._most_visits = limits.most_visits
        self._blob_limit = limits.blob_size
        self._blobs_left = _MOST_BLOBS
        self._path: dict[int, int] = {}
        self._visits = 0

    def value(self, obj: object) -> Node:
        """The value of an object."""
        kind = type(obj)
        if kind in _SIMPLE:
            return self.simple(obj)
        if id(obj) in self._path:
            back = len(self._path) - self._path[id(obj)]
            return opaque(type_name(kind), "cycle", digest=self.digests.of("cycle", str(back)))
        self._visits += 1
        if self._most_visits is not None and self._visits > self._most_visits:
            raise OverBudgetError
        if self._visits > _MOST_VISITS or len(self._path) > _RECURSION:
            return opaque(type_name(kind), "too large", digest=None)
        self._path[id(obj)] = len(self._path)
        try:
            return self._container(obj, kind)
        finally:
            del self._path[id(obj)]

    def _container(self, obj: Any, kind: type) -> Node:
        if isinstance(obj, (list, tuple)):
            plain: Any = list if isinstance(obj, list) else tuple
            return self.sequence(type_name(kind), list(plain.__iter__(obj)))
        if isinstance(obj, dict):
            return self.mapping(type_name(kind), list(dict.keys(obj)), list(dict.values(obj)))
        if isinstance(obj, (set, frozenset)):
            plain = set if isinstance(obj, set) else frozenset
            return self._set(type_name(kind), list(plain.__iter__(obj)))
        for form in self._forms:
            node = form(self, obj)
            if node is not None:
                return node
        return opaque(type_name(kind), "no canonical form", digest=None)

    def simple(self, obj: object) -> Node:
        """None, a bool, a number, a string or bytes, of exactly that type."""
        kind = type(obj).__name__ if obj is not None else "NoneType"
        if isinstance(obj, str) and len(obj) > _LONG_TEXT:
            text, digest = obj[:_MOST_TEXT], self.digests.of("str", obj)
            return {"kind": "text", "text": text, "mime": "text/plain", "digest": digest}
        text = hex(obj) if type(obj) is int and abs(obj) >> 4096 else repr(obj)
        return self.scalar(kind, text)

    def scalar(self, kind: str, text: str) -> Node:
        """Something that a line of text tells in full; the end of a very long line stands in the digest alone."""
        digest = self.digests.of(kind, text)
        shown = text if len(text) <= 2 * _LONG_TEXT else f"{text[:_LONG_TEXT]}..."
        return {"kind": "scalar", "type": kind, "text": shown.encode(errors="replace").decode(), "digest": digest}

    def sequence(self, kind: str, members: list[object]) -> Node:
        """A list, a tuple or the like."""
        room = self._room(len(members))
        if _SIMPLE_SET.issuperset(map(type, members)):
            digest = self.digests.of("simple", kind, *self._packed(members))
            nodes = [self.simple(member) for member in members[:room]]
        else:
            nodes, parts = self._members(members, room)
            digest = self.digests.of("items", kind, *parts)
        length = len(members)
        return {"kind": "items", "type": kind, "length": length, "keys": None, "values": nodes, "digest": digest}

    def mapping(self, kind: str, keys: list[object], values: list[object]) -> Node:
        """A dict or the like, in its own order."""
        room = self._room(2 * len(keys)) // 2
        if _SIMPLE_SET.issuperset(map(type, keys)) and _SIMPLE_SET.issuperset(map(type, values)):
            key_nodes, nodes = [self.simple(key) for key in keys[:room]], [self.simple(item) for item in values[:room]]
            digest = self.digests.of("simple mapping", kind, *self._packed(keys), *self._packed(values))
        else:
            key_nodes, key_parts = self._members(keys, room)
            nodes, parts = self._members(values, room)
            digest = self.digests.of("mapping", kind, *key_parts, *parts)
        length = len(keys)
        return {"kind": "items", "type": kind, "length": length, "keys": key_nodes, "values": nodes, "digest": digest}

    def fields(self, kind: str, fields: Mapping[str, object]) -> Node:
        """An object told by its attributes."""
        names = sorted(fields)
        room = self._room(len(names))
        nodes, parts = self._members([fields[name] for name in names], room)
        digest = self.digests.of("object", kind, *[part for pair in zip(names, parts, strict=True) for part in pair])
        kept = dict(zip(names, nodes, strict=False))
        return {"kind": "object", "type": kind, "fields": kept, "digest": digest, "complete": room == len(names)}

    def part(self, obj: object) -> str:
        """The digest of a member that is not kept."""
        return _digest(self._dropped(obj))

    def text_of(self, obj: object) -> str:
        """One line that stands for an object inside an array: its ``repr`` where that runs no user code."""
        node = self._dropped(obj)
        if node["kind"] == "scalar":
            return str(node["text"])
        return f"<{node['type']} {_digest(node)}>" if "type" in node else f"<{node['kind']} {_digest(node)}>"

    def keep_blob(self, name: str, size: int, fill: Any) -> str | None:
        """Write a blob, unless members are only digested here or the value has many blobs already."""
        if self._left <= 0 or self._blobs_left <= 0:
            return None
        self._blobs_left -= 1
        return self._blobs.write(name, size, fill, limit=self._blob_limit)

    def _set(self, kind: str, members: list[object]) -> Node:
        room = self._room(len(members))
        ordered = sorted(((self.part(member), index) for index, member in enumerate(members)))
        nodes = [self.value(members[index]) for _, index in ordered[:room]]
        digest = self.digests.of("set", kind, *[part for part, _ in ordered])
        length = len(members)
        return {"kind": "items", "type": kind, "length": length, "keys": None, "values": nodes, "digest": digest}

    def _members(self, members: Iterable[object], room: int) -> tuple[list[Node], list[str]]:
        """The nodes of the first ``room`` members, and the digests of all."""
        nodes: list[Node] = []
        parts: list[str] = []
        for member in members:
            if len(nodes) < room:
                node = self.value(member)
                nodes.append(node)
            else:
                node = {}
            if type(member) in _SIMPLE:
                # A short token instead of a digest: most members are simple, and hashing each one by itself is slow.
                parts.append(f"{type(member).__name__} {self._repr(member)}")
            else:
                parts.append(_digest(node) if node else self.part(member))
        return nodes, parts

    def _dropped(self, obj: object) -> Node:
        left, self._left = self._left, 0
        try:
            return self.value(obj)
        finally:
            self._left = left

    def _room(self, wanted: int) -> int:
        if len(self._path) > MOST_DEPTH:
            return 0
        room = min(wanted, max(self._left, 0))
        self._left -= room
        return room

    def _packed(self, members: list[Any]) -> tuple[str, Any]:
        """Simple members as a form and bytes: long lists of floats or of ints would be slow to print."""
        kinds = set(map(type, members))
        if kinds == {float} and not isnan(sum(members)):
            return "floats", array("d", members)
        if kinds == {int}:
            with suppress(OverflowError):
                return "ints", array("q", members)
        return "text", self._repr(members)

    def _repr(self, members: object) -> str:
        try:
            return repr(members)
        except ValueError:  # an int of thousands of digits
            listed = members if isinstance(members, list) else [members]
            return "".join(self.simple(member)["digest"] for member in listed)


def _digest(node: Node) -> str:
    return str(node["digest"] or f"opaque {node['type']}")
