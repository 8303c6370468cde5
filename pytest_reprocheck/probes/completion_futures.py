"""``concurrent.futures``: ``as_completed`` and ``wait`` for the first."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from _queue import Empty, SimpleQueue

from .frames import without_this_frame
from .plain_time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .completion import Call, Completion


def install(completion: Completion, module: Any) -> None:
    """Patch ``concurrent.futures``, and write as a fact in which order two finished futures come."""
    probe, base = completion.probe, module._base
    numbers = _numbered(completion, base.Future)
    as_completed = _as_completed(completion, module.as_completed, numbers)
    wait = _wait(completion, module.wait, numbers)
    for owner in (base, module):
        probe.replace(owner, "as_completed", as_completed)
        probe.replace(owner, "wait", wait)
    completion.measured(_measured(module, completion.sample()))


def _measured(module: Any, call: Call) -> list[int]:
    """The order in which two futures come that were finished one after the other."""
    futures = [module.Future(), module.Future()]
    futures[0].set_result(0)
    if call.is_controlled:
        futures[1].set_result(1)
        return [future.result() for future in delivered(futures, None, call)]
    # Of those that were finished before, Python gives any first.
    results = module.as_completed(list(futures))
    first = next(results).result()
    futures[1].set_result(1)
    return [first, next(results).result()]


def delivered(futures: list[Any], timeout: float | None, call: Call, *, at_once: bool = False) -> Iterator[Any]:
    """The futures in the order that the conditions want; the list is emptied.

    Args:
        futures: in the order of their submission.
        timeout: seconds after which unfinished ones are an error.
        call: that they are delivered to.
        at_once: the end is where one would have to wait long for a second one.
    """
    total = left = len(futures)
    end = None if timeout is None else monotonic() + timeout
    gate = call.gate(total)
    arrivals: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    for number, future in enumerate(futures):
        future.add_done_callback(functools.partial(_arrived, arrivals, number))
    # Nothing here keeps a future once it is delivered.
    futures.clear()
    del future
    while left:
        is_late = end is not None and monotonic() >= end
        while not is_late and not arrivals.empty():
            gate.arrive(*arrivals.get())
        if is_late:
            gate.hurry()
            if not len(gate):
                raise TimeoutError(f"{left} (of {total}) futures unfinished")
        following = gate.next()
        if following is not None:
            left -= 1
            yield gate.take(following)
            continue
        is_enough = at_once and left < total
        waits = [gate.patience()] if len(gate) or is_enough else []
        if end is not None:
            waits.append(end - monotonic())
        try:
            gate.arrive(*arrivals.get(timeout=max(0.0, min(waits)) if waits else None))
        except Empty:
            if is_enough and not len(gate):
                return


def _arrived(arrivals: SimpleQueue[tuple[int, Any]], number: int, future: Any) -> None:
    arrivals.put((number, future))


def _numbered(completion: Completion, kind: Any) -> Callable[[Any], list[Any]]:
    """Number futures as they are made; gives the function that brings futures into the order of their submission."""
    from weakref import WeakKeyDictionary

    numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
    plain = kind.__init__
    made = iter(range(sys.maxsize))

    @functools.wraps(plain)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        plain(self, *args, **kwargs)
        numbers[self] = next(made)

    completion.probe.replace(kind, "__init__", __init__)

    def in_order(futures: Any) -> list[Any]:
        different = list(dict.fromkeys(futures))
        if not all(isinstance(future, kind) for future in different):
            return []
        return sorted(different, key=lambda future: numbers.get(future, -1))

    return in_order


def _as_completed(
    completion: Completion, plain: Callable[..., Iterator[Any]], in_order: Callable[[Any], list[Any]]
) -> Callable[..., Iterator[Any]]:
    def observed(fs: Any, timeout: Any, call: Call) -> Iterator[Any]:
        given = list(fs)
        del fs
        futures = in_order(given)
        numbers = {id(future): number for number, future in enumerate(futures)}
        results = delivered(futures, timeout, call) if call.is_controlled and futures else plain(given, timeout)
        del given, futures
        try:
            for future in results:
                call.came(numbers.get(id(future), -1))
                # While user code has it, nothing here keeps it.
                given = [future]
                del future
                yield given.pop()
        except TimeoutError as error:
            error.__traceback__ = None  # as if nothing stood between
            raise
        finally:
            call.finish()

    @functools.wraps(plain)
    def as_completed(*args: Any, **kwargs: Any) -> Iterator[Any]:
        call = completion.called("concurrent.futures.as_completed", sys._getframe(1))
        results = plain(*args, **kwargs)
        if call is None:
            return results
        results = observed(*_two(*args, **kwargs), call)
        results.__name__ = results.__qualname__ = "as_completed"  # type: ignore[attr-defined]
        return results

    return as_completed


def _two(fs: Any, timeout: Any = None) -> tuple[Any, Any]:
    return fs, timeout


def _wait(completion: Completion, plain: Any, in_order: Callable[[Any], list[Any]]) -> Any:
    from weakref import WeakSet

    told: WeakSet[Any] = WeakSet()
    """Futures that user code was told to be done: it would wait for ever to be told again."""

    def first_completed(fs: Any, timeout: Any, call: Call) -> Any:
        given = set(fs)
        futures = in_order(given)
        if call.is_controlled and futures and not any(future in told for future in plain(given, 0)[0]):
            done: set[Any] = set()
            try:
                for future in delivered(list(futures), timeout, call, at_once=True):
                    done.add(future)
                    if len(done) >= call.first:
                        break
            except TimeoutError:
                pass  # what came in time is told
        else:
            done = set(plain(given, timeout, "FIRST_COMPLETED")[0])
        for number, future in enumerate(futures):
            if future in done:
                call.came(number)
        call.finish()
        told.update(done)
        return plain(given, 0)._replace(done=done, not_done=given - done)

    @functools.wraps(plain)
    def wait(*args: Any, **kwargs: Any) -> Any:
        fs, timeout, return_when = _three(*args, **kwargs) if args or kwargs else (None, None, None)
        call = None
        if return_when == "FIRST_COMPLETED":
            call = completion.called("concurrent.futures.wait", sys._getframe(1))
        try:
            return plain(*args, **kwargs) if call is None else first_completed(fs, timeout, call)
        except BaseException as error:
            without_this_frame(error)
            raise

    return wait


def _three(fs: Any = None, timeout: Any = None, return_when: Any = None) -> tuple[Any, Any, Any]:
    return fs, timeout, return_when
