"""What a pickle's calls stand for: numpy's arrays, dtypes and numbers, sets, bytes, tensors; all else by its parts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pytest_reprocheck.execution.artifacts.nodes import Made, Members, Pairs, Told, UnreadableError
from pytest_reprocheck.execution.artifacts.pickle_machine import Call, Global, Persistent

_RENAMED = (("numpy._core.", "numpy.core."), ("__builtin__.", "builtins."), ("copy_reg.", "copyreg."))
"""The same things under the names that other versions gave them."""
_MISSING: Any = object()


def plain_name(name: str) -> str:
    """A dotted name as all versions have it."""
    for new, old in _RENAMED:
        if name.startswith(new):
            return old + name.removeprefix(new)
    return name


def known_objects(rebuild: Mapping[str, Callable[[Call], Any]] | None = None) -> Callable[[Any], Any]:
    """A function that gives what a node of a pickle stands for; ``rebuild`` knows more calls by their plain names."""
    calls = {**_CALLS, **(rebuild or {})}
    found: dict[int, Any] = {}
    held: list[Any] = []

    def known(obj: Any) -> Any:
        if isinstance(obj, Global):
            return Told(type="name", text=plain_name(obj.name))
        if isinstance(obj, Persistent):
            return Made(type="persistent", parts={"identity": obj.identity})
        if not isinstance(obj, Call):
            return obj
        if id(obj) not in found:
            inline = obj.inline
            found[id(obj)] = known(inline) if inline is not None else _meaning(obj, calls)
            held.append(obj)
        return found[id(obj)]

    return known


def _meaning(call: Call, calls: Mapping[str, Callable[[Call], Any]]) -> Any:
    rebuild = calls.get(plain_name(call.name))
    if rebuild is not None:
        try:
            made = rebuild(call)
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, MemoryError) as error:
            raise UnreadableError(f"{call.name} cannot be followed: {error}") from error
        if made is not _MISSING:
            return made
    return _by_parts(call)


def _by_parts(call: Call) -> Any:
    """Any other object: its class, arguments, state and members."""
    name = plain_name(call.name)
    plain = not call.has_state and not call.keywords and not call.arguments
    if plain and name.endswith("Dict") and not call.members:
        return Pairs(type=name, pairs=call.pairs)
    parts: dict[str, Any] = {f"argument {number}": each for number, each in enumerate(call.arguments, start=1)}
    if not name:
        parts["called"] = call.function
    if call.keywords:
        parts["keywords"] = call.keywords
    if call.members:
        parts["members"] = call.members
    if call.pairs:
        parts["entries"] = Pairs(pairs=call.pairs)
    if call.has_state:
        parts |= _attributes(call.state)
    return Made(type=name or "object", parts=parts)


def _attributes(state: Any) -> dict[str, Any]:
    """The attributes that a state sets; as a whole where it is of another form."""
    if isinstance(state, Pairs) and all(isinstance(key, str) for key, _value in state.pairs):
        return dict(state.pairs)
    if isinstance(state, tuple) and len(state) == 2 and all(part is None or isinstance(part, Pairs) for part in state):
        pairs = [pair for part in state if part is not None for pair in part.pairs]
        if all(isinstance(key, str) for key, _value in pairs):
            return dict(pairs)
    return {"state": state}


def dtype_of(node: Any) -> np.dtype[Any]:
    """The dtype that a call of ``numpy.dtype`` stands for; raises ValueError for anything else."""
    if not isinstance(node, Call) or plain_name(node.name) != "numpy.dtype":
        raise ValueError("no dtype")
    code = node.arguments[0]
    state = node.state if isinstance(node.state, tuple) else (3, "|", None, None, None, -1, -1, 0)
    if state[3] is not None:
        fields = dict(state[4].pairs)
        formats = [dtype_of(fields[name][0]) for name in state[3]]
        offsets = [fields[name][1] for name in state[3]]
        size = state[5]
        return np.dtype({"names": list(state[3]), "formats": formats, "offsets": offsets, "itemsize": size})
    if state[2] is not None:
        return np.dtype((dtype_of(state[2][0]), state[2][1]))
    if str(code)[:1] in "mM" and len(state) > 8:
        unit, count = state[8][1][:2]
        dtype = np.dtype(f"{code}[{count}{raw_bytes(unit).decode('ascii')}]")
        return dtype.newbyteorder(state[1] if state[1] in "<>" else "=")
    dtype = np.dtype(str(code))
    return dtype.newbyteorder(state[1]) if state[1] in ("<", ">") else dtype


def raw_bytes(node: Any) -> bytes:
    """Bytes, by whatever way the protocol has for them."""
    if isinstance(node, str):
        return node.encode("latin-1")
    if isinstance(node, (bytes, bytearray)):
        return bytes(node)
    if isinstance(node, Call) and plain_name(node.name) in _BYTES:
        made = _BYTES[plain_name(node.name)](node)
        if isinstance(made, (bytes, bytearray)):
            return bytes(made)
    raise ValueError("no bytes")


def _encoded(call: Call) -> Any:
    text, *encoding = call.arguments
    if encoding[:1] not in ([], ["latin1"], ["latin-1"], ["utf-8"]):
        return _MISSING
    return str(text).encode(*encoding)


def _builtin_bytes(call: Call) -> Any:
    if not call.arguments:
        return b""
    (first, *_rest) = call.arguments
    return bytes(first) if isinstance(first, (bytes, list)) else _MISSING


def _bytearray(call: Call) -> Any:
    return bytearray(raw_bytes(call.arguments[0])) if call.arguments else bytearray()


_BYTES: Mapping[str, Callable[[Call], Any]] = {
    "_codecs.encode": _encoded,
    "builtins.bytes": _builtin_bytes,
    "builtins.bytearray": _bytearray,
}


def array_from(data: Any, dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran: bool) -> Any:
    """An array of raw bytes; a Made for one of Python objects."""
    if dtype.hasobject:
        members = list(data) if isinstance(data, (list, tuple)) else data.members
        return Made(type="numpy.ndarray of objects", parts={"shape": shape, "members": members})
    return np.frombuffer(raw_bytes(data), dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _reconstructed(call: Call) -> Any:
    if not isinstance(call.state, tuple) or len(call.state) != 5:
        return _MISSING
    _version, shape, dtype, fortran, data = call.state
    made = array_from(data, dtype_of(dtype), tuple(shape), fortran=bool(fortran))
    kind = call.arguments[0]
    name = plain_name(kind.name) if isinstance(kind, Global) else ""
    return made if name == "numpy.ndarray" else Made(type=name or "numpy.ndarray", parts={"data": made})


def _from_buffer(call: Call) -> Any:
    data, dtype, shape, order = call.arguments
    return array_from(data, dtype_of(dtype), tuple(shape), fortran=order == "F")


def _number(call: Call) -> Any:
    dtype = dtype_of(call.arguments[0])
    if dtype.hasobject:
        return _MISSING
    return np.frombuffer(raw_bytes(call.arguments[1]), dtype=dtype)[0]


def _dtype(call: Call) -> Any:
    dtype = dtype_of(call)
    return Told(type="numpy.dtype", text=str(dtype.descr if dtype.names else dtype.str))


def _set(call: Call) -> Any:
    given = call.arguments[0] if call.arguments else []
    members = given.members if isinstance(given, Members) else list(given)
    return Members(
        type=plain_name(call.name).removeprefix("builtins."), members=[*members, *call.members], ordered=False
    )


def _complex(call: Call) -> Any:
    return complex(*call.arguments)


def _moment(call: Call) -> Any:
    """Dates and times of the standard library, which pickle themselves as bytes."""
    first, *rest = call.arguments
    try:
        text = base64.b16encode(raw_bytes(first)).decode("ascii")
    except ValueError:
        return _MISSING
    return Made(type=plain_name(call.name), parts={"zone": rest, "value": text})


_CALLS: Mapping[str, Callable[[Call], Any]] = {
    **_BYTES,
    "numpy.core.multiarray._reconstruct": _reconstructed,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy.core.multiarray.scalar": _number,
    "numpy.dtype": _dtype,
    "builtins.set": _set,
    "builtins.frozenset": _set,
    "builtins.complex": _complex,
    "datetime.datetime": _moment,
    "datetime.date": _moment,
    "datetime.time": _moment,
}
"""Plain name -> what a call of it stands for."""
