"""Installs the probes for the file system: the order of listings, and what was read, listed, tested and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import accesses, listing
from .places import Places

if TYPE_CHECKING:
    from .probe import Probe


def install(probe: Probe) -> None:
    """Patch ``os`` and listen to Python, where the process runs under conditions."""
    if "conditions" in probe.config:
        places = Places(probe.config)
        listing.install(probe, places)
        accesses.install(probe, places)
