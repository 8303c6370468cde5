"""What the end of a process means: an outcome that names the step and says what to do."""

from __future__ import annotations

import signal
from dataclasses import replace

from pytest_reprocheck.core.trace import Outcome, Place
from pytest_reprocheck.execution.launching import Ended
from pytest_reprocheck.execution.limits import Limits, size_text

_CRASHES = frozenset({"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"})
_UNWRITABLE = 120
"""Python's exit code when standard output cannot be flushed at its end."""


def death(ended: Ended, limits: Limits) -> str:
    """How a process ended that did not end well, in one line that is the same in every such run."""
    if ended.code >= 0:
        told = f"exit code {ended.code}"
        unwritable = ended.code == _UNWRITABLE
        return f"{told}: standard output could not be written at the end; it was closed" if unwritable else told
    name = _signal_name(-ended.code)
    if name in _CRASHES and limits.memory is not None:
        return f"killed by {name}: a crash in compiled code, perhaps for want of memory; {_memory_advice(limits)}"
    if name in _CRASHES:
        return f"killed by {name}: a crash in compiled code; `python -X faulthandler` shows the line"
    if name == "SIGKILL":
        return "killed by SIGKILL: by itself, or by the system when memory ran out"
    return f"killed by {name}"


def with_memory_advice(outcome: Outcome, limits: Limits) -> Outcome:
    """An outcome for want of memory says which option limits it."""
    if limits.memory is None or "MemoryError" not in outcome.message:
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
    return f"`memory` allows {size_text(limits.memory)}, raise it if it needs more"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"  # the real-time signals have no names
