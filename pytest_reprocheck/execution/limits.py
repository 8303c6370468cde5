"""How long a run may take and how much it may use, and what is said when it was more."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pytest_reprocheck.core.trace import Outcome, Place
from pytest_reprocheck.execution.under_way import UnderWay

Excess = Literal["budget", "run", "start", "cell", "output", "interrupted", "differs", "memory"]
"""Why a run was ended before its own end."""

MAX_PRINTED = 512 * 1024**2


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one run may take."""

    run: float | None = None
    """Seconds in all; None is no limit."""
    cell: float | None = None
    """Seconds for each cell of a notebook."""
    start: float = 120.0
    """Seconds until a kernel is ready, or a script's interpreter has started."""
    memory: int | None = None
    """Bytes of address space for each process."""
    writes: tuple[str, ...] = ()
    """Other machines that it may change something on."""
    fenced: bool = False
    """Whether it may write to no file outside of what it has to itself."""
    printed: int = MAX_PRINTED
    """Bytes that a run may print and display."""
    tells_rows: bool = False
    """Whether it tells of the rows that its queries give, which costs something for each of them."""


@dataclass(kw_only=True, slots=True)
class Watch:
    """Looks at a run under way."""

    limits: Limits
    under_way: UnderWay = field(default_factory=UnderWay)
    deadline: float = math.inf
    """``time.monotonic()`` at which the run is of no more use."""
    files: Sequence[Path] = ()
    """What the run prints goes there."""
    displayed: int = 0
    """Bytes that came another way."""
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    """Whether the subject itself has begun."""
    cell_started: float | None = None

    def excess(self) -> Excess | None:
        """Which limit is passed by now."""
        now = time.monotonic()
        if now >= self.deadline:
            return "budget"
        if self.under_way.differs:
            return "differs"
        if self.under_way.has_to_give_way():
            return "memory"
        if self.limits.run is not None and now - self.started >= self.limits.run:
            return "run"
        if not self.ready and now - self.started >= self.limits.start:
            return "start"
        cell = self.limits.cell
        if cell is not None and self.cell_started is not None and now - self.cell_started >= cell:
            return "cell"
        printed = self.displayed + sum(file.stat().st_size for file in self.files)
        return "output" if printed > self.limits.printed else None


def excess_outcome(
    excess: Excess, limits: Limits, *, what: str, place: Place | None, detail: str, over: bool = False
) -> Outcome:
    """The outcome of a run that was ended.

    ``what`` is not ready when its start takes too long; ``over`` says that all of the subject's own steps have ended.
    """
    match excess:
        case "budget":
            return Outcome(status="stopped", message="ended because the budget was up", place=place)
        case "differs":
            return Outcome(status="stopped", message="ended because the runs differ", place=place)
        case "memory":
            return Outcome(status="stopped", message="ended to make room for the run beside it", place=place)
        case "interrupted":
            return Outcome(status="stopped", message="ended because the audit was interrupted", place=place)
        case "run":
            still = ": a thread or an exit function goes on after the last statement" if over else ""
            message = f"no end after {limits.run:g} s{still}; if it needs longer, raise `timeout`"
        case "cell":
            message = f"no end of this cell after {limits.cell:g} s; if it needs longer, raise `cell-timeout`"
        case "start":
            message = f"{what} was not ready after {limits.start:g} s; if it needs longer, raise `start-timeout`"
        case "output":
            message = f"ended because it printed more than {size_text(limits.printed)}; let it print less"
            return Outcome(status="died", message=message, place=place, detail=detail)
    return Outcome(status="timeout", message=message, place=place, detail=detail)


def size_text(size: int) -> str:
    """Bytes as people write them, in the units that the option ``memory`` takes."""
    for unit, bytes_each in (("GiB", 1024**3), ("GB", 1000**3), ("MiB", 1024**2), ("MB", 1000**2)):
        if size >= bytes_each and not size % bytes_each:
            return f"{size // bytes_each} {unit}"
    return f"{size} bytes"
