"""Starts real processes with the probes, as the execution layer does, and reads back what they logged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
from nbclient import NotebookClient

import pytest_reprocheck
from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.trace import Event, NotCompared, Observation, Outcome, Step

BASELINE: Mapping[str, Any] = {
    "listing": "sorted", "rows": 0, "clock_offset": 0, "clock_rate": 1.0, "timezone": "", "locale": "", "cpus": 0,
    "variables": "own", "completion": "as-it-comes", "network": "on", "replays": [], "sites": [], "pinned": False,
}  # fmt: skip
"""What child.json says of run A's conditions; tests say what is otherwise."""
PROBES = Path(pytest_reprocheck.__file__).parent / "probes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A finished process and its log."""

    code: int
    stdout: str
    stderr: str
    logs: Mapping[str, Sequence[Mapping[str, Any]]]
    """File name -> lines."""
    blobs: Path

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """The main process's lines."""
        return self.logs["main.jsonl"]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The main log's lines of one type, without the type."""
        return [
            {key: item for key, item in line.items() if key != "type"} for line in self.lines if line["type"] == kind
        ]

    @property
    def observations(self) -> list[Observation]:
        """Decoded, so that every line is of the shape that the parent expects."""
        return [from_json(Observation, line) for line in self.of_type("observation")]

    @property
    def events(self) -> list[Event]:
        """Decoded events of the main process."""
        return [from_json(Event, line) for line in self.of_type("event")]

    @property
    def sites(self) -> list[tuple[str, str]]:
        """Each event as its stream and the user's line, ``?`` without one."""
        return [(event.stream, str(event.stack[0].place) if event.stack else "?") for event in self.events]

    @property
    def steps(self) -> list[Step]:
        """Decoded steps."""
        lines = self.of_type("step")
        return [from_json(Step, {"index": line["index"], "place": line["place"]}) for line in lines]

    @property
    def outcome(self) -> Outcome | None:
        """The outcome, where one was written."""
        found = self.of_type("outcome")
        return from_json(Outcome, found[-1]) if found else None

    @property
    def not_compared(self) -> list[NotCompared]:
        """What the probes say they left out; in tests usually nothing."""
        return [from_json(NotCompared, line) for line in self.of_type("not_compared")]


def environment(child_json: Path, *, hash_seed: int = 0) -> dict[str, str]:
    """The environment of a child."""
    return {
        **os.environ,
        "REPROCHECK": "1",
        "REPROCHECK_CHILD": str(child_json),
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPATH": str(PROBES / "startup"),
        "MPLBACKEND": "agg",
    }


def run_script(
    folder: Path,
    source: str | bytes | None = None,
    *,
    name: str = "train.py",
    hash_seed: int = 0,
    variables: Mapping[str, str] = MappingProxyType({}),
    **config: Any,
) -> Child:
    """Run a script of this source under the probes, the working directory being its project's root."""
    folder.mkdir(exist_ok=True)
    if source is not None:
        (folder / name).write_bytes(source if isinstance(source, bytes) else source.encode())
    log, child_json = write_config(folder, {"kind": "script", "path": name, **config})
    done = subprocess.run(
        [sys.executable, PROBES / "run_script.py"],
        cwd=folder,
        env={**environment(child_json, hash_seed=hash_seed), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Child(code=done.returncode, stdout=done.stdout, stderr=done.stderr, logs=read_logs(log), blobs=log / "blobs")


def run_plain(folder: Path, *arguments: str, name: str = "train.py") -> tuple[int, str, str]:
    """The same script under plain Python: exit code and what it printed."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PYTHONHASHSEED": "0"}
    command = [sys.executable, *(["-m", arguments[0]] if name == "-m" else [str(folder / name)])]
    command += arguments[1:] if name == "-m" else arguments
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def run_notebook(folder: Path, cells: Sequence[str], **config: Any) -> tuple[Child, nbformat.NotebookNode]:
    """Run a notebook of these code cells in a real kernel under the probes."""
    folder.mkdir(exist_ok=True)
    told = [{"index": index, "source": source} for index, source in enumerate(cells)]
    log, child_json = write_config(folder, {"kind": "notebook", "path": "nb.ipynb", "cells": told, **config})
    nodes = [nbformat.v4.new_code_cell(source) for source in cells]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=nodes)  # type: ignore[no-untyped-call]
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, allow_errors=True, resources=resources, kernel_name="python3")
    client.execute(env=environment(child_json))
    return Child(code=0, stdout="", stderr="", logs=read_logs(log), blobs=log / "blobs"), notebook


def write_config(folder: Path, config: Mapping[str, Any]) -> tuple[Path, Path]:
    number = len(list(folder.parent.glob("log*")))
    log = folder.parent / f"log{number}"
    (log / "blobs").mkdir(parents=True)
    (log / "record").mkdir()
    defaults = {"version": 1, "seed": 1, "streams": {}, "cells": [], "args": [], "module": None, "recording": ""}
    places = {"root": str(folder), "project": str(folder), "log": str(log)}
    places |= {"blobs": str(log / "blobs"), "record": str(log / "record")}
    conditions = {"conditions": {**BASELINE, **config["conditions"]}} if "conditions" in config else {}
    (log / "child.json").write_text(json.dumps({**defaults, **places, **config, **conditions}))
    return log, log / "child.json"


def read_logs(log: Path) -> dict[str, list[Mapping[str, Any]]]:
    files = sorted(log.glob("*.jsonl"))
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in files}
