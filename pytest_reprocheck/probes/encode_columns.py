"""Columns that are no plain arrays: strings, numbers with missing ones, categories (``docs/encoding.md``).

Each gives the column as an Array of dtype ``object`` and the hashes of its elements where they are wanted.
"""

from __future__ import annotations

import sys
from itertools import accumulate, pairwise

from . import blocks
from .encode_arrays import with_sums
from .jsons import dumps
from .unordered import mixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from .encoder import Encoder
    from .nodes import Node

    Column = tuple[Node, Any]
    """The node, and the hashes or None."""

MOST_DISTINCT = 2**16
"""Strings of a column that are looked at one by one for its order-free digest, at most."""


def strings(encoder: Encoder, members: list[str | None], *, order_free: bool) -> Column:
    """A column of strings and None."""
    np: Any = sys.modules["numpy"]
    encoded = [None if member is None else member.encode("utf-8", "surrogatepass") for member in members]
    lengths = np.fromiter((-1 if one is None else len(one) for one in encoded), dtype="<i8", count=len(encoded))
    data = np.frombuffer(b"".join(one for one in encoded if one is not None), dtype=np.uint8)

    def words() -> Any:
        return _words(encoder, members) if len(members) <= MOST_DISTINCT else None

    return string_buffers(encoder, lengths, data, lambda: members, words if order_free else None)


def string_buffers(
    encoder: Encoder, lengths: Any, data: Any, members: Callable[[], Iterable[object]], words: Callable[[], Any] | None
) -> Column:
    """A column of strings by their lengths in UTF-8 (-1 for missing ones) and all bytes one after the other."""
    np: Any = sys.modules["numpy"]
    shape = (len(lengths),)
    length = blocks.block_length(shape)
    starts = [*range(0, max(1, len(lengths)), length), len(lengths)]
    spans = [(lengths[start:stop], int(np.maximum(lengths[start:stop], 0).sum())) for start, stop in pairwise(starts)]
    ends = [0, *accumulate(size for _, size in spans)]
    pieces = [
        [blocks.buffer(np.ascontiguousarray(part)), blocks.buffer(data[start:stop])]
        for (part, _), (start, stop) in zip(spans, pairwise(ends), strict=True)
    ]
    node = _node(encoder, f"strings {shape}", pieces, shape, members)
    found = None if words is None else words()
    return (node, None) if found is None else with_sums(node, mixed(found))


def nullable(
    encoder: Encoder, values: Any, missing: Any, members: Callable[[], Iterable[object]], *, order_free: bool
) -> Column:
    """A column of numbers or dates of which some are missing; what lies under those does not count."""
    np: Any = sys.modules["numpy"]
    values = blocks.canonical(np.where(missing, np.zeros((), dtype=values.dtype), values))
    length = blocks.block_length(values.shape)
    pieces = [
        [blocks.buffer(np.ascontiguousarray(part[start : start + length])) for part in (missing, values)]
        for start in range(0, max(1, len(values)), length)
    ]
    node = _node(encoder, f"nullable {values.dtype.str} {values.shape}", pieces, values.shape, members)
    if not order_free:
        return node, None
    plain = np.ascontiguousarray(values).view(f"<u{values.itemsize}").astype(np.uint64)
    return with_sums(node, mixed(np.where(missing, np.uint64(_missing(encoder)), plain)))


def categories(
    encoder: Encoder, codes: Any, distinct: list[object], members: Callable[[], Iterable[object]], *, order_free: bool
) -> Column:
    """A column of few distinct values: their numbers (-1 for missing ones), and the values in whatever order."""
    return by_words(encoder, category_words(encoder, codes, distinct), members, order_free=order_free)


def category_words(encoder: Encoder, codes: Any, distinct: list[object]) -> Any:
    """A word for each element, the same for the same value whatever its number."""
    np: Any = sys.modules["numpy"]
    known = np.append(_words(encoder, distinct), np.uint64(_missing(encoder)))
    return known[codes]


def by_words(encoder: Encoder, words: Any, members: Callable[[], Iterable[object]], *, order_free: bool) -> Column:
    """A column each of whose elements is told by one word."""
    length = blocks.block_length(words.shape)
    pieces = [[blocks.buffer(words[start : start + length])] for start in range(0, max(1, len(words)), length)]
    node = _node(encoder, f"words {words.shape}", pieces, words.shape, members)
    return with_sums(node, mixed(words)) if order_free else (node, None)


def _node(
    encoder: Encoder, header: str, pieces: Any, shape: tuple[int, ...], members: Callable[[], Iterable[object]]
) -> Node:
    digest, parts = blocks.digests_of(encoder.digests, header, pieces)

    def fill(file: BinaryIO) -> None:
        file.write(dumps([encoder.text_of(member) for member in members()]).encode())

    blob = encoder.keep_blob(f"{digest}.json", 64 * shape[0], fill)
    return {"kind": "array", "dtype": "object", "shape": list(shape), "digest": digest, "blob": blob, "blocks": parts}


def _words(encoder: Encoder, members: Iterable[object]) -> Any:
    """The first 16 digits of the digest of each one's token, as numbers; missing ones are ``_missing``."""
    np: Any = sys.modules["numpy"]
    tokens = ["" if member is None else encoder.tokens([member]) for member in members]
    known = {token: int(encoder.digests.of(token)[:16], 16) for token in set(tokens) if token}
    known[""] = _missing(encoder)
    return np.fromiter((known[token] for token in tokens), dtype=np.uint64, count=len(tokens))


def _missing(encoder: Encoder) -> int:
    return int(encoder.digests.of("None")[:16], 16)
