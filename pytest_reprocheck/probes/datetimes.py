"""``datetime``'s and pandas' ways of reading the clock and of asking for local time.

``datetime.datetime`` is a static type: its attributes cannot be set, and a subclass in its place would show in types,
pickles and ``isinstance``. So entries of the type's own dictionary are exchanged, and its caches told of it.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import gc
import sys

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from types import FrameType
    from typing import Any

    from .clock import Clock
    from .probe import Probe

_PANDAS_WORDS = frozenset(
    {"pandas.core.arrays.datetimes", "pandas.core.indexes.datetimes", "pandas.core.tools.datetimes"}
)
"""Modules that read the clock where the user wrote the word "now" or "today", and nowhere else."""
_UTCNOW = (
    "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. "
    "Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC)."
)
"""Python's own warning, which belongs to the line of the caller."""


class Datetimes:
    """The methods of ``datetime`` that user code reads clock and time zone through."""

    def __init__(self, probe: Probe, clock: Clock, module: Any) -> None:
        self._probe = probe
        self._clock = clock
        self._kind = module.datetime
        self._utc = module.timezone.utc
        own = vars(module.datetime)
        self._plain_now, self._plain_from = own["now"], own["fromtimestamp"]

    def install(self) -> None:
        """Exchange the methods, and see that this had an effect."""
        kind = self._kind
        made = {"now": self._now(), "utcnow": self._utcnow(), "fromtimestamp": self._from(self._plain_from)}
        for name, function in made.items():
            function.__module__ = "datetime"
            exchange(self._clock.patches, kind, name, classmethod(function))
        for name in ("astimezone", "timestamp"):
            exchange(self._clock.patches, kind, name, self._local(name))
        date = kind.__mro__[1]
        exchange(self._clock.patches, date, "fromtimestamp", classmethod(self._from(vars(date)["fromtimestamp"])))
        if getattr(kind.now, "__func__", None) is not made["now"]:
            self._probe.log.write({"type": "facts", "facts": {"clock problem": "datetime.now cannot be exchanged"}})

    def _now(self) -> Callable[..., Any]:
        plain, given = self._plain_now, self._probe.guarded("reads of the clock", self._user_now)

        @functools.wraps(plain)
        def now(cls: type, *args: Any, **kwargs: Any) -> Any:
            found = self._reader(sys._getframe(1))
            try:
                if found is not None and len(args) + len(kwargs) < 2 and not kwargs.keys() - {"tz"}:
                    tz = args[0] if args else kwargs.get("tz")
                    nanoseconds = given(tz, found)
                    if nanoseconds is not None:
                        return self._at(cls, nanoseconds, tz)
                return plain.__get__(None, cls)(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        return now

    def _user_now(self, tz: Any, frame: FrameType) -> int:
        if tz is None:
            self._clock.reads.note("timezone", frame, "datetime.datetime.now")
        return self._clock.read("time", frame, "datetime.datetime.now")

    def _at(self, cls: type, nanoseconds: int, tz: Any) -> Any:
        # A float of today's seconds is exact to a quarter of a microsecond, and is rounded to microseconds.
        try:
            return self._plain_from.__get__(None, cls)(nanoseconds // 1000 / 1e6, tz)
        except BaseException as error:
            without_this_frame(error)
            raise

    def _utcnow(self) -> Callable[..., Any]:
        plain = vars(self._kind)["utcnow"]
        given = self._probe.guarded("reads of the clock", self._clock.read)
        warns = sys.version_info >= (3, 12)

        @functools.wraps(plain)
        def utcnow(cls: type, *args: Any) -> Any:
            found = self._reader(sys._getframe(1))
            try:
                if args:
                    return plain.__get__(None, cls)(*args)
                if warns:
                    # The plain function would take this frame for its caller.
                    from _warnings import warn

                    warn(_UTCNOW, DeprecationWarning, 2)
                nanoseconds = None if found is None else given("time", found, "datetime.datetime.utcnow")
                if nanoseconds is None:
                    return self._plain_now.__get__(None, cls)(self._utc).replace(tzinfo=None)
                return self._at(cls, nanoseconds, self._utc).replace(tzinfo=None)
            except BaseException as error:
                without_this_frame(error)
                raise

        return utcnow

    def _from(self, plain: Any) -> Callable[..., Any]:
        """``fromtimestamp``: local time where no zone is named."""
        what = f"datetime.{plain.__objclass__.__name__}.fromtimestamp"
        note = self._probe.guarded("reads of the time zone", self._clock.reads.note)

        @functools.wraps(plain)
        def fromtimestamp(cls: type, *args: Any, **kwargs: Any) -> Any:
            found = self._reader(sys._getframe(1))
            if found is not None and (args[1] if len(args) > 1 else kwargs.get("tz")) is None:
                note("timezone", found, what)
            try:
                return plain.__get__(None, cls)(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        return fromtimestamp

    def _local(self, name: str) -> Callable[..., Any]:
        """A method that takes a time without a zone for local time; ``astimezone`` asks for the zone in any case."""
        plain, what, asks = vars(self._kind)[name], f"datetime.datetime.{name}", name == "astimezone"
        note = self._probe.guarded("reads of the time zone", self._clock.reads.note)

        @functools.wraps(plain)
        def method(self_: Any, /, *args: Any, **kwargs: Any) -> Any:
            found = self._reader(sys._getframe(1))
            if (
                found is not None
                and not kwargs
                and args in ((), (None,))
                and (asks or getattr(self_, "tzinfo", 0) is None)
            ):
                note("timezone", found, what)
            try:
                return plain(self_, *args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        method.__module__ = "datetime"
        return method

    def _reader(self, frame: FrameType) -> FrameType | None:
        if frame.f_globals.get("__name__") not in _PANDAS_WORDS:
            known = frame.f_code.co_filename in self._clock.reads.libraries
            return None if known else self._clock.reads.reader(frame)
        outer: FrameType | None = frame
        while outer is not None and str(outer.f_globals.get("__name__")).startswith("pandas."):
            outer = outer.f_back
        return None if outer is None else self._clock.reads.reader(outer)


def exchange(patches: ExitStack, kind: type, name: str, value: object) -> None:
    """Set an attribute of a type that does not let its attributes be set, until the patches are taken out."""
    import ctypes

    own = next(found for found in gc.get_referents(vars(kind)) if type(found) is dict)
    modified = ctypes.pythonapi.PyType_Modified
    before = own[name]

    def put(what: object) -> None:
        own[name] = what
        modified(ctypes.py_object(kind))

    patches.callback(put, before)
    put(value)
