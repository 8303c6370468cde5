"""What a run recorded of its surroundings, read back."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

_MOST = 4000
"""Reads of one clock that are kept: half of them the first ones, half of them the last ones."""


def came_reversed(recording: str) -> bool:
    """Whether some call's results came last first in the run whose recording this folder is, as B delivers them."""
    for file in sorted(Path(recording).glob("*.jsonl")) if recording else ():
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n") and line.startswith('["completion"'):  # a killed process leaves half a line
                _kind, _site, order = json.loads(line)
                if len(order) > 1 and order == sorted(order, reverse=True):
                    return True
    return False


def clocks_read(recording: str) -> tuple[tuple[int, ...], ...]:
    """The nanoseconds that user code read from each clock in the run whose recording this folder is."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for file in sorted(Path(recording).glob("*.jsonl")) if recording else ():
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n") and line.startswith('["clock"'):  # a killed process leaves half a line
                _kind, site, value = json.loads(line)
                found[str(site).partition(" ")[0]].append(int(value))
    half = _MOST // 2
    return tuple(tuple(reads if len(reads) <= _MOST else reads[:half] + reads[-half:]) for reads in found.values())
