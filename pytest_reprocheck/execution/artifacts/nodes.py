"""What files hold, between their format and values: plain Python objects, and these for what has no plain form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

COMPANIONS = ("-wal", "-journal", "-shm")
"""Endings of files that belong to the database of SQLite beside them."""


class UnreadableError(Exception):
    """A file is not what its name or first bytes say, or more of it than is read; the text is the reason."""


@dataclass(eq=False, kw_only=True, slots=True)
class Members:
    """A sequence, or a set, of a type that is told."""

    type: str
    members: list[Any] = field(default_factory=list)
    ordered: bool = True
    """False for sets."""


@dataclass(eq=False, kw_only=True, slots=True)
class Pairs:
    """A mapping whose keys may be anything, in its order."""

    type: str = "dict"
    pairs: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False, kw_only=True, slots=True)
class Made:
    """An object told by its named parts."""

    type: str
    parts: dict[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Told:
    """A single value that is told by a text; where the type is a kind of text, ``text/html``, it is that text."""

    type: str
    text: str
