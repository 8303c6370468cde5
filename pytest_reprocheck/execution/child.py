"""The circumstances a child starts in: its environment, and the file that tells the probes what to do."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.subjects import Json, Subject
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
_CHILD_FILE = "child.json"


class Processes:
    """The process groups that are running, so that all can be ended at once when the audit is interrupted."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._ended = False

    def add(self, group: int) -> None:
        """Note a started group; it is ended at once if the audit was interrupted meanwhile."""
        with self._lock:
            self._groups.add(group)
            if self._ended:
                kill_group(group)

    def remove(self, group: int) -> None:
        """End what is left of a group whose leader is gone, and forget it."""
        kill_group(group)
        with self._lock:
            self._groups.discard(group)

    def end_all(self) -> None:
        """End every group, and every one that still starts."""
        with self._lock:
            self._ended = True
            for group in self._groups:
                kill_group(group)


def kill_group(group: int) -> None:
    """SIGKILL for all processes of a group; nothing if there are none left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def environment(subject: Subject, conditions: Conditions, folder: RunFolder) -> dict[str, str]:
    """The child's environment variables: the caller's, what the subject adds, and the conditions."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    variables.update(subject.env)
    variables.update({name: str(conditions.threads) for name in _THREAD_VARIABLES})
    variables["PYTHONHASHSEED"] = str(conditions.hash)
    variables["PYTHONPATH"] = os.pathsep.join([str(PROBES / "startup"), *_python_path(subject, variables, folder)])
    variables["TMPDIR"] = str(folder.scratch)
    variables["REPROCHECK"] = "1"
    variables["REPROCHECK_CHILD"] = str(folder.log / _CHILD_FILE)
    return variables


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
) -> None:
    """Tell the probes what they need.

    ``cells`` are a notebook's (index, source) pairs, in order of execution; ``recording`` is the folder that the
    conditions' replays are read from.
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
        "conditions": {
            "listing": conditions.listing,
            "rows": conditions.rows,
            "clock_offset": conditions.clock_offset,
            "clock_rate": conditions.clock_rate,
            "timezone": conditions.timezone,
            "locale": conditions.locale,
            "cpus": conditions.cpus,
            "completion": conditions.completion,
            "network": conditions.network,
            "replays": list(conditions.replays),
            "pinned": conditions.pinned,
        },
        "record": str(folder.record),
        "recording": recording,
        "cells": [{"index": index, "source": source} for index, source in cells],
        "args": list(subject.args),
        "module": subject.module,
    }
    (folder.log / _CHILD_FILE).write_text(json.dumps(data), encoding="utf-8")


def working_directory(subject: Subject, folder: RunFolder) -> Path:
    """The folder a run starts in: the notebook's own, the root for scripts, unless the subject says otherwise."""
    if subject.cwd is not None:
        return folder.tree / subject.cwd
    return (folder.tree / subject.path).parent if subject.kind == "notebook" else folder.tree
