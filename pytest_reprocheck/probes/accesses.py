"""What user code, or a library in its name, reads, lists, tests and writes: one line for each path and kind.

Opened, listed, made, moved and removed files are told by Python's audit events. For tests (``os.stat``, ``exists``)
there is none: the functions of ``os`` are patched, and only tests that user code makes count; libraries look for their
own files all the time. Native readers raise no event either (``native_files.py``).
"""

# Callers' frames have no public name; pathlib costs every child milliseconds at its start.
# ruff: noqa: SLF001, PTH120

from __future__ import annotations

import functools
import os
import sys

from .frames import importing, without_this_frame
from .listing import PASSING_ON, for_a_worker, module_name, replace_everywhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .places import Places
    from .probe import Probe

MOST = 10_000
"""Accesses that one process tells."""

_KINDS = ("read", "listed", "tested", "written")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
"""Flags with which a file is opened to be changed."""
_TESTING = frozenset({"genericpath", "glob", "pathlib", "pathlib._abc", "pathlib._local", "posixpath"})
"""Modules that test files for whoever calls them."""
_MECHANICAL = frozenset({"_joinrealpath", "ismount", "mkdir", "realpath", "resolve", "walk"})
"""Their functions that look at files on the way to something else."""
_IMPORTER = "<frozen importlib._bootstrap_external>"
"""Reads, lists and writes what modules are made of, for nobody's ends but its own."""
_URI = "file:"


class Accesses:
    """Writes the first access of each kind to each path."""

    def __init__(self, probe: Probe, places: Places, kinds: frozenset[str] = frozenset(_KINDS)) -> None:
        self._probe = probe
        self._places = places
        self._kinds = kinds
        self._seen: set[tuple[str, str]] = set()
        self._left = MOST
        self.settled: dict[str, set[object]] = {kind: set() for kind in _KINDS}
        """Kind -> texts that name, from the current folder, a path about which nothing more is to be told."""
        self.read = functools.partial(self._note, "read")
        self.listed = functools.partial(self._note, "listed")
        self.written = functools.partial(self._note, "written")
        self.tested = functools.partial(self._note, "tested")

    def opened(self, given: object, flags: int, frame: FrameType) -> None:
        """A file is opened: what was in it counts as read, unless it is emptied at once."""
        if not flags & WRITES:
            self.read(given, frame)
            return
        if not flags & os.O_TRUNC:
            # What is appended, or written only where nothing is, depends on what is there.
            (self.read if flags & os.O_RDWR and not flags & os.O_EXCL else self.tested)(given, frame)
        self.written(given, frame)

    def moved(self) -> None:
        """The process works in another folder: texts name other paths."""
        for known in self.settled.values():
            known.clear()

    def _note(self, kind: str, given: object, frame: FrameType, folder: object = None) -> None:
        absolute = self._places.absolute(given, folder) if self._left >= 0 and kind in self._kinds else None
        if absolute is None:
            return
        if (kind, absolute) not in self._seen:
            self._first(kind, absolute, frame)
        if (kind, absolute) in self._seen and folder is None and type(given) is str:
            self.settled[kind].add(given)

    def _first(self, kind: str, absolute: str, frame: FrameType) -> None:
        place = self._places.folder(absolute if kind == "listed" else os.path.dirname(absolute))
        if place.kind in ("foreign", "scratch"):
            self._seen.add((kind, absolute))
            return
        relative = self._places.relative(absolute)
        origin = self._probe.frames.origin(frame)
        if _for_a_message(frame):
            return
        if origin is None:
            # Nobody's code at hand: a worker's task, or what Python and the kernel do for themselves.
            if importing(frame) or self._probe.step is None or (relative is None and not for_a_worker(frame)):
                return
        elif place.hidden and any(module_name(library) not in PASSING_ON for library in origin.library):
            return
        self._seen.add((kind, absolute))
        self._write(kind, relative or absolute, None if origin is None else origin.user)

    def _write(self, kind: str, path: str, frame: FrameType | None) -> None:
        self._left -= 1
        if self._left < 0:
            self._probe.not_compared("file accesses", f"only the first {MOST:,} of this process are told")
            return
        line = {"path": path, "kind": kind, "step": self._probe.step, "stack": self._probe.frames.stack(frame)}
        self._probe.log.numbered({"type": "access", **line})


def _for_a_message(frame: FrameType | None) -> bool:
    """Whether source text is read, to be shown."""
    for _ in range(3):  # the function of ``linecache``, or one that it calls to open the file
        if frame is None or module_name(frame) == "linecache":
            return frame is not None
        frame = frame.f_back
    return False


