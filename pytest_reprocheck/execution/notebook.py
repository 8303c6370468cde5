"""Running a notebook in its real kernel, with the probes in it."""

from __future__ import annotations

import asyncio
import functools
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Observation, Outcome, Place, Step, Trace
from pytest_reprocheck.execution.child import Processes, environment, working_directory, write_child_file
from pytest_reprocheck.execution.ending import death, with_memory_advice
from pytest_reprocheck.execution.engine import FRESH, Engine, Forked
from pytest_reprocheck.execution.intake import Log, StepMark, build_trace, read_log
from pytest_reprocheck.execution.kernel import (
    BoundedClient,
    SupervisedProvisioner,
    kernel_manager,
    kernel_name,
    unbounded_client,
    wait_until_ready,
)
from pytest_reprocheck.execution.launching import Ended, command, forked, read_status
from pytest_reprocheck.execution.limits import Excess, Limits, Watch, excess_outcome
from pytest_reprocheck.execution.outputs import Kept, cell_observations, tail
from pytest_reprocheck.execution.reading import executed_cells, ignored_outputs, users_index
from pytest_reprocheck.execution.under_way import UnderWay
from pytest_reprocheck.execution.widgets import states_of, with_states
from pytest_reprocheck.execution.workspace import RunFolder

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^(?:Cell In\[(\d+)\], line (\d+)|File .*?:(\d+))", re.MULTILINE)
_LOOK = 0.1
"""Seconds between two looks at a run under way."""
_LAST_WORDS = 1.5
"""Seconds in which a dead kernel's last messages can still arrive."""


