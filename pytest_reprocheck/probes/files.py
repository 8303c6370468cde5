"""Installs the probes for the file system: the order of listings, and what was read, listed, tested and written."""

from __future__ import annotations

from . import accesses, fence, listing, native_files
from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe


def install(probe: Probe) -> dict[str, Callable[[Any], None]]:
    """Patch ``os`` and listen to Python, where the process runs under conditions; gives hooks for native readers."""
    if "conditions" not in probe.config:
        return {}
    places = Places(probe.config)
    listing.install(probe, places)
    fence.install(probe, places)
    hooks = native_files.hooks(probe, accesses.install(probe, places))
    return {name: probe.guarded(f"files of {name}", hook) for name, hook in hooks.items()}


def install_written(probe: Probe) -> dict[str, Callable[[Any], None]]:
    """Listen for what a function of this process writes; gives hooks for native writers."""
    hooks = native_files.hooks(probe, accesses.install_written(probe, Places(probe.config)))
    return {name: probe.guarded(f"files of {name}", hook) for name, hook in hooks.items()}
