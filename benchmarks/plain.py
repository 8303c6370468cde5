"""Runs a script or notebook as it is and writes down what came out, by means that share nothing with the plugin.

``python -m benchmarks.plain SUBJECT RESULT [--factor NAME]`` in the subject's folder. The result has a digest of each
global variable that joblib can hash and of each figure's pixels, and what was printed. With a factor the run's
surroundings are another legitimate ones: folders are listed, rows delivered and tasks completed the other way round, or
it is forty days later. ``--serve MODULE...`` imports modules and forks a run for each line of standard input.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import io
import json
import os
import re
import runpy
import signal
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import joblib
import numpy as np

_PATIENCE = 30
"""As many times the processor time that a run may take it may be under way."""
_NO_VALUES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def values(variables: Mapping[str, object]) -> dict[str, str]:
    """A digest for each public variable that has one."""
    found: dict[str, str] = {}
    for name, value in sorted(variables.items()):
        if name.startswith("_") or isinstance(value, _NO_VALUES) or _draws(value):
            continue
        with contextlib.suppress(Exception):  # what cannot be pickled is left out on both sides
            found[name] = joblib.hash(value)
    return found


def _draws(value: object) -> bool:
    """Whether a value is a part of a figure, or begins with one: such have ids of their own, and are seen drawn."""
    if isinstance(value, list | tuple) and value:
        return _draws(value[0])
    if isinstance(value, np.ndarray) and value.dtype.hasobject and value.size:
        return _draws(value.flat[0])
    return type(value).__module__.partition(".")[0] == "matplotlib"


def figures() -> dict[str, str]:
    """A digest of each open figure's pixels, by number; none where nothing has been drawn."""
    if "matplotlib.pyplot" not in sys.modules:
        return {}
    import matplotlib.pyplot as plt

    found: dict[str, str] = {}
    for number in plt.get_fignums():
        canvas: Any = plt.figure(number).canvas
        with contextlib.suppress(Exception):  # what cannot be drawn is left out on both sides
            canvas.draw()
            found[f"figure {number}"] = hashlib.sha256(canvas.buffer_rgba()).hexdigest()
    return found


def run(subject: Path) -> dict[str, object]:
    """Run a subject to its end and tell what it left; a failure is told by its type."""
    printed = io.StringIO()
    variables: Mapping[str, object] = {}
    failed = ""
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            variables = _notebook(subject) if subject.suffix == ".ipynb" else _script(subject)
        except Exception as error:  # the subject's own
            failed = f"{type(error).__name__}: {error}"
        left = values(variables) | figures()
    return {"failed": failed, "printed": printed.getvalue().splitlines(), "values": left}


def _script(subject: Path) -> Mapping[str, object]:
    sys.argv = [subject.name]
    sys.path.insert(0, str(subject.parent))
    return runpy.run_path(str(subject), run_name="__main__")


def _notebook(subject: Path) -> Mapping[str, object]:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    before = set(shell.user_ns)
    for cell in json.loads(subject.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            code = re.sub(r"(?m)^%matplotlib.*$", "", "".join(cell["source"]))  # nothing is shown here
            shell.run_cell(code).raise_error()  # type: ignore[no-untyped-call]
    return {name: value for name, value in shell.user_ns.items() if name not in before}


@contextlib.contextmanager
def _listing() -> Iterator[None]:
    listdir, scandir = os.listdir, os.scandir

    class Reversed:
        def __init__(self, entries: list[os.DirEntry[str]]) -> None:
            self._entries = iter(entries)

        def __enter__(self) -> Reversed:
            return self

        def __exit__(self, *_error: object) -> None:
            self.close()

        def __iter__(self) -> Reversed:
            return self

        def __next__(self) -> os.DirEntry[str]:
            return next(self._entries)

        def close(self) -> None:
            self._entries = iter(())

    def reversed_scandir(path: Any = ".") -> Any:
        with scandir(path) as entries:
            return Reversed(sorted(entries, key=lambda entry: str(entry.name), reverse=True))

    os.listdir = lambda path=".": sorted(listdir(path), reverse=True)  # type: ignore[assignment]
    os.scandir = reversed_scandir
    yield


@contextlib.contextmanager
def _completion() -> Iterator[None]:
    import concurrent.futures

    def reversed_completion(tasks: Any, timeout: float | None = None) -> Iterator[Any]:
        waiting = list(tasks)
        concurrent.futures.wait(waiting, timeout)
        yield from reversed(waiting)

    concurrent.futures.as_completed = reversed_completion  # type: ignore[assignment]
    yield


@contextlib.contextmanager
def _rows() -> Iterator[None]:
    import sqlite3

    connect = sqlite3.connect

    def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.execute("PRAGMA reverse_unordered_selects = ON")
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]
    yield


@contextlib.contextmanager
def _clock() -> Iterator[None]:
    import time
    from datetime import UTC, datetime

    import time_machine

    with time_machine.travel(datetime.fromtimestamp(time.time(), tz=UTC) + timedelta(days=40)):
        yield


FACTORS: Mapping[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "": contextlib.nullcontext,
    "listing": _listing,
    "completion": _completion,
    "rows": _rows,
    "clock": _clock,
}


def write(subject: Path, result: Path, factor: str) -> None:
    """Run a subject under a factor and write what it left."""
    with FACTORS[factor]():
        left = run(subject)
    result.write_text(json.dumps(left), encoding="utf-8")


def serve(modules: Sequence[str]) -> None:
    """Fork a run for each line of standard input, and answer each with the run's exit code.

    A line is a JSON object with ``subject``, ``result``, ``factor`` and ``timeout`` in seconds of processor time. What
    forks share is what the imported modules hold; generators that nobody has seeded are not the same in two of them.
    """
    for module in modules:
        with contextlib.suppress(Exception):  # the subject's own import says what is wrong with it
            importlib.import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_forked(Path(asked["subject"]), Path(asked["result"]), asked["factor"], asked["timeout"]))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _forked(subject: Path, result: Path, factor: str, timeout: float) -> int:
    # The signals end the process. Time on a busy machine says nothing of a subject, and one that waits uses none.
    signal.setitimer(signal.ITIMER_PROF, timeout)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE * timeout)
    silent = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silent, number)
    try:
        np.random.seed()
        os.chdir(subject.parent)
        write(subject, result, factor)
    except BaseException:
        return 1
    return 0


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("subject", type=Path, nargs="?")
    parser.add_argument("result", type=Path, nargs="?")
    parser.add_argument("--factor", choices=sorted(FACTORS), default="")
    parser.add_argument("--serve", nargs="*", metavar="MODULE", help="modules to import before runs are forked")
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
    else:
        write(options.subject, options.result, options.factor)


if __name__ == "__main__":
    main()
