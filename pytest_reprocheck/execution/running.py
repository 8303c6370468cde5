"""Runs of one subject: any number of Conditions, several side by side, each with the project to itself."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import SubjectError
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Trace
from pytest_reprocheck.execution.answering import answering
from pytest_reprocheck.execution.child import Processes
from pytest_reprocheck.execution.engine import FRESH, Engine
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.notebook import run_notebook
from pytest_reprocheck.execution.reading import executed_cells, read_notebook, with_sources
from pytest_reprocheck.execution.script import read_script, run_script
from pytest_reprocheck.execution.workspace import (
    Prepared,
    RunFolder,
    Workspace,
    close_run,
    open_run,
    prepared,
    queries_socket,
    written_files,
)

Replaced = Mapping[tuple[str, int | None], str]
"""(path, cell) -> the text to run instead of the user's."""

_WRITTEN = "written by the run; what is in it is not compared by this version"
SIDE_BY_SIDE = 2
"""Runs at the same time; each has half of the cores for its BLAS and OpenMP threads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """What runs that are asked for together have in common, besides the subject."""

    replaced: Replaced
    keep: bool
    after: RunFolder | None
    deadline: float
    engine: Engine


@dataclass(kw_only=True, slots=True)
class Runner:
    """Executes one subject under given Conditions; open it with ``runner()``."""

    subject: Subject
    ready: Prepared
    notebook: NotebookNode | None
    """The notebook as it will be run; None for scripts."""
    limits: Limits
    engine: Engine = FRESH
    """How runs are started."""
    processes: Processes = field(default_factory=Processes)
    started: int = 0
    """Runs begun so far; the number of the next run's folder."""
    left: dict[str, RunFolder] = field(default_factory=dict)
    """The folders of runs whose trees were kept, by their traces' blobs."""

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Replaced | None = None,
        *,
        recordings: Sequence[str] = (),
        keep: bool = False,
        after: Trace | None = None,
        deadline: float = math.inf,
        fresh: bool = False,
    ) -> list[Trace]:
        """One trace for each of the conditions, at most two running at a time.

        Args:
            conditions: one for each run.
            replaced: what is run instead of the user's text.
            recordings: for each run a trace's, which its replays are read from; none if nothing is replayed.
            keep: keep the trees that the runs leave, until the session ends.
            after: the trace of a run whose tree was kept: these runs begin with it.
            deadline: what is still running then (``time.monotonic()``) is ended: its outcome is ``stopped``.
            fresh: start each of these runs anew, whatever the engine.
        """
        first = self.started
        self.started += len(conditions)
        batch = _Batch(
            replaced=replaced or {},
            keep=keep,
            after=None if after is None else self.left[after.blobs],
            deadline=deadline,
            engine=FRESH if fresh else self.engine,
        )
        side_by_side = 1 if self.ready.mode == "in-place" else SIDE_BY_SIDE
        with ThreadPoolExecutor(side_by_side, thread_name_prefix="reprocheck-run") as pool:
            try:
                told = zip(conditions, recordings or [""] * len(conditions), strict=True)
                jobs = [
                    pool.submit(self._run_one, number, each, recording, batch)
                    for number, (each, recording) in enumerate(told, first)
                ]
                return [job.result() for job in jobs]
            except BaseException:
                # Also for KeyboardInterrupt: nothing may outlive the audit.
                self.processes.end_all()
                try:
                    pool.shutdown(cancel_futures=True)
                except BaseException:
                    self.processes.end_all()
                    raise
                raise

    def _run_one(self, number: int, conditions: Conditions, recording: str, batch: _Batch) -> Trace:
        files = {path: text.encode() for (path, cell), text in batch.replaced.items() if cell is None}
        folder = open_run(
            self.ready, number, files, directory=conditions.directory, network=conditions.network, after=batch.after
        )
        try:
            trace = self._execute(folder, conditions, recording, batch)
            written = written_files(self.ready, folder)
            changed = [path for path in written.changed if path not in files]
            unread = [NotCompared(what=f"file {path}", reason=_WRITTEN) for path in changed]
            if batch.keep:
                self.left[trace.blobs] = folder
            return replace(
                trace,
                written=tuple(sorted((*changed, *written.removed))),
                not_compared=(*trace.not_compared, *unread),
                facts={**trace.facts, **{f"{name} problem": text for name, text in self.ready.problems.items()}},
            )
        finally:
            close_run(folder, keep=batch.keep)

    def _execute(self, folder: RunFolder, conditions: Conditions, recording: str, batch: _Batch) -> Trace:
        if self.notebook is None:
            return run_script(
                self.subject,
                conditions,
                folder,
                limits=self.limits,
                processes=self.processes,
                recording=recording,
                deadline=batch.deadline,
                engine=batch.engine,
            )
        cells = {cell: text for (_path, cell), text in batch.replaced.items() if cell is not None}
        return run_notebook(
            self.subject,
            with_sources(self.notebook, cells) if cells else copy.deepcopy(self.notebook),
            conditions,
            folder,
            limits=self.limits,
            processes=self.processes,
            recording=recording,
            deadline=batch.deadline,
            engine=batch.engine,
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
def runner(
    subject: Subject, *, limits: Limits | None = None, workspace: Workspace | None = None, engine: Engine = FRESH
) -> Iterator[Runner]:
    """A Runner for a notebook or script; its folders are gone afterwards.

    Raises SubjectError when the subject cannot be read, and WorkspaceError when ``workspace`` (plain copies, where
    nothing is asked for) is not possible.
    """
    notebook = read_notebook(subject) if subject.kind == "notebook" else None
    if notebook is None and subject.module is None and not subject.file.is_file():
        raise SubjectError("no such file", where=subject.path)
    with prepared(subject.root, workspace or Workspace()) as ready, answering(queries_socket(ready.base)):
        yield Runner(subject=subject, ready=ready, notebook=notebook, limits=limits or Limits(), engine=engine)
