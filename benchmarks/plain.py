"""Runs a script or notebook as it is and writes down what came out, by means that share nothing with the plugin.

``python -m benchmarks.plain SUBJECT RESULT [--factor NAME]`` in the subject's folder. The result has a digest of each
global variable that joblib can hash, and what was printed. With a factor the run's surroundings are another legitimate
ones: folders are listed, rows delivered and tasks completed the other way round, or it is forty days later.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import runpy
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import joblib

_NO_VALUES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def values(variables: Mapping[str, object]) -> dict[str, str]:
    """A digest for each public variable that has one."""
    found: dict[str, str] = {}
    for name, value in sorted(variables.items()):
        if name.startswith("_") or isinstance(value, _NO_VALUES):
            continue
        with contextlib.suppress(Exception):  # what cannot be pickled is left out on both sides
            found[name] = joblib.hash(value)
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
    return {"failed": failed, "printed": printed.getvalue().splitlines(), "values": values(variables)}


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


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("subject", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--factor", choices=sorted(FACTORS), default="")
    options = parser.parse_args()
    with FACTORS[options.factor]():
        result = run(options.subject)
    options.result.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
