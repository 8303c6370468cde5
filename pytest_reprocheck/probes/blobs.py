"""Array data and images of a run, one file for each digest."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH105, PTH110, PTH118

from __future__ import annotations

from _thread import get_ident
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen, getpid, path, replace
from os import open as open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

ARRAY_LIMIT = 16 * 2**20
"""Bytes of one array, at most."""
RUN_LIMIT = 512 * 2**20
"""Bytes that one process writes in all, at most."""


class Blobs:
    """The blob folder; without one, nothing is kept."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._left = RUN_LIMIT
        self._written: set[str] = set()

    def write(self, name: str, size: int, fill: Callable[[BinaryIO], None], *, limit: int | None = None) -> str | None:
        """Keep a file of about ``size`` bytes under a name made from its digest; None when it is too large to keep."""
        if self._folder is None:
            return None
        if name in self._written:
            return name
        if size > (ARRAY_LIMIT if limit is None else limit) or size > self._left:
            return None
        target = path.join(self._folder, name)
        if not path.exists(target):
            passing = f"{target}.{getpid()}.{get_ident()}"
            try:
                with fdopen(open_file(passing, O_CREAT | O_EXCL | O_WRONLY, 0o666), "wb") as file:
                    fill(file)
                replace(passing, target)
            except OSError:
                return None
            self._left -= size
        self._written.add(name)
        return name
