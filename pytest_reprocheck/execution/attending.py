"""A run that is the user's own: somebody else makes it, in the user's tree, and the probes look on.

Nothing is pinned, moved or refused in it, and no supervisor stands above it: what must be known to compare it with
another run, the hash number and the seed of what nobody seeds, is all that the environment says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Observation, Outcome, Place, Trace
from pytest_reprocheck.execution.child import attended_environment, write_child_file
from pytest_reprocheck.execution.intake import Log, build_trace, read_log
from pytest_reprocheck.execution.notebook import raised, with_steps
from pytest_reprocheck.execution.outputs import stored_observations
from pytest_reprocheck.execution.reading import executed_cells, ignored_outputs, users_index
from pytest_reprocheck.execution.widgets import with_states
from pytest_reprocheck.execution.workspace import RunFolder

_WIDGETS = "application/vnd.jupyter.widget-state+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attended:
    """What came of the user's own run."""

    notebook: NotebookNode
    """As it was executed, its cells where they were."""
    position: int | None
    """The cell that raised; None if none did."""
    error: Exception | None = None
    """What the run itself ended with, as a dead kernel does."""


Execute = Callable[[Mapping[str, str]], Attended]
"""The kernel's environment -> what came of the run in it."""


def attend(
    subject: Subject, notebook: NotebookNode, conditions: Conditions, folder: RunFolder, execute: Execute
) -> Trace:
    """The trace of the run that ``execute`` makes of ``notebook``."""
    cells = executed_cells(notebook)
    write_child_file(subject, conditions, folder, cells=cells)
    started = time.monotonic()
    made = execute(attended_environment(conditions, folder))
    seconds = time.monotonic() - started
    reached = None if made.position is None else users_index(notebook.cells[made.position], made.position)
    log = with_steps(read_log(folder.log), subject, cells, cells[-1][0] if reached is None and cells else reached)
    outputs, skipped = _outputs(log, notebook, made.notebook, folder)
    return build_trace(
        log,
        conditions=conditions,
        outcome=_outcome(subject, made, log, reached),
        seconds=seconds,
        blobs=folder.blobs,
        record=folder.record,
        outputs=outputs,
        not_compared=skipped,
    )


def _outcome(subject: Subject, made: Attended, log: Log, cell: int | None) -> Outcome:
    place = log.marks[-1].step.place if log.marks else Place(path=subject.path)
    if isinstance(made.error, CellTimeoutError):
        return Outcome(status="timeout", message="this cell took longer than it may", place=place)
    if made.error is not None:
        died = isinstance(made.error, DeadKernelError)
        told = "the kernel died" if died else f"{type(made.error).__name__}: {made.error}".splitlines()[0]
        return Outcome(status="died", message=told, place=place)
    if made.position is None:
        return Outcome(status="finished")
    outputs = made.notebook.cells[made.position].get("outputs", [])
    error: Mapping[str, Any] = next((output for output in reversed(outputs) if output.output_type == "error"), {})
    traceback = "\n".join(error.get("traceback") or ())
    return raised(subject, str(error.get("ename", "error")), str(error.get("evalue", "")), traceback, cell)


def _outputs(
    log: Log, planned: NotebookNode, executed: NotebookNode, folder: RunFolder
) -> tuple[list[Observation], list[NotCompared]]:
    observations: list[Observation] = []
    skipped: list[NotCompared] = []
    ignored = ignored_outputs(planned)
    states: Mapping[str, Any] = executed.metadata.get("widgets", {}).get(_WIDGETS, {}).get("state", {})
    widgets = {name: model.get("state", {}) for name, model in states.items()}
    # Of the cell before injected parameters and these, which share an index, the later one counts.
    positions = {users_index(cell, position): position for position, cell in enumerate(planned.cells)}
    marks = {mark.step.place.cell: mark for mark in log.marks}
    for cell, mark in marks.items():
        if cell is None:
            continue
        outputs = executed.cells[positions[cell]].get("outputs", [])
        if cell in ignored:
            if outputs:
                skipped.append(NotCompared(what=f"outputs of {mark.step.place}", reason=ignored[cell]))
            continue
        end = log.step_end(mark.step.index)
        found, shortened = stored_observations(with_states(outputs, widgets), mark.step, end, folder.blobs)
        observations += found
        skipped += shortened
    return observations, skipped
