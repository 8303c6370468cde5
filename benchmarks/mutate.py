"""Takes the reproducibility out of published examples, one place at a time, and audits what is left.

Run as ``python -m benchmarks.mutate`` from the repository's root. Of the examples of ``benchmarks.corpus`` that are
reproducible, mutants are made (``benchmarks.mutants``). Those count whose results really change: in plain runs without
the plugin (``benchmarks.plain``), or when the factor is another one; what the original itself does not keep is left out
of that comparison. By operator it prints how many were caught, with the right cause, at the exact line, in how many
runs. Each outcome is kept in ``--state`` as soon as it is known; the next call goes on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.corpus import PROJECTS, RESULTS, Example, archive_of, chosen, subject_in, unpack
from benchmarks.mutants import OPERATORS, Mutant, mutants
from benchmarks.offline import python_source
from benchmarks.oracle import Left, Plain, changed, kept, modules_in, plain_runs
from benchmarks.outcomes import PAGE, Outcome, counted, line_of, mutation_page, read_looked_at, read_state, summary
from benchmarks.results import file_of, load
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.findings import Audit, Finding
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.starting import FRESH, Engine, forking

_FACTORS = {"listing": "listing", "order-by": "rows", "now": "clock", "completion": "completion"}
"""The factor that shows an operator's faults; the others show in plain runs, each with a hash seed of its own."""
_SETTINGS = Options(try_remedies=False)
_RERUNS = 5
"""Plain runs in which a fault that needs no factor has to show."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A mutant of one example."""

    example: Example
    cell: int | None
    mutant: Mutant

    @property
    def name(self) -> str:
        """What identifies it in the state."""
        place = "" if self.cell is None else f" cell[{self.cell}]"
        return f"{self.example.name}{place}:{self.mutant.first} {self.mutant.operator}"


