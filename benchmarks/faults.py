"""Audits every case of tests/cases and compares what is found with the marks in their code.

Run as ``python -m benchmarks.faults`` from the repository's root. By cause: how many faulty cases were detected, had
the right cause, had it at the exact line; causes that were found and not marked; false alarms among the clean cases
that look like the cause. Exits with 1 when anything is not right.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.marks import CASES, CaseFile, Found, case_files
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.causes import cause
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Subject, SubjectKind
from pytest_reprocheck.starting import FRESH, Engine, forking


@dataclass(frozen=True, kw_only=True)
class Row:
    """One case with what was expected and what came out."""

    case: CaseFile
    audit: Audit

    @property
    def found(self) -> frozenset[Found]:
        """The findings that count against the subject."""
        told = [(f.severity, Found(f.cause, str(f.location))) for f in self.audit.findings]
        return frozenset(found for severity, found in told if severity == "error" or found in self.case.warned)

    @property
    def missed(self) -> frozenset[Found]:
        """Expected causes that were not found at their lines."""
        return self.case.expected - self.found

    @property
    def extra_causes(self) -> frozenset[str]:
        """Causes that were found and are not marked."""
        return causes_of(self.found) - causes_of(self.case.expected)

    @property
    def detected(self) -> bool:
        """Whether it was noticed that something is wrong."""
        return self.audit.verdict not in ("reproducible", "blocked") or bool(self.found)

    @property
    def verdict_right(self) -> bool:
        """Faulty cases differ here or elsewhere, by what their causes do, or fail; all others are reproducible."""
        if self.case.expected == self.case.warned:
            return self.audit.verdict == "reproducible"
        if "hidden-state" in causes_of(self.case.expected):
            return self.audit.verdict == "failed"
        recurs = any(cause(name).recurs for name in causes_of(self.case.expected))
        return self.audit.verdict == ("nondeterministic" if recurs else "fragile")

    @property
    def right(self) -> bool:
        """Verdict, causes and lines, all of them and nothing else."""
        return self.verdict_right and self.found == self.case.expected


def causes_of(found: Iterable[Found]) -> frozenset[str]:
    """The causes without their places."""
    return frozenset(item.cause for item in found)


def subject_of(case: CaseFile) -> Subject:
    """What is audited; each of its runs has a tree of its own."""
    kind: SubjectKind = "notebook" if case.is_notebook else "script"
    return Subject(root=case.root, path=case.path, kind=kind)


def measure(case: CaseFile, options: Options, engine: Engine = FRESH) -> Row:
    """Audit one case."""
    vary = tuple(factor.name for factor in FACTORS if factor.name in {*options.vary, *case.vary})
    return Row(case=case, audit=audit(subject_of(case), replace(options, vary=vary), engine=engine))


def measured(cases: Sequence[CaseFile], options: Options, jobs: int, engine: Engine = FRESH) -> list[Row]:
    """The rows in the order of the cases; one line about each goes to standard error as soon as it is known."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(measure, case, options, engine) for case in cases]
        for future in as_completed(futures):
            row = future.result()
            told = "right" if row.right else f"NOT RIGHT {_listed(row, row.found)} {row.audit.reason}".rstrip()
            print(f"{row.case.path}: {told}", file=sys.stderr, flush=True)
    return [future.result() for future in futures]


def row_cells(row: Row) -> tuple[object, ...]:
    """What the table shows of a case."""
    return (
        row.case.path,
        row.audit.verdict,
        _listed(row, row.case.expected),
        _listed(row, row.found),
        row.audit.runs,
        row.audit.trials,
        f"{row.audit.seconds:.1f}",
        "yes" if row.right else "NO",
    )


