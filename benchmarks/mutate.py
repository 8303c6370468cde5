"""Takes the reproducibility out of published examples, one place at a time, and audits what is left.

Run as ``python -m benchmarks.mutate`` from the repository's root. Of the examples of ``benchmarks.corpus`` that are
reproducible, mutants are made (``benchmarks.mutants``). Those count whose results really change: in plain runs without
the plugin (``benchmarks.plain``), or when the factor is another one; what the original itself does not keep is left out
of that comparison. By operator it prints how many were caught, with the right cause, at the exact line, in how many
runs. Each outcome is kept in ``--state`` as soon as it is known; the next call goes on from there.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.corpus import PROJECTS, Example, archive_of, chosen, subject_in, unpack
from benchmarks.faults import table
from benchmarks.mutants import OPERATORS, Mutant, mutants
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.findings import Audit, Finding
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.starting import Engine, forking

_FACTORS = {"listing": "listing", "order-by": "rows", "now": "clock", "completion": "completion"}
"""The factor that shows an operator's faults; the others show in plain runs, each with a hash seed of its own."""
_ROOT = Path(__file__).resolve().parents[1]


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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a mutant."""

    name: str
    operator: str
    changes: str
    """What showed that its results change; empty where they do not."""
    caught: bool = False
    right: bool = False
    exact: bool = False
    runs: int = 0
    told: tuple[str, ...] = ()
    """The findings, or the reason of the verdict."""


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


@dataclass(frozen=True, kw_only=True)
class Left:
    """What one plain run left."""

    failed: str
    printed: tuple[str, ...]
    values: Mapping[str, str]


def plain(example: Example, fault: Fault | None, factor: str, timeout: float) -> Left:
    """One run without the plugin, in a folder of its own; one that does not end in time has failed."""
    with folder_of(example, fault) as subject, tempfile.TemporaryDirectory() as other:
        result = Path(other) / "result.json"
        arguments = [str(subject.file), str(result), *(["--factor", factor] if factor else [])]
        try:
            subprocess.run(
                [sys.executable, "-m", "benchmarks.plain", *arguments],
                cwd=subject.file.parent,
                env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(_ROOT)},
                capture_output=True,
                timeout=timeout,
                check=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            return Left(failed=type(error).__name__, printed=(), values={})
        left = json.loads(result.read_text(encoding="utf-8"))
    return Left(failed=left["failed"], printed=tuple(left["printed"]), values=left["values"])


def kept(runs: Sequence[Left]) -> frozenset[str]:
    """What is the same in all plain runs of an original: names of variables, and ``printed``."""
    first = runs[0]
    names = {name for name in first.values if all(run.values.get(name) == first.values[name] for run in runs)}
    return frozenset(names | ({"printed"} if all(run.printed == first.printed for run in runs) else set()))


def changed(one: Left, other: Left, stable: frozenset[str]) -> str:
    """The first of the kept things that two runs do not share; empty where they share all."""
    if one.failed or other.failed:
        return f"fails: {one.failed or other.failed}" if one.failed != other.failed else ""
    if "printed" in stable and one.printed != other.printed:
        return "printed"
    return next((name for name in sorted(stable) if one.values.get(name) != other.values.get(name)), "")


def change(fault: Fault, stable: frozenset[str], factor: str, *, reruns: int, timeout: float) -> str:
    """What of a mutant changes in plain runs, or under its factor; empty where nothing does or it cannot run."""
    first = plain(fault.example, fault, "", timeout)
    if first.failed:
        return ""
    if factor:
        return changed(first, plain(fault.example, fault, factor, timeout), stable)
    later = (changed(first, plain(fault.example, fault, "", timeout), stable) for _ in range(reruns - 1))
    return next((what for what in later if what), "")


def judged(fault: Fault, changes: str, audited: Audit) -> Outcome:
    """Whether the audit says what is wrong with a mutant, and where."""
    named = [finding for finding in audited.findings if finding.cause in fault.mutant.causes]
    told = tuple(f"{finding.severity} {finding.cause} {finding.location}" for finding in audited.findings)
    return Outcome(
        name=fault.name,
        operator=fault.mutant.operator,
        changes=changes,
        caught=bool(audited.findings) and audited.verdict not in ("blocked", "failed"),
        right=bool(named),
        exact=any(_is_there(finding, fault) for finding in named),
        runs=audited.runs,
        told=told or (audited.verdict, audited.reason),
    )


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


def examine(
    example: Example, options: argparse.Namespace, done: Mapping[str, Outcome], engine: Engine
) -> Iterator[Outcome]:
    """The outcomes of an example's mutants that are not known yet; one without operator says why it has none."""
    waiting = [fault for fault in faults(example, options.most) if fault.name not in done]
    if not waiting or example.name in done:
        return
    settings = Options(timeout=options.timeout, try_remedies=False)
    with folder_of(example, None) as subject:
        original = audit(subject, settings, engine=engine)
    if original.verdict != "reproducible" or any(finding.severity != "info" for finding in original.findings):
        yield Outcome(name=example.name, operator="", changes="", told=("the original is not reproducible",))
        return
    factors = sorted({_FACTORS.get(fault.mutant.operator, "") for fault in waiting} - {""})
    runs = [plain(example, None, factor, options.timeout) for factor in ("", "", "", *factors)]
    if any(run.failed for run in runs):
        reason = next(run.failed for run in runs if run.failed)
        yield Outcome(name=example.name, operator="", changes="", told=(f"the original fails: {reason}",))
        return
    stable = kept(runs)
    for fault in waiting:
        factor = _FACTORS.get(fault.mutant.operator, "")
        shown = change(fault, stable, factor, reruns=5, timeout=options.timeout)
        if not shown:
            yield Outcome(name=fault.name, operator=fault.mutant.operator, changes="")
            continue
        with folder_of(example, fault) as subject:
            yield judged(fault, shown, audit(subject, settings, engine=engine))