def faults(example: Example, most: int) -> list[Fault]:
    """At most ``most`` mutants of an example with each operator, spread over its text."""
    text = example.file.read_text(encoding="utf-8")
    if example.file.suffix == ".ipynb":
        cells = enumerate(json.loads(text)["cells"])
        texts: list[tuple[int | None, str]] = [(i, "".join(c["source"])) for i, c in cells if c["cell_type"] == "code"]
    else:
        texts = [(None, text)]
    made = [Fault(example=example, cell=cell, mutant=each) for cell, part in texts for each in mutants(part)]
    chosen_faults: list[Fault] = []
    for operator in OPERATORS:
        of_it = [fault for fault in made if fault.mutant.operator == operator]
        step = max(1, len(of_it) // most)
        chosen_faults += of_it[::step][:most]
    return chosen_faults


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all mutants of a call are examined with."""

    engine: Engine
    plain: Plain
    most: int
    """Mutants of one example with one operator."""
    slowest: float
    """Seconds of processor time that a plain run may take."""


@contextmanager
def folder_of(example: Example, fault: Fault | None) -> Iterator[Subject]:
    """The example in a folder of its own with the files it names, with or without a fault."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        subject = subject_in(Path(folder), example)
        if fault is not None:
            subject.file.write_text(_text(subject.file, fault), encoding="utf-8")
        yield subject


def _text(place: Path, fault: Fault) -> str:
    if fault.cell is None:
        return fault.mutant.text
    notebook = json.loads(place.read_text(encoding="utf-8"))
    notebook["cells"][fault.cell]["source"] = fault.mutant.text
    return json.dumps(notebook, indent=1)


def change(fault: Fault, stable: frozenset[str], run: Callable[[Fault, str], Left]) -> str:
    """What of a mutant changes in plain runs, or under its factor; empty where nothing does or it cannot run."""
    first = run(fault, "")
    if first.failed:
        return ""
    if factor := _FACTORS.get(fault.mutant.operator, ""):
        return changed(first, run(fault, factor), stable)
    later = (changed(first, run(fault, ""), stable) for _ in range(_RERUNS - 1))
    return next((what for what in later if what), "")


def judged(fault: Fault, changes: str, found: Audit) -> Outcome:
    """Whether the audit says what is wrong with a mutant, and where."""
    named = [finding for finding in found.findings if finding.cause in fault.mutant.causes]
    return Outcome(
        name=fault.name,
        operator=fault.mutant.operator,
        changes=changes,
        caught=bool(found.findings) and found.verdict not in ("blocked", "failed"),
        right=bool(named),
        alone=all(finding in named for finding in found.findings if finding.severity == "error"),
        exact=any(_is_there(finding, fault) for finding in named),
        runs=found.runs,
        date=datetime.now(UTC).date().isoformat(),
        told=_told(found) or (found.verdict, found.reason),
    )


def _told(found: Audit) -> tuple[str, ...]:
    return tuple(f"{finding.severity} {finding.cause} {finding.location}" for finding in found.findings)


def _is_there(finding: Finding, fault: Fault) -> bool:
    """At the changed statement, or with a remedy for it; for a seed that is gone, at any draw in the same file."""
    if finding.location.path != fault.example.path:
        return False
    if fault.mutant.anywhere:
        return finding.location.line is not None
    remedied = re.search(r"\((?:cell\[(\d+)\]:|line )(\d+)\)", finding.remedy)
    places = [(finding.location.cell, finding.location.line)]
    if remedied:
        places.append((int(remedied[1]) if remedied[1] else finding.location.cell, int(remedied[2])))
    return any(
        cell == fault.cell and line is not None and fault.mutant.first <= line <= fault.mutant.last
        for cell, line in places
    )


def known(example: Example) -> Audit | None:
    """What ``benchmarks.corpus`` has found out of an example."""
    file = file_of(RESULTS, "default", example.name)
    return load(file).audit if file.exists() else None


def audited(example: Example, fault: Fault | None, engine: Engine) -> Audit:
    """The audit of an example, with or without a fault, in a folder of its own."""
    with folder_of(example, fault) as subject:
        return audit(subject, _SETTINGS, engine=engine)


def examine(example: Example, bench: Bench, done: Mapping[str, Outcome]) -> Iterator[Outcome]:
    """The outcomes of an example's mutants that are not known yet; one without operator says why it has none."""
    waiting = [fault for fault in faults(example, bench.most) if fault.name not in done]
    if not waiting or example.name in done:
        return

    def run(fault: Fault | None, factor: str) -> Left:
        with folder_of(example, fault) as subject:
            return bench.plain(subject.file, factor, bench.slowest)

    factors = sorted({_FACTORS.get(fault.mutant.operator, "") for fault in waiting} - {""})
    runs = [run(None, factor) for factor in ("", "", "", *factors)]
    if failed := next((left.failed for left in runs if left.failed), ""):
        yield Outcome(name=example.name, told=(f"the original fails: {failed}",))
        return
    original = known(example) or audited(example, None, bench.engine)
    if original.verdict != "reproducible" or any(finding.severity != "info" for finding in original.findings):
        told = (f"the original is not reproducible: {original.reason}".rstrip(": "), *_told(original))
        yield Outcome(name=example.name, told=told)
        return
    stable = kept(runs)
    for fault in waiting:
        shown = change(fault, stable, run)
        if not shown:
            yield Outcome(name=fault.name, operator=fault.mutant.operator)
            continue
        outcome = judged(fault, shown, audited(example, fault, bench.engine))
        if not outcome.told_rightly and bench.engine.trusted:
            outcome = judged(fault, shown, audited(example, fault, FRESH))
        yield outcome


def examples_in(folder: Path, archives: Sequence[Path], only: str) -> list[Example]:
    """Examples of both projects that can run offline, from every folder, in the order of the globs in ``only``."""
    found: list[Example] = []
    for project in PROJECTS:
        found += unpack(replace(project, first=""), archive_of(project, archives), folder)
    audited = {each.name: each for glob in only.split() for each in chosen(found, glob, None)[0]}
    return list(audited.values())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for flag, kind, default, what in (
        (
            "--only",
            str,
            "*",
            "examples to take and their order: globs of PROJECT/FOLDER/FILE, with spaces between them",
        ),
        ("--most", int, 2, "mutants of one example with one operator"),
        ("--slowest", float, 2.0, "seconds of processor time for a plain run; examples that take more are left out"),
        ("--seconds", float, math.inf, "begin with no example after that time"),
        ("--state", Path, Path("mutants.jsonl"), "file in which the outcomes are kept"),
    ):
        parser.add_argument(flag, type=kind, default=default, help=f"{what} (default %(default)s)")
    parser.add_argument("--confirmed", action="store_true", help="show by new interpreters what forked runs show")
    parser.add_argument("--page", action="store_true", help="write docs/mutation.md")
    parser.add_argument("--archive", type=Path, action="append", default=[], help="a source distribution")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each outcome and the figures; 0 whatever is found."""
    begun, options = time.monotonic(), parse(arguments)
    done = read_state(options.state)
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder, options.state.open("a", encoding="utf-8") as state:
        examples = examples_in(Path(folder), options.archive, options.only)
        subjects = [subject_in(Path(folder) / str(number), each) for number, each in enumerate(examples)]
        modules = modules_in(python_source(example.file) for example in examples)
        with forking(subjects, trusted=not options.confirmed) as engine, plain_runs(modules) as plain:
            bench = Bench(engine=engine, plain=plain, most=options.most, slowest=options.slowest)
            for example in examples:
                if time.monotonic() - begun > options.seconds:
                    break
                for outcome in examine(example, bench, dict(done)):
                    done[outcome.name] = outcome
                    print(json.dumps(asdict(outcome)), file=state, flush=True)
                    print(line_of(outcome), flush=True)
    print()
    looked_at = read_looked_at()
    print(summary(counted(done.values(), looked_at)))
    if options.page:
        PAGE.write_text(mutation_page(list(done.values()), looked_at), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
