"""Forked copies of the session's process, each below a supervisor of its own, and waiting for their ends.

Copies are made by the main thread: what belongs to a thread (connections to databases, contexts) is that thread's in
the copy, too. Supervisors are the program that all runs have (``launch/supervisor.py``), called in the copy.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from pytest_reprocheck.execution.launching import SUPERVISOR

_LOOK = 0.5
"""Seconds between two looks at copies that go on."""
_STOP = 10.0
"""A supervisor needs milliseconds to end its run."""
FAILED = 70
"""Exit code of a copy that could not run the cell, for a reason of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A copy that is running."""

    process: int
    """Its supervisor's number."""
    descriptor: int
    """Stands for the supervisor's process, whatever its number is used for later."""
    started: float
    """``time.monotonic()``."""


def fork_copy(
    supervisor: ModuleType, spec: Mapping[str, Any], sever: Callable[[], None], work: Callable[[], None]
) -> Copy:
    """A copy of this process that works below a supervisor.

    Args:
        supervisor: the program, see ``load_supervisor``.
        spec: what it is told.
        sever: cuts a copy off from this process; called before anything else in it.
        work: what the copy does.
    """
    own = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Newer Pythons warn of threads, which are what this package is prepared for.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        _be_copy(supervisor, spec, own, sever, work)
    return Copy(process=process, descriptor=os.pidfd_open(process), started=time.monotonic())


def _be_copy(
    supervisor: ModuleType, spec: Mapping[str, Any], parent: int, sever: Callable[[], None], work: Callable[[], None]
) -> NoReturn:
    code = FAILED
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sever()
        with _own_names():
            found = supervisor.supervise(spec, parent, lambda _spec, _variables: None)
        if found is None:
            os.chdir(spec["cwd"])
            work()
            found = 0
        code = found
    except BaseException:  # whatever it is, nothing of the session's may go on in the copy
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


@contextmanager
def _own_names() -> Iterator[None]:
    """The supervisor imports its own module by a name that the user may have a module of."""
    path, known = list(sys.path), sys.modules.pop("namespaces", None)
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.pop("namespaces", None)
        if known is not None:
            sys.modules["namespaces"] = known


@contextmanager
def interrupts_noted() -> Iterator[Callable[[], bool]]:
    """While copies are made and waited for, SIGINT is noted alone: no moment is safe from it otherwise.

    Gives whether there was one, which raises KeyboardInterrupt at the end.
    """
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: noted.append(number))
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, before)
    if noted:
        raise KeyboardInterrupt


def wait_for(
    copies: Sequence[Copy], excess: Callable[[int], bool], interrupted: Callable[[], bool]
) -> list[int | None]:
    """Wait until all have ended; gives their exit codes, None for those that were ended because of ``excess``.

    ``excess`` is asked now and then about a copy by its position; when ``interrupted``, all are ended.
    """
    codes: list[int | None] = [None] * len(copies)
    left = dict(enumerate(copies))
    waiting = select.poll()
    for copy in copies:
        waiting.register(copy.descriptor, select.POLLIN)
    while left:
        ended = {number for number, _event in waiting.poll(_LOOK * 1000)}
        for position, copy in list(left.items()):
            if copy.descriptor in ended:
                codes[position] = _reaped(copy)
            elif interrupted() or excess(position):
                end(copy)
            else:
                continue
            waiting.unregister(copy.descriptor)
            os.close(copy.descriptor)
            del left[position]
    return codes


def end(copy: Copy) -> None:
    """End a copy with everything of it; an interrupt in the meantime is no reason to leave it."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(copy.descriptor, signal.SIGTERM)
    waiting = select.poll()
    waiting.register(copy.descriptor, select.POLLIN)
    if not waiting.poll(_STOP * 1000):
        signal.pidfd_send_signal(copy.descriptor, signal.SIGKILL)
    _reaped(copy)


def _reaped(copy: Copy) -> int:
    try:
        _process, status = os.waitpid(copy.process, 0)
    except ChildProcessError:
        return 0  # something in the session reaps all children; the supervisor has written how it ended
    return os.waitstatus_to_exitcode(status)


def seconds_of_processor(copy: Copy) -> float:
    """Processor time that a copy's processes have taken so far."""
    ticks = 0.0
    for process in _descendants(copy.process):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (
                Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
            ticks += sum(float(fields[at]) for at in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


def _descendants(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError, ValueError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
        for child in children:
            yield from _descendants(int(child))


def load_supervisor() -> ModuleType:
    """The program that is the parent of every run, not run."""
    spec = importlib.util.spec_from_file_location("_reprocheck_supervisor", SUPERVISOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
