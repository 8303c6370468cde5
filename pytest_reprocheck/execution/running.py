"""Runs of one subject: any number of Conditions, several side by side, each with the project to itself."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import SubjectError
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Observation, Trace
from pytest_reprocheck.execution.answering import answering
from pytest_reprocheck.execution.artifacts.finding import Found, find_files, is_result
from pytest_reprocheck.execution.attending import Execute, attend
from pytest_reprocheck.execution.child import Processes
from pytest_reprocheck.execution.engine import FRESH, Engine
from pytest_reprocheck.execution.fencing import fenced
from pytest_reprocheck.execution.launching import read_used
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.notebook import run_notebook
from pytest_reprocheck.execution.outputs import stored_observations
from pytest_reprocheck.execution.reading import (
    cell_timeout_of,
    executed_cells,
    read_notebook,
    stored_outputs,
    tags_of,
    with_sources,
)
from pytest_reprocheck.execution.recorded import clocks_read
from pytest_reprocheck.execution.removing import remove
from pytest_reprocheck.execution.scheduling import Memory, Room, Used, memory_bound, side_by_side
from pytest_reprocheck.execution.script import read_script, run_script
from pytest_reprocheck.execution.under_way import UnderWay
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

Differ = Callable[[Trace, Trace], bool]
"""Whether two traces, of runs that may not be over, differ in what counts."""
CellProgress = Callable[[int, int, int], None]
"""Told, by several threads, that a notebook's cell begins: the run (0 is A, 1 is B), which cell of those that are
executed, from 1 on, and how many there are."""
_LOOK = 0.1
"""Seconds between two looks at runs under way, at least."""
_LOOKING = 0.1
"""Part of the time that looking may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """What runs that are asked for together have in common, besides the subject."""

    replaced: Replaced
    keep: bool
    after: RunFolder | None
    deadline: float
    memory: Memory
    engine: Engine


