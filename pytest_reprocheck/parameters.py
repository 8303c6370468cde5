"""Sets of parameters: as lists, as grids, in files of their own and on command lines.

Each set makes a subject of its own: a notebook has it injected after its ``parameters`` cell, a script gets it as
arguments.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.core.subjects import Json, parameter_text
from pytest_reprocheck.settings import fields, glob, table_of, unexpected

Sets = tuple[Mapping[str, Json], ...]
EVERY = "**"
"""The glob of sets that are for all subjects."""
MOST = 1000
"""Sets of one subject."""
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_KINDS = {".json": "JSON", ".toml": "TOML", ".yaml": "YAML", ".yml": "YAML"}


def listed(value: object, where: str) -> Sets:
    """A table of parameters, or a list of tables that look different from each other in reports."""
    if not isinstance(value, list):
        return (_parameters(value, where),)
    if not value:
        raise unexpected("at least one table", value, where)
    return _distinct([_parameters(item, f"{where}[{index}]") for index, item in enumerate(value)], where)


def grid(value: object, where: str) -> Sets:
    """A table of lists: every combination of their values is a set, the last name's value changing first."""
    table = table_of(value, where)
    if not table:
        raise unexpected("at least one list of values", value, where)
    lists: list[list[object]] = []
    for name, values in table.items():
        if not isinstance(values, list) or not values:
            raise unexpected("a list of values", values, f"{where}.{name}")
        lists.append(values)
    if math.prod(map(len, lists)) > MOST:
        raise ConfigError(f"gives more than {MOST} sets of parameters", where=where)
    return _distinct(
        [_parameters(dict(zip(table, each, strict=True)), where) for each in itertools.product(*lists)], where
    )


def combined(given: Mapping[str, Sets], where: str) -> Sets | None:
    """Each of the ``parameters`` with each of the ``grid``, which wins; None where there is neither."""
    if not given:
        return None
    lists = given.get("parameters", ({},)), given.get("grid", ({},))
    if math.prod(map(len, lists)) > MOST:
        raise ConfigError(f"gives more than {MOST} sets of parameters", where=where)
    return _distinct([dict(sorted({**one, **other}.items())) for one, other in itertools.product(*lists)], where)


def read_sets(file: Path) -> Mapping[str, Sets]:
    """Glob of subjects -> their sets, of a file in YAML, JSON or TOML; raises a located ConfigError.

    It holds a list of sets, or a table with ``parameters`` and ``grid``, for all subjects; or a table of these by the
    subjects' paths.
    """
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise ConfigError("is neither YAML, JSON nor TOML by its name", where=str(file), hint="Name it .yaml or .json")
    try:
        data = _loaded(file.read_text(encoding="utf-8"), kind)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except ValueError as error:
        told = " ".join(str(error).split())
        raise ConfigError(f"is not valid {kind}: {told}", where=str(file)) from error
    if isinstance(data, list) or (isinstance(data, dict) and data and set(data) <= {"parameters", "grid"}):
        return {EVERY: _sets(data, str(file))}
    if not isinstance(data, dict) or not data:
        raise unexpected("sets of parameters, or a table of them by subject", data, str(file))
    return {glob(path, str(file)): _sets(value, f"{file}: {path}") for path, value in data.items()}


def parse_pairs(texts: Sequence[str], flag: str) -> Mapping[str, Json]:
    """One set from texts such as ``alpha=0.1``; raises ConfigError.

    A value is a number, true, false, null, a list or table in JSON, or else the text itself.
    """
    pairs = {}
    for text in texts:
        name, found, value = text.partition("=")
        if not found or not _NAME.fullmatch(name):
            raise ConfigError(f"expected NAME=VALUE, got {text!r}", where=flag)
        pairs[name] = _value(value)
    return _parameters(pairs, flag)


def as_arguments(parameters: Mapping[str, Json]) -> tuple[str, ...]:
    """A set as a script's arguments: ``--name=value``, ``--name`` for true, nothing for false and null.

    A list gives its option once for each value.
    """
    found: list[str] = []
    for name, value in parameters.items():
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                found.append(f"--{name}")
            elif each is not False and each is not None:
                found.append(f"--{name}={each if isinstance(each, str) else json.dumps(each)}")
    return tuple(found)


def _loaded(text: str, kind: str) -> object:
    if kind == "JSON":
        return json.loads(text)
    if kind == "TOML":
        return tomllib.loads(text)
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _sets(value: object, where: str) -> Sets:
    if not isinstance(value, dict) or not set(value) <= {"parameters", "grid"}:
        return listed(value, where)
    sets = combined(fields(value, where, {"parameters": listed, "grid": grid}), where)
    if sets is None:
        raise unexpected("parameters or grid", value, where)
    return sets


def _distinct(sets: Sequence[Mapping[str, Json]], where: str) -> Sets:
    shown = [parameter_text(item) for item in sets]
    for index, name in enumerate(shown):
        if name in shown[:index]:
            raise ConfigError(f"reads the same as {where}[{shown.index(name)}]: {name}", where=f"{where}[{index}]")
    return tuple(sets)


def _parameters(value: object, where: str) -> Mapping[str, Json]:
    table = table_of(value, where)
    for name in table:
        if not _NAME.fullmatch(str(name)):
            raise ConfigError("is no name of a parameter", where=f"{where}.{name}")
    return {name: _json(item, f"{where}.{name}") for name, item in sorted(table.items())}


def _json(value: object, where: str) -> Json:
    """A value that a notebook's parameters and the report can both hold; dates and infinities cannot."""
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list):
        return [_json(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {str(key): _json(item, f"{where}.{key}") for key, item in value.items()}
    raise unexpected("a text, a finite number, true, false, a list or a table", value, where)


def _value(text: str) -> Json:
    known: Mapping[str, Json] = {"True": True, "False": False, "None": None}
    if text in known:
        return known[text]
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value
