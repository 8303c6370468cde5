"""The command line of a run: a supervisor that starts the subject, and leaves nothing of it behind."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.execution.workspace import RunFolder

SUPERVISOR = Path(__file__).resolve().parent / "launch" / "supervisor.py"
_SPEC = "supervisor.spec"
_STATUS = "supervisor.status"
_PARENT_VARIABLES = ("JPY_PARENT_PID",)
"""Variables that tell a kernel who its parent is, so that it ends when that one is gone: the supervisor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a supervised process ended."""

    code: int
    """Exit code, or the negative number of the signal that killed it."""
    stopped: bool = False
    """Whether it was running when everything was ended."""
    max_rss: int = 0
    """Bytes that the largest process of the run had in memory at most."""
    left: tuple[str, ...] = ()
    """Commands of the processes that were running when the main one had ended by itself."""
    problem: str = ""
    """Why it could not be started."""
    missing: str = ""
    """The file or folder that was not there, when that is why."""


def command(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    folder: RunFolder,
    memory: int | None = None,
) -> list[str]:
    """What to start instead of ``argv``, from the thread that will wait for it, with the caller's own environment.

    ``memory`` limits the address space of each process, in bytes.
    """
    spec = {
        "argv": list(argv),
        "cwd": str(cwd),
        "env": dict(env),
        "memory": memory or 0,
        "enter": dict(folder.enter),
        "status": str(folder.log / _STATUS),
        "parent": os.getpid(),
        "parent_variables": list(_PARENT_VARIABLES),
    }
    file = folder.log / _SPEC
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as stream:
        marshal.dump(spec, stream)
    return [sys.executable, "-I", "-S", str(SUPERVISOR), str(file)]


def read_status(folder: RunFolder, returncode: int) -> Ended:
    """What the supervisor wrote; what ``returncode`` says when it was itself killed before it could."""
    with suppress(OSError, EOFError, ValueError, TypeError):
        status = marshal.loads((folder.log / _STATUS).read_bytes())  # noqa: S302 - written by the supervisor
        return Ended(
            code=status["code"],
            stopped=status["stopped"],
            max_rss=status["max_rss"],
            left=tuple(status["left"]),
            problem=status["problem"].get("error", ""),
            missing=status["problem"].get("file", "") if status["problem"].get("missing") else "",
        )
    return Ended(code=returncode)
