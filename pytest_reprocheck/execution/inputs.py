"""What is in the files that a run has read: digests of their bytes, and of tables their values."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Reading, of_file, open_regular
from pytest_reprocheck.execution.artifacts.keeping import Keeper
from pytest_reprocheck.execution.artifacts.kinds import read_content
from pytest_reprocheck.execution.artifacts.library import Readers, interpreters
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError

_TABLES = frozenset({".csv", ".tsv", ".tab", ".psv", ".parquet", ".feather", ".arrow"})
"""Endings of files that are tables, and are small enough to be read once more."""
_MOST_FILES = 10_000
_MOST_TABLES = 50
_CHUNK = 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A file as it is in the user's tree."""

    size: int
    digest: str
    """sha256 of its bytes."""
    content: Value | None
    """What is in it, where that is a table."""


def read_inputs(root: Path, paths: Iterable[str], blobs: Path, python: str | None) -> tuple[Mapping[str, Input], int]:
    """The files among paths, by path, and how many there were beyond those that are looked at.

    Args:
        root: what relative paths are relative to.
        paths: of files; folders and what is gone are left out.
        blobs: an existing folder for array data.
        python: the subject's interpreter, which has the libraries for some formats.
    """
    found: dict[str, Input] = {}
    wanted = sorted(set(paths))
    with tempfile.TemporaryDirectory(prefix="reprocheck-inputs-") as scratch:
        library = Readers(pythons=interpreters(python), folder=Path(scratch))
        reading = Reading(keeper=Keeper(blobs=blobs), library=library, scratch=Path(scratch), tell=read_content)
        tables = 0
        try:
            for path in wanted[:_MOST_FILES]:
                file = (root / path).resolve()
                is_table = file.suffix.lower() in _TABLES and tables < _MOST_TABLES
                tables += is_table
                try:
                    size, digest = _digest(file)
                    content = read_content(of_file(path, file), reading) if is_table else None
                except (OSError, UnreadableError):
                    continue
                found[path] = Input(size=size, digest=digest, content=content)
        finally:
            library.close()
    return found, max(0, len(wanted) - _MOST_FILES)


def _digest(file: Path) -> tuple[int, str]:
    hasher, size = hashlib.sha256(), 0
    with open_regular(file) as stream:
        while chunk := stream.read(_CHUNK):
            hasher.update(chunk)
            size += len(chunk)
    return size, hasher.hexdigest()
