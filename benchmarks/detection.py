"""Audits every subject of tests/subjects and compares what is found with the marks in their code.

A mark is a trailing comment ``# expect: CAUSE`` on the line to be found, in the subject or in a module that it imports
from its own folder. A subject is right when its verdict is right and its error findings are exactly the marked causes
at the marked lines. Exits with 1 when any is not.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.causes import cause
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Place

SUBJECTS = Path(__file__).resolve().parents[1] / "tests" / "subjects"
MARK = re.compile(r"#\s*expect:\s*([a-z-]+)\s*$")
NEED = re.compile(r"^# needs: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Found:
    """A cause at a line, expected or reported."""

    cause: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One subject with what was expected and what came out."""

    path: str
    expected: frozenset[Found]
    audit: Audit

    @property
    def found(self) -> frozenset[Found]:
        """The findings that count against the subject."""
        return frozenset(Found(f.cause, str(f.location)) for f in self.audit.findings if f.severity == "error")

    @property
    def verdict_right(self) -> bool:
        """Faulty subjects differ here or elsewhere, by what their causes do; all others are reproducible."""
        if not self.expected:
            return self.audit.verdict == "reproducible"
        recurs = any(cause(found.cause).recurs for found in self.expected)
        return self.audit.verdict == ("nondeterministic" if recurs else "fragile")

    @property
    def right(self) -> bool:
        """Verdict, causes and lines, all of them and nothing else."""
        return self.verdict_right and self.found == self.expected


def subjects(root: Path, pattern: str) -> list[Path]:
    """Notebooks and scripts directly in ``faulty`` and ``clean``; deeper files are their modules."""
    files = sorted(path for folder in ("faulty", "clean") for path in (root / folder).iterdir())
    return [
        path
        for path in files
        if path.suffix in (".py", ".ipynb") and fnmatch.fnmatch(path.relative_to(root).as_posix(), pattern)
    ]


def missing(path: Path) -> list[str]:
    """Packages that a subject says it needs and that are not installed here."""
    return [name for name in NEED.findall(path.read_text(encoding="utf-8")) if find_spec(name) is None]


def marks(root: Path, path: Path) -> frozenset[Found]:
    """The marked lines of a subject and of the modules it imports from its own folder."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = {index: "".join(cell["source"]) for index, cell in enumerate(cells) if cell["cell_type"] == "code"}
        return frozenset(found for index, source in sources.items() for found in _marks_in(root, path, index, source))
    found: set[Found] = set()
    for file in _with_local_imports(path):
        found.update(_marks_in(root, file, None, file.read_text(encoding="utf-8")))
    return frozenset(found)


def _marks_in(root: Path, path: Path, cell: int | None, source: str) -> Iterator[Found]:
    relative = path.relative_to(root).as_posix()
    for number, line in enumerate(source.splitlines(), start=1):
        if mark := MARK.search(line):
            yield Found(mark[1], str(Place(path=relative, cell=cell, line=number)))


def _with_local_imports(script: Path) -> list[Path]:
    """The script and the modules beside it that it imports, directly or through one another."""
    reached: list[Path] = []
    waiting = [script]
    while waiting:
        file = waiting.pop()
        if file in reached:
            continue
        reached.append(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            candidates = (script.parent.joinpath(*name.split(".")).with_suffix(".py") for name in names)
            waiting.extend(candidate for candidate in candidates if candidate.is_file())
    return reached


def measure(root: Path, path: Path, options: Options) -> Row:
    """Audit one subject in a copy of the whole ``tests/subjects`` tree."""
    relative = path.relative_to(root).as_posix()
    subject = Subject(root=root, path=relative, kind="notebook" if path.suffix == ".ipynb" else "script")
    return Row(path=relative, expected=marks(root, path), audit=audit(subject, options))


def row_cells(row: Row) -> tuple[object, ...]:
    """What the table shows of a subject."""
    return (
        row.path,
        row.audit.verdict,
        _listed(row.path, row.expected),
        _listed(row.path, row.found),
        row.audit.runs,
        f"{row.audit.seconds:.1f}",
        "yes" if row.right else "NO",
    )


def _listed(path: str, found: frozenset[Found]) -> str:
    """Causes with their lines; the file is named where it is not the subject itself."""
    return ", ".join(f"{item.cause}@{item.place.removeprefix(path).lstrip(': ')}" for item in sorted(found)) or "-"


def cause_cells(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    """Precision and recall of each cause, then of all together; a finding is right when cause and line are."""
    causes = sorted({found.cause for row in rows for found in row.expected | row.found})
    for name, chosen in [*((slug, {slug}) for slug in causes), ("all", set(causes))]:
        expected = {(row.path, found) for row in rows for found in row.expected if found.cause in chosen}
        found = {(row.path, found) for row in rows for found in row.found if found.cause in chosen}
        right = len(expected & found)
        yield name, len(expected), len(found), right, _share(right, len(found)), _share(right, len(expected))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Left-aligned columns, two spaces apart, as one string without a final newline."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def summary(rows: Sequence[Row]) -> str:
    """The figures below the tables."""
    faulty = [row for row in rows if row.expected]
    clean = [row for row in rows if not row.expected]
    lines = [f"{sum(row.right for row in rows)} of {len(rows)} subjects right"]
    for name, chosen in (("faulty", faulty), ("clean", clean)):
        if chosen:
            runs = sum(row.audit.runs for row in chosen) / len(chosen)
            right = sum(row.verdict_right for row in chosen)
            lines.append(f"{name}: {right} of {len(chosen)} verdicts right, {runs:.1f} runs on average")
    alarms = [row.path for row in clean if not row.verdict_right]
    lines.append(f"false alarms: {len(alarms)}" + (f" ({', '.join(alarms)})" if alarms else ""))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 0 when every subject is right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", metavar="GLOB", default="*", help="subjects to audit, as paths below tests/subjects")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=120.0, help="for one run (default %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    rows = []
    for path in subjects(SUBJECTS, chosen.only):
        if absent := missing(path):
            print(f"{path.name}: skipped, {', '.join(absent)} is not installed", file=sys.stderr)
            continue
        row = measure(SUBJECTS, path, Options(timeout=chosen.timeout))
        print(
            f"{row.path}: {'right' if row.right else 'NOT RIGHT'} {row.audit.reason}".rstrip(),
            file=sys.stderr,
            flush=True,
        )
        rows.append(row)
    if not rows:
        parser.error(f"no subject matches {chosen.only!r}")
    print(table(("subject", "verdict", "expected", "found", "runs", "seconds", "right"), map(row_cells, rows)))
    print()
    print(table(("cause", "expected", "found", "right", "precision", "recall"), cause_cells(rows)))
    print()
    print(summary(rows))
    return 0 if all(row.right for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
