"""Order of directory listings: ``os.listdir`` and ``os.scandir``, and through them glob, pathlib, os.walk and shutil.

What a file system gives first is chance. Folders of the project are listed in the order that the conditions say,
whoever lists them; folders elsewhere where user code lists them, or a library in its name. The folders of the system,
of Python and of installed packages are left alone, and so are hidden ones, which libraries keep for themselves.
Child programs and native readers list by themselves: the latter sort what they find (``native_files.py``).
"""

# Callers' frames have no public name; pathlib costs every child milliseconds at its start.
# ruff: noqa: SLF001, PTH100, PTH102, PTH106, PTH107, PTH118, PTH208

from __future__ import annotations

import functools
import os
import sys
from _warnings import warn

from .calls import called_by_user
from .frames import site, without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    from .frames import Origin
    from .places import Places
    from .probe import Probe

PASSING_ON = frozenset(
    {"fnmatch", "genericpath", "glob", "os", "pathlib", "pathlib._abc", "pathlib._local", "posixpath", "shutil"}
)
"""Modules that ask the file system only for whoever calls them."""
_POOLS = frozenset(
    {"concurrent.futures.process", "concurrent.futures.thread", "joblib.parallel", "multiprocessing.pool"}
)
"""Modules that run a function for user code of another thread or process."""


def install(probe: Probe, places: Places) -> None:
    """Give listings in the order of the conditions, and write as a fact how a folder of two files is listed now."""
    listing = _Listing(probe, places, str(probe.config["conditions"]["listing"]))
    replace_everywhere(probe, "listdir", listing.names(os.listdir))
    replace_everywhere(probe, "scandir", listing.entries(os.scandir))
    if probe.log.main:
        try:
            measured = _measured(listing.sample)
        except OSError as error:
            probe.log.write({"type": "facts", "facts": {"listing problem": f"{type(error).__name__}: {error}"}})
        else:
            probe.log.write({"type": "facts", "facts": {"listing": measured}})


def replace_everywhere(probe: Probe, name: str, value: Callable[..., Any]) -> None:
    """Replace a function of ``os``, also in the modules that were loaded before the probes and hold it by name."""
    plain = getattr(os, name)
    # Pickles find it under the name that stands for the patched one in every process.
    value.__module__ = "os"
    for can in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        # Libraries ask these sets what the function can do.
        if plain in can:
            can.add(value)
            probe.undo(functools.partial(can.discard, value))
    for module_name, module in list(sys.modules.items()):
        # The import system has a reference of its own to ``posix``, which is none of the subject's.
        if module_name not in ("posix", "nt") and getattr(module, "__dict__", {}).get(name) is plain:
            probe.replace(module, name, value)
    globber = getattr(sys.modules.get("glob"), "_StringGlobber", None)
    if getattr(globber, name, None) is plain:
        probe.replace(globber, name, staticmethod(value))


