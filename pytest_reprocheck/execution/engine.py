"""How runs are started: each in a new interpreter, or forked from one that has imported what they need.

Zygotes are for several subjects (``zygotes()``). Whatever a zygote cannot do as a new interpreter would is started
anew, without a word where that is how a run differs from others, and with one where a zygote fails.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pytest_reprocheck.core.conditions import HASHES

Kind = Literal["script", "notebook"]
_PROGRAM = Path(__file__).resolve().parent / "zygote" / "main.py"
_PACKAGE = Path(__file__).resolve().parents[1]
_PROBED_PROGRAM = str(_PACKAGE / "probes" / "run_script.py")
_KERNEL_MODULE = "ipykernel_launcher"
_BOOT_SECONDS = 300.0
_END_SECONDS = 5.0
_LARGEST = 1 << 20
_MOST = 6
"""Zygotes at a time: each holds what it has imported in memory."""
_MOST_TRUSTED = 16
"""The same where the runs that explain differences are forked too, each kind of them from one of its own."""
_SET_LATER = frozenset({"PYTHONPATH", "JPY_PARENT_PID", "REPROCHECK"})
"""Variables that a forked process is given after the fork, beside those that name the run's own folder."""
PRELOADED = frozenset(
    [
        "joblib", "lightgbm", "matplotlib", "numpy", "pandas", "patsy", "PIL", "plotly", "pyarrow", "scipy", "seaborn",
        "sklearn", "statsmodels", "threadpoolctl", "torch", "tqdm", "xgboost",
    ]
)  # fmt: skip
"""Packages that are imported in advance: what they do when they are imported has been looked at."""


