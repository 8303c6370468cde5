"""Running a script or module as ``python file.py`` would, with the probes in it."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Outcome, Place, Trace
from pytest_reprocheck.execution.child import (
    PROBES,
    Processes,
    environment,
    has_ended,
    working_directory,
    write_child_file,
)
from pytest_reprocheck.execution.ending import script_outcome
from pytest_reprocheck.execution.engine import FRESH, Engine, Process
from pytest_reprocheck.execution.intake import MAIN_LOG, build_trace, read_log
from pytest_reprocheck.execution.launching import Ended, command, forked, read_status
from pytest_reprocheck.execution.limits import Excess, Limits, Watch, excess_outcome
from pytest_reprocheck.execution.outputs import stream_observations, tail
from pytest_reprocheck.execution.under_way import UnderWay
from pytest_reprocheck.execution.workspace import RunFolder

_LOOK = 0.1
"""Seconds between two looks at a run under way."""


def run_script(
    subject: Subject,
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
    """One execution in ``folder``, ended at ``deadline``; ``under_way`` tells others of it.

    Raises BlockedError when the subject's interpreter does not exist.
    """
    write_child_file(
        subject, conditions, folder, recording=recording, allow_writes=limits.writes, tells_rows=limits.tells_rows
    )
    streams = {"stdout": folder.scratch.parent / "stdout", "stderr": folder.scratch.parent / "stderr"}
    under_way = under_way or UnderWay()
    watch = Watch(limits=limits, under_way=under_way, deadline=deadline, files=tuple(streams.values()))
    ended, excess = _execute(
        subject, conditions, folder, streams=streams, watch=watch, processes=processes, engine=engine
    )
    if ended.missing:
        raise BlockedError(
            f"cannot start {ended.missing}", where=subject.path, hint="Check `python` and `cwd` of this subject"
        )
    log = read_log(folder.log)
    place = log.marks[-1].step.place if log.marks else Place(path=subject.path)
    detail = tail(streams["stderr"])
    if excess is not None:
        outcome = excess_outcome(excess, limits, what="the interpreter", place=place, detail=detail, over=log.is_over)
    elif ended.problem:
        outcome = Outcome(status="died", message=f"could not be started: {ended.problem}", place=place)
    else:
        outcome = script_outcome(log.outcome, ended, limits, place=place, detail=detail)
    observations, shortened = stream_observations(log, streams)
    return build_trace(
        log,
        conditions=conditions,
        outcome=outcome,
        seconds=time.monotonic() - watch.started,
        blobs=folder.blobs,
        record=folder.record,
        moved=(folder.tree, subject.root),
        outputs=observations,
        not_compared=[*shortened, *_outlived(ended)],
    )


def _execute(
    subject: Subject,
    conditions: Conditions,
    folder: RunFolder,
    *,
    streams: Mapping[str, Path],
    watch: Watch,
    processes: Processes,
    engine: Engine,
) -> tuple[Ended, Excess | None]:
    variables = environment(subject, conditions, folder, allow_writes=watch.limits.writes)
    # Figures are observed, not shown: a backend that needs a display would fail on a server.
    variables.setdefault("MPLBACKEND", "agg")
    argv = [subject.python or sys.executable, str(PROBES / "run_script.py")]
    line = command(
        argv,
        cwd=working_directory(subject, folder),
        env=variables,
        folder=folder,
        memory=watch.limits.memory,
        same_addresses=conditions.pinned,
    )
    with streams["stdout"].open("wb") as stdout, streams["stderr"].open("wb") as stderr:
        process: Process | None = forked(engine, argv, variables, folder, (stdout.fileno(), stderr.fileno()))
        if process is None:
            process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
            )
        processes.add(process)
        watch.under_way.process = process.pid
        watch.under_way.outputs = lambda log: stream_observations(log, streams)[0]
        try:
            excess = _watched(process, watch, folder.log / MAIN_LOG, processes)
        finally:
            processes.end(process)
    return read_status(folder, process.returncode or 0), excess


def _watched(process: Process, watch: Watch, sign: Path, processes: Processes) -> Excess | None:
    """Wait for the end; gives the limit that is passed before. ``sign`` is there when the interpreter has started."""
    while not has_ended(process, within=_LOOK):
        watch.ready = watch.ready or sign.exists()
        if (excess := watch.excess()) is not None:
            return excess
    return "interrupted" if processes.ended else None


def _outlived(ended: Ended) -> list[NotCompared]:
    """Processes that went on when the script had ended; what they would have done is not known."""
    reason = "was still running when the script had ended, and was ended"
    return [NotCompared(what=f"process {name[:80]}", reason=reason) for name in dict.fromkeys(ended.left) if name]


def read_script(path: Path) -> str:
    """A script's text, by its encoding cookie; undecodable bytes are kept out of the way rather than fatal."""
    import tokenize

    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        return path.read_text("utf-8", "replace")
