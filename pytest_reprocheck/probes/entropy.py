"""The system's entropy, where user code asks for it: ``os.urandom``, ``secrets``, ``uuid``, ``SystemRandom``.

polars' generators take theirs from it too, where the call names no seed.
"""

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


def install_in_uuid(probe: Probe, module: Any) -> None:
    """``uuid1`` of user code's own, whose time and sequence come from the system's library."""
    plain = module.uuid1

    def drawn(frame: FrameType) -> Any:
        bits = _served(probe, frame, "uuid.uuid1", 128)
        return None if bits is None else module.UUID(int=bits, version=1)

    guarded = probe.guarded("the system's entropy", drawn)

    @functools.wraps(plain)
    def uuid1(*args: Any, **kwargs: Any) -> Any:
        served = guarded(sys._getframe(1)) if probe.watching and not args and not kwargs else None
        return plain(*args, **kwargs) if served is None else served

    probe.replace(module, "uuid1", uuid1)


_POLARS = {"DataFrame": ("sample",), "Series": ("sample", "shuffle"), "Expr": ("sample", "shuffle")}
"""Classes of polars -> methods with an argument ``seed``."""


def install_in_polars(probe: Probe, module: Any) -> None:
    """Methods that draw without a seed, until the user seeds polars."""
    seeded: list[bool] = []
    plain_seed = module.set_random_seed

    @functools.wraps(plain_seed)
    def set_random_seed(*args: Any, **kwargs: Any) -> None:
        seeded.append(True)
        plain_seed(*args, **kwargs)

    probe.replace(module, "set_random_seed", set_random_seed)
    for kind, names in _POLARS.items():
        for name in names:
            owner = getattr(module, kind)
            probe.replace(owner, name, _seeded_call(probe, getattr(owner, name), f"polars.{kind}.{name}", seeded))


def _seeded_call(probe: Probe, plain: Callable[..., Any], what: str, seeded: list[bool]) -> Callable[..., Any]:
    guarded = probe.guarded("draws of polars", functools.partial(_served, probe))

    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = kwargs.get("seed") is not None or (what.endswith("shuffle") and len(args) > 1)
        if probe.watching and not seeded and not given:
            served = guarded(sys._getframe(1), what, 32)
            kwargs = kwargs if served is None else {**kwargs, "seed": served}
        return plain(*args, **kwargs)

    return call


def _served(probe: Probe, frame: FrameType, what: str, bits: int) -> int | None:
    """Bits of the line's stream, and the event; None where user code does not call itself."""
    if probe.frames.source(frame.f_code.co_filename) is None:
        return None
    stream = f"entropy@{site(probe.frames.stack(frame))}{probe.streams.maker()}"
    probe.event("entropy", stream, what, frame)
    return probe.streams.bits(stream, bits)


def _watched(probe: Probe, plain: Callable[..., bytes]) -> Callable[..., bytes]:
    def drawn(size: int, frame: FrameType) -> bytes | None:
        origin = probe.origin(frame, through=_PASSING_ON)
        if origin is None:
            return None
        stream = f"entropy@{site(probe.frames.stack(origin.user))}{probe.streams.maker()}"
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