class _Listing:
    """Puts what a folder holds in order, and logs who asked for it."""

    def __init__(self, probe: Probe, places: Places, order: str) -> None:
        self.sample = os.path.join(os.path.abspath(probe.config["record"]), "listing")
        """A folder that is listed as the project's are."""
        self._probe = probe
        self._places = places
        self._order = order
        self._order_of = probe.guarded("order of a listing", self._ordered)

    def names(self, plain: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        """The replacement of ``os.listdir``."""

        @functools.wraps(plain)
        def listdir(*args: Any, **kwargs: Any) -> list[Any]:
            try:
                names = plain(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise
            if len(names) > 1 and self._probe.watching:
                path = args[0] if args else kwargs.get("path")
                if order := self._order_of(path, "os.listdir", sys._getframe(1)):
                    names.sort(reverse=order == "reversed")
            return names

        return listdir

    def entries(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        """The replacement of ``os.scandir``."""

        @functools.wraps(plain)
        def scandir(*args: Any, **kwargs: Any) -> Any:
            try:
                scanned = plain(*args, **kwargs)
                if not self._probe.watching:
                    return scanned
                # Read at once: the same entries, in an order that the file system does not choose.
                entries = list(scanned)
            except BaseException as error:
                without_this_frame(error)
                raise
            if len(entries) > 1:
                path = args[0] if args else kwargs.get("path")
                if order := self._order_of(path, "os.scandir", sys._getframe(1)):
                    entries.sort(key=lambda entry: entry.name, reverse=order == "reversed")
            return _Scanned(entries)

        return scandir

    def _ordered(self, given: object, function: str, frame: FrameType) -> str:
        """The order that this listing is put in, empty for its own; logs what user code, or a library for it, lists."""
        absolute = self._places.absolute(given)
        if absolute is None:
            return ""
        if absolute == self.sample:
            return self._order
        folder = self._places.folder(absolute)
        if folder.kind == "foreign":
            return ""
        inside = folder.kind == "project"
        origin = self._probe.origin(frame, through=PASSING_ON)
        if origin is None:
            if inside and for_a_worker(frame):
                self._probe.event("listing", "listing@?", function, None)
            return self._order if inside and not self._probe.config.get("attended") else ""
        if folder.hidden and not all(module_name(library) in PASSING_ON for library in origin.library):
            return ""
        self._log(origin, function)
        if self._probe.config.get("attended"):
            return ""
        if self._probe.limited and not self._probe.varies("listing", site(self._probe.frames.stack(origin.user))):
            return "sorted"
        return self._order

    def _log(self, origin: Origin, function: str) -> None:
        frame = origin.user
        if self._probe.just_seen("listing", frame):
            return
        self._probe.now_seen("listing", frame)
        what = _called_as(origin, function)
        # This one takes away whatever it finds, in any order.
        if what != "shutil.rmtree":
            self._probe.event("listing", f"listing@{site(self._probe.frames.stack(frame))}", what, frame)


def for_a_worker(frame: FrameType | None) -> bool:
    """Whether a pool or a thread does what it was told to do elsewhere, with no frame of user code below it."""
    while frame is not None and module_name(frame) in PASSING_ON:
        frame = frame.f_back
    if frame is not None and module_name(frame) == "threading":
        return True  # libraries have threads of their own; this one was given the function itself
    while frame is not None and module_name(frame) not in _POOLS:
        frame = frame.f_back
    return frame is not None


def _called_as(origin: Origin, function: str) -> str:
    """The listing as the user called it: ``os.listdir``, ``glob.glob``, ``Path.iterdir``, ``sklearn load_files``."""
    if not origin.library:
        return function
    module, name = module_name(origin.library[-1]), origin.library[-1].f_code.co_qualname
    if module.startswith("pathlib"):
        method = name.rpartition(".")[2]
        return "Path.glob" if method.startswith(("_", "<")) else f"Path.{method}"
    if module == "glob":
        # Its classes serve pathlib; their generators run when user code asks for the next path.
        return "Path.glob" if "Globber" in name else f"glob.{'glob' if name == 'glob' else 'iglob'}"
    return f"os.{name.removeprefix('_')}" if module == "os" else called_by_user(origin, "os")


def module_name(frame: FrameType) -> str:
    """The module whose code a frame runs."""
    return str(frame.f_globals.get("__name__") or "")


class _Scanned:
    """What ``os.scandir`` gives: entries already read, to be closed all the same."""

    __slots__ = ("_entries", "_open")

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)
        self._open = True

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._open:
            for entry in self._entries:
                return entry
            self._open = False
        raise StopIteration

    def __enter__(self) -> _Scanned:
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False

    def close(self) -> None:
        """Give no more entries."""
        self._open = False

    def __del__(self) -> None:
        if self._open:
            warn(f"unclosed scandir iterator {self!r}", ResourceWarning, stacklevel=2, source=self)


_Scanned.__name__ = _Scanned.__qualname__ = "ScandirIterator"
_Scanned.__module__ = "posix"


def _measured(sample: str) -> str:
    """The order in which a folder of two files comes out of both functions."""
    os.mkdir(sample)
    files = [os.path.join(sample, name) for name in ("a", "b")]
    for file in files:
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
    names = os.listdir(sample)
    entries = [entry.name for entry in os.scandir(sample)]
    for file in files:
        os.remove(file)
    os.rmdir(sample)
    if names != entries:
        return "native"
    return "sorted" if names == ["a", "b"] else "reversed"
