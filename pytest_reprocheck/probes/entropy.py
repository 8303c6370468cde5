"""The system's entropy, where user code asks for it: ``os.urandom``, ``secrets``, ``uuid4``, ``SystemRandom``."""

# Callers' frames and hidden instances have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import os
import sys

from .calls import called_by_user
from .frames import site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .probe import Probe

_PASSING_ON = frozenset({"random", "uuid", "secrets"})


def install(probe: Probe) -> None:
    """Serve draws for user code from their site's stream; everybody else gets real entropy."""
    probe.replace(os, "urandom", _watched(probe, os.urandom))
    if hasattr(os, "getrandom"):
        probe.replace(os, "getrandom", _watched(probe, os.getrandom))


def install_in_random(probe: Probe, module: Any) -> None:
    """The name that ``random`` holds, where it was imported before."""
    if module._urandom is not os.urandom:
        probe.replace(module, "_urandom", os.urandom)


def _watched(probe: Probe, plain: Callable[..., bytes]) -> Callable[..., bytes]:
    def drawn(size: int, frame: FrameType) -> bytes | None:
        origin = probe.origin(frame, through=_PASSING_ON)
        if origin is None:
            return None
        stream = f"entropy@{site(probe.frames.stack(origin.user))}{probe.streams.process()}"
        probe.event("entropy", stream, called_by_user(origin, "os"), origin.user)
        if probe.config.get("attended"):
            return None  # the user's own run may make keys and tokens of it
        return probe.streams.bits(stream, size * 8).to_bytes(size, "little")

    guarded = probe.guarded("the system's entropy", drawn)

    @functools.wraps(plain)
    def urandom(size: int, *args: Any, **kwargs: Any) -> bytes:
        served = guarded(size, sys._getframe(1)) if probe.watching and type(size) is int and size >= 0 else None
        return plain(size, *args, **kwargs) if served is None else served

    urandom.__module__ = "os"
    return urandom
