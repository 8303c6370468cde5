"""What user code read from its surroundings, kept for later runs that are to read the same."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

from collections import deque
from json import dumps, loads
from os import path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .probe import Probe


class Recording:
    """One file for each process: a line for each value, under its kind and the user's line that read it."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._recorded: dict[tuple[str, str], deque[Any]] | None = None

    def write(self, kind: str, site: str, value: object) -> None:
        """Keep the next value of a site."""
        with open(self._file("record"), "a", encoding="utf-8") as file:
            file.write(dumps([kind, site, value]) + "\n")

    def next(self, kind: str, site: str) -> Any:
        """The value that the recorded run read here at this occurrence; None where it read no more."""
        if self._recorded is None:
            self._recorded = {}
            with open(self._file("recording"), encoding="utf-8") as file:
                for line in file:
                    recorded_kind, recorded_site, value = loads(line)
                    self._recorded.setdefault((recorded_kind, recorded_site), deque()).append(value)
        values = self._recorded.get((kind, site))
        return values.popleft() if values else None

    def _file(self, folder: str) -> str:
        name = self._probe.streams.process().removeprefix("#") or "main"
        return path.join(self._probe.config[folder], f"{name}.jsonl")
