"""Runs of one subject: any number of Conditions, several side by side, each in its own copy of the project."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import SubjectError
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Trace
from pytest_reprocheck.execution.child import Processes
from pytest_reprocheck.execution.notebook import run_notebook
from pytest_reprocheck.execution.reading import executed_cells, read_notebook, with_sources
from pytest_reprocheck.execution.script import read_script, run_script
from pytest_reprocheck.execution.workspace import RunFolder, close_run, open_run, session, written_files

Replaced = Mapping[tuple[str, int | None], str]
"""(path, cell) -> the text to run instead of the user's."""

_WRITTEN = "written by the run; what is in it is not compared by this version"
SIDE_BY_SIDE = 2
"""Runs at the same time; each has half of the cores for its BLAS and OpenMP threads."""


def threads_per_run() -> int:
    """Threads for each BLAS and OpenMP pool, so that two runs side by side do not fight for cores."""
    return max(1, len(os.sched_getaffinity(0)) // SIDE_BY_SIDE)


@dataclass(kw_only=True, slots=True)
class Runner:
    """Executes one subject under given Conditions; open it with ``runner()``."""

    subject: Subject
    base: Path
    notebook: NotebookNode | None
    """The notebook as it will be run; None for scripts."""
    timeout: float | None
    allow_writes: tuple[str, ...] = ()
    """Other machines that every run may change something on."""
    processes: Processes = field(default_factory=Processes)
    started: int = 0
    """Runs begun so far; the number of the next run's folder."""

    def run(
        self, conditions: Sequence[Conditions], replaced: Replaced | None = None, *, recording: str = ""
    ) -> list[Trace]:
        """One trace for each of the conditions, at most two running at a time.

        ``recording`` is a trace's, which the conditions' replays are read from.
        """
        first = self.started
        self.started += len(conditions)
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="reprocheck-run") as pool:
            try:
                jobs = [
                    pool.submit(self._run_one, number, each, replaced or {}, recording)
                    for number, each in enumerate(conditions, first)
                ]
                return [job.result() for job in jobs]
            except BaseException:
                # Also for KeyboardInterrupt: nothing may outlive the audit.
                self.processes.end_all()
                pool.shutdown(cancel_futures=True)
                raise

    def _run_one(self, number: int, conditions: Conditions, replaced: Replaced, recording: str) -> Trace:
        files = {path: text.encode() for (path, cell), text in replaced.items() if cell is None}
        folder = open_run(self.base, number, self.subject.root, files)
        try:
            trace = self._execute(folder, conditions, replaced, recording)
            written = [
                NotCompared(what=f"file {path}", reason=_WRITTEN)
                for path in written_files(folder, self.subject.root)
                if path not in files
            ]
            return replace(trace, not_compared=(*trace.not_compared, *written))
        finally:
            close_run(folder)

    def _execute(self, folder: RunFolder, conditions: Conditions, replaced: Replaced, recording: str) -> Trace:
        if self.notebook is None:
            return run_script(
                self.subject,
                conditions,
                folder,
                timeout=self.timeout,
                processes=self.processes,
                recording=recording,
                allow_writes=self.allow_writes,
            )
        cells = {cell: text for (_path, cell), text in replaced.items() if cell is not None}
        return run_notebook(
            self.subject,
            with_sources(self.notebook, cells) if cells else copy.deepcopy(self.notebook),
            conditions,
            folder,
            timeout=self.timeout,
            processes=self.processes,
            recording=recording,
            allow_writes=self.allow_writes,
        )

    def units(self, reached: Sequence[str]) -> tuple[Unit, ...]:
        """The user's code that ran: the notebook's cells, and the files in ``reached``."""
        found = []
        if self.notebook is not None:
            # Of the cell before injected parameters and these, which share an index, the user's own comes first.
            cells = dict(reversed(executed_cells(self.notebook)))
            found = [Unit(path=self.subject.path, cell=index, text=cells[index]) for index in sorted(cells)]
        for path in sorted(set(reached)):
            file = self.subject.root / path
            if file.suffix == ".py" and file.is_file():
                found.append(Unit(path=path, cell=None, text=read_script(file)))
        return tuple(found)


@contextmanager
def runner(subject: Subject, *, timeout: float | None, allow_writes: tuple[str, ...] = ()) -> Iterator[Runner]:
    """A Runner for a notebook or script; its folders are gone afterwards.

    Raises SubjectError when the subject cannot be read.
    """
    notebook = read_notebook(subject) if subject.kind == "notebook" else None
    if notebook is None and subject.module is None and not subject.file.is_file():
        raise SubjectError("no such file", where=subject.path)
    with session() as base:
        yield Runner(subject=subject, base=base, notebook=notebook, timeout=timeout, allow_writes=allow_writes)
