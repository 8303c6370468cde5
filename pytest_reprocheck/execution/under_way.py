"""A run under way, as those see it who decide whether it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.trace import Observation, Outcome, Trace
from pytest_reprocheck.execution.intake import Log, build_trace, read_log
from pytest_reprocheck.execution.scheduling import Memory, Seat, taken_by
from pytest_reprocheck.execution.workspace import RunFolder

_LOOK = 0.25
"""Seconds between two looks at the memory that a run takes."""


@dataclass(kw_only=True, slots=True)
class UnderWay:
    """What a run's own thread tells the others, and they tell it."""

    folder: RunFolder | None = None
    """Where it lives; None for a run that nobody looks at."""
    memory: Memory = field(default_factory=Memory)
    seat: Seat = field(default_factory=Seat)
    process: int | None = None
    """The supervisor's number, as soon as there is one."""
    outputs: Callable[[Log], Sequence[Observation] | None] | None = None
    """What it has put out in the steps of its log that are over; None where it may still put out more in one of them,
    or cannot be asked yet."""
    begin_cell: Callable[[int, int], None] = lambda _number, _total: None
    """Told when a cell begins: which it is of those that are executed, from 1 on, and how many there are."""
    next_look: float = field(default_factory=lambda: time.monotonic() + _LOOK)
    """``time.monotonic()`` before which it is not looked again what it takes; a short run is never looked at."""
    differs: bool = False
    """Whether it is to end because the run beside it differs."""

    def has_to_give_way(self) -> bool:
        """Whether it has to end because it does not fit beside the others; notes now and then what it takes."""
        now = time.monotonic()
        if self.process is None or now < self.next_look:
            return False
        self.next_look = now + _LOOK
        return self.memory.has_too_much(self.seat, taken_by(self.process))

    def so_far(self, conditions: Conditions) -> Trace | None:
        """The trace as far as it goes, as that of a run that was ended; None where that cannot be told."""
        if self.folder is None or self.outputs is None:
            return None
        log = read_log(self.folder.log)
        outputs = self.outputs(log) if len(log.marks) > 1 else None
        if outputs is None:
            return None
        outcome = Outcome(status="stopped")
        blobs = self.folder.blobs
        return build_trace(log, conditions=conditions, outcome=outcome, seconds=0, blobs=blobs, outputs=outputs)
