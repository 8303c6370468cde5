"""Running a script or module as ``python file.py`` would, with the probes in it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Outcome, Trace
from pytest_reprocheck.execution.child import (
    PROBES,
    Processes,
    environment,
    kill_group,
    working_directory,
    write_child_file,
)
from pytest_reprocheck.execution.intake import Log, build_trace, read_log
from pytest_reprocheck.execution.outputs import stream_observations
from pytest_reprocheck.execution.workspace import RunFolder

_TAIL = 4000
"""Characters of standard error kept as an outcome's detail."""


def run_script(
    subject: Subject,
    conditions: Conditions,
    folder: RunFolder,
    *,
    timeout: float | None,
    processes: Processes,
    recording: str,
    allow_writes: Sequence[str],
) -> Trace:
    """One execution in ``folder``; raises BlockedError when the subject's interpreter does not exist."""
    variables = environment(subject, conditions, folder, allow_writes=allow_writes)
    # Figures are observed, not shown: a backend that needs a display would fail on a server.
    variables.setdefault("MPLBACKEND", "agg")
    write_child_file(subject, conditions, folder, recording=recording, allow_writes=allow_writes)
    streams = {"stdout": folder.scratch.parent / "stdout", "stderr": folder.scratch.parent / "stderr"}
    started = time.monotonic()
    with streams["stdout"].open("wb") as stdout, streams["stderr"].open("wb") as stderr:
        process = _start(subject, variables, folder, stdout, stderr)
        processes.add(process.pid)
        timed_out = False
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            kill_group(process.pid)
            process.wait()
        finally:
            processes.remove(process.pid)
    log = read_log(folder.log)
    detail = streams["stderr"].read_text("utf-8", "replace")[-_TAIL:]
    return build_trace(
        log,
        conditions=conditions,
        outcome=_outcome(log, process.returncode, timeout if timed_out else None, detail),
        seconds=time.monotonic() - started,
        blobs=folder.blobs,
        record=folder.record,
        moved=(folder.tree, subject.root),
        outputs=stream_observations(log, streams),
    )


def _start(
    subject: Subject, variables: Mapping[str, str], folder: RunFolder, stdout: BinaryIO, stderr: BinaryIO
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [subject.python or sys.executable, str(PROBES / "run_script.py")],
            cwd=working_directory(subject, folder),
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise BlockedError(
            f"cannot start {error.filename}", where=subject.path, hint="Check `python` and `cwd` of this subject"
        ) from error


def _outcome(log: Log, code: int, timeout: float | None, detail: str) -> Outcome:
    place = log.marks[-1].step.place if log.marks else None
    if timeout is not None:
        return Outcome(status="timeout", message=f"no end after {timeout:g} s", place=place, detail=detail)
    if code < 0:
        return Outcome(
            status="died", message=f"killed by {signal.Signals(-code).name}", place=place, detail=detail, exit_code=code
        )
    if log.outcome is not None:
        return log.outcome
    if code != 0:
        return Outcome(status="exited", message=f"exit code {code}", place=place, detail=detail, exit_code=code)
    return Outcome(status="finished", exit_code=0)


def read_script(path: Path) -> str:
    """A script's text, by its encoding cookie; undecodable bytes are kept out of the way rather than fatal."""
    import tokenize

    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        return path.read_text("utf-8", "replace")
