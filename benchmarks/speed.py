"""What an audit costs: our two runs and the comparison against one run of other tools, paired and interleaved.

Each row has a subject of its own, made here. Of each pair the first side alternates; a row's figure is the median of
the pairs' ratios. Both sides run once before, uncounted, and with their bytecode, as installed packages have it.
Whatever engine the installed version chooses is what is measured; ``few`` measures the choice itself.
``growth.py`` measures how our own time grows.
"""

from __future__ import annotations

import argparse
import compileall
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

import pytest_reprocheck
from pytest_reprocheck import starting

TRIVIAL = ("x = 1 + 1", "print(x)")
_IMPORTS = """\
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.ensemble import RandomForestClassifier"""
_DATA = """\
rng = np.random.default_rng({seed})
X = pd.DataFrame(rng.normal(size=(400, 6)), columns=list('abcdef'))
y = (X['a'] + X['b'] > 0).astype(int)"""
_FIT = """\
model = RandomForestClassifier(n_estimators=20, random_state={seed}).fit(X, y)
print(model.score(X, y))"""
ML = (_IMPORTS, _DATA, _FIT, "X.describe()", "plt.plot(X['a'].cumsum())\nplt.show()")
_LONG_DATA = """\
rng = np.random.default_rng(0)
X = rng.normal(size=(4000, 20))
y = (X[:, 0] * X[:, 1] > 0).astype(int)"""
_LONG_FIT = """\
model = GradientBoostingClassifier(n_estimators={trees}, random_state=0).fit(X, y)
print(model.score(X, y))"""
LONG = ("import numpy as np\nfrom sklearn.ensemble import GradientBoostingClassifier", _LONG_DATA, _LONG_FIT)
PLUGINS = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison."""

    name: str
    target: float
    """The ratio that is wanted, at most."""
    make: Callable[[Path], None]
    """Writes the subjects."""
    ours: Sequence[str]
    other: Sequence[str]
    """What runs in the same folder; ``{each}`` stands for each script in turn, in a process of its own."""
    needs: str = ""
    """Module that the other side needs."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What came of a row."""

    name: str
    target: float
    ratio: float | None
    """Median of the pairs; None where it was not measured."""
    quartiles: Sequence[float] = ()
    ours: float = 0.0
    """Median seconds."""
    other: float = 0.0
    pairs: int = 0
    spent: float = 0.0
    """Seconds that the row took, all of it."""
    note: str = ""


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """A notebook that was run before by nobody; its outputs are empty."""
    new = [nbformat.v4.new_code_cell(cell, id=f"c{number}") for number, cell in enumerate(cells)]  # type: ignore[no-untyped-call]
    metadata = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=new, metadata=metadata)  # type: ignore[no-untyped-call]
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def make_notebooks(folder: Path, cells: Sequence[str], count: int, **values: int) -> None:
    """Notebooks that differ in their seed alone."""
    for number in range(count):
        filled = [cell.replace("{seed}", str(number)) for cell in cells]
        for name, value in values.items():
            filled = [cell.replace(f"{{{name}}}", str(value)) for cell in filled]
        write_notebook(folder / f"n{number:03d}.ipynb", filled)


