"""The log a process writes: one JSON object a line, each written at once, so that a killed process loses nothing.

Private references to the functions used are taken here, before user code can patch them.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH118

from __future__ import annotations

from _thread import RLock
from os import O_APPEND, O_CREAT, O_EXCL, O_WRONLY, getpid, path
from os import open as open_file
from os import write as write_bytes

from .jsons import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    Line = dict[str, Any]

    class Log(Protocol):
        """Where lines go."""

        main: bool
        """True in the first process that had the probes: the subject's own."""

        def write(self, line: Line) -> None:
            """Add a line."""

        def numbered(self, line: Line) -> None:
            """Add a line under the process's next number, as its ``seq``."""

        def forked(self) -> None:
            """Called in a forked child: it writes a log of its own, and counts anew."""


class FileLog:
    """Lines in ``main.jsonl`` or ``child-<pid>.jsonl`` of a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = RLock()
        self._seq = 0
        self._file: int | None = None
        self._path = path.join(folder, "main.jsonl")
        try:
            self._file = open_file(self._path, O_CREAT | O_EXCL | O_APPEND | O_WRONLY, 0o666)
        except FileExistsError:
            self._path = ""
        self.main = self._file is not None

    def write(self, line: Line) -> None:
        """Add a line; a descriptor that user code closed is opened again."""
        data = (dumps(line) + "\n").encode()
        with self._lock:
            if self._file is None:
                self._open()
            try:
                write_bytes(self._descriptor(), data)
            except OSError:
                self._open()
                write_bytes(self._descriptor(), data)

    def numbered(self, line: Line) -> None:
        """Add a line under the process's next number, as its ``seq``."""
        with self._lock:
            self._seq += 1
            self.write({**line, "seq": self._seq})

    def forked(self) -> None:
        """Start a log of this forked child's own, at its first line."""
        self._lock = RLock()
        self._seq = 0
        self._file = None
        self._path = ""
        self.main = False

    def _open(self) -> None:
        self._path = self._path or path.join(self._folder, f"child-{getpid()}.jsonl")
        self._file = open_file(self._path, O_CREAT | O_APPEND | O_WRONLY, 0o666)

    def _descriptor(self) -> int:
        assert self._file is not None
        return self._file


class MemoryLog:
    """Lines kept in a list, for a run inside this process."""

    def __init__(self) -> None:
        self.main = True
        self.lines: list[Line] = []
        self._seq = 0

    def write(self, line: Line) -> None:
        """Add a line."""
        self.lines.append(line)

    def numbered(self, line: Line) -> None:
        """Add a line under the next number, as its ``seq``."""
        self._seq += 1
        self.lines.append({**line, "seq": self._seq})

    def forked(self) -> None:
        """A forked child has nobody who would read its lines."""
        self.main = False
        self.lines = []
