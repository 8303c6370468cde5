"""The environment of a run, from what its probes reported."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.core.trace import Trace


def snapshot(trace: Trace) -> Mapping[str, Json]:
    """Python and packages of the subject's own interpreter, and the platform both run on."""
    return {
        "python": trace.facts.get("python", ""),
        "platform": platform.platform(),
        "packages": dict(sorted(trace.packages.items())),
    }
