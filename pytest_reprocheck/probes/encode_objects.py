"""What is neither a container nor an array: dates, enums, functions, estimators, objects of the user's classes."""

from __future__ import annotations

import sys
import types

from .learned import class_data, is_machinery, own_dict, own_fields
from .nodes import opaque, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
_IN_MEMORY = frozenset({"_io.StringIO", "_io.BytesIO"})
"""Files that are nowhere but in memory: to look at what they hold moves nothing."""
_MADE_BY_PYTHON = 1 << 9
"""Flag of classes that a program makes, unlike those of C."""
_POINTER = tuple.__itemsize__
"""Bytes of a reference."""
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
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
    if name in _IN_MEMORY:
        return encoder.fields(short, {} if obj.closed else {"value": obj.getvalue(), "position": obj.tell()})
    if "__next__" in {member for base in kind.__mro__ for member in vars(base)}:
        return opaque(type_name(kind), "an iterator: reading it would use it up", digest=None)
    if is_machinery(obj):
        return opaque(type_name(kind), "no canonical form", digest=None)
    datetime: Any = sys.modules.get("datetime")
    dates = () if datetime is None else (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
    for base in (str, bytes, bool, int, float, complex, *dates):
        if issubclass(kind, base):
            return _with_attributes(encoder, obj, encoder.scalar(short, base.__repr__(obj)))
    return _special(encoder, obj, short) or _by_attributes(encoder, obj, short)


def _by_name(encoder: Encoder, obj: Any, short: str) -> Node | None:
    if issubclass(type(obj), types.ModuleType):
        return encoder.scalar("module", str(obj.__name__))
    if issubclass(type(obj), type):
        data = class_data(obj) if encoder.is_user_class(obj) else {}
        qualified = f"{obj.__module__}.{obj.__qualname__}"
        return encoder.fields(f"type {qualified}", data) if data else encoder.scalar("type", qualified)
    if type(obj) is types.FunctionType and encoder.is_user_function(obj):
        held = [cell.cell_contents for cell in obj.__closure__ or () if _is_filled(cell)]
        parts = {
            "code": _code(obj.__code__),
            "defaults": obj.__defaults__,
            "named": obj.__kwdefaults__,
            "closure": held,
            **({"attributes": dict(obj.__dict__)} if obj.__dict__ else {}),
        }
        return encoder.fields(short, {**parts, "name": f"{obj.__module__}.{obj.__qualname__}"})
    if issubclass(type(obj), _CALLABLES):
        module = getattr(obj, "__module__", None)
        owner = f"{module}." if isinstance(module, str) else ""
        return encoder.scalar(short, f"{owner}{obj.__qualname__}")
    if issubclass(type(obj), types.MethodType) and isinstance(obj.__func__, types.FunctionType):
        return encoder.fields(short, {"self": obj.__self__, "function": obj.__func__})
    enum: Any = sys.modules.get("enum")
    if enum is not None and issubclass(type(obj), enum.Enum):
        own = own_fields(obj)
        return encoder.scalar(short, f"{short}.{own.get('_name_') or own.get('_value_')}")
    return None


def _special(encoder: Encoder, obj: Any, short: str) -> Node | None:
    collections: Any = sys.modules.get("collections")
    functools: Any = sys.modules.get("functools")
    if collections is not None and issubclass(type(obj), collections.deque):
        bound = "" if obj.maxlen is None else f"(maxlen={obj.maxlen})"
        members = list(collections.deque.__iter__(obj))
        fields = own_fields(obj) if encoder.is_user_class(type(obj)) else {}
        if fields:
            return encoder.fields(f"{short}{bound}", {**fields, "(members)": members})
        return encoder.sequence(f"{short}{bound}", members)
    if issubclass(type(obj), _VIEWS):
        return encoder.sequence(short, list(obj))
    if issubclass(type(obj), types.SimpleNamespace):
        return encoder.fields(short, types.SimpleNamespace.__dict__["__dict__"].__get__(obj))
    if functools is not None and issubclass(type(obj), functools.partial):
        return encoder.fields(short, {"func": obj.func, "args": obj.args, "keywords": obj.keywords})
    array: Any = sys.modules.get("array")
    if array is not None and issubclass(type(obj), array.array):
        return encoder.fields(short, {"typecode": obj.typecode, "bytes": array.array.tobytes(obj)})
    if issubclass(type(obj), BaseException):
        return encoder.fields(short, {**own_fields(obj), "args": BaseException.args.__get__(obj)})  # type: ignore[attr-defined]
    if issubclass(type(obj), types.MappingProxyType):
        return encoder.mapping(short, list(obj.keys()), list(obj.values()))
    random: Any = sys.modules.get("random")
    if random is not None and issubclass(type(obj), random.Random) and not issubclass(type(obj), random.SystemRandom):
        if obj is random._inst:  # noqa: SLF001
            return encoder.scalar("random.Random", "the global one")
        digest = encoder.digests.of(repr(random.Random.getstate(obj)))
        return opaque("random.Random", "state of a generator", digest=digest)
    if short == "sklearn.tree._tree.Tree":
        return encoder.fields(short, obj.__getstate__())
    return None


def _with_attributes(encoder: Encoder, obj: object, plain: Node) -> Node:
    """A number, text or date of a class of the user's may have attributes besides."""
    fields = own_fields(obj) if encoder.is_user_class(type(obj)) else {}
    return encoder.fields(str(plain["type"]), {**fields, "(value)": plain["text"]}) if fields else plain


def _by_attributes(encoder: Encoder, obj: Any, short: str) -> Node:
    kind = type(obj)
    fields = own_fields(obj)
    if any(_holds_more(base) for base in kind.__mro__[:-1]) or (not fields and own_dict(obj) is None):
        return opaque(short, "no canonical form", digest=None)
    if hasattr(kind, "get_params"):
        # An estimator's private attributes are its caches and internals.
        fields = {name: value for name, value in fields.items() if not name.startswith("_")}
    if encoder.is_user_class(kind):
        classes = [base for base in kind.__mro__ if encoder.is_user_class(base)]
        shared = {name: value for base in reversed(classes) for name, value in class_data(base).items()}
        fields = {**{f"(class).{name}": value for name, value in shared.items() if name not in fields}, **fields}
    return encoder.fields(short, fields)


def _holds_more(kind: type) -> bool:
    """Whether objects of a class hold what is no attribute: its state lies in C."""
    if not kind.__flags__ & _MADE_BY_PYTHON:
        return True
    own = vars(kind)
    slots = sum(type(member) is types.MemberDescriptorType for member in own.values()) if "__slots__" in own else 0
    known = slots + ("__dict__" in own) + ("__weakref__" in own)
    base = kind.__base__
    return base is not None and kind.__basicsize__ > base.__basicsize__ + known * _POINTER


def _is_filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _code(code: types.CodeType) -> list[object]:
    """What a function does, wherever in its file it stands."""
    constants = [_code(one) if type(one) is types.CodeType else one for one in code.co_consts]
    return [code.co_code, list(code.co_names), list(code.co_varnames), constants]
