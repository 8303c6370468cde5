"""Python objects as values (``core.values`` as JSON): small enough to keep, rich enough to compare by meaning.

The same object gives the same digest in another process, under another hash seed, in another memory layout. No user
code runs: no ``__repr__``, no pickling, no properties. A digest covers everything; the members kept beside it are
limited.
"""

from __future__ import annotations

import sys
from array import array
from contextlib import contextmanager, suppress
from math import isnan

from .learned import own_fields
from .nodes import opaque, type_name
from .records import record
from .unordered import rows_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import FunctionType
    from typing import Any

    from .blobs import Blobs
    from .contents import Contents
    from .digest import Digests
    from .nodes import Node
    from .unordered import Allowance

MOST_COLUMNS = 2000
"""Columns of a table that are kept."""
MOST_DEPTH = 8
"""Members deeper than this are digested but not kept."""
_DEEP = 60
"""Containers in each other that fit into what Python lets calls nest."""
_DEEPEST = 500
"""Containers in each other that are followed, with more room for calls."""
_CALLS = 8
"""Calls in each other for a container, at most."""
_MOST_VISITS = 500_000
_LONG_TEXT = 200
_MOST_TEXT = 100_000
_MOST_BLOBS = 48
_SIMPLE = (type(None), bool, int, float, complex, str, bytes)
_SIMPLE_SET = frozenset(_SIMPLE)
_CONTAINERS = (list, tuple, dict, set, frozenset)


class OverBudgetError(Exception):
    """A value has more parts than the caller allows."""


