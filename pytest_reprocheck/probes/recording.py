"""What user code reads from its surroundings, kept for later runs, and given back in them.

One file for each process, in lines of JSON: kind, site and value. A process is named after what it is, not after its
number, so that the process that takes its place in a later run finds its file.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH118, PTH119, PTH123

from __future__ import annotations

import sys
from os import O_APPEND, O_CREAT, O_EXCL, O_WRONLY, path, register_at_fork
from os import open as open_file
from os import write as write_bytes

from .jsons import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .probe import Probe

MOST_VALUES = 200_000
"""A process keeps this many values of a kind; a loop that polls the clock reads millions."""


class Recording:
    """The values that this process read, and those that it read in the run which is replayed."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._folder = str(probe.config.get("record") or "")
        self._replayed = str(probe.config.get("recording") or "")
        self._values: dict[tuple[str, str], list[Any]] | None
        self._start()
        register_at_fork(after_in_child=self._start)

    def write(self, kind: str, site: str, value: Any) -> None:
        """Keep a value, which JSON can hold, for the next occurrence at this site."""
        count = self._counts.get(kind, 0)
        if count >= MOST_VALUES:
            self._full(kind)
            return
        self._counts[kind] = count + 1
        prefix = self._prefixes.get((kind, site))
        if prefix is None:
            prefix = self._prefixes[kind, site] = f"[{dumps(kind)}, {dumps(site)}, "
        # Numbers are most of what is read, and need no encoder.
        text = str(value) if type(value) is int else dumps(value)
        self._append(f"{prefix}{text}]\n".encode())

    def next(self, kind: str, site: str) -> Any:
        """The value of the next occurrence at this site in the run that is replayed; None when there were no more."""
        if self._values is None:
            self._values = self._load()
        values = self._values.get((kind, site))
        return values.pop() if values else None

    def _start(self) -> None:
        """Begin anew: in a forked child too, which has a file of its own."""
        self._file: int | None = None
        self._name = ""
        self._counts: dict[str, int] = {}
        self._prefixes: dict[tuple[str, str], str] = {}
        self._values = None

    def _append(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = self._open(O_APPEND)
            try:
                write_bytes(self._file, data)
            except OSError:  # closed by user code
                self._file = self._open(O_APPEND)
                write_bytes(self._file, data)
        except OSError:
            self._folder = ""

    def _open(self, flags: int) -> int:
        return open_file(path.join(self._folder, self._claimed()), O_CREAT | O_WRONLY | flags, 0o666)

    def _claimed(self) -> str:
        """The file's name. Processes of one name are numbered in the order in which they claim theirs."""
        number = 0
        while not self._name:
            number += 1
            name = f"{self._process()}-{number}.jsonl"
            try:
                self._file = open_file(path.join(self._folder, name), O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o666)
                self._name = name
            except FileExistsError:
                continue
        return self._name

    def _process(self) -> str:
        """The main process, a worker by its name, and what was started by its program."""
        name = self._probe.streams.process().removeprefix("#")
        if not name and not self._probe.log.main:
            name = f"program-{path.basename(sys.argv[0]) if getattr(sys, 'argv', None) else ''}"
        return "".join(one if one.isalnum() or one in "-_." else "_" for one in name) or "main"

    def _load(self) -> dict[tuple[str, str], list[Any]]:
        """All values of the replayed process, each site's last one first."""
        values: dict[tuple[str, str], list[Any]] = {}
        try:
            with self._probe.working(), open(path.join(self._replayed, self._claimed()), encoding="utf-8") as file:
                for line in file:
                    if line.endswith("\n"):  # a killed process leaves half a line
                        kind, site, value = loads(line)
                        values.setdefault((kind, site), []).append(value)
        except OSError:
            pass
        for one in values.values():
            one.reverse()
        return values

    def _full(self, kind: str) -> None:
        if self._counts[kind] == MOST_VALUES:
            self._counts[kind] += 1
            reason = f"only the first {MOST_VALUES} values of a process are recorded, and replayed in later runs"
            self._probe.not_compared(f"reads of {kind}", reason)
