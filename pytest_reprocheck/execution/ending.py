"""What the end of a process means: an outcome that names the step and says what to do."""

from __future__ import annotations

import signal
from dataclasses import replace

from pytest_reprocheck.core.trace import Outcome, Place
from pytest_reprocheck.execution.launching import Ended
from pytest_reprocheck.execution.limits import Limits, size_text

_CRASHES = frozenset({"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"})
_WANT_OF_MEMORY = (
    "MemoryError",
    "std::bad_alloc",
    "Cannot allocate memory",
    "can't start new thread",
    "failed to map segment",
)
"""What Python, C++, the system, threads and the loader of shared libraries say."""
_UNWRITABLE = 120
"""Python's exit code when standard output cannot be flushed at its end."""


def death(ended: Ended, limits: Limits) -> str:
    """How a process ended that did not end well, in one line that is the same in every such run."""
    name = _signal_name(-ended.code) if ended.code < 0 else ""
    told = f"killed by {name}" if name else f"exit code {ended.code}"
    if ended.code == _UNWRITABLE:
        return f"{told}: standard output could not be written at the end"
    if name == "SIGKILL":
        return f"{told}: by itself, or by the system when memory ran out"
    crash = ": a crash in compiled code" if name in _CRASHES else ""
    if limits.memory is not None and (crash or not name):
        return f"{told}{crash}; {_memory_advice(limits)}"
    return f"{told}{crash}; `python -X faulthandler` shows the line" if crash else told


def with_memory_advice(outcome: Outcome, limits: Limits) -> Outcome:
    """An outcome for want of memory says which option limits it."""
    told = outcome.message + outcome.detail
    if limits.memory is None or not any(sign in told for sign in _WANT_OF_MEMORY):
        return outcome
    return replace(outcome, message=f"{outcome.message}; {_memory_advice(limits)}")


def script_outcome(told: Outcome | None, ended: Ended, limits: Limits, *, place: Place | None, detail: str) -> Outcome:
    """The outcome of a script that ended by itself; ``told`` is what the probes saw."""
    if ended.code >= 0 and told is not None:
        return with_memory_advice(told, limits)
    if not ended.code:
        return Outcome(status="finished", exit_code=0)
    return Outcome(
        status="died" if ended.code < 0 else "exited",
        message=death(ended, limits),
        place=place,
        detail=detail,
        exit_code=ended.code,
    )


def _memory_advice(limits: Limits) -> str:
    assert limits.memory is not None
    return f"`memory` allows {size_text(limits.memory)}, raise it if that is why"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"  # the real-time signals have no names
