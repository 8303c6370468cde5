"""Readers of single settings: a TOML value or a flag's text in, a checked value or a located ConfigError out.

Every reader takes the value and its place (``pyproject.toml: tool.reprocheck.budget``), so the error names the key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from pytest_reprocheck.core.allowances import Allowance
from pytest_reprocheck.core.causes import CAUSES, DRIFT
from pytest_reprocheck.core.conditions import FACTORS, FactorName, WorkspaceMode
from pytest_reprocheck.core.errors import ConfigError, did_you_mean
from pytest_reprocheck.core.findings import FailOn, Severity
from pytest_reprocheck.core.records import ValuesShown
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect

Reader = Callable[[object, str], Any]
Fields = dict[str, Any]
"""Field name of a dataclass -> value; the dataclass's own annotations say which type each has."""

_UNITS = {
    "": 1.0,
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
}
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", re.IGNORECASE)
_NEGATIVE = re.compile(r"\s*-\s*\.?\d")
_BYTES = {
    "": 1, "b": 1, "kb": 1000, "kib": 1024, "mb": 1000**2, "mib": 1024**2, "gb": 1000**3, "gib": 1024**3,
    "tb": 1000**4, "tib": 1024**4,
}  # fmt: skip
_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-fA-F:.*]+\]|[^\s/:\[\]@]+)(:\d+)?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def unexpected(expected: str, value: object, where: str) -> ConfigError:
    """The error for a value of a wrong type or out of range."""
    shown = repr(value)
    return ConfigError(f"expected {expected}, got {shown if len(shown) <= 60 else shown[:56] + ' ...'}", where=where)


def table_of(data: object, where: str) -> dict[str, object]:
    """``data`` itself, which has to be a table."""
    if not isinstance(data, dict):
        raise unexpected("a table", data, where)
    return data


def fields(data: object, where: str, readers: Mapping[str, Reader], *, known: Iterable[str] = ()) -> Fields:
    """A table's values by field name (``max-runs`` gives ``max_runs``).

    A key without a reader is an error; ``known`` are further keys that its hint may name.
    """
    table = table_of(data, where)
    for key in table:
        if key not in readers:
            raise ConfigError("unknown key", where=f"{where}.{key}", hint=did_you_mean(key, [*readers, *known]))
    return {key.replace("-", "_"): readers[key](value, f"{where}.{key}") for key, value in table.items()}


