"""What a run wrote, as observations in its log."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_reprocheck.core.trace import Access, Event, NotCompared, Observation, Refusal, Trace
from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.blocks import read_blocks
from pytest_reprocheck.execution.artifacts.content import Content, Reading, of_file
from pytest_reprocheck.execution.artifacts.finding import Found
from pytest_reprocheck.execution.artifacts.keeping import Keeper, scalar
from pytest_reprocheck.execution.artifacts.kinds import read_content
from pytest_reprocheck.execution.artifacts.library import Readers, interpreters
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError

MOST_FILES = 10_000
"""Files of one run that are compared."""
MOST_DETAILED = 2_000
"""Files of one run that are compared by what is in them, the others by their bytes."""
MOST_BYTES = 16 * 2**30
"""Bytes of one run's files that are looked at."""
_Entry = Event | Observation | Access | Refusal


@dataclass(kw_only=True, slots=True)
class _Room:
    """How much is still looked at; a matter of sizes and numbers alone, so that all runs tell the same."""

    bytes: int = MOST_BYTES
    detailed: int = MOST_DETAILED


@dataclass(frozen=True, kw_only=True, slots=True)
class _Log:
    """Positions in a trace's log."""

    ends: Mapping[int | None, int]
    """Step -> its last entry."""
    accesses: Sequence[int]
    """Sorted."""

    @classmethod
    def of(cls, trace: Trace) -> _Log:
        """The positions of a trace."""
        ends: dict[int | None, int] = {}
        for entry in _entries(trace):
            ends[entry.step] = max(entry.seq, ends.get(entry.step, -1))
        return cls(ends=ends, accesses=sorted(access.seq for access in trace.accesses))

    @property
    def end(self) -> int:
        """The last entry of all."""
        return max(self.ends.values(), default=-1)

    def written_until(self, access: Access) -> int:
        """The last entry that a file opened there was most likely written at.

        What it holds was computed before, or while it is open: until the step ends, or the next file is used.
        """
        following = bisect_right(self.accesses, access.seq)
        until = self.accesses[following] - 1 if following < len(self.accesses) else self.end
        return max(access.seq, min(until, self.ends[access.step]))


def with_artifacts(trace: Trace, files: Sequence[Found], *, blobs: Path, scratch: Path, python: str | None) -> Trace:
    """The trace with an observation for each file, placed at the line that first wrote it.

    Args:
        trace: the run's log.
        files: what it left, sorted.
        blobs: where array data and pictures go.
        scratch: an existing folder for copies.
        python: the subject's interpreter, which has the libraries for some formats.
    """
    if not files:
        return trace
    blobs.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    wrote = {access.path: access for access in reversed(trace.accesses) if access.kind == "written"}
    facts: list[Observation] = []
    not_compared: list[NotCompared] = []
    room = _Room()
    log = _Log.of(trace)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        library = Readers(pythons=interpreters(python), folder=Path(folder))
        reading = Reading(keeper=Keeper(blobs=blobs), library=library, scratch=Path(folder), tell=read_content)
        try:
            for found in files[:MOST_FILES]:
                value = _value(found, reading, room)
                if isinstance(value, str):
                    not_compared.append(NotCompared(what=f"file {found.name}", reason=value))
                else:
                    facts.append(_observed(found, value, wrote.get(found.name), log))
        finally:
            library.close()
    if len(files) > MOST_FILES:
        reason = f"{len(files) - MOST_FILES} files beyond the first {MOST_FILES:,}"
        not_compared.append(NotCompared(what="files that the run wrote", reason=reason))
    return replace(_merged(trace, facts), not_compared=(*trace.not_compared, *not_compared))


def _value(found: Found, reading: Reading, room: _Room) -> Value | str:
    """What is in a file; a text says why nothing of it is known."""
    if found.path is None:
        return scalar("removed file", "removed")
    try:
        if found.path.is_symlink():
            return scalar("link", repr(str(found.path.readlink())))
        content = of_file(found.name, found.path)
        if content.size > room.bytes:
            return f"more than {MOST_BYTES // 2**30} GiB of files"
        room.bytes -= content.size
        room.detailed -= 1
        return _read(content, reading, in_detail=room.detailed >= 0)
    except (OSError, UnreadableError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        return f"cannot be read: {reason or error}"


def _read(content: Content, reading: Reading, *, in_detail: bool) -> Value:
    if in_detail:
        return read_content(content, reading)
    return read_blocks(content, reading.keeper, f"more than {MOST_DETAILED:,} files")


def _observed(found: Found, value: Value, access: Access | None, log: _Log) -> Observation:
    return Observation(
        seq=log.end if access is None else log.written_until(access),
        aspect="artifacts",
        what=f"file {found.name}",
        step=None if access is None else access.step,
        stack=() if access is None else access.stack,
        value=value,
    )


def _entries(trace: Trace) -> list[_Entry]:
    return [*trace.events, *trace.accesses, *trace.refusals, *trace.observations]


def _merged(trace: Trace, facts: Sequence[Observation]) -> Trace:
    """The log with the facts behind the entries that they follow, numbered anew."""
    entries = sorted(_entries(trace), key=lambda entry: entry.seq)
    merged = sorted((*entries, *facts), key=lambda entry: entry.seq)
    numbered = [replace(entry, seq=seq) for seq, entry in enumerate(merged)]
    return replace(
        trace,
        observations=tuple(entry for entry in numbered if isinstance(entry, Observation)),
        events=tuple(entry for entry in numbered if isinstance(entry, Event)),
        accesses=tuple(entry for entry in numbered if isinstance(entry, Access)),
        refusals=tuple(entry for entry in numbered if isinstance(entry, Refusal)),
    )