@dataclass(kw_only=True, slots=True)
class Runner:
    """Executes one subject under given Conditions; open it with ``runner()``."""

    subject: Subject
    ready: Prepared
    notebook: NotebookNode | None
    """The notebook as it will be run; None for scripts."""
    limits: Limits
    given: bool = False
    """Whether the notebook is another one than that in the subject's file."""
    engine: Engine = FRESH
    """How runs are started."""
    room: Room = field(default_factory=Room)
    used: Used = field(default_factory=Used)
    """The most that a run took so far, or is expected to take."""
    processes: Processes = field(default_factory=Processes)
    under_way: dict[int, UnderWay] = field(default_factory=dict)
    """By the runs' numbers."""
    on_cell: CellProgress = lambda _run, _number, _total: None
    alone: bool = False
    """Whether runs go one after the other, as they use a device."""
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
        differ: Differ | None = None,
        fresh: bool = False,
    ) -> list[Trace]:
        """One trace for each of the conditions, as many running at a time as there is room for.

        Args:
            conditions: one for each run.
            replaced: what is run instead of the user's text.
            recordings: for each run a trace's, which its replays are read from; none if nothing is replayed.
            keep: keep the trees that the runs leave, until the session ends.
            after: the trace of a run whose tree was kept: these runs begin with it.
            deadline: what is still running then (``time.monotonic()``) is ended: its outcome is ``stopped``.
            differ: asked about two runs while they go on; when they differ, both are ended in the same way.
            fresh: start each of these runs anew, whatever the engine.
        """
        first = self.started
        self.started += len(conditions)
        batch = _Batch(
            replaced=replaced or {},
            keep=keep,
            after=None if after is None else self.left[after.blobs],
            deadline=deadline,
            memory=Memory(bound=memory_bound(self.room)),
            engine=FRESH if fresh else self.engine,
        )
        with ThreadPoolExecutor(self.side_by_side, thread_name_prefix="reprocheck-run") as pool:
            try:
                told = zip(conditions, recordings or [""] * len(conditions), strict=True)
                jobs = [
                    pool.submit(self._run_one, number, each, recording, batch)
                    for number, (each, recording) in enumerate(told, first)
                ]
                if differ is not None:
                    self._end_where_they_differ(jobs, conditions, first, differ)
                return [job.result() for job in jobs]
            except BaseException:
                self._end_all(pool)
                raise

    def _end_all(self, pool: ThreadPoolExecutor) -> None:
        """Also after a KeyboardInterrupt, and a second one: nothing may outlive the audit."""
        self.processes.end_all()
        try:
            pool.shutdown(cancel_futures=True)
        except BaseException:
            self.processes.end_all()
            raise

    @property
    def side_by_side(self) -> int:
        """How many runs may go at a time; in place there is one tree for all, and one device where they use it."""
        return 1 if self.alone or self.ready.mode == "in-place" else side_by_side(self.room, self.used)

    def _end_where_they_differ(
        self, jobs: Sequence[Future[Trace]], conditions: Sequence[Conditions], first: int, differ: Differ
    ) -> None:
        """Look at two runs until they have ended, and end them when they differ."""
        pause = _LOOK
        while wait(jobs, timeout=pause, return_when=FIRST_EXCEPTION).not_done:
            if any(job.done() and job.exception() for job in jobs):
                return
            begun = time.monotonic()
            runs = [self.under_way.get(first + index) for index in range(len(jobs))]
            found = [
                job.result() if job.done() else run.so_far(each) if run is not None else None
                for job, run, each in zip(jobs, runs, conditions, strict=True)
            ]
            a, b = found if len(found) == 2 else (None, None)
            if a is not None and b is not None and differ(a, b):
                for run in filter(None, runs):
                    run.differs = True
                return
            pause = max(_LOOK, (time.monotonic() - begun) / _LOOKING)

    def _run_one(self, number: int, conditions: Conditions, recording: str, batch: _Batch) -> Trace:
        """Run when it fits beside the others; what turns out not to fit is made again when they have ended."""
        expected = self.used.memory
        while True:
            with batch.memory.seat(expected) as seat:
                run = UnderWay(memory=batch.memory, seat=seat, begin_cell=partial(self.on_cell, number))
                self.under_way[number] = run
                trace = self._attempt(number, conditions, recording, batch, run)
            self.used |= Used(memory=seat.peak)
            self.alone = self.alone or "device" in trace.facts
            if not seat.gave_way or trace.outcome.status != "stopped":
                return trace
            assert run.folder is not None
            remove(run.folder.log.parent)
            expected = max(expected, seat.peak)

    def _attempt(self, number: int, conditions: Conditions, recording: str, batch: _Batch, run: UnderWay) -> Trace:
        files = {path: text.encode() for (path, cell), text in batch.replaced.items() if cell is None}
        folder = open_run(
            self.ready, number, files, directory=conditions.directory, network=conditions.network, after=batch.after
        )
        if self.limits.fenced:
            folder = fenced(self.ready, folder)
        run.folder = folder
        try:
            trace = self._execute(folder, conditions, recording, batch, run)
            self.used |= read_used(folder, trace.seconds)
            written = written_files(self.ready, folder)
            changed = [path for path in written.changed if path not in files]
            if batch.keep:
                self.left[trace.blobs] = folder
            if trace.outcome.status != "stopped":
                trace = self._with_artifacts(trace, folder, files)
            return replace(
                trace,
                written=tuple(sorted((*changed, *written.removed))),
                facts={**trace.facts, **{f"{name} problem": text for name, text in self.ready.problems.items()}},
            )
        finally:
            close_run(folder, keep=batch.keep)

    def _with_artifacts(self, trace: Trace, folder: RunFolder, replaced: Collection[str]) -> Trace:
        search = find_files(self.ready, folder, trace, replaced)
        found = _with_files(trace, search.files, folder, python=self.subject.python)
        return replace(found, not_compared=(*found.not_compared, *search.not_compared))

    def _execute(
        self, folder: RunFolder, conditions: Conditions, recording: str, batch: _Batch, run: UnderWay
    ) -> Trace:
        if self.notebook is None:
            return run_script(
                self.subject,
                conditions,
                folder,
                limits=self.limits,
                processes=self.processes,
                recording=recording,
                deadline=batch.deadline,
                under_way=run,
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
            under_way=run,
            engine=batch.engine,
        )

    def clocks(self, trace: Trace) -> tuple[tuple[int, ...], ...]:
        """The nanoseconds that a run read from each clock."""
        return clocks_read(trace.recording)

    def attend(self, conditions: Conditions, execute: Execute, *, expected: Collection[str] = ()) -> Trace:
        """The trace of a run that is the user's own: made by ``execute``, in the user's tree.

        Only for notebooks, in place. Other programs write to the tree meanwhile: what the probes did not see being
        written is theirs, but for ``expected``: what another run wrote is looked at here too. Whatever ``execute``
        raises comes out.
        """
        assert self.notebook is not None
        number, self.started = self.started, self.started + 1
        folder = replace(open_run(self.ready, number), attended=True)
        try:
            trace = attend(self.subject, self.notebook, conditions, folder, execute)
            own = {*expected, *(access.path for access in trace.accesses if access.kind == "written")}
            search = find_files(self.ready, folder, trace, ())
            names = {file.name for file in search.files}
            there = (Found(name=name, path=folder.tree / name) for name in expected if name not in names)
            files = [file for file in search.files if file.name in own]
            files += [file for file in there if is_result(file.name) and file.path is not None and file.path.is_file()]
            files.sort(key=lambda file: file.name)
            found = _with_files(trace, files, folder, python=None)
            return replace(
                found,
                written=tuple(file.name for file in files if not file.name.startswith("/")),
                not_compared=(*found.not_compared, *search.not_compared),
            )
        finally:
            close_run(folder)

    def stored(self, trace: Trace) -> Trace | None:
        """The outputs that the user's notebook was saved with, as a trace with this run's steps.

        None where there are none. What the run did beside its outputs, and in cells without stored ones, is left out
        of both: facts that only one of the two can have are no differences.
        """
        read = self.notebook is not None and not self.given
        outputs = stored_outputs(self.subject, self.notebook) if read and self.notebook is not None else {}
        steps = [step for step in trace.steps if step.place.cell in outputs]
        if not steps:
            return None
        blobs = self.ready.base / "stored"
        blobs.mkdir(exist_ok=True)
        found: list[Observation] = []
        skipped: list[NotCompared] = []
        for step in steps:
            assert step.place.cell is not None
            told, shortened = stored_observations(outputs[step.place.cell], step, step.index, blobs)
            found += told
            skipped += shortened
        kept = frozenset(step.index for step in steps)
        others = [each for each in trace.observations if each.aspect != "outputs" or each.step not in kept]
        return replace(trace, observations=(*found, *others), blobs=str(blobs), not_compared=tuple(skipped))

    def units(self, reached: Sequence[str]) -> tuple[Unit, ...]:
        """The user's code that ran: the notebook's cells, and the files in ``reached``."""
        found = []
        if self.notebook is not None:
            # Of the cell before injected parameters and these, which share an index, the user's own comes first.
            cells = dict(reversed(executed_cells(self.notebook)))
            tags = tags_of(self.notebook)
            found = [
                Unit(path=self.subject.path, cell=index, text=cells[index], tags=tags.get(index, ()))
                for index in sorted(cells)
            ]
        for path in sorted(set(reached)):
            file = self.subject.root / path
            if file.suffix == ".py" and file.is_file():
                found.append(Unit(path=path, cell=None, text=read_script(file)))
        return tuple(found)


