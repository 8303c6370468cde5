"""What is mounted where, and the mounts that every run gets."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pytest_reprocheck.core.subjects import Json

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - semaphores and shared memory live there by this name
_ESCAPE = re.compile(r"\\([0-7]{3})")
_FILES = frozenset(
    {"btrfs", "ext2", "ext3", "ext4", "f2fs", "nfs", "nfs4", "overlay", "tmpfs", "virtiofs", "xfs", "zfs"}
)
"""File systems that an overlay can lie over; others are shown as they are."""


def mounts_below(folder: Path) -> list[tuple[Path, bool]]:
    """(mount point, whether an overlay can lie over it) for everything mounted inside a folder, outer ones first."""
    found: dict[Path, bool] = {}
    # Texts, as there may be hundreds of lines, and paths are made slowly.
    inside = str(folder).rstrip("/") + "/"
    with suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
            fields = line.split(" ")
            name = _ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), fields[4])
            if name.startswith(inside) and name != inside:
                point = Path(name)
                found[point] = point.is_dir() and fields[fields.index("-") + 1] in _FILES
    return sorted(found.items())


def shared_memory(base: Path, seen: Sequence[Path]) -> list[Json]:
    """An empty /dev/shm, so that what a run leaves there goes with it; none where the project itself lies there."""
    if not SHARED_MEMORY.is_dir() or any(path.is_relative_to(SHARED_MEMORY) for path in seen):
        return []
    size = os.statvfs(SHARED_MEMORY)
    options: list[Json] = ["mode=1777", f"size={size.f_blocks * size.f_frsize}"]
    empty: dict[str, Json] = {"kind": "tmpfs", "at": str(SHARED_MEMORY), "options": options}
    if not base.is_relative_to(SHARED_MEMORY):
        return [empty]
    return [{**empty, "folders": [str(base)]}, bind(base, base)]


def read_only(folder: Path) -> list[Json]:
    """A folder and everything mounted in it, as it is and not to be written to."""
    points = [folder, *(point for point, _overlaid in mounts_below(folder))]
    return [{**bind(point, point), "readonly": True} for point in points]


def bind(source: Path, at: Path, *, optional: bool = False) -> dict[str, Json]:
    """The same file or folder at another place; ``optional``: nothing where it is gone by then."""
    return {"kind": "bind", "source": str(source), "at": str(at), "optional": optional}
