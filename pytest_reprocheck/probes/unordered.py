"""Order-free digests: of the elements of an array, and of the rows of arrays and tables (``docs/encoding.md``).

All arithmetic is numpy's own, modulo 2^64, in pieces that stay in the processor's cache.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .digest import Digests

VALUE_LIMIT = 32 * 2**20
"""Bytes of one value for which order-free digests are taken, at most."""
PROCESS_LIMIT = 128 * 2**20
"""Bytes for which a process takes them, at most."""
MOST_KEYS = 4096
"""Columns of an array or a table whose rows are digested, at most."""
_FACTOR = 0x9E3779B97F4A7C15
_PIECE = 2**13
"""Hashes that are made at once: they stay in the processor's cache."""


class Allowance:
    """What of the process's limit is left: counted in bytes and never in time, so that all runs tell the same."""

    def __init__(self) -> None:
        self._left = PROCESS_LIMIT

    def take(self, size: int) -> bool:
        """Whether order-free digests of a value of this size are taken."""
        if size > min(self._left, VALUE_LIMIT):
            return False
        self._left -= size
        return True


def mixed(words: Any) -> Any:
    """The hash of each word, in a new array: words that differ in some bits differ in all."""
    np: Any = sys.modules["numpy"]
    hashes = np.empty_like(words)
    flat, into = words.reshape(-1), hashes.reshape(-1)
    for start in range(0, len(flat), _PIECE):
        piece, out = flat[start : start + _PIECE], into[start : start + _PIECE]
        np.right_shift(piece, 32, out=out)
        out ^= piece
        out *= _FACTOR
        out ^= out >> 29
    return hashes


def hashes_of(elements: Any) -> Any:
    """The hash of each element of a C-contiguous array whose equal elements have equal bytes, with its shape."""
    np: Any = sys.modules["numpy"]
    size = elements.dtype.itemsize
    if size in {1, 2, 4, 8}:
        return mixed(elements.view(f"<u{size}").astype("<u8", copy=False))
    raw = np.zeros((elements.size, -(-size // 8) * 8), dtype=np.uint8)
    raw[:, :size] = elements.reshape(-1, 1).view(np.uint8)
    words = np.ascontiguousarray(raw.view("<u8").T)
    hashes = mixed(words[0])
    for word in words[1:]:
        hashes = mixed(hashes ^ word)
    return hashes.reshape(elements.shape)


def keys(digests: Digests, names: Sequence[str]) -> Any:
    """One odd number for each name; a name that comes again gets another one."""
    np: Any = sys.modules["numpy"]
    seen: dict[str, int] = {}
    numbers = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        digest = digests.of(f"{name}#{count}" if count else name)
        numbers.append(int(digest[:16], 16) | 1)
    return np.array(numbers, dtype=np.uint64)


class Sums:
    """The sum of hashes, and that of their squares."""

    def __init__(self) -> None:
        self._sum = 0
        self._squares = 0

    def add(self, hashes: Any) -> None:
        """Count these too."""
        flat = hashes.reshape(-1)
        self._sum += int(flat.sum())
        self._squares += int(flat @ flat)

    def __str__(self) -> str:
        return f"{self._sum % 2**64:016x}{self._squares % 2**64:016x}"


def array_digests(digests: Digests, pieces: Iterator[Any], row: int, *, rows: bool) -> tuple[str, str | None]:
    """The order-free digests of an array's elements and, if wanted, of its rows.

    Args:
        digests: the algorithm.
        pieces: the array's elements along the first axis, each piece C-contiguous.
        row: elements of a row.
        rows: whether its rows are wanted too.
    """
    elements, whole = Sums(), Sums()
    factors = keys(digests, [str(place) for place in range(row)]) if rows else None
    for piece in pieces:
        hashes = hashes_of(piece)
        elements.add(hashes)
        if factors is not None:
            whole.add(mixed(hashes.reshape(-1, row) @ factors))
    return str(elements), str(whole) if rows else None


def rows_digest(digests: Digests, columns: Sequence[tuple[str, Any]]) -> str:
    """The order-free digest of a table's rows.

    Args:
        digests: the algorithm.
        columns: each one's name and the hashes of its elements.
    """
    np: Any = sys.modules["numpy"]
    whole = Sums()
    factors = keys(digests, [name for name, _ in columns])
    length = len(columns[0][1])
    for start in range(0, length, _PIECE):
        row = np.zeros(min(_PIECE, length - start), dtype=np.uint64)
        for (_, hashes), factor in zip(columns, factors, strict=True):
            row += hashes[start : start + _PIECE] * factor
        whole.add(mixed(row))
    return str(whole)
