"""What the catalogue says of a cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why two runs can differ."""

    slug: str
    title: str
    recurs: bool
    """Whether results differ when simply run again here (``nondeterministic``), not only elsewhere (``fragile``)."""
    what: str
    """What happens in the user's program."""
    why: str
    """Why it matters."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What the example reads: path -> text."""
    before: Mapping[str, str] = field(default_factory=dict)
    """What these files were when the example's record was written; empty for an example without a record."""
    vary: str = ""
    """Value of ``--vary`` for the example; empty for the default."""
    remedy: str
    """What to write instead of the faulty line."""
    limits: str
    """What the tool cannot tell about this cause."""

    @property
    def example(self) -> str:
        """A faulty program."""
        return self._text("program")

    @property
    def report(self) -> str:
        """What an audit of the example printed when the page was made; empty where none can be made everywhere."""
        return self._text("report")

    def _text(self, kind: str) -> str:
        file = resources.files("pytest_reprocheck.core").joinpath("examples", f"{self.slug}.{kind}.txt")
        return file.read_text(encoding="utf-8") if file.is_file() else ""
