"""Measures what the probes cost: the same script with and without them, in pairs, one after the other.

Three loads: 50 variables over many statements, 1 GiB of data frames, 10,000 predictions for single rows. Each run is a
new interpreter; processor time of the whole process counts, the interpreter's start and imports included. Exits with 1
when the median of all three loads together is above the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest_reprocheck

PROBES = Path(pytest_reprocheck.__file__).parent / "probes"
IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import Ridge\nrng = np.random.default_rng(0)\n"
)
VARIABLES = "\n".join(
    f"frame_{number} = pd.DataFrame(rng.normal(size=(20_000, 10)))\n"
    f"text_{number} = [f'row {{row}}' for row in range(2_000)]\n"
    f"table_{number} = {{name: len(name) for name in text_{number}}}\n"
    f"means_{number} = frame_{number}.groupby(frame_{number}[0].round(1)).mean()\n"
    f"model_{number} = Ridge().fit(frame_{number}[[1, 2, 3]].to_numpy(), frame_{number}[4].to_numpy())"
    for number in range(10)
)
FRAMES = "\n".join(
    f"big_{number} = pd.DataFrame({{f'c{{place}}': rng.normal(size=1_048_576) for place in range(16)}})\n"
    f"big_{number}['sum'] = big_{number}.sum(axis=1)\n"
    f"sorted_{number} = big_{number}[['c0', 'c1']].sort_values('c0').describe()\n"
    f"wide_{number} = big_{number}.groupby((big_{number}['c2'] * 3).round()).mean()"
    for number in range(8)
)
PREDICTIONS = """
X = rng.normal(size=(1_000, 10))
model = Ridge().fit(X, X.sum(axis=1))
total = 0.0
for place in range(10_000):
    total += model.predict(X[place % 1_000].reshape(1, -1))[0]
"""
LOADS = {"50 variables": VARIABLES, "1 GiB of frames": FRAMES, "10,000 predictions": PREDICTIONS}


def seconds(source: str, folder: Path, *, probes: bool) -> float:
    """Processor time of a run of a script."""
    file = folder / "train.py"
    file.write_text(source, encoding="utf-8")
    env: dict[str, str] = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    env.pop("PYTHONPATH", None)
    command = [sys.executable, str(file)]
    with tempfile.TemporaryDirectory() as log:
        if probes:
            (Path(log) / "blobs").mkdir()
            child = Path(log) / "child.json"
            child.write_text(json.dumps(config(folder, log)), encoding="utf-8")
            env |= {"REPROCHECK_CHILD": str(child), "PYTHONPATH": str(PROBES / "startup")}
            command = [sys.executable, str(PROBES / "run_script.py")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def config(folder: Path, log: str) -> Mapping[str, object]:
    """What child.json says of a plain run (``docs/architecture.md``, "The wire")."""
    places = {"root": str(folder), "project": str(folder), "log": log, "blobs": f"{log}/blobs", "path": "train.py"}
    return {"version": 1, "kind": "script", "seed": 1, "streams": {}, "args": [], "module": None, **places}


def overheads(source: str, pairs: int) -> list[float]:
    """How much longer runs with probes take, as parts of the time without; which comes first alternates."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds(source, folder, probes=True)
        for number in range(pairs):
            order = (False, True) if number % 2 else (True, False)
            times = {probes: seconds(source, folder, probes=probes) for probes in order}
            found.append(times[True] / times[False] - 1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the median overhead of each load and of all together, with quartiles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs, at least 2 (default %(default)s)")
    parser.add_argument("--limit", type=float, default=3.0, help="allowed median of all together, %% (default 3)")
    options = parser.parse_args(arguments)
    together = 0.0
    for name, source in {**LOADS, "all together": "\n".join(LOADS.values())}.items():
        low, together, high = (
            100 * part for part in statistics.quantiles(overheads(IMPORTS + source, options.pairs), n=4)
        )
        print(f"{name}: {together:+.1f} % (quartiles {low:+.1f} and {high:+.1f}, {options.pairs} pairs)", flush=True)
    return 0 if together <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
