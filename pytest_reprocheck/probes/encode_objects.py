"""What is neither a container nor an array: dates, enums, functions, estimators, objects of the user's classes."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from .learned import own_fields
from .nodes import opaque, type_name

if TYPE_CHECKING:
    from .encoder import Encoder
    from .nodes import Node

_PLAIN_REPR = frozenset(
    {
        *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")),
        *(f"pathlib.{name}" for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
        *("pathlib._local.PosixPath", "pathlib._local.WindowsPath", "zoneinfo.ZoneInfo", "uuid.UUID", "re.Pattern"),
        *(f"ipaddress.IPv{version}{kind}" for version in (4, 6) for kind in ("Address", "Network")),
        *("decimal.Decimal", "fractions.Fraction", "builtins.bytearray", "builtins.memoryview"),
        *(f"builtins.{name}" for name in ("range", "slice", "ellipsis", "NotImplementedType")),
    }
)
"""Types whose ``repr`` tells all and runs no user code."""
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
    }
)
"""Libraries whose objects stand for something outside of them, or for the process's own machinery."""
_CALLABLES = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)


def encode(encoder: Encoder, obj: Any) -> Node:
    """The value of an object by its type, its qualified name, or its attributes."""
    kind = type(obj)
    name = f"{kind.__module__}.{kind.__qualname__}"
    short = kind.__qualname__ if kind.__module__ == "builtins" else name
    if name in _PLAIN_REPR:
        return encoder.scalar(short, repr(bytes(obj)) if kind in (bytearray, memoryview) else repr(obj))
    named = _by_name(encoder, obj, short)
    if named is not None:
        return named
    if kind.__module__.partition(".")[0] in _NO_FORM:
        return opaque(type_name(kind), "no canonical form", digest=None)
    for base in (str, bytes, bool, int, float, complex):
        if isinstance(obj, base):
            return encoder.scalar(short, base.__repr__(obj))
    return _special(encoder, obj, short) or _by_attributes(encoder, obj, short)


def _by_name(encoder: Encoder, obj: Any, short: str) -> Node | None:
    if isinstance(obj, types.ModuleType):
        return encoder.scalar("module", str(obj.__name__))
    if isinstance(obj, type):
        return encoder.scalar("type", f"{obj.__module__}.{obj.__qualname__}")
    if isinstance(obj, _CALLABLES):
        module = getattr(obj, "__module__", None)
        owner = f"{module}." if isinstance(module, str) else ""
        return encoder.scalar(short, f"{owner}{obj.__qualname__}")
    if isinstance(obj, types.MethodType) and isinstance(obj.__func__, types.FunctionType):
        return encoder.fields(short, {"self": obj.__self__, "function": obj.__func__})
    enum: Any = sys.modules.get("enum")
    if enum is not None and isinstance(obj, enum.Enum):
        member = getattr(obj, "_name_", None)
        return encoder.scalar(short, f"{short}.{member if member is not None else obj._value_}")
    return None


def _special(encoder: Encoder, obj: Any, short: str) -> Node | None:
    collections: Any = sys.modules.get("collections")
    functools: Any = sys.modules.get("functools")
    if collections is not None and isinstance(obj, collections.deque):
        return encoder.sequence(short, list(collections.deque.__iter__(obj)))
    if functools is not None and isinstance(obj, functools.partial):
        return encoder.fields(short, {"func": obj.func, "args": obj.args, "keywords": obj.keywords})
    if isinstance(obj, types.MappingProxyType):
        return encoder.mapping(short, list(obj.keys()), list(obj.values()))
    random: Any = sys.modules.get("random")
    if random is not None and isinstance(obj, random.Random) and not isinstance(obj, random.SystemRandom):
        digest = encoder.digests.of(repr(random.Random.getstate(obj)))
        return opaque("random.Random", "state of a generator", digest=digest)
    if short == "sklearn.tree._tree.Tree":
        return encoder.fields(short, obj.__getstate__())
    return None


def _by_attributes(encoder: Encoder, obj: Any, short: str) -> Node:
    fields = own_fields(obj)
    if not fields and not hasattr(obj, "__dict__"):
        return opaque(short, "no canonical form", digest=None)
    if not encoder.is_user_class(type(obj)) or hasattr(type(obj), "get_params"):
        # A library's private attributes are its caches and internals; what they mean shows in what the object does.
        fields = {name: value for name, value in fields.items() if not name.startswith("_")}
    return encoder.fields(short, fields)
