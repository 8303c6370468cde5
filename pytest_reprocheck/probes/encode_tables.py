"""Data frames, series and indexes of pandas and polars as values."""

from __future__ import annotations

import sys

from . import encode_arrays, encode_arrow, encode_columns
from .nodes import opaque
from .unordered import MOST_KEYS, mixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encode_columns import Column
    from .encoder import Encoder
    from .nodes import Node

    _Typed = tuple[Any, Any]
    """A column's dtype, and its array of numpy or pandas."""


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
    if issubclass(type(obj), pd.DataFrame):
        extra = (*(_name(name) for name in obj.columns.names), *_kinds(obj.columns))
        columns = _columns_of(obj)
        return _table(
            encoder, "pandas.DataFrame", [_name(name) for name in obj.columns], columns, index=obj.index, extra=extra
        )
    if issubclass(type(obj), pd.Series):
        extra = _kinds([obj.name])
        return _table(encoder, "pandas.Series", [_name(obj.name)], [_typed(obj)], index=obj.index, extra=extra)
    if issubclass(type(obj), pd.Index):
        levels = [_typed(obj.get_level_values(level)) for level in range(obj.nlevels)]
        return _table(encoder, kind, [_name(name) for name in obj.names], levels)
    if issubclass(type(obj), extensions.ExtensionArray):
        return _table(encoder, kind, [_name(None)], [_typed(pd.Series(obj))])
    told = (pd.Timestamp, pd.Timedelta, pd.Period, pd.Interval, extensions.ExtensionDtype)
    return encoder.scalar(kind, repr(obj)) if issubclass(type(obj), told) or obj is pd.NaT or obj is pd.NA else None


def _columns_of(frame: Any) -> list[_Typed]:
    """A frame's columns by place, as several may have one name; without a Series for each where pandas allows."""
    arrays = getattr(frame, "_iter_column_arrays", None)
    if arrays is None:
        return [_typed(frame.iloc[:, position]) for position in range(frame.shape[1])]
    return [(array.dtype, array) for array in arrays()]


def _typed(column: Any) -> _Typed:
    """A series or an index as dtype and array: numpy's own dtypes have other names on the array that pandas gives."""
    return column.dtype, column.array


def _table(
    encoder: Encoder,
    kind: str,
    names: list[str],
    columns: list[_Typed],
    *,
    index: Any = None,
    extra: tuple[str, ...] = (),
) -> Node:
    # Python objects count as one address each.
    size = sum(int(array.nbytes) for _, array in columns)
    wanted = len(columns) <= MOST_KEYS and encoder.order_free(size)
    data = [_column(encoder, column, order_free=wanted) for column in columns]
    told = None if index is None else _index(encoder, index, order_free=wanted)
    index_names = [] if index is None else [_name(name) for name in index.names]
    more = [*extra, *index_names, *[_categories(encoder, dtype) for dtype, _ in columns]]
    return encoder.table(kind, names, [str(dtype) for dtype, _ in columns], data, index=told, more=more)


def _column(encoder: Encoder, column: _Typed, *, order_free: bool) -> Column:
    """A column of pandas as an Array, by what its dtype says of its memory."""
    pd: Any = sys.modules["pandas"]
    np: Any = sys.modules["numpy"]
    dtype, array = column
    if type(dtype).__module__.startswith("numpy"):
        return encode_arrays.column(encoder, np.asarray(array), order_free=order_free)
    if dtype.kind == "M" and getattr(dtype, "pyarrow_dtype", None) is None:
        naive = array.tz_convert(None) if getattr(dtype, "tz", None) is not None else array
        return encode_arrays.column(encoder, naive.to_numpy(), order_free=order_free)
    if isinstance(dtype, pd.SparseDtype):
        return encode_arrays.column(encoder, array.to_dense(), order_free=order_free)
    if isinstance(dtype, pd.CategoricalDtype):
        return _by_category(encoder, array, array.codes, dtype.categories, order_free=order_free)
    if hasattr(array, "__arrow_array__") and "pyarrow" in sys.modules and hasattr(array, "_pa_array"):
        return encode_arrow.column(encoder, array.__arrow_array__(), order_free=order_free)
    if isinstance(dtype, pd.StringDtype):
        missing = array.isna().tolist()
        members = [None if absent else one for one, absent in zip(array.tolist(), missing, strict=True)]
        return encode_columns.strings(encoder, members, order_free=order_free)
    if dtype.kind in "biuf" and hasattr(dtype, "numpy_dtype"):
        missing = array.isna()
        plain = array.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
        if not missing.any():
            return encode_arrays.column(encoder, plain, order_free=order_free)
        return encode_columns.nullable(encoder, plain, missing, lambda: _members(array), order_free=order_free)
    if type(dtype).__module__.partition(".")[0] == "pandas":
        codes, distinct = pd.factorize(array)
        return _by_category(encoder, array, codes, distinct, order_free=order_free)
    return encode_arrays.objects(encoder, _members(array), (len(array),), order_free=order_free)


