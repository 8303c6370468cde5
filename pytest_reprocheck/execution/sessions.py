"""The folder of an audit, which goes with it, however it ends."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "rc-"
_LOCK = "lock"


@contextmanager
def open_session(folder: Path | None, remove: Callable[[Path], None]) -> Iterator[Path]:
    """A folder that is removed at the end with everything in it, and what killed audits have left is removed before.

    An audit holds a lock in its folder as long as its process lives: so a killed one's is known, in other containers
    that share the folder too, where process numbers mean nothing. ``folder`` is where it is made, None for the one for
    temporary files.
    """
    for left in _leftovers(folder or Path(tempfile.gettempdir())):
        remove(left)
    # Short, because a kernel's socket paths lie below it and may have 107 bytes at most.
    base = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder)).resolve()
    held = _take_lock(base)
    try:
        yield base
    finally:
        remove(base)
        os.close(held)


def _take_lock(base: Path) -> int:
    """Under another name first: a lock that is there and not held means that the audit is dead."""
    new = base / f"{_LOCK}.new"
    held = os.open(new, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # a file system without locks: without the file, nobody takes the folder for a dead audit's
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new.rename(base / _LOCK)
    return held


def _leftovers(folder: Path) -> Iterator[Path]:
    """Folders of audits of this user whose process is gone."""
    for path in sorted(folder.glob(f"{_PREFIX}*/{_LOCK}")):
        with suppress(OSError):
            if path.parent.is_symlink() or path.parent.stat().st_uid != os.geteuid():
                continue
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield path.parent
            finally:
                os.close(descriptor)
