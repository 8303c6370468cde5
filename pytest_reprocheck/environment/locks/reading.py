"""Which reader reads which file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.environments import Environment
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.environment.locks import (
    conda,
    pipfile,
    poetry,
    pylock,
    record_file,
    requirements,
    snapshot_file,
    uv,
)
from pytest_reprocheck.environment.locks.lock import Lock


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A format of locks."""

    name: str
    """As the documentation and ``Environment.kind`` name it."""
    files: re.Pattern[str]
    """What whole file names look like."""
    read: Callable[[Lock], Environment]
    """Raises a located DecodeError for what is no such lock."""


KINDS: tuple[Kind, ...] = (
    Kind(name="pylock.toml", files=re.compile(r"pylock(\.[^.]+)?\.toml"), read=pylock.read),
    Kind(name="uv.lock", files=re.compile(r"uv\.lock|.+\.py\.lock"), read=uv.read),
    Kind(name="poetry.lock", files=re.compile(r"poetry\.lock"), read=poetry.read),
    Kind(name="Pipfile.lock", files=re.compile(r"Pipfile\.lock"), read=pipfile.read),
    Kind(name="conda-lock.yml", files=re.compile(r"(.+[.-])?conda-lock\.ya?ml"), read=conda.read_lock),
    Kind(
        name="environment.yml",
        files=re.compile(r"(.+[._-])?env(ironment)?([._-].+)?\.ya?ml"),
        read=conda.read_environment,
    ),
    Kind(name="environment.json", files=re.compile(r"(.+[._-])?environment([._-].+)?\.json"), read=snapshot_file.read),
    Kind(name="record", files=re.compile(r".+\.json"), read=record_file.read),
    Kind(name="requirements.txt", files=re.compile(r".+\.(txt|in)"), read=requirements.read),
)
"""In the order in which file names are tried."""


def kind_of(name: str) -> Kind | None:
    """The format of a file by its name, if any."""
    return next((kind for kind in KINDS if kind.files.fullmatch(name)), None)


def read_lock(path: Path, shown: str, markers: Mapping[str, str]) -> Environment:
    """A lock as it applies to an interpreter with these marker values; raises a located DecodeError."""
    kind = kind_of(path.name)
    if kind is None:
        known = ", ".join(each.name for each in KINDS)
        raise DecodeError("no lock has such a name", where=shown, hint=f"Known: {known}.")
    return kind.read(Lock(path=path, shown=shown, markers=markers))
