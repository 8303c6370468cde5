"""How long a run's workspace takes to make and to remove, on a project of many files and gigabytes.

The project's large files are sparse: what they hold does not matter to an overlay, and a copy may not reach them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.execution.machine import Machine, attempt, probe_machine
from pytest_reprocheck.execution.workspace import Mode, Workspace, close_run, open_run, prepared, written_files

FILES_PER_FOLDER = 500
LARGE_FILES = 10


def make_tree(root: Path, files: int, size: int) -> None:
    """A project of so many files and bytes, nearly all of the bytes in a few of them."""
    (root / "pyproject.toml").touch()
    for number in range(LARGE_FILES):
        with (root / f"large{number}.bin").open("wb") as file:
            file.truncate(size // LARGE_FILES)
    for number in range(files - LARGE_FILES - 1):
        folder = root / f"folder{number // FILES_PER_FOLDER:04d}"
        if number % FILES_PER_FOLDER == 0:
            folder.mkdir()
        (folder / f"file{number:06d}.txt").write_text(f"{number}\n", encoding="utf-8")


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Add the seconds that something takes."""
    started = time.perf_counter()
    yield
    times.append(time.perf_counter() - started)


def measure(root: Path, mode: Mode, machine: Machine, runs: int) -> str:
    """Seconds to look the project over once, to start and to end a run, as one line."""
    once: list[float] = []
    start: list[float] = []
    end: list[float] = []
    try:
        begun = time.perf_counter()
        with prepared(root, Workspace(mode=mode, machine=machine)) as ready:
            once.append(time.perf_counter() - begun)
            for number in range(runs):
                with timed(start):
                    folder = open_run(ready, number)
                    # Starting a process that enters what the folder says is part of the start.
                    ((failure,),) = attempt([[{"enter": dict(folder.enter), "act": "nothing", "at": str(folder.tree)}]])
                assert not failure, failure
                with timed(end):
                    written_files(ready, folder)
                    close_run(folder)
    except WorkspaceError as error:
        return f"{mode}: {error}"
    seconds = [f"{name} {statistics.median(times):.2f} s" for name, times in (("start", start), ("end", end))]
    return (
        f"{mode}: once {once[0]:.2f} s, each run: {', '.join(seconds)} (median of {runs}, longest {max(start):.2f} s)"
    )


def main(arguments: list[str]) -> None:
    """Print one line for each mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--bytes", type=int, default=5 * 1024**3)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(arguments)
    probing: list[float] = []
    with timed(probing):
        machine = probe_machine()
    print(f"probing the machine: {probing[0]:.2f} s: {machine}")
    with tempfile.TemporaryDirectory(prefix="workspace-") as place:
        root = Path(place).resolve()
        make_tree(root, asked.files, asked.bytes)
        print(measure(root, "overlay", machine, asked.runs))
        print(measure(root, "copy", machine, asked.runs))
        print("unprotected", measure(root, "copy", replace(Machine(), folder=machine.folder), asked.runs))
        print(measure(root, "in-place", machine, asked.runs))
        (root / "one-more.txt").touch()
        print(f"with {asked.files + 1} files,", measure(root, "copy", machine, 1))


if __name__ == "__main__":
    main(sys.argv[1:])
