"""What a user says of fields of a text that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reprocheck.core.trace import Aspect


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldRule:
    """A normaliser of the user's own, or a pair of nbval's sanitizer file."""

    name: str
    """Stands in the note of what was made equal."""
    pattern: str
    """A regular expression of Python's ``re``."""
    replace: str = ""
    """What stands for each match, with ``\\\\1`` for groups as ``re.sub`` has it."""
    aspects: tuple[Aspect, ...] = ("outputs", "artifacts")
    """Where it applies."""
