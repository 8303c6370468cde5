"""``numpy.datetime64("now")`` and ``("today")``: numpy reads the clock in C, while it makes the value.

So the words are exchanged for the moment that they stand for. Instances are made by a slot of the type, which leads to
``__new__`` for classes that Python code defines; numpy's type is given that slot and a ``__new__`` while the probes
are in. Arrays made from these words are not reached.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import sys

from .datetimes import exchange
from .frames import without_this_frame
from .plain_time import gmtime, localtime, strftime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .clock import Clock
    from .probe import Probe

_BASE, _NEW = 32, 39
"""Where CPython's type objects hold ``tp_base`` and ``tp_new``, in pointers."""
_SECOND = 1_000_000_000


def install(probe: Probe, clock: Clock, module: Any) -> None:
    """Exchange the words in calls by user code; nothing where the interpreter's types are laid out in another way."""
    import ctypes

    kind = module.datetime64
    pointer = ctypes.sizeof(ctypes.c_void_p)

    def slot(owner: type, index: int) -> ctypes.c_void_p:
        return ctypes.c_void_p.from_address(id(owner) + index * pointer)

    class Made:
        def __new__(cls) -> Made:
            return object.__new__(cls)

    plain, by_python = slot(kind, _NEW).value, slot(Made, _NEW).value
    layout = slot(kind, _BASE).value == id(kind.__base__) and slot(bool, _BASE).value == id(int)
    if not layout or not plain or by_python in (plain, slot(object, _NEW).value):
        return
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.py_object)(plain)
    exchange(clock.patches, kind, "__new__", staticmethod(_new(probe, clock, make)))

    def put(address: int | None) -> None:
        slot(kind, _NEW).value = address

    clock.patches.callback(put, plain)
    put(by_python)


def _new(probe: Probe, clock: Clock, make: Callable[..., Any]) -> Callable[..., Any]:
    moment = probe.guarded("numpy's reads of the clock", _moment)

    def __new__(cls: type, /, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        if args and type(args[0]) is str and args[0].lower() in ("now", "today"):
            user = clock.reads.reader(sys._getframe(1))
            said = None if user is None else moment(clock, args[0].lower(), user)
            args = args if said is None else (said, *args[1:])
        try:
            return make(cls, args, kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    return __new__


def _moment(clock: Clock, word: str, frame: Any) -> str:
    """The moment in the words that numpy would find: the second in UTC, or the local day."""
    seconds = clock.read("time", frame, "numpy.datetime64") // _SECOND
    if word == "now":
        return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
    clock.reads.note("timezone", frame, "numpy.datetime64")
    return strftime("%Y-%m-%d", localtime(seconds))
