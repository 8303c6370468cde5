"""A live session's cell, and how a forked copy of the session runs it."""

from __future__ import annotations

import contextvars
import importlib
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.core.trace import Source
from pytest_reprocheck.execution.child import load_probes
from pytest_reprocheck.execution.live.capturing import Outputs, capture, redirect
from pytest_reprocheck.execution.live.severing import (
    end_pools,
    sever_descriptors,
    sever_pools,
    sever_shell,
    single_openmp_threads,
)

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
OUTPUTS = "outputs.json"
"""What the cell displayed, in the folder of the run's log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveCell:
    """A cell that is about to run in a live session."""

    shell: Any
    """IPython's shell."""
    number: int
    """The number that its prompt will have."""
    source: str
    root: Path
    """Absolute path of the project."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """Prompt -> source, of what was executed before."""
    files: Mapping[str, str] = field(default_factory=dict)
    """File name under which earlier code was compiled -> prompt."""
    seeded: tuple[Source, ...] = ()
    """Global states that the user has seeded."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    @property
    def prompt(self) -> str:
        """What its lines are called in reports."""
        return f"In [{self.number}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What the session's process gives a copy along."""

    folder: Path
    """Where the outputs are written."""
    random: Any
    """The state of the hidden generator of ``random``."""
    variables: Mapping[str, str]
    """Environment variables."""


def sever(cell: LiveCell, scratch: Path) -> None:
    """Cut this process, a forked copy of the session's, off from it; what it prints goes to a folder."""
    redirect(scratch)
    # Before folders are mounted: a library that is found under another one would be loaded a second time.
    single_openmp_threads()
    sever_descriptors()
    sever_shell(cell.shell)


def run_in_copy(cell: LiveCell, source: str, given: Given, config: Mapping[str, Json]) -> None:
    """Run the cell in this process, a forked copy of the session's, and leave what came of it in a folder.

    Args:
        cell: the cell.
        source: what is run instead of its own text.
        given: what the session's process gave along.
        config: what the probes are told (child.json).
    """
    os.environ.update(given.variables)
    time.tzset()
    tempfile.tempdir = None
    sever_pools()
    outputs = capture(cell.shell, source)
    package, live_cell = probes_in_copies()
    bound = live_cell.bound_names(cell.shell.user_ns)
    # Python seeds its hidden generator anew in every forked process.
    random.setstate(given.random)
    started = package.start(config)
    live_cell.rebind(cell.shell.user_ns, bound)
    step = live_cell.LiveCell(started.probe, started.steps, cell.shell)
    step.follow(cell.files, cell.prompt)
    cell.shell.execution_count = cell.number
    step.start(source, cell.prompt, cell.earlier.values())
    result = cell.context.run(cell.shell.run_cell, source, store_history=False)
    step.end()
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        line = step.line_of(error, cell.prompt)
        started.probe.log.write({"type": "outcome", **_outcome(cell.prompt, line, error, outputs)})
    sys.stdout.flush()
    sys.stderr.flush()
    outputs.write(given.folder / OUTPUTS)
    end_pools()


def probes_in_copies() -> tuple[ModuleType, ModuleType]:
    """The probes, and what they have for cells of a live session; neither does anything before it is told to."""
    package = load_probes()
    return package, importlib.import_module(f"{package.__name__}.live_cell")


def _outcome(prompt: str, line: int | None, error: BaseException, outputs: Outputs) -> dict[str, Any]:
    lines = str(error).strip().splitlines()
    message = ": ".join(filter(None, (type(error).__name__, *lines[:1])))
    shown = [output for output in outputs.found if output["output_type"] == "error"]
    detail = _ANSI.sub("", "\n".join(shown[-1]["traceback"])).strip() if shown else message
    place = {"path": prompt, "cell": None, "line": line}
    return {"status": "raised", "message": message, "place": place, "detail": detail, "exit_code": None}
