"""What ``--reprocheck-list`` shows: the subjects, and how each would be audited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_reprocheck.collecting import Entry


def listed(entries: Sequence[Entry], root: Path) -> list[str]:
    """One line for each subject, in columns."""
    from pytest_reprocheck.report.terminal import one_line

    rows = [(one_line(entry.subject.name), entry.subject.kind, one_line(_plan(entry, root))) for entry in entries]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {plan}" for name, kind, plan in rows]


def _plan(entry: Entry, root: Path) -> str:
    from pytest_reprocheck.core.conditions import DEFAULT_FACTORS
    from pytest_reprocheck.report.machine import last_seconds

    options, subject = entry.options, entry.subject
    varied = "the default factors" if options.vary == DEFAULT_FACTORS else " ".join(options.vary)
    seconds = last_seconds(root, subject.path, subject.parameters)
    cost = "not audited yet" if seconds is None else f"last audit {seconds:.3g} s"
    plan = f"varies {varied}, max {options.max_runs} runs, budget {time_text(options.budget)}, {cost}"
    return entry.problem or plan


def time_text(seconds: float) -> str:
    """Seconds, or minutes where those are whole."""
    return f"{seconds / 60:g} min" if seconds >= 60 and not seconds % 60 else f"{seconds:g} s"
