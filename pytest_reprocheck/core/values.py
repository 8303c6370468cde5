"""Values: what a run's log says of a Python object, small enough to keep and rich enough to compare by meaning.

Every value has a ``digest`` over a canonical encoding (the same object gives the same digest in another process,
under another hash seed, in another memory layout), so two equal digests are equal values and nothing else need be
looked at. Where digests differ, the parts kept beside them tell how. Array data lies in a run's blob folder under
its digest; what was too large to keep has ``blob=None``.

The probes write these as JSON (``docs/architecture.md``, "The wire"); ``core.codec`` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

LEAST_BLOCK = 1024
"""Elements of a block, about, at least."""
MOST_BLOCKS = 64
"""Blocks of an array, at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """None, a bool, a number, a short string, bytes, an enum member, a date ..."""

    kind: Literal["scalar"] = "scalar"
    type: str
    """Qualified type name, builtins bare: ``float``, ``numpy.float32``, ``datetime.date``."""
    text: str
    """``repr`` of the object; for numpy scalars the repr of the Python number."""
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A long string, or text that a run printed or displayed."""

    kind: Literal["text"] = "text"
    text: str
    mime: str = "text/plain"
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture, or pages of a document."""

    kind: Literal["image"] = "image"
    mime: str
    """``image/png``, ``application/pdf`` and the like."""
    digest: str
    """Of the encoded bytes."""
    blob: str | None
    """File name in the run's blob folder, holding the encoded bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """An n-dimensional array of one dtype: numpy arrays, columns, dense views of sparse data."""

    kind: Literal["array"] = "array"
    dtype: str
    """numpy's ``dtype.str`` (``<f8``), or ``object``."""
    shape: tuple[int, ...]
    digest: str
    """Of dtype, shape and the elements in C order."""
    blob: str | None
    """File name in the run's blob folder: ``*.npy``, or ``*.json`` (a list of reprs in C order) for object arrays;
    None if too large."""
    blocks: tuple[str, ...] = ()
    """Digests of ``block_length(shape)`` rows each, in order; empty for what is one block."""
    unordered: str | None = None
    """Of the elements in whatever order; None where that would cost too much."""
    rows_digest: str | None = None
    """Of the rows (along the first axis) in whatever order, for two dimensions and more; None as above."""
    unknown: tuple[str, ...] = ()
    """Type and reason of parts that are not kept and that the digest does not tell apart; of the outermost value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A data frame or series: named columns of equal length, and an index."""

    kind: Literal["table"] = "table"
    type: str
    """Qualified type name, as ``pandas.DataFrame``."""
    columns: tuple[str, ...]
    """Column names in order, as ``repr`` unless they are strings."""
    data: tuple[Array, ...]
    """One array for each column, in the same order."""
    dtypes: tuple[str, ...]
    """The frame library's own names for the columns' dtypes."""
    index: Array | None
    """None for a default RangeIndex (0, 1, 2 ...) or a library without an index."""
    digest: str
    rows_digest: str | None = None
    """Of the rows in whatever order, each with its part of an index that is not the default one; the order of columns
    does not count. None where that would cost too much."""
    unknown: tuple[str, ...] = ()
    """Type and reason of parts that are not kept and that the digest does not tell apart; of the outermost value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """A list, tuple, dict or set and its members; sets are sorted by the members' digests."""

    kind: Literal["items"] = "items"
    type: str
    length: int
    keys: tuple[Value, ...] | None
    """The keys of a mapping, in its order, as many as ``values``; None for sequences and sets."""
    values: tuple[Value, ...]
    """The members kept: all, or the first ones when ``length`` is larger."""
    digest: str
    """Over all members, kept or not."""
    unknown: tuple[str, ...] = ()
    """Type and reason of parts that are not kept and that the digest does not tell apart; of the outermost value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Object:
    """An object told by its attributes: an estimator, a dataclass, a fitted tree."""

    kind: Literal["object"] = "object"
    type: str
    fields: dict[str, Value]
    """Attribute name -> value, sorted by name."""
    digest: str
    """Over all attributes, kept or not."""
    complete: bool = True
    """False when some attributes were too many or too deep to keep; their part of the digest stands for them."""
    unknown: tuple[str, ...] = ()
    """Type and reason of parts that are not kept and that the digest does not tell apart; of the outermost value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opaque:
    """Something of which only a digest, or not even that, could be taken."""

    kind: Literal["opaque"] = "opaque"
    type: str
    reason: str
    """Why it is not told in full: ``too large``, ``no canonical form`` ..."""
    digest: str | None
    """None: it cannot be compared at all."""
    unknown: tuple[str, ...] = ()
    """Type and reason of parts that are not kept and that the digest does not tell apart; of the outermost value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Display:
    """One output in several forms, as a table that was sent as HTML and as plain text."""

    kind: Literal["display"] = "display"
    forms: dict[str, Value]
    """Mime type -> value."""
    digest: str
    """Over all forms."""


def block_length(shape: tuple[int, ...]) -> int:
    """How many rows (along the first axis) of an array of this shape make a block (``docs/encoding.md``)."""
    if not shape:
        return 1
    row, length = prod(shape[1:]), 1
    while length < shape[0] and length * 2 * row <= LEAST_BLOCK:
        length *= 2
    while shape[0] > length * MOST_BLOCKS:
        length *= 2
    return length


Value = Scalar | Text | Image | Array | Table | Items | Object | Opaque | Display
