"""A piece of a lock with its place, so that what is wrong is told where it stands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.errors import DecodeError

_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """Data out of a file; what is asked of it is there and of the right type, or a DecodeError names its place."""

    data: object
    file: str
    """The file as the user named it."""
    where: str = ""
    """``packages[3].version``; empty for the whole."""

    def error(self, message: str, hint: str = "") -> DecodeError:
        """The error to raise for this piece."""
        return DecodeError(message, where=f"{self.file}: {self.where}" if self.where else self.file, hint=hint)

    def text(self) -> str:
        """The piece as a string."""
        if not isinstance(self.data, str):
            raise self.error("expected a string")
        return self.data

    def table(self) -> dict[str, object]:
        """The piece as a table."""
        if not isinstance(self.data, dict):
            raise self.error("expected a table")
        for key in self.data:
            if not isinstance(key, str):
                raise self.error(f"expected a string as key, not {key!r}")
        return self.data

    def __contains__(self, key: str) -> bool:
        return key in self.table()

    def __getitem__(self, key: str) -> Node:
        table = self.table()
        if key not in table:
            raise self.error(f"missing key {key!r}")
        return Node(data=table[key], file=self.file, where=f"{self.where}.{key}" if self.where else key)

    def optional(self, key: str) -> str:
        """The string under a key; empty where there is none."""
        return self[key].text() if key in self else ""

    def members(self, key: str) -> Iterator[Node]:
        """The pieces of the array under a key; none where there is no such key."""
        if key not in self:
            return
        array = self[key]
        if not isinstance(array.data, list):
            raise array.error("expected an array")
        for index, item in enumerate(array.data):
            yield Node(data=item, file=self.file, where=f"{array.where}[{index}]")

    def entries(self, key: str) -> Iterator[tuple[str, Node]]:
        """The names and pieces of the table under a key; none where there is no such key."""
        if key in self:
            table = self[key]
            for name in table.table():
                yield name, table[name]


def read_text(path: Path, shown: str) -> str:
    """A lock's text; raises DecodeError for what is missing, no text, or an unfinished merge."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError("is no text in UTF-8", where=shown) from error
    except OSError as error:
        raise DecodeError(f"cannot be read: {error.strerror}", where=shown) from error
    if found := _CONFLICT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise DecodeError(
            "has markers of a merge conflict", where=f"{shown}:{line}", hint="Resolve it, and lock again."
        )
    return text


def parse_toml(text: str, shown: str) -> Node:
    """The whole of a TOML text."""
    try:
        return Node(data=tomllib.loads(text), file=shown)
    except tomllib.TOMLDecodeError as error:
        raise DecodeError(f"is not valid TOML: {error}", where=shown) from error
    except RecursionError as error:
        raise _too_deep(shown) from error


def parse_json(text: str, shown: str) -> Node:
    """The whole of a JSON text."""
    try:
        return Node(data=json.loads(text), file=shown)
    except json.JSONDecodeError as error:
        raise DecodeError(f"is not JSON: {error.msg}", where=f"{shown}:{error.lineno}:{error.colno}") from error
    except RecursionError as error:
        raise _too_deep(shown) from error


def parse_yaml(text: str, shown: str) -> Node:
    """The whole of a YAML text."""
    import yaml

    try:
        return Node(data=yaml.safe_load(text), file=shown)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        raise DecodeError(f"is not valid YAML: {error.problem or error.context}", where=place) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DecodeError(f"is not valid YAML: {str(error).splitlines()[0]}", where=shown) from error
    except RecursionError as error:
        raise _too_deep(shown) from error


def _too_deep(shown: str) -> DecodeError:
    return DecodeError("is nested too deeply", where=shown)
