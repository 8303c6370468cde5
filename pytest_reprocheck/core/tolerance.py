"""How far apart two floats may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pytest_reprocheck.core.trace import Aspect


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far apart two floats may be and still count as the same, as ``torch.testing.assert_close`` has it."""

    rtol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1.3e-6 for float32."""
    atol: float | None = None
    """None: by dtype, 1e-7 for float64 and text, 1e-5 for float32."""
    aspects: Mapping[Aspect, Tolerance] = field(default_factory=dict)
    """What holds for single aspects instead."""
    cells: Mapping[int, Tolerance] = field(default_factory=dict)
    """By a notebook's 0-based cell; before the aspect's."""
    columns: Mapping[str, Tolerance] = field(default_factory=dict)
    """By a glob of the name of a column, a key or an attribute; before all others, the last one that fits."""

    def at(self, aspect: Aspect, cell: int | None) -> Tolerance:
        """What holds for an aspect's facts in a cell; columns still have their own."""
        nearer = [self.aspects[aspect]] if aspect in self.aspects else []
        nearer += [self.cells[cell]] if cell is not None and cell in self.cells else []
        return dataclasses.replace(_overlaid(self, nearer), aspects={}, cells={})

    def of(self, name: str) -> Tolerance:
        """What holds for a column, key or attribute of that name."""
        if not self.columns:
            return self
        return _overlaid(self, [nearer for pattern, nearer in self.columns.items() if fnmatchcase(name, pattern)])


def _overlaid(tolerance: Tolerance, nearer: Iterable[Tolerance]) -> Tolerance:
    """The limits of the nearer ones, where they have any."""
    for each in nearer:
        rtol = tolerance.rtol if each.rtol is None else each.rtol
        atol = tolerance.atol if each.atol is None else each.atol
        tolerance = dataclasses.replace(tolerance, rtol=rtol, atol=atol)
    return tolerance
