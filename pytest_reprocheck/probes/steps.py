"""Steps of the log: notebook cells, or top-level statements of a script."""

from __future__ import annotations

import io
import stat
import sys
from contextlib import suppress
from os import fstat

from .reach import Reach
from .state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .probe import Probe


class Steps:
    """Starts and ends steps; only the subject's own process has them."""

    def __init__(self, probe: Probe, subject: str, at_end: list[Callable[[], None]]) -> None:
        """Steps.

        Args:
            probe: this process's probe.
            subject: the subject's path.
            at_end: what else writes into the log at each step's end.
        """
        self._probe = probe
        self._state = State(probe)
        self._subject = subject
        self._reach: Reach | None = None
        self._at_end = at_end
        self._index = -1

    def start(self, place: dict[str, Any], names: frozenset[str] | None, namespace: Mapping[str, Any]) -> None:
        """A step starts; in a forked child that runs on, none does.

        Args:
            place: where its code stands (``core.trace.Place``).
            names: what its code uses; None where that is not known.
            namespace: the user's global names.
        """
        if not self._probe.log.main:
            return
        if self._reach is None:
            self._reach = Reach(self._probe, self._subject)
        self._index += 1
        self._probe.start_step(self._index)
        self._state.start_step(names, namespace)
        line = {"type": "step", "index": self._index, "place": place}
        self._probe.log.numbered({**line, **_printed_so_far()})

    def assume(self, variables: Mapping[str, Any], namespace: Mapping[str, Any]) -> None:
        """These variables were there before the first step: they are told when it could have touched them."""
        self._state.assume(variables, namespace)

    def settle(self, name: str, value: object) -> None:
        """What a variable holds now is no doing of a step's."""
        self._state.settle(name, value)

    def end(self, variables: Mapping[str, Any], namespace: Mapping[str, Any], *, last: bool = False) -> None:
        """The running step ends, and with it perhaps the run.

        Args:
            variables: the user's variables.
            namespace: all global names.
            last: whether no other step follows.
        """
        if self._probe.step is None or self._reach is None or not self._probe.log.main:
            return
        for write in self._at_end:
            write()
        self._state.end_step(variables, namespace, last=last)
        self._reach.look()
        self._probe.start_step(None)
        reached, packages = sorted(self._reach.files), dict(sorted(self._reach.packages.items()))
        self._probe.log.numbered({"type": "end", "reached": reached, "packages": packages, **_printed_so_far()})


def _printed_so_far() -> dict[str, int | None]:
    """Bytes in the files behind file descriptors 1 and 2, Python's own buffers written out before."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if type(stream) is io.TextIOWrapper:
            with suppress(OSError, ValueError):
                stream.flush()
    return {"stdout": _size(1), "stderr": _size(2)}


def _size(descriptor: int) -> int | None:
    with suppress(OSError):
        status = fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return status.st_size
    return None