@record(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much of a value is kept, and how large it may be; never a matter of time, so that all runs tell the same."""

    keep: int = 2000
    """Nodes to keep; 0 takes digests alone."""
    most_visits: int | None = None
    """Parts visited (other than plain numbers and strings) after which OverBudgetError is raised; None for no limit."""
    blob_size: int | None = None
    """Bytes of the largest array kept; None for the run's own limit."""


@record(frozen=True, kw_only=True, slots=True)
class Encoding:
    """What all values of a run have in common."""

    digests: Digests
    """The algorithm."""
    blobs: Blobs
    """Where array data goes."""
    allowance: Allowance
    """How much order-free digests may still cover."""
    contents: Contents
    """Digests of arrays that were seen before."""
    is_user_class: Callable[[type], bool]
    """Whether a class is the user's own; private attributes count for those alone."""
    is_user_function: Callable[[FunctionType], bool]
    """Whether a function is the user's own; its code counts for those alone."""
    forms: Callable[[], tuple[Callable[[Encoder, Any], Node | None], ...]]
    """What knows other objects than containers, each giving None for what it does not know; in this order."""


class Encoder:
    """Encodes one value."""

    def __init__(self, encoding: Encoding, limits: Limits, known: dict[Any, Any] | None = None) -> None:
        """Encode within limits.

        Args:
            encoding: what all values of the run have in common.
            limits: how much is kept.
            known: digests of arrays that several encoders share, as long as nothing can change the arrays.
        """
        self.digests = encoding.digests
        self.is_user_class = encoding.is_user_class
        self.is_user_function = encoding.is_user_function
        self._forms = encoding.forms()
        self._blobs = encoding.blobs
        self.contents = encoding.contents
        self.known: dict[Any, Any] = {} if known is None else known
        self._allowance = encoding.allowance
        self._left = limits.keep
        self._most_visits = limits.most_visits
        self._blob_limit = limits.blob_size
        self._blobs_left = _MOST_BLOBS
        self._path: dict[int, int] = {}
        self._visits = 0
        self._objects = 0
        self._dropping = limits.keep == 0
        self.unknown: set[str] = set()
        """Type and reason of members of which nothing is known and that are not kept: their digest is a constant."""

    def told(self, node: Node) -> Node:
        """The node of the whole value, with what its digest does not tell apart."""
        return {**node, "unknown": sorted(self.unknown)} if self.unknown else node

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
        node = self._followed(obj, kind)
        if self._dropping and node["digest"] is None:
            self.unknown.add(f"{node['type']}: {node['reason']}")
        return node

    def _followed(self, obj: object, kind: type) -> Node:
        depth = len(self._path)
        if self._visits > _MOST_VISITS or depth > _DEEPEST:
            return opaque(type_name(kind), "too many parts" if depth <= _DEEPEST else "nested too deep", digest=None)
        self._path[id(obj)] = depth
        try:
            if depth == _DEEP:
                with _room_for_calls():
                    return self._container(obj, kind)
            return self._container(obj, kind)
        finally:
            del self._path[id(obj)]

    def _container(self, obj: Any, kind: type) -> Node:
        # A sparse matrix of scipy's may be a dict, too.
        if issubclass(kind, _CONTAINERS) and not hasattr(kind, "tocsr"):
            return self._members_of(obj) if kind in _CONTAINERS else self._with_members(obj, kind)
        for form in self._forms:
            node = form(self, obj)
            if node is not None:
                return node
        return opaque(type_name(kind), "no canonical form", digest=None)

    def _members_of(self, obj: Any) -> Node:
        """A container by its members, whatever its class makes of iterating over it."""
        name = type_name(type(obj))
        if issubclass(type(obj), dict):
            return self.mapping(name, list(dict.keys(obj)), list(dict.values(obj)))
        plain: Any = next(base for base in _CONTAINERS if issubclass(type(obj), base))
        members = list(plain.__iter__(obj))
        return self._set(name, members) if plain in (set, frozenset) else self.sequence(name, members)

    def _with_members(self, obj: object, kind: type) -> Node:
        """A container of another class: one of the user's may hold more than members."""
        members, fields = self._members_of(obj), own_fields(obj) if self.is_user_class(kind) else {}
        if not fields:
            return members
        more = self.fields(type_name(kind), fields)
        digest = self.digests.of("members and more", str(members["digest"]), str(more["digest"]))
        return {**more, "fields": {"(members)": members, **more["fields"]}, "digest": digest}

    def simple(self, obj: Any) -> Node:
        """None, a bool, a number, a string or bytes, of exactly that type."""
        kind = type(obj).__name__ if obj is not None else "NoneType"
        if type(obj) is str and len(obj) > _LONG_TEXT:
            text, digest = obj[:_MOST_TEXT], self.digests.of("str", obj)
            return {"kind": "text", "text": text, "mime": "text/plain", "digest": digest}
        text = hex(obj) if type(obj) is int and abs(obj) >> 4096 else repr(obj)
        return self.scalar(kind, text)

    def scalar(self, kind: str, text: str) -> Node:
        """Something that a line of text tells in full; the end of a very long line stands in the digest alone."""
        digest = self.digests.of(kind, text)
        shown = text if len(text) <= 2 * _LONG_TEXT else f"{text[:_LONG_TEXT]}..."
        if not shown.isascii():
            shown = shown.encode(errors="replace").decode()
        return {"kind": "scalar", "type": kind, "text": shown, "digest": digest}

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
        self._objects += 1
        nodes, parts = self._members([fields[name] for name in names], room)
        self._objects -= 1
        digest = self.digests.of("object", kind, *[part for pair in zip(names, parts, strict=True) for part in pair])
        kept = dict(zip(names, nodes, strict=False))
        return {"kind": "object", "type": kind, "fields": kept, "digest": digest, "complete": room == len(names)}

    def table(
        self,
        kind: str,
        names: list[str],
        dtypes: list[str],
        columns: list[tuple[Node, Any]],
        *,
        index: tuple[Node, Any] | None = None,
        more: Sequence[str] = (),
    ) -> Node:
        """A data frame or the like.

        Args:
            kind: qualified type name.
            names: the columns' names, in order.
            dtypes: the library's names of their dtypes.
            columns: their nodes, each with the hashes of its elements where they were wanted.
            index: the same of the index; None for a default one.
            more: what else tells tables apart, as names of levels and categories.
        """
        data = [node for node, _ in columns]
        index_node = None if index is None else index[0]
        parts = [
            *names,
            *dtypes,
            *[node["digest"] for node in data],
            "" if index is None else index[0]["digest"],
            *more,
        ]
        digest = self.digests.of("table", kind, str(len(names)), *parts)
        if len(data) > MOST_COLUMNS:
            return opaque(kind, "too large", digest=digest)
        hashed = [*zip(names, columns, strict=True), *([] if index is None else [("(index)", index)])]
        told = bool(hashed) and all(hashes is not None for _, (_, hashes) in hashed)
        rows = rows_digest(self.digests, [(name, hashes) for name, (_, hashes) in hashed]) if told else None
        node = {"kind": "table", "type": kind, "columns": names, "data": data, "dtypes": dtypes, "index": index_node}
        return {**node, "digest": digest, "rows_digest": rows}

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

    def order_free(self, size: int) -> bool:
        """Whether order-free digests of a value of this many bytes are taken: of data, and not of a model's insides."""
        return self._left > 0 and not self._objects and self._allowance.take(size)

    def tokens(self, members: list[Any]) -> str:
        """Texts that stand for the elements of an array of objects: the ``repr`` of simple ones, digests of others."""
        if _SIMPLE_SET.issuperset(map(type, members)):
            with suppress(ValueError):  # an int of thousands of digits
                return repr(members)[1:-1]
        return ", ".join(self._token(member) for member in members)

    def _token(self, member: Any) -> str:
        if type(member) in _SIMPLE:
            with suppress(ValueError):
                return repr(member)
        return f"<{self.part(member)}>"

    def _set(self, kind: str, members: list[object]) -> Node:
        room = self._room(len(members))
        unknown = self.unknown
        ordered = []
        for index, member in enumerate(members):
            self.unknown = set()
            ordered.append((self.part(member), index, self.unknown))
        ordered.sort(key=lambda each: each[:2])
        self.unknown = unknown.union(*[lost for _, _, lost in ordered[room:]])
        nodes = [self.value(members[index]) for _, index, _ in ordered[:room]]
        digest = self.digests.of("set", kind, *[part for part, _, _ in ordered])
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
        before, self._left, self._dropping = (self._left, self._dropping), 0, True
        try:
            return self.value(obj)
        finally:
            self._left, self._dropping = before

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


@contextmanager
def _room_for_calls() -> Iterator[None]:
    """Let calls nest as deep as containers may; what another thread sets meanwhile stays."""
    before = sys.getrecursionlimit()
    more = before + _CALLS * _DEEPEST
    sys.setrecursionlimit(more)
    try:
        yield
    finally:
        if sys.getrecursionlimit() == more:
            sys.setrecursionlimit(before)


def _digest(node: Node) -> str:
    return str(node["digest"] or f"opaque {node['type']}")
