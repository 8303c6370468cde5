"""The parent of every run: starts the subject's process, waits for its end, and leaves no descendant of it behind.

Run by path as ``python -I -S supervisor.py SPEC``, SPEC being a file that ``execution/launching.py`` writes. Standard
output and error are the subject's own. As a child subreaper it becomes the parent of every process whose own parent is
gone, daemons in sessions of their own among them; and it ends, with all of them, when the process that started it
does. Exit code: the subject's, or 128 and the signal that killed it; the status file tells more.

SIGTERM ends everything (a second one without waiting for those that tidy up); SIGINT is passed on to the subject.
Where the system has no ``prctl`` or ``/proc``, the subject's process group is all that can be ended.
"""

# Started for every run: to import ``signal``, ``json``, ``typing``, ``contextlib`` and ``pathlib`` takes longer than
# all that is done here.
# ruff: noqa: PTH100, PTH105, PTH112, PTH120, PTH123, PTH208, SIM105

from __future__ import annotations

import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
    from collections.abc import Callable, Mapping
    from typing import Any
else:
    import _signal as signals

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ADDR_NO_RANDOMIZE = 0x0040000
_TRACKER = b"resource_tracker import main"
"""In the command line of the processes that remove semaphores and shared memory when all their users are gone."""
_AWAITED = frozenset({signals.SIGCHLD, signals.SIGTERM, signals.SIGINT})
NOT_STARTED = 127


def main(path: str) -> int:
    """Run what the file at ``path`` describes; returns the exit code."""
    spec = read(path)
    code = supervise(spec, spec["parent"], execute)
    assert code is not None, "the subject's process is another program"
    return code


def read(path: str) -> dict[str, Any]:
    """What a file describes."""
    with open(path, "rb") as file:
        spec: dict[str, Any] = marshal.load(file)  # noqa: S302 - in a folder of its own
    return spec


def supervise(
    spec: Mapping[str, Any], parent: int, begin: Callable[[Mapping[str, Any], dict[str, str]], None]
) -> int | None:
    """Run what is described, as a child of ``parent``; gives the exit code.

    ``begin`` turns the new process into the subject. Where it returns instead of executing a program, so does this
    function, in that process, with None.
    """
    # Blocked, and taken one after the other by sigwait: no handler can interrupt anything half done.
    mask = signals.pthread_sigmask(signals.SIG_BLOCK, _AWAITED)
    signals.signal(signals.SIGCHLD, lambda *_: None)
    control = _prctl()
    control(_PR_SET_CHILD_SUBREAPER, 1)
    control(_PR_SET_PDEATHSIG, signals.SIGTERM)
    if os.getppid() != parent:
        return NOT_STARTED
    child, problem = 0, {}
    try:
        namespaces = _entered(spec, control)
    except Exception as error:  # whatever it is, the run must not begin
        problem = _told(error)
    else:
        child, problem = _start(spec, control, namespaces, mask, begin)
        if child == 0:
            return None
    status: dict[str, Any] = {"code": NOT_STARTED, "stopped": False, "max_rss": 0, "cpu": 0.0, "left": []}
    if child:
        status = _followed(child, spec["patience"])
    _write_status(spec["status"], {**status, "problem": problem})
    code: int = status["code"]
    return code if code >= 0 else 128 - code


def _entered(spec: Mapping[str, Any], control: Any) -> Any:
    """The module ``namespaces`` after it has changed what this process sees; None where nothing is to be changed."""
    if not spec["enter"]:
        return None
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    namespaces = __import__("namespaces")
    namespaces.enter(spec["enter"])
    control(_PR_SET_PDEATHSIG, signals.SIGTERM)  # other credentials have cleared it
    return namespaces


def _prctl() -> Any:
    """``prctl(option, value)`` of the system; does nothing where there is none."""
    try:
        import ctypes

        function = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return lambda *_: None
    return function


def _told(error: BaseException) -> dict[str, str]:
    file = getattr(error, "filename", None)
    missing = "yes" if isinstance(error, FileNotFoundError) else ""
    return {"error": f"{type(error).__name__}: {error}", "file": str(file or ""), "missing": missing}


def _start(spec: Mapping[str, Any], control: Any, namespaces: Any, mask: Any, begin: Any) -> tuple[int, dict[str, str]]:
    """Fork and begin; gives the child's number (0 in the child) and, when it could not begin, why."""
    reading, writing = os.pipe()
    supervisor = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            begin(spec, _become(spec, control, namespaces, mask, supervisor))
        except BaseException as error:
            os.write(writing, marshal.dumps(_told(error), 4))
            os._exit(NOT_STARTED)
        os.close(reading)
        os.close(writing)
        return 0, {}
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()  # ends when the child has begun, which closes the other end
    return child, marshal.loads(told) if told else {}  # noqa: S302 - as above


