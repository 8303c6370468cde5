"""How many runs of an audit go side by side: as many as there are cores for, and as fit into memory.

Threads of BLAS and OpenMP pools are not divided here: their number is a condition of every run, and a result must not
depend on how many runs there were at once.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_SPARE = 0.1
"""Part of the free memory that is left to others."""
_IDLE = 0.25
"""Part of a core that is not worth another one: Python's own threads, and those that wait."""
_KIB = 1024
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What the runs of one audit may take together; one run at a time always may."""

    cores: int = 2
    """Usable by the whole session, see ``usable_cores``."""
    memory: int | None = None
    """Bytes that the session may take; None for what the machine has free."""
    workers: int = 1
    """Processes that audit at the same time: each has its share of both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What a run took, or is expected to take; 0 where that is not known."""

    cores: float = 0.0
    """Busy on average."""
    memory: int = 0
    """Bytes at most."""

    def __or__(self, other: Used) -> Used:
        return Used(cores=max(self.cores, other.cores), memory=max(self.memory, other.memory))


def side_by_side(room: Room, expected: Used) -> int:
    """How many runs may go at a time: as many as have cores, and two where each worker has two."""
    share = max(2, room.cores) // room.workers
    each = max(1, math.ceil(expected.cores - _IDLE)) if expected.cores else share
    return max(1, min(2, share), share // each)


def usable_cores() -> int:
    """Cores that this process may use, by its affinity and its control group's quota."""
    cores = len(os.sched_getaffinity(0))
    for group in _groups():
        with suppress(OSError, ValueError):
            quota, period = (group / "cpu.max").read_text().split()
            if quota != "max":
                cores = min(cores, max(1, math.ceil(int(quota) / int(period))))
    return cores


def free_memory() -> int | None:
    """Bytes that can still be taken here, by the system and by its control groups; None where nobody tells."""
    free: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free += [_KIB * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    for group in _groups():
        with suppress(OSError, ValueError, StopIteration):
            limit = int((group / "memory.max").read_text())
            # Pages of files that nobody has used lately go before anything is refused.
            statistics = (group / "memory.stat").read_text().splitlines()
            cached = next(int(line.split()[1]) for line in statistics if line.startswith("inactive_file "))
            free.append(max(0, limit - int((group / "memory.current").read_text()) + cached))
    return min(free, default=None)


def _groups() -> Iterator[Path]:
    """This process's control group and those around it; none where they are of the first version."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line.removeprefix("0::") for line in lines if line.startswith("0::"))
        group = _GROUPS / own.lstrip("/")
        while group.is_relative_to(_GROUPS):
            yield group
            group = group.parent


@dataclass(kw_only=True, slots=True, eq=False)
class Seat:
    """A run's seat among those that go side by side."""

    expected: int = 0
    """Bytes that it is reckoned with: what runs before it took, or more when it has more by now."""
    peak: int = 0
    """Bytes that its processes were seen to have at most."""
    gave_way: bool = False
    """Whether it was ended to make room, and has to be made again."""


@dataclass(kw_only=True, slots=True)
class Memory:
    """Memory that runs side by side share: what would not fit waits until others have ended."""

    bound: float = math.inf
    """Bytes in all."""
    running: list[Seat] = field(default_factory=list)
    """In the order in which they began."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def seat(self, expected: int) -> Iterator[Seat]:
        """Wait until a run that takes so much fits beside the others, or there are none."""
        own = Seat(expected=expected)
        with self.changed:
            self.changed.wait_for(lambda: not self.running or self._taken() + expected <= self.bound)
            self.running.append(own)
        try:
            yield own
        finally:
            with self.changed:
                self.running.remove(own)
                self.changed.notify_all()

    def has_too_much(self, own: Seat, taken: int) -> bool:
        """Note what a run takes now; says whether it has to give way, as the last that began when not all fit."""
        with self.changed:
            own.peak = max(own.peak, taken)
            own.expected = max(own.expected, own.peak)
            last = len(self.running) > 1 and own is self.running[-1]
            own.gave_way = own.gave_way or (last and sum(each.peak for each in self.running) > self.bound)
            return own.gave_way

    def _taken(self) -> int:
        return sum(seat.expected for seat in self.running)


def memory_bound(room: Room) -> float:
    """Bytes for the runs of one audit together."""
    if room.memory is not None:
        return room.memory / room.workers
    free = free_memory()
    return math.inf if free is None else free * (1 - _SPARE) / room.workers


def taken_by(process: int) -> int:
    """Bytes of memory that a process and its descendants have now; pages that forked ones share count for each."""
    page = os.sysconf("SC_PAGE_SIZE")
    taken = 0
    for number in _tree(process):
        with suppress(ValueError, IndexError):
            _size, resident, shared = _content(f"/proc/{number}/statm").split()[:3]
            taken += page * (int(resident) - int(shared))
    return taken


def _tree(process: int) -> Sequence[int]:
    found = [process]
    for number in found:  # which grows
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{number}/task"):  # noqa: PTH208 - as below
                found += map(int, _content(f"/proc/{number}/task/{thread}/children").split())
    return found


def _content(path: str) -> bytes:
    """Of a small file that may be gone; several times a second, so without more ado."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the process has ended
        return b""
    finally:
        os.close(descriptor)