def install(probe: Probe, places: Places) -> Accesses:
    """Listen to audit events, and patch what tests files."""
    accesses = Accesses(probe, places)
    _listen(probe, accesses)
    for name in ("stat", "lstat", "access"):
        replace_everywhere(probe, name, _testing(probe, accesses, getattr(os, name)))
    return accesses


def install_written(probe: Probe, places: Places) -> Accesses:
    """Listen to audit events for what is written alone, and patch nothing."""
    accesses = Accesses(probe, places, frozenset({"written"}))
    _listen(probe, accesses)
    return accesses


def _listen(probe: Probe, accesses: Accesses) -> None:
    """Follow audit events."""
    handlers = _handlers(accesses)
    guarded = {event: probe.guarded(f"audit event {event}", handler) for event, handler in handlers.items()}
    settled = accesses.settled["read"]

    def told(event: str, args: tuple[Any, ...]) -> None:
        if probe.watching:
            if event == "open" and type(args[0]) is str and args[0] in settled and not args[2] & WRITES:
                return
            # The interpreter itself opens the main file before there is any frame of Python's.
            frame = sys._getframe(1).f_back
            if frame is not None and frame.f_code.co_filename != _IMPORTER:
                guarded[event](frame, *args)

    probe.audits.listen(guarded, told)


def _handlers(accesses: Accesses) -> dict[str, Callable[..., None]]:
    """What each audit event says: the frame, then the event's arguments as Python's documentation has them."""

    def opened(frame: FrameType, path: object, mode: object, flags: int) -> None:
        # ``os.fwalk`` and ``shutil.rmtree`` open folders relative to others, which the event does not name.
        walking = mode is None and module_name(frame) in ("os", "shutil")
        if not walking and not isinstance(path, int):
            accesses.opened(path, flags, frame)

    def listed(frame: FrameType, path: object = None) -> None:
        accesses.listed(path, frame)

    def written(frame: FrameType, path: object, *more: object) -> None:
        accesses.written(path, frame, more[-1] if more else None)

    def moved(frame: FrameType, source: object, target: object, source_folder: int, target_folder: int) -> None:
        accesses.read(source, frame, source_folder)
        accesses.written(source, frame, source_folder)
        accesses.written(target, frame, target_folder)

    def linked(frame: FrameType, source: object, target: object, source_folder: int, target_folder: int) -> None:
        accesses.read(source, frame, source_folder)
        accesses.written(target, frame, target_folder)

    def pointed(frame: FrameType, _source: object, target: object, folder: int) -> None:
        accesses.written(target, frame, folder)

    def cut(frame: FrameType, path: object, _length: int) -> None:
        accesses.written(path, frame)

    def changed_folder(_frame: FrameType, _path: object) -> None:
        accesses.moved()

    return {
        "open": opened,
        "os.chdir": changed_folder,
        "os.link": linked,
        "os.listdir": listed,
        "os.mkdir": written,
        "os.remove": written,
        "os.rename": moved,
        "os.rmdir": written,
        "os.scandir": listed,
        "os.symlink": pointed,
        "os.truncate": cut,
        "sqlite3.connect": functools.partial(_connected, accesses),
    }


def _connected(accesses: Accesses, frame: FrameType, database: object) -> None:
    """A database of sqlite3 is opened, by its path or by a URI."""
    name = os.fsdecode(os.fspath(database))  # type: ignore[call-overload]
    if name.startswith(_URI):
        name = name.removeprefix(_URI).partition("?")[0]
    if name and ":memory:" not in name:
        accesses.read(name, frame)


def _testing(probe: Probe, accesses: Accesses, plain: Callable[..., Any]) -> Callable[..., Any]:
    test = probe.guarded("tests of files", functools.partial(_test, probe, accesses))
    settled = accesses.settled["tested"]

    @functools.wraps(plain)
    def tested(*args: Any, **kwargs: Any) -> Any:
        is_settled = not kwargs and args and type(args[0]) is str and args[0] in settled
        if not is_settled and probe.watching:
            test(sys._getframe(1), args, kwargs)
        try:
            return plain(*args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    return tested


def _test(
    probe: Probe, accesses: Accesses, frame: FrameType | None, args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    """Note a test by user code's own hand: its frame, or what it called to test files, called the function."""
    given = args[0] if args else kwargs.get("path")
    first = frame
    while frame is not None and module_name(frame) in _TESTING:
        if frame.f_code.co_name in _MECHANICAL:
            return
        frame = frame.f_back
    if frame is None or first is None or probe.frames.source(frame.f_code.co_filename) is None:
        return
    if not isinstance(given, int):
        accesses.tested(given, first, kwargs.get("dir_fd"))