def _become(spec: Mapping[str, Any], control: Any, namespaces: Any, mask: Any, supervisor: int) -> dict[str, str]:
    """In the child: turn into the subject's process, in a session of its own; gives its environment."""
    os.setsid()
    if namespaces is not None:
        namespaces.confine(spec["enter"])
    if spec["memory"]:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (spec["memory"], spec["memory"]))
    if spec["same_addresses"]:
        _lay_out_as_always()
    variables = dict(spec["env"])
    for name in spec["parent_variables"]:
        if name in variables:
            variables[name] = str(supervisor)
    os.chdir(spec["cwd"])
    signals.signal(signals.SIGCHLD, signals.SIG_DFL)
    signals.pthread_sigmask(signals.SIG_SETMASK, mask)
    control(_PR_SET_PDEATHSIG, signals.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(NOT_STARTED)
    return variables


def _lay_out_as_always() -> None:
    """Have the programs that this process executes at the same addresses in every run, where the system allows it."""
    try:
        import ctypes

        ctypes.CDLL(None).personality(_ADDR_NO_RANDOMIZE)
    except (ImportError, OSError, AttributeError):
        pass


def execute(spec: Mapping[str, Any], variables: dict[str, str]) -> None:
    """Replace this process by the program that is described."""
    for number in (signals.SIGPIPE, signals.SIGXFSZ):
        signals.signal(number, signals.SIG_DFL)  # Python ignores them, which programs do not expect
    os.execvpe(spec["argv"][0], spec["argv"], variables)  # noqa: S606 - no shell is wanted


def _followed(child: int, patience: float) -> dict[str, Any]:
    """Wait for the child's end, or for the order to end everything; nothing is left afterwards."""
    ended: dict[int, tuple[int, int, float]] = {}
    _wait(child, ended)
    stopped = child not in ended
    left = _end_descendants(child, ended, time.monotonic() + patience)
    return {
        "code": os.waitstatus_to_exitcode(ended[child][0]),
        "stopped": stopped,
        "max_rss": 1024 * max(size for _status, size, _seconds in ended.values()),
        "cpu": sum(seconds for _status, _size, seconds in ended.values()),
        "left": [] if stopped else left,
    }


def _wait(child: int, ended: dict[int, tuple[int, int, float]]) -> None:
    """Until the child has ended, or everything is to end."""
    while child not in ended:
        number = signals.sigwait(_AWAITED)
        if number == signals.SIGTERM:
            return
        if number == signals.SIGINT:
            _kill_group(child, number)
        _reap(ended)


def _end_descendants(child: int, ended: dict[int, tuple[int, int, float]], until: float) -> list[str]:
    """Kill until no child is left, those that tidy up last, ``until`` then; gives the commands of what was killed.

    Only children are killed: their numbers stay theirs until they are reaped here, and their own children become
    children of this process when they end. So it is over when there is none, however they fork.
    """
    if not os.path.isdir("/proc/self/task"):
        _kill_group(child, signals.SIGKILL)
        _reap(ended, block=child not in ended)
    left: dict[int, str] = {}
    while True:
        _reap(ended)
        children = {number: _command(number) for number in _children()}
        if not children:
            return list(left.values())
        others = {number: command for number, command in children.items() if number == child or _TRACKER not in command}
        if not others and _is_worth_waiting(until):
            continue
        for number, command in others.items():  # one that was killed may be met again before it has died
            left.setdefault(number, command.replace(b"\0", b" ").decode("utf-8", "replace").strip())
        for number in others or children:
            try:
                os.kill(number, signals.SIGKILL)
            except PermissionError:
                pass  # it runs as another user, who has to end it
        _reap(ended, block=True)


def _kill_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


def _is_worth_waiting(until: float) -> bool:
    """Wait for the next sign of life; not when time is up, or when everything is to end at once."""
    left = until - time.monotonic()
    if left <= 0:
        return False
    found = signals.sigtimedwait({signals.SIGCHLD, signals.SIGTERM}, left)
    return found is not None and found.si_signo == signals.SIGCHLD


def _children() -> list[int]:
    """The processes whose parent this one is; empty where the system does not tell."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", "rb") as file:
            return [int(number) for number in file.read().split()]
    except OSError:  # the kernel was built without it
        return [int(name) for name in _listed("/proc") if name.isdigit() and _parent(name) == own]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _parent(number: str) -> int:
    text = _content(f"/proc/{number}/stat")
    return int(text.rpartition(b")")[2].split()[1]) if text else 0


def _command(number: int) -> bytes:
    return _content(f"/proc/{number}/cmdline")[:400]


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _reap(ended: dict[int, tuple[int, int, float]], *, block: bool = False) -> None:
    """Take note of children that have ended: status, largest size in KiB, processor seconds; waits if told to."""
    options = 0 if block else os.WNOHANG
    while True:
        try:
            number, status, usage = os.wait4(-1, options)
        except ChildProcessError:
            return
        if not number:
            return
        ended[number] = (status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
        options = os.WNOHANG


def _write_status(path: str, status: dict[str, Any]) -> None:
    """At once or not at all."""
    with open(path + ".new", "wb") as file:
        marshal.dump(status, file, 4)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
