"""Outcomes of mutants: how they are kept, and the figures and the page that are made of them."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import statistics
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults import table
from benchmarks.mutants import OPERATORS
from pytest_reprocheck.core.codec import from_json

JUDGED = Path(__file__).with_name("mutants_judged.toml")
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
global seed was taken away, at a draw of the same file. *Runs* are those of an audit on average. To save time they were
forked, without the new interpreters by which an audit shows once more what forked runs have shown; where such an audit
did not tell rightly what is wrong, one with new interpreters was made, and it counts. Remedies were not tried.

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
    def told_rightly(self) -> bool:
        """Whether the audit says what is wrong, where, and nothing else."""
        return self.right and self.alone and self.exact

    @property
    def file(self) -> str:
        """The example it was made of."""
        return re.split(r" cell\[|:\d+ ", self.name)[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What somebody who looked at a mutant says of its outcome."""

    name: str
    no_result: bool = False
    """Whether what changes is no result: a variable that reaches nothing that is shown, fitted or written."""
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LookedAt:
    """The file of them."""

    mutant: tuple[Looked, ...] = ()


def read_looked_at(path: Path = JUDGED) -> dict[str, Looked]:
    """What was said of mutants, by their names."""
    read = from_json(LookedAt, tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    return {looked.name: looked for looked in read.mutant}


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


def counted(outcomes: Iterable[Outcome], looked_at: Mapping[str, Looked]) -> list[Outcome]:
    """The outcomes as they count: what changes and is no result has changed nothing."""
    none = {name for name, looked in looked_at.items() if looked.no_result}
    return [replace(outcome, changes="") if outcome.name in none else outcome for outcome in outcomes]


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures by operator, and every mutant that was not told rightly."""
    return "\n".join([table(_COLUMNS, _rows(outcomes)), "", *map(line_of, _not_right(outcomes))])


def mutation_page(outcomes: Sequence[Outcome], looked_at: Mapping[str, Looked]) -> str:
    """docs/mutation.md."""
    outcomes = counted(outcomes, looked_at)
    real = [outcome for outcome in outcomes if outcome.changes]
    days = sorted({outcome.date for outcome in real if outcome.date})
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "not run"
    parts = [_HEAD, f"{when}; {', '.join(_versions())}.", _markdown(_COLUMNS, _rows(outcomes))]
    if wrong := _not_right(outcomes):
        rows = [
            (
                f"`{item.name}`",
                f"`{item.changes}`",
                "; ".join(f"`{told}`" for told in item.told if told),
                looked_at[item.name].why if item.name in looked_at else "",
            )
            for item in wrong
        ]
        head = ("mutant", "what changes", "what the audit says", "what was found when it was looked at")
        parts += ["## Not told rightly", _markdown(head, rows)]
    if none := [looked for looked in looked_at.values() if looked.no_result]:
        said = [(f"`{looked.name}`", looked.why) for looked in none]
        parts += ["## What changes and is no result", _markdown(("mutant, in no figure above", "why"), said)]
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
    return [item for item in outcomes if item.changes and not item.told_rightly]


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield f"{name} {importlib.metadata.version(name)}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[object]] | Iterator[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
