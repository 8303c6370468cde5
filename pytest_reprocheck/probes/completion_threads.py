"""Threads that user code starts, and work of its thread pools that changes what is shared: whose turn it is.

What threads append to a list or put into a queue stands there in the order in which they get to it. So those that one
line starts run one after the other, in the order in which they were started, or in reverse: never for long, as one may
have to wait for what another does.
"""

# Callers' frames and what threads and pools are made of have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import itertools
import sys
from os import register_at_fork

from .delivery import TOGETHER
from .frames import site
from .plain_time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .completion import Completion

PATIENCE = 0.25
"""Seconds that a thread has before the next one begins beside it."""
_SETTLED = 0.05
"""Seconds without another start after which those in reverse begin."""
_MOST = 500
"""Threads of one line that take turns; further ones begin at once."""
_CHANGING = frozenset(
    {
        "append",
        "appendleft",
        "extend",
        "insert",
        "print",
        "put",
        "put_nowait",
        "setdefault",
        "update",
        "write",
        "writerow",
    }
)
"""Names in the code of a function that may change what is shared."""


class Turns:
    """The threads that one line of user code starts."""

    def __init__(self, condition: Any, *, is_reversed: bool) -> None:
        self._condition = condition
        self._is_reversed = is_reversed
        self._waiting: set[int] = set()
        self._running: dict[int, float] = {}
        self._made = self._begun = 0
        self._last_arrival = self._held_since = 0.0
        self._held = 0.0

    def number(self) -> int:
        """The number of the next thread."""
        self._made += 1
        return self._made - 1

    def enter(self, number: int) -> None:
        """Wait for one's turn."""
        with self._condition:
            now = self._last_arrival = monotonic()
            if not self._waiting:
                self._held_since = now
            self._waiting.add(number)
            while (left := self._left(number, monotonic())) > 0:
                self._condition.wait(left)
            self._waiting.discard(number)
            now = self._running[number] = monotonic()
            self._begun += 1
            if not self._waiting:
                self._held += now - self._held_since
            self._condition.notify_all()

    def leave(self, number: int) -> None:
        """One's turn is over."""
        with self._condition:
            self._running.pop(number, None)
            self._condition.notify_all()

    def order(self, numbers: set[int]) -> list[int]:
        """The order in which these begin when they all wait."""
        return sorted(numbers, reverse=self._is_reversed)

    def _left(self, number: int, now: float) -> float:
        """Seconds until it has to be asked again whether this one begins; 0 for now."""
        allowed = TOGETHER - self._held - (now - self._held_since)
        if allowed <= 0 or number >= _MOST:
            return 0.0
        busy = max(self._running.values(), default=now - PATIENCE) + PATIENCE - now
        if self.order(self._waiting)[0] != number or busy > 0:
            return min(allowed, max(busy, PATIENCE))
        # What was started before it may not have got here yet; of those in reverse the last one may not be started yet.
        early = number != self._begun if not self._is_reversed else not self._begun
        return max(0.0, min(allowed, self._last_arrival + _SETTLED - now)) if early else 0.0


class Threads:
    """All lines of user code that start threads, in this process."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self._turns: dict[str, Turns] = {}
        register_at_fork(after_in_child=self._turns.clear)

    def turn(self, frame: FrameType, function: Any) -> tuple[Turns, int]:
        """The turn of what is started at this frame of user code."""
        import threading

        probe = self._completion.probe
        stack = probe.frames.stack(frame)
        place = site(stack)
        turns = self._turns.get(place)
        if turns is None:
            is_reversed = self._completion.order(place) == "reversed"
            turns = self._turns[place] = Turns(threading.Condition(threading.Lock()), is_reversed=is_reversed)
        number = turns.number()
        name = getattr(function, "__qualname__", "") or type(function).__name__
        probe.event_at("completion", f"completion@{place}", f"{name.rpartition('.')[2]} in threads", stack)
        return turns, number

    def install(self, module: Any) -> None:
        """Patch ``threading``."""
        probe, plain, numbers = self._completion.probe, module.Thread.start, itertools.count()
        turn_of = probe.guarded("threads", self._started)

        @functools.wraps(plain)
        def start(thread: Any) -> None:
            turn = turn_of(thread, sys._getframe(1), module.Timer) if probe.watching else None
            if turn is not None:
                begins = functools.partial(probe.streams.begin_turn, f"thread {next(numbers)}")
                thread.run = functools.partial(_in_turn, thread, thread.run, *turn, begins)
            plain(thread)

        probe.replace(module.Thread, "start", start)
        self._completion.measured(Turns(None, is_reversed=self._completion.order("") == "reversed").order({0, 1}))

    def _started(self, thread: Any, frame: FrameType, timer: type) -> tuple[Turns, int] | None:
        probe = self._completion.probe
        if thread.daemon or isinstance(thread, timer) or "run" in vars(thread):
            return None
        if probe.frames.source(frame.f_code.co_filename) is None:
            return None
        return self.turn(frame, getattr(thread, "_target", None) or thread.run)

    def install_in_pools(self, module: Any) -> None:
        """Patch ``concurrent.futures.thread``: all work has a name, and turns where it may change what is shared."""
        probe, kind = self._completion.probe, module._WorkItem
        turn_of = probe.guarded("work in threads", self._submitted)
        numbers = itertools.count()
        plain_init, plain_run = kind.__init__, kind.run

        @functools.wraps(plain_init)
        def __init__(item: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            plain_init(item, *args, **kwargs)
            item._reprocheck_turn = turn_of(args, sys._getframe(1)) if probe.watching else None
            item._reprocheck_number = next(numbers)

        @functools.wraps(plain_run)
        def run(item: Any, *args: Any, **kwargs: Any) -> None:
            turn = item._reprocheck_turn
            probe.streams.begin_turn(f"work {item._reprocheck_number}")
            if turn is None:
                plain_run(item, *args, **kwargs)
                return
            turns, number = turn
            turns.enter(number)
            try:
                plain_run(item, *args, **kwargs)
            finally:
                turns.leave(number)

        probe.replace(kind, "__init__", __init__)
        probe.replace(kind, "run", run)

    def _submitted(self, args: tuple[Any, ...], frame: FrameType) -> tuple[Turns, int] | None:
        probe = self._completion.probe
        given = args[1] if len(args) > 1 else None
        function = given[0] if isinstance(given, tuple) and given else given
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        if code is None or not (_CHANGING & {*code.co_names}):
            return None
        if probe.frames.source(code.co_filename) is None:
            return None
        origin = probe.frames.origin(frame)
        if origin is None or any(not _is_of_futures(each) for each in origin.library):
            return None
        return self.turn(origin.user, function)


def _is_of_futures(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("concurrent.futures")


def _in_turn(thread: Any, run: Callable[[], None], turns: Turns, number: int, begins: Callable[[], None]) -> None:
    """Run a thread when it is its turn."""
    del thread.run
    begins()
    turns.enter(number)
    try:
        run()
    finally:
        turns.leave(number)
