"""Running a notebook in its real kernel, with the probes in it."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Observation, Outcome, Place, Step, Trace
from pytest_reprocheck.execution.child import Processes, environment, working_directory, write_child_file
from pytest_reprocheck.execution.intake import Log, StepMark, build_trace, read_log
from pytest_reprocheck.execution.outputs import cell_observations
from pytest_reprocheck.execution.reading import executed_cells, ignored_outputs, users_index
from pytest_reprocheck.execution.workspace import RunFolder

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^(?:Cell In\[(\d+)\], line (\d+)|File .*?:(\d+))", re.MULTILINE)
_SOCKET_PATH_LIMIT = 90
"""A Unix socket's path may have 107 bytes; jupyter_client appends ``-ipc-N``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Execution:
    outcome: Outcome
    reached: int | None
    """The last cell that was begun, as the user counts; None if the kernel did not start."""


def run_notebook(
    subject: Subject,
    notebook: NotebookNode,
    conditions: Conditions,
    folder: RunFolder,
    *,
    timeout: float | None,
    processes: Processes,
    recording: str,
    allow_writes: Sequence[str],
) -> Trace:
    """One execution of ``notebook``, which is changed: its outputs are filled in.

    Raises BlockedError when its kernel is not installed.
    """
    kernel = _kernel_name(subject, notebook)
    cells = executed_cells(notebook)
    write_child_file(subject, conditions, folder, cells=cells, recording=recording, allow_writes=allow_writes)
    started = time.monotonic()
    execution = asyncio.run(
        _execute(
            subject,
            notebook,
            kernel,
            environment(subject, conditions, folder, allow_writes=allow_writes),
            folder,
            timeout=timeout,
            processes=processes,
        )
    )
    seconds = time.monotonic() - started
    log = _with_steps(read_log(folder.log), subject, cells, execution.reached)
    outputs, skipped = _outputs(log, notebook, folder)
    return build_trace(
        log,
        conditions=conditions,
        outcome=execution.outcome,
        seconds=seconds,
        blobs=folder.blobs,
        record=folder.record,
        moved=(folder.tree, subject.root),
        outputs=outputs,
        not_compared=skipped,
    )


def _kernel_name(subject: Subject, notebook: NotebookNode) -> str:
    name = str(notebook.metadata.get("kernelspec", {}).get("name") or "python3")
    manager = KernelSpecManager()
    try:
        manager.get_kernel_spec(name)
    except NoSuchKernel:
        installed = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise BlockedError(
            f"the notebook asks for the kernel {name!r}, which is not installed (installed: {installed})",
            where=subject.path,
            hint=f"Install it with `python -m ipykernel install --user --name {name}`, or change the notebook's kernel",
        ) from None
    return name


async def _execute(
    subject: Subject,
    notebook: NotebookNode,
    kernel: str,
    variables: Mapping[str, str],
    folder: RunFolder,
    *,
    timeout: float | None,
    processes: Processes,
) -> _Execution:
    manager = _manager(kernel, folder)
    begun = [-1]
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=None,
        shutdown_kernel="immediate",
        store_widget_state=False,
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: begun.append(cell_index),  # noqa: ARG005 - nbclient passes both by name
    )
    group: int | None = None
    try:
        async with asyncio.timeout(timeout) as limit:
            await manager.start_kernel(
                env=dict(variables),
                cwd=str(working_directory(subject, folder)),
                extra_arguments=["--HistoryManager.hist_file=:memory:"],
            )
            group = getattr(manager.provisioner, "pid", None)
            if group is not None:
                processes.add(group)
            client.kc = await client.async_start_new_kernel_client()
            await client.async_execute(cleanup_kc=False)
        outcome = Outcome(status="finished")
    except (TimeoutError, DeadKernelError):
        # nbclient takes the cancellation at the time limit for a dead kernel.
        place = Place(path=subject.path, cell=_users_cell(notebook, begun[-1]))
        if limit.expired():
            outcome = Outcome(status="timeout", message=f"no end after {timeout:g} s", place=place)
        else:
            outcome = Outcome(status="died", message="the kernel died", place=place)
    except CellExecutionError as error:
        outcome = _raised(subject, error, _users_cell(notebook, begun[-1]))
    finally:
        await _stop(client, manager)
        if group is not None:
            processes.remove(group)
    return _Execution(outcome=outcome, reached=_users_cell(notebook, begun[-1]))


def _manager(kernel: str, folder: RunFolder) -> AsyncKernelManager:
    """A manager whose sockets lie in the run's own folder, so that runs side by side cannot take each other's ports."""
    manager = AsyncKernelManager(kernel_name=kernel)
    connection = folder.scratch / "kernel.json"
    if os.name == "posix" and len(str(connection)) < _SOCKET_PATH_LIMIT:
        manager.transport = "ipc"
        manager.connection_file = str(connection)
    return manager


async def _stop(client: NotebookClient, manager: AsyncKernelManager) -> None:
    if client.kc is not None:
        client.kc.stop_channels()
        client.kc = None
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()


def _users_cell(notebook: NotebookNode, position: int) -> int | None:
    return users_index(notebook.cells[position], position) if position >= 0 else None


def _raised(subject: Subject, error: CellExecutionError, index: int | None) -> Outcome:
    """The failing line is the last one in the traceback that lies in this cell, the cell of its first frame."""
    detail = _ANSI.sub("", error.traceback)
    frames = [match for match in _FRAME.finditer(detail) if match.group(1)]
    line = None
    if frames:
        number = frames[0].group(1)
        line = int([frame for frame in frames if frame.group(1) == number][-1].group(2))
    return Outcome(
        status="raised",
        message=f"{error.ename}: {error.evalue}".splitlines()[0],
        place=Place(path=subject.path, cell=index, line=line),
        detail=detail.strip(),
    )


def _with_steps(log: Log, subject: Subject, cells: list[tuple[int, str]], reached: int | None) -> Log:
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


def _outputs(log: Log, notebook: NotebookNode, folder: RunFolder) -> tuple[list[Observation], list[NotCompared]]:
    observations: list[Observation] = []
    skipped: list[NotCompared] = []
    ignored = ignored_outputs(notebook)
    cells = {users_index(cell, position): cell for position, cell in enumerate(notebook.cells)}
    marks = {mark.step.place.cell: mark for mark in log.marks}
    for cell, mark in marks.items():
        outputs: list[dict[str, Any]] = cells[cell].get("outputs", []) if cell is not None else []
        if cell is None or not outputs:
            continue
        if cell in ignored:
            skipped.append(NotCompared(what=f"outputs of {mark.step.place}", reason=ignored[cell]))
            continue
        observations += cell_observations(outputs, mark.step, log.step_end(mark.step.index), folder.blobs)
    return observations, skipped
