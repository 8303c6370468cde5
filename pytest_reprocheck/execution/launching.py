"""The command line of a run: a supervisor that starts the subject, and leaves nothing of it behind."""

from __future__ import annotations

import marshal
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.execution.child import CHILD_FILE, CHILD_VARIABLE
from pytest_reprocheck.execution.engine import Engine, Forked
from pytest_reprocheck.execution.scheduling import Used
from pytest_reprocheck.execution.workspace import RunFolder

SUPERVISOR = Path(__file__).resolve().parent / "launch" / "supervisor.py"
_SPEC = "supervisor.spec"
STATUS = "supervisor.status"
_SHORTEST = 0.001
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
    cpu: float = 0.0
    """Seconds of processor time that it took."""
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
    patience: float = 2.0,
    same_addresses: bool = False,
) -> list[str]:
    """What to start instead of ``argv``, from the thread that will wait for it, with the caller's own environment.

    ``memory`` limits the address space of each process, in bytes; ``patience`` is how many seconds processes have that
    tidy up after dead ones. With ``same_addresses`` the system does not choose the program's addresses anew, where it
    can be told so.
    """
    spec = {
        "argv": list(argv),
        "cwd": str(cwd),
        "env": dict(env),
        "memory": memory or 0,
        "same_addresses": same_addresses,
        "enter": dict(folder.enter),
        "status": str(folder.log / STATUS),
        "patience": patience,
        "parent": os.getpid(),
        "parent_variables": list(_PARENT_VARIABLES),
    }
    file = spec_file(folder)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as stream:
        marshal.dump(spec, stream, 4)  # the version that all interpreters read
    return [sys.executable, "-I", "-S", str(SUPERVISOR), str(file)]


def spec_file(folder: RunFolder) -> Path:
    """What ``command`` has written for a run."""
    return folder.log / _SPEC


def forked(
    engine: Engine, argv: Sequence[str], env: Mapping[str, str], folder: RunFolder, outputs: tuple[int, int]
) -> Forked | None:
    """A run for which ``command`` was called, from a zygote; None where it has to be started.

    ``outputs`` are descriptors for its standard output and error.
    """
    if engine.zygotes is None:
        return None
    home = folder.log.parent
    return engine.zygotes.start(argv, env, home, spec_file(folder), outputs)


def read_status(folder: RunFolder, returncode: int) -> Ended:
    """What the supervisor wrote.

    When it was itself killed before it could: what ``returncode`` says, and what it has left behind is ended.
    """
    with suppress(OSError, EOFError, ValueError, TypeError):
        status = marshal.loads((folder.log / STATUS).read_bytes())  # noqa: S302 - written by the supervisor
        return Ended(
            code=status["code"],
            stopped=status["stopped"],
            max_rss=status["max_rss"],
            cpu=status.get("cpu", 0.0),
            left=tuple(status["left"]),
            problem=status["problem"].get("error", ""),
            missing=status["problem"].get("file", "") if status["problem"].get("missing") else "",
        )
    _end_marked(f"{CHILD_VARIABLE}={folder.log / CHILD_FILE}".encode())
    return Ended(code=returncode)


def read_used(folder: RunFolder, seconds: float) -> Used:
    """What a run that has ended took of the machine in so many seconds, as far as its supervisor could tell."""
    with suppress(OSError, EOFError, ValueError, TypeError, KeyError):
        status = marshal.loads((folder.log / STATUS).read_bytes())  # noqa: S302 - written by the supervisor
        return Used(cores=status["cpu"] / max(seconds, _SHORTEST), memory=status["max_rss"])
    return Used()


def _end_marked(mark: bytes) -> None:
    """Kill all processes that have this variable in the environment they were started with.

    It is over when a look at all processes finds none, and none ended during it, which may have left another.
    """
    gone: set[str] | None = None
    while True:
        found = False
        before, gone = gone, set()
        for path in Path("/proc").glob("[0-9]*/environ"):
            content = b""
            # The descriptor stands for this process, also when its number is used again.
            with suppress(OSError), _opened(int(path.parent.name)) as descriptor:
                content = path.read_bytes()
                if mark in content.split(b"\0"):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    found = True
            if not content:
                gone.add(path.parent.name)
        if not found and before is not None and gone <= before:
            return


@contextmanager
def _opened(process: int) -> Iterator[int]:
    descriptor = os.pidfd_open(process)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