def make_scripts(folder: Path, count: int) -> None:
    """Training scripts, as the notebooks' code without the figure."""
    for number in range(count):
        lines = [cell.replace("{seed}", str(number)) for cell in (*ML[:3], "print(X.describe())")]
        (folder / f"s{number:03d}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def rows(count: int, trees: int) -> tuple[Row, ...]:
    """The rows of ``docs/performance.md``; ``count`` notebooks or scripts, ``trees`` of the long training."""
    fewest = starting.FEWEST
    pytest = ("-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider")
    audit = (*pytest, "-p", "no:xdist", "-p", "no:nbval", "--reprocheck")
    nbval = (*pytest, "-p", "no:xdist", "-p", "no:reprocheck", "--nbval-lax")
    nbmake = (*pytest, "-p", "no:nbval", "-p", "no:reprocheck", "--nbmake", "-n", "2")

    def several(at: Path) -> None:
        make_notebooks(at, ML, count)

    def trivial(at: Path) -> None:
        make_notebooks(at, TRIVIAL, 1)

    def few(at: Path) -> None:
        make_notebooks(at, TRIVIAL, fewest)

    def long(at: Path) -> None:
        make_notebooks(at, LONG, 1, trees=trees)

    return (
        Row(name="trivial", target=0.9, make=trivial, ours=audit, other=nbval, needs="nbval"),
        Row(name="notebooks", target=0.35, make=several, ours=audit, other=nbval, needs="nbval"),
        Row(name="parallel", target=0.6, make=several, ours=audit, other=nbmake, needs="nbmake"),
        Row(name="scripts", target=0.5, make=lambda at: make_scripts(at, count), ours=audit, other=("{each}",)),
        Row(name="long", target=1.08, make=long, ours=audit, other=nbval, needs="nbval"),
        Row(name="few", target=1.0, make=few, ours=audit, other=(*audit, "--reprocheck-fresh")),
    )


def seconds_of(command: Sequence[str], folder: Path) -> float:
    """How long a command takes in the folder; raises RuntimeError with its output when it fails."""
    scripts = sorted(path.name for path in folder.glob("s*.py"))
    lines = [[name] for name in scripts] if tuple(command) == ("{each}",) else [[*command, *scripts]]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if scripts:
        environment["MPLBACKEND"] = "agg"
    started = time.perf_counter()
    for line in lines:
        done = subprocess.run(
            [sys.executable, *line], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(line)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - started


def measure(row: Row, pairs: int, limit: float) -> Measured:
    """The row's pairs, one after the other; no further one begins after so many seconds."""
    if row.needs and importlib.util.find_spec(row.needs) is None:
        return Measured(name=row.name, target=row.target, ratio=None, note=f"{row.needs} is not installed")
    begun = time.monotonic()
    ours: list[float] = []
    other: list[float] = []
    with tempfile.TemporaryDirectory(prefix="speed-") as place:
        folder = Path(place)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        row.make(folder)
        for command in (row.ours, row.other):
            seconds_of(command, folder)
        for number in range(pairs):
            if number and time.monotonic() - begun > limit:
                break
            sides = [(row.ours, ours), (row.other, other)]
            for command, times in sides if number % 2 else reversed(sides):
                times.append(seconds_of(command, folder))
    ratios = [one / two for one, two in zip(ours, other, strict=True)]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Measured(
        name=row.name,
        target=row.target,
        ratio=round(statistics.median(ratios), 3),
        quartiles=[round(quartiles[0], 3), round(quartiles[2], 3)],
        ours=round(statistics.median(ours), 3),
        other=round(statistics.median(other), 3),
        pairs=len(ratios),
        spent=round(time.monotonic() - begun),
    )


def versions() -> Mapping[str, str]:
    """What the figures belong to."""
    names = (
        "pytest-reprocheck",
        "pytest",
        "nbval",
        "nbmake",
        "nbclient",
        "ipykernel",
        "numpy",
        "pandas",
        "scikit-learn",
    )
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": str(len(os.sched_getaffinity(0))),
    }
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def told(measured: Measured) -> str:
    """A row as a line."""
    if measured.ratio is None:
        return f"{measured.name}: not measured, {measured.note}"
    low, high = measured.quartiles
    return (
        f"{measured.name}: {measured.ratio:.2f} (target {measured.target:g}; quartiles {low:.2f} and {high:.2f}; "
        f"{measured.ours:.2f} s against {measured.other:.2f} s, {measured.pairs} pairs in {measured.spent:.0f} s)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each row, and write all as JSON if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = "trivial,notebooks,parallel,scripts,long,few"
    parser.add_argument("--rows", default=names, help="which ones (%(default)s)")
    parser.add_argument("--pairs", type=int, default=7, help="of runs for each row (%(default)s)")
    parser.add_argument(
        "--count", type=int, default=20, help="notebooks or scripts where there are several (%(default)s)"
    )
    parser.add_argument("--trees", type=int, default=400, help="of the long training (%(default)s)")
    parser.add_argument("--limit", type=float, default=600, help="seconds for a row, then no more pairs (%(default)s)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where the figures are written")
    options = parser.parse_args(arguments)
    wanted = options.rows.split(",")
    known = {row.name: row for row in rows(options.count, options.trees)}
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"unknown rows: {', '.join(unknown)}; there are: {', '.join(known)}")
    compileall.compile_dir(Path(pytest_reprocheck.__file__).parent, quiet=1)
    found = []
    for name in wanted:
        found.append(measure(known[name], options.pairs, options.limit))
        print(told(found[-1]), flush=True)
    if options.json:
        data = {"versions": dict(versions()), "rows": [asdict(each) for each in found]}
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
