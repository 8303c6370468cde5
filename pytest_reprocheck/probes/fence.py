"""Refuses user code to write to files outside of what the run has to itself, and says so in the log.

For runs that are made beside a real one, whose files they must not touch. Python's audit events come before a file is
opened, made, moved or removed, and what a listener raises is raised in its place. Caches and settings of libraries in
hidden folders pass, and so do the system's own folders, which the kernel guards.
"""

# Callers' frames have no public name; pathlib costs every child milliseconds at its start.
# ruff: noqa: SLF001, PTH112, PTH118, PTH120

from __future__ import annotations

import sys
from errno import EACCES
from os import path

from .accesses import WRITES
from .frames import site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Any

    from .places import Places
    from .probe import Probe


_REASON = "refused before anything was written: this run is made beside the real one, which writes outside by itself"


class RefusedWriteError(PermissionError):
    """Raised in place of a write outside."""


class _Fence:
    """Knows where the run may write."""

    def __init__(self, probe: Probe, places: Places, writable: Sequence[str]) -> None:
        self._probe = probe
        self._places = places
        self._own = tuple(path.join(path.realpath(folder), "") for folder in writable)

    def refused(self, frame: FrameType, given: object, folder: object) -> str | None:
        """The absolute path, logged, of a file that must not be written to; None for one that may."""
        probe = self._probe
        absolute = self._places.absolute(given, folder)
        if absolute is None:
            return None
        parent = path.dirname(absolute)
        place = self._places.folder(parent)
        if place.kind in ("foreign", "scratch") or place.hidden:
            return None
        if path.join(path.realpath(parent), "").startswith(self._own):
            return None
        origin = probe.frames.origin(frame)
        if origin is None:
            return None
        stack = probe.frames.stack(origin.user)
        if probe.first_time("refusal", "", absolute, site(stack)):
            probe.log.numbered({"type": "refusal", "host": "", "what": absolute, "step": probe.step, "stack": stack})
        return absolute


def install(probe: Probe, places: Places) -> None:
    """Listen to audit events, where the run may not write everywhere."""
    writable = probe.config.get("writable")
    if writable is None:
        return
    refused = probe.guarded("writes outside", _Fence(probe, places, writable).refused)

    def told(event: str, args: tuple[Any, ...]) -> None:
        if not probe.watching:
            return
        frame = sys._getframe(1).f_back
        for given, folder in _TARGETS[event](*args):
            if absolute := refused(frame, given, folder):
                raise RefusedWriteError(EACCES, _REASON, absolute)

    probe.audits.listen(_TARGETS, told)


def _opened(given: object, _mode: object, flags: int) -> list[tuple[object, object]]:
    return [(given, None)] if flags & WRITES and not isinstance(given, int) else []


def _made(given: object, _mode: int, folder: object) -> list[tuple[object, object]]:
    return [] if path.isdir(given) else [(given, folder)]  # type: ignore[arg-type]  # as ``os.mkdir`` takes it


def _removed(given: object, folder: object = None) -> list[tuple[object, object]]:
    return [(given, folder)]


def _moved(source: object, target: object, source_folder: object, target_folder: object) -> list[tuple[object, object]]:
    return [(source, source_folder), (target, target_folder)]


def _linked(_source: object, target: object, *folders: object) -> list[tuple[object, object]]:
    return [(target, folders[-1])]


def _cut(given: object, _length: int) -> list[tuple[object, object]]:
    return [(given, None)]


_TARGETS: dict[str, Callable[..., list[tuple[object, object]]]] = {
    "open": _opened,
    "os.link": _linked,
    "os.mkdir": _made,
    "os.remove": _removed,
    "os.rename": _moved,
    "os.rmdir": _removed,
    "os.symlink": _linked,
    "os.truncate": _cut,
}
"""Audit event -> what would be written, with the descriptor of the folder that a relative path starts from."""
