"""Devices that runs share and that add in an order of their own: GPUs."""

from __future__ import annotations

from pathlib import Path

_FILES = (Path("/dev/nvidiactl"), Path("/dev/nvidia0"), Path("/dev/kfd"))
"""What a program opens that uses one of NVIDIA's or AMD's."""


def devices() -> tuple[str, ...]:
    """How the paths of the files begin that a program opens to use a device of this machine; none without one."""
    found = {str(path).removesuffix("ctl").rstrip("0123456789") for path in _FILES if path.exists()}
    return tuple(sorted(found))
