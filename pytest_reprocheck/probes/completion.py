"""Order in which concurrent results reach user code: as it comes and recorded, replayed, or a given one.

Only calls that user code makes itself are touched. What several threads put into one ``queue.Queue``, and what they
do to shared objects, nobody can order from outside; callbacks of futures run when the result is there.
"""

from __future__ import annotations

import sys
from collections import defaultdict

from .delivery import Allowance, Gate
from .frames import site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from .probe import Probe
    from .recording import Recording


class Call:
    """One call by user code that delivers results as they complete."""

    def __init__(self, completion: Completion, place: str) -> None:
        self._completion = completion
        self._place = place
        self._order: list[int] = []
        self._order_given = completion.order(place)
        self._numbers: list[int] | None = None if self._order_given else completion.recorded(place)
        self.is_controlled = bool(self._order_given) or self._numbers is not None
        """Whether results are delivered in another order than they come."""
        self._is_open = completion.is_recorded and not self.is_controlled

    def gate(self, total: int | None) -> Gate:
        """Through which the results are to go."""
        order: Sequence[int] | None = [number for number in self._numbers or () if total is None or number < total]
        if self._order_given:
            order = None if self._order_given == "reversed" else range(sys.maxsize if total is None else total)
        return Gate(order, total, self._completion.allowance(self._place))

    @property
    def first(self) -> int:
        """How many results come with the first delivery, where a call delivers only once."""
        return len(self._numbers or ()) or 1

    def came(self, number: int) -> None:
        """The result of this number came next."""
        if self._is_open:
            self._order.append(number)

    def finish(self) -> None:
        """Record the order, once."""
        is_open, self._is_open = self._is_open, False
        if is_open:
            self._completion.finished(self, self._place, self._order)


class Completion:
    """What the conditions say about the order of concurrent results, and the calls that are under way."""

    def __init__(self, probe: Probe, recording: Recording) -> None:
        conditions = probe.config["conditions"]
        self._given = "" if conditions["completion"] == "as-it-comes" else conditions["completion"]
        self._is_replayed = "completion" in conditions["replays"]
        self.is_recorded = bool(probe.config.get("record")) and not self._is_replayed and not self._given
        self.probe = probe
        self._recording = recording
        self._next = probe.guarded("recorded order of results", self._recording.next)
        self._write = probe.guarded("record of the order of results", self._recording.write)
        self._allowances: defaultdict[str, Allowance] = defaultdict(Allowance)
        self._open: dict[Call, None] = {}

    def called(self, what: str, frame: FrameType | None) -> Call | None:
        """A call by this frame; None where it is not user code."""
        if frame is None or not self.probe.watching:
            return None
        if self.probe.frames.source(frame.f_code.co_filename) is None:
            return None
        place = site(self.probe.frames.stack(frame))
        self.probe.event("completion", f"completion@{place}", what, frame)
        call = Call(self, place)
        if self.is_recorded:
            self._open[call] = None
        return call

    def sample(self) -> Call:
        """A call by nobody, to see what happens to results."""
        call = Call(self, "")
        call.finish()
        return call

    def order(self, place: str) -> str:
        """``reversed`` or ``submitted`` where results are delivered to this line in that order; else nothing."""
        return self._given if not place or self.probe.varies("completion", place) else ""

    def recorded(self, place: str) -> list[int] | None:
        """The order in which results came to this line in the recorded run, at the same occurrence."""
        found = self._next("completion", place) if self._is_replayed and place else None
        return found if isinstance(found, list) else None

    def allowance(self, place: str) -> Allowance:
        """What a line of user code has left of the time for holding results back."""
        return self._allowances[place]

    def finished(self, call: Call, place: str, order: list[int]) -> None:
        """Record the order in which results came to a line."""
        self._open.pop(call, None)
        if order:
            self._write("completion", place, order)

    def end_step(self) -> None:
        """Record what came until now to calls that nobody has finished."""
        for call in list(self._open):
            call.finish()

    def measured(self, order: list[int]) -> None:
        """Write as a fact in which order the results 0 and 1 came."""
        if self.probe.log.main:
            found = "reversed" if order == [1, 0] else self._given or "as-it-comes"
            self.probe.log.write({"type": "facts", "facts": {"completion": found}})
