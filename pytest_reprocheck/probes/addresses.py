"""``id()`` and ``hash()`` as user code calls them: addresses differ from run to run.

Where addresses are pinned, ``id()`` gives numbers in the order of asking, and ``hash()`` of plain objects follows them.
Sets and dictionaries take an object's own hash, and its default text shows its own address: those stay real.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import builtins
import functools
import sys

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any

    from .probe import Probe
    from .reads import Reads

_FIRST, _APART = 0x7F3A5C0D1000, 48


class Addresses:
    """The numbers that user code is given for its objects."""

    def __init__(self, probe: Probe, reads: Reads) -> None:
        self._probe = probe
        self._reads = reads
        self._pinned = bool(probe.config["conditions"].get("pinned", False))
        self._numbers: dict[int, tuple[int, Callable[[], object]]] = {}
        """Address -> number, and what gives the object while it lives."""
        self._asked = 0
        self._guarded_number = probe.guarded("addresses", self._number)

    def install(self) -> None:
        """Put functions in the place of ``id`` and ``hash``."""
        self._probe.replace(builtins, "id", self._id(builtins.id))
        self._probe.replace(builtins, "hash", self._hash(builtins.hash))

    def spare(self, module: Any) -> None:
        """Give a library that asks for the address of everything it sees the plain ``id``."""
        self._probe.replace(module, "id", address_of)

    # Functions of Python's cost the least, and nobody makes these methods.

    def _id(self, plain: Callable[[object], int]) -> Callable[[object], int]:
        libraries, caller, asked = self._reads.libraries, sys._getframe, self._asked_for

        @functools.wraps(plain)
        def id(obj: object, /) -> int:  # noqa: A001
            frame = caller(1)
            given = None if frame.f_code.co_filename in libraries else asked("id", obj, frame)
            return plain(obj) if given is None else given

        return id

    def _hash(self, plain: Callable[[object], int]) -> Callable[[object], int]:
        by_address, caller, asked = object.__hash__, sys._getframe, self._asked_for

        @functools.wraps(plain)
        def hash(obj: object, /) -> int:  # noqa: A001
            given = asked("hash", obj, caller(1)) if type(obj).__hash__ is by_address else None
            try:
                return plain(obj) if given is None else given >> 4
            except BaseException as error:
                without_this_frame(error)
                raise

        return hash

    def _asked_for(self, name: str, obj: object, frame: FrameType) -> int | None:
        """Log that user code asks; the object's number where addresses are pinned."""
        user = self._reads.reader(frame)
        if user is None:
            return None
        self._reads.note("address", user, name)
        return self._guarded_number(obj, user) if self._pinned else None

    def _number(self, obj: object, frame: FrameType) -> int | None:
        """The object's number; None where user code would follow it as the address that it is not."""
        if _follows_addresses(frame):
            return None
        address = address_of(obj)
        known = self._numbers.get(address)
        if known is None or known[1]() is not obj:
            known = self._numbers[address] = (_FIRST + _APART * self._asked, _holder(obj))
            self._asked += 1
        return known[0]


address_of = id
"""Python's own ``id``, for the probes: the one in its place looks at its caller, which takes ten times as long."""


def _holder(obj: object) -> Callable[[], object]:
    """What gives the object: without keeping it alive where that is possible."""
    from weakref import ref

    try:
        return ref(obj)
    except TypeError:
        return lambda: obj


def _follows_addresses(frame: FrameType) -> bool:
    """Whether the module uses ``ctypes``."""
    ctypes: ModuleType | None = sys.modules.get("ctypes")
    return ctypes is not None and any(
        value is ctypes or getattr(value, "__module__", None) in ("ctypes", "_ctypes")
        for value in list(frame.f_globals.values())
    )
