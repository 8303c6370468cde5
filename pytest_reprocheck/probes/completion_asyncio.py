"""``asyncio``: ``as_completed`` and ``wait`` for the first."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .plain_time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .completion import Call, Completion


def install(completion: Completion, module: Any) -> None:
    """Patch ``asyncio.tasks``, and ``asyncio`` where it was imported before."""
    replaced = {"as_completed": _as_completed(completion, module), "wait": _wait(completion, module)}
    for name, value in replaced.items():
        for owner in (sys.modules.get("asyncio"), module):
            if getattr(owner, name, None) is not None:
                completion.probe.replace(owner, name, value)


def _in_order(futures: Any) -> list[Any]:
    """Different awaitables in the order in which they were given; of a set, in the order in which they were made."""
    different = list(dict.fromkeys(futures))
    if not isinstance(futures, (set, frozenset)):
        return different
    names = [future.get_name() if hasattr(future, "get_name") else "" for future in different]
    numbers = [int(name[5:]) if name.startswith("Task-") and name[5:].isdecimal() else 0 for name in names]
    return [different[place] for place in sorted(range(len(numbers)), key=numbers.__getitem__)]


class _Delivery:
    """Finished tasks in the order that the conditions want, for whoever waits for the next one."""

    def __init__(self, module: Any, tasks: list[Any], timeout: float | None, call: Call) -> None:
        self._loop = module.events.get_running_loop()
        self._queue = sys.modules["asyncio"].Queue()
        self._gate = call.gate(len(tasks))
        self._unfinished = dict.fromkeys(tasks)
        self._timer: Any = None
        self._end = None if timeout is None or not tasks else self._loop.call_later(timeout, self._late)
        self.left = len(tasks)
        for number, task in enumerate(tasks):
            task.add_done_callback(functools.partial(self._arrived, number))

    def _arrived(self, number: int, task: Any) -> None:
        if task in self._unfinished:
            del self._unfinished[task]
            self._gate.arrive(number, task)
            self._release()
            if not self._unfinished and self._end is not None:
                self._end.cancel()

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (number := self._gate.next()) is not None:
            self._queue.put_nowait(self._gate.take(number))
        if len(self._gate):
            self._timer = self._loop.call_later(self._gate.patience(), self._release)

    def _late(self) -> None:
        self._gate.hurry()
        self._release()
        for _ in self._unfinished:
            self._queue.put_nowait(None)
        self._unfinished.clear()

    async def _wait_for_one(self, *, resolve: bool = True) -> Any:
        task = await self._queue.get()
        if task is None:
            raise TimeoutError
        return task.result() if resolve else task

    def __iter__(self) -> _Delivery:
        return self

    def __next__(self) -> Any:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self._wait_for_one()

    def __aiter__(self) -> _Delivery:
        return self

    async def __anext__(self) -> Any:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return await self._wait_for_one(resolve=False)


def _as_completed(completion: Completion, module: Any) -> Callable[..., Any]:
    plain = module.as_completed

    def made(fs: Any, timeout: float | None, call: Call) -> Any:
        loop = module.events.get_running_loop()
        tasks = [module.ensure_future(one, loop=loop) for one in _in_order(fs)]
        if call.is_controlled:
            return _Delivery(module, tasks, timeout, call)
        left = set(range(len(tasks)))

        def came(number: int, _task: Any) -> None:
            call.came(number)
            left.discard(number)
            if not left:
                call.finish()

        for number, task in enumerate(tasks):
            task.add_done_callback(functools.partial(came, number))
        return plain(tasks, timeout=timeout)

    def lazily(fs: Any, timeout: float | None, call: Call) -> Iterator[Any]:
        yield from made(fs, timeout, call)

    @functools.wraps(plain)
    def as_completed(*args: Any, **kwargs: Any) -> Any:
        call = None
        # Where no loop runs, or no collection is given, Python has its own words.
        if module.events._get_running_loop() is not None and len(args) == 1 and not hasattr(args[0], "__await__"):
            call = completion.called("asyncio.as_completed", sys._getframe(1))
        if call is None:
            return plain(*args, **kwargs)
        results = plain([], **kwargs)
        fs, timeout = args[0], kwargs.get("timeout")
        if not hasattr(results, "send"):
            return made(fs, timeout, call)
        # Up to 3.12 nothing starts before the first result is asked for.
        named: Any = lazily(fs, timeout, call)
        named.__name__ = named.__qualname__ = "as_completed"
        return named

    return as_completed


def _wait(completion: Completion, module: Any) -> Callable[..., Any]:
    from weakref import WeakSet

    plain = module.wait
    told: WeakSet[Any] = WeakSet()
    """Tasks that user code was told to be done: it would wait for ever to be told again."""

    @functools.wraps(plain)
    async def wait(fs: Any, **kwargs: Any) -> Any:
        call = None
        if kwargs.get("return_when") == "FIRST_COMPLETED" and not hasattr(fs, "__await__"):
            tasks = _in_order(fs)
            if tasks and all(hasattr(task, "add_done_callback") for task in tasks):
                fs = tasks
                call = completion.called("asyncio.wait", sys._getframe(1))
        if call is None:
            return await plain(fs, **kwargs)
        if call.is_controlled and not any(task.done() and task in told for task in tasks):
            done = await _first(plain, tasks, kwargs.get("timeout"), call)
        else:
            done, _ = await plain(tasks, **kwargs)
        for number, task in enumerate(tasks):
            if task in done:
                call.came(number)
        call.finish()
        told.update(done)
        return done, set(tasks) - done

    return wait


async def _first(plain: Callable[..., Any], tasks: list[Any], timeout: float | None, call: Call) -> set[Any]:
    """The tasks that the conditions want to be told first, or what is done when the time is over."""
    waiting = dict(enumerate(tasks))
    done: set[Any] = set()
    gate = call.gate(len(tasks))
    end = None if timeout is None else monotonic() + timeout
    while len(done) < min(call.first, len(tasks)):
        for number in [number for number, task in waiting.items() if task.done()]:
            gate.arrive(number, waiting.pop(number))
        if end is not None and monotonic() >= end:
            gate.hurry()
        following = gate.next()
        if following is not None:
            done.add(gate.take(following))
            continue
        waits = [gate.patience()] if len(gate) or done else []
        if end is not None:
            waits.append(end - monotonic())
        seconds = max(0.0, min(waits)) if waits else None
        finished, _ = await plain(set(waiting.values()), timeout=seconds, return_when="FIRST_COMPLETED")
        if not finished and not len(gate) and waits:
            break
    return done
