"""How our own cost grows: with the number of subjects, with cells, with outputs, with frames.

``tiny`` audits trivial scripts in one pytest and says what each costs beyond its runs: the item's wall time less the
time in which a supervisor of it was running, the processor time of pytest's process, and how its memory grows. The
other rows audit growing subjects and give seconds for each size: beyond the runs, and as a whole.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from pytest_reprocheck.auditing import Session, audit, this_machine
from pytest_reprocheck.execution.child import Processes

MIB = 1024**2
SIZES: Mapping[str, tuple[int, ...]] = {
    "notebooks": (1, 3, 10),
    "cells": (10, 30, 100, 300),
    "outputs": (1, 4, 16),
    "frames": (16, 64, 256),
}
"""Count, cells, MB of output, MiB of a frame; the largest ones of the contract are given with ``--sizes``."""


class Meter:
    """Notes when supervisors run, and at each item's end the time and the memory of this process."""

    def __init__(self) -> None:
        self.running: dict[int, float] = {}
        self.since = 0.0
        self.in_runs = 0.0
        """Seconds in which at least one supervisor was running."""
        self.items: list[tuple[float, float, float, int]] = []
        """Wall, in runs, processor time of this process, bytes in memory; at each item's end."""

    def begun(self, process: subprocess.Popen[bytes]) -> None:
        """A supervisor was started."""
        now = time.perf_counter()
        if not self.running:
            self.since = now
        self.running[process.pid] = now

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """A supervisor has ended, or is told to."""
        if self.running.pop(process.pid, None) is not None and not self.running:
            self.in_runs += time.perf_counter() - self.since

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be told of all supervisors from now on."""
        add, end = Processes.add, Processes.end

        def noted_add(processes: Processes, process: Any) -> None:
            self.begun(process)
            add(processes, process)

        def noted_end(processes: Processes, process: Any) -> None:
            self.ended(process)
            end(processes, process)

        monkeypatch.setattr(Processes, "add", noted_add)
        monkeypatch.setattr(Processes, "end", noted_end)

    def pytest_runtest_logfinish(self) -> None:
        """An item is over, with its reports."""
        resident = int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        self.items.append((time.perf_counter(), self.in_runs, time.process_time(), resident))


def tiny(count: int, options: Sequence[str]) -> dict[str, object]:
    """So many trivial scripts in one pytest; the first tenth, in which modules are imported, is left out."""
    meter = Meter()
    with tempfile.TemporaryDirectory(prefix="growth-") as place, pytest.MonkeyPatch.context() as patched:
        folder = Path(place)
        (folder / "pyproject.toml").write_text('[tool.reprocheck]\nsubjects = ["*.py"]\n', encoding="utf-8")
        for number in range(count):
            (folder / f"s{number:04d}.py").write_text(f"print({number})\n", encoding="utf-8")
        meter.watch(patched)
        code = pytest.main(["-q", "--reprocheck", f"--rootdir={folder}", str(folder), *options], plugins=[meter])
    assert code == 0, code
    first, last = meter.items[max(0, count // 10 - 1)], meter.items[-1]
    audited = max(1, len(meter.items) - count // 10)
    return {
        "subjects": count,
        "own wall ms each": round(1000 * ((last[0] - first[0]) - (last[1] - first[1])) / audited, 2),
        "processor ms each": round(1000 * (last[2] - first[2]) / audited, 2),
        "memory KiB each": round((last[3] - first[3]) / 1024 / audited, 2),
        "memory MiB": round(last[3] / MIB, 1),
    }


def make_cells(folder: Path, size: int) -> None:
    """A notebook of so many small cells."""
    write_notebook(folder / "n.ipynb", [f"x{number} = {number}\nprint(x{number})" for number in range(size)])


def make_outputs(folder: Path, size: int) -> None:
    """A notebook that prints so many MB, in ten cells."""
    cell = "for i in range({}):\n    print(i, 'x' * 90)"
    write_notebook(folder / "n.ipynb", [cell.format(size * 1000) for _ in range(10)])


def make_frames(folder: Path, size: int) -> None:
    """A script with a frame of so many MiB, that is changed and looked at."""
    text = (
        "import numpy as np\nimport pandas as pd\n"
        f"frame = pd.DataFrame(np.random.default_rng(0).normal(size=({size * MIB // 80}, 10)))\n"
        "frame[0] += 1\nprint(frame.sum().sum())\n"
    )
    (folder / "s.py").write_text(text, encoding="utf-8")


def make_notebooks(folder: Path, size: int) -> None:
    """So many trivial notebooks."""
    for number in range(size):
        write_notebook(folder / f"n{number:03d}.ipynb", [f"print({number})"])


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """A notebook of code cells."""
    new = [nbformat.v4.new_code_cell(cell, id=f"c{number}") for number, cell in enumerate(cells)]  # type: ignore[no-untyped-call]
    metadata = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=new, metadata=metadata), path)  # type: ignore[no-untyped-call]


MAKERS: Mapping[str, Callable[[Path, int], None]] = {
    "notebooks": make_notebooks,
    "cells": make_cells,
    "outputs": make_outputs,
    "frames": make_frames,
}


def grown(name: str, size: int) -> dict[str, object]:
    """Seconds that audits of one size take."""
    meter = Meter()
    with tempfile.TemporaryDirectory(prefix="growth-") as place, pytest.MonkeyPatch.context() as patched:
        folder = Path(place)
        (folder / "pyproject.toml").touch()
        MAKERS[name](folder, size)
        machine, session = functools.cache(this_machine), Session()
        meter.watch(patched)
        begun, own = time.perf_counter(), time.process_time()
        for file in sorted(path for path in folder.iterdir() if path.suffix in (".py", ".ipynb")):
            found = audit(file, machine=machine, session=session)
            assert found.verdict == "reproducible", found
        wall = time.perf_counter() - begun
        own = time.process_time() - own
    return {
        "size": size,
        "seconds": round(wall, 2),
        "beyond the runs": round(wall - meter.in_runs, 3),
        "processor seconds of the parent": round(own, 3),
    }


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """How steeply it grows from the first size to the last one: 1 is linear, fixed costs make it less."""
    return round(math.log(max(seconds[-1], 1e-6) / max(seconds[0], 1e-6)) / math.log(sizes[-1] / sizes[0]), 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each measurement, and write all as JSON if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", default="tiny,notebooks,cells,outputs,frames", help="which ones (%(default)s)")
    parser.add_argument("--sizes", help="for the rows beside tiny, as 1,10,100")
    parser.add_argument("--count", type=int, default=200, help="tiny subjects (%(default)s)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where the figures are written")
    options = parser.parse_args(arguments)
    data: dict[str, object] = {}
    for name in options.rows.split(","):
        if name == "tiny":
            data[name] = tiny(options.count, ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:nbval"])
            print(f"{name}: {data[name]}", flush=True)
            continue
        sizes = [int(size) for size in options.sizes.split(",")] if options.sizes else SIZES[name]
        found = []
        for size in sizes:
            found.append(grown(name, size))
            print(f"{name}: {found[-1]}", flush=True)
        times = [float(str(each["processor seconds of the parent"])) for each in found]
        data[name] = {"sizes": found, "exponent": exponent(sizes, times)}
        print(f"{name}: the parent's processor time grows with exponent {exponent(sizes, times)}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