def _by_category(encoder: Encoder, array: Any, codes: Any, distinct: Any, *, order_free: bool) -> Column:
    values = distinct.astype(object).tolist()
    return encode_columns.categories(encoder, codes, values, lambda: _members(array), order_free=order_free)


def _members(array: Any) -> list[object]:
    """A column's elements, None for missing ones."""
    members = array.astype(object).tolist()
    missing = array.isna().tolist()
    return [None if absent else member for member, absent in zip(members, missing, strict=True)]


def _categories(encoder: Encoder, dtype: Any) -> str:
    """The categories' own order decides codes and dummy columns, though the values do not show it."""
    categories = getattr(dtype, "categories", None)
    if categories is None:
        return ""
    ordered = str(getattr(dtype, "ordered", ""))
    return encoder.digests.of(ordered, _column(encoder, _typed(categories), order_free=False)[0]["digest"])


def _index(encoder: Encoder, index: Any, *, order_free: bool) -> Column | None:
    """The index's values; None for 0, 1, 2 ..."""
    pd: Any = sys.modules["pandas"]
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return None
    if index.nlevels == 1:
        return _column(encoder, _typed(index), order_free=order_free)
    words = None
    for level, codes in zip(index.levels, index.codes, strict=True):
        found = encode_columns.category_words(encoder, codes, level.astype(object).tolist())
        words = found if words is None else mixed(words) ^ found
    return encode_columns.by_words(encoder, words, lambda: index.to_flat_index().tolist(), order_free=order_free)


def _polars(encoder: Encoder, obj: Any) -> Node | None:
    pl: Any = sys.modules.get("polars")
    if pl is None or not hasattr(pl, "DataFrame"):
        return None
    if issubclass(type(obj), pl.DataFrame):
        columns, kind = obj.get_columns(), "polars.DataFrame"
    elif issubclass(type(obj), pl.Series):
        columns, kind = [obj], "polars.Series"
    elif issubclass(type(obj), pl.LazyFrame):
        return opaque("polars.LazyFrame", "a query that is not run yet", digest=None)
    elif issubclass(type(obj), pl.Expr):
        return encoder.scalar("polars.Expr", str(obj.meta.serialize(format="json")))
    else:
        return None
    wanted = len(columns) <= MOST_KEYS and encoder.order_free(sum(column.estimated_size() for column in columns))
    data = [_polars_column(encoder, column, order_free=wanted) for column in columns]
    return encoder.table(kind, [column.name for column in columns], [str(column.dtype) for column in columns], data)


def _polars_column(encoder: Encoder, column: Any, *, order_free: bool) -> Column:
    pl: Any = sys.modules["polars"]
    dtype, missing = column.dtype, column.null_count()
    if dtype in (pl.Categorical, pl.Enum):
        column, dtype = column.cast(pl.String), pl.String
    if dtype == pl.String:
        if "pyarrow" in sys.modules:
            return encode_arrow.column(encoder, column.to_arrow(), order_free=order_free)
        return encode_columns.strings(encoder, column.to_list(), order_free=order_free)
    numbers = (dtype.is_numeric() and not dtype.is_decimal() and dtype not in _wide(pl)) or dtype == pl.Boolean
    if not missing and (numbers or dtype in (pl.Date, pl.Datetime, pl.Duration)):
        return encode_arrays.column(encoder, column.to_numpy(), order_free=order_free)
    if numbers:
        plain = column.fill_null(False if dtype == pl.Boolean else 0).to_numpy()
        absent = column.is_null().to_numpy()
        return encode_columns.nullable(encoder, plain, absent, column.to_list, order_free=order_free)
    return encode_arrays.objects(encoder, column.to_list(), (len(column),), order_free=order_free)


def _kinds(labels: Any) -> tuple[str, ...]:
    """Types of labels, where they are not texts alone: 1 and "1" look alike as names."""
    kinds = [type(label).__name__ for label in labels]
    return () if kinds.count("str") == len(kinds) else tuple(kinds)


def _wide(pl: Any) -> list[Any]:
    """Polars' numbers that numpy has no type for."""
    return [kind for kind in (getattr(pl, name, None) for name in ("Int128", "UInt128", "Float16")) if kind is not None]


def _name(name: object) -> str:
    return name if type(name) is str else repr(name)
