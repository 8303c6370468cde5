"""Files that a run left and that the next run on the same tree would meet."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.trace import Access, Place, Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """A file that a run wrote after it had looked at it."""

    path: str
    existed: bool
    """Whether it was there before the run: then the run changed what it reads."""
    looked: Access
    """How the run looked at it: read it, tested whether it is there, or listed its folder."""
    wrote: Access | None
    """None where a library wrote it unseen."""

    @property
    def cause(self) -> str:
        """The catalogue's entry."""
        return "input-mutated" if self.existed else "leftover-state"

    @property
    def place(self) -> Place | None:
        """The line that changes what it reads; else the line that looks for what an earlier run may have left."""
        access = self.wrote if self.existed and self.wrote is not None else self.looked
        return access.stack[0].place if access.stack else None


def find_leftovers(trace: Trace, existing: Collection[str]) -> tuple[Leftover, ...]:
    """What a run wrote that it had read, listed or tested before; ``existing`` are files and folders of the project.

    A file that is written first and read afterwards is the run's own business.
    """
    written = {access.path: access for access in reversed(trace.accesses) if access.kind == "written"}
    found = []
    for path in trace.written:
        wrote = written.get(path)
        folders = _folders_that_gain(path, existing)
        looked = [
            access
            for access in trace.accesses
            if (access.path == path and access.kind in ("read", "tested"))
            or (access.path in folders and access.kind == "listed")
        ]
        before = [access for access in looked if wrote is None or access.seq < wrote.seq]
        if before:
            found.append(Leftover(path=path, existed=path in existing, looked=before[0], wrote=wrote))
    return tuple(found)


def _folders_that_gain(path: str, existing: Collection[str]) -> frozenset[str]:
    """The folders above in which the next run would see an entry more."""
    below = (path, *(each.as_posix() for each in PurePosixPath(path).parents))
    return frozenset(folder for entry, folder in itertools.pairwise(below) if entry not in existing)


def is_longer_log(difference: Difference) -> bool:
    """Whether a log has become longer, as every run makes it: a record of what was done, no result."""
    is_log = difference.key.aspect == "artifacts" and difference.key.what.endswith(".log")
    return is_log and bool(difference.parts) and all(part.startswith("after line ") for part in difference.parts)


def likeliest(leftovers: Sequence[Leftover], differences: Sequence[Difference]) -> Leftover:
    """The one that was looked at last before the first difference; a changed old file before a new one."""
    first = differences[0].seq
    return max(leftovers, key=lambda item: (item.looked.seq <= first, item.existed, item.looked.seq))
