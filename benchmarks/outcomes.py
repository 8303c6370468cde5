"""Outcomes of mutants: how they are kept, and the figures and the page that are made of them."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults import table
from benchmarks.mutants import OPERATORS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "mutation.md"
_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "matplotlib")
_COLUMNS = (
    "operator",
    "files",
    "mutants",
    "that change",
    "caught",
    "right cause",
    "nothing else",
    "exact line",
    "runs",
)

_HEAD = """# Mutation of published code

Faults that were put into code that has none, one at a time, and what audits say of them. The code is that of
scikit-learn's example scripts, from all folders, and of statsmodels' example notebooks: those that run offline, take no
more than some seconds, and are reproducible. A seed is taken away, a list of names goes through a set, results are
appended as tasks are completed ([`benchmarks/mutants.py`](../benchmarks/mutants.py)). Nobody marks what is right: a
mutant counts when plain Python, without this tool, shows that a variable, a figure or what is printed changes, in five
runs with other hash seeds or with the circumstance turned the other way round; what the untouched example does not keep
in such runs is left out of it.

*Caught*: there is a finding. *Right cause*: one of them has the cause that the operator has put there. *Nothing else*:
and none that fails has another cause. *Exact line*: it is at the changed statement, or its remedy names that; where a
global seed was taken away, at a draw of the same file. *Runs* are those of an audit on average. They are forked, and
to save time they were not shown once more by new interpreters; remedies were not tried.

This page is made by `python -m benchmarks.mutate --page`."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a mutant."""

    name: str
    operator: str = ""
    """Empty for an example whose mutants were not examined; ``told`` says why."""
    changes: str = ""
    """What showed that its results change; empty where they do not."""
    caught: bool = False
    right: bool = False
    alone: bool = False
    """Whether no finding that fails has another cause."""
    exact: bool = False
    runs: int = 0
    date: str = ""
    """The day of the audit, ISO 8601 in UTC; empty where there was none."""
    told: tuple[str, ...] = ()
    """The findings, or the reason of the verdict."""

    @property
    def file(self) -> str:
        """The example it was made of."""
        return re.split(r" cell\[|:\d+ ", self.name)[0]


def read_state(path: Path) -> dict[str, Outcome]:
    """The outcomes of earlier calls, by name; the last one where a mutant has several."""
    if not path.is_file():
        return {}
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {entry["name"]: Outcome(**{**entry, "told": tuple(entry["told"])}) for entry in entries}


def line_of(outcome: Outcome) -> str:
    """What is printed of one mutant."""
    marks = [name for name in ("caught", "right", "alone", "exact") if outcome.changes and not getattr(outcome, name)]
    told = "; ".join([*(f"NOT {mark.upper()}" for mark in marks), *filter(None, (outcome.changes, *outcome.told))])
    return f"{outcome.name}  {told or 'changes nothing'}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures by operator, and every mutant that was not told rightly."""
    return "\n".join([table(_COLUMNS, _rows(outcomes)), "", *map(line_of, _not_right(outcomes))])


def mutation_page(outcomes: Sequence[Outcome]) -> str:
    """docs/mutation.md."""
    real = [outcome for outcome in outcomes if outcome.changes]
    days = sorted({outcome.date for outcome in real if outcome.date})
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "not run"
    parts = [_HEAD, f"{when}; {', '.join(_versions())}.", _markdown(_COLUMNS, _rows(outcomes))]
    if wrong := _not_right(outcomes):
        rows = [(f"`{item.name}`", f"`{item.changes}`", "; ".join(f"`{told}`" for told in item.told)) for item in wrong]
        parts += ["## Not told rightly", _markdown(("mutant", "what changes", "what the audit says"), rows)]
    unused = Counter(re.sub(r":.*", "", outcome.told[0]) for outcome in outcomes if not outcome.operator)
    if unused:
        told = ", ".join(f"{reason}: {count}" for reason, count in sorted(unused.items()))
        parts += [f"Examples that were not mutated: {told}."]
    return "\n\n".join(parts) + "\n"


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for operator in (*OPERATORS, "all"):
        made = [outcome for outcome in outcomes if outcome.operator and operator in (outcome.operator, "all")]
        real = [outcome for outcome in made if outcome.changes]
        counts = [sum(getattr(outcome, name) for outcome in real) for name in ("caught", "right", "alone", "exact")]
        runs = f"{statistics.fmean(outcome.runs for outcome in real):.1f}" if real else "-"
        yield (operator, len({outcome.file for outcome in real}), len(made), len(real), *counts, runs)


def _not_right(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [item for item in outcomes if item.changes and not (item.right and item.alone and item.exact)]


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    yield from (f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[object]] | Iterator[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
