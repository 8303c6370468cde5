"""Process ids as user code reads them: recorded, and in replays those of the recording.

Libraries name sockets and files after the process and signal their workers: they always see real ids. What user code
does with an id from a recording (signals, groups, ``psutil``) is turned back to the real one.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import os
import sys

from .reads import Reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .probe import Probe
    from .recording import Recording

_TAKING = ("kill", "killpg", "getpgid", "getsid", "waitpid", "wait4", "sched_setaffinity")
"""Functions of ``os`` whose first argument is a process id; ``sched_getaffinity`` is in ``cpus``."""
_USES = frozenset({"open", "os.listdir", "os.scandir", "subprocess.Popen", "os.system"})
_PASSING_ON = frozenset({"io", "codecs", "os", "pathlib", "pathlib._local", "subprocess"})
_USED = "looked up by number"


class Pids:
    """This process's id and its parent's, as user code sees them."""

    def __init__(self, probe: Probe, recording: Recording, reads: Reads) -> None:
        self._probe = probe
        self._recording = recording
        self._reads = reads
        self._replays = "pid" in probe.config["conditions"].get("replays", ())
        self._real: dict[int, int] = {}
        """Id that user code was given -> the real one."""
        self._given: dict[str, int] = {}
        self._watched: list[str] = []

    def install(self) -> None:
        """Put functions in the place of ``os.getpid`` and of those that take a process id."""
        self._reads.replace(os, "getpid", self._reading("getpid", os.getpid))
        self._reads.replace(os, "getppid", self._reading("getppid", os.getppid))
        if self._replays:
            for name in _TAKING:
                self._reads.replace_process_id(os, name, 0, self.turned_back)
        os.register_at_fork(after_in_child=self._given.clear)

    def install_in_psutil(self, module: Any) -> None:
        """Turn ids back that user code hands to ``psutil``."""
        if self._replays:
            self._reads.replace_process_id(module, "pid_exists", 0, self.turned_back)
            self._reads.replace_process_id(module.Process, "__init__", 1, self.turned_back)

    def _reading(self, name: str, real: Callable[[], int]) -> Any:
        def read(frame: FrameType, _plain: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
            if args or kwargs:
                return None
            where, _called = self._reads.note("pid", frame, f"os.{name}")
            if self._probe.limited and self._probe.varies("pid", where):
                return real()
            if name not in self._given:
                self._given[name] = self._replayed(name, real()) if self._replays else self._recorded(name, real())
            return self._given[name]

        return read

    def _recorded(self, name: str, number: int) -> int:
        self._recording.write("pid", name, number)
        if not self._watched:
            self._probe.audits.listen(_USES, self._look)
        self._watched.append(str(number))
        return number

    def _replayed(self, name: str, number: int) -> int:
        """The recorded id, unless the recorded run used it where it cannot be turned back."""
        recorded = self._recording.next("pid", name)
        if self._recording.next("pid", _USED) is not None:
            reason = "user code looks the process up by its number, so that it must be given the real one"
            self._probe.log.write({"type": "facts", "facts": {"pid problem": reason}})
            recorded = None
        given = number if recorded is None else int(recorded)
        self._real[given] = number
        return given

    def turned_back(self, given: Any) -> Any:
        """The real id for one that user code was given."""
        return self._real.get(given, given) if type(given) is int else given

    def _look(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event after the first read: does user code hand its process id to the system?"""
        if not self._probe.watching or not args:
            return
        text = str(args[1] if event == "subprocess.Popen" else args[0])
        if any(_names(text, number, event) for number in self._watched):
            self._note_use(sys._getframe(1))

    def _note_use(self, frame: FrameType) -> None:
        origin = self._probe.frames.origin(frame)
        # A library that was given the process id looks up what it was given.
        if origin is not None and all(one.f_globals.get("__name__") in _PASSING_ON for one in origin.library):
            self._recording.write("pid", _USED, 1)
            self._watched[:] = [""]


def _words(text: str) -> list[str]:
    """What stands between characters that are part of no name, number or path."""
    return "".join(one if one.isalnum() or one in "_/.-" else " " for one in text).split()


def _names(text: str, number: str, event: str) -> bool:
    """Whether a path below /proc, or a word of a command, is this process id."""
    if not number:
        return False
    if event in ("subprocess.Popen", "os.system"):
        return number in _words(text)
    return text.startswith(f"/proc/{number}") and text[6 + len(number) :][:1] in ("", "/")
