"""Renaming a folder of the user's where the kernel cannot: in an overlay that an ordinary user mounted.

There ``os.rename`` fails as it does between file systems. ``mv`` and ``shutil.move`` copy then; a program that renames
its last outputs by ``os.rename`` would fail for no reason of its own.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH100, PTH112, PTH114, PTH116, PTH120

from __future__ import annotations

import functools
import os
from errno import EXDEV
from os import path

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe


def install(probe: Probe) -> None:
    """Let ``os.rename`` and ``os.replace`` copy folders where this run's workspace needs it."""
    if probe.config.get("copies_renamed"):
        for name in ("rename", "replace"):
            probe.replace(os, name, _renaming(getattr(os, name)))


def _renaming(plain: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(plain)
    def rename(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        try:
            return plain(src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        except OSError as error:
            if error.errno != EXDEV or not (src_dir_fd is None is dst_dir_fd) or not _is_within(src, dst):
                without_this_frame(error)
                raise
        return _copy(src, dst)

    return rename


def _is_within(src: Any, dst: Any) -> bool:
    """Whether a folder is renamed within its file system, to where it could be renamed."""
    if path.islink(src) or not path.isdir(src) or (path.isdir(dst) and os.listdir(dst)):  # noqa: PTH208
        return False
    return os.stat(src).st_dev == os.stat(path.dirname(path.abspath(dst))).st_dev


def _copy(src: Any, dst: Any) -> None:
    import shutil

    shutil.copytree(src, dst, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(src)
