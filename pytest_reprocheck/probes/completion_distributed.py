"""``distributed.as_completed``, for programs that do not run in an event loop themselves."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from _thread import _local
from collections import defaultdict, deque

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .completion import Call, Completion


def install(completion: Completion, module: Any) -> None:
    """Patch the iterator's construction, and what adds futures to it."""
    from weakref import WeakKeyDictionary

    arrivals = _arrivals()
    calling = _local()
    numbers: WeakKeyDictionary[Any, _Numbers] = WeakKeyDictionary()
    kind = module.as_completed
    plain_init, plain_update = kind.__init__, kind.update

    @functools.wraps(plain_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        asyncio = sys.modules.get("asyncio.events")
        in_loop = asyncio is not None and asyncio._get_running_loop() is not None
        calling.call = None if in_loop else completion.called("distributed.as_completed", sys._getframe(1))
        try:
            plain_init(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        finally:
            calling.call = None

    @functools.wraps(plain_update)
    def update(self: Any, futures: Any) -> None:
        futures = list(futures)
        call = getattr(calling, "call", None)
        if call is not None and self not in numbers:
            numbers[self] = _Numbers()
            self.queue = arrivals(numbers[self], call)
        if self in numbers:
            numbers[self].add(futures)
        plain_update(self, futures)

    completion.probe.replace(kind, "__init__", __init__)
    completion.probe.replace(kind, "update", update)


class _Numbers:
    """Futures of one iterator, numbered in the order in which they were added."""

    def __init__(self) -> None:
        self.count = 0
        self._numbers: defaultdict[Any, deque[int]] = defaultdict(deque)

    def add(self, futures: list[Any]) -> None:
        for future in futures:
            self._numbers[future].append(self.count)
            self.count += 1

    def of(self, future: Any) -> int:
        """The number of a future that has arrived; of one that was added twice the first that has not."""
        waiting = self._numbers.get(future)
        return waiting.popleft() if waiting else -1


def _arrivals() -> Callable[[_Numbers, Call], Any]:
    from queue import Queue

    class Arrivals(Queue["Any"]):
        """Finished futures, as the iterator takes them; it looks empty while they are held back."""

        def __init__(self, added: _Numbers, call: Call) -> None:
            super().__init__()
            self._call = call
            self._added = added
            self._gate = call.gate(None) if call.is_controlled else None

        def put_nowait(self, item: Any) -> None:
            number = self._added.of(item[0] if isinstance(item, tuple) else item)
            self._call.came(number)
            if self._gate is not None:
                self._gate.arrive(number, item)
            super().put_nowait(item)

        def empty(self) -> bool:
            if self._gate is None:
                return super().empty()
            self._gate.expect(self._added.count)
            return self._gate.next() is None

        def get(self, *args: Any, **kwargs: Any) -> Any:
            number = None if self._gate is None else self._gate.next()
            if self._gate is None or number is None:
                return super().get(*args, **kwargs)
            item = self._gate.take(number)
            self.queue.remove(item)
            return item

    return Arrivals
