"""pyarrow's arrays and tables as values: by what they hold, whatever their chunks, offsets and buffers are."""

from __future__ import annotations

import sys

from . import encode_arrays, encode_columns
from .nodes import type_name
from .unordered import MOST_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encode_columns import Column
    from .encoder import Encoder
    from .nodes import Node


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of an object of pyarrow; None for anything else."""
    pa: Any = sys.modules.get("pyarrow")
    if pa is None or type(obj).__module__.partition(".")[0] != "pyarrow" or not hasattr(pa, "Table"):
        return None
    if issubclass(type(obj), (pa.Table, pa.RecordBatch)):
        wanted = len(obj.column_names) <= MOST_KEYS and encoder.order_free(obj.nbytes)
        columns = [column(encoder, one, order_free=wanted) for one in obj.columns]
        kind = f"pyarrow.{type(obj).__name__}"
        return encoder.table(kind, list(obj.column_names), [str(one.type) for one in obj.columns], columns)
    if issubclass(type(obj), (pa.Array, pa.ChunkedArray)):
        told, _ = column(encoder, obj, order_free=encoder.order_free(obj.nbytes))
        return encoder.table("pyarrow.Array", [""], [str(obj.type)], [(told, None)])
    if issubclass(type(obj), pa.Scalar):
        return encoder.fields("pyarrow.Scalar", {"type": str(obj.type), "value": obj.as_py()})
    if issubclass(type(obj), (pa.DataType, pa.Field, pa.Schema)):
        return encoder.scalar(type_name(type(obj)), str(obj))
    return None


def column(encoder: Encoder, values: Any, *, order_free: bool) -> Column:
    """An array of pyarrow, chunked or not."""
    pa: Any = sys.modules["pyarrow"]
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(_chunks(pa, values))
    kind, types = values.type, pa.types
    if types.is_string(kind) or types.is_large_string(kind) or str(kind) == "string_view":
        return _strings(encoder, values, order_free=order_free)
    if types.is_dictionary(kind):
        codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("i8")
        distinct = values.dictionary.to_pylist()
        return encode_columns.categories(encoder, codes, distinct, values.to_pylist, order_free=order_free)
    if types.is_primitive(kind) and not types.is_time(kind):
        if not values.null_count:
            return encode_arrays.column(encoder, values.to_numpy(zero_copy_only=False), order_free=order_free)
        if not types.is_temporal(kind):
            missing = values.is_null().to_numpy(zero_copy_only=False)
            plain = values.fill_null(False if types.is_boolean(kind) else 0).to_numpy(zero_copy_only=False)
            return encode_columns.nullable(encoder, plain, missing, values.to_pylist, order_free=order_free)
    return encode_arrays.objects(encoder, values.to_pylist(), (len(values),), order_free=order_free)


def _chunks(pa: Any, values: Any) -> list[Any]:
    """The chunks, or one empty one; dictionaries of several chunks made one."""
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    return values.chunks or [pa.array([], type=values.type)]


def _strings(encoder: Encoder, values: Any, *, order_free: bool) -> Column:
    """Strings by their buffers: no Python object is made for each of them."""
    pa, np = sys.modules["pyarrow"], sys.modules["numpy"]
    large: Any = values if pa.types.is_large_string(values.type) else values.cast(pa.large_string())
    missing = large.is_null().to_numpy(zero_copy_only=False) if large.null_count else None
    if missing is not None:
        large = large.fill_null("")  # what lies under missing ones is left out
    _, offsets, data = large.buffers()
    ends = np.frombuffer(offsets, dtype="<i8")[large.offset : large.offset + len(large) + 1] if len(large) else None
    if ends is None:
        lengths, held = np.zeros(0, dtype="<i8"), np.zeros(0, dtype=np.uint8)
    else:
        lengths = np.diff(ends)
        held = np.frombuffer(data or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    if missing is not None:
        lengths[missing] = -1
    return encode_columns.string_buffers(
        encoder, lengths, held, values.to_pylist, (lambda: _string_words(encoder, values)) if order_free else None
    )


def _string_words(encoder: Encoder, values: Any) -> Any:
    """A word for each string; None where too many are distinct."""
    found = values.dictionary_encode()
    if len(found.dictionary) > encode_columns.MOST_DISTINCT:
        return None
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("i8")
    return encode_columns.category_words(encoder, codes, found.dictionary.to_pylist())
