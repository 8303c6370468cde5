"""What turns a forked process into the one that Python would have started anew."""

# ruff: noqa: PTH109, PTH100, PTH108, PTH110, PTH112, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import ctypes
import functools
import gc
import io
import json
import os
import sys
import tempfile
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .preparing import Ready

_CUSTOMIZING = frozenset({"sitecustomize", "usercustomize"})
_READ_IN_FOLDER = frozenset({"matplotlibrc"})
"""Files in the working folder that a library reads when it is imported."""


class UnfitError(Exception):
    """This run needs an interpreter of its own; the text says why."""


def become(
    spec: Mapping[str, Any], variables: Mapping[str, str], ready: Ready, ended: list[int]
) -> Callable[[dict[str, Any]], None]:
    """Take on the circumstances of a run; gives what runs the subject in the namespace of ``__main__``.

    Raises whatever goes wrong, before anything of the subject has run.
    """
    argv = spec["argv"]
    at = argv.index("-m") if "-m" in argv else None
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None
    sys.orig_argv[:] = argv
    folder = _set_path(variables, ready)
    with open(variables["REPROCHECK_CHILD"], encoding="utf-8") as file:
        config = json.loads(file.read())
    if at is None:
        sys.argv[:] = argv[1:]
        program = config["module"] is None and os.path.dirname(os.path.join(config["root"], config["path"]))
        _check(ready, [program or os.getcwd(), *folder])
    else:
        sys.argv[:] = ["-m", *argv[at + 2 :]]
        if not sys.flags.safe_path:
            sys.path.insert(0, os.getcwd())
        _check(ready, [os.getcwd(), *folder])
    if "numpy" in ready.names:
        _reseed(ready)
    for name in [name for name in sys.modules if name not in ready.kept]:
        del sys.modules[name]
    sys.modules.setdefault("sitecustomize", ModuleType("sitecustomize"))  # that of the probes
    package = ready.package
    package.started = package.start(config, ready.preloaded)
    return functools.partial(_work, ended=ended, package=package, module=None if at is None else argv[at + 1])


def start_anew(
    spec: Mapping[str, Any],
    variables: dict[str, str],
    execute: Callable[[Mapping[str, Any], dict[str, str]], None],
    error: Exception,
) -> None:
    """Execute the run's own command after all; ``error`` says why."""
    log = os.path.join(os.path.dirname(variables["REPROCHECK_CHILD"]), "main.jsonl")
    if os.path.exists(log):
        os.unlink(log)
    with open(os.path.join(os.path.dirname(log), "unfit"), "w", encoding="utf-8") as file:
        file.write(f"{type(error).__name__}: {error}")
    execute(spec, variables)


def _set_path(variables: Mapping[str, str], ready: Ready) -> list[str]:
    """Make ``sys.path`` that of a new interpreter, after ``sitecustomize`` of the probes; gives its own entries."""
    entries = variables.get("PYTHONPATH", "").split(os.pathsep)[1:]
    own = list(dict.fromkeys(os.path.abspath(entry) for entry in entries))
    sys.path[:] = [*own, *(entry for entry in ready.path if entry not in own)]
    sys.path_importer_cache.clear()
    return own


def _check(ready: Ready, folders: list[str]) -> None:
    """Folders of the user's come first on ``sys.path``: what they have is not to be taken from elsewhere."""
    for folder in folders:
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            name = entry.partition(".")[0]
            if name in ready.names and (entry == name or entry.endswith((".py", ".so", ".pyc"))):
                raise UnfitError(f"{entry} in {folder} comes before the installed {name}")
            if entry in _READ_IN_FOLDER or (name in _CUSTOMIZING and entry.endswith(".py")):
                raise UnfitError(f"{entry} in {folder} is read at the start")


def _reseed(ready: Ready) -> None:
    """Give numpy's hidden generator entropy of this process, as its import does."""
    mtrand = ready.preloaded.modules.get("numpy.random.mtrand")
    if mtrand is not None:
        mtrand.seed()


def _work(main: dict[str, Any], ended: list[int], package: Any, module: str | None) -> None:
    for name in [name for name in main if not (name.startswith("__") and name.endswith("__"))]:
        del main[name]
    try:
        if module is None:
            package.run_script(main)
        else:
            import runpy  # brought back, as `-m` has it imported

            runpy._run_module_as_main(module)  # type: ignore[attr-defined]  # noqa: SLF001 - what `-m` calls
    except SystemExit as error:
        code = error.code
        ended.append(0 if code is None else code & 0xFF if isinstance(code, int) else 1)
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        raise
    except KeyboardInterrupt as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        raise  # Python ends itself by the signal
    except BaseException as error:
        ended.append(1)
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        raise
    else:
        ended.append(0)


def end(ended: list[int]) -> None:
    """The last thing at the end: what a new interpreter does, but for taking down all that was imported in advance."""
    if not ended or not _flushed(sys.stdout, sys.stderr):
        return  # Python does all of it
    main = sys.modules["__main__"].__dict__
    for name in [*(name for name in main if name.startswith("_")), *main]:
        if name not in ("__builtins__", "__name__"):
            main[name] = None
    gc.collect()
    for left in gc.get_objects():
        if isinstance(left, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)) and not left.closed:
            _flushed(left)
    _flushed(sys.stdout, sys.stderr)
    ctypes.CDLL(None).fflush(None)
    os._exit(ended[0])


def _flushed(*streams: Any) -> bool:
    try:
        for stream in streams:
            if stream is not None and not stream.closed:
                stream.flush()
    except Exception:
        return False
    return True
