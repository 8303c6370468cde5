"""The content of one file, or of a member of an archive, and what is needed to read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.keeping import Keeper
from pytest_reprocheck.execution.artifacts.nodes import Made, UnreadableError

DETAIL_LIMIT = 64 * 2**20
"""Bytes of a file, or of an archive's members together, that are read in detail; larger ones are compared by blocks."""
MOST_DEPTH = 4
"""Archives inside archives that are opened."""
HEAD = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """Bytes with a name."""

    name: str
    """The file's path, or the member's name: its ending says what the bytes may be."""
    size: int
    head: bytes
    """The first ones."""
    path: Path | None = None
    """Where they are; None for what is in memory."""
    data: bytes = b""

    @property
    def suffix(self) -> str:
        """The name's last ending in small letters, ``.csv``."""
        return PurePosixPath(self.name).suffix.lower()

    def read(self) -> bytes:
        """All bytes; raises UnreadableError when they are more than is read in detail."""
        if self.size > DETAIL_LIMIT:
            raise UnreadableError(f"larger than {DETAIL_LIMIT // 2**20} MiB")
        if self.path is None:
            return self.data
        with self.opened() as file:
            return file.read(DETAIL_LIMIT)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The bytes as a file that can be read."""
        if self.path is None:
            yield BytesIO(self.data)
        else:
            with open_regular(self.path) as file:
                yield file


class Library(Protocol):
    """Reads formats that take a library, in another process."""

    def read(self, kind: str, path: Path) -> Made:
        """What a file holds; raises UnreadableError when no library can read it."""


@dataclass(kw_only=True, slots=True)
class Reading:
    """What reading the files of one run has in common."""

    keeper: Keeper
    library: Library
    scratch: Path
    """An empty folder for copies."""
    tell: Callable[[Content, Reading], Value]
    """Reads a content of any kind."""
    room: int = 16 * DETAIL_LIMIT
    """Bytes that may still be read in detail, what archives hold included."""
    depth: int = 0
    """Archives around what is read."""
    copies: int = field(default=0)

    def take(self, size: int) -> None:
        """Count bytes that are read in detail; raises UnreadableError when they are too many."""
        if size > self.room:
            raise UnreadableError(f"more than {16 * DETAIL_LIMIT // 2**20} MiB of files in detail")
        self.room -= size

    def inner(self, content: Content) -> Value:
        """A member of an archive."""
        if self.depth >= MOST_DEPTH:
            raise UnreadableError(f"more than {MOST_DEPTH} archives inside each other")
        self.depth += 1
        try:
            return self.tell(content, self)
        finally:
            self.depth -= 1

    def on_disk(self, content: Content) -> Path:
        """The content as a file that nobody else has."""
        self.copies += 1
        path = self.scratch / f"copy-{self.copies}"
        path.write_bytes(content.read())
        return path


def of_bytes(name: str, data: bytes) -> Content:
    """A content in memory."""
    return Content(name=name, size=len(data), head=data[:HEAD], data=data)


def of_file(name: str, path: Path) -> Content:
    """A content on the disk; raises OSError when it cannot be read and UnreadableError when it is no regular file."""
    with open_regular(path) as file:
        return Content(name=name, size=os.fstat(file.fileno()).st_size, head=file.read(HEAD), path=path)


def open_regular(path: Path) -> BinaryIO:
    """A regular file opened for reading; never waits for a writer, follows no link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableError("no regular file")
    return os.fdopen(descriptor, "rb")
