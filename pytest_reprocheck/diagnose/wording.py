"""How a change of the user's code is told: the line as it should be, or a small diff where one line is not enough."""

from __future__ import annotations

import difflib
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.sources import Edit, Unit, apply_edits, unit_at
from pytest_reprocheck.core.trace import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """A change of the user's code that removes a cause."""

    text: str
    """What to write, as the line that it becomes; as a diff where several lines change."""
    edits: tuple[Edit, ...] = ()
    """The same as edits; empty when it cannot be done mechanically."""


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def described(edits: Sequence[Edit], units: Sequence[Unit], *, at: Place) -> Remedy:
    """A remedy told by the lines that it changes, and by their place where that is not the cause's own line ``at``."""
    texts = apply_edits(units, edits)
    changes: list[tuple[Place, list[str], list[str]]] = []
    for (path, cell), after in texts.items():
        unit = unit_at(units, Place(path=path, cell=cell))
        assert unit is not None
        changes += _changes(unit, after)
    (place, old, new) = changes[0]
    if len(changes) == 1 and len(old) == len(new) == 1:
        where = "" if _is_line(place, at) else f"   ({_place_beside(place, at)})"
        return Remedy(text=f"{new[0].strip()}{where}", edits=tuple(edits))
    return Remedy(text="\n".join(_diff(changes, at)), edits=tuple(edits))


def _is_line(place: Place, at: Place) -> bool:
    return (place.path, place.cell, place.line) == (at.path, at.cell, at.line)


def _place_beside(place: Place, at: Place) -> str:
    return short_place(place) if place.path == at.path else str(place)


def short_place(place: Place) -> str:
    """A line within the file that is spoken of."""
    return f"cell[{place.cell}]:{place.line}" if place.cell is not None else f"line {place.line}"


def _changes(unit: Unit, after: str) -> Iterator[tuple[Place, list[str], list[str]]]:
    """The lines that differ, trailing comments left out: they speak of the old line."""
    old, new = _without_comments(unit.text), _without_comments(after)
    for tag, first, last, new_first, new_last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            place = Place(path=unit.path, cell=unit.cell, line=first + 1)
            yield place, old[first:last], new[new_first:new_last]


def _diff(changes: Sequence[tuple[Place, list[str], list[str]]], at: Place) -> Iterator[str]:
    told = (at.path, at.cell)
    for place, old, new in changes:
        if (place.path, place.cell) != told:
            told = (place.path, place.cell)
            yield f"{place}:" if place.path != at.path else f"{short_place(place)}:"
        yield from (f"-{line}" for line in old)
        yield from (f"+{line}" for line in new)


def _without_comments(text: str) -> list[str]:
    """The lines without comments that stand after code; as they are where the text is no plain Python."""
    lines = text.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            row, column = token.start[0] - 1, token.start[1]
            if token.type == tokenize.COMMENT and lines[row][:column].strip():
                lines[row] = lines[row][:column].rstrip()
    except (tokenize.TokenError, SyntaxError):
        return text.splitlines()
    return lines