class Process(Protocol):
    """A supervisor that was started, as ``subprocess.Popen`` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its exit code once its end was noticed."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def terminate(self) -> None:
        """Send SIGTERM."""

    def kill(self) -> None:
        """Send SIGKILL."""


class Forked:
    """A supervisor that a zygote has forked, and reaps."""

    stdin = stdout = stderr = None

    def __init__(self, conversation: socket.socket, pid: int, descriptor: int, held: int | None) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._conversation = conversation
        self._descriptor = descriptor
        self._held = held
        """The other end of its standard input."""

    def fileno(self) -> int:
        """A descriptor that can be read when the process has ended."""
        return self._descriptor

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        if self.returncode is None and _readable(self._descriptor, 0):
            self._take_code()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""
        if self.returncode is None:
            if not _readable(self._descriptor, timeout):
                raise subprocess.TimeoutExpired("a forked run", timeout or 0.0)
            self._take_code()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal this very process, however its number is used."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _take_code(self) -> None:
        answer = b""
        with suppress(OSError):
            answer = self._conversation.recv(_LARGEST)
        self.returncode = json.loads(answer)["code"] if answer else -signal.SIGKILL
        self._conversation.close()
        os.close(self._descriptor)
        if self._held is not None:
            os.close(self._held)


class Zygote:
    """A process that has imported modules, and forks runs."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], kind: Kind, modules: Collection[str]) -> None:
        """Start it; it is not ready yet."""
        self._lock = threading.Lock()
        self._ready = False
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [*command, str(_PROGRAM), str(other.fileno()), kind],
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                start_new_session=True,
            )
        self._control.send(json.dumps({"modules": sorted(modules)}).encode())

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ready(self) -> Mapping[str, str]:
        """Wait until everything is imported; gives what is unfit for that, and why. Raises OSError."""
        with self._lock:
            if self._ready:
                return {}
            self._control.settimeout(_BOOT_SECONDS)
            told = self._control.recv(_LARGEST)
            if not told:
                raise ConnectionError(f"it ended with exit code {self._process.wait()}")
            self._control.settimeout(None)
            self._ready = True
        unfit: dict[str, str] = json.loads(told)["unfit"]
        return unfit

    def fork(self, spec: Path, streams: Sequence[int], held: int | None = None) -> Forked:
        """Start a run; ``streams`` are its standard input, output and error. Raises OSError."""
        conversation, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with other, self._lock:
                message = json.dumps({"spec": str(spec)}).encode()
                socket.send_fds(self._control, [message], [other.fileno(), *streams])
            answer, descriptors, _flags, _address = socket.recv_fds(conversation, _LARGEST, 1)
            if not answer:
                raise ConnectionError("it ended")
        except OSError:
            conversation.close()
            raise
        return Forked(conversation, json.loads(answer)["pid"], descriptors[0], held)

    def close(self) -> None:
        """End it, and what it has forked."""
        self._control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Zygotes:
    """Zygotes by what is fixed when a process starts; they are started when they are needed."""

    def __init__(self, modules: Collection[str], python: str, hashes: Collection[int], most: int = _MOST) -> None:
        self._most = most
        self.problems: dict[str, None] = {}
        """What went wrong, as sentences without a full stop."""
        self._modules = frozenset(name for name in modules if name.partition(".")[0] in PRELOADED)
        self._python = python
        self._hashes = frozenset(str(number) for number in hashes)
        self._asked: dict[object, int] = {}
        self._running: dict[object, Zygote | None] = {}
        self._lock = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], home: Path, spec: Path, outputs: tuple[int, int]
    ) -> Forked | None:
        """A forked run; None where it has to be started anew."""
        found = self._recognised(argv)
        if found is None:
            return None
        command, kind = found
        fixed = {name: value for name, value in env.items() if name not in _SET_LATER and str(home) not in value}
        # Forks of one process have their objects at the same addresses: no two runs of a subject come from the same.
        number = (kind, fixed.get("PYTHONHASHSEED", ""), home.name)
        key = (number, command, frozenset(fixed.items()))
        zygote = self._zygote(key, number, command, fixed)
        if zygote is None:
            return None
        reading, writing = os.pipe() if kind == "notebook" else (os.open(os.devnull, os.O_RDONLY), None)
        try:
            return zygote.fork(spec, [reading, *outputs], writing)
        except OSError as problem:
            if writing is not None:
                os.close(writing)
            self._give_up(key, zygote, str(problem))
            return None
        finally:
            os.close(reading)

    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that are running."""
        return tuple(each.pid for each in self._running.values() if each is not None)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            running, self._running = [each for each in self._running.values() if each], {}
            self._hashes = frozenset()
            self._asked.clear()
        for zygote in running:
            zygote.close()

    def _recognised(self, argv: Sequence[str]) -> tuple[tuple[str, ...], Kind] | None:
        """The interpreter with its flags, where this is a command that a zygote can take the place of."""
        if argv[0] != self._python:
            return None
        if list(argv[1:]) == [_PROBED_PROGRAM]:
            return (argv[0],), "script"
        if _KERNEL_MODULE in argv:
            at = argv.index(_KERNEL_MODULE)
            if argv[at - 1] == "-m" and all(word.startswith("-X") for word in argv[1 : at - 1]):
                return tuple(argv[: at - 1]), "notebook"
        return None

    def _zygote(
        self, key: object, number: tuple[Kind, str, str], command: Sequence[str], env: Mapping[str, str]
    ) -> Zygote | None:
        """The zygote for what a run is started with.

        Under the numbers that all subjects have it is started at once, under any others when they are asked for a
        second time: a zygote costs as much as a new interpreter.
        """
        with self._lock:
            self._asked[key] = asked = self._asked.get(key, 0) + 1
            if key not in self._running:
                wanted = number[1] in self._hashes and number not in self._locks
                if (not wanted and asked < 2) or len(self._running) >= self._most:
                    return None
                self._locks[number] = self._locks[key] = threading.Lock()
            lock = self._locks[key]
        with lock:
            if key not in self._running:
                self._running[key] = self._boot(command, env, number[0])
            return self._running[key]

    def _boot(self, command: Sequence[str], env: Mapping[str, str], kind: Kind) -> Zygote | None:
        modules = self._modules
        while True:
            try:
                zygote = Zygote(command, env, kind, modules)
                unfit = zygote.ready()
            except OSError as problem:
                self.problems.setdefault(f"runs are started anew: no process to fork them from: {problem}")
                return None
            if not unfit:
                return zygote
            zygote.close()
            for name, why in unfit.items():
                self.problems.setdefault(f"{name} is not imported in advance: {why}")
            fewer = frozenset(name for name in modules if name.partition(".")[0] not in unfit)
            if fewer == modules:
                return None
            modules = self._modules = fewer

    def _give_up(self, key: object, zygote: Zygote, problem: str) -> None:
        with self._lock:
            self._running[key] = None
            self.problems.setdefault(f"runs are started anew: a process to fork them from has failed: {problem}")
        zygote.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """How runs are started."""

    zygotes: Zygotes | None = field(default=None, compare=False)
    """What they are forked from where that is possible; None to start each anew."""
    trusted: bool = False
    """Whether what forked runs show is reported without runs that are started anew."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What has kept runs from being forked so far."""
        return tuple(self.zygotes.problems) if self.zygotes is not None else ()


FRESH = Engine()


@contextmanager
def zygotes(
    *,
    modules: Collection[str] = (),
    python: str = sys.executable,
    hashes: Collection[int] = HASHES,
    trusted: bool = False,
) -> Iterator[Engine]:
    """An engine that forks runs of Python from processes that have imported ``modules``; they end with it.

    Args:
        modules: names that the subjects import; only packages that can be imported in advance are.
        python: the interpreter of the runs.
        hashes: numbers for PYTHONHASHSEED that all subjects have.
        trusted: report what forked runs show as it is.
    """
    if not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
        yield FRESH
        return
    running = Zygotes(modules, python, hashes, most=_MOST_TRUSTED if trusted else _MOST)
    try:
        yield Engine(trusted=trusted, zygotes=running)
    finally:
        running.close()


def _readable(descriptor: int, timeout: float | None) -> bool:
    signs = select.poll()
    signs.register(descriptor, select.POLLIN)
    return bool(signs.poll(None if timeout is None else timeout * 1000))