def read_state(path: Path) -> dict[str, Outcome]:
    """The outcomes of earlier calls, by name."""
    if not path.is_file():
        return {}
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {entry["name"]: Outcome(**{**entry, "told": tuple(entry["told"])}) for entry in entries}


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures by operator, and every mutant that was not told rightly."""
    real = [outcome for outcome in outcomes if outcome.changes]
    made = Counter(outcome.operator for outcome in outcomes if outcome.operator)
    rows = []
    for operator in (*OPERATORS, "all"):
        of_it = [outcome for outcome in real if operator in (outcome.operator, "all")]
        counts = [sum(getattr(outcome, name) for outcome in of_it) for name in ("caught", "right", "exact")]
        runs = f"{statistics.fmean(outcome.runs for outcome in of_it):.1f}" if of_it else "-"
        rows.append((operator, made.total() if operator == "all" else made[operator], len(of_it), *counts, runs))
    lines = [table(("operator", "mutants", "that change", "caught", "right cause", "exact line", "runs"), rows), ""]
    lines += [f"{o.name}: {o.changes}; told {'; '.join(o.told)}" for o in real if not (o.right and o.exact)]
    files = {re.split(r" cell\[|:\d+ ", outcome.name)[0] for outcome in real}
    return "\n".join([*lines, f"{len(real)} mutants that change, of {len(files)} files"])


def _examples(options: argparse.Namespace, folder: Path) -> list[Example]:
    found: list[Example] = []
    for project in PROJECTS:
        found += unpack(project, archive_of(project, options.archive), folder)
    audited, _left_out = chosen(found, options.only, None)
    return [example for example in audited if fnmatch.fnmatch(example.name, options.only)]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for flag, kind, default, what in (
        ("--only", str, "*", "examples to take, as PROJECT/FOLDER/FILE"),
        ("--most", int, 2, "mutants of one example with one operator"),
        ("--limit", int, None, "stop when this many are known to change"),
        ("--timeout", float, 120.0, "seconds for one run"),
        ("--state", Path, Path("mutants.jsonl"), "file in which the outcomes are kept"),
    ):
        parser.add_argument(flag, type=kind, default=default, help=f"{what} (default %(default)s)")
    parser.add_argument("--archive", type=Path, action="append", default=[], help="a source distribution")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each outcome and the figures; 0 whatever is found."""
    options = parse(arguments)
    done = read_state(options.state)
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder, options.state.open("a", encoding="utf-8") as state:
        examples = _examples(options, Path(folder))
        with forking([subject_in(Path(folder) / str(number), each) for number, each in enumerate(examples)]) as engine:
            for example in examples:
                if options.limit is not None and sum(bool(o.changes) for o in done.values()) >= options.limit:
                    break
                for outcome in examine(example, options, dict(done), engine):
                    done[outcome.name] = outcome
                    print(json.dumps(asdict(outcome)), file=state, flush=True)
                    told = "; ".join(filter(None, (outcome.changes, *outcome.told)))
                    print(f"{outcome.name}  {told or 'changes nothing'}", flush=True)
    print()
    print(summary(list(done.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
