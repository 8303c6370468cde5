"""The count of processors as user code is told it."""

from __future__ import annotations

import os

from .reads import Reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .probe import Probe

_CONFIGURED = frozenset({"SC_NPROCESSORS_ONLN", "SC_NPROCESSORS_CONF"})
_MODULES = {
    "psutil": "psutil.cpu_count",
    "joblib.parallel": "joblib.cpu_count",
    "joblib.externals.loky.backend.context": "loky.cpu_count",
    "loky.backend.context": "loky.cpu_count",
}
"""Modules with a ``cpu_count`` -> what users know it as."""


class Cpus:
    """The count that user code sees; libraries choose their own numbers of workers by the real one."""

    def __init__(self, probe: Probe, reads: Reads, real_pid: Callable[[Any], Any]) -> None:
        """Counts.

        Args:
            probe: this process's probe.
            reads: tells whose a read is.
            real_pid: the real process id for one that user code was given.
        """
        self._probe = probe
        self._real_pid = real_pid
        self._reads = reads
        self._count = int(probe.config["conditions"].get("cpus", 0))

    def install(self) -> None:
        """Put functions in the place of those of ``os`` that count processors."""
        for name in ("cpu_count", "process_cpu_count"):
            self._reads.replace(os, name, self._counting(f"os.{name}"), through=_past_multiprocessing)
        self._reads.replace(os, "sched_getaffinity", self._affinity)
        self._reads.replace(os, "sysconf", self._configuration)

    def hooks(self) -> dict[str, Any]:
        """What is done to modules that count processors, once they are imported."""

        def hook(module: Any) -> None:
            self._reads.replace(module, "cpu_count", self._counting(_MODULES[module.__name__]))

        return dict.fromkeys(_MODULES, hook)

    def measured(self) -> str:
        """The count that a read by user code gives."""
        return str(self._given(os.cpu_count()))

    def _given(self, real: int | None) -> int | None:
        return real if real is None or not self._count else self._count

    def _counting(self, what: str) -> Any:
        def read(frame: FrameType, plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
            where, _called = self._reads.note("cpus", frame, what)
            real: int | None = plain(*args, **kwargs)
            return self._given(real) if self._probe.varies("cpus", where) else real

        return read

    def _affinity(self, frame: FrameType, plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> set[int] | None:
        if len(args) != 1 or kwargs:
            return None
        pid = self._real_pid(args[0])
        if pid not in (0, os.getpid()):
            return None
        self._reads.note("cpus", frame, "os.sched_getaffinity")
        own = sorted(plain(0))
        further = (number for number in range(max(own) + 1, max(own) + 1 + self._count))
        return set([*own, *further][: self._count or len(own)])

    def _configuration(self, frame: FrameType, plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
        numbers = {os.sysconf_names.get(name) for name in _CONFIGURED}
        if kwargs or len(args) != 1 or (args[0] not in _CONFIGURED and args[0] not in numbers):
            return None
        self._reads.note("cpus", frame, "os.sysconf")
        return self._given(plain(*args))


def _past_multiprocessing(frame: FrameType) -> FrameType:
    """``multiprocessing.cpu_count()`` asks ``os`` in the name of its caller."""
    code = frame.f_code
    if code.co_name == "cpu_count" and frame.f_globals.get("__name__") == "multiprocessing.context":
        return frame.f_back or frame
    return frame
