"""What a forked copy of a live kernel has to be cut off from, so that it harms neither the kernel nor itself.

Called in the copy, before anything of the user's runs there. The kernel's sockets, its event loops, its worker pools
and its history are shared with the copy; the threads that serve them are not.
"""

# What belongs to pools and loops has no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import asyncio
import builtins
import ctypes
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

_SHARED = re.compile(r"socket:|anon_inode:\[?(?:eventpoll|eventfd|io_uring)|.*/history\.sqlite")
_OPENMP = re.compile(r"/lib(?:gomp|iomp5|omp)[-.][^/]*$")
_DEVICES = re.compile(r"/dev/(?:nvidia-uvm|kfd)$")


def sever_descriptors() -> int:
    """Put nothing in the place of sockets and the like: the copy cannot speak on the kernel's channels.

    They are not closed by their owners, who would tell the other end. Gives how many there were.
    """
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    count = 0
    for number, target in _descriptors():
        if number != nothing and _SHARED.match(target):
            os.dup2(nothing, number, inheritable=False)
            count += 1
    os.dup2(nothing, 0)
    os.close(nothing)
    return count


def sever_shell(shell: Any) -> None:
    """Have the shell send nothing, ask nobody and write no history."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        kernel.session.send = _sent_nowhere
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    builtins.input = _refused


def sever_pools() -> None:
    """Have loops, worker pools and their trackers made anew when they are asked for: the kernel's are not here."""
    asyncio._set_running_loop(None)
    asyncio.set_event_loop(asyncio.new_event_loop())
    loky: Any = sys.modules.get("joblib.externals.loky.reusable_executor")
    if loky is not None:
        loky._executor = None
        loky._executor_kwargs = None
    for name in ("joblib.externals.loky.backend.resource_tracker", "multiprocessing.resource_tracker"):
        tracker = getattr(sys.modules.get(name), "_resource_tracker", None)
        if tracker is not None:
            tracker._fd = None
            tracker._pid = None


def end_pools() -> None:
    """End the worker pools that the copy has made, before it ends without running exit functions."""
    loky: Any = sys.modules.get("joblib.externals.loky.reusable_executor")
    executor = getattr(loky, "_executor", None)
    if executor is not None:
        with suppress(Exception):
            executor.shutdown(wait=True, kill_workers=True)
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:
        with suppress(Exception):
            util._run_finalizers()  # those of the session's process know that they are not meant


def single_openmp_threads() -> None:
    """Let OpenMP work with one thread: in a forked process the runtime would wait for the threads of its parent.

    Asked of the libraries themselves, which are loaded already. Without active levels no region has a second thread,
    however many a program asks for.
    """
    for path in openmp_libraries():
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(path)
            library.omp_set_num_threads(1)
            library.omp_set_max_active_levels(0)


def openmp_libraries() -> list[str]:
    """Paths of the OpenMP runtimes that this process has loaded, sorted."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    paths = {fields[5] for line in lines if len(fields := line.split(maxsplit=5)) == 6}
    return sorted(path for path in paths if _OPENMP.search(path))


def hindrance() -> str:
    """Why this process cannot be forked, as a sentence without a full stop; empty if it can."""
    if sys.platform != "linux":
        return f"a live session can be forked on Linux only, and this is {sys.platform}"
    if any(_DEVICES.match(target) for _number, target in _descriptors()):
        return "this session uses a GPU, and what a GPU holds cannot be forked"
    return ""


def _descriptors() -> list[tuple[int, str]]:
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names of numbers
        with suppress(OSError):
            found.append((int(name), os.readlink(f"/proc/self/fd/{name}")))  # noqa: PTH115
    return found


def _sent_nowhere(*_args: Any, **_kwargs: Any) -> dict[str, Any]:
    return {"header": {}, "parent_header": {}, "metadata": {}, "content": {}, "tracker": None}


def _refused(_prompt: object = "", /) -> NoReturn:
    raise EOFError("nobody can answer in a forked copy of the session")
