"""The bytes of arrays in one canonical form, digested in blocks of rows (``docs/encoding.md``)."""

from __future__ import annotations

import sys
from functools import lru_cache
from math import prod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .digest import Digests

LEAST_BLOCK = 1024
"""As ``core.values.LEAST_BLOCK``."""
_MOST_BLOCKS = 64
_PIECE = 2**20
_MOST_TYPES = 256
"""Dtypes of which is remembered what their canonical form is: arrays come by the thousand, and in pieces."""


def block_length(shape: tuple[int, ...]) -> int:
    """How many rows of an array make a block; as ``core.values.block_length``."""
    if not shape:
        return 1
    row, length = prod(shape[1:]), 1
    while length < shape[0] and length * 2 * row <= LEAST_BLOCK:
        length *= 2
    while shape[0] > length * _MOST_BLOCKS:
        length *= 2
    return length


def digests_of(digests: Digests, header: str, blocks: Iterable[Iterable[Any]]) -> tuple[str, list[str]]:
    """The digest of an array, and those of its blocks where there are several.

    Args:
        digests: the algorithm.
        header: what the array is.
        blocks: each one as buffers.
    """
    parts = []
    for block in blocks:
        hasher = digests.new()
        for piece in block:
            hasher.update(piece)
        parts.append(str(hasher.hexdigest()))
    return joined(digests, header, parts)


def joined(digests: Digests, header: str, parts: list[str]) -> tuple[str, list[str]]:
    """The digest of an array whose blocks have these digests, and those where there are several."""
    whole = digests.new()
    whole.update(f"{header}\n{''.join(parts)}".encode())
    return str(whole.hexdigest()), parts if len(parts) > 1 else []


