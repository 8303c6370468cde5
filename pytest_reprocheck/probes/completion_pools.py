"""``multiprocessing.pool``: ``imap_unordered`` of pools of processes and of threads."""

# Callers' frames and what the iterator is made of have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from _thread import _local

from .frames import without_this_frame
from .plain_time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .completion import Call, Completion
    from .delivery import Gate


class _Orders:
    """The iterators of user code's calls: where results are recorded, and where they are put in order."""

    def __init__(self) -> None:
        from weakref import WeakKeyDictionary

        self.calls: WeakKeyDictionary[Any, Call] = WeakKeyDictionary()
        self.gates: WeakKeyDictionary[Any, Gate] = WeakKeyDictionary()


def install(completion: Completion, module: Any) -> None:
    """Patch ``multiprocessing.pool``, and write as a fact in which order two finished results come."""
    orders, calling = _Orders(), _local()
    probe, kind = completion.probe, module.IMapUnorderedIterator
    _patch_construction(completion, kind, orders, calling)
    for name, make in (("_set", _set), ("_set_length", _set_length), ("next", _next)):
        value = make(getattr(kind, name), orders)
        for attribute in ("next", "__next__") if name == "next" else (name,):
            probe.replace(kind, attribute, value)
    plain = module.Pool.imap_unordered

    @functools.wraps(plain)
    def imap_unordered(self: Any, *args: Any, **kwargs: Any) -> Any:
        kind_of_pool = "ThreadPool" if isinstance(self, module.ThreadPool) else "Pool"
        calling.call = completion.called(f"multiprocessing {kind_of_pool}.imap_unordered", sys._getframe(1))
        try:
            return plain(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        finally:
            calling.call = None

    probe.replace(module.Pool, "imap_unordered", imap_unordered)
    calling.call = completion.sample()
    sample = kind(_NoPool())
    calling.call = None
    for number in (0, 1):
        sample._set(number, (True, number))
    sample._set_length(2)
    completion.measured(list(sample))


class _NoPool:
    """What an iterator needs of a pool."""

    def __init__(self) -> None:
        self._cache: dict[int, Any] = {}


def _patch_construction(completion: Completion, kind: Any, orders: _Orders, calling: Any) -> None:
    """An iterator that is made while user code calls belongs to that call."""
    plain = kind.__init__

    @functools.wraps(plain)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        plain(self, *args, **kwargs)
        call = getattr(calling, "call", None)
        if call is not None:
            (orders.gates if call.is_controlled else orders.calls)[self] = (
                call.gate(None) if call.is_controlled else call
            )

    completion.probe.replace(kind, "__init__", __init__)


def _set(plain: Callable[..., None], orders: _Orders) -> Callable[..., None]:
    """A result arrives, from the pool's own threads."""

    @functools.wraps(plain)
    def _set(self: Any, i: int, obj: Any) -> None:
        gate = orders.gates.get(self)
        if gate is None:
            call = orders.calls.get(self)
            if call is not None:
                call.came(i)
            plain(self, i, obj)
            return
        with self._cond:
            gate.arrive(i, obj)
            self._index += 1
            self._cond.notify()
            if self._index == self._length:
                del self._cache[self._job]
                self._pool = None

    return _set


def _set_length(plain: Callable[..., None], orders: _Orders) -> Callable[..., None]:
    """The number of results is known; whoever holds results back wants to hear of it."""

    @functools.wraps(plain)
    def _set_length(self: Any, length: int) -> None:
        plain(self, length)
        if self in orders.gates:
            with self._cond:
                self._cond.notify()

    return _set_length


def _next(plain: Callable[..., Any], orders: _Orders) -> Callable[..., Any]:
    """User code, or the generator over a chunk's results, asks for a result."""

    def following(self: Any, gate: Gate, timeout: float | None) -> Any:
        end = None if timeout is None else monotonic() + timeout
        with self._cond:
            while True:
                gate.expect(self._length)
                number = gate.next()
                if number is not None:
                    return gate.take(number)
                if not len(gate) and self._index == self._length:
                    self._pool = None
                    raise StopIteration
                waits = [gate.patience()] if len(gate) else []
                if end is not None:
                    waits.append(end - monotonic())
                    if waits[-1] <= 0 and not len(gate):
                        raise TimeoutError
                    if waits[-1] <= 0:
                        gate.hurry()
                self._cond.wait(max(0.0, min(waits)) if waits else None)

    @functools.wraps(plain)
    def next(self: Any, timeout: float | None = None) -> Any:  # noqa: A001  (the name it stands for)
        gate = orders.gates.get(self)
        try:
            if gate is None:
                return plain(self, timeout)
            success, value = following(self, gate, timeout)
        except BaseException as error:
            if isinstance(error, StopIteration) and self in orders.calls:
                orders.calls[self].finish()
            error.__traceback__ = None
            raise
        if success:
            return value
        raise value

    return next
