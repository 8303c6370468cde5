"""Imports in advance what the runs will import, and hides it again."""

# ruff: noqa: PTH100, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .recorder import Recorder

_OWN = "_reprocheck_zygote"
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.iostream", "ipykernel.heartbeat",
    "ipykernel.control", "ipykernel.eventloops", "IPython.core.magics", "IPython.core.history",
    "IPython.core.completerlib", "IPython.core.ultratb", "IPython.core.pylabtools", "stack_data", "executing",
    "asttokens", "pure_eval", "pdb", "pygments.lexers.python", "pygments.formatters.terminal256",
    "pygments.styles.default", "psutil", "comm.base_comm", "zmq.asyncio", "zmq.eventloop.zmqstream",
    "tornado.platform.asyncio", "sqlite3", "concurrent.futures.thread", "matplotlib_inline.config",
)  # fmt: skip
"""What kernels import at their start and at their first cell."""
_AT_EACH_START = ("ipykernel_launcher", "ipykernel.kernelapp", "matplotlib_inline.backend_inline")
"""Modules whose code reads what a process is started with, or uses the running shell: it runs in each process."""
_INLINE = "module://matplotlib_inline.backend_inline"
"""What kernels set MPLBACKEND to, where it is not set."""


_MODULES = (ModuleType, type)
"""What stands in ``sys.modules``: ``typing`` puts classes there."""
_PROGRAMS = frozenset({"__init__", "run_script"})
"""Among the probes' files: no modules."""
_SAFE_THREADS = frozenset({"jemalloc_bg_thd"})
"""Threads of allocators (pyarrow's), which know of forks: their work is done by the others in a forked process."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What every forked process begins with."""

    package: Any
    """The probes, not started."""
    kept: frozenset[str]
    """Names of the modules that every subject finds when it begins."""
    preloaded: Any
    """What is hidden from it (``probes/preloaded.py``)."""
    names: frozenset[str]
    """First parts of the names of what is hidden."""
    path: list[str]
    """``sys.path`` without the folder of a program and the entries of PYTHONPATH."""
    unfit: dict[str, str]
    """What was not to be imported in advance -> why."""


def prepare(modules: list[str], kind: str, package: Any, kept: frozenset[str], recorder: Recorder) -> Ready:
    """Import modules in advance, with what kernels need where the kind is ``notebook``."""
    folder = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if entry != folder]
    environment, filters = dict(os.environ), list(getattr(sys.modules.get("warnings"), "filters", []))
    if kind == "notebook":
        os.environ.setdefault("MPLBACKEND", _INLINE)
    output = os.memfd_create("output")
    os.dup2(output, 1)
    os.dup2(output, 2)
    _load_all(package)
    with _configuration_noted(recorder):
        unfit = _import_all(modules, kind, output)
    os.close(output)
    recorder.uninstall()
    recorder.undo_effects(environment, filters)
    for name in _AT_EACH_START:
        holder, _, child = name.rpartition(".")
        if sys.modules.pop(name, None) is not None and holder:
            vars(sys.modules[holder]).pop(child, None)
    names = dict.fromkeys([*recorder.begun, *sys.modules])
    found = {
        name: sys.modules[name]
        for name in names
        if name not in kept and name.partition(".")[0] != _OWN and isinstance(sys.modules.get(name), _MODULES)
    }
    hidden = importlib.import_module(f"{package.__name__}.preloaded").Preloaded(found, recorder)
    return Ready(
        package=package,
        kept=kept,
        preloaded=hidden,
        names=frozenset(name.partition(".")[0] for name in found),
        path=path,
        unfit=unfit,
    )


@contextmanager
def _configuration_noted(recorder: Recorder) -> Iterator[None]:
    """What asks for Python's configuration needs the module with it, also where another one has asked before."""
    import sysconfig

    asked: Any = sysconfig
    plain, name = asked.get_config_vars, asked._get_sysconfigdata_name()  # noqa: SLF001 - what it imports

    def get_config_vars(*names: str) -> Any:
        recorder.note(name)
        return plain(*names)

    asked.get_config_vars = get_config_vars
    try:
        yield
    finally:
        asked.get_config_vars = plain


def _load_all(package: Any) -> None:
    """Load those of the probes too that are otherwise loaded with the libraries they are for."""
    (folder,) = package.__path__
    for holder, name in ((folder, package.__name__), (os.path.join(folder, "outside"), f"{package.__name__}.outside")):
        for entry in sorted(os.listdir(holder)):
            module, _, ending = entry.partition(".")
            if ending == "py" and module not in _PROGRAMS:
                importlib.import_module(f"{name}.{module}")


def _import_all(modules: list[str], kind: str, output: int) -> dict[str, str]:
    """Import what can be imported; gives the first parts of names of what cannot be used, and why."""
    unfit: dict[str, str] = {}
    for name in [*(_KERNEL if kind == "notebook" else ()), *modules]:
        package = name.partition(".")[0]
        if package in unfit or (name in modules and not _is_installed(package)):
            continue
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # the subject will see for itself
        except Exception as error:
            unfit[package] = f"{type(error).__name__}: {error}"
        if problem := _problem(output):
            unfit[package] = problem
    return unfit


def _is_installed(package: str) -> bool:
    """Whether a package is an installed one that no run can have another version of."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    return spec is not None and any(mark in str(spec.origin) for mark in _INSTALLED)


def fork() -> int:
    """As ``os.fork``, without what Python says of threads from 3.12 on: those that are there know of forks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def _problem(output: int) -> str:
    """What an import has done that would be missing, or broken, in a forked process."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.fstat(output).st_size:
        os.ftruncate(output, 0)
        os.lseek(output, 0, os.SEEK_SET)
        return "it prints something, or warns, when it is imported"
    # Pools of BLAS threads end before a fork, and begin again when they are needed.
    child = fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm", encoding="utf-8", errors="replace") as file:
            name = file.read().strip()
        if int(task) != os.getpid() and name not in _SAFE_THREADS:
            return f"it starts a thread {name!r} when it is imported"
    return ""
