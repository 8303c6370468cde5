"""The in-place mode: runs in the user's own tree, one after the other, when asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from pytest_reprocheck.execution.layers import SKIPPED, Written

State = Mapping[str, tuple[int, int]]
"""POSIX path relative to the root -> size and time of modification."""


def state_of(root: Path, environments: Collection[Path]) -> State:
    """The files of a project as they are now."""
    found = {}
    for here, names, files in os.walk(root):
        folder = Path(here)
        names[:] = [name for name in names if name not in SKIPPED and folder / name not in environments]
        for name in files:
            status = (folder / name).lstat()
            if stat.S_IFMT(status.st_mode) in (stat.S_IFREG, stat.S_IFLNK):
                found[(folder / name).relative_to(root).as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


def written_since(before: State, now: State) -> Written:
    """What changed between two states."""
    return Written(
        changed=tuple(sorted(path for path, status in now.items() if before.get(path) != status)),
        removed=tuple(sorted(before.keys() - now.keys())),
    )
