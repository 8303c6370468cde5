"""Measures what the probes cost: the same script with and without them, in pairs, one after the other.

Two starts (a script that does nothing, one that imports numpy, pandas and scikit-learn) and three loads: 50 variables
over many statements with models that are trained, 1 GiB of data frames, 10,000 predictions for single rows. Each run is
a new interpreter; processor time of the whole process counts. The probes' modules are compiled first, as an
installation has them. Exits with 1 when the median of a load is above the limit.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest_reprocheck
from pytest_reprocheck.core.conditions import baseline

PROBES = Path(pytest_reprocheck.__file__).parent / "probes"
IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import Ridge\n"
    "from sklearn.ensemble import RandomForestRegressor\nrng = np.random.default_rng(0)\n"
)
VARIABLES = "\n".join(
    f"frame_{number} = pd.DataFrame(rng.normal(size=(20_000, 10)))\n"
    f"text_{number} = [f'row {{row}}' for row in range(2_000)]\n"
    f"table_{number} = {{name: len(name) for name in text_{number}}}\n"
    f"means_{number} = frame_{number}.groupby(frame_{number}[0].round(1)).mean()\n"
    f"model_{number} = RandomForestRegressor(5, random_state=0).fit(frame_{number}[[1, 2, 3]], frame_{number}[4])"
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
STARTS = {"a script that does nothing": "", "imports alone": IMPORTS}
LOADS = {"50 variables": VARIABLES, "1 GiB of frames": FRAMES, "10,000 predictions": PREDICTIONS}


def compiled_probes(folder: Path) -> Path:
    """A copy of the probes with their bytecode."""
    probes = folder / "probes"
    shutil.copytree(PROBES, probes, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(probes, quiet=1)
    return probes


def seconds(source: str, folder: Path, probes: Path | None) -> float:
    """Processor time of a run of a script, with these probes or without any."""
    file = folder / "train.py"
    file.write_text(source, encoding="utf-8")
    env: dict[str, str] = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    env.pop("PYTHONPATH", None)
    command = [sys.executable, str(file)]
    with tempfile.TemporaryDirectory() as log:
        if probes is not None:
            for place in ("blobs", "record"):
                (Path(log) / place).mkdir()
            child = Path(log) / "child.json"
            child.write_text(json.dumps(config(folder, log)), encoding="utf-8")
            env |= {"REPROCHECK_CHILD": str(child), "PYTHONPATH": str(probes / "startup")}
            command = [sys.executable, str(probes / "run_script.py")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def config(folder: Path, log: str) -> Mapping[str, object]:
    """What child.json says of a run (``docs/architecture.md``, "The wire"), that nothing is recorded of for others."""
    places = {"root": str(folder), "project": str(folder), "log": log, "blobs": f"{log}/blobs", "path": "train.py"}
    conditions = asdict(baseline("train.py", threads=1))
    told = {"kind": "script", "seed": 1, "streams": {}, "args": [], "module": None, "queries": f"{log}/queries"}
    return {"version": 1, "conditions": conditions, "record": f"{log}/record", "recording": "", **told, **places}


def pairs_of(source: str, count: int) -> list[tuple[float, float]]:
    """Processor times without and with probes; which comes first alternates."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        probes = compiled_probes(folder)
        seconds(source, folder, probes)
        for number in range(count):
            order = (None, probes) if number % 2 else (probes, None)
            times = {each is None: seconds(source, folder, each) for each in order}
            found.append((times[True], times[False]))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the probes add to each start, and to each load in seconds and as a part of the run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs, at least 2 (default %(default)s)")
    parser.add_argument("--limit", type=float, default=3.0, help="allowed median of a load, %% (default 3)")
    parser.add_argument("--loads", nargs="*", choices=list(LOADS), default=list(LOADS), help="loads (default all)")
    options = parser.parse_args(arguments)
    for name, source in STARTS.items():
        pairs = pairs_of(source, 3 * options.pairs)
        added = statistics.median(1000 * (probed - plain) for plain, probed in pairs)
        without = statistics.median(1000 * plain for plain, _ in pairs)
        print(f"{name}: {added:+.0f} ms to {without:.0f} ms ({len(pairs)} pairs)", flush=True)
    worst = 0.0
    for name in options.loads:
        pairs = pairs_of(IMPORTS + LOADS[name], options.pairs)
        low, middle, high = statistics.quantiles((100 * (probed / plain - 1) for plain, probed in pairs), n=4)
        added = statistics.median(probed - plain for plain, probed in pairs)
        without = statistics.median(plain for plain, _ in pairs)
        print(
            f"{name}: {middle:+.1f} % (quartiles {low:+.1f} and {high:+.1f}, {len(pairs)} pairs), "
            f"{added:+.2f} s to {without:.2f} s",
            flush=True,
        )
        worst = max(worst, middle)
    return 0 if worst <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
