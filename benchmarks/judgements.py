"""What was judged of the corpora's findings by hand, and what of it a set of results still shows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.missed import Compared
from benchmarks.results import Result
from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.findings import Finding

HARDWARE = frozenset({"cpu-dispatch", "thread-count", "network"})
"""Causes that the default factors do not show."""
JUDGED = Path(__file__).with_name("corpora_judged.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What somebody who read the code and varied the circumstance by hand says of a finding."""

    example: str
    """PROJECT/PATH of the example."""
    cause: str
    place: str
    """The finding's place without the example's path: ``line 40``, ``cell 3``, ``cell 3 line 2``, ``file`` for all
    of it; another file's path stands before it."""
    right: bool
    """Whether cause, line, effects and severity are what they should be."""
    why: str
    """In one sentence."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it shares with the finding that it judges."""
        return self.example, self.cause, self.place


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfound:
    """What differs between plain runs of an example though its audit found nothing."""

    example: str
    missed: bool
    """Whether a finding should tell of it."""
    why: str
    """In one sentence: what it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mended:
    """What an earlier audit of the corpora got wrong, and gets right since."""

    example: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exhibit:
    """A finding that docs/gallery.md shows."""

    example: str
    cause: str
    place: str
    title: str
    lines: tuple[str, ...]
    """What is shown of the code: ``12``, ``12-15``, in a notebook ``3:12-15`` with the cell."""
    why: str
    """How the cause came to what it reached."""
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgements:
    """The file of judgements."""

    finding: tuple[Judgement, ...] = ()
    unfound: tuple[Unfound, ...] = ()
    mended: tuple[Mended, ...] = ()
    gallery: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A finding of an example and what is said of it."""

    result: Result
    finding: Finding
    judgement: Judgement | None
    """None where nobody has looked at it."""


def read_judgements(path: Path = JUDGED) -> Judgements:
    """Read the file; raises DecodeError for anything of another form, ValueError where a finding is judged twice."""
    read = from_json(Judgements, tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    keys = [judgement.key for judgement in read.finding]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"{path.name}: judged twice: {twice}")
    return read


def place_of(result: Result, finding: Finding) -> str:
    """The finding's place as judgements name it."""
    place = finding.location
    parts = [place.path] if place.path != result.path else []
    parts += [f"cell {place.cell}"] if place.cell is not None else []
    parts += [f"line {place.line}"] if place.line is not None else []
    return " ".join(parts) or "file"


def judged(results: Iterable[Result], judgements: Judgements) -> list[Judged]:
    """Every finding of the results that a user sees, errors and warnings, with its judgement."""
    known: Mapping[tuple[str, str, str], Judgement] = {item.key: item for item in judgements.finding}
    return [
        Judged(
            result=result,
            finding=finding,
            judgement=known.get((result.name, finding.cause, place_of(result, finding))),
        )
        for result in results
        if result.audit is not None
        for finding in result.audit.findings
        if finding.severity != "info"
    ]


def untold(results: Iterable[Result], compared: Iterable[Compared]) -> list[Compared]:
    """Examples that differ between plain runs, and whose audit with the default factors has no finding."""
    told = {result.name for result in results if result.audit is not None and result.audit.findings}
    return [each for each in compared if each.differs and each.name not in told]


def gone(results: Sequence[Result], judgements: Judgements) -> list[Judgement]:
    """What was judged right of an example that ran with the factors that show it, and is not found any more."""
    shown = {item.judgement.key for item in judged(results, judgements) if item.judgement is not None}
    ran = {result.name for result in results if result.ran}
    shaken = {result.name for result in results if result.ran and result.level == "hardware"}
    return [
        item
        for item in judgements.finding
        if item.right and item.example in (shaken if item.cause in HARDWARE else ran) and item.key not in shown
    ]