_Extent = tuple[Any, ...]
"""How much a cell has put out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Execution:
    """What came of it."""

    excess: Excess | None
    error: BaseException | None
    ended: Ended
    position: int
    """The last cell that was begun, -1 if none was."""
    streams: Mapping[int, Mapping[str, Kept]]
    widgets: Mapping[str, Mapping[str, Any]]
    """State of each widget by its id."""


def run_notebook(
    subject: Subject,
    notebook: NotebookNode,
    conditions: Conditions,
    folder: RunFolder,
    *,
    limits: Limits,
    processes: Processes,
    recording: str,
    deadline: float = math.inf,
    under_way: UnderWay | None = None,
    engine: Engine = FRESH,
) -> Trace:
    """One execution of ``notebook``, which is changed: its outputs are filled in; it is ended at ``deadline``.

    ``under_way`` tells others of it.

    Raises BlockedError when its kernel is not installed.
    """
    kernel = kernel_name(subject, notebook)
    cells = executed_cells(notebook)
    tell = functools.partial(write_child_file, allow_writes=limits.writes, tells_rows=limits.tells_rows)
    tell(subject, conditions, folder, cells=cells, recording=recording)
    printed = folder.scratch.parent / "kernel"
    printed.touch()
    watch = Watch(limits=limits, under_way=under_way or UnderWay(), deadline=deadline, files=(printed,))
    launch = functools.partial(_launch, folder=folder, limits=limits, same_addresses=conditions.pinned)
    fork = functools.partial(_fork, engine=engine, folder=folder, printed=printed)
    manager = kernel_manager(kernel, folder, launch, processes, fork)
    start = {
        "env": environment(subject, conditions, folder, allow_writes=limits.writes),
        "cwd": str(working_directory(subject, folder)),
        "extra_arguments": ["--HistoryManager.hist_file=:memory:"],
    }
    execution = asyncio.run(_execute(notebook, manager, start, folder=folder, watch=watch, processes=processes))
    outcome = _outcome(execution, subject, notebook, watch, tail(printed))
    reached = _users_cell(notebook, execution.position)
    log = with_steps(read_log(folder.log), subject, cells, reached)
    outputs, skipped = _outputs(log, notebook, folder, execution.streams, execution.widgets)
    return build_trace(
        log,
        conditions=conditions,
        outcome=outcome,
        seconds=time.monotonic() - watch.started,
        blobs=folder.blobs,
        record=folder.record,
        moved=(folder.tree, subject.root),
        outputs=outputs,
        not_compared=skipped,
    )


def _launch(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], *, folder: RunFolder, limits: Limits, same_addresses: bool
) -> list[str]:
    return command(argv, cwd=cwd, env=env, folder=folder, memory=limits.memory, same_addresses=same_addresses)


def _fork(
    argv: Sequence[str], env: Mapping[str, str], *, engine: Engine, folder: RunFolder, printed: Path
) -> Forked | None:
    with printed.open("ab") as output:
        return forked(engine, argv, env, folder, (output.fileno(), output.fileno()))


async def _execute(
    notebook: NotebookNode,
    manager: AsyncKernelManager,
    start: Mapping[str, Any],
    *,
    folder: RunFolder,
    watch: Watch,
    processes: Processes,
) -> _Execution:
    begun = [-1]
    settled: dict[int, _Extent] = {}
    total = len(executed_cells(notebook))

    def begin(cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG001 - nbclient passes both by name
        if begun[-1] >= 0:
            settled[begun[-1]] = _extent(notebook, client.streams, begun[-1])
        begun.append(cell_index)
        watch.cell_started = time.monotonic()
        watch.under_way.begin_cell(len(begun) - 1, total)

    client = BoundedClient(notebook, manager, watch, on_cell_start=begin)
    watch.under_way.outputs = functools.partial(_outputs_so_far, notebook, folder, client, settled)
    with watch.files[0].open("wb") as printed:
        work = asyncio.create_task(_work(client, manager, watch, {**start, "stdout": printed, "stderr": printed}))
        try:
            excess = await _watched(work, manager, watch, processes)
        finally:
            await _stop(client, manager, processes)
    supervisor = getattr(manager.provisioner, "supervisor", None)
    return _Execution(
        excess=excess,
        error=DeadKernelError() if work.cancelled() else work.exception(),
        ended=read_status(folder, (supervisor.returncode or 0) if supervisor is not None else 0),
        position=begun[-1],
        streams=client.streams,
        widgets=_widgets(client),
    )


async def _work(client: BoundedClient, manager: AsyncKernelManager, watch: Watch, start: Mapping[str, Any]) -> None:
    await manager.start_kernel(**start)
    client.kc = unbounded_client(manager)
    # The heart beats for kernels on other machines: here the process itself is looked at.
    client.kc.start_channels(hb=False)
    await wait_until_ready(client.kc)
    client.kc.allow_stdin = False
    watch.ready = True
    await client.async_execute(cleanup_kc=False)


async def _watched(
    work: asyncio.Task[None], manager: AsyncKernelManager, watch: Watch, processes: Processes
) -> Excess | None:
    """Wait for the end of the work; gives the limit that is passed before, after which it is cancelled."""
    excess: Excess | None = None
    while excess is None:
        done, _ = await asyncio.wait({work}, timeout=_LOOK)
        if isinstance(manager.provisioner, SupervisedProvisioner) and manager.provisioner.supervisor is not None:
            watch.under_way.process = manager.provisioner.supervisor.pid
        if processes.ended:
            excess = "interrupted"
        elif done:
            return None
        elif (excess := watch.excess()) is None and manager.has_kernel and not await manager.is_alive():
            await asyncio.wait({work}, timeout=_LAST_WORDS)
            break
    work.cancel()
    await asyncio.wait({work})
    return excess


async def _stop(client: BoundedClient, manager: AsyncKernelManager, processes: Processes) -> None:
    if client.kc is not None:
        client.kc.stop_channels()
        client.kc = None
    if isinstance(manager.provisioner, SupervisedProvisioner) and manager.provisioner.process is not None:
        processes.end(manager.provisioner.process)
        await manager.provisioner.wait()
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()


def _extent(notebook: NotebookNode, streams: Mapping[int, Mapping[str, Kept]], position: int) -> _Extent:
    printed = streams.get(position, {})
    return (
        len(notebook.cells[position].get("outputs", [])),
        *sorted((name, len(kept.pieces), kept.rest_size) for name, kept in printed.items()),
    )


def _outputs_so_far(
    notebook: NotebookNode,
    folder: RunFolder,
    client: BoundedClient,
    settled: Mapping[int, _Extent],
    log: Log,
) -> list[Observation] | None:
    """The outputs of all cells but the running one; None where a cell has put something out after its end.

    Who does that, as a thread does, may do so again, and earlier in one run than in the other.
    """
    if any(_extent(notebook, client.streams, position) != extent for position, extent in [*settled.items()]):
        return None
    return _outputs(replace(log, marks=log.marks[:-1]), notebook, folder, client.streams, _widgets(client))[0]


def _widgets(client: BoundedClient) -> Mapping[str, Mapping[str, Any]]:
    return states_of(getattr(client, "widget_state", {}), getattr(client, "widget_buffers", {}))


def _users_cell(notebook: NotebookNode, position: int) -> int | None:
    return users_index(notebook.cells[position], position) if position >= 0 else None


def _outcome(execution: _Execution, subject: Subject, notebook: NotebookNode, watch: Watch, printed: str) -> Outcome:
    """Raises BlockedError when the kernel's program is not there, and what is nobody's fault but ours."""
    limits, error, ended = watch.limits, execution.error, execution.ended
    cell = _users_cell(notebook, execution.position)
    place = Place(path=subject.path, cell=cell)
    if execution.excess is not None:
        return excess_outcome(execution.excess, limits, what="the kernel", place=place, detail=printed)
    if ended.missing:
        raise BlockedError(
            f"cannot start the kernel: {ended.missing} is missing", where=subject.path, hint="Install it"
        )
    if ended.problem:
        return Outcome(status="died", message=f"the kernel could not be started: {ended.problem}", place=place)
    if error is None:
        return Outcome(status="finished")
    if isinstance(error, CellExecutionError):
        return with_memory_advice(raised(subject, error.ename, error.evalue, error.traceback, cell), limits)
    if isinstance(error, CellTimeoutError):
        return Outcome(status="timeout", message="what this cell displayed did not arrive", place=place, detail=printed)
    if not isinstance(error, DeadKernelError) and (watch.ready or ended.stopped):
        raise error
    died = "the kernel died" if watch.ready else "the kernel died before it was ready"
    message = died if ended.stopped else f"{died}: {death(ended, limits)}"
    return Outcome(status="died", message=message, place=place, detail=printed)


def raised(subject: Subject, name: str, text: str, traceback: str, index: int | None) -> Outcome:
    """What a cell raised: the exception's name, its text, and the traceback as a kernel sends it.

    The failing line is the last one in the traceback that lies in this cell, the cell of its first frame.
    """
    detail = _ANSI.sub("", traceback)
    frames = [match for match in _FRAME.finditer(detail) if match.group(1)]
    line = None
    if frames:
        number = frames[0].group(1)
        line = int([frame for frame in frames if frame.group(1) == number][-1].group(2))
    return Outcome(
        status="raised",
        message=": ".join(filter(None, (name, *text.strip().splitlines()[:1]))),
        place=Place(path=subject.path, cell=index, line=line),
        detail=detail.strip(),
    )


def with_steps(log: Log, subject: Subject, cells: list[tuple[int, str]], reached: int | None) -> Log:
    """A kernel without probes (another language) marks no steps: the runner knows which cells it began."""
    if log.marks:
        return log
    begun = [index for index, _source in cells if reached is not None and index <= reached]
    marks = tuple(
        StepMark(
            step=Step(index=number, place=Place(path=subject.path, cell=cell)), seq=number, stdout=None, stderr=None
        )
        for number, cell in enumerate(begun)
    )
    return replace(log, marks=marks, end=len(marks))


def _outputs(
    log: Log,
    notebook: NotebookNode,
    folder: RunFolder,
    streams: Mapping[int, Mapping[str, Kept]],
    widgets: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Observation], list[NotCompared]]:
    observations: list[Observation] = []
    skipped: list[NotCompared] = []
    ignored = ignored_outputs(notebook)
    # Of the cell before injected parameters and these, which share an index, the later one counts.
    positions = {users_index(cell, position): position for position, cell in enumerate(notebook.cells)}
    marks = {mark.step.place.cell: mark for mark in log.marks}
    for cell, mark in marks.items():
        if cell is None:
            continue
        printed = streams.get(positions[cell], {})
        outputs: Sequence[Mapping[str, Any]] = notebook.cells[positions[cell]].get("outputs", [])
        if cell in ignored:
            if outputs or printed:
                skipped.append(NotCompared(what=f"outputs of {mark.step.place}", reason=ignored[cell]))
            continue
        outputs = with_states(outputs, widgets)
        found, shortened = cell_observations(outputs, printed, mark.step, log.step_end(mark.step.index), folder.blobs)
        observations += found
        skipped += shortened
    return observations, skipped
