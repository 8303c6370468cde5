"""The circumstances a child starts in: its environment, and the file that tells the probes what to do."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.subjects import Json, Subject
from pytest_reprocheck.execution.devices import devices
from pytest_reprocheck.execution.engine import Forked, Process
from pytest_reprocheck.execution.trackers import offline
from pytest_reprocheck.execution.workspace import RunFolder

PROBES = Path(__file__).resolve().parent.parent / "probes"
"""The probes are found by path: the child's interpreter need not have this package."""

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_PROBES_NAME = "_reprocheck_probes"
CHILD_FILE = "child.json"
CHILD_VARIABLE = "REPROCHECK_CHILD"
"""Environment variable that names the file, in every process of a run."""


def has_ended(process: Process, *, within: float) -> bool:
    """Wait for a process's end for some seconds, and be told at once where the system can tell."""
    if process.poll() is not None:
        return True
    try:
        descriptor = os.dup(process.fileno()) if isinstance(process, Forked) else os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):
        with suppress(subprocess.TimeoutExpired):
            process.wait(within)
        return process.poll() is not None
    try:
        ends = select.poll()
        ends.register(descriptor, select.POLLIN)
        ends.poll(within * 1000)
    finally:
        os.close(descriptor)
    return process.poll() is not None


_STOP_SECONDS = 10.0
"""A supervisor needs milliseconds to end its run, and two seconds where semaphores have to be removed."""


class Processes:
    """The supervisors that are running, so that all runs can be ended at once when the audit is interrupted."""

    def __init__(self) -> None:
        self._running: set[Process] = set()
        self._told: set[Process] = set()
        self._lock = threading.Lock()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the audit was interrupted."""
        return self._ended

    def add(self, process: Process) -> None:
        """Note a started supervisor; it is told to end at once if the audit was interrupted meanwhile."""
        with self._lock:
            self._running.add(process)
            if self._ended:
                self._tell(process)

    def end(self, process: Process) -> None:
        """End a supervisor with everything of its run, if it has not ended itself, and forget it."""
        with self._lock:
            if process not in self._told:
                self._tell(process)
        if not has_ended(process, within=_STOP_SECONDS):
            process.kill()
            process.wait()
        with self._lock:
            self._running.discard(process)
            self._told.discard(process)

    def end_all(self) -> None:
        """Tell every run to end, and every one that still starts; a second time, without letting any tidy up."""
        with self._lock:
            again, self._ended = self._ended, True
            for process in self._running:
                if again or process not in self._told:
                    self._tell(process)

    def _tell(self, process: Process) -> None:
        self._told.add(process)
        process.terminate()


def environment(
    subject: Subject, conditions: Conditions, folder: RunFolder, *, allow_writes: Sequence[str] = ()
) -> dict[str, str]:
    """The child's environment variables: the caller's, what the subject adds, and the conditions.

    Trackers are kept from every server but those in ``allow_writes``.
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    variables.update(subject.env)
    variables.update(offline(variables, folder.scratch, allow_writes))
    if conditions.threads:
        variables.update({name: str(conditions.threads) for name in _THREAD_VARIABLES})
    variables.update(conditions.simd)
    if conditions.deterministic:
        variables.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        variables["TF_DETERMINISTIC_OPS"] = "1"
        variables["XLA_FLAGS"] = f"{variables.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true".strip()
    if conditions.timezone:
        variables["TZ"] = conditions.timezone
    if conditions.locale:
        # LC_ALL overrides LANG and every other LC_ variable, but not the languages of messages.
        variables["LC_ALL"] = conditions.locale
        variables.pop("LANGUAGE", None)
    variables["PYTHONHASHSEED"] = str(conditions.hash)
    variables["PYTHONPATH"] = os.pathsep.join([str(PROBES / "startup"), *_python_path(subject, variables, folder)])
    variables["TMPDIR"] = str(folder.scratch)
    variables["REPROCHECK"] = "1"
    variables[CHILD_VARIABLE] = str(folder.log / CHILD_FILE)
    return variables


