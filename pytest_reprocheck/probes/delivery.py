"""In which order concurrent results are given to user code, and how long one is held back for that.

Results arrive as the machine has it. To deliver them in another order, those that came too early are held back until
the one that is wanted is there, but never for long: a consumer that has to see one result before it asks for the next
would wait for ever.
"""

from __future__ import annotations

from .plain_time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LONGEST = 0.5
"""Seconds without any new result after which those that are held back are delivered."""
TOGETHER = 5.0
"""Seconds that all calls at one line of user code hold results back."""


class Allowance:
    """What a line of user code has left of its seconds."""

    def __init__(self) -> None:
        self.left = TOGETHER


class Gate:
    """Takes results as they arrive, and says which one is delivered next.

    Args:
        order: numbers of results in the order that is wanted; what is not among them comes afterwards, as it arrives.
            A range for that of submission, None for the reverse.
        total: how many results there will be; None while that is not known.
        allowance: of the line that called.
    """

    def __init__(self, order: Sequence[int] | None, total: int | None, allowance: Allowance) -> None:
        self._total = total
        self._order = order
        self._places = {} if isinstance(order, range) else {number: at for at, number in enumerate(order or ())}
        self._allowance = allowance
        self._arrived: dict[int, Any] = {}
        self._delivered: set[int] = set()
        self._passed = 0
        self._held_since: float | None = None
        self._last_arrival = 0.0
        self._gave_up = False

    def __len__(self) -> int:
        return len(self._arrived)

    def expect(self, total: int | None) -> None:
        """There will be as many results as this, as far as is known now."""
        if total != self._total:
            self._total = total
            self._passed = 0

    def arrive(self, number: int, result: Any) -> None:
        """A result is there."""
        self._arrived[number] = result
        self._last_arrival = monotonic()
        self._gave_up = False

    def next(self) -> int | None:
        """The number of the result to deliver now; None where there is none, or where it is worth waiting."""
        if not self._arrived:
            return None
        wanted = self._wanted()
        return wanted if wanted in self._arrived else self._best() if self.patience() <= 0 else None

    def take(self, number: int) -> Any:
        """Hand over a result."""
        self._end_hold()
        self._delivered.add(number)
        return self._arrived.pop(number)

    def patience(self) -> float:
        """Seconds that what has arrived may still be held back if nothing new arrives."""
        if self._gave_up:
            return 0.0
        now = monotonic()
        if self._held_since is None:
            self._held_since = now
        since = max(self._last_arrival, self._held_since)
        left = min(since + LONGEST - now, self._held_since + self._allowance.left - now)
        if left <= 0:
            # What is there goes out at once; only something new is a reason to wait again.
            self.hurry()
        return left

    def hurry(self) -> None:
        """Hold back nothing of what has arrived."""
        self._gave_up = True
        self._end_hold()

    def _end_hold(self) -> None:
        if self._held_since is not None:
            self._allowance.left -= monotonic() - self._held_since
            self._held_since = None

    def _wanted(self) -> int | None:
        """The number that comes next; None where nobody can say yet."""
        if self._order is None and self._total is None:
            return None
        order = self._order if self._order is not None else range((self._total or 0) - 1, -1, -1)
        while self._passed < len(order) and order[self._passed] in self._delivered:
            self._passed += 1
        return order[self._passed] if self._passed < len(order) else next(iter(self._arrived))

    def _best(self) -> int:
        """Of what has arrived, what comes first in the order that is wanted."""
        if self._order is None:
            return max(self._arrived)
        if isinstance(self._order, range):
            return min(self._arrived)
        return min(self._arrived, key=lambda number: self._places.get(number, len(self._places)))
