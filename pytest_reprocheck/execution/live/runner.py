"""Runs of one cell in forked copies of the live session, observed by the same probes as notebooks and scripts."""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Json, Subject
from pytest_reprocheck.core.trace import NotCompared, Observation, Outcome, Place, Trace
from pytest_reprocheck.execution.answering import answering
from pytest_reprocheck.execution.artifacts.finding import find_files
from pytest_reprocheck.execution.artifacts.observing import with_artifacts
from pytest_reprocheck.execution.child import CHILD_FILE, CHILD_VARIABLE, PROBES, write_child_file
from pytest_reprocheck.execution.ending import death
from pytest_reprocheck.execution.intake import Log, build_trace, read_log
from pytest_reprocheck.execution.launching import STATUS, read_status, read_used
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.live.forking import (
    Copy,
    fork_copy,
    interrupts_noted,
    load_supervisor,
    seconds_of_processor,
    wait_for,
)
from pytest_reprocheck.execution.live.session import OUTPUTS, Given, LiveCell, probes_in_copies, run_in_copy, sever
from pytest_reprocheck.execution.live.severing import openmp_libraries
from pytest_reprocheck.execution.outputs import STEP_ROOM, Kept, cell_observations, tail
from pytest_reprocheck.execution.recorded import clocks_read
from pytest_reprocheck.execution.scheduling import Room, Used, free_memory, side_by_side
from pytest_reprocheck.execution.script import read_script
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

IDLE = 60.0
"""Seconds without processor time after which a copy counts as hanging, unless the user has set a limit."""
_VALUE = "variable "


