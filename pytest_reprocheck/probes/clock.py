"""The clock as user code reads it: recorded, ahead of the real one and faster, or as a recording says.

Only what user code reads itself is moved, and what a library measures for it. Event loops, waits, handshakes,
signatures and time stamps of libraries go by real time: a process whose every clock is moved hangs or is turned away.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from os import path, stat

from .plain_time import localtime
from .reads import Reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import Any

    from .probe import Probe
    from .recording import Recording

_SECOND = 1_000_000_000
_REAL: Mapping[str, Callable[[], int]] = {
    "time": time.time_ns,
    "monotonic": time.monotonic_ns,
    "perf_counter": time.perf_counter_ns,
    "process_time": time.process_time_ns,
    "thread_time": time.thread_time_ns,
}
"""Clock -> what reads it, in nanoseconds."""
_IDS = {
    getattr(time, name): clock
    for name, clock in (
        ("CLOCK_REALTIME", "time"),
        ("CLOCK_MONOTONIC", "monotonic"),
        ("CLOCK_PROCESS_CPUTIME_ID", "process_time"),
        ("CLOCK_THREAD_CPUTIME_ID", "thread_time"),
    )
    if hasattr(time, name)
}
_MEASURING = frozenset({"sklearn.model_selection._validation", "sklearn.model_selection._search"})
"""Modules that read the clock for nothing but the times that they give back with their results."""


class Clock:
    """This process's clocks as user code sees them."""

    def __init__(self, probe: Probe, recording: Recording) -> None:
        conditions = probe.config["conditions"]
        self._probe = probe
        self.patches = ExitStack()
        """Gives real clocks back when it is closed."""
        self.reads = Reads(probe, self.patches.callback)
        probe.undo(self.patches.close)
        self._recording = recording
        self._offset = conditions.get("clock_offset", 0) * _SECOND
        self._rate = conditions.get("clock_rate", 1.0)
        self._replays = "clock" in conditions.get("replays", ())
        self._last: dict[str, tuple[int, int]] = {}
        self._starts = _starts(path.join(probe.config["log"], "child.json"))  # noqa: PTH118  (see frames.py)

    def read(self, clock: str, frame: FrameType, what: str) -> int:
        """Nanoseconds that user code reads at a frame of its own."""
        where, called = self.reads.note("clock", frame, what)
        if called == "datetime.date.today":
            self.reads.note("timezone", frame, what)
        site = f"{clock} {where}"
        real = _REAL[clock]()
        if self._replays and not (self._probe.limited and self._probe.varies("clock", where)):
            return self._replayed(clock, site, real)
        value = self.moved(clock, real)
        self._recording.write("clock", site, value)
        return value

    def asking(self, frame: FrameType) -> FrameType:
        """Whose read it is: that of the user who is given the time, where a library only measures it."""
        if frame.f_globals.get("__name__") not in _MEASURING:
            return frame
        origin = self._probe.frames.origin(frame)
        return frame if origin is None else origin.user

    def moved(self, clock: str, real: int) -> int:
        """The clock in this run when the real one says ``real``: all clocks go at one rate, and one is ahead."""
        if self._rate != 1:
            start = self._starts[clock]
            real = start + round((real - start) * self._rate)
        return real + self._offset if clock == "time" else real

    def measured(self) -> str:
        """What a read gives beyond the real clock now and a second later."""
        ahead, later = self.moved("time", (now := _REAL["time"]())), self.moved("time", now + _SECOND)
        minutes = round((ahead - now) / 60 / _SECOND)
        return f"{minutes:+d} min, rate {(later - ahead) / _SECOND:g}"

    def _replayed(self, clock: str, site: str, real: int) -> int:
        """The recorded value; after the last one the clock goes on from there as the real one does."""
        value = self._recording.next("clock", site)
        if value is None:
            last, then = self._last.get(clock, (real, real))
            return last + real - then
        self._last[clock] = (value, real)
        return int(value)


def install(clock: Clock) -> None:
    """Put functions in the place of those of ``time`` that read a clock."""
    for name in _REAL:
        read = _reading(clock, name, f"time.{name}", lambda ns: ns / _SECOND)
        clock.reads.replace(time, name, read, through=clock.asking)
        clock.reads.replace(time, f"{name}_ns", _reading(clock, name, f"time.{name}_ns", lambda ns: ns))
    clock.reads.replace(time, "clock_gettime", _reading_by_id(clock, "time.clock_gettime", lambda ns: ns / _SECOND))
    clock.reads.replace(time, "clock_gettime_ns", _reading_by_id(clock, "time.clock_gettime_ns", lambda ns: ns))
    for name in ("localtime", "gmtime", "ctime", "asctime", "strftime", "mktime"):
        clock.reads.replace(time, name, _calendar(clock, name))


def _starts(child_file: str) -> dict[str, int]:
    """When the run began, by each clock: the same moment for every process of the run, or they would disagree."""
    now = _REAL["time"]()
    try:
        elapsed = now - stat(child_file).st_mtime_ns  # noqa: PTH116
    except OSError:
        elapsed = 0
    own = {"process_time": 0, "thread_time": 0}
    return {clock: own.get(clock, read() - elapsed) for clock, read in _REAL.items()}


def _reading(clock: Clock, name: str, what: str, value: Callable[[int], float]) -> Any:
    def read(frame: FrameType, _plain: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
        return None if args or kwargs else value(clock.read(name, frame, what))

    return read


def _reading_by_id(clock: Clock, what: str, value: Callable[[int], float]) -> Any:
    def read(frame: FrameType, _plain: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
        known = _IDS.get(args[0]) if len(args) == 1 and not kwargs and type(args[0]) is int else None
        return None if known is None else value(clock.read(known, frame, what))

    return read


def _calendar(clock: Clock, name: str) -> Any:
    """Functions that read the clock where they are given no time; most of them say it in local time."""
    what, given = f"time.{name}", 2 if name == "strftime" else 1

    def read(frame: FrameType, plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        missing = len(args) < given or (given == 1 and args[0] is None and name != "asctime")
        if kwargs or len(args) < given - 1 or name == "mktime" or not missing:
            if name in ("localtime", "ctime", "mktime"):
                clock.reads.note("timezone", frame, what)
            return None
        if name != "gmtime":
            clock.reads.note("timezone", frame, what)
        seconds = clock.read("time", frame, what) // _SECOND
        if name == "strftime" and not isinstance(args[0], str):
            return None
        if name in ("asctime", "strftime"):
            return plain(*args[: given - 1], localtime(seconds))
        return plain(seconds)

    return read
