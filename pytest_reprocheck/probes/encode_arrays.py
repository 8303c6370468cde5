"""numpy's arrays and scalars, sparse matrices and generators as values (``docs/encoding.md``)."""

from __future__ import annotations

import sys
from math import prod

from . import blocks
from .jsons import dumps
from .locks import WatchedLock
from .nodes import type_name
from .unordered import MOST_KEYS, Sums, array_digests, hashes_of, mixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from .digest import Digests
    from .encoder import Encoder
    from .nodes import Node

_MOST_OBJECTS = 2**16
"""Elements of an object array for which order-free digests are taken, at most."""
_OF_OTHERS = 2
"""What ``dtype.isbuiltin`` says of types of numbers that a library gave to numpy."""
_MOST_HEADERS = 1024
"""Dtypes and shapes of small arrays that are remembered."""
_PLAIN = frozenset({"ndarray", "memmap", "matrix", "recarray"})
"""numpy's own classes of arrays; others may say more than their elements do, as a unit."""


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of an array-like object; None for anything else."""
    np: Any = sys.modules.get("numpy")
    if np is None or not hasattr(np, "ndarray"):
        return None
    if issubclass(type(obj), np.ndarray):
        return masked(encoder, obj) if issubclass(type(obj), np.ma.MaskedArray) else array(encoder, obj)
    if issubclass(type(obj), np.generic):
        return _scalar(encoder, obj)
    library, _, _ = type(obj).__module__.partition(".")
    if library == "scipy" and hasattr(obj, "tocsr"):
        return _sparse(encoder, obj)
    return _numpy_object(encoder, np, obj)


class Small:
    """Bytes that stand for small arrays of plain numbers: as those are equal or not, so are their values.

    Predictions for single rows are made by the thousand, and all that an encoder does would take longer than they do.
    """

    def __init__(self) -> None:
        self._headers: dict[tuple[Any, tuple[int, ...]], bytes | None] = {}

    def bytes_of(self, obj: Any) -> bytes | None:
        """The dtype, the shape and the elements; None for anything else than such an array."""
        np: Any = sys.modules.get("numpy")
        if np is None or type(obj) is not getattr(np, "ndarray", None):
            return None
        dtype, shape = obj.dtype, obj.shape
        try:
            header = self._headers[dtype, shape]
        except KeyError:
            if len(self._headers) >= _MOST_HEADERS:
                self._headers.clear()
            header = self._headers[dtype, shape] = _small_header(obj)
        if header is None or (dtype.kind == "f" and _is_nan(obj)):
            return None
        elements: bytes = obj.tobytes()
        return header + elements


def _small_header(obj: Any) -> bytes | None:
    """What tells arrays of one dtype and shape from others; None where elements need a canonical form."""
    dtype = obj.dtype
    if obj.size > blocks.LEAST_BLOCK or dtype.kind not in "biuf" or dtype.char == "g" or not dtype.isnative:
        return None
    return f"\narray {dtype.newbyteorder('<').str} {obj.shape}\n".encode()


def _is_nan(obj: Any) -> bool:
    """Whether there is a NaN among a few floats."""
    if obj.size == 1:
        item = obj.item()
        return bool(item != item)  # noqa: PLR0124
    flat = obj.ravel()
    square = flat.dot(flat)
    return bool(square != square)  # noqa: PLR0124


def array(encoder: Encoder, values: Any) -> Node:
    """An ndarray as an Array: dtype, shape and the elements in C order."""
    np: Any = sys.modules["numpy"]
    if type(values).__name__ not in _PLAIN and getattr(values, "__dict__", None):
        own = object.__getattribute__(values, "__dict__")
        return encoder.fields(type_name(type(values)), {**own, "(array)": np.asarray(values)})
    values = np.asarray(values)
    if values.dtype.isbuiltin == _OF_OTHERS and values.itemsize <= 2:
        # Each bfloat16, float8 or int4 is a float32 exactly; that its type is another one stands beside it.
        return encoder.fields(f"numpy.ndarray {values.dtype.name}", {"values": values.astype(np.float32)})
    if not blocks.is_plain(values.dtype):
        return object_array(encoder, values.ravel().tolist(), values.shape)
    node = _digested(encoder, values)
    if values.size > 1 and values.itemsize and encoder.order_free(values.nbytes):
        row = prod(values.shape[1:])
        pieces = (blocks.canonical(piece) for block in blocks.of_array(values) for piece in block)
        rows = values.ndim > 1 and row <= MOST_KEYS
        node["unordered"], node["rows_digest"] = array_digests(encoder.digests, pieces, row, rows=rows)
    return node


def column(encoder: Encoder, values: Any, *, order_free: bool) -> tuple[Node, Any]:
    """A vector as an Array, and the hashes of its elements where they are wanted."""
    if not blocks.is_plain(values.dtype):
        return objects(encoder, values.tolist(), values.shape, order_free=order_free)
    node = _digested(encoder, values)
    if not order_free or not values.itemsize:
        return node, None
    return with_sums(node, hashes_of(blocks.canonical(values)))


def object_array(encoder: Encoder, members: list[object], shape: tuple[int, ...]) -> Node:
    """Python objects in C order as an Array of dtype ``object``."""
    wanted = len(members) > 1 and encoder.order_free(64 * len(members))
    return objects(encoder, members, shape, order_free=wanted)[0]


def objects(encoder: Encoder, members: list[object], shape: tuple[int, ...], *, order_free: bool) -> tuple[Node, Any]:
    """Python objects as an Array of dtype ``object``, and their hashes where they are wanted."""
    length = blocks.block_length(shape) * prod(shape[1:]) if shape else 1
    starts = range(0, max(1, len(members)), max(1, length))
    texts = [[encoder.tokens(members[start : start + length]).encode()] for start in starts]
    digest, parts = blocks.digests_of(encoder.digests, f"objects {shape}", texts)

    def fill(file: BinaryIO) -> None:
        file.write(dumps([encoder.text_of(member) for member in members]).encode())

    blob = encoder.keep_blob(f"{digest}.json", 64 * len(members), fill)
    node: Node = {"kind": "array", "dtype": "object", "shape": list(shape), "digest": digest, "blob": blob}
    node["blocks"] = parts
    if not order_free or len(members) > _MOST_OBJECTS:
        return node, None
    return with_sums(node, text_hashes(encoder.digests, [encoder.tokens([member]) for member in members]))


def text_hashes(digests: Digests, texts: list[str]) -> Any:
    """The hash of each text."""
    np: Any = sys.modules["numpy"]
    known = {text: int(digests.of(text)[:16], 16) for text in set(texts)}
    return mixed(np.fromiter((known[text] for text in texts), dtype=np.uint64, count=len(texts)))


def with_sums(node: Node, hashes: Any) -> tuple[Node, Any]:
    """The node with the order-free digest of these hashes, and the hashes."""
    sums = Sums()
    sums.add(hashes)
    return {**node, "unordered": str(sums)}, hashes


def _digested(encoder: Encoder, values: Any) -> Node:
    """The node of an ndarray of plain elements; the data are read once, however often the encoder meets them."""
    np: Any = sys.modules["numpy"]
    name = blocks.type_text(values.dtype)
    key = (values.__array_interface__["data"][0], values.dtype.str, name, values.shape, values.strides)
    if key not in encoder.known:
        found = encoder.contents.digests_of(values, f"array {name} {values.shape}")
        # With the array itself its memory is held, so that no other one comes to lie there.
        encoder.known[key] = (*found, values)
    digest, parts, _ = encoder.known[key]

    def fill(file: BinaryIO) -> None:
        np.lib.format.write_array(file, np.ascontiguousarray(values).reshape(values.shape), allow_pickle=False)

    blob = encoder.keep_blob(f"{digest}.npy", values.nbytes, fill)
    shape = list(values.shape)
    return {"kind": "array", "dtype": name, "shape": shape, "digest": digest, "blob": blob, "blocks": parts}


def masked(encoder: Encoder, values: Any) -> Node:
    """A masked array as its data, with nothing under the mask, and the mask."""
    np: Any = sys.modules["numpy"]
    mask = np.ma.getmaskarray(values)
    data = np.array(np.ma.getdata(values))
    data[mask] = np.zeros((), dtype=data.dtype)
    # What stands in for masked elements is made when it is first asked for.
    filling = getattr(values, "_fill_value", None)
    filling = np.ma.default_fill_value(data.dtype) if filling is None else filling
    return encoder.fields("numpy.ma.MaskedArray", {"data": data, "mask": mask, "filling": np.asarray(filling)})


def _scalar(encoder: Encoder, obj: Any) -> Node:
    if obj.dtype.names is not None or obj.dtype.kind in "mM":
        return encoder.scalar(f"numpy.{type(obj).__name__}", str(obj))
    item = obj.item()
    text = repr(item) if isinstance(item, (bool, int, float, complex, str, bytes)) else str(obj)
    return encoder.scalar(f"numpy.{type(obj).__name__}", text)


def _numpy_object(encoder: Encoder, np: Any, obj: Any) -> Node | None:
    if issubclass(type(obj), np.random.RandomState):
        watched = issubclass(type(obj._bit_generator.lock), WatchedLock)  # noqa: SLF001
        if watched or obj is np.random.mtrand._rand:  # noqa: SLF001
            # Frozen distributions hold it, and estimators without a seed: no state of theirs, and what is drawn from
            # it shows where it is drawn.
            return encoder.scalar("numpy.random.RandomState", "the global one")
        return encoder.fields("numpy.random.RandomState", {"state": obj.get_state(legacy=False)})
    if issubclass(type(obj), np.random.Generator):
        return encoder.fields("numpy.random.Generator", {"state": obj.bit_generator.state})
    if issubclass(type(obj), np.random.BitGenerator):
        return encoder.fields(f"numpy.random.{type(obj).__name__}", {"state": obj.state})
    if issubclass(type(obj), np.random.SeedSequence):
        return encoder.fields("numpy.random.SeedSequence", dict(obj.state))
    if issubclass(type(obj), np.ufunc):
        name = str(obj.__name__)
        return encoder.scalar("numpy.ufunc", name) if getattr(np, name, None) is obj else None
    if issubclass(type(obj), np.dtype):
        return encoder.scalar("numpy.dtype", str(obj.descr if obj.names else obj.str))
    return None


def _sparse(encoder: Encoder, obj: Any) -> Node:
    """Any sparse format by its canonical CSR arrays (COO where it has not two dimensions)."""
    np: Any = sys.modules["numpy"]
    kind = f"scipy.sparse.{type(obj).__name__}"
    if obj.ndim != 2:
        plain = obj.tocoo(copy=True)
        plain.sum_duplicates()
        coordinates = {f"coordinates {axis}": line.astype(np.int64) for axis, line in enumerate(plain.coords)}
        return encoder.fields(kind, {"shape": tuple(map(int, obj.shape)), "data": plain.data, **coordinates})
    rows = obj.tocsr(copy=True)
    rows.sum_duplicates()
    indices, ends = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    shape = tuple(map(int, obj.shape))
    return encoder.fields(kind, {"shape": shape, "data": rows.data, "indices": indices, "indptr": ends})