def _with_files(trace: Trace, files: Sequence[Found], folder: RunFolder, *, python: str | None) -> Trace:
    """The trace with what files hold; most runs write none, and need none of their formats."""
    if not files:
        return trace
    from pytest_reprocheck.execution.artifacts.observing import with_artifacts

    # Beside the run's own temporary folder, which it may have filled or replaced.
    return with_artifacts(trace, files, blobs=folder.blobs, scratch=folder.log.parent, python=python)


@contextmanager
def runner(
    subject: Subject,
    *,
    notebook: NotebookNode | None = None,
    limits: Limits | None = None,
    workspace: Callable[[], Workspace] = Workspace,
    room: Room | None = None,
    expected: Used | None = None,
    engine: Engine = FRESH,
    on_cell: CellProgress | None = None,
) -> Iterator[Runner]:
    """A Runner for a notebook or script; its folders are gone afterwards.

    ``notebook`` is run instead of what the subject's file holds, as it is. ``room`` is what its runs may take together,
    ``expected`` what one of them took in an earlier audit; ``on_cell`` is told of each cell that begins. Raises
    SubjectError when the subject cannot be read, and WorkspaceError when ``workspace`` (plain copies, where nothing is
    asked for), which is asked when the subject has been read, is not possible.
    """
    given = notebook is not None
    if notebook is None and subject.kind == "notebook":
        notebook = read_notebook(subject)
    if notebook is None and subject.module is None and not subject.file.is_file():
        raise SubjectError("no such file", where=subject.path)
    with prepared(subject.root, workspace()) as ready, answering(queries_socket(ready.base)):
        asked = limits or Limits()
        if notebook is not None and not given and asked.cell is None:
            asked = replace(asked, cell=cell_timeout_of(notebook))
        yield Runner(
            subject=subject,
            ready=ready,
            notebook=notebook,
            limits=asked,
            given=given,
            engine=engine,
            room=room or Room(),
            used=expected or Used(),
            on_cell=on_cell or (lambda _run, _number, _total: None),
        )
