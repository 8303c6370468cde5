"""What is there on this machine: packages, kernels, devices."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

_TIMEOUT = 30


def missing_packages(names: Iterable[str], python: str | None, folders: Iterable[Path]) -> tuple[str, ...]:
    """Top-level modules that an interpreter would not find, sorted; nothing is imported.

    ``python`` is None for the running one; ``folders`` hold modules of the project itself.
    """
    own = {path.stem for folder in folders if folder.is_dir() for path in folder.iterdir()}
    wanted = sorted({name for name in names if name not in own})
    if python is None:
        return tuple(name for name in wanted if not _is_found(name))
    script = (
        "import importlib.util, sys\n"
        "print(*(n for n in sys.argv[1:] if n not in sys.modules and importlib.util.find_spec(n) is None))"
    )
    done = subprocess.run(
        [python, "-c", script, *wanted], capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    return tuple(done.stdout.split())


def _is_found(name: str) -> bool:
    if name in sys.modules or name in sys.builtin_module_names:
        return True
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def kernels() -> tuple[str, ...]:
    """Names of the installed kernels, sorted."""
    from jupyter_client.kernelspec import KernelSpecManager

    return tuple(sorted(KernelSpecManager().find_kernel_specs()))


def has_gpu() -> bool:
    """Whether the driver of an NVIDIA device is there."""
    return Path("/dev/nvidia0").exists() or Path("/proc/driver/nvidia/version").exists()


def can_fork() -> bool:
    """Whether processes can be forked, which the quicker engines need."""
    return hasattr(os, "fork")
