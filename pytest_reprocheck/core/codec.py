"""Values <-> JSON by the dataclasses' own annotations; a wrong shape is reported with the path to the element."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.subjects import Json

T = TypeVar("T")


def to_json(value: object) -> Json:
    """Frozen values as plain JSON data: fields in the order of their definition, mappings sorted by key."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return to_json(value.value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(expected: type[T], data: object, where: str = "$") -> T:
    """Rebuild a value of the type ``expected``; raises DecodeError naming the element that does not fit."""
    return cast("T", _decode(expected, data, where))


def _decode(expected: Any, data: object, where: str) -> object:
    if isinstance(expected, type) and dataclasses.is_dataclass(expected):
        return _decode_dataclass(expected, data, where)
    if isinstance(expected, type) and issubclass(expected, Enum):
        return _decode_enum(expected, data, where)
    if expected in (object, Any) or _is_json(expected):
        return data
    origin = typing.get_origin(expected)
    if origin is Literal:
        if data not in typing.get_args(expected):
            raise _wrong(f"one of {', '.join(map(repr, typing.get_args(expected)))}", data, where)
        return data
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(expected), data, where)
    if origin is tuple:
        return _decode_tuple(typing.get_args(expected), data, where)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise _wrong("an object", data, where)
        item_type = typing.get_args(expected)[1]
        return {key: _decode(item_type, item, f"{where}.{key}") for key, item in data.items()}
    return _decode_plain(expected, data, where)


def _is_json(expected: Any) -> bool:
    """Whether a type is ``Json``; reading it from annotations makes new unions of the same members."""
    union = typing.get_origin(expected) in (typing.Union, types.UnionType)
    return union and any(typing.get_origin(option) is dict for option in typing.get_args(expected))


def _decode_plain(expected: Any, data: object, where: str) -> object:
    if expected is None or expected is type(None):
        if data is not None:
            raise _wrong("null", data, where)
        return None
    if expected is Path and isinstance(data, str):
        return Path(data)
    if expected is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, expected) or (isinstance(data, bool) and expected is not bool):
        raise _wrong(expected.__name__, data, where)
    return data


def _decode_dataclass(expected: Any, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise _wrong("an object", data, where)
    hints = _hints(expected)
    fields = {field.name: field for field in dataclasses.fields(expected)}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise DecodeError(f"unknown key {unknown[0]!r}", where=where)
    missing = [
        name
        for name, field in fields.items()
        if name not in data and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise DecodeError(f"missing key {missing[0]!r}", where=where)
    return expected(**{name: _decode(hints[name], item, f"{where}.{name}") for name, item in data.items()})


def _hints(expected: Any) -> dict[str, Any]:
    return _hints_of(expected)


@functools.cache
def _hints_of(expected: type) -> dict[str, Any]:
    return typing.get_type_hints(expected)


def _decode_enum(expected: type[Enum], data: object, where: str) -> Enum:
    try:
        return expected(data)
    except ValueError:
        raise _wrong(f"one of {', '.join(repr(member.value) for member in expected)}", data, where) from None


def _decode_tuple(arguments: tuple[Any, ...], data: object, where: str) -> tuple[object, ...]:
    if not isinstance(data, list):
        raise _wrong("an array", data, where)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if len(data) != len(arguments):
        raise _wrong(f"an array of {len(arguments)}", data, where)
    return tuple(
        _decode(kind, item, f"{where}[{index}]") for index, (kind, item) in enumerate(zip(arguments, data, strict=True))
    )


def _decode_union(options: tuple[Any, ...], data: object, where: str) -> object:
    """Dataclasses of a union are told apart by their ``kind``; anything else by the first option that fits."""
    if data is None and type(None) in options:
        return None
    tagged = [option for option in options if dataclasses.is_dataclass(option)]
    if tagged and isinstance(data, dict):
        for option in tagged:
            if data.get("kind") in typing.get_args(_hints(option).get("kind", Literal[()])):
                return _decode(option, data, where)
        if any("kind" in _hints(option) for option in tagged):
            raise DecodeError(f"unknown kind {data.get('kind')!r}", where=where)
    problems: list[DecodeError] = []
    for option in options:
        if option is type(None):
            continue
        try:
            return _decode(option, data, where)
        except DecodeError as error:
            problems.append(error)
    raise problems[0]


def _wrong(expected: str, data: object, where: str) -> DecodeError:
    shown = repr(data)
    return DecodeError(f"expected {expected}, got {shown if len(shown) <= 60 else shown[:57] + '...'}", where=where)
