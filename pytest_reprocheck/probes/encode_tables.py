"""Data frames, series and indexes of pandas and polars as values."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import encode_arrays
from .nodes import opaque

if TYPE_CHECKING:
    from .encoder import Encoder
    from .nodes import Node

_MOST_COLUMNS = 2000


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of a table-like object; None for anything else."""
    for kind in type(obj).__mro__:
        module, _, _ = kind.__module__.partition(".")
        if module == "pandas":
            return _pandas(encoder, obj)
        if module == "polars":
            return _polars(encoder, obj)
    return None


def column_names(obj: Any) -> list[str] | None:
    """The names of a frame's columns as the frame gives them; None for what has none."""
    for kind in type(obj).__mro__:
        if kind.__module__.partition(".")[0] in {"pandas", "polars"} and hasattr(obj, "columns"):
            return [_name(name) for name in obj.columns]
    return None


def _pandas(encoder: Encoder, obj: Any) -> Node | None:
    pd: Any = sys.modules.get("pandas")
    if pd is None or not hasattr(pd, "DataFrame"):
        return None
    kind = f"pandas.{type(obj).__name__}"
    extensions = pd.api.extensions
    if isinstance(obj, pd.DataFrame):
        columns = [(name, obj.iloc[:, position]) for position, name in enumerate(obj.columns)]
        return _table(encoder, "pandas.DataFrame", columns, obj.index, [_name(name) for name in obj.columns.names])
    if isinstance(obj, pd.Series):
        return _table(encoder, "pandas.Series", [(obj.name, obj)], obj.index, [])
    if isinstance(obj, pd.Index):
        levels = [(name, obj.get_level_values(level)) for level, name in enumerate(obj.names)]
        return _table(encoder, kind, levels, None, [])
    if isinstance(obj, extensions.ExtensionArray):
        return _table(encoder, kind, [(None, pd.Series(obj))], None, [])
    told = (pd.Timestamp, pd.Timedelta, pd.Period, pd.Interval, extensions.ExtensionDtype)
    return encoder.scalar(kind, repr(obj)) if isinstance(obj, told) or obj is pd.NaT or obj is pd.NA else None


def _table(encoder: Encoder, kind: str, columns: list[tuple[Any, Any]], index: Any, extra: list[str]) -> Node:
    data = [_column(encoder, column) for _, column in columns]
    dtypes = [str(column.dtype) for _, column in columns]
    index_node, index_part = (None, "none") if index is None else _index(encoder, index)
    shown = [_name(name) for name, _ in columns]
    categories = [_categories(encoder, column) for _, column in columns]
    digests = [column["digest"] for column in data]
    digest = encoder.digests.of(kind, *extra, *shown, "|", *dtypes, "|", *categories, "|", *digests, "|", index_part)
    if len(data) > _MOST_COLUMNS:
        return opaque(kind, "too large", digest=digest)
    table = {"kind": "table", "type": kind, "columns": shown, "data": data, "dtypes": dtypes}
    return {**table, "index": index_node, "digest": digest}


def _column(encoder: Encoder, column: Any) -> Node:
    """A pandas series or index as an Array; what numpy has no dtype for as Python objects."""
    kind = column.dtype.kind
    if type(column.dtype).__module__.startswith("numpy"):
        return encode_arrays.array(encoder, column.to_numpy())
    if kind == "M":
        naive = column.array.tz_convert(None) if getattr(column.dtype, "tz", None) is not None else column.array
        return encode_arrays.array(encoder, naive.to_numpy())
    if kind in "biuf" and hasattr(column.dtype, "numpy_dtype") and not column.isna().any():
        return encode_arrays.array(encoder, column.to_numpy(dtype=column.dtype.numpy_dtype))
    members = column.array.astype(object).tolist()
    if kind not in "biuf" and set(map(type, members)) != {str}:
        missing = column.array.isna().tolist()
        members = [None if absent else member for member, absent in zip(members, missing, strict=True)]
    return encode_arrays.object_array(encoder, members, (len(members),))


def _categories(encoder: Encoder, column: Any) -> str:
    """The categories' own order decides codes and dummy columns, though the values do not show it."""
    categories = getattr(column.dtype, "categories", None)
    if categories is None:
        return ""
    return encoder.digests.of(str(getattr(column.dtype, "ordered", "")), _column(encoder, categories)["digest"])


def _index(encoder: Encoder, index: Any) -> tuple[Node | None, str]:
    """The index's values, None for 0, 1, 2 ...; and a digest that has its names too."""
    pd: Any = sys.modules["pandas"]
    names = [_name(name) for name in index.names]
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return None, encoder.digests.of("range", str(len(index)), *names)
    if index.nlevels > 1:
        node = encode_arrays.object_array(encoder, index.to_flat_index().tolist(), (len(index),))
    else:
        node = _column(encoder, index)
    return node, encoder.digests.of(node["digest"], *names)


def _polars(encoder: Encoder, obj: Any) -> Node | None:
    pl: Any = sys.modules.get("polars")
    if pl is None or not hasattr(pl, "DataFrame"):
        return None
    if isinstance(obj, pl.DataFrame):
        columns, kind = obj.get_columns(), "polars.DataFrame"
    elif isinstance(obj, pl.Series):
        columns, kind = [obj], "polars.Series"
    else:
        return None
    data = [_polars_column(encoder, column) for column in columns]
    dtypes, names = [str(column.dtype) for column in columns], [column.name for column in columns]
    digest = encoder.digests.of(kind, *names, "|", *dtypes, "|", *[column["digest"] for column in data])
    table = {"kind": "table", "type": kind, "columns": names, "data": data, "dtypes": dtypes}
    return {**table, "index": None, "digest": digest}


def _polars_column(encoder: Encoder, column: Any) -> Node:
    if column.dtype.is_numeric() and not column.null_count():
        return encode_arrays.array(encoder, column.to_numpy())
    return encode_arrays.object_array(encoder, column.to_list(), (len(column),))


def _name(name: object) -> str:
    return name if type(name) is str else repr(name)
