"""What a user has accepted: findings that are shown and do not fail."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.globs import matches


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """One acceptance, with what it covers."""

    where: str
    """Where it stands, as people find it: ``train.py:12``, ``churn.ipynb cell[4]``, ``pyproject.toml: ...``."""
    causes: tuple[str, ...]
    reason: str = ""
    needs_reason: bool = True
    """Whether a missing reason is reported: a cell's tag has no room for one."""
    pattern: str = ""
    """Glob that the path of the subject or of the finding matches; empty for acceptances that stand in the code."""
    path: str = ""
    """The file that it stands in; empty for those of the configuration."""
    cell: int | None = None
    lines: tuple[int, int] | None = None
    """First and last line of the statement that it belongs to; None for the whole cell."""

    def covers(self, finding: Finding, subject: str) -> bool:
        """Whether a finding of the subject with this path is meant."""
        if finding.cause not in self.causes:
            return False
        if self.pattern:
            return matches(subject, self.pattern) or matches(finding.location.path, self.pattern)
        place = finding.location
        if (place.path, place.cell) != (self.path, self.cell):
            return False
        return self.lines is None or place.line is None or self.lines[0] <= place.line <= self.lines[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """One finding of a baseline: it was there when the baseline was made."""

    subject: str
    """Name of the subject, with its parameters."""
    finding: str
    """``Finding.id``, which survives moved lines."""
    cause: str
    path: str
    """The file that the finding lies in."""
    source: str
    """The line of code it had."""
    reason: str = ""
    until: str = ""
    """The last day on which it is accepted, ``2026-12-31``; empty for no end."""
    expired: bool = False
    """Whether that day is over; not stored."""
