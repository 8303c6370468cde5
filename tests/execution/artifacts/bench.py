"""Two files, read as those of two runs and compared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.compare.comparators import compare_values
from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.compare.normalise import Own
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Reading, of_file
from pytest_reprocheck.execution.artifacts.keeping import Keeper
from pytest_reprocheck.execution.artifacts.kinds import read_content
from pytest_reprocheck.execution.artifacts.library import Readers


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Folders of two runs."""

    folder: Path
    library: Readers

    def read(self, side: str, name: str, content: bytes | Path) -> Value:
        """What a run's file holds."""
        blobs = self.folder / side
        blobs.mkdir(exist_ok=True)
        path = content if isinstance(content, Path) else self.folder / f"{side}-file"
        if isinstance(content, bytes):
            path.write_bytes(content)
        reading = Reading(keeper=Keeper(blobs=blobs), library=self.library, scratch=self.folder, tell=read_content)
        return read_content(of_file(name, path), reading)

    def compare(self, name: str, a: bytes, b: bytes) -> Judgement | None:
        """How two contents of one file differ."""
        values = self.read("a", name, a), self.read("b", name, b)
        context = Context(
            a_blobs=self.folder / "a", b_blobs=self.folder / "b", a_own=Own(), b_own=Own(), tolerance=Tolerance(),
            aspect="artifacts", what=f"file {name}",
        )  # fmt: skip
        return compare_values(*values, context)

    def judged(self, name: str, a: bytes, b: bytes) -> str:
        """The sameness and the note, ``identical`` for equal contents."""
        found = self.compare(name, a, b)
        return "identical" if found is None else f"{found.sameness.value}: {found.note}"


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A bench whose reader processes end with it."""
    library = Readers(pythons=(sys.executable,), folder=folder)
    try:
        yield Bench(folder=folder, library=library)
    finally:
        library.close()
