"""A zygote's work: import in advance, then fork a supervisor with its subject whenever it is asked to.

Messages are JSON on a socket of sequenced packets. First comes what to import; the answer says that it is done, or what
cannot be imported in advance. Each further message names the file that describes a run, and brings a socket of that run
and its standard streams; the answer on the run's socket is the supervisor's number, with a descriptor that stands for
it, and its exit status at its end. The process ends when the other end of the first socket is closed.
"""

# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

import atexit
import ctypes
import fcntl  # noqa: F401 - supervisors need it, and ``resource``
import gc
import json
import os
import resource  # noqa: F401
import runpy  # noqa: F401 - what kernels begin with
import select
import signal
import socket
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

from . import becoming, preparing

if TYPE_CHECKING:
    from collections.abc import Callable

    from .preparing import Ready
    from .recorder import Recorder

_PR_SET_PDEATHSIG = 1
_LARGEST = 1 << 20


def serve(
    descriptor: int, kind: str, probes: Any, kept: frozenset[str], recorder: Recorder
) -> Callable[[dict[str, Any]], None]:
    """Fork runs until there is nobody to ask for them; returns in subjects' processes only, with their work.

    Args:
        descriptor: of the socket.
        kind: ``script`` or ``notebook``.
        probes: their package, not started.
        kept: names of the modules that every subject finds when it begins.
        recorder: records already.
    """
    control = socket.socket(fileno=descriptor)
    prctl = ctypes.CDLL(None).prctl
    parent = os.getppid()
    # While libraries are imported nobody looks at the socket.
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    asked = json.loads(control.recv(_LARGEST))
    supervisor = _supervisor()
    ended: list[int] = []
    atexit.register(becoming.end, ended)  # before all others, and so the last thing that is done
    ready = preparing.prepare(asked["modules"], kind, probes, kept, recorder)
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"unfit": ready.unfit}).encode())
    prctl(_PR_SET_PDEATHSIG, 0)
    return Server(control, parent, supervisor, ready, ended).serve()


def _supervisor() -> Any:
    """The program ``launch/supervisor.py``, not run."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "launch")
    spec = spec_from_file_location("_reprocheck_supervisor", os.path.join(folder, "supervisor.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Server:
    """The socket, and the supervisors that are running."""

    def __init__(self, control: socket.socket, parent: int, supervisor: Any, ready: Ready, ended: list[int]) -> None:
        self._control = control
        self._supervisor = supervisor
        self._ready = ready
        self._ended = ended
        self._parent = os.pidfd_open(parent)
        self._running: dict[int, tuple[int, socket.socket]] = {}
        """Descriptor of a supervisor -> its number, and the socket of its run."""
        if os.getppid() != parent:
            os._exit(1)

    def serve(self) -> Callable[[dict[str, Any]], None]:
        """Answer until the end."""
        signs = select.poll()
        signs.register(self._control, select.POLLIN)
        signs.register(self._parent, select.POLLIN)
        while True:
            for number, _event in signs.poll():
                if number == self._parent:
                    self._leave()
                elif number in self._running:
                    signs.unregister(number)
                    self._reap(number)
                else:
                    started = self._answer()
                    if not isinstance(started, int):
                        return started
                    signs.register(started, select.POLLIN)

    def _answer(self) -> int | Callable[[dict[str, Any]], None]:
        """Fork what is asked for; gives the supervisor's descriptor, or in the subject's process its work."""
        message, descriptors, _flags, _address = socket.recv_fds(self._control, _LARGEST, 4)
        if not message:
            self._leave()
        conversation = socket.socket(fileno=descriptors[0])
        own = os.getpid()
        child = preparing.fork()
        if child == 0:
            try:
                conversation.close()
                self._close()
                work = self._supervise(json.loads(message)["spec"], descriptors[1:], own)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
            return work
        for each in descriptors[1:]:
            os.close(each)
        descriptor = os.pidfd_open(child)
        self._running[descriptor] = (child, conversation)
        self._tell(conversation, {"pid": child}, [descriptor])
        return descriptor

    def _supervise(self, path: str, streams: list[int], own: int) -> Callable[[dict[str, Any]], None]:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        spec = self._supervisor.read(path)
        begun: list[dict[str, str]] = []
        code = self._supervisor.supervise(spec, own, lambda _spec, variables: begun.append(variables))
        if code is not None:
            os._exit(code)
        try:
            return becoming.become(spec, begun[0], self._ready, self._ended)
        except Exception as error:  # whatever it is: nothing of the subject has run yet, so it can be started anew
            becoming.start_anew(spec, begun[0], self._supervisor.execute, error)
            raise

    def _close(self) -> None:
        """In a forked process: what belongs to the server."""
        self._control.close()
        os.close(self._parent)
        for descriptor, (_child, conversation) in self._running.items():
            os.close(descriptor)
            conversation.close()

    def _reap(self, descriptor: int) -> None:
        child, conversation = self._running.pop(descriptor)
        _child, status = os.waitpid(child, 0)
        os.close(descriptor)
        self._tell(conversation, {"code": os.waitstatus_to_exitcode(status)}, [])
        conversation.close()

    def _tell(self, conversation: socket.socket, what: dict[str, int], descriptors: list[int]) -> None:
        with suppress(OSError):  # nobody may wait for it any more
            socket.send_fds(conversation, [json.dumps(what).encode()], descriptors)

    def _leave(self) -> None:
        """Supervisors end their runs when this process ends."""
        os._exit(0)