def text(value: object, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise unexpected("a text", value, where)
    return value


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts, empty ones among them."""
    if not isinstance(value, (list, tuple)):
        raise unexpected("a list of texts", value, where)
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise unexpected("a text", item, f"{where}[{index}]")
    return tuple(value)


def glob(value: object, where: str) -> str:
    """A glob from the root."""
    pattern = text(value, where)
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise unexpected("a glob from the root", value, where)
    return pattern.removeprefix("./").rstrip("/")


def globs(value: object, where: str) -> tuple[str, ...]:
    """A list of globs from the root."""
    return tuple(glob(item, f"{where}[{index}]") for index, item in enumerate(texts(value, where)))


def folder(value: object, where: str) -> str:
    """``subject``, or a folder inside the root."""
    name = text(value, where)
    if name.startswith("/") or ".." in name.split("/"):
        raise unexpected("'subject' or a folder inside the root", value, where)
    return name


def module_name(value: object, where: str) -> str:
    """A dotted name."""
    name = text(value, where)
    if not _MODULE.fullmatch(name):
        raise unexpected("a module's dotted name", value, where)
    return name


def environment(value: object, where: str) -> Mapping[str, str]:
    """Environment variables, sorted by name."""
    table = table_of(value, where)
    for name, item in table.items():
        if not name or "=" in name or "\0" in name:
            raise ConfigError("is no name of an environment variable", where=f"{where}.{name}")
        if not isinstance(item, str) or "\0" in item:
            raise unexpected("a text", item, f"{where}.{name}")
    return {name: str(item) for name, item in sorted(table.items())}


def duration(value: object, where: str) -> float:
    """Seconds: a number, or a text such as ``90 s`` or ``10 min``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    unit = match[2].lower() if match else "?"
    scale = _UNITS.get(unit, _UNITS.get(unit.removesuffix("s")))
    if isinstance(value, (int, float, str)) and _NEGATIVE.match(str(value)):
        raise unexpected("0 seconds or more", value, where)
    if match is None or scale is None:
        raise unexpected("seconds, or a text such as '90 s' or '10 min'", value, where)
    return float(match[1]) * scale


def positive_duration(value: object, where: str) -> float:
    """A duration larger than nothing."""
    negative = isinstance(value, (int, float, str)) and _NEGATIVE.match(str(value))
    if negative or not (seconds := duration(value, where)):
        raise unexpected("more than 0 seconds", value, where)
    return seconds


def workspace_mode(value: object, where: str) -> WorkspaceMode:
    """How runs are kept from the user's tree."""
    known: tuple[WorkspaceMode, ...] = get_args(WorkspaceMode)
    if value not in known:
        raise ConfigError(f"unknown workspace {value!r}", where=where, hint=did_you_mean(str(value), known))
    return known[known.index(value)]


def switch(value: object, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise unexpected("true or false", value, where)
    return value


def switch_of_text(value: str, where: str) -> bool:
    """True or false, as environment variables say it."""
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in known:
        raise unexpected("1 or 0", value, where)
    return known[value.lower()]


def memory_size(value: object, where: str) -> int:
    """Bytes: a number, or a text such as ``500 MB`` or ``4 GiB``."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    size = int(float(match[1]) * _BYTES[match[2].lower()]) if match and match[2].lower() in _BYTES else 0
    if not size:
        raise unexpected("bytes, or a text such as '500 MB' or '4 GiB'", value, where)
    return size


def run_count(value: object, where: str) -> int:
    """A whole number of runs, two at least; flags give it as text."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 2:
        raise unexpected("a whole number, at least 2", value, where)
    return number


def hosts(value: object, where: str) -> tuple[str, ...]:
    """Hosts with or without a port, ``*`` for any part of a name; flags give them separated by commas."""
    given = value.split(",") if isinstance(value, str) else texts(value, where)
    names = tuple(item.strip() for item in given)
    for index, name in enumerate(names):
        if not _HOST.fullmatch(name):
            raise unexpected("a host as in '*.example.org' or '10.1.2.3:8080'", name, f"{where}[{index}]")
    return names


def factors(value: object, where: str) -> tuple[FactorName, ...]:
    """Factor names or levels, as a list or separated by commas, in the factors' own order.

    ``default`` stands for all factors of that level, ``hardware`` for those and the ones that it adds.
    """
    levels = {
        "default": [factor.name for factor in FACTORS if factor.level == "default"],
        "hardware": [factor.name for factor in FACTORS],
    }
    known = [*levels, *levels["hardware"]]
    given = value.split(",") if isinstance(value, str) else texts(value, where)
    names = [name for item in given if (name := item.strip())]
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown factor {name!r}", where=where, hint=did_you_mean(name, known))
    if not names:
        raise unexpected("names of factors, 'default' or 'hardware'", value, where)
    chosen = {factor for name in names for factor in levels.get(name, [name])}
    return tuple(factor.name for factor in FACTORS if factor.name in chosen)


def fail_on(value: object, where: str) -> tuple[FailOn, ...]:
    """Verdicts, ``warning``, or nothing at all; flags give them separated by commas, and ``never`` for none."""
    known: tuple[FailOn, ...] = get_args(FailOn)
    given = value.split(",") if isinstance(value, str) else texts(value, where)
    names = [name.strip() for name in given]
    if names == ["never"]:
        return ()
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown verdict {name!r}", where=where, hint=did_you_mean(name, [*known, "never"]))
    return tuple(name for name in known if name in names)


def allowances(value: object, where: str) -> tuple[Allowance, ...]:
    """Tables with ``cause`` (one or several), ``path`` (a glob; every path without it) and ``reason``."""
    if not isinstance(value, list):
        raise unexpected("a list of tables with cause, path and reason", value, where)
    return tuple(_allowance(item, f"{where}[{index}]") for index, item in enumerate(value))


def _allowance(value: object, where: str) -> Allowance:
    given = fields(value, where, {"cause": causes, "path": glob, "reason": text})
    for name in ("cause", "reason"):
        if name not in given:
            raise ConfigError(f"missing key {name!r}", where=where)
    return Allowance(where=where, causes=given["cause"], reason=given["reason"], pattern=given.get("path", "**"))


def causes(value: object, where: str) -> tuple[str, ...]:
    """A cause of the catalogue, or a list of them."""
    names = (value,) if isinstance(value, str) else texts(value, where)
    known = [cause.slug for cause in CAUSES]
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown cause {name!r}", where=where, hint=did_you_mean(name, known))
    if not names:
        raise unexpected("at least one cause", value, where)
    return names


def accepted_drift(value: object, where: str) -> tuple[str, ...]:
    """Causes of drift from the record that are meant."""
    names = (value,) if isinstance(value, str) else texts(value, where)
    for name in names:
        if name not in DRIFT:
            raise ConfigError(f"unknown cause of drift {name!r}", where=where, hint=did_you_mean(name, DRIFT))
    return names


def values_shown(value: object, where: str) -> ValuesShown:
    """Whether records show values that may be somebody's data."""
    known: tuple[ValuesShown, ...] = get_args(ValuesShown)
    if value not in known:
        raise unexpected("'hide' or 'show'", value, where)
    return known[known.index(value)]


def severity(value: object, where: str) -> Severity:
    """How bad something is."""
    known: tuple[Severity, ...] = get_args(Severity)
    if value not in known:
        raise ConfigError(f"unknown severity {value!r}", where=where, hint=did_you_mean(str(value), known))
    return known[known.index(value)]


def tolerance(value: object, where: str) -> Tolerance:
    """``rtol`` and ``atol``, and the same for single aspects, cells and columns."""
    return Tolerance(
        **fields(value, where, {**_LIMITS, "aspects": _aspect_limits, "cells": _cell_limits, "columns": _column_limits})
    )


def _limits(value: object, where: str) -> Tolerance:
    return Tolerance(**fields(value, where, _LIMITS))


def _aspect_limits(value: object, where: str) -> Mapping[Aspect, Tolerance]:
    return {aspect(name, where): _limits(item, f"{where}.{name}") for name, item in table_of(value, where).items()}


def _cell_limits(value: object, where: str) -> Mapping[int, Tolerance]:
    for name in table_of(value, where):
        if not (name.isascii() and name.isdigit()):
            raise unexpected("the number of a cell, as in reports", name, where)
    return {int(name): _limits(item, f"{where}.{name}") for name, item in table_of(value, where).items()}


def _column_limits(value: object, where: str) -> Mapping[str, Tolerance]:
    return {name: _limits(item, f"{where}.{name}") for name, item in table_of(value, where).items()}


def aspect(value: object, where: str) -> Aspect:
    """What of a run's results."""
    known: tuple[Aspect, ...] = get_args(Aspect)
    if value not in known:
        raise ConfigError(f"unknown aspect {value!r}", where=where, hint=did_you_mean(str(value), known))
    return known[known.index(value)]


def _aspects(value: object, where: str) -> tuple[Aspect, ...]:
    return tuple(aspect(item, f"{where}[{index}]") for index, item in enumerate(texts(value, where)))


def field_rules(value: object, where: str) -> tuple[FieldRule, ...]:
    """The user's own normalisers: tables with ``name``, ``pattern``, ``replace`` and ``aspects``."""
    if not isinstance(value, list):
        raise unexpected("a list of tables", value, where)
    return tuple(_field_rule(item, f"{where}[{index}]") for index, item in enumerate(value))


def _field_rule(value: object, where: str) -> FieldRule:
    given = fields(value, where, {"name": text, "pattern": text, "replace": _replacement, "aspects": _aspects})
    for key in ("name", "pattern"):
        if key not in given:
            raise ConfigError(f"missing key {key!r}", where=where)
    substitution(given["pattern"], given.get("replace", ""), f"{where}.pattern")
    return FieldRule(**given)


def _replacement(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise unexpected("a text", value, where)
    return value


def substitution(pattern: str, replace: str, where: str) -> None:
    """Whether ``re.sub`` takes both; raises a located ConfigError."""
    try:
        re.sub(pattern, replace, "")
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        raise ConfigError(f"is no regular expression with its replacement: {error}", where=where) from error


def reason_of(error: Exception) -> str:
    """Why a file could not be read, without the path that stands before it."""
    return str(error.strerror or error) if isinstance(error, OSError) else "it is no text in UTF-8"


def non_negative(value: object, where: str) -> float:
    """A finite number, 0 or more."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise unexpected("a number, 0 or more", value, where)
    return float(value)


_LIMITS: Mapping[str, Reader] = {"rtol": non_negative, "atol": non_negative}