def attended_environment(conditions: Conditions, folder: RunFolder) -> dict[str, str]:
    """The environment of a run that is the user's own: the caller's, the hash number, and the probes."""
    path = [str(PROBES / "startup"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONHASHSEED": str(conditions.hash),
        "PYTHONPATH": os.pathsep.join(path),
        CHILD_VARIABLE: str(folder.log / CHILD_FILE),
    }


def _python_path(subject: Subject, variables: Mapping[str, str], folder: RunFolder) -> list[str]:
    """The caller's PYTHONPATH, with entries inside the project pointing into the run's copy."""
    entries = []
    for entry in variables.get("PYTHONPATH", "").split(os.pathsep):
        if not entry:
            continue
        path = Path(entry).resolve()
        entries.append(
            str(folder.tree / path.relative_to(subject.root)) if path.is_relative_to(subject.root) else entry
        )
    return entries


def write_child_file(
    subject: Subject,
    conditions: Conditions,
    folder: RunFolder,
    *,
    cells: Sequence[tuple[int, str]] = (),
    recording: str = "",
    allow_writes: Sequence[str] = (),
    seeded: Sequence[str] = (),
    tells_rows: bool = False,
) -> None:
    """Tell the probes what they need.

    ``cells`` are a notebook's (index, source) pairs, in order of execution; ``recording`` is the folder that the
    conditions' replays are read from, ``allow_writes`` the other machines that the run may change something on, and
    ``seeded`` the global states that the user had seeded before the run began: ``random``, ``numpy``, ``torch``;
    ``tells_rows`` asks for the rows that queries give.
    """
    data: dict[str, Json] = {
        "version": 1,
        "kind": subject.kind,
        "root": str(folder.tree),
        "path": subject.path,
        "log": str(folder.log),
        "blobs": str(folder.blobs),
        "seed": conditions.seed,
        "streams": dict(conditions.streams),
        "project": str(subject.root),
        "copies_renamed": folder.copies_renamed,
        "kept": [str(path) for path in folder.kept],
        "conditions": _told(conditions),
        "queries": str(folder.queries) if folder.queries.exists() else "",
        "record": str(folder.record),
        "recording": recording,
        "scratch": str(folder.scratch),
        "env": [*sorted(subject.env)],
        "allow_writes": list(allow_writes),
        "seeded": list(seeded),
        "devices": list(devices()),
        "writable": None if folder.writable is None else [str(path) for path in folder.writable],
        "attended": folder.attended,
        "tells_rows": tells_rows,
        "cells": [{"index": index, "source": source} for index, source in cells],
        "args": list(subject.args),
        "module": subject.module,
    }
    (folder.log / CHILD_FILE).write_text(json.dumps(data), encoding="utf-8")


def _told(conditions: Conditions) -> dict[str, Json]:
    """What the probes have to do for the conditions; the rest of them is the environment's."""
    return {
        "listing": conditions.listing,
        "rows": conditions.rows,
        "clock_offset": conditions.clock_offset,
        "clock_rate": conditions.clock_rate,
        "timezone": conditions.timezone,
        "locale": conditions.locale,
        "cpus": conditions.cpus,
        "variables": conditions.variables,
        "completion": conditions.completion,
        "network": conditions.network,
        "replays": list(conditions.replays),
        "sites": list(conditions.sites),
        "pinned": conditions.pinned,
        "deterministic": conditions.deterministic,
    }


def working_directory(subject: Subject, folder: RunFolder) -> Path:
    """The folder a run starts in: the notebook's own, the root for scripts, unless the subject says otherwise."""
    if subject.cwd is not None:
        return folder.tree / subject.cwd
    return (folder.tree / subject.path).parent if subject.kind == "notebook" else folder.tree


def load_probes() -> ModuleType:
    """The probes, loaded by path under the name they have in children."""
    if _PROBES_NAME in sys.modules:
        return sys.modules[_PROBES_NAME]
    spec = importlib.util.spec_from_file_location(
        _PROBES_NAME, PROBES / "__init__.py", submodule_search_locations=[str(PROBES)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PROBES_NAME] = module
    spec.loader.exec_module(module)
    return module
