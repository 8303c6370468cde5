"""The user's code as text, and edits of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_reprocheck.core.trace import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A file, or a notebook's cell."""

    path: str
    """POSIX path relative to the project's root."""
    cell: int | None
    text: str
    tags: tuple[str, ...] = ()
    """A cell's tags."""

    def line(self, number: int | None) -> str:
        """The stripped text of a 1-based line; empty when there is none."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if number is not None and 1 <= number <= len(lines) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A replacement of part of a unit's text."""

    place: Place
    """Unit and first line."""
    column: int
    """0-based, in characters."""
    end_line: int
    end_column: int
    text: str


def unit_at(units: Iterable[Unit], place: Place) -> Unit | None:
    """The unit a place lies in."""
    return next((unit for unit in units if unit.path == place.path and unit.cell == place.cell), None)


def apply_edits(units: Iterable[Unit], edits: Iterable[Edit]) -> Mapping[tuple[str, int | None], str]:
    """The new texts of the units that edits touch; edits of one unit must not overlap."""
    texts: dict[tuple[str, int | None], str] = {}
    by_key = {(unit.path, unit.cell): unit.text for unit in units}
    # From the end to the start, so that earlier positions stay valid.
    for edit in sorted(edits, key=lambda item: (item.place.line or 0, item.column), reverse=True):
        key = (edit.place.path, edit.place.cell)
        lines = texts.get(key, by_key[key]).splitlines(keepends=True)
        first, last = (edit.place.line or 1) - 1, edit.end_line - 1
        changed = lines[first][: edit.column] + edit.text + lines[last][edit.end_column :]
        lines[first : last + 1] = [changed]
        texts[key] = "".join(lines)
    return texts
