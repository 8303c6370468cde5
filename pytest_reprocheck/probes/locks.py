"""Bit generators of numpy whose lock tells of draws.

Every draw from a bit generator, by whatever function, takes the generator's lock; a lock of our own sees it without
any wrapped function.
"""

# Callers' frames and hidden instances have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import sys
from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any


class WatchedLock:
    """A lock that tells when it is taken and given back; each has a class of its own, whose methods are exchanged."""

    def __init__(self, entered: Callable[[], None], left: Callable[[FrameType], None]) -> None:
        self.plain = RLock()
        self._depth = 0
        self._entered = entered
        self._left = left
        self.tell()

    def acquire(self, *args: Any, **kwargs: Any) -> bool:
        """As of any lock."""
        return self.plain.acquire(*args, **kwargs)

    def release(self) -> None:
        """As of any lock."""
        self.plain.release()

    def tell(self) -> None:
        """Tell of draws from now on."""
        kind: Any = type(self)
        kind.__enter__, kind.__exit__ = self._enter, self._exit

    def keep_silent(self) -> None:
        """From now on the lock tells nothing and costs what numpy's own does."""
        self._depth = 0
        kind: Any = type(self)
        kind.__enter__, kind.__exit__ = self.plain.__enter__, self.plain.__exit__

    def _enter(self) -> None:
        self.plain.acquire()
        self._depth += 1
        if self._depth == 1:
            self._entered()

    def _exit(self, *_: object) -> None:
        self._depth = max(self._depth - 1, 0)
        try:
            if self._depth == 0:
                self._left(sys._getframe(1))
        finally:
            self.plain.release()


def generator_with_lock(
    module: Any, kind: Any, entered: Callable[[], None], left: Callable[[FrameType], None]
) -> tuple[Any, WatchedLock]:
    """A bit generator of a kind, seeded with 0, and its lock.

    Args:
        module: ``numpy.random``.
        kind: ``MT19937`` or a subclass.
        entered: called when the lock was taken, before anything is done with the generator.
        left: called before the lock is given back, with the frame that called into numpy.
    """
    lock: WatchedLock = type("RLock", (WatchedLock,), {})(entered, left)
    namespace = module.bit_generator
    name = "RLock" if hasattr(namespace, "RLock") else "Lock"
    plain = getattr(namespace, name)
    try:
        setattr(namespace, name, lambda: lock)
        return kind(0), lock
    finally:
        setattr(namespace, name, plain)
