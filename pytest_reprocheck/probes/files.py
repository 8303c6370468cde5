"""Installs the probes for the file system: the order of listings, and what was read, listed, tested and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import listing
from .places import Places

if TYPE_CHECKING:
    from .probe import Probe


def install(probe: Probe) -> None:
    """Patch ``os``, where the process runs under conditions."""
    if "conditions" in probe.config:
        listing.install(probe, Places(probe.config))
