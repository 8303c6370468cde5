"""``joblib.Parallel(return_as="generator_unordered")``: batches of tasks in the order in which they were dispatched."""

# Callers' frames and joblib's book-keeping have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from collections import deque

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .completion import Call, Completion
    from .delivery import Gate


def install(completion: Completion, module: Any) -> None:
    """Patch ``joblib.parallel``."""
    plain = module.Parallel.__call__

    @functools.wraps(plain)
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        unordered = not getattr(self, "return_ordered", True) and not getattr(self, "_running", False)
        call = completion.called("joblib.Parallel", sys._getframe(1)) if unordered else None
        if call is not None and type(getattr(self, "_jobs", None)) is deque:
            self._jobs_set = dispatched = _Dispatched()
            self._jobs = _Held(self, dispatched, call.gate(None)) if call.is_controlled else _Kept(dispatched, call)
        try:
            return plain(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    completion.probe.replace(module.Parallel, "__call__", __call__)


class _Dispatched(set["Any"]):
    """The batches that are under way; each has a number from its dispatch on."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[Any, int] = {}

    def add(self, batch: Any) -> None:
        self.numbers.setdefault(batch, len(self.numbers))
        super().add(batch)


class _Kept(deque["Any"]):
    """The batches that are done, as they come."""

    def __init__(self, dispatched: _Dispatched, call: Call) -> None:
        super().__init__()
        self._dispatched = dispatched
        self._call = call

    def append(self, batch: Any) -> None:
        self._call.came(self._dispatched.numbers.get(batch, -1))
        super().append(batch)


class _Held(deque["Any"]):
    """The batches that are done; it looks empty while they are held back."""

    def __init__(self, parallel: Any, dispatched: _Dispatched, gate: Gate) -> None:
        super().__init__()
        self._parallel = parallel
        self._dispatched = dispatched
        self._gate = gate

    def append(self, batch: Any) -> None:
        self._gate.arrive(self._dispatched.numbers.get(batch, -1), batch)
        super().append(batch)

    def __len__(self) -> int:
        # The last batch is dispatched when the input is at its end.
        self._gate.expect(None if self._parallel._iterating else len(self._dispatched.numbers))
        return 0 if self._gate.next() is None else len(self._gate)

    def __bool__(self) -> bool:
        return len(self) > 0

    def popleft(self) -> Any:
        number = self._gate.next()
        if number is None:
            raise IndexError("pop from an empty deque")
        batch = self._gate.take(number)
        super().remove(batch)
        return batch
