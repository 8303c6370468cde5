"""Data with one wrong piece: every place of a document, with values of every type in it, and without it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pytest_reprocheck.core.errors import DecodeError

T = TypeVar("T")
WRONG: Sequence[Any] = (None, True, 3, -1, 1.5, "", "x", "1.0", [], ["x"], [[1]], {}, {"x": 1})
Path = tuple[str | int, ...]


def paths_of(data: Any, path: Path = ()) -> Iterator[Path]:
    """All places, those inside of others after them."""
    yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from paths_of(value, (*path, key))


def kinds_of(data: Any) -> list[Path]:
    """One place of each kind: of the members of arrays, and of tables whose keys are names, the first ones stand for
    all."""
    found: dict[str, Path] = {}
    for path in paths_of(data):
        shown = ".".join("[]" if isinstance(key, int) else re.sub(r".*[^a-z-].*", "*", key) for key in path)
        found.setdefault(shown, path)
    return list(found.values())


def mutants(data: Any, wrong: Sequence[Any] = WRONG) -> Iterator[tuple[Path, Any]]:
    """The place that is wrong, and the document with it."""
    for path in kinds_of(data):
        for value in wrong:
            yield path, _with(data, path, value)
        if path:
            yield path, _without(data, path)


def _with(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return copy.deepcopy(value)
    made = copy.deepcopy(data)
    _at(made, path[:-1])[path[-1]] = copy.deepcopy(value)
    return made


def _without(data: Any, path: Path) -> Any:
    made = copy.deepcopy(data)
    del _at(made, path[:-1])[path[-1]]
    return made


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data


def place_of(path: Path) -> str:
    """A path as errors name it, without the document's own name."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def names(error: DecodeError, path: Path) -> bool:
    """Whether an error's place is that of the wrong piece, or one inside or around it."""
    where = error.where.removeprefix("$")
    return error.where.startswith("$") and (place_of(path).startswith(where) or where.startswith(place_of(path)))


def refused(read: Callable[..., T], *args: object) -> T | DecodeError:
    """What reading gave: the value, or the error of ours."""
    try:
        return read(*args)
    except DecodeError as error:
        return error
