"""What a machine allows and what a subject needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reprocheck.core.trace import Place

NeedKind = Literal["package", "kernel", "file", "variable", "host", "gpu"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Something that has to be there before the subject can give a result."""

    kind: NeedKind
    name: str
    """A module, a kernel, a path as it is written, an environment variable, a host; ``CUDA`` for a GPU."""
    place: Place
    """Where it is first asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """A need that is not met here."""

    need: Need
    advice: str
    """What to do about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capability:
    """Something that a machine has or lacks."""

    name: str
    available: bool
    note: str
    """What there is; or why it is missing, and what that means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What would become of a subject."""

    name: str
    lacks: tuple[Lack, ...] = ()
    """What it would probably be blocked by."""
    hosts: tuple[str, ...] = ()
    """Other machines that its code names, sorted."""
    problem: str = ""
    """Why it cannot be read; empty when it can."""
    estimate: float | None = None
    """Seconds that its last audit took; None when there was none."""
