"""The errors a user can act on. Faces print them as one line and a hint; everything else is a bug of ours."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ReprocheckError(Exception):
    """Base of all errors this project raises on purpose: what is wrong, where, and what to do about it."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where, hint)
        self.message = message
        self.where = where
        """File, key or place the message speaks of; empty when the message names it itself."""
        self.hint = hint
        """What the user can do now, as a sentence; empty when there is nothing to add."""

    def __str__(self) -> str:
        located = f"{self.where}: {self.message}" if self.where else self.message
        return f"{located}. {self.hint}" if self.hint else located


class ConfigError(ReprocheckError):
    """An option or a key of ``[tool.reprocheck]`` has a wrong name, type or value."""


class SubjectError(ReprocheckError):
    """The subject itself cannot be audited: it is missing, unreadable or not valid."""


class BlockedError(ReprocheckError):
    """Something the subject needs is not here (a kernel, a package); the hint says what unblocks it."""


class WorkspaceError(ReprocheckError):
    """No private copy of the project could be made for a run."""


class DecodeError(ReprocheckError):
    """Stored JSON does not have the shape it should have; ``where`` is the path to the wrong element."""


class LockError(ReprocheckError):
    """The installed environment cannot be locked: uv reaches no index, or another tool installed it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}."
