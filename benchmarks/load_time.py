"""Measures what loading the plugin costs: ``pytest --help`` with and without it, in pairs, one after the other.

Both sides leave nbval out (``-p no:nbval``): its own plugin loads with it and would hide the difference. Exits with 1
when the median of the differences is above the limit.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence


def seconds_of_help(folder: str, *options: str) -> float:
    """How long ``pytest --help`` takes in an empty folder, in a new process."""
    command = [sys.executable, "-P", "-m", "pytest", "--help", "-p", "no:nbval", *options]
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def differences(pairs: int) -> list[float]:
    """Seconds with the plugin less seconds without it; which of the two comes first alternates."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        seconds_of_help(folder)
        for number in range(pairs):
            if number % 2:
                without = seconds_of_help(folder, "-p", "no:reprocheck")
                found.append(seconds_of_help(folder) - without)
            else:
                found.append(seconds_of_help(folder) - seconds_of_help(folder, "-p", "no:reprocheck"))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the median of the differences with its quartiles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=21, help="pairs of runs, at least 2 (default %(default)s)")
    parser.add_argument(
        "--limit", metavar="MS", type=float, default=50.0, help="allowed median (default %(default)s ms)"
    )
    options = parser.parse_args(arguments)
    if not importlib.metadata.entry_points(group="pytest11", name="reprocheck"):
        parser.error("the plugin is not installed here, so there is nothing to measure; pip install -e .")
    low, median, high = (1000 * value for value in statistics.quantiles(differences(options.pairs), n=4))
    print(
        f"the plugin adds {median:.1f} ms to pytest --help (quartiles {low:.1f} and {high:.1f}, {options.pairs} pairs)"
    )
    return 0 if median <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