def _listed(row: Row, found: frozenset[Found]) -> str:
    """Causes with their lines; the file is named where it is not the subject itself."""
    own = row.case.path
    return ", ".join(f"{item.cause}@{item.place.removeprefix(own).lstrip(': ')}" for item in sorted(found)) or "-"


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one cause, or all together, came out."""

    cause: str
    faulty: int
    """Cases in which it is marked."""
    detected: int
    """Of these, those that were not called reproducible."""
    right: int
    """Of these, those in which the cause was named."""
    exact: int
    """Of these, those in which it stands at all marked lines and at no other."""
    extra: int
    """Faulty cases in which it was named and is not marked."""
    traps: int
    """Clean cases that look like it."""
    alarms: int
    """Clean cases in which it was named, or that are marked with it and were not called reproducible."""
    runs: float
    """Mean of the runs for its faulty cases, remedy trials not counted."""

    @property
    def precision(self) -> float:
        """Of the times that it was named, how often it was right."""
        return _share(self.right, self.right + self.extra + self.alarms)

    @property
    def recall(self) -> float:
        """Of the cases in which it is marked, how many it was named in."""
        return _share(self.right, self.faulty)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.precision * self.recall, self.precision + self.recall)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def score(name: str, rows: Sequence[Row]) -> Score:
    """The score of one cause."""
    faulty = [row for row in rows if name in causes_of(row.case.expected)]
    clean = [row for row in rows if not row.case.expected]
    right = [row for row in faulty if name in causes_of(row.found)]
    return Score(
        cause=name,
        faulty=len(faulty),
        detected=sum(row.detected for row in faulty),
        right=len(right),
        exact=sum(_of(row.found, name) == _of(row.case.expected, name) for row in right),
        extra=sum(name in row.extra_causes for row in rows if row.case.expected),
        traps=sum(name in row.case.traps for row in clean),
        alarms=sum(name in causes_of(row.found) or (name in row.case.traps and row.detected) for row in clean),
        runs=statistics.fmean(row.audit.runs for row in faulty) if faulty else 0.0,
    )


def _of(found: Iterable[Found], name: str) -> frozenset[Found]:
    return frozenset(item for item in found if item.cause == name)


def total(scores: Sequence[Score], rows: Sequence[Row]) -> Score:
    """All causes together: a case counts once for each of its causes, its runs once."""
    faulty = [row for row in rows if row.case.expected]
    clean = [row for row in rows if not row.case.expected]
    return Score(
        cause="all",
        **{
            name: sum(getattr(each, name) for each in scores)
            for name in ("faulty", "detected", "right", "exact", "extra")
        },
        traps=len(clean),
        alarms=sum(not row.verdict_right for row in clean),
        runs=statistics.fmean(row.audit.runs for row in faulty) if faulty else 0.0,
    )


def score_cells(each: Score) -> tuple[object, ...]:
    """What the table shows of a cause."""
    figures = (f"{figure:.2f}" if each.faulty else "-" for figure in (each.precision, each.recall, each.f1))
    runs = f"{each.runs:.1f}" if each.faulty else "-"
    counts = (each.faulty, each.detected, each.right, each.exact, each.extra, each.traps, each.alarms)
    return (each.cause, *counts, *figures, runs)


SCORE_HEADER = (
    "cause", "faulty", "detected", "right cause", "exact line", "extra", "clean", "false alarms", "precision", "recall",
    "F1", "runs",
)  # fmt: skip


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Left-aligned columns, two spaces apart, as one string without a final newline."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def scores_of(rows: Sequence[Row]) -> list[Score]:
    """One score for each cause that is marked, or was found, and the last for all of them."""
    names = sorted({name for row in rows for name in causes_of(row.case.expected | row.found) | row.case.traps})
    scores = [score(name, rows) for name in names]
    return [*scores, total(scores, rows)]


def as_json(rows: Sequence[Row]) -> str:
    """The figures and each case, to be compared with an earlier measurement."""
    subjects = [
        {
            "path": row.case.path,
            "verdict": row.audit.verdict,
            "expected": [[item.cause, item.place] for item in sorted(row.case.expected)],
            "found": [[item.cause, item.place] for item in sorted(row.found)],
            "runs": row.audit.runs,
            "trials": row.audit.trials,
            "right": row.right,
        }
        for row in rows
    ]
    scores = [dict(zip(SCORE_HEADER, score_cells(each), strict=True)) for each in scores_of(rows)]
    return json.dumps({"causes": scores, "subjects": subjects}, indent=1) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", metavar="GLOB", action="append", help="cases to audit, as paths below tests/cases")
    parser.add_argument("--cause", metavar="CAUSE", help="cases that are marked with this cause alone")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="audits at a time (default %(default)s)")
    parser.add_argument("--forked", action="store_true", help="fork runs as audits of several subjects do")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures and each case")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=120.0, help="for one run (default %(default)s)"
    )
    return parser


def chosen_cases(patterns: Sequence[str], name: str | None) -> list[CaseFile]:
    """The cases that match one of the patterns and are marked with the cause, each once."""
    cases = {case.path: case for pattern in patterns for case in case_files(CASES, pattern)}
    for path in [path for path, case in cases.items() if case.missing]:
        print(f"{path}: skipped, {', '.join(cases.pop(path).missing)} is not installed", file=sys.stderr)
    return [case for case in cases.values() if name is None or name in causes_of(case.expected) | case.traps]


def _print(rows: Sequence[Row]) -> Iterator[str]:
    yield table(("case", "verdict", "expected", "found", "runs", "trials", "seconds", "right"), map(row_cells, rows))
    yield ""
    yield table(SCORE_HEADER, map(score_cells, scores_of(rows)))
    yield ""
    yield f"{sum(row.right for row in rows)} of {len(rows)} cases right"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 0 when every case is right."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    cases = chosen_cases(chosen.only or ["*"], chosen.cause)
    if not cases:
        parser.error("no case matches")
    with forking([subject_of(case) for case in cases]) if chosen.forked else nullcontext(FRESH) as engine:
        rows = measured(cases, Options(timeout=chosen.timeout), chosen.jobs, engine)
    for problem in engine.problems:
        print(problem, file=sys.stderr)
    print("\n".join(_print(rows)))
    if chosen.json:
        chosen.json.write_text(as_json(rows), encoding="utf-8")
    return 0 if all(row.right for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