@dataclass(kw_only=True, slots=True)
class CellRunner:
    """Runs one cell under given Conditions; open it with ``cell_runner()``."""

    cell: LiveCell
    ready: Prepared
    limits: Limits
    supervisor: ModuleType = field(default_factory=load_supervisor)
    room: Room = field(default_factory=Room)
    used: Used = field(default_factory=Used)
    started: int = 0
    again: dict[str, None] = field(default_factory=dict)
    """What the runs did outside of the session, in words, in the order in which it was seen."""
    left: dict[str, RunFolder] = field(default_factory=dict)
    """The folders of runs whose trees were kept, by their traces' blobs."""

    @property
    def side_by_side(self) -> int:
        """How many copies at a time: each may come to need as much memory as the session has."""
        free, own = free_memory(), _resident()
        fitting = side_by_side(self.room, self.used)
        return max(1, min(fitting, free // own)) if free is not None and own else fitting

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Mapping[tuple[str, int | None], str] | None = None,
        *,
        recordings: Sequence[str] = (),
        keep: bool = False,
        after: Trace | None = None,
        deadline: float = math.inf,
        fresh: bool = False,  # noqa: ARG002 - the live state cannot be started anew
    ) -> list[Trace]:
        """One trace for each of the conditions; ``Executor.run`` says what is asked for."""
        source = (replaced or {}).get((self.cell.prompt, None), self.cell.source)
        told = list(zip(conditions, recordings or [""] * len(conditions), strict=True))
        traces: list[Trace] = []
        while told:
            batch, told = told[: self.side_by_side], told[self.side_by_side :]
            folders = [self._open(each, after) for each, _recording in batch]
            try:
                with interrupts_noted() as interrupted:
                    copies = [
                        self._fork(folder, each, recording, source)
                        for folder, (each, recording) in zip(folders, batch, strict=True)
                    ]
                    watches = [_Watch(copy=copy, limits=self.limits, deadline=deadline) for copy in copies]
                    codes = wait_for(copies, _over(watches), interrupted)
                for folder, (each, _recording), watch, code in zip(folders, batch, watches, codes, strict=True):
                    traces.append(self._trace(folder, each, watch, code, keep=keep))
            finally:
                for folder in folders:
                    close_run(folder, keep=keep)
        return traces

    @staticmethod
    def clocks(trace: Trace) -> tuple[tuple[int, ...], ...]:
        """The nanoseconds that a run read from each clock."""
        return clocks_read(trace.recording)

    @property
    def notes(self) -> tuple[str, ...]:
        """In what copies are not like the session."""
        return ("OpenMP has one thread in the forked runs",) if openmp_libraries() else ()

    def units(self, reached: Sequence[str]) -> tuple[Unit, ...]:
        """The cell, earlier ones whose code it reached, and the user's files."""
        found = [Unit(path=self.cell.prompt, cell=None, text=self.cell.source)]
        found += [Unit(path=prompt, cell=None, text=text) for prompt, text in self.cell.earlier.items()]
        for path in sorted(set(reached)):
            file = self.ready.root / path
            if file.suffix == ".py" and file.is_file():
                found.append(Unit(path=path, cell=None, text=read_script(file)))
        return tuple(found)

    def _open(self, conditions: Conditions, after: Trace | None) -> RunFolder:
        number = self.started
        self.started += 1
        begun = self.left[after.blobs] if after is not None else None
        return open_run(self.ready, number, network=conditions.network, after=begun)

    def _fork(self, folder: RunFolder, conditions: Conditions, recording: str, source: str) -> Copy:
        subject = Subject(root=self.ready.root, path=self.cell.prompt, kind="function")
        write_child_file(
            subject,
            conditions,
            folder,
            recording=recording,
            allow_writes=self.limits.writes,
            seeded=self.cell.seeded,
        )
        config: Mapping[str, Json] = json.loads((folder.log / CHILD_FILE).read_text(encoding="utf-8"))
        given = Given(folder=folder.log, random=random.getstate(), variables=_variables(folder, conditions))
        spec = {
            "enter": dict(folder.enter),
            "status": str(folder.log / STATUS),
            "cwd": _working_directory(self.ready, folder),
            "memory": 0,  # the copy has at once what the session has
            "same_addresses": False,
            "env": {},
            "parent_variables": [],
            "patience": 2.0,
        }
        work = partial(run_in_copy, self.cell, source, given, config)
        return fork_copy(self.supervisor, spec, partial(sever, self.cell, folder.scratch), work)

    def _trace(
        self, folder: RunFolder, conditions: Conditions, watch: _Watch, code: int | None, *, keep: bool
    ) -> Trace:
        seconds = time.monotonic() - watch.copy.started
        log = _with_values(read_log(folder.log))
        outputs, skipped = _outputs(log, folder)
        trace = build_trace(
            log,
            conditions=conditions,
            outcome=self._outcome(folder, log, watch, code),
            seconds=seconds,
            blobs=folder.blobs,
            record=folder.record,
            moved=(folder.tree, self.ready.root),
            outputs=outputs,
            not_compared=skipped,
        )
        self.used |= Used(cores=read_used(folder, seconds).cores)
        written = written_files(self.ready, folder)
        if keep:
            self.left[trace.blobs] = folder
        if trace.outcome.status != "stopped":
            search = find_files(self.ready, folder, trace, ())
            trace = with_artifacts(trace, search.files, blobs=folder.blobs, scratch=folder.log.parent, python=None)
            trace = replace(trace, not_compared=(*trace.not_compared, *search.not_compared))
        self.again |= dict.fromkeys(f"writes {path}" for path in sorted(written.changed))
        self.again |= dict.fromkeys(f"removes {path}" for path in sorted(written.removed))
        self.again |= dict.fromkeys(f"connects to {host}" for host in trace.hosts)
        return replace(trace, written=tuple(sorted((*written.changed, *written.removed))))

    def _outcome(self, folder: RunFolder, log: Log, watch: _Watch, code: int | None) -> Outcome:
        place = Place(path=self.cell.prompt)
        if code is None:
            return watch.outcome(place)
        ended = read_status(folder, code)
        printed = tail(folder.scratch / "stderr") if (folder.scratch / "stderr").exists() else ""
        if ended.problem:
            return Outcome(status="died", message=f"the copy could not be made: {ended.problem}", place=place)
        if ended.code:
            message = f"the forked copy died: {death(ended, self.limits)}"
            return Outcome(status="died", message=message, place=place, detail=printed, exit_code=ended.code)
        return log.outcome or Outcome(status="finished")


@dataclass(kw_only=True, slots=True)
class _Watch:
    """Looks at a copy under way."""

    copy: Copy
    limits: Limits
    deadline: float
    why: str = ""
    """Why it was ended; empty for the audit's own reasons."""
    worked: float = 0.0
    """Processor time at the last look."""
    at_work: float = field(default_factory=time.monotonic)
    """``time.monotonic()`` when it was last seen to have taken some."""

    def is_over(self) -> bool:
        """Whether it has to end."""
        now = time.monotonic()
        limit = self.limits.run
        if limit is not None and now - self.copy.started >= limit:
            self.why = f"no end after {limit:g} s; if it needs longer, raise `--timeout`"
        elif limit is None and (worked := seconds_of_processor(self.copy)) - self.worked > IDLE / 1000:
            self.worked, self.at_work = worked, now
        elif limit is None and now - self.at_work >= IDLE:
            self.why = (
                f"it hung: no processor time for {IDLE:g} s. It may wait for a thread that forked copies lack; "
                "`%reproaudit` starts anew. If it has to wait so long, set `--timeout`"
            )
        return bool(self.why) or now >= self.deadline

    def outcome(self, place: Place) -> Outcome:
        """What is said of its end."""
        if not self.why:
            return Outcome(status="stopped", message="ended because the budget was up", place=place)
        return Outcome(status="timeout", message=self.why, place=place)


@contextmanager
def cell_runner(cell: LiveCell, *, limits: Limits, workspace: Workspace, room: Room) -> Iterator[CellRunner]:
    """A runner whose folders are gone afterwards; raises WorkspaceError where the project cannot be kept safe."""
    probes_in_copies()  # loaded once, for all of them
    with prepared(cell.root, workspace) as ready, answering(queries_socket(ready.base)):
        yield CellRunner(cell=cell, ready=ready, limits=limits, room=room)


def _over(watches: Sequence[_Watch]) -> Callable[[int], bool]:
    return lambda position: watches[position].is_over()


def _variables(folder: RunFolder, conditions: Conditions) -> dict[str, str]:
    """What makes Python children of the copy observed runs, too."""
    path = [str(PROBES / "startup"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    variables = {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": str(conditions.hash),
        "TMPDIR": str(folder.scratch),
        "REPROCHECK": "1",
        CHILD_VARIABLE: str(folder.log / CHILD_FILE),
    }
    return {**variables, **({"TZ": conditions.timezone} if conditions.timezone else {})}


def _working_directory(ready: Prepared, folder: RunFolder) -> str:
    here, root = Path.cwd(), ready.root
    return str(folder.tree / here.relative_to(root)) if here.is_relative_to(root) else str(here)


def _with_values(log: Log) -> Log:
    """What a cell leaves in variables is its result: cells below go on with it."""
    return replace(
        log,
        observations=tuple(
            replace(item, aspect="outputs", what=f"value of {item.what.removeprefix(_VALUE)}")
            if item.aspect == "state" and item.what.startswith(_VALUE)
            else item
            for item in log.observations
        ),
    )


def _outputs(log: Log, folder: RunFolder) -> tuple[list[Observation], list[NotCompared]]:
    if not log.marks:
        return [], []
    file = folder.log / OUTPUTS
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    streams: dict[str, Kept] = {}
    for name in ("stdout", "stderr"):
        captured = folder.scratch / name
        if captured.exists() and captured.stat().st_size:
            streams[name] = Kept(room=STEP_ROOM)
            streams[name].add(captured.read_bytes()[: told.get(name)].decode("utf-8", "replace"))
    step = log.marks[0].step
    return cell_observations(told.get("outputs", []), streams, step, log.step_end(step.index), folder.blobs)


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
