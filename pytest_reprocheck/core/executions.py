"""What was executed in a live session, and which of it the notebook's file has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reprocheck.core.findings import Audit

State = Literal["random", "numpy", "torch"]
STATES: tuple[State, ...] = ("random", "numpy", "torch")
"""Global generators of random numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """One execution of a cell in a live session."""

    number: int
    """The number in its prompt, ``In [3]``."""
    source: str
    cell: str = ""
    """The front end's id of the cell; empty where it is not known."""

    @property
    def prompt(self) -> str:
        """As it stands beside the cell."""
        return f"In [{self.number}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedCell:
    """A code cell as the notebook's file has it."""

    index: int
    """0-based, in the notebook's ``cells``."""
    source: str
    cell: str = ""
    """Its id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lacking:
    """An execution whose text the file does not have."""

    execution: Execution
    index: int | None = None
    """The cell that was edited; None where that is not known, or the cell is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellAudit:
    """What an audit of one cell in its live session found."""

    audit: Audit
    again: tuple[str, ...] = ()
    """What the cell does outside of the session, each time that it runs: ``writes out.csv``."""
    orders: tuple[str, ...] = ()
    """Places where it may depend on the string hash seed, which copies of a session have in common."""


Part = Literal["seeds", "env", "data"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One thing that was seen in a live session."""

    where: str
    """Prompt of the cell, a package or a file."""
    what: str
    """A sentence without a full stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A live session as it is now; nothing was run for it."""

    notebook: str
    """Name of the file; empty where it is not known, and cells could not be compared with it."""
    order: tuple[Told, ...]
    """Cells that ran out of order."""
    names: tuple[Told, ...]
    """Variables whose cell was deleted or edited since."""
    seeds: tuple[Told, ...]
    """Draws that nobody had seeded."""
    seeded: tuple[State, ...]
    """Global generators that the user has seeded."""
    env: tuple[Told, ...]
    """Imported packages that are not as the lock has them."""
    lock: str
    """Which lock that is; why there is none to compare with, where ``locked`` is false."""
    locked: bool
    data: tuple[Told, ...]
    """Files that the code of the session names."""
    unwatched: int
    """Cells that ran before the extension was loaded: of these the code alone is known."""


def latest(executions: Sequence[Execution]) -> tuple[Execution, ...]:
    """The last execution of each cell, in order of execution; cells without ids are told by their text."""
    found: dict[str, Execution] = {}
    for each in executions:
        key = each.cell or f"text {normal(each.source)}"
        found.pop(key, None)
        found[key] = each
    return tuple(found.values())


def place_of(execution: Execution, saved: Sequence[SavedCell]) -> SavedCell | None:
    """The file's cell with an execution's text; its own one, where several have the same text."""
    same = [each for each in saved if normal(each.source) == normal(execution.source)]
    return next((each for each in same if execution.cell and each.cell == execution.cell), same[0] if same else None)


def lacking(executions: Sequence[Execution], saved: Sequence[SavedCell]) -> tuple[Lacking, ...]:
    """The executions that the file lacks, because a cell was edited or deleted afterwards, or not saved."""
    ids = {each.cell: each.index for each in saved if each.cell}
    return tuple(
        Lacking(execution=each, index=ids.get(each.cell))
        for each in latest(executions)
        if place_of(each, saved) is None and not is_own(each.source)
    )


def is_own(source: str) -> bool:
    """Whether a cell only asks this tool for something: it is no part of what is audited."""
    lines = [line.strip() for line in source.strip().splitlines()]
    return all(
        not line or line.startswith(("#", "%load_ext", "%reload_ext", "%reproaudit")) or "= %reproaudit" in line
        for line in lines
    )


def normal(source: str) -> str:
    """A cell's text without the ends of lines that front ends add or drop."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
