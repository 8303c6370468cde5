"""What plain runs without the plugin say of a subject: whether its results stay what they are."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_SERVERS = 3
"""Each has a hash seed of its own; runs are given to them in turn."""
_OWN = ("IPython.core.interactiveshell", "joblib", "time_machine")
"""What ``benchmarks.plain`` itself imports where it is needed."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """What one plain run left."""

    failed: str
    printed: tuple[str, ...]
    values: Mapping[str, str]


Plain = Callable[[Path, str, float], Left]
"""Runs a subject's file in its folder under a factor (empty: none), for some seconds of processor time at most."""


def modules_in(texts: Iterable[str]) -> frozenset[str]:
    """Names of the modules that texts in Python import; texts that are none have none."""
    found: set[str] = set()
    for text in texts:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
    return frozenset(found)


@contextmanager
def plain_runs(modules: Collection[str]) -> Iterator[Plain]:
    """Processes that plain runs are forked from, with these modules imported in advance.

    Two runs in sequence have different hash seeds. One that does not end in time, or takes its process with it, has
    failed.
    """
    with ExitStack() as stack:
        servers = cycle([stack.enter_context(_server(modules)) for _ in range(_SERVERS)])

        def plain(subject: Path, factor: str, timeout: float) -> Left:
            with tempfile.TemporaryDirectory() as folder:
                result = Path(folder) / "result.json"
                code = _asked(next(servers), subject, result, factor, timeout)
                if code:
                    return Left(failed=f"exit code {code}", printed=(), values={})
                left = json.loads(result.read_text(encoding="utf-8"))
            return Left(failed=left["failed"], printed=tuple(left["printed"]), values=left["values"])

        yield plain


@contextmanager
def _server(modules: Collection[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    environment |= {"MPLBACKEND": "Agg", "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plain", "--serve", *sorted({*modules, *_OWN})],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process  # it ends with its standard input


def _asked(server: subprocess.Popen[str], subject: Path, result: Path, factor: str, timeout: float) -> int:
    assert server.stdin is not None
    assert server.stdout is not None
    asked = {"subject": str(subject), "result": str(result), "factor": factor, "timeout": timeout}
    print(json.dumps(asked), file=server.stdin, flush=True)
    return int(server.stdout.readline())


def kept(runs: Sequence[Left]) -> frozenset[str]:
    """What is the same in all plain runs of an original: names of variables and figures, and ``printed``."""
    first = runs[0]
    names = {name for name in first.values if all(run.values.get(name) == first.values[name] for run in runs)}
    return frozenset(names | ({"printed"} if all(run.printed == first.printed for run in runs) else set()))


def changed(one: Left, other: Left, stable: frozenset[str]) -> str:
    """The first of the kept things that two runs do not share, what is shown before variables; empty where none."""
    if one.failed or other.failed:
        return f"fails: {one.failed or other.failed}" if one.failed != other.failed else ""
    if "printed" in stable and one.printed != other.printed:
        return "printed"
    names = sorted(stable, key=lambda name: (not name.startswith("figure "), name))
    return next((name for name in names if one.values.get(name) != other.values.get(name)), "")
