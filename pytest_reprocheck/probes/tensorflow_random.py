"""TensorFlow's operations without a seed: each gets one from a recorded stream while nobody has set the global seed.

Every operation that draws asks one function for its two seeds; without any it says None twice, and the operation
would take the system's entropy.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .calls import called_by_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .probe import Probe


def install(probe: Probe, module: Any) -> None:
    """Serve ``get_seed`` of ``tensorflow.python.framework.random_seed``."""
    plain = module.get_seed
    stream = f"tensorflow{probe.streams.drawer()}"

    def seeds(frame: FrameType) -> tuple[int, int] | None:
        origin = probe.origin(frame)
        if origin is None:
            return None
        probe.event("tensorflow", stream, called_by_user(origin, "tensorflow"), origin.user)
        return probe.streams.bits(stream, 30) + 1, probe.streams.bits(stream, 30) + 1

    guarded = probe.guarded("draws from TensorFlow", seeds)

    @functools.wraps(plain)
    def get_seed(op_seed: Any) -> Any:
        found = plain(op_seed)
        if tuple(found) != (None, None) or not probe.watching:
            return found
        return guarded(sys._getframe(1)) or found

    probe.replace(module, "get_seed", get_seed)
