"""Looks for what the audits of ``benchmarks.corpus`` have missed: runs their examples as they are, and compares.

Run as ``python -m benchmarks.missed`` from the repository's root. Each example that was audited runs several times in
plain Python (``benchmarks.oracle``), each time with another string hash seed; its variables at the end, its open
figures and what it printed are compared as they are. What differs is kept beside the results of the audits;
``python -m benchmarks.corpora`` says where no finding tells of it.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import PROJECTS, RESULTS, Example, archive_of, subject_in, unpack
from benchmarks.offline import python_source
from benchmarks.oracle import Left, Plain, modules_in, plain_runs
from benchmarks.results import load_all
from pytest_reprocheck.core.codec import from_json, to_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What plain runs of an example have shown."""

    name: str
    """PROJECT/PATH of the example."""
    runs: int
    failed: str = ""
    """Why nothing could be compared: it takes too long, or raises there."""
    differs: tuple[str, ...] = ()
    """Variables, figures and ``printed`` that were not the same in all runs."""
    lines: tuple[str, ...] = ()
    """Of what was printed the lines of the first run that another one does not have, without their digits, once."""


def compared(example: Example, plain: Plain, runs: int, slowest: float) -> Compared:
    """Run an example several times, each time in a folder of its own."""
    lefts: list[Left] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="plain-") as folder:
            lefts.append(plain(subject_in(Path(folder), example).file, "", slowest))
        if lefts[-1].failed:
            return Compared(name=example.name, runs=len(lefts), failed=lefts[-1].failed)
    names = sorted({name for left in lefts for name in left.values})
    differs = [name for name in names if len({left.values.get(name) for left in lefts}) > 1]
    printed = ["printed"] if len({left.printed for left in lefts}) > 1 else []
    first, *others = (left.printed for left in lefts)
    lines = [re.sub(r"\d+", "0", line).strip() for line in first if any(line not in other for other in others)]
    return Compared(name=example.name, runs=runs, differs=(*printed, *differs), lines=tuple(dict.fromkeys(lines)))


def file_of(folder: Path, name: str) -> Path:
    """Where an example's comparison lies below the folder of results."""
    return folder / "plain" / f"{name}.json"


def load_compared(folder: Path) -> list[Compared]:
    """All comparisons, by name."""
    files = sorted((folder / "plain").rglob("*.json"))
    return [from_json(Compared, json.loads(file.read_text(encoding="utf-8")), str(file)) for file in files]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare what has not been compared yet, and print what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", metavar="GLOB", default="*", help="examples to compare, as PROJECT/FOLDER/FILE")
    parser.add_argument("--runs", type=int, default=3, help="plain runs of each (default %(default)s)")
    parser.add_argument(
        "--slowest", type=float, default=10.0, help="seconds of processor time for one run (default %(default)s)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", default=RESULTS, help="where results lie (default %(default)s)"
    )
    asked = parser.parse_args(arguments)
    names = {result.name for result in load_all(asked.results, "default") if result.ran}
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        examples = [each for project in PROJECTS for each in unpack(project, archive_of(project, []), Path(folder))]
        examples = [each for each in examples if each.name in names and fnmatch.fnmatch(each.name, asked.only)]
        examples = [each for each in examples if not file_of(asked.results, each.name).exists()]
        with plain_runs(modules_in(python_source(each.file) for each in examples)) as plain:
            for example in examples:
                result = compared(example, plain, asked.runs, asked.slowest)
                file = file_of(asked.results, example.name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(to_json(result), indent=1) + "\n", encoding="utf-8")
                told = result.failed or ", ".join(result.differs) or "the same"
                print(f"{result.name}  {told}", *(f"    {line}" for line in result.lines), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