def of_array(values: Any) -> Iterator[Iterator[Any]]:
    """The blocks of an array, each as pieces of about a MiB along its first axis."""
    values = values if values.ndim else values.reshape(1)
    length = block_length(values.shape)
    step = max(1, min(length, _PIECE // max(1, values.itemsize * prod(values.shape[1:]))))
    for start in range(0, max(1, len(values)), length):
        stop = min(start + length, len(values))
        yield (values[place : min(place + step, stop)] for place in range(start, max(stop, start + 1), step))


def buffers(values: Any) -> Iterator[Iterable[Any]]:
    """The bytes of each block of an array; a small one is looked at as a whole, which is much faster."""
    if values.nbytes > _PIECE:
        # A look at all of a record's fields at once is the cheaper one; vectors are looked at while they are at hand.
        clean = values.dtype.names is not None and not has_nan(values)
        for block in of_array(values):
            yield (buffer(canonical(piece, clean=clean)) for piece in block)
        return
    yield from ([block] for block in memory(canonical(values)))


def memory(values: Any) -> list[Any]:
    """The memory of each block of a C-contiguous array."""
    data, rows, length = buffer(values), (values.shape or (1,))[0], block_length(values.shape)
    size = len(data) // max(1, rows)
    return [data[start * size : (start + length) * size] for start in range(0, max(1, rows), length)]


def is_plain(dtype: Any) -> bool:
    """Whether elements are bytes of a fixed size, and no objects."""
    return not dtype.hasobject and dtype.kind in "biufcSUmMV"


def type_text(dtype: Any) -> str:
    """A dtype of plain elements, little-endian and without padding, as numpy writes it."""
    packed = _packed(dtype)
    return str(packed.str) if packed.names is None else str(packed.descr)


def canonical(values: Any, *, clean: bool = False) -> Any:
    """The elements in C order, little-endian, without padding, every NaN alike; the array itself where it is so.

    Args:
        values: an array of plain elements.
        clean: whether it is known that there is no NaN among them.
    """
    np: Any = sys.modules["numpy"]
    packed = _packed(values.dtype)
    if values.dtype.char in "gG":
        return _in_doubles(np, values)
    if packed != values.dtype:
        values = _without_gaps(np, values, packed)
    values = np.ascontiguousarray(values)
    if not clean and has_nan(values):
        values = values.copy()
        _clear_payloads(np, values)
    return values


def buffer(values: Any) -> Any:
    """The bytes of a C-contiguous array."""
    np: Any = sys.modules["numpy"]
    return memoryview(values.reshape(-1).view(np.uint8)) if values.size and values.itemsize else b""


@lru_cache(_MOST_TYPES)
def _packed(dtype: Any) -> Any:
    """The dtype, little-endian and without padding."""
    np: Any = sys.modules["numpy"]
    if dtype.names is not None:
        return np.dtype([(name, _packed(dtype.fields[name][0])) for name in dtype.names])
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.dtype((_packed(base), shape))
    return dtype.newbyteorder("<")


def _without_gaps(np: Any, values: Any, packed: Any) -> Any:
    """The elements in a packed dtype; records whose fields only have gaps between them as bytes, which is faster."""
    runs = _runs(values.dtype)
    if not runs:
        return values.astype(packed)
    raw = np.ascontiguousarray(values).reshape(-1).view(np.uint8).reshape(-1, values.dtype.itemsize)
    whole = np.empty((len(raw), packed.itemsize), dtype=np.uint8)
    start = 0
    for first, last in runs:
        whole[:, start : start + last - first] = raw[:, first:last]
        start += last - first
    return whole.reshape(-1).view(packed).reshape(values.shape)


@lru_cache(_MOST_TYPES)
def _runs(dtype: Any) -> list[tuple[int, int]]:
    """Where the fields of a record lie, in their order, those without a gap between them as one.

    Nothing for what is no record, or has fields that are not packed themselves.
    """
    runs: list[tuple[int, int]] = []
    packed = _packed(dtype)
    if dtype.names is None or any(dtype.fields[name][0] != packed.fields[name][0] for name in dtype.names):
        return runs
    for name in dtype.names:
        field, first = dtype.fields[name][:2]
        if runs and runs[-1][1] == first:
            first = runs.pop()[0]
        runs.append((first, dtype.fields[name][1] + field.itemsize))
    return runs


def is_canonical(values: Any) -> bool:
    """Whether an array's memory is its canonical form as it lies there, but for the payloads of NaN."""
    return values.flags.c_contiguous and values.dtype.char not in "gG" and _packed(values.dtype) == values.dtype


def has_nan(values: Any) -> bool:
    """Whether there is a NaN among an array's elements, in whatever field of a record."""
    if values.dtype.names is not None:
        return any(has_nan(values[name]) for name in _with_floats(values.dtype))
    if values.dtype.kind not in "fc" or values.size == 0:
        return False
    most = values.max()
    return bool(most != most)  # noqa: PLR0124


@lru_cache(_MOST_TYPES)
def _with_floats(dtype: Any) -> list[str]:
    """The fields of a record that may hold NaN."""
    return [name for name in dtype.names if dtype.fields[name][0].base.kind in "fcV"]


def _clear_payloads(np: Any, values: Any) -> None:
    if values.dtype.names is not None:
        for name in values.dtype.names:
            _clear_payloads(np, values[name])
    elif values.dtype.kind == "c":
        _clear_payloads(np, values.real)
        _clear_payloads(np, values.imag)
    elif values.dtype.kind == "f":
        values[np.isnan(values)] = np.nan


def _in_doubles(np: Any, values: Any) -> Any:
    """Long doubles, which have bytes of padding, as three doubles that add up to each."""
    if values.dtype.kind == "c":
        parts = [_in_doubles(np, values.real), _in_doubles(np, values.imag)]
        return np.stack(parts, axis=-1).reshape(*values.shape, 2).view("V48")[..., 0]
    parts = []
    with np.errstate(all="ignore"):
        for _ in range(3):
            parts.append(values.astype("<f8"))
            values = np.where(np.isfinite(parts[-1]), values - parts[-1], 0)
    return np.ascontiguousarray(canonical(np.stack(parts, axis=-1))).view("V24")[..., 0]
