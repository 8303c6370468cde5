"""What fitting leaves on an object."""

from __future__ import annotations

import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_PRIVATE = frozenset({"_Booster", "_bin_mapper", "_predictors"})
"""Private attributes that are the model itself: boosters, and the trees of histogram gradient boosting."""
_PLAIN = (type(None), bool, int, float, complex, str, bytes)

_NO_FORM = frozenset(
    {
        *("IPython", "ipykernel", "traitlets", "matplotlib", "bokeh", "logging", "unittest", "weakref"),
        *("_asyncio", "_io", "_queue", "_socket", "_thread", "asyncio", "concurrent", "ctypes", "io", "mmap"),
        *(
            "multiprocessing",
            "queue",
            "selectors",
            "socket",
            "sqlite3",
            "ssl",
            "subprocess",
            "tempfile",
            "threading",
            "zmq",
        ),
        *("asyncpg", "cx_Oracle", "mysql", "oracledb", "pg8000", "psycopg", "pymysql", "sqlalchemy"),
    }
)
"""Libraries whose objects stand for something outside of them, or for the process's own machinery."""


def learned(estimator: object, parameters: Mapping[str, object], *, own: bool) -> dict[str, object]:
    """The attributes that tell what was learned.

    Names that end in ``_``; of private ones the model itself and arrays (the neighbours that are searched); of a
    class of the user's own, who need not keep to names, everything but parameters and plain values. An object
    without ``get_params`` has no parameters to tell apart.

    Args:
        estimator: the fitted object.
        parameters: what it was made with.
        own: whether its class is the user's own.
    """
    fields = own_fields(estimator)
    if not hasattr(estimator, "get_params"):
        return {name: value for name, value in fields.items() if not name.startswith("__")}
    return {
        name: value
        for name, value in fields.items()
        if (name.endswith("_") and not name.startswith("_"))
        or (name.startswith("_") and (name in _PRIVATE or _is_numeric(value)))
        or (own and name not in parameters and not name.startswith("_") and not isinstance(value, _PLAIN))
    }


def own_fields(obj: object) -> dict[str, object]:
    """The instance's own attributes and filled slots, without running properties."""
    fields: dict[str, object] = {}
    for kind in type(obj).__mro__:
        for name, member in vars(kind).items() if "__slots__" in vars(kind) else ():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    fields.setdefault(name, member.__get__(obj, type(obj)))
                except AttributeError:
                    continue
    return {**fields, **own_attributes(obj)}


def class_data(kind: type) -> dict[str, object]:
    """What a class of the user's holds that is no method, property or member of an enum: its settings and counters."""
    if "_member_map_" in vars(kind):
        return {}
    return {
        name: value
        for name, value in vars(kind).items()
        if not (name.startswith(("__", "_abc_")) or _is_descriptor(value) or is_machinery(value))
    }


def _is_descriptor(value: object) -> bool:
    return any("__get__" in vars(base) for base in type(value).__mro__)


def is_machinery(value: object) -> bool:
    """Whether an object stands for something outside of it, or for the process's own machinery: a log, a lock."""
    return type(value).__module__.partition(".")[0] in _NO_FORM


def own_attributes(obj: object) -> dict[str, object]:
    """What stands in the object's own ``__dict__`` under names, without running properties."""
    own = own_dict(obj)
    return {} if own is None else {name: value for name, value in own.items() if type(name) is str}


def own_dict(obj: object) -> dict[object, object] | None:
    """The object's own ``__dict__``, and no property of the user's; None where it has none."""
    for kind in type(obj).__mro__:
        found = vars(kind).get("__dict__")
        if type(found) is types.GetSetDescriptorType:
            own = found.__get__(obj, type(obj))
            return own if type(own) is dict else None
    return None


def _is_numeric(value: Any) -> bool:
    """An array of numbers or texts, dense or sparse."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return kind is not None and kind in "biufcUS" and len(getattr(value, "shape", ())) > 0
