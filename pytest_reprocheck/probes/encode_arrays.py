"""numpy's arrays and scalars, sparse matrices, tensors and generators as values."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from .digest import Digests
    from .encoder import Encoder
    from .nodes import Node

LEAST_BLOCK = 1024
_CHUNK = 2**22


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of an array-like object; None for anything else."""
    np: Any = sys.modules.get("numpy")
    if np is None or not hasattr(np, "ndarray"):
        return None
    if isinstance(obj, np.ndarray):
        return masked(encoder, obj) if isinstance(obj, np.ma.MaskedArray) else array(encoder, obj)
    if isinstance(obj, np.generic):
        return _scalar(encoder, obj)
    library, _, _ = type(obj).__module__.partition(".")
    if library == "scipy" and hasattr(obj, "tocsr"):
        return _sparse(encoder, obj)
    return _tensor(encoder, obj) if library == "torch" else _numpy_object(encoder, np, obj)


def small(digests: Digests, obj: Any) -> str | None:
    """The digest of a small array of plain numbers, the same as its value has; None for anything else.

    Predictions for single rows are made by the thousand, and all else that an encoder does would take longer.
    """
    np: Any = sys.modules.get("numpy")
    if np is None or type(obj) is not getattr(np, "ndarray", None) or obj.size > LEAST_BLOCK:
        return None
    dtype = obj.dtype
    if dtype.kind not in "biuf" or dtype.char == "g" or not dtype.isnative:
        return None
    if dtype.kind == "f":
        flat = obj.ravel()
        square = flat.dot(flat)
        if square != square:  # noqa: PLR0124  (there is a NaN)
            return None
    hasher = digests.new()
    hasher.update(f"array {dtype.str} {obj.shape}\n".encode())
    hasher.update(obj.tobytes())
    return str(hasher.hexdigest())


def array(encoder: Encoder, values: Any) -> Node:
    """An ndarray as an Array: dtype, shape and the elements in C order."""
    np: Any = sys.modules["numpy"]
    values = np.asarray(values)
    dtype = values.dtype
    if dtype.hasobject or dtype.kind not in "biufcSUmMV":
        return object_array(encoder, values.ravel().tolist(), values.shape)
    name = dtype.str if dtype.names is None else str(dtype.descr)
    hasher = encoder.digests.new()
    hasher.update(f"array {name} {values.shape}\n".encode())
    _feed(np, hasher, values)
    digest = hasher.hexdigest()

    def fill(file: BinaryIO) -> None:
        np.lib.format.write_array(file, np.ascontiguousarray(values).reshape(values.shape), allow_pickle=False)

    blob = encoder.keep_blob(f"{digest}.npy", values.nbytes, fill)
    return {"kind": "array", "dtype": name, "shape": list(values.shape), "digest": digest, "blob": blob}


def object_array(encoder: Encoder, members: list[object], shape: tuple[int, ...]) -> Node:
    """Python objects in C order as an Array of dtype ``object``."""
    if set(map(type, members)) <= {str, type(None)}:
        digest = encoder.digests.of("array of str", str(shape), repr(members))
    else:
        digest = encoder.digests.of("array of objects", str(shape), *[encoder.part(member) for member in members])

    def fill(file: BinaryIO) -> None:
        file.write(json.dumps([encoder.text_of(member) for member in members]).encode())

    blob = encoder.keep_blob(f"{digest}.json", 64 * len(members), fill)
    return {"kind": "array", "dtype": "object", "shape": list(shape), "digest": digest, "blob": blob}


def masked(encoder: Encoder, values: Any) -> Node:
    """A masked array as its data, with nothing under the mask, and the mask."""
    np: Any = sys.modules["numpy"]
    mask = np.ma.getmaskarray(values)
    data = np.array(np.ma.getdata(values))
    data[mask] = np.zeros((), dtype=data.dtype)
    return encoder.fields("numpy.ma.MaskedArray", {"data": data, "mask": mask})


def _feed(np: Any, hasher: Any, values: Any) -> None:
    """The elements in C order, whatever the layout; every NaN alike; padding between fields left out."""
    if values.dtype.names is not None:
        for name in values.dtype.names:
            _feed(np, hasher, values[name])
        return
    if values.size * values.itemsize > _CHUNK and values.ndim and not values.flags.c_contiguous:
        rows = max(1, _CHUNK // max(1, values.nbytes // len(values)))
        for start in range(0, len(values), rows):
            _feed(np, hasher, np.ascontiguousarray(values[start : start + rows]))
        return
    if values.dtype.char in "gG":  # bytes of padding in every element
        hasher.update(repr(values.tolist()).encode())
        return
    values = np.ascontiguousarray(values)
    if values.dtype.kind in "fc" and values.size and bool(np.isnan(np.max(values))):
        values = values.copy()
        parts = values.view(values.real.dtype)
        parts[np.isnan(parts)] = np.nan
    if values.size and values.itemsize:
        hasher.update(memoryview(values.reshape(-1).view(np.uint8)))


def _scalar(encoder: Encoder, obj: Any) -> Node:
    if obj.dtype.names is not None or obj.dtype.kind in "mM":
        return encoder.scalar(f"numpy.{type(obj).__name__}", str(obj))
    item = obj.item()
    text = repr(item) if isinstance(item, (bool, int, float, complex, str, bytes)) else str(obj)
    return encoder.scalar(f"numpy.{type(obj).__name__}", text)


def _numpy_object(encoder: Encoder, np: Any, obj: Any) -> Node | None:
    if isinstance(obj, np.random.RandomState):
        return encoder.fields("numpy.random.RandomState", {"state": obj.get_state(legacy=False)})
    if isinstance(obj, np.random.Generator):
        return encoder.fields("numpy.random.Generator", {"state": obj.bit_generator.state})
    if isinstance(obj, np.random.BitGenerator):
        return encoder.fields(f"numpy.random.{type(obj).__name__}", {"state": obj.state})
    if isinstance(obj, np.random.SeedSequence):
        return encoder.fields("numpy.random.SeedSequence", dict(obj.state))
    if isinstance(obj, np.dtype):
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


def _tensor(encoder: Encoder, obj: Any) -> Node | None:
    torch: Any = sys.modules["torch"]
    if not isinstance(obj, torch.Tensor):
        return None
    plain = obj.detach().cpu()
    if plain.is_sparse:
        plain = plain.to_dense()
    return array(encoder, plain.float().numpy() if plain.dtype == torch.bfloat16 else plain.numpy())
